"""The write path: what loaders read comes in; a checked, published generation and a report go out."""
