"""Middleware: what happens around every request: its id, its times, entity tags, static files, unexpected errors."""
