"""Text: an article's text comes in; sentences, passages, stems and highlighted stretches go out. No index, no model."""
