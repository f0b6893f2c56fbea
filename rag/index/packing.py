"""An article's sentences as bytes, four whole numbers each: start, end, paragraph, and how many tokens."""

from __future__ import annotations
