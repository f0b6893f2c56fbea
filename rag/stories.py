"""Articles -> stories: wire copies, re-posts and updates of one article, found by the wording they share.

An article's sketch is the SKETCH smallest hashes of its word 3-grams: bottom-k MinHash (Broder 1997, "On the
resemblance and containment of documents"). Two sketches tell what share of the one article's wording stands in
the other, however much longer that is. A hash counts the less the more articles hold it, so that a standing
notice makes no story.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Self, TypeAlias

import numpy as np
import numpy.typing as npt

from rag.errors import IndexCorruptError
from rag.ports import Vector

Sketch: TypeAlias = npt.NDArray[np.uint32]
Ints: TypeAlias = npt.NDArray[np.int64]

SKETCHES, STORIES = "sketches.bin", "stories.npy"
SKETCH = 256  # hashes an article; the share of a text cut to a tenth is then known to within .1
COMMON = 200  # a hash that so many articles hold says nothing, and costs their square to compare
SHARED = 12  # hashes in common, at least: fewer are a phrase, or a form filled in anew
NEAR, ANY = 0.33, 0.8  # shares of wording from which two articles are one story
DAYS = 6  # NEAR holds for articles so near in time, or without a day; ANY for all: what comes weekly is a new story
AKIN = 0.9  # least sum of share and cosine: a caption quoted in a round-up makes it no copy
LEAST = 4  # hashes of a text that can be a copy at all
NOTICE, NOTICE_DAYS = 5, 60  # so many articles of one wording over more days than that: "subscribe to read on"
BLOCK = 16_384  # articles in memory at once, beside as many others
PRODUCT_ROWS = 4_096  # of these, joined at once
COUNTED_AT_ONCE = 8_000_000  # hashes

WORD = re.compile(r"\w+")
MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)  # odd, from xxHash and splitmix
LAST = np.uint32(0xFFFFFFFF)


Pair: TypeAlias = tuple[int, int, float]  # two articles, by row, and the share of wording they have in common


def sketch(text: str) -> Sketch:
    """Return the smallest hashes of the text's word 3-grams, ascending, at most SKETCH; empty for under three words."""
    words = np.array([zlib.crc32(word.encode()) for word in WORD.findall(text.lower())], np.uint64)
    if len(words) < len(MIX):
        return np.zeros(0, np.uint32)
    grams = sum(words[n : len(words) - 2 + n] * MIX[n] for n in range(len(MIX)))
    grams ^= grams >> np.uint64(29)
    grams *= np.uint64(0xBF58476D1CE4E5B9)
    hashes = np.unique((grams >> np.uint64(32)).astype(np.uint32))
    return hashes[:SKETCH]


def share(first: Sketch, second: Sketch, weight: Callable[[Sketch], float] = len) -> tuple[float, int]:
    """Return the share of the shorter article's wording that both have, 0 to 1, and by how many hashes it is told.

    Only hashes up to the end of both sketches are compared: beyond, one of them does not say.
    """
    end = min(_end(first), _end(second))
    here, there = (held[: np.searchsorted(held, end, "right")] for held in (first, second))
    both = np.intersect1d(here, there, assume_unique=True)
    least = min(weight(here), weight(there))
    return (weight(both) / least if least else 0.0), len(both)


def stories(sketches: Sequence[Sketch], days: Sequence[int], vector: Callable[[int], Vector]) -> Ints:
    """Return the story of each article, int64 [articles]: the row of the story's first article.

    `days` are ordinals, 0 where an article has none; `vector` gives an article's unit vector by its row.
    """
    first_of: dict[bytes, int] = {}
    twin_of = [
        first_of.setdefault(sha256(held.tobytes()).digest()[:16], row) if len(held) >= LEAST else row
        for row, held in enumerate(sketches)
    ]
    rows = np.unique(twin_of)
    beside = pairs(rows, [sketches[row] for row in rows], days, vector)
    story = gathered(len(sketches), beside)[twin_of]
    for members in _members(story).values():
        dated = [days[row] for row in members if days[row]]
        if len(members) >= NOTICE and dated and max(dated) - min(dated) > NOTICE_DAYS:
            story[members] = members
    return story


