"""Background threads: they follow new generations and cache what the pages repeat."""
