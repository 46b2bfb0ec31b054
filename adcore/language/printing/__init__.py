"""A graph back to text."""
