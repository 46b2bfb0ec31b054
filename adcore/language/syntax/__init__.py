"""Text to checked syntax, which knows no graph."""
