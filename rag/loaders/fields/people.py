"""What a file calls its authors -> their names, each once: "By Ann Lee and Bo Ray, Science Editor" names two."""

from __future__ import annotations

import re

FIRM = (  # what makes one name of "Zed & Co", where no other name goes on
    r"(?:co|company|sons?|daughters?|partners|associates|bro(?:ther)?s)\b\.?(?: (?:ltd|llp|inc)\b\.?)?"
    r"(?=\s*(?:[;,]|&|and\b|\Z))"
)
BETWEEN = re.compile(rf"\s*(?:;|,(?!\s*(?:jr|sr|ii|iii)\b)|\s&\s(?!{FIRM})|\sand\s(?!{FIRM}))\s*", re.IGNORECASE)
ROLES = set(  # the last word of what somebody is: "Science Editor", "Globe Staff"
    "editor writer reporter correspondent columnist contributor critic journalist photographer producer staff chief "
    "editor-in-chief editor-at-large".split()
)
BY = re.compile(r"\A(?:by|and)\s+", re.IGNORECASE)  # "and" is left of ", and "


def divided(said: str) -> list[str]:
    """Return the names of a byline on one line: "Tench, Moira" is one, "Ann Lee, Bo Ray" are two."""
    parts = said.split(";")
    return [name for part in parts for name in ([part] if _is_inverted(part) else BETWEEN.split(part))]


def named(said: tuple[str, ...]) -> tuple[str, ...]:
    """Return each of some names once, without "by"; what somebody is only where no name is left."""
    names = tuple(dict.fromkeys(filter(None, (BY.sub("", name) for name in said))))
    return tuple(name for name in names if not _is_role(name)) or names


def is_address(name: str) -> bool:
    """Say whether that is the address of a page or a mailbox, which is no name."""
    return "://" in name or ("@" in name and " " not in name)


def _is_inverted(name: str) -> bool:
    """Say whether a name is two words, the surname first; agencies in capitals ("Reuters, AFP") are two."""
    words = name.split()
    return (
        len(words) == 2
        and words[0].endswith(",")
        and all(word[0].isupper() and not word.isupper() and not _is_role(word.rstrip(",")) for word in words)
    )


def _is_role(name: str) -> bool:
    return name.casefold().rpartition(" ")[2] in ROLES
