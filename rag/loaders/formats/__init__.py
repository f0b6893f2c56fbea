"""Formats, one module each: the bytes of a file come in; records of articles go out."""
