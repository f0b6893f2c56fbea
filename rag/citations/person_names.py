"""An author's name -> given name, family name and suffix; the name of an organisation stays whole."""

from __future__ import annotations

import re
from typing import NamedTuple

JOINED = re.compile(r",|&|\band\b")
COLLECTIVE = re.compile(
    r"\b(?:agence|agency|agencies|associated|association|board|broadcasting|brief|bulletin|bureau|chronicle|committee|"
    r"company|correspondents?|council|courier|daily|department|desk|dispatch|editor|editors|editorial|foundation|"
    r"gazette|group|guardian|herald|inc|institute|journal|ltd|magazine|media|ministry|network|news|newsdesk|newsroom|"
    r"newspapers?|observer|office|post|press|radio|reporters?|reuters|service|services|staff|star|team|telegraph|"
    r"television|tidings|times|tribune|tv|university|weekly|wires?|writers)\b",
    re.IGNORECASE,
)
PARTICLES = re.compile(
    r"(?:van|von|vom|zu|zum|zur|de|der|den|des|del|della|di|da|do|dos|das|du|la|le|lo|el|al|af|av|bin|bint|ibn|ben|"
    r"ter|ten|te|'t|op|het)",
    re.IGNORECASE,
)
SUFFIX = re.compile(r",? +((?:Jr|Sr)\b\.?|II|III|IV)$")


class PersonName(NamedTuple):
    """The name of an author; `given` is empty for one word, or for an organisation such as a desk or an agency."""

    given: str
    family: str
    suffix: str = ""

    @property
    def whole(self) -> str:
        """The name in its natural order."""
        return " ".join(filter(None, self))

    @property
    def inverted(self) -> str:
        """The name with the family name first, as bibliographies sort it."""
        return ", ".join(filter(None, (self.family, self.given, self.suffix)))

    @property
    def initials(self) -> str:
        """The name in APA style: Lee, A. B."""
        letters = " ".join("-".join(f"{part[0]}." for part in word.split("-") if part) for word in self.given.split())
        return ", ".join(filter(None, (self.family, letters, self.suffix)))

    @property
    def bibtex(self) -> str:
        """The name in the form that BibTeX divides correctly: inverted if it has a suffix or a capitalised particle."""
        if self.suffix:
            return ", ".join((self.family, self.suffix, self.given))
        return self.inverted if " " in self.family and self.family[0].isupper() else self.whole


def divided(author: str, source: str | None = None) -> PersonName:
    """Divide a name into its parts: the family name is the last word, with the particles before it.

    The name of an organisation, or of the `source` itself, stays whole.
    """
    suffix = SUFFIX.search(author)
    person = author[: suffix.start()] if suffix else author
    if collective(person, source):
        return PersonName("", author)
    words = person.split(" ")
    at = len(words) - 1
    while at and PARTICLES.fullmatch(words[at - 1]) and (at > 1 or words[0].islower()):
        at -= 1
    return PersonName(" ".join(words[:at]), " ".join(words[at:]), suffix[1] if suffix else "")


def collective(author: str, source: str | None = None) -> bool:
    """Return whether a name is not that of one person: an outlet, an agency, a desk, several people, or one word."""
    return (
        " " not in author
        or author.isupper()
        or author.casefold().startswith("the ")
        or author.casefold() == " ".join((source or "").split()).casefold()
        or bool(JOINED.search(author) or COLLECTIVE.search(author))
    )
