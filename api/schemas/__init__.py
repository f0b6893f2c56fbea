"""Schemas: addresses and bodies come in and become requests; records go out as JSON."""
