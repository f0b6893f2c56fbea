"""Ranking metrics over articles: pure functions of one ranking, in which each article stands once, and its grades.

nDCG and recall are trec_eval's (ndcg_cut, recall), MRR is recip_rank within the first ten, hit@4 is success_4.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence


def ndcg(ranking: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """Return nDCG@k with linear gains, as trec_eval's ndcg_cut (Jarvelin & Kekalainen 2002)."""
    gains = [grades.get(id, 0) for id in ranking[:k]]
    ideal = sorted(grades.values(), reverse=True)[:k]
    best = sum(gain / math.log2(rank + 1) for rank, gain in enumerate(ideal, 1))
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1)) / best if best else 0.0


def first_relevant_rank(ranking: Sequence[str], grades: Mapping[str, int]) -> int | None:
    """Return the rank, from 1, of the first relevant article; None where none is listed."""
    return next((rank for rank, id in enumerate(ranking, 1) if grades.get(id, 0) > 0), None)


def reciprocal_rank(ranking: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """Return 1 / the rank of the first relevant article within k, else 0."""
    rank = first_relevant_rank(ranking[:k], grades)
    return 1 / rank if rank else 0.0


def recall(ranking: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """Return the share of the relevant articles that stand within k."""
    relevant = {id for id, grade in grades.items() if grade > 0}
    return len(relevant.intersection(ranking[:k])) / len(relevant)


def hit(ranking: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """Return 1 where a relevant article stands within k, else 0."""
    return float(first_relevant_rank(ranking[:k], grades) is not None)


METRICS: dict[str, Callable[[Sequence[str], Mapping[str, int]], float]] = {
    "nDCG@10": lambda ranking, grades: ndcg(ranking, grades, 10),
    "MRR@10": lambda ranking, grades: reciprocal_rank(ranking, grades, 10),
    "recall@10": lambda ranking, grades: recall(ranking, grades, 10),
    "recall@100": lambda ranking, grades: recall(ranking, grades, 100),
    "hit@4": lambda ranking, grades: hit(ranking, grades, 4),
}
