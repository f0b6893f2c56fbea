"""Records that cross rooms: articles and filters, requests and results, explanations, and an index's own record."""
