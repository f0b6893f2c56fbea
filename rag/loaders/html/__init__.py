"""A page's parts: a parsed document comes in; its text, headline, authors and days go out."""
