"""Articles -> stories: wire copies, re-posts and updates of one article, found by the wording they share.

Articles are compared by their sketches. A hash counts the less the more articles hold it, so that a
standing notice makes no story.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import numpy as np

from rag.errors import IndexCorruptError
from rag.index import minhash
from rag.index.minhash import SKETCH_HASHES, Ends, HashWeights, Sketch, Sketches, containment
from rag.types.arrays import Rows, Vector

STORIES_FILE = "stories.npy"
IDENTITY = f"stories-1/{minhash.IDENTITY}"  # of what makes a story; counts up when articles are clustered otherwise
MAX_ARTICLES_PER_HASH = 200  # a hash that so many articles hold says nothing, and costs their square to compare
MIN_SHARED_HASHES = 12  # hashes in common, at least: fewer are a phrase, or a form filled in anew
NEAR, ANY = 0.33, 0.8  # shares of wording from which two articles are one story
DAYS = 6  # NEAR holds for articles so near in time, or without a day; ANY for all: what comes weekly is a new story
MIN_SHARE_PLUS_COSINE = 0.9  # least sum of share and cosine: a caption quoted in a round-up makes it no copy
MIN_HASHES = 4  # hashes of a text that can be a copy at all
NOTICE, NOTICE_DAYS = 5, 60  # so many articles of one wording over more days than that: "subscribe to read on"
BLOCK = 16_384  # articles in memory at once, beside as many others
PRODUCT_ROWS = 4_096  # of these, joined at once
COUNTED_AT_ONCE = 8_000_000  # hashes
WEIGHED = 4_096  # articles whose weights are kept at hand

SketchOf: TypeAlias = Callable[[int], Sketch]  # an article's sketch, by its row
Pair: TypeAlias = tuple[int, int, float]  # two articles, by row, and the share of wording they have in common


def detect_stories(sketch_of: SketchOf, days: Sequence[int], vector: Callable[[int], Vector]) -> Ends:
    """Return the story of each article, int64 [articles]: the row of the story's first article.

    `days` are ordinals, 0 where an article has none; `vector` gives an article's unit vector by its row.
    """
    first_of: dict[bytes, int] = {}
    twin_of = [
        first_of.setdefault(sha256(held.tobytes()).digest()[:16], row) if len(held) >= MIN_HASHES else row
        for row, held in enumerate(map(sketch_of, range(len(days))))
    ]
    story = cluster(len(days), near_duplicates(np.unique(twin_of), sketch_of, days, vector))[twin_of]
    for members in _members(story).values():
        dated = [days[row] for row in members if days[row]]
        if len(members) >= NOTICE and dated and max(dated) - min(dated) > NOTICE_DAYS:
            story[members] = members
    return story


def near_duplicates(
    rows: Ends, sketch_of: SketchOf, days: Sequence[int], vector: Callable[[int], Vector]
) -> list[Pair]:
    """Return which of the articles `rows` (ascending) resemble each other."""
    hashes, counts = _shared(rows, sketch_of)
    weigh = _rarity(hashes, counts)

    @lru_cache(WEIGHED)
    def weighed(row: int) -> tuple[Sketch, HashWeights]:
        held = sketch_of(row)
        return held, weigh(held)

    found = []
    for first, second in _sharing(rows, sketch_of, hashes[counts < MAX_ARTICLES_PER_HASH]):
        (here, ours), (there, theirs) = weighed(first), weighed(second)
        part, shared = containment(here, there, (ours, theirs))
        apart = abs(days[first] - days[second]) if days[first] and days[second] else 0
        if shared < MIN_SHARED_HASHES or part < (NEAR if apart <= DAYS else ANY):
            continue
        if part + float(vector(first) @ vector(second)) >= MIN_SHARE_PLUS_COSINE:
            found.append((first, second, part))
    return found


def cluster(articles: int, pairs: Sequence[Pair]) -> Ends:
    """Return the story of each article [articles], as `stories` does: the likest pairs first.

    All of a story are paired with one article of it, its centre: a chain of likenesses that leads elsewhere is cut.
    """
    drawn: Counter[int] = Counter()  # how much pairs draw to an article: which of a story's first two is its centre
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


def write(folder: Path, held: Sketches, days: Sequence[int], vector: Callable[[int], Vector]) -> None:
    """Compare all articles and write which story each is of; `days` and `vector` as `stories` takes them."""
    np.save(folder / STORIES_FILE, np.stack([held.ends, detect_stories(held.of, days, vector)], axis=1))


class Stories:
    """The stories of an open generation, and the sketches that they were told by. Safe for threads."""

    def __init__(self, folder: Path) -> None:
        try:
            ends, self._story = np.load(folder / STORIES_FILE).T
        except (ValueError, EOFError) as error:
            raise IndexCorruptError(f"{folder / STORIES_FILE}: {error}; run `rag rollback`") from None
        self.sketch = Sketches(folder / minhash.SKETCHES_FILE, ends).of
        self._members = _members(self._story)

    def __len__(self) -> int:
        return len(self._story)

    def of(self, articles: Rows) -> Rows:
        """Return the story of each article, int64 [articles]: the row of the story's first article."""
        stories: Rows = self._story[articles]
        return stories

    def members(self, article: int) -> list[int]:
        """Return the rows of all articles of an article's story, itself included."""
        return self._members.get(int(self._story[article]), [article])

    def copies(self, article: int) -> list[tuple[int, float]]:
        """Return the other articles of an article's story, by row, each with the share of wording both have."""
        here = self.sketch(article)
        return [
            (other, round(containment(here, self.sketch(other))[0], 3))
            for other in self.members(article)
            if other != article
        ]


