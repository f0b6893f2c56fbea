"""Text: an article's text comes in; sentences, passages, stems and the stretches to highlight go out. No index, no model."""
