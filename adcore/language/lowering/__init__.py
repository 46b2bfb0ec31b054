"""Checked syntax to graph."""