def _members(story: Ends) -> Mapping[int, list[int]]:
    """Return the articles of each story of more than one."""
    members: dict[int, list[int]] = {}
    for row in np.flatnonzero(story != np.arange(len(story))).tolist():
        first = int(story[row])
        members.setdefault(first, [first]).append(row)
    return members


def _shared(rows: Ends, sketch_of: SketchOf) -> tuple[Sketch, Ends]:
    """Return the hashes that more than one article holds, ascending, and how many hold each.

    They are counted a stretch of their range at a time, so that not all are in memory.
    """
    parts = 1 + SKETCH_HASHES * len(rows) // COUNTED_AT_ONCE
    sample = _flat(rows[:: 1 + len(rows) // 1000], sketch_of)
    edges = [0, *np.quantile([*sample, 0], np.linspace(0, 1, parts + 1)[1:-1]).astype(np.int64).tolist(), 1 << 32]
    found = []
    for first, end in pairwise(sorted(set(edges))):
        within = [np.zeros(0, np.uint32)]
        for start in range(0, len(rows), BLOCK):
            flat = _flat(rows[start : start + BLOCK], sketch_of)
            within.append(flat[(flat >= first) & (flat < end)])
        hashes, counts = np.unique(np.concatenate(within), return_counts=True)
        found.append((hashes[counts > 1], counts[counts > 1].astype(np.int32)))
    return np.concatenate([hashes for hashes, _ in found]), np.concatenate([counts for _, counts in found])


def _flat(rows: Ends, sketch_of: SketchOf) -> Sketch:
    """Return the hashes of some articles, one sketch after the other."""
    return np.concatenate([*map(sketch_of, rows.tolist()), np.zeros(0, np.uint32)])


def _rarity(hashes: Sketch, counts: Ends) -> Callable[[Sketch], HashWeights]:
    """Return what gives each hash its weight: log(COMMON / articles that hold it), and 0 from COMMON on."""
    weights = np.log(MAX_ARTICLES_PER_HASH / np.minimum(counts, MAX_ARTICLES_PER_HASH)).astype(np.float32)
    alone = np.float32(np.log(MAX_ARTICLES_PER_HASH))

    def weigh(held: Sketch) -> HashWeights:
        if not len(hashes):
            return np.full(len(held), alone)
        places = np.minimum(np.searchsorted(hashes, held), len(hashes) - 1)
        return np.where(hashes[places] == held, weights[places], alone)

    return weigh


def _sharing(rows: Ends, sketch_of: SketchOf, telling: Sketch) -> Iterator[tuple[int, int]]:
    """Yield each two articles that share SHARED of the `telling` hashes, a block of them with another at a time."""
    blocks = [rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK)]
    for number, block in enumerate(blocks):
        here = _cells(block, sketch_of, telling)
        for other in blocks[number:]:
            there = here if other is block else _cells(other, sketch_of, telling)
            for i, j in _joined(here, there):
                if block[i] < other[j]:
                    yield int(block[i]), int(other[j])


def _cells(rows: Ends, sketch_of: SketchOf, telling: Sketch) -> tuple[Ends, Sketch]:
    """Return (place in `rows`, hash) of the telling hashes of some articles."""
    held = [sketch_of(row) for row in rows.tolist()]
    flat = np.concatenate([*held, np.zeros(0, np.uint32)])
    places = np.repeat(np.arange(len(held), dtype=np.int32), [len(each) for each in held])
    at = np.minimum(np.searchsorted(telling, flat), max(0, len(telling) - 1))
    told = telling[at] == flat if len(telling) else np.zeros(len(flat), bool)
    return places[told], flat[told]


def _joined(here: tuple[Ends, Sketch], there: tuple[Ends, Sketch]) -> Iterator[tuple[int, int]]:
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
        wanted = product.data >= MIN_SHARED_HASHES
        yield from zip((product.row[wanted] + start).tolist(), product.col[wanted].tolist(), strict=True)
