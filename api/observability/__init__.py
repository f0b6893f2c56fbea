"""Observability: requests come in; metrics, latencies and traces go out."""
