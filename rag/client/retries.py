"""When to ask again, and how long to wait before: back-off with jitter, and what the server says in Retry-After."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2

Reply = httpx2.Response | httpx2.RequestError

BUSY = frozenset({429, 503})
# No call changes anything on the server, so that one may also be repeated whose reply was cut off
PASSING = (httpx2.NetworkError, httpx2.RemoteProtocolError)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Retry:
    """At most `attempts` requests a call, on 429, 503 and broken connections; `attempts=1` asks once.

    The pause before the second is half to all of `first_s` seconds and doubles each time, up to `longest_s` ("equal
    jitter": Brooker, Exponential backoff and jitter, 2015). A Retry-After of up to `longest_s` is waited for; where it
    is longer, the error comes at once.
    """

    attempts: int = 4
    first_s: float = 0.25
    longest_s: float = 10.0
    random: Callable[[], float] = random.random
    clock: Callable[[], datetime] = _now

    def pause_s(self, attempt: int, reply: Reply) -> float | None:
        """Return the seconds to wait before asking again, None where it is not worth it; `attempt` is from 1."""
        if attempt >= self.attempts or not _passes(reply):
            return None
        stated_s = self.retry_after_s(reply)
        if stated_s is None:
            return float(min(self.longest_s, self.first_s * 2 ** (attempt - 1)) * (0.5 + self.random() / 2))
        return None if stated_s > self.longest_s else stated_s + self.first_s * self.random()  # not all at one moment

    def retry_after_s(self, reply: Reply) -> float | None:
        """Return the seconds that Retry-After asks for, as a number or until a date; None where it says neither."""
        header = reply.headers.get("Retry-After", "").strip() if isinstance(reply, httpx2.Response) else ""
        if header.isascii() and header.isdigit():
            return float(header)
        try:
            until = parsedate_to_datetime(header)
        except ValueError:
            return None
        # A date without a zone ("-0000") is UTC (RFC 9110, 5.6.7)
        return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - self.clock()).total_seconds())


def _passes(reply: Reply) -> bool:
    """Return whether what went wrong may be over in a moment; a time-out is not: it was waited for already."""
    return reply.status_code in BUSY if isinstance(reply, httpx2.Response) else isinstance(reply, PASSING)
