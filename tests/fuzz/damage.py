"""Ways to damage a file, each drawn from a random.Random: what a crawl, a disk or a malicious sender does to one."""

from __future__ import annotations

import bz2
import lzma
import re
from collections.abc import Callable, Mapping
from random import Random
from typing import TypeAlias

import zstandard

from tests.fuzz import examples

Damage: TypeAlias = Callable[[Random, bytes], bytes]

MOST_BYTES = 250_000  # a file grows by repetition; more takes time and finds no more
OPENINGS = (
    b"<div>", b"<b>", b"<table><tr><td>", b"<article>", b"<!--", b"<![CDATA[", b"<a href='", b"[", b"{", b'{"a":', b"(",
    b"> ", b"- ", b"**", b"`", b"&y;", b"&#x", b"\"", b"'", b"<url>", b"<item>", b"=?utf-8?q?", b"--b\n", b"\n", b"\r",
    b"1. ", b"![", b"<p", b"*c ", b"&a [", b"WARC/1.0\r\n", b"From a@b 2025\n", b"<select><option>", b"<svg><math>",
    b" ", b"<!-- -->", b"\t\n", b"a ",
)  # fmt: skip
NUMBERS = (
    b"0", b"-1", b"1e999", b"-1e999", b"NaN", b"Infinity", b"9" * 20, b"9" * 5000, b"4294967296", b"2147483648",
    b"18446744073709551616", b"253402300800", b"99999999999999", b"10000-01-01", b"0000-00-00", b"\xd9\xa3", b"0x7f",
)  # fmt: skip
WORDS = (
    b"\\ud800", b"\\u0000", b"&#0;", b"&#xD800;", b"&#1114112;", b"\xed\xa0\x80", b"\xff\xfe", b"\xef\xbb\xbf", b"\0",
    b"\xf4\x90\x80\x80", b"\xc0\x80", "İ".encode(), "\u2028".encode(), b"\x85", b"\x1b", b"charset=utf-7",
    b"charset=idna", b"charset=base64", b"charset=undefined", b"charset=rot13", b"encoding='punycode'",
    b"Content-Encoding: gzip", b"Content-Encoding: br", b"Transfer-Encoding: chunked", b"Content-Length: -1",
    b"http://[", b"https://\xc3\xa9.example:99999999/", b"//", b"../../",
    b"<!DOCTYPE a [<!ENTITY y SYSTEM '/etc/passwd'>]>",
    b"Date: , , :", b"From: \"", b"Subject: =?utf-8?b?/w==?=", b"Message-ID:", b"Content-Type: ;;",
    b"null", b"[]", b"{}",
)  # fmt: skip
ENCODINGS = ("utf-16", "utf-16-be", "utf-32", "utf-8-sig", "cp1251", "shift_jis", "utf-7", "cp037")
SQUEEZES: tuple[Callable[[bytes], bytes], ...] = (
    examples.squeezed, bz2.compress, lzma.compress, zstandard.compress, lambda raw: examples.zipped({"a/b": raw}),
    lambda raw: examples.tarred({"a/b.xml": raw}), lambda raw: examples.squeezed(examples.tarred({"a.warc": raw})),
)  # fmt: skip


def _place(random: Random, raw: bytes) -> tuple[int, int]:
    """Return a slice: most are short, some are of any length."""
    start = random.randint(0, len(raw))
    most = len(raw) - start
    return start, start + random.randint(0, most if random.random() < 0.3 else min(most, 16))


def _flip(random: Random, raw: bytes) -> bytes:
    held = bytearray(raw or b"\0")
    for _ in range(random.choice((1, 1, 3, 20))):
        held[random.randrange(len(held))] ^= 1 << random.randrange(8)
    return bytes(held)


def _scramble(random: Random, raw: bytes) -> bytes:
    start, end = _place(random, raw)
    return raw[:start] + random.randbytes(min(end - start, 64)) + raw[end:]


def _delete(random: Random, raw: bytes) -> bytes:
    start, end = _place(random, raw)
    return raw[:start] + raw[end:]


def _duplicate(random: Random, raw: bytes) -> bytes:
    start, end = _place(random, raw)
    return raw[:end] + raw[start:end] * random.choice((1, 1, 2, 50)) + raw[end:]


def _swap(random: Random, raw: bytes) -> bytes:
    (a, b), (c, d) = sorted((_place(random, raw), _place(random, raw)))
    return raw[:a] + raw[c:d] + raw[b:c] + raw[a:b] + raw[d:]


def _splice(random: Random, raw: bytes) -> bytes:
    other = random.choice(list(examples.EXAMPLES.values()))
    start, end = _place(random, other)
    at, to = _place(random, raw)
    return raw[:at] + other[start : random.choice((end, len(other)))] + raw[to:]


def _repeat(random: Random, raw: bytes) -> bytes:
    at = random.choice((0, random.randint(0, len(raw)), len(raw)))
    opening, times = random.choice(OPENINGS), random.choice((1, 3, 100, 2_000, 20_000, 150_000))
    return raw[:at] + opening * min(times, MOST_BYTES // 2 // len(opening)) + raw[at:]


def _number(random: Random, raw: bytes) -> bytes:
    found = list(re.finditer(rb"\d+", raw))
    start, end = random.choice(found).span() if found else _place(random, raw)
    return raw[:start] + random.choice(NUMBERS) + raw[end:]


def _word(random: Random, raw: bytes) -> bytes:
    """Put in something nasty, at any place or where a value begins."""
    found = [match.end() for match in re.finditer(rb"[:=>\"\n]\s*", raw)]
    at = random.choice(found) if found and random.random() < 0.7 else random.randint(0, len(raw))
    return raw[:at] + random.choice(WORDS) + raw[at:]


def _nulls(random: Random, raw: bytes) -> bytes:
    at = random.randint(0, len(raw))
    return raw[:at] + b"\0" * random.choice((1, 2, 512, 5_000)) + raw[at:]


def _cut(random: Random, raw: bytes) -> bytes:
    return raw[: random.randint(0, len(raw))]


def _recode(random: Random, raw: bytes) -> bytes:
    return raw.decode("utf-8", "replace").encode(random.choice(ENCODINGS), "replace")


DAMAGES: Mapping[str, Damage] = {
    "flip": _flip, "scramble": _scramble, "delete": _delete, "duplicate": _duplicate, "swap": _swap,
    "splice": _splice, "repeat": _repeat, "number": _number, "word": _word, "nulls": _nulls, "cut": _cut,
    "recode": _recode,
}  # fmt: skip


def damaged(random: Random, suffix: str) -> tuple[str, bytes]:
    """Return the name and the bytes of a damaged file of a format; now and then under another name, or squeezed."""
    raw = examples.EXAMPLES[suffix]
    for _ in range(random.choice((0, 1, 1, 2, 3, 6))):
        raw = random.choice(list(DAMAGES.values()))(random, raw)[:MOST_BYTES]
    if random.random() < 0.1:
        raw = random.choice(SQUEEZES)(raw)
    name = random.choice(list(examples.EXAMPLES)) if random.random() < 0.1 else suffix
    return f"file{random.choice((name, name, name, name.upper(), ''))}", raw
