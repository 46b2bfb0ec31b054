"""Expressions: a piece of syntax to the value it stands for."""
