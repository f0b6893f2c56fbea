"""An author's name -> given and family name, as lists of references turn it; what is no person's name is left whole."""

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
    """An author's name; `given` is empty where it is one word or a firm's, such as a desk or an agency."""

    given: str
    family: str
    suffix: str = ""

    @property
    def whole(self) -> str:
        """The name as it is spoken."""
        return " ".join(filter(None, self))

    @property
    def inverted(self) -> str:
        """The name as a list has it, family name first."""
        return ", ".join(filter(None, (self.family, self.given, self.suffix)))

    @property
    def initials(self) -> str:
        """The name as APA has it: Lee, A. B."""
        letters = " ".join("-".join(f"{part[0]}." for part in word.split("-") if part) for word in self.given.split())
        return ", ".join(filter(None, (self.family, letters, self.suffix)))

    @property
    def bibtex(self) -> str:
        """The name as BibTeX divides it rightly: in its order, but where a particle or a suffix would mislead it."""
        if self.suffix:
            return ", ".join((self.family, self.suffix, self.given))
        return self.inverted if " " in self.family and self.family[0].isupper() else self.whole


def divided(author: str, source: str | None = None) -> PersonName:
    """Divide a name of one line: the family name is the last word, with the particles before it.

    What names no person, or the `source` itself, is left whole.
    """
    ended = SUFFIX.search(author)
    person = author[: ended.start()] if ended else author
    if collective(person, source):
        return PersonName("", author)
    words = person.split(" ")
    at = len(words) - 1
    while at and PARTICLES.fullmatch(words[at - 1]) and (at > 1 or words[0].islower()):
        at -= 1
    return PersonName(" ".join(words[:at]), " ".join(words[at:]), ended[1] if ended else "")


def collective(author: str, source: str | None = None) -> bool:
    """Say whether a name is not a person's: an outlet's, an agency's, a desk's, several people's, or one word."""
    return (
        " " not in author
        or author.isupper()
        or author.casefold().startswith("the ")
        or author.casefold() == " ".join((source or "").split()).casefold()
        or bool(JOINED.search(author) or COLLECTIVE.search(author))
    )
