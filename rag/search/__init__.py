"""The read path: a search request comes in; ranked hits, answers, facets and explanations of one generation go out."""
