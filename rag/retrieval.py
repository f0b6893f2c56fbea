"""Question -> ranked passages over one generation: filter, two legs, one mix."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from rag import chunking, fusion
from rag.generation import Generation
from rag.ports import Embedder, Ranking, Rows, Scores
from rag.reranking.worker import Worker
from rag.types import GroupBy, SearchFilter, StageScores

DEPTH = 400  # passages a leg lists; 100 gave up to .01 nDCG@10 less, 1,000 gained on one set of three


@dataclass(frozen=True)
class Retrieved:
    """The passages that either leg listed, best first: parallel arrays, one place a passage.

    `lexical` is nan, and a rank 0, where that leg did not list the passage; `reranked` where no reranker read it.
    """

    rows: Rows
    dense: Scores
    lexical: Scores
    dense_z: Scores
    lexical_z: Scores
    dense_rank: Rows
    lexical_rank: Rows
    fused: Scores
    reranked: Scores

    def scores(self, place: int) -> StageScores:
        """Return what each stage gave the passage at `place`."""
        return StageScores(
            dense=float(self.dense[place]),
            lexical=None if np.isnan(self.lexical[place]) else float(self.lexical[place]),
            dense_normalised=float(self.dense_z[place]),
            lexical_normalised=float(self.lexical_z[place]),
            dense_rank=int(self.dense_rank[place]) or None,
            lexical_rank=int(self.lexical_rank[place]) or None,
            fused=float(self.fused[place]),
            reranked=None if np.isnan(self.reranked[place]) else float(self.reranked[place]),
        )

    def reordered(self, reranked: Scores) -> Retrieved:
        """Put the first passages, of which `reranked` has the scores, in their order; ties, and the rest, stay."""
        order = np.arange(len(self.rows))
        order[: len(reranked)] = np.argsort(-reranked, kind="stable")
        scores = np.full(len(self.rows), np.nan)
        scores[: len(reranked)] = reranked
        found = replace(self, reranked=scores)
        return replace(found, **{field.name: getattr(found, field.name)[order] for field in fields(found)})


def retrieve(
    generation: Generation, embedder: Embedder, question: str, filter: SearchFilter, dense_weight: float
) -> Retrieved:
    """Rank the passages that either leg lists, by the mix of their normalised scores; ties by row.

    A passage that only BM25 lists gets its true cosine; one that only the dense leg lists gets BM25's least.
    """
    vector = embedder.embed_query(question)
    by_meaning, by_words = generation.search(vector, question, DEPTH, filter)
    rows = np.union1d(by_meaning.rows, by_words.rows)
    dense, dense_rank = _aligned(rows, by_meaning)
    unlisted = dense_rank == 0
    dense[unlisted] = generation.dense.cosines(vector, rows[unlisted])
    lexical, lexical_rank = _aligned(rows, by_words)
    dense_z = fusion.z_scores(dense, dense[dense_rank > 0])
    lexical_z = fusion.z_scores(lexical, lexical[lexical_rank > 0])
    fused = fusion.mix(dense_z, lexical_z, dense_weight)
    best = np.lexsort((rows, -fused))
    return Retrieved(
        rows=rows[best],
        dense=dense[best],
        lexical=lexical[best],
        dense_z=dense_z[best],
        lexical_z=lexical_z[best],
        dense_rank=dense_rank[best],
        lexical_rank=lexical_rank[best],
        fused=fused[best],
        reranked=np.full(len(rows), np.nan),
    )


def rerank(
    generation: Generation, worker: Worker, question: str, found: Retrieved, depth: int
) -> tuple[Retrieved, tuple[str, ...]]:
    """Let `worker` put the best `depth` passages in its order; where it is late, keep theirs and say so."""
    read = generation.passages(found.rows[:depth].tolist())
    scores = worker.scores(question, [chunking.header(article) + passage.text for passage, article, _ in read])
    if scores is None:
        return found, (f"not re-ranked: the reranker took more than {worker.within_s * 1000:.0f} ms",)
    return found.reordered(scores), ()


def grouped(generation: Generation, found: Retrieved, by: GroupBy, k: int) -> list[tuple[int, int]]:
    """Return the place of each group's best passage with the group's size, best first, at most `k`."""
    if by == "passage":
        return [(place, 1) for place in range(min(k, len(found.rows)))]
    articles = generation.archive.article_of[found.rows]
    _, first, size = np.unique(articles, return_index=True, return_counts=True)
    order = np.argsort(first)[:k]
    return list(zip(first[order].tolist(), size[order].tolist(), strict=True))


def _aligned(rows: Rows, ranking: Ranking) -> tuple[Scores, Rows]:
    """Return the score and rank of each of `rows` (sorted) in a leg's list; nan and 0 where it is not listed."""
    scores, ranks = np.full(len(rows), np.nan), np.zeros(len(rows), np.int64)
    places = np.searchsorted(rows, ranking.rows)
    scores[places] = ranking.scores
    ranks[places] = np.arange(1, len(places) + 1)
    return scores, ranks
