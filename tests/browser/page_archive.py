"""A small archive of made-up news, some of it hostile, some of it corrected, for looking at the page."""

from __future__ import annotations

from datetime import date

from rag.types.articles import Article, Note, Origin

HOSTILE = (
    "The kiosk owner wrote <script>document.title = 'owned'</script> on the shutter. "
    "A passer-by read <img src=x onerror=\"document.title='owned'\"> aloud.\n\n"
    "The note ended with \u202egnirts desrever a\u202c and the words & so on &amp; so forth."
)


def _article(id: str, title: str, text: str, **fields: object) -> Article:
    origin = Origin(path="archive.jsonl", line=1)
    return Article.model_validate({"id": id, "title": title, "text": text, "origin": origin, **fields})


LONG_WORD = "a" * 5000
CORRECTION = "Correction: an earlier version of this article said that Apples were lost too."
FROST = (
    "Growers in the upper valley lost about half of this year’s pears to frost in the second week "
    "of April. {} were spared.\n\nThe county will not declare an emergency, its agronomist said."
)
COPIED = (
    "The tide mill at Oar Point ground its first sack of flour in ninety years on Sunday morning. Volunteers had "
    "spent eleven winters carving new teeth for its wheel from apple wood, and forty people queued for a loaf."
)


def earlier() -> list[Article]:
    """The archive as it was before: one article had another text."""
    return [_frost("Cherries and apples", (), date(2025, 4, 30)), *articles()[1:]]


def articles() -> list[Article]:
    """Articles of four sources: corrected, copied, undated and untitled, in Arabic, hostile, with endless words."""
    frost = _frost("Apples, which flower later,", (CORRECTION,), date(2025, 5, 3))
    return [frost, *_named(), *_copies(), *_crossings(), *_glaciers(), _endless()]


def _frost(spared: str, notes: tuple[str, ...], modified: date) -> Article:
    text = "\n\n".join((FROST.format(spared), *notes))
    said = tuple(Note(kind="correction", start=text.index(note), end=len(text), text=note) for note in notes)
    return _article(
        "upland/orchard-frost", "Late frost takes half the pear crop", text, authors=("Maja Lind",), notes=said,
        source="The Upland Post", published=date(2025, 4, 30), modified=modified, url="https://upland.example/frost",
        language="en",
    )  # fmt: skip


def _copies() -> list[Article]:
    return [
        _article(f"{source}/tide-mill", "Tide mill grinds again", COPIED, source=source, published=date(2025, 3, day))
        for source, day in (("Saltmarsh Courier", 4), ("Coast Wire", 3), ("The Upland Post", 5))
    ]


def _crossings() -> list[Article]:
    """A dozen articles about one thing, a month apart, of three sections and two authors."""
    return [
        _article(
            f"courier/crossings-{n}", f"Causeway crossings in month {n + 1}",
            f"The causeway carried {n + 3} thousand walkers in its month {n + 1}, wardens counted. "
            f"A warden said that month {n + 1} was {('windy', 'calm', 'foggy')[n % 3]} on the causeway.",
            source=("Saltmarsh Courier", "Coast Wire")[n % 2], section=("Local", "Weather", "Sport")[n % 3],
            authors=(("Tomas Brandt", "Ada Finch")[n % 2],), published=date(2023 + n // 6, 1 + n % 6 * 2, 10),
        )
        for n in range(12)
    ]  # fmt: skip


def _glaciers() -> list[Article]:
    """An article a year, for eighteen years, the outlet of one with a name that nothing breaks."""
    return [
        _article(
            f"ice/{year}", f"Glacier retreats in {year}",
            f"The glacier retreated {year - 1990} metres, a surveyor said.",
            source="o" * 300 if year == 2005 else "Ice Almanac", published=date(year, 6, 2),
        )
        for year in range(2000, 2018)
    ]  # fmt: skip


def _endless() -> Article:
    return _article(
        "wire/endless", f"Sculptor hangs {LONG_WORD}",
        f"The sculptor named her longest chain {LONG_WORD} and hung it from the lighthouse gallery.\n\n{LONG_WORD}",
        source="Coast Wire", published=date(2025, 2, 2), authors=(LONG_WORD[:300],),
    )  # fmt: skip


def _named() -> list[Article]:
    """What questions of the tests are about."""
    return [
        _article(
            "courier/2025-04-22-ferry", "Ferry returns after a winter in dry dock",
            "Saltmarsh has been without its ferry since a storm in November tore a seam below the water.\n\n"
            "The Saltmarsh ferry runs again from 4 May, the harbour office said on Tuesday. "
            "Fares stay as they were last summer, and the first boat leaves at 6.40 in the morning.\n\n"
            "The hull was patched in three places. Engineers also replaced both generators, "
            "which had been in service since the boat was built.\n\n"
            "“We know what people went through this winter,” said the harbour master, Ines Okafor, "
            "“and we are sorry that it took so long.”",
            authors=("Tomas Brandt",), source="Saltmarsh Courier", published=date(2025, 4, 22),
            url="https://courier.example/2025/ferry-returns", section="Local", language="en",
        ),
        _article(
            "courier/2025-01-09-bus", "Bus crews stretched while ferry is laid up",
            "Bus crews have worked a sixth day each week since the ferry was laid up in November. "
            "The company has hired eleven drivers, four fewer than it needs.\n\n"
            "A ferry trip of eighteen minutes takes an hour and ten by road.",
            authors=("Tomas Brandt", "Lena Ruiz"), source="Saltmarsh Courier", published=date(2025, 1, 9),
            url="https://courier.example/2025/bus-crews", section="Local", language="en",
        ),
        _article(
            "upland/library",
            "The library on Weir Street will open on Sundays from September, the council decided",
            "The library on Weir Street will open on Sundays from September, the council decided. "
            "Two librarians will be hired for it.",
            source="The Upland Post", title_from="lead",
        ),
        _article(
            "wire/lighthouse", "Lighthouse keeper’s logbooks go on show",
            "Forty-one logbooks kept by three generations of lighthouse keepers went on show on Friday. "
            "The oldest entry, of 1868, complains of fog.",
            authors=("Newsdesk",), source="Coast Wire", published=date(2024, 10, 4),
            url="javascript:document.title='owned'",
        ),
        _article(
            "wire/market", "السوق القديم يفتح أبوابه من جديد",
            "فتح السوق القديم أبوابه من جديد يوم السبت بعد ترميم دام عامين.",
            source="Coast Wire", published=date(2025, 2, 1), language="ar",
        ),
        _article(
            "upland/pier", "A pier of sleepers",
            "Mira Oakes built the longest pier of the county from old railway sleepers.", source="The Upland Post",
        ),
        _article(
            "wire/kiosk?<b>", "Kiosk <script>document.title = 'owned'</script> \u202edekcart", HOSTILE,
            authors=("<b>Anon</b>",), source="Coast <i>Wire</i>", published=date(2025, 3, 3),
            url='https://wire.example/"onmouseover="x',
        ),
    ]  # fmt: skip
