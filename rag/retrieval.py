"""Question -> ranked passages over one generation: filter, two legs, one mix."""

from __future__ import annotations

from dataclasses import dataclass

from rag import fusion
from rag.generation import Generation
from rag.ports import Embedder, Vector
from rag.types import GroupBy, SearchFilter, StageScores

DEPTH = 100  # passages each leg lists; scores are normalised over them


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
    """Rank the passages that either leg lists, by the mix of their normalised scores; ties by row."""
    vector = embedder.embed_query(question)
    dense = dict(generation.search_dense(vector, DEPTH, filter))
    lexical = dict(generation.search_lexical(question, DEPTH, filter))
    dense_rank = {row: rank for rank, row in enumerate(dense, 1)}
    lexical_rank = {row: rank for rank, row in enumerate(lexical, 1)}
    rows = sorted(dense.keys() | lexical.keys())
    # Each leg scores what only the other listed, so that a mix compares true scores
    dense |= dict(generation.dense.scores(vector, [row for row in rows if row not in dense]))
    lexical |= dict(generation.lexical.scores(question, [row for row in rows if row not in lexical]))
    dense_z, lexical_z = fusion.z_scores(dense), fusion.z_scores(lexical)
    fused = fusion.mix(dense_z, lexical_z, dense_weight)
    least = min(lexical_z.values(), default=0.0)
    return Retrieved(
        vector,
        tuple(
            Candidate(
                row,
                StageScores(
                    dense=dense[row],
                    lexical=lexical.get(row, 0.0),
                    dense_normalised=dense_z[row],
                    lexical_normalised=lexical_z.get(row, least),
                    dense_rank=dense_rank.get(row),
                    lexical_rank=lexical_rank.get(row),
                    fused=score,
                ),
            )
            for row, score in fusion.ranked(fused)
        ),
    )


def grouped(generation: Generation, candidates: tuple[Candidate, ...], by: GroupBy) -> list[tuple[Candidate, int]]:
    """Return each group's best candidate with the group's size, best first."""
    if by == "passage":
        return [(candidate, 1) for candidate in candidates]
    first: dict[int, Candidate] = {}
    size: dict[int, int] = {}
    for candidate in candidates:
        article = generation.archive.passage(candidate.row).article
        first.setdefault(article, candidate)
        size[article] = size.get(article, 0) + 1
    return [(candidate, size[article]) for article, candidate in first.items()]
