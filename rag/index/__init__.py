"""One index: a generation's folder comes in; articles, candidates and scores by dense, lexical and late-interaction search go out."""
