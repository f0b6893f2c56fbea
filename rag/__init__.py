"""Byline's library: articles, passages, indexes and answers. It knows nothing of HTTP."""

__version__ = "0.1.0"
