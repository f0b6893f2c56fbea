"""A small archive of made-up news, some of it hostile, for looking at the page."""

from __future__ import annotations

from datetime import date

from rag.types import Article, Origin

HOSTILE = (
    "The kiosk owner wrote <script>document.title = 'owned'</script> on the shutter. "
    "A passer-by read <img src=x onerror=\"document.title='owned'\"> aloud.\n\n"
    "The note ended with \u202egnirts desrever a\u202c and the words & so on &amp; so forth."
)


def _article(id: str, title: str, text: str, **fields: object) -> Article:
    origin = Origin(path="archive.jsonl", line=1)
    return Article.model_validate({"id": id, "title": title, "text": text, "origin": origin, **fields})


def articles() -> list[Article]:
    """Seven articles of three sources; one undated and untitled, one in Arabic, one hostile."""
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
            "upland/orchard-frost", "Late frost takes half the pear crop",
            "Growers in the upper valley lost about half of this year’s pears to frost in the second week "
            "of April. Apples, which flower later, were spared.\n\n"
            "The county will not declare an emergency, its agronomist said.",
            authors=("Maja Lind",), source="The Upland Post", published=date(2025, 4, 30),
            url="https://upland.example/frost", language="en",
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
            "wire/kiosk?<b>", "Kiosk <script>document.title = 'owned'</script> \u202edekcart", HOSTILE,
            authors=("<b>Anon</b>",), source="Coast <i>Wire</i>", published=date(2025, 3, 3),
            url='https://wire.example/"onmouseover="x',
        ),
    ]  # fmt: skip
