"""Bylines -> the names of authors, each once: "By Ann Lee and Bo Ray, Science Editor" names two."""

from __future__ import annotations

import re

FIRM = (  # the end of a firm's name: "Zed & Co" is one name, unless another name follows
    r"(?:co|company|sons?|daughters?|partners|associates|bro(?:ther)?s)\b\.?(?: (?:ltd|llp|inc)\b\.?)?"
    r"(?=\s*(?:[;,]|&|and\b|\Z))"
)
BETWEEN = re.compile(rf"\s*(?:;|,(?!\s*(?:jr|sr|ii|iii)\b)|\s&\s(?!{FIRM})|\sand\s(?!{FIRM}))\s*", re.IGNORECASE)
ROLES = set(  # the last word of a role: "Science Editor", "Globe Staff"
    "editor writer reporter correspondent columnist contributor critic journalist photographer producer staff chief "
    "editor-in-chief editor-at-large".split()
)
BY = re.compile(r"\A(?:by|and)\s+", re.IGNORECASE)  # splitting at the comma of ", and " leaves "and"


def split_byline(byline: str) -> list[str]:
    """Return the names in a byline of one line: "Tench, Moira" is one name, "Ann Lee, Bo Ray" are two."""
    parts = byline.split(";")
    return [name for part in parts for name in ([part] if _is_inverted(part) else BETWEEN.split(part))]


def distinct_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return each name once, without "by"; roles are left out unless nothing else is left."""
    distinct = tuple(dict.fromkeys(filter(None, (BY.sub("", name) for name in names))))
    return tuple(name for name in distinct if not _is_role(name)) or distinct


def is_address(name: str) -> bool:
    """Return whether a name is really the address of a page or a mailbox."""
    return "://" in name or ("@" in name and " " not in name)


def _is_inverted(name: str) -> bool:
    """Return whether a name is two words with the surname first; agencies in capitals ("Reuters, AFP") are two."""
    words = name.split()
    return (
        len(words) == 2
        and words[0].endswith(",")
        and all(word[0].isupper() and not word.isupper() and not _is_role(word.rstrip(",")) for word in words)
    )


def _is_role(name: str) -> bool:
    return name.casefold().rpartition(" ")[2] in ROLES
