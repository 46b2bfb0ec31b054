"""Where and when the work of requests is done."""
