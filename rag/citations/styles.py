"""An article or a citation -> references in six styles: plain, Markdown, Chicago, APA, BibTeX and CSL-JSON.

Fields that the record lacks are left out. A title that was derived from the lead is in brackets.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from rag import messages
from rag.citations.person_names import PersonName, divided
from rag.text.english import MONTHS
from rag.types.articles import ArticleRef, ArticleView, Citation

MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+!|~-])")
LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_", "%": r"\%",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip
CORRECTING = {"correction", "clarification"}


class Reference(NamedTuple):
    """A reference in one style: the style's name, and the text to copy."""

    name: str
    text: str


def references(ref: ArticleRef, version: str = "") -> tuple[Reference, ...]:
    """Return a reference in each style to an article, or to the quotation if `ref` is a Citation.

    `version` is the note on an older version (see `version_note`), empty for the newest.
    """
    note = f" ({version})" if version else ""
    styles: tuple[tuple[str, Callable[[ArticleRef], str]], ...] = (
        ("Plain", plain), ("Markdown", markdown), ("Chicago", chicago), ("APA", apa),
    )  # fmt: skip
    return (
        *(Reference(name, style(ref) + note) for name, style in styles),
        Reference("BibTeX", bibtex(ref, version)),
        Reference("CSL-JSON", csl_json(ref, version)),
    )


def version_note(view: ArticleView) -> str:
    """Return the date of an older version and what became of it; an empty string for the newest."""
    shown = next((version for version in view.versions if version.version == view.article.version), None)
    if shown is None or shown.newest:
        return ""
    kinds = {note.kind for note in view.later_notes}
    since = "retracted" if "retraction" in kinds else "corrected" if kinds & CORRECTING else "changed"
    return f"version of {messages.day(shown.modified or shown.since)}, since {since}"


def plain(ref: ArticleRef) -> str:
    """Return the quotation, if there is one, and its source, in one line."""
    parts = [_and([_line(name) for name in ref.authors]), f"“{_title(ref)}”", _line(ref.source), _day(ref), _page(ref)]
    quote = f"“{_line(ref.quote)}” — " if isinstance(ref, Citation) else ""
    return quote + ", ".join(filter(None, parts)) + "." + _address(ref, " ")


def markdown(ref: ArticleRef) -> str:
    """Return the quotation as a block quote, and a line whose title links to the source."""
    url, title = _url(ref), _escaped(_title(ref))
    linked = f"[{title}](<{url.replace('<', '%3C').replace('>', '%3E')}>)" if url else title
    source = f"*{_escaped(_line(ref.source))}*" if _line(ref.source) else ""
    line = ", ".join(filter(None, (_escaped(_and(ref.authors)), linked, source, _day(ref), _page(ref))))
    if not isinstance(ref, Citation):
        return line
    quoted = "\n".join(f"> {_escaped(part)}".rstrip() for part in ref.quote.strip().splitlines())
    return f"{quoted}\n>\n> — {line}"


def bibtex(ref: ArticleRef, version: str = "") -> str:
    """Return an `@article` entry; its note has the quotation and the version."""
    day = ref.published
    fields = {
        "author": " and ".join(_bibtex_name(name) for name in _names(ref)),
        "title": f"{{{_latex(_title(ref))}}}",
        "journal": _latex(_line(ref.source)),
        "year": str(day.year) if day else "",
        "month": str(day.month) if day else "",
        "day": str(day.day) if day else "",
        "pages": _page(ref).removeprefix("p. "),
        "url": _url(ref).replace("\\", "%5C").replace("{", "%7B").replace("}", "%7D"),
        "langid": _latex(_line(ref.language)),
        "note": _latex(version),
    }
    if isinstance(ref, Citation):
        fields["note"] = "; ".join(filter(None, (f"``{_latex(_line(ref.quote))}''", fields["note"])))
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@article{{{_key(ref, bool(version))},\n{lines}}}"


def csl_json(ref: ArticleRef, version: str = "") -> str:
    """Return a CSL-JSON list of one `article-newspaper`, which citation managers import."""
    day, quote = ref.published, _line(ref.quote) if isinstance(ref, Citation) else ""
    item: dict[str, object] = {
        "id": _key(ref, bool(version)),
        "type": "article-newspaper",
        "title": _title(ref),
        "author": [_csl_name(name) for name in _names(ref)],
        "container-title": _line(ref.source),
        "issued": {"date-parts": [[day.year, day.month, day.day]]} if day else None,
        "section": _line(ref.section),
        "page": _page(ref).removeprefix("p. "),
        "language": _line(ref.language),
        "URL": _url(ref),
        "note": "; ".join(filter(None, (quote, version))),
    }
    return json.dumps([{name: value for name, value in item.items() if value}], ensure_ascii=False, indent=2)


