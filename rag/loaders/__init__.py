"""Loaders: files, folders and archives come in; articles, and what could not be read, go out."""
