"""Latencies of the last hour by route: one small histogram a minute, so that memory is bounded."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from rag.types.articles import Record

MINUTES = 60
STEP = 1.04  # the ratio of the widths of neighbouring bins: a percentile is off by 2 % at most
FIRST_MS, LAST_MS = 0.1, 600_000.0  # shorter and longer ones count as these


class RouteLatency(Record):
    """How long the requests of one route took, in milliseconds; `failed` were answered with 500 or above."""

    route: str
    count: int
    failed: int
    p50_ms: float
    p95_ms: float
    p99_ms: float


@dataclass
class _Tally:
    """The requests of one route in one minute, or in several."""

    bins: Counter[int] = field(default_factory=Counter)
    failed: int = 0

    def add(self, other: _Tally) -> None:
        self.bins.update(other.bins)
        self.failed += other.failed


class Latencies:
    """Remembers the minute under way and the 60 before it. `clock` gives seconds, from any start. Safe for threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._minutes: deque[tuple[int, dict[str, _Tally]]] = deque(maxlen=MINUTES + 1)

    def note(self, route: str, seconds: float, *, failed: bool) -> None:
        """Remember one request of the route template `route`."""
        minute = self._minute()
        with self._lock:
            if not self._minutes or self._minutes[-1][0] < minute:
                self._minutes.append((minute, {}))
            tally = self._minutes[-1][1].setdefault(route, _Tally())
            tally.bins[_bin(seconds * 1000)] += 1
            tally.failed += failed

    def last_hour(self) -> tuple[RouteLatency, ...]:
        """Return the latency of each route that was requested, in the order of the routes' names."""
        oldest, tallies = self._minute() - MINUTES, dict[str, _Tally]()
        with self._lock:
            for minute, routes in self._minutes:
                for route, tally in routes.items() if minute >= oldest else ():
                    tallies.setdefault(route, _Tally()).add(tally)
        return tuple(_latency(route, tallies[route]) for route in sorted(tallies))

    def _minute(self) -> int:
        return int(self._clock() // 60)


def _bin(ms: float) -> int:
    return round(math.log(min(max(ms, FIRST_MS), LAST_MS) / FIRST_MS, STEP))


def _latency(route: str, tally: _Tally) -> RouteLatency:
    return RouteLatency(
        route=route,
        count=tally.bins.total(),
        failed=tally.failed,
        p50_ms=_percentile(tally.bins, 0.5),
        p95_ms=_percentile(tally.bins, 0.95),
        p99_ms=_percentile(tally.bins, 0.99),
    )


def _percentile(bins: Counter[int], share: float) -> float:
    """Return the shortest time, in ms, that at least `share` of the requests did not exceed (nearest rank)."""
    wanted, seen = math.ceil(share * bins.total()), 0
    for number in sorted(bins):
        seen += bins[number]
        if seen >= wanted:
            return round(FIRST_MS * STEP**number, 2)
    raise AssertionError("a route has a tally only where it was requested")
