"""Articles -> stories: clusters of near-duplicates, which are wire copies, re-posts and updates of one article.

Articles are compared by their MinHash sketches. The more articles hold a hash, the less it weighs (an inverse document
frequency), so that a standing notice does not make a story of all the articles that print it.
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
IDENTITY = f"stories-1/{minhash.IDENTITY}"  # Version of the clustering: counts up whenever its outcome may differ
MAX_ARTICLES_PER_HASH = 200  # A hash of so many articles tells nothing, and comparing them costs that number squared
MIN_SHARED_HASHES = 12  # Two articles with fewer hashes in common share a phrase, or a form that was filled in anew
# Least share of the shorter article's wording that two articles of one story have in common. The lower bound holds for
# articles at most CLOSE_DAYS apart, and for those without a day; beyond, what comes weekly is a new story.
MIN_SHARE_CLOSE, MIN_SHARE = 0.33, 0.8
CLOSE_DAYS = 6
MIN_SHARE_PLUS_COSINE = 0.9  # Least sum of share and cosine: a round-up that quotes a caption is no copy of it
MIN_HASHES = 4  # A text of fewer hashes is too short to be recognised as a copy of an equal one
# A story of so many articles or more, spread over more days, is a notice in place of a text: "subscribe to read on"
NOTICE_ARTICLES, NOTICE_DAYS = 5, 60
BLOCK_ARTICLES = 16_384  # Articles whose hashes are in memory at once, beside a second block of as many
PRODUCT_ROWS = 4_096  # Articles of a block that one product of sparse matrices compares
MAX_COUNTED_HASHES = 8_000_000  # Hashes that are counted at once; it bounds memory
CACHED_WEIGHTS = 4_096  # Articles whose weighted sketches are cached

SketchOf: TypeAlias = Callable[[int], Sketch]  # An article's sketch by the article's row
Pair: TypeAlias = tuple[int, int, float]  # The rows of two articles, and the share of wording they have in common


def detect_stories(sketch_of: SketchOf, days: Sequence[int], vector: Callable[[int], Vector]) -> Ends:
    """Return the story of each article, int64 [articles]: the row of the story's first article.

    `days` are ordinals, 0 where an article has none; `vector` gives an article's unit vector by its row.
    """
    first_of: dict[bytes, int] = {}
    duplicate_of = [
        first_of.setdefault(sha256(sketch.tobytes()).digest()[:16], row) if len(sketch) >= MIN_HASHES else row
        for row, sketch in enumerate(map(sketch_of, range(len(days))))
    ]
    story = cluster(len(days), near_duplicates(np.unique(duplicate_of), sketch_of, days, vector))[duplicate_of]
    for members in _members(story).values():
        dated = [days[row] for row in members if days[row]]
        if len(members) >= NOTICE_ARTICLES and dated and max(dated) - min(dated) > NOTICE_DAYS:
            story[members] = members
    return story


def near_duplicates(
    rows: Ends, sketch_of: SketchOf, days: Sequence[int], vector: Callable[[int], Vector]
) -> list[Pair]:
    """Return the pairs of near-duplicates among the articles `rows` (ascending), each with its share of wording.

    `days` are ordinals, 0 where an article has none; `vector` gives an article's unit vector by its row.
    """
    hashes, counts = _shared(rows, sketch_of)
    weigh = _idf_weights(hashes, counts)

    @lru_cache(CACHED_WEIGHTS)
    def weighted(row: int) -> tuple[Sketch, HashWeights]:
        sketch = sketch_of(row)
        return sketch, weigh(sketch)

    pairs: list[Pair] = []
    for first, second in _candidate_pairs(rows, sketch_of, hashes[counts < MAX_ARTICLES_PER_HASH]):
        (first_sketch, first_weights), (second_sketch, second_weights) = weighted(first), weighted(second)
        share, hashes_shared = containment(first_sketch, second_sketch, (first_weights, second_weights))
        apart = abs(days[first] - days[second]) if days[first] and days[second] else 0
        if hashes_shared < MIN_SHARED_HASHES or share < (MIN_SHARE_CLOSE if apart <= CLOSE_DAYS else MIN_SHARE):
            continue
        if share + float(vector(first) @ vector(second)) >= MIN_SHARE_PLUS_COSINE:
            pairs.append((first, second, share))
    return pairs


def cluster(articles: int, pairs: Sequence[Pair]) -> Ends:
    """Return the story of each article, int64 [articles], as `detect_stories` does, from pairs of near-duplicates.

    The pairs with the largest shares are joined first. Every article of a story is paired with the story's centre, so
    that a chain of articles, each like the next, does not lead from one story into another.
    """
    total_share: Counter[int] = Counter()  # Per article; of a story's first two, the one with more is the centre
    paired: set[tuple[int, int]] = set()
    for first, second, share in pairs:
        total_share.update({first: share, second: share})
        paired |= {(first, second), (second, first)}
    centre_of: dict[int, int] = {}
    for first, second, _ in sorted(pairs, key=lambda pair: (-pair[2], pair)):
        placed = [row for row in (first, second) if row in centre_of]
        if not placed:
            centre_of[first] = centre_of[second] = max(first, second, key=lambda row: (total_share[row], -row))
        elif len(placed) == 1:
            free, centre = first + second - placed[0], centre_of[placed[0]]
            if (free, centre) in paired:
                centre_of[free] = centre
    story = np.arange(articles)
    first_of: dict[int, int] = {}
    for row in sorted(centre_of):
        story[row] = first_of.setdefault(centre_of[row], row)
    return story


def write(folder: Path, sketches: Sketches, days: Sequence[int], vector: Callable[[int], Vector]) -> None:
    """Write the story of every article to the generation in `folder`.

    The file holds int64 [articles, 2]: where the article's sketch ends, and its story. `days` and `vector` are as in
    `detect_stories`.
    """
    np.save(folder / STORIES_FILE, np.stack([sketches.ends, detect_stories(sketches.of, days, vector)], axis=1))


class Stories:
    """The stories of an open generation, and the sketches that they were made from. Safe for threads.

    Raises IndexCorruptError where the files cannot be read or do not fit each other.
    """

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
        """Return the rows of all articles of an article's story, the article itself included."""
        return self._members.get(int(self._story[article]), [article])

    def copies(self, article: int) -> list[tuple[int, float]]:
        """Return the rows of the other articles of an article's story, each with the share of wording both have."""
        sketch = self.sketch(article)
        return [
            (other, round(containment(sketch, self.sketch(other))[0], 3))
            for other in self.members(article)
            if other != article
        ]


