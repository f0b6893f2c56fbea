"""Engines behind the seams of an index: one module each, with the backend that writes, opens, checks and drops it."""
