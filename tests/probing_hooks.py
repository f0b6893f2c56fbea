"""What Schemathesis must know that OpenAPI has no words for: ids of the archive, and how one field bounds another."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any

import schemathesis

# Some of `seeds/`, each other request: made-up ids alone would never reach an article
IDS = cycle(("www.tarnhavenledger.example/2025/05/halloran-bridge-reopens", "biz-2025-112", "sport-2025-0525"))
HELD = cycle((True, False))


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Make the fields of a valid request agree with each other; an invalid one is sent as it is."""
    if case.meta is not None and case.meta.generation.mode.is_negative:
        return
    for named in (case.path_parameters, case.query, case.body):
        for field in ("id", "article"):
            if isinstance(named, dict) and field in named and next(HELD):
                named[field] = next(IDS)
    for asked in (*_asked(case.query), *_asked(case.body)):
        asked.pop("cursor", None)  # it belongs to one list, which no schema can name; other tests follow real ones
        first, last = asked.get("published_from"), asked.get("published_to")
        if first and last and first > last:  # each is a day, but together they are refused
            asked["published_from"], asked["published_to"] = last, first


def _asked(part: Any) -> Iterator[dict[str, Any]]:
    """Yield each object that may hold such fields: a query, a body, its filter, the searches of a batch."""
    if isinstance(part, dict):
        yield part
        yield from _asked(part.get("filter"))
        for one in part["searches"] if isinstance(part.get("searches"), list) else ():
            yield from _asked(one)
