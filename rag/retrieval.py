"""Question -> ranked passages over one generation: filter, two legs, one mix."""

from __future__ import annotations

from dataclasses import dataclass

from rag import fusion
from rag.fusion import Scale
from rag.generation import Generation
from rag.ports import Embedder, Vector
from rag.types import GroupBy, SearchFilter, StageScores

DEPTH = 400  # passages each leg lists and is normalised over; 100 gave up to .01 nDCG@10 less, 1,000 no more


@dataclass(frozen=True)
class Candidate:
    """A passage that a leg listed, with what each stage gave it."""

    row: int
    scores: StageScores


@dataclass(frozen=True)
class Retrieved:
    """The candidates of one question, best first, and the question's vector."""

    vector: Vector
    candidates: tuple[Candidate, ...]


def retrieve(
    generation: Generation, embedder: Embedder, question: str, filter: SearchFilter, dense_weight: float
) -> Retrieved:
    """Rank the passages that either leg lists, by the mix of their normalised scores; ties by row.

    A passage that only BM25 lists gets its true cosine; one that only the dense leg lists gets BM25's least.
    """
    vector = embedder.embed_query(question)
    dense = dict(generation.search_dense(vector, DEPTH, filter))
    lexical = dict(generation.search_lexical(question, DEPTH, filter))
    dense_scale, lexical_scale = Scale.of(dense.values()), Scale.of(lexical.values())
    dense_rank = {row: rank for rank, row in enumerate(dense, 1)}
    lexical_rank = {row: rank for rank, row in enumerate(lexical, 1)}
    dense |= dict(generation.dense.scores(vector, [row for row in lexical if row not in dense]))
    least = min(lexical.values(), default=0.0)

    def scored(row: int) -> StageScores:
        dense_z, lexical_z = dense_scale.z(dense[row]), lexical_scale.z(lexical.get(row, least))
        return StageScores.model_construct(
            dense=dense[row],
            lexical=lexical.get(row),
            dense_normalised=dense_z,
            lexical_normalised=lexical_z,
            dense_rank=dense_rank.get(row),
            lexical_rank=lexical_rank.get(row),
            fused=fusion.mix(dense_z, lexical_z, dense_weight),
        )

    candidates = [Candidate(row, scored(row)) for row in dense]
    return Retrieved(vector, tuple(sorted(candidates, key=lambda found: (-found.scores.fused, found.row))))


def grouped(generation: Generation, candidates: tuple[Candidate, ...], by: GroupBy) -> list[tuple[Candidate, int]]:
    """Return each group's best candidate with the group's size, best first."""
    if by == "passage":
        return [(candidate, 1) for candidate in candidates]
    first: dict[int, Candidate] = {}
    size: dict[int, int] = {}
    for candidate in candidates:
        article = int(generation.archive.article_of[candidate.row])
        first.setdefault(article, candidate)
        size[article] = size.get(article, 0) + 1
    return [(candidate, size[article]) for article, candidate in first.items()]