def pairs(rows: Ints, sketches: Sequence[Sketch], days: Sequence[int], vector: Callable[[int], Vector]) -> list[Pair]:
    """Return which articles resemble each other; `rows` are those that `sketches` are of."""
    hashes, counts = _shared(sketches)
    weight, found = _rarity(hashes, counts), []
    for i, j in _sharing(sketches, hashes[counts < COMMON]):
        first, second = int(rows[i]), int(rows[j])
        part, shared = share(sketches[i], sketches[j], weight)
        apart = abs(days[first] - days[second]) if days[first] and days[second] else 0
        if shared < SHARED or part < (NEAR if apart <= DAYS else ANY):
            continue
        if part + float(vector(first) @ vector(second)) >= AKIN:
            found.append((first, second, part))
    return found


def gathered(articles: int, pairs: Sequence[Pair]) -> Ints:
    """Return the story of each article [articles], as `stories` does: the likest pairs first.

    All of a story are paired with one article of it, its centre: a chain of likenesses that leads elsewhere is cut.
    """
    drawn: Counter[int] = (
        Counter()
    )  # how much pairs draw to an article: of the first two of a story, which is its centre
    beside = {}
    for first, second, part in pairs:
        drawn.update({first: part, second: part})
        beside[first, second] = beside[second, first] = part
    centre_of: dict[int, int] = {}
    for first, second, _ in sorted(pairs, key=lambda pair: (-pair[2], pair)):
        held = [row for row in (first, second) if row in centre_of]
        if not held:
            centre_of[first] = centre_of[second] = max(first, second, key=lambda row: (drawn[row], -row))
        elif len(held) == 1:
            free, centre = first + second - held[0], centre_of[held[0]]
            if (free, centre) in beside:
                centre_of[free] = centre
    story = np.arange(articles)
    first_of: dict[int, int] = {}
    for row in sorted(centre_of):
        story[row] = first_of.setdefault(centre_of[row], row)
    return story


class StoryWriter:
    """Writes the sketches of a new generation, an article after the other by row; `close` finds the stories."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = (folder / SKETCHES).open("wb")
        self._counts: list[int] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, sketch: Sketch) -> None:
        """Append the next article's sketch."""
        self._file.write(sketch.tobytes())
        self._counts.append(len(sketch))

    def close(self, days: Sequence[int], vector: Callable[[int], Vector]) -> None:
        """Compare all articles and write which story each is of; `days` and `vector` as `pairs` takes them."""
        self._file.close()
        ends = np.cumsum(self._counts, dtype=np.int64)
        held = _hashes(self._folder / SKETCHES)
        sketches = [held[end - count : end] for end, count in zip(ends.tolist(), self._counts, strict=True)]
        story = stories(sketches, days, vector)
        np.save(self._folder / STORIES, np.stack([ends, story], axis=1))


class Stories:
    """The stories of an open generation. `of` is the story of each article, int64 [articles]: its first one's row."""

    def __init__(self, folder: Path) -> None:
        try:
            ends, self.of = np.load(folder / STORIES).T
        except (ValueError, EOFError) as error:
            raise IndexCorruptError(f"{folder / STORIES}: {error}; run `rag rollback`") from None
        self._hashes = _hashes(folder / SKETCHES)
        self._starts = np.concatenate([[0], ends])
        if self._starts[-1] != len(self._hashes):
            raise IndexCorruptError(f"{folder / SKETCHES}: its length is not what stories say; run `rag rollback`")
        self._members = _members(self.of)

    def __len__(self) -> int:
        return len(self.of)

    def sketch(self, article: int) -> Sketch:
        """Return the sketch of an article, by row."""
        held: Sketch = self._hashes[self._starts[article] : self._starts[article + 1]]
        return held

    def copies(self, article: int) -> list[tuple[int, float]]:
        """Return the other articles of an article's story, by row, each with the share of wording both have."""
        here = self.sketch(article)
        return [
            (other, round(share(here, self.sketch(other))[0], 3))
            for other in self._members.get(int(self.of[article]), ())
            if other != article
        ]


def _members(story: Ints) -> Mapping[int, list[int]]:
    """Return the articles of each story of more than one."""
    found: dict[int, list[int]] = {}
    for row in np.flatnonzero(story != np.arange(len(story))).tolist():
        first = int(story[row])
        found.setdefault(first, [first]).append(row)
    return found