def chicago(ref: ArticleRef) -> str:
    """Return a bibliography entry by the Chicago Manual of Style (17th ed., 14.191, newspapers)."""
    names = _names(ref)
    authors = messages.listed([names[0].inverted, *(name.whole for name in names[1:])], ", and ") if names else ""
    day = f"{MONTHS[ref.published.month - 1]} {ref.published.day}, {ref.published.year}" if ref.published else "n.d."
    source, title = _line(ref.source), f"“{_stopped(_title(ref))}”"
    parts = (
        [_stopped(authors), title, _stopped(f"{source}, {day}")]
        if authors
        else [_stopped(source), title, _stopped(day)]
    )
    return " ".join(filter(None, [part.removeprefix(", ") for part in parts])) + _address(ref, " ", ".")


def apa(ref: ArticleRef) -> str:
    """Return an entry of a list of references, as the APA (7th ed., 10.1) has it for newspapers."""
    authors = messages.listed([name.initials for name in _names(ref)], ", & ")
    day = ref.published
    when = f"({day.year}, {MONTHS[day.month - 1]} {day.day})." if day else "(n.d.)."
    title, source = _stopped(_title(ref)), _stopped(_line(ref.source))
    parts = [_stopped(authors), when, title, source] if authors else [title, when, source]
    return " ".join(filter(None, parts)) + _address(ref, " ")


def _line(text: str | None) -> str:
    """Return the text in one line, without invisible and direction-changing characters."""
    visible = "".join(char for char in text or "" if unicodedata.category(char) not in {"Cf", "Cc"} or char.isspace())
    return " ".join(visible.split())


def _title(ref: ArticleRef) -> str:
    return f"[{_line(ref.title)}]" if ref.title_from == "lead" else _line(ref.title)


def _url(ref: ArticleRef) -> str:
    """Return the address of the article, or of the quotation in it; an empty string if it is no web address."""
    url = (ref.link if isinstance(ref, Citation) else ref.url) or ""
    try:
        return url if urlsplit(url).scheme in {"http", "https"} and not re.search(r"\s", url) else ""
    except ValueError:
        return ""


def _address(ref: ArticleRef, before: str, after: str = "") -> str:
    url = _url(ref)
    return f"{before}{url}{'' if url.endswith(after) else after}" if url else ""


def _day(ref: ArticleRef) -> str:
    return messages.day(ref.published) if ref.published else ""


def _page(ref: ArticleRef) -> str:
    return f"p. {ref.page}" if isinstance(ref, Citation) and ref.page else ""


def _names(ref: ArticleRef) -> list[PersonName]:
    return [divided(_line(author), ref.source) for author in ref.authors]


def _csl_name(name: PersonName) -> dict[str, str]:
    if not name.given:
        return {"literal": name.family}
    parts = {"family": name.family, "given": name.given, "suffix": name.suffix}
    return {part: value for part, value in parts.items() if value}


def _and(names: Sequence[str]) -> str:
    return messages.listed([_line(name) for name in names], " and ")


def _stopped(text: str) -> str:
    return text if not text or text[-1] in ".?!" else f"{text}."


def _escaped(text: str) -> str:
    return MARKDOWN.sub(r"\\\1", _line(text))


def _latex(text: str) -> str:
    return "".join(LATEX.get(char, char) for char in text)


def _bibtex_name(name: PersonName) -> str:
    """Return a name for BibTeX, in braces if it must stay whole."""
    return _latex(name.bibtex) if name.given else f"{{{_latex(name.family)}}}"


def _key(ref: ArticleRef, older: bool) -> str:
    """Return a key that no other article, quotation or version has.

    It is the family name, the year and the first long word of the title, in ASCII letters, and then a digest.
    """
    family = _names(ref)[0].family if ref.authors else ref.source or ""
    word = next((word for word in re.findall(r"\w+", ref.title) if len(word) > 3), "")
    year = str(ref.published.year) if ref.published else ""
    plain_letters = unicodedata.normalize("NFKD", f"{family}{year}{word}")
    readable = re.sub(r"[^a-zA-Z0-9]", "", plain_letters).lower() or "article"
    return f"{readable}-{_digest(ref, older)}"


def _digest(ref: ArticleRef, older: bool) -> str:
    """Return eight hex digits that identify the article, its older version, and the span that are cited."""
    span = (ref.start, ref.end) if isinstance(ref, Citation) else ()
    cited = repr((ref.id, ref.version if older else "", span))
    return hashlib.sha256(cited.encode(errors="surrogatepass")).hexdigest()[:8]
