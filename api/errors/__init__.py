"""Errors: every exception comes in; an RFC 9457 problem goes out."""
