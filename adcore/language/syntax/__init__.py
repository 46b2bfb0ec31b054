"""From text to a checked syntax tree; knows nothing of graphs."""
