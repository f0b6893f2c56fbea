"""Fields: the record of an article, as a file words it, comes in; an `Article` goes out."""