def _shared(sketches: Sequence[Sketch]) -> tuple[Sketch, Ints]:
    """Return the hashes that more than one article holds, ascending, and how many hold each.

    They are counted a stretch of their range at a time, so that not all are in memory.
    """
    parts = 1 + sum(map(len, sketches)) // COUNTED_AT_ONCE
    sample = np.concatenate([*sketches[:: 1 + len(sketches) // 1000], np.zeros(1, np.uint32)])
    edges = [0, *np.quantile(sample, np.linspace(0, 1, parts + 1)[1:-1]).astype(np.int64).tolist(), int(LAST) + 1]
    found = []
    for first, end in pairwise(sorted(set(edges))):
        within = []
        for start in range(0, len(sketches), BLOCK):
            flat = np.concatenate([*sketches[start : start + BLOCK], np.zeros(0, np.uint32)])
            within.append(flat[(flat >= first) & (flat < end)])
        hashes, counts = np.unique(np.concatenate([*within, np.zeros(0, np.uint32)]), return_counts=True)
        found.append((hashes[counts > 1], counts[counts > 1].astype(np.int32)))
    return np.concatenate([hashes for hashes, _ in found]), np.concatenate([counts for _, counts in found])


def _rarity(hashes: Sketch, counts: Ints) -> Callable[[Sketch], float]:
    """Return what some hashes weigh together: log(COMMON / articles that hold it) each, and nothing from COMMON on."""
    weights = np.log(COMMON / np.minimum(counts, COMMON)).astype(np.float32)

    def weight(held: Sketch) -> float:
        if not len(hashes):
            return len(held) * float(np.log(COMMON))
        places = np.minimum(np.searchsorted(hashes, held), len(hashes) - 1)
        return float(np.where(hashes[places] == held, weights[places], np.log(COMMON)).sum())

    return weight


def _sharing(sketches: Sequence[Sketch], telling: Sketch) -> Iterator[tuple[int, int]]:
    """Yield each two sketches that share SHARED of the `telling` hashes, a block of articles with another at a time."""
    starts = range(0, len(sketches), BLOCK)
    for start in starts:
        here = _cells(sketches[start : start + BLOCK], telling)
        for other in starts[start // BLOCK :]:
            there = here if other == start else _cells(sketches[other : other + BLOCK], telling)
            for i, j in _joined(here, there):
                if start + i < other + j:
                    yield start + i, other + j


def _cells(sketches: Sequence[Sketch], telling: Sketch) -> tuple[Ints, Sketch]:
    """Return (row, hash) of the telling hashes of some sketches."""
    flat = np.concatenate([*sketches, np.zeros(0, np.uint32)])
    rows = np.repeat(np.arange(len(sketches), dtype=np.int32), [len(held) for held in sketches])
    places = np.minimum(np.searchsorted(telling, flat), max(0, len(telling) - 1))
    held = telling[places] == flat if len(telling) else np.zeros(len(flat), bool)
    return rows[held], flat[held]


def _joined(here: tuple[Ints, Sketch], there: tuple[Ints, Sketch]) -> Iterator[tuple[int, int]]:
    """Yield (row here, row there) of those that share SHARED hashes: a product of sparse matrices."""
    from scipy import sparse

    common = np.intersect1d(here[1], there[1]) if here is not there else np.unique(here[1])
    if not len(common):
        return
    matrices = []
    for rows, hashes in (here, there):
        columns = np.minimum(np.searchsorted(common, hashes), len(common) - 1)
        held = common[columns] == hashes
        cells = np.ones(np.count_nonzero(held), np.int16)
        matrices.append(sparse.csr_matrix((cells, (rows[held], columns[held])), shape=(int(rows[-1]) + 1, len(common))))
    for start in range(0, matrices[0].shape[0], PRODUCT_ROWS):
        product = (matrices[0][start : start + PRODUCT_ROWS] @ matrices[1].T).tocoo()
        wanted = product.data >= SHARED
        yield from zip((product.row[wanted] + start).tolist(), product.col[wanted].tolist(), strict=True)


def _end(sketch: Sketch) -> np.uint32:
    """Return up to where a sketch holds every hash of its article."""
    return sketch[-1] if len(sketch) == SKETCH else LAST


def _hashes(path: Path) -> Sketch:
    try:
        return np.memmap(path, np.uint32, "r") if path.stat().st_size else np.zeros(0, np.uint32)
    except ValueError as error:  # not whole numbers, or emptied meanwhile
        raise IndexCorruptError(f"{path}: {error}; run `rag rollback`") from None
