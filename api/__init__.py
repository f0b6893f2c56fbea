"""HTTP and the search page over one RagService; `rag` knows nothing of this package."""
