"""Tuning: fusion weights are chosen on one half and judged by the other, and fusing anew gives what a search gives."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from rag.errors import EvaluationError
from rag.evaluation.datasets import Dataset, load_dataset
from rag.evaluation.fitting.fusion_weights import SearchedQuestion, tune
from rag.search import fusion, pipeline
from rag.search.fusion import FusionWeights
from rag.service import RagService
from rag.settings import Settings
from tests.conftest import SEEDS, ask, service_of


def service(given: RagService, **weights: float) -> RagService:
    """A service over the same generation whose operator says those weights."""
    settings = Settings(index_root=given.settings.index_root, index=given.settings.index, **weights)
    return service_of(settings, lambda: given.models.embedder)


def asked_of(given: RagService, question: str) -> pipeline.QueryContext:
    return pipeline.run(given.generation, given.models, given.settings, ask(question, as_of=date(2026, 1, 1)))


@pytest.mark.parametrize(
    "weights", [FusionWeights(0.2, 0.8), FusionWeights(0.9, 0.0), FusionWeights(0.5, 1.3)], ids=str
)
def test_fusing_anew_ranks_as_a_search_by_those_weights_does(seeds_service: RagService, weights: FusionWeights) -> None:
    question = "Why was the Halloran Bridge closed in May?"
    once = asked_of(service(seeds_service, dense_weight=0.4, max_sim_weight=2.0), question)
    anew = asked_of(service(seeds_service, dense_weight=weights.dense, max_sim_weight=weights.max_sim), question)
    found = fusion.fuse(once.ranked, weights, SearchedQuestion(once.generation, once, {}, {}).late_scores)
    assert found.rows.tolist() == anew.ranked.rows.tolist()
    assert found.fused == pytest.approx(anew.ranked.fused)
    assert found.max_sim == pytest.approx(anew.ranked.max_sim, nan_ok=True)


@pytest.mark.slow
def test_poor_weights_are_replaced_by_others_that_the_held_out_half_finds_better(seeds_service: RagService) -> None:
    dataset = load_dataset(SEEDS)
    done: list[tuple[str, int, int | None]] = []
    poor = service(seeds_service, dense_weight=1.0, max_sim_weight=0.0)
    found = tune(poor, dataset, progress=lambda *each: done.append(each))
    assert found.replaced == (1.0, 0.0)
    assert found.is_better
    assert found.held_out["nDCG@10"].difference.value > 0
    assert found.chosen_on == 44
    assert found.fit.questions == len(dataset.questions) == 87
    assert found.fit.held_out["nDCG@10"].after == found.held_out["nDCG@10"].after.value
    assert {stage for stage, *_ in done} == {"ask", "weights"}
    assert tune(poor, dataset).fit.dense == found.fit.dense


@pytest.mark.slow
def test_good_weights_stay_unless_the_held_out_half_agrees(seeds_service: RagService) -> None:
    found = tune(service(seeds_service), load_dataset(SEEDS))
    assert found.is_better == (found.changes and found.held_out["nDCG@10"].difference.value >= 0)


def test_too_few_questions_are_refused(seeds_service: RagService) -> None:
    few = Dataset("few", Path("unread"), load_dataset(SEEDS).questions[:5])
    with pytest.raises(EvaluationError, match="5 questions, at least 20"):
        tune(seeds_service, few)
