"""Schemas: what a request may hold in its address and its body, and how records are sent."""
