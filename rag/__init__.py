"""Byline's library: articles, passages, indexes and answers. It knows nothing of HTTP."""