def _members(story: Ends) -> Mapping[int, list[int]]:
    """Return the rows of the articles of each story that has more than one, by the story's first row."""
    members: dict[int, list[int]] = {}
    for row in np.flatnonzero(story != np.arange(len(story))).tolist():
        first = int(story[row])
        members.setdefault(first, [first]).append(row)
    return members


def _shared(rows: Ends, sketch_of: SketchOf) -> tuple[Sketch, Ends]:
    """Return the hashes that more than one article holds, ascending, and the number of articles that hold each.

    The range of hashes is cut at quantiles of a sample and counted part by part, so that only one part is in memory.
    """
    parts = 1 + SKETCH_HASHES * len(rows) // MAX_COUNTED_HASHES
    sample = _flat(rows[:: 1 + len(rows) // 1000], sketch_of)
    edges = [0, *np.quantile([*sample, 0], np.linspace(0, 1, parts + 1)[1:-1]).astype(np.int64).tolist(), 1 << 32]
    counted = []
    for first, end in pairwise(sorted(set(edges))):
        within = [np.zeros(0, np.uint32)]
        for start in range(0, len(rows), BLOCK_ARTICLES):
            flat = _flat(rows[start : start + BLOCK_ARTICLES], sketch_of)
            within.append(flat[(flat >= first) & (flat < end)])
        hashes, counts = np.unique(np.concatenate(within), return_counts=True)
        counted.append((hashes[counts > 1], counts[counts > 1].astype(np.int32)))
    return np.concatenate([hashes for hashes, _ in counted]), np.concatenate([counts for _, counts in counted])


def _flat(rows: Ends, sketch_of: SketchOf) -> Sketch:
    """Return the hashes of some articles, one sketch after the other."""
    return np.concatenate([*map(sketch_of, rows.tolist()), np.zeros(0, np.uint32)])


def _idf_weights(hashes: Sketch, counts: Ends) -> Callable[[Sketch], HashWeights]:
    """Return a function from a sketch to the weights of its hashes, from the `hashes` that several articles hold.

    A hash of n articles weighs log(MAX_ARTICLES_PER_HASH / n), and 0 from MAX_ARTICLES_PER_HASH articles on.
    """
    weights = np.log(MAX_ARTICLES_PER_HASH / np.minimum(counts, MAX_ARTICLES_PER_HASH)).astype(np.float32)
    unshared = np.float32(np.log(MAX_ARTICLES_PER_HASH))

    def weigh(sketch: Sketch) -> HashWeights:
        if not len(hashes):
            return np.full(len(sketch), unshared)
        places = np.minimum(np.searchsorted(hashes, sketch), len(hashes) - 1)
        return np.where(hashes[places] == sketch, weights[places], unshared)

    return weigh


def _candidate_pairs(rows: Ends, sketch_of: SketchOf, selective: Sketch) -> Iterator[tuple[int, int]]:
    """Yield the rows of every two articles that share at least MIN_SHARED_HASHES of the `selective` hashes.

    One block of articles is compared with another at a time.
    """
    blocks = [rows[start : start + BLOCK_ARTICLES] for start in range(0, len(rows), BLOCK_ARTICLES)]
    for number, block in enumerate(blocks):
        here = _cells(block, sketch_of, selective)
        for other in blocks[number:]:
            there = here if other is block else _cells(other, sketch_of, selective)
            for i, j in _joined(here, there):
                if block[i] < other[j]:
                    yield int(block[i]), int(other[j])


def _cells(rows: Ends, sketch_of: SketchOf, selective: Sketch) -> tuple[Ends, Sketch]:
    """Return the `selective` hashes of some articles, and beside each the article's place in `rows`."""
    sketches = [sketch_of(row) for row in rows.tolist()]
    flat = np.concatenate([*sketches, np.zeros(0, np.uint32)])
    places = np.repeat(np.arange(len(sketches), dtype=np.int32), [len(sketch) for sketch in sketches])
    at = np.minimum(np.searchsorted(selective, flat), max(0, len(selective) - 1))
    is_selective = selective[at] == flat if len(selective) else np.zeros(len(flat), bool)
    return places[is_selective], flat[is_selective]


def _joined(here: tuple[Ends, Sketch], there: tuple[Ends, Sketch]) -> Iterator[tuple[int, int]]:
    """Yield (place here, place there) of articles that share at least MIN_SHARED_HASHES of their hashes.

    The numbers of shared hashes are a product of two sparse matrices, articles by hashes.
    """
    from scipy import sparse

    common = np.intersect1d(here[1], there[1]) if here is not there else np.unique(here[1])
    if not len(common):
        return
    matrices = []
    for rows, hashes in (here, there):
        columns = np.minimum(np.searchsorted(common, hashes), len(common) - 1)
        is_common = common[columns] == hashes
        cells = np.ones(np.count_nonzero(is_common), np.int16)
        shape = int(rows[-1]) + 1, len(common)
        matrices.append(sparse.csr_matrix((cells, (rows[is_common], columns[is_common])), shape=shape))
    for start in range(0, matrices[0].shape[0], PRODUCT_ROWS):
        product = (matrices[0][start : start + PRODUCT_ROWS] @ matrices[1].T).tocoo()
        wanted = product.data >= MIN_SHARED_HASHES
        yield from zip((product.row[wanted] + start).tolist(), product.col[wanted].tolist(), strict=True)
