"""Where and when the work of requests is done: at once on the event loop, or in threads that take turns."""
