"""Citations: spans of articles come in; quotations with links, citation styles and checks of old citations go out."""
