"""Statements: what a block does to the names, and what it returns."""
