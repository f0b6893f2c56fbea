"""Citations: spans of articles come in; quotations with links, citation styles, and verdicts on old citations go out."""
