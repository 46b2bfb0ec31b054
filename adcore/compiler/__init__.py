"""Programs, compiled: from a text and a query to what an engine runs."""
