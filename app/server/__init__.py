"""The HTTP server: uvicorn, with bounds on what a connection may send, hold and how long it may take."""
