"""One contract for all rerankers, and what a folder that holds none is told."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from rag import wiring
from rag.errors import RerankerError
from rag.models.base import Reranker
from rag.models.cross_encoder import CrossEncoderReranker
from rag.settings import Settings
from tests.overlap import OverlapReranker

WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] the a of bridge ferry closed burned , . who won why did".split()
PASSAGES = ("the bridge closed .", "a ferry burned , the bridge closed", "won", "the ferry " * 200, "")


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models of two small random layers: `one` score a pair, `three`, and `none` that scores pairs."""
    folder = tmp_path_factory.mktemp("rerankers")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the libraries' own
        import torch
        from sentence_transformers import CrossEncoder
        from transformers import BertConfig, BertForSequenceClassification, BertModel, BertTokenizerFast

        torch.manual_seed(1)
        (folder / "vocab.txt").write_text("\n".join(WORDS) + "\n")
        small = {
            "vocab_size": len(WORDS), "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
            "intermediate_size": 64, "initializer_range": 0.4, "max_position_embeddings": 64,
        }  # fmt: skip
        for name, labels in (("one", 1), ("three", 3), ("none", 0)):
            config = BertConfig(**small, **({"num_labels": labels} if labels else {}))
            (BertForSequenceClassification if labels else BertModel)(config).save_pretrained(folder / name)
            BertTokenizerFast(str(folder / "vocab.txt"), model_max_length=64).save_pretrained(folder / name)
        CrossEncoder(str(folder / "one"), device="cpu").save_pretrained(str(folder / "saved"))
    return folder


@pytest.fixture(params=["overlap", "one", "saved"])
def reranker(request: pytest.FixtureRequest) -> Reranker:
    if request.param == "overlap":
        return OverlapReranker()
    return CrossEncoderReranker(str(request.getfixturevalue("tiny_models") / request.param))


def test_each_passage_gets_one_score_whatever_its_length(reranker: Reranker) -> None:
    found = reranker.scores("why did the bridge closed", PASSAGES)
    assert (found.dtype, found.shape) == (np.dtype(np.float64), (len(PASSAGES),))
    assert np.isfinite(found).all()
    assert len(set(found.round(6).tolist())) > 1


def test_a_score_does_not_depend_on_the_passages_beside_it(reranker: Reranker) -> None:
    together = reranker.scores("who won", PASSAGES)
    alone = [float(reranker.scores("who won", [passage])[0]) for passage in PASSAGES]
    assert together == pytest.approx(alone, abs=1e-4)


def test_no_passages_give_no_scores(reranker: Reranker) -> None:
    assert reranker.scores("who won", []).shape == (0,)


def test_a_score_depends_on_the_question(reranker: Reranker) -> None:
    assert reranker.scores("who won", PASSAGES).tolist() != reranker.scores("the ferry", PASSAGES).tolist()


@pytest.mark.parametrize(
    ("name", "said"), [("three", "gives 3 scores"), ("none", "no layer that scores pairs"), (".", "cannot be loaded")]
)
def test_a_model_that_is_no_reranker_is_refused_by_its_name(tiny_models: Path, name: str, said: str) -> None:
    with pytest.raises(RerankerError, match=f"{tiny_models.name}.*{said}.*RAG_RERANKER"):
        wiring.reranker(Settings(reranker=str(tiny_models / name)))


def test_no_name_is_no_reranker() -> None:
    assert wiring.reranker(Settings()) is None
