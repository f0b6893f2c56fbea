"""What stands between a page's paragraphs and is none of its text: calls to subscribe and read on, credits, rules."""

from __future__ import annotations

import re

MAX_CHARS = 200  # of a notice
LISTS = r"(?:articles?|stor(?:y|ies)|content|topics?|links?|coverage|news|reading|posts?)"
WAYS = r"(?:newsletters?|accounts?|subscri\w+|reading|free|now|today|here|inbox|updates|alerts|e-?mails?|members?)"
FORMS = (
    r"(?:main content|\W+)\W*",
    rf"(?:advertisement|related|sponsored)(?: {LISTS})?\W*",
    rf"(?:advertisement|sponsored|related|more|see also|read (?:more|also|next))(?: {LISTS})?(?: on| from)?[:|»>].*",
    r"(?:read more|continue reading|follow us|share this|click here)\b.*(?<![.!?])",
    rf"(?:subscribe|sign up|log in|sign in|register|create an? (?:free )?account)\b.*\b{WAYS}\b.*",
    r"(?:(?:this|the) )?(?:article|story|content) is (?:only )?(?:for|available to|exclusive to) "
    r"(?:our )?(?:subscribers|members)\b.*",
    r"already an? (?:subscriber|member)\b.*",
    r"(?:to continue|keep) reading\b.*",
    r"you(?:['’]ve| have) .{0,30}\bfree (?:articles?|stories)\b.*",
    r"(?:we (?:use|value)|this site uses) (?:cookies|your privacy)\b.*",
    r"(?:image|photo(?:graph)?|picture|illustration|graphic)s?(?: credits?)?(?:: ?| by | courtesy )"
    r".{1,80}(?<![.!?])",
    r"courtesy (?:of )?.{1,60}(?<![.!?])",
    r"loading\b.{0,40}\.\.\.",
)
NOTICE = re.compile("|".join(FORMS), re.IGNORECASE | re.DOTALL)


def is_one(paragraph: str) -> bool:
    """Say whether a paragraph is a notice. A sentence that only begins like one is text."""
    return len(paragraph) <= MAX_CHARS and NOTICE.fullmatch(paragraph) is not None
