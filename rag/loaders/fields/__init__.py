"""Fields: the record of an article, as a file states it, comes in; an `Article` goes out."""
