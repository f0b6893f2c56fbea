"""One index: a generation's folder comes in; articles and ranked rows (dense, lexical, late interaction) go out."""
