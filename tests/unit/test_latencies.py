"""The last hour's latencies: right to 2 %, forgotten after an hour, in bounded memory."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.observability.latencies import FIRST_MS, LAST_MS, MINUTES, Latencies


class Clock:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def latencies(clock: Clock) -> Latencies:
    return Latencies(clock)


def test_percentiles_are_those_of_the_sorted_list_within_two_percent(latencies: Latencies) -> None:
    drawn = random.Random(7)
    seconds = [drawn.lognormvariate(-4, 1) for _ in range(5_000)]
    for took in seconds:
        latencies.note("/v1/answer", took, failed=False)
    (found,) = latencies.last_hour()
    seconds.sort()
    assert found.count == 5_000
    for share, said in ((0.5, found.p50_ms), (0.95, found.p95_ms), (0.99, found.p99_ms)):
        assert said == pytest.approx(seconds[int(share * 5_000) - 1] * 1000, rel=0.021)


def test_routes_are_told_apart_in_order_and_failures_are_counted(latencies: Latencies) -> None:
    latencies.note("/v1/search", 0.02, failed=False)
    latencies.note("/v1/answer", 0.01, failed=True)
    latencies.note("/v1/answer", 0.01, failed=False)
    found = latencies.last_hour()
    assert [(one.route, one.count, one.failed) for one in found] == [("/v1/answer", 2, 1), ("/v1/search", 1, 0)]


def test_one_request_is_every_percentile(latencies: Latencies) -> None:
    latencies.note("/", 0.1, failed=False)
    (found,) = latencies.last_hour()
    assert found.p50_ms == found.p95_ms == found.p99_ms == pytest.approx(100, rel=0.021)


def test_what_is_older_than_an_hour_is_forgotten(latencies: Latencies, clock: Clock) -> None:
    latencies.note("/old", 0.1, failed=False)
    clock.now += 60 * MINUTES
    latencies.note("/new", 0.1, failed=False)
    assert [one.route for one in latencies.last_hour()] == ["/new", "/old"]
    clock.now += 60
    assert [one.route for one in latencies.last_hour()] == ["/new"]
    clock.now += 3_600
    assert latencies.last_hour() == ()


def test_memory_is_bounded_by_minutes_and_bins(latencies: Latencies, clock: Clock) -> None:
    for step in range(3 * MINUTES):
        clock.now += 60
        for took in (0.0, 1e-9, 0.003, 1e9, step):
            latencies.note("/", took, failed=False)
    assert len(latencies._minutes) == MINUTES + 1
    (found,) = latencies.last_hour()
    assert FIRST_MS <= found.p50_ms <= found.p99_ms <= LAST_MS * 1.02


def test_no_request_is_lost_between_threads(latencies: Latencies) -> None:
    def note() -> None:
        for _ in range(500):
            latencies.note("/", 0.01, failed=False)

    with ThreadPoolExecutor(8) as pool:
        for _ in range(8):
            pool.submit(note)
    assert latencies.last_hour()[0].count == 4_000
