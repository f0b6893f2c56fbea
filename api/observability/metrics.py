"""Metrics in Prometheus' text format; one registry an app, so that the counts of two apps do not mix."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric

from api.background.status_cache import StatusCache
from api.observability.latencies import Latencies, RouteLatency
from api.schemas.response import generation_of
from api.service import ArchiveService
from rag.types.results import Answer

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Counters of one app. Labels are route templates and known methods, so their number is bounded."""

    def __init__(self, service: ArchiveService, status_cache: StatusCache) -> None:
        self._latencies = Latencies()
        self.registry = CollectorRegistry()
        self.registry.register(_IndexCollector(service, status_cache))
        self._requests = Counter(
            "byline_requests", "Requests answered.", ["route", "method", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "byline_request_seconds", "Seconds a request took.", ["route"],
            buckets=BUCKETS_S, registry=self.registry,
        )  # fmt: skip
        self._answers = Counter(
            "byline_answers",
            "Questions, by outcome: answered, or the reason why not.",
            ["outcome"],
            registry=self.registry,
        )

    def count_request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one request of the route template `route`."""
        self._requests.labels(route, method if method in METHODS else "other", str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        self._latencies.note(route, seconds, failed=status >= 500)

    def last_hour(self) -> tuple[RouteLatency, ...]:
        """Return how long the last hour's requests took, by route template."""
        return self._latencies.last_hour()

    def count_answer(self, answer: Answer) -> None:
        """Count one question by its outcome: `answered`, or the reason of the abstention."""
        self._answers.labels(answer.reason or "answered").inc()

    def text(self) -> bytes:
        """Return all metrics as a scraper reads them."""
        body: bytes = generate_latest(self.registry)
        return body


class _IndexCollector:
    """Collects what the open index holds whenever metrics are scraped."""

    def __init__(self, service: ArchiveService, status_cache: StatusCache) -> None:
        self.service = service
        self.status_cache = status_cache

    def collect(self) -> Iterator[Metric]:
        if generation_of(self.service) is None:
            return
        status = self.status_cache.current()
        labels = {"index": status.index, "generation": status.generation}
        yield InfoMetricFamily("byline_generation", "The generation that answers.", labels)
        yield GaugeMetricFamily("byline_articles", "Articles that can be found.", status.counts.articles)
        yield GaugeMetricFamily("byline_passages", "Passages that can be found.", status.counts.passages)
