"""One contract for all embedders; the twin's vectors are the model's; and what happens where no twin can serve."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import subprocess
import sys
import textwrap
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from rag import wiring
from rag.errors import EmbedderError
from rag.models import model_files
from rag.models.base import Embedder
from rag.models.hashing import HashingEmbedder
from rag.models.model_files import ModelFiles
from rag.models.openvino import OpenVinoEmbedder
from rag.models.sentence_transformer import SentenceTransformerEmbedder
from rag.models.tokenizer import BATCH_TOKENS, STEP, ModelTokenizer
from rag.service import RagService
from rag.settings import Settings
from rag.text import chunking
from rag.types.arrays import CODE_BITS, Matrix
from tests.conftest import SEEDS, ask

pytestmark = pytest.mark.slow  # seconds in all, of models or of many indexes

MODEL = "all-MiniLM-L6-v2"
TINY_WINDOW = 32
TINY_WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] ask tell : the a of bridge ferry closed burned , . who won ##s ##ed"
TEXTS = (
    "The bridge closed.",
    "A",
    "The ferry burned, the bridge closed, and the mayor cut a ribbon before it rained. " * 2,
    "Zażółć gęślą jaźń — 🙂 “quoted” naïve café\u2028next",
    "won",
    "The ferry burned.",
)


@pytest.fixture(scope="session")
def minilm() -> ModelFiles:
    return model_files.locate(MODEL)


@pytest.fixture(scope="session")
def torch_side(minilm: ModelFiles) -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder(minilm)


@pytest.fixture(scope="session")
def twin(index_root: Path) -> Embedder:
    made = wiring.embedder(Settings(embedder="openvino"), index_root / ".models")
    assert isinstance(made, OpenVinoEmbedder)
    return made


@pytest.fixture(params=["hashing", pytest.param("torch_side", marks=pytest.mark.slow), "twin"])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    made: Embedder = HashingEmbedder() if request.param == "hashing" else request.getfixturevalue(request.param)
    return made


@pytest.fixture(scope="session")
def passages(seeds_service: RagService) -> list[str]:
    """Forty real passages."""
    hits = seeds_service.search(ask("What was decided?", k=100, group_by="passage")).hits
    return sorted(hit.passage.text for hit in hits)[:40]


def cosines(some: Matrix, others: Matrix) -> list[float]:
    return [float(cosine) for cosine in (some * others).sum(axis=1)]


def words_of(embedder: Embedder, count: int) -> str:
    """A text of exactly so many tokens."""
    text = "bridge " * count
    assert len(embedder.tokens([text])[0]) == count
    return text


# One contract


def test_vectors_are_unit_rows_of_float32(embedder: Embedder) -> None:
    found = embedder.embed_passages(TEXTS).vectors
    assert (found.dtype, found.shape) == (np.dtype(np.float32), (len(TEXTS), embedder.dim))
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-3)
    question = embedder.embed_query("Who won?").vector
    assert (question.dtype, question.shape) == (np.dtype(np.float32), (embedder.dim,))
    assert float(np.linalg.norm(question)) == pytest.approx(1, abs=1e-3)


def test_rows_keep_the_order_of_the_texts_whatever_their_lengths(embedder: Embedder) -> None:
    texts = [f"{text} {'bridge ' * n}" for n, text in enumerate(TEXTS * 3)]
    alone = np.stack([embedder.embed_passages([text]).vectors[0] for text in texts])
    assert min(cosines(embedder.embed_passages(texts).vectors, alone)) > 0.999
    assert min(cosines(embedder.embed_passages(texts[::-1]).vectors, alone[::-1])) > 0.999


def test_no_texts_give_no_rows(embedder: Embedder) -> None:
    assert embedder.embed_passages([]).vectors.shape == (0, embedder.dim)


def test_progress_counts_every_text_once(embedder: Embedder) -> None:
    finished: list[int] = []
    embedder.embed_passages(TEXTS * 20, finished.append)
    assert sum(finished) == len(TEXTS) * 20


def test_the_same_question_gives_the_same_vector_also_from_many_threads(embedder: Embedder) -> None:
    alone = embedder.embed_query("Why did the bridge close?")
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(embedder.embed_query, ["Why did the bridge close?"] * 12):
            assert np.array_equal(found.vector, alone.vector)
            assert np.array_equal(found.tokens, alone.tokens)


def test_a_question_s_tokens_are_unit_vectors_that_name_the_characters_they_stand_for(embedder: Embedder) -> None:
    question = "Why did the bridge close?"
    _, tokens, spans = embedder.embed_query(question)
    assert tokens.shape == (len(spans), CODE_BITS)
    assert np.allclose(np.linalg.norm(tokens, axis=1), 1, atol=1e-3)
    assert spans == embedder.tokens([question])[0]


def test_a_passage_has_a_code_for_each_of_its_tokens(embedder: Embedder) -> None:
    codes = embedder.embed_passages(TEXTS).codes
    counts = [len(spans) for spans in embedder.tokens(TEXTS)]
    assert [code.shape for code in codes] == [(count, CODE_BITS // 8) for count in counts]


def test_the_tokens_of_a_question_are_nearest_to_those_of_the_same_words(embedder: Embedder) -> None:
    texts = ["Why did the bridge close?", "The seal slept on the pier all day."]
    tokens, codes = embedder.embed_query(texts[0]).tokens, embedder.embed_passages(texts).codes
    same, other = ((tokens @ (np.unpackbits(code, axis=1) * 2.0 - 1).T).max(axis=1).mean() for code in codes)
    assert same > 1.2 * other


def test_a_vector_handed_out_is_not_written_again(embedder: Embedder) -> None:
    first = embedder.embed_query("Why did the bridge close?").vector
    kept = first.copy()
    embedder.embed_query("Who won?")
    assert np.array_equal(first, kept)


def test_tokens_are_slices_of_the_text_in_order(embedder: Embedder) -> None:
    for text, spans in zip(TEXTS, embedder.tokens(TEXTS), strict=True):
        assert spans
        assert all(0 <= start < end <= len(text) for start, end in spans)
        assert all(text[start:end].strip() == text[start:end] for start, end in spans)
        assert spans == sorted(spans)


def test_tokens_of_a_long_text_are_all_there(embedder: Embedder) -> None:
    text = words_of(embedder, 5 * embedder.max_tokens)
    assert embedder.tokens([text])[0][-1][1] == len(text.rstrip())


def test_a_passage_may_fill_the_window_and_never_exceed_it(embedder: Embedder) -> None:
    full, beyond = (words_of(embedder, embedder.max_tokens + more) for more in (0, 1))
    assert embedder.embed_passages([full]).vectors.shape == (1, embedder.dim)
    with pytest.raises(EmbedderError, match="exceeds"):
        embedder.embed_passages(["The bridge closed.", beyond])


def test_a_long_question_is_cut_at_the_window_s_end(embedder: Embedder) -> None:
    """What stands beyond the window changes nothing; what stands before it does."""
    full = words_of(embedder, embedder.max_tokens)
    vector = embedder.embed_query(full).vector
    assert cosines(embedder.embed_query(full + "galley smoke").vector[None], vector[None])[0] > 0.99999
    assert cosines(embedder.embed_query("galley smoke " + full).vector[None], vector[None])[0] < 0.99999


def test_an_identity_is_one_word_that_names_the_weights(embedder: Embedder) -> None:
    assert embedder.identity == embedder.identity.strip()
    assert len(embedder.identity) > len("hashing")
    assert " " not in embedder.identity


# The twin is the model


def test_the_twin_and_torch_are_interchangeable(twin: Embedder, torch_side: Embedder) -> None:
    assert (twin.identity, twin.dim, twin.max_tokens) == (torch_side.identity, torch_side.dim, torch_side.max_tokens)
    assert twin.tokens(TEXTS) == torch_side.tokens(TEXTS)
    assert twin.identity.startswith(f"{MODEL}@")


@pytest.mark.slow
def test_the_twin_s_passages_are_torch_s(twin: Embedder, torch_side: Embedder, passages: list[str]) -> None:
    assert len(passages) == 40
    assert min(cosines(twin.embed_passages(passages).vectors, torch_side.embed_passages(passages).vectors)) >= 0.999


@pytest.mark.slow
def test_the_twin_ranks_as_torch_does(twin: Embedder, torch_side: Embedder, passages: list[str]) -> None:
    lines = (SEEDS / "questions.jsonl").read_text("utf-8").split("\n")[:20]
    questions = [json.loads(line)["question"] for line in lines]
    first: list[list[int]] = []
    for side in (twin, torch_side):
        matrix = side.embed_passages(passages).vectors
        first.append([int((matrix @ side.embed_query(question).vector).argmax()) for question in questions])
    assert sum(ours == theirs for ours, theirs in zip(*first, strict=True)) >= 19


def test_the_twin_cuts_a_long_question_where_torch_does(twin: Embedder, torch_side: Embedder) -> None:
    question = "Why did water collect in the clamps of the Halloran Bridge hangers? " * 40
    assert cosines(twin.embed_query(question).vector[None], torch_side.embed_query(question).vector[None])[0] >= 0.999


def test_the_weights_are_the_ones_that_were_published(minilm: ModelFiles) -> None:
    digest = hashlib.sha256((minilm.folder / "model.safetensors").read_bytes()).hexdigest()
    assert (digest[:8], digest[-8:]) == ("53aa5117", "b128d9db")


# What is not imported


def python(program: str, **environ: str) -> str:
    """Run a program in a fresh interpreter; return what it printed."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("RAG_")} | environ
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        env=given, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_command_line_s_module_imports_nothing_heavy() -> None:
    heavy = "torch transformers sentence_transformers openvino faiss tantivy numpy pydantic fastapi"
    assert python(f"import sys, rag.cli; print([name for name in '{heavy}'.split() if name in sys.modules])") == "[]"


def test_asking_needs_no_torch_where_a_twin_serves(seeds_service: RagService, index_root: Path) -> None:
    program = """
        import sys
        from rag import wiring
        from rag.settings import load
        from rag.types.requests import AnswerRequest
        question = "How much traffic did the Halloran Bridge carry?"
        answer = wiring.build(load()).answer(AnswerRequest(question=question))
        heavy = "torch", "transformers", "sentence_transformers"
        print(len(answer.hits), [name for name in heavy if name in sys.modules])
    """
    said = python(program, RAG_INDEX_ROOT=str(index_root), RAG_INDEX="seeds", RAG_EMBEDDER="openvino")
    assert said == "10 []"


def test_an_identity_costs_no_torch() -> None:
    program = f"""
        import sys
        from rag.models import model_files
        from rag.models.sentence_transformer import SentenceTransformerEmbedder
        print(SentenceTransformerEmbedder(model_files.locate("{MODEL}")).identity[:17], "torch" in sys.modules)
    """
    assert python(program) == f"{MODEL}@ False"


# Any sentence-transformers model, by path

MakeTiny = Callable[[str], Path]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> MakeTiny:
    """Write a model of two small random layers, with prompts and a window of its own, and return its folder."""
    made: dict[str, Path] = {}

    def make(pooling: str) -> Path:
        if pooling not in made:
            made[pooling] = _saved(tmp_path_factory.mktemp("models"), pooling)
        return made[pooling]

    return make


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the twins of those models are kept: compiling one takes seconds."""
    return tmp_path_factory.mktemp("twins")


def _saved(folder: Path, pooling: str) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the libraries' own
        import torch
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.models import Pooling, Transformer
        from transformers import BertConfig, BertModel, BertTokenizerFast

        torch.manual_seed(1)
        words = TINY_WORDS.split()
        (folder / "vocab.txt").write_text("\n".join(words) + "\n")
        BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder / "bert")
        config = BertConfig(
            vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
            initializer_range=0.4,
        )  # fmt: skip
        BertModel(config).save_pretrained(folder / "bert")
        bert = Transformer(str(folder / "bert"), max_seq_length=TINY_WINDOW)
        model = SentenceTransformer(
            modules=[bert, Pooling(32, pooling_mode=pooling)], device="cpu",
            prompts={"query": "ask : ", "document": "tell the : "},
        )  # fmt: skip
        model.save(str(folder / f"tiny-{pooling}"))
    return folder / f"tiny-{pooling}"


TINY_TEXTS = ("the bridge closed .", "the ferry burned , the bridge closed", "won", "a ferry")


@pytest.mark.slow
@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_a_model_s_twin_gives_the_model_s_own_vectors_prompts_included(
    tiny: MakeTiny, cache: Path, pooling: str
) -> None:
    folder = tiny(pooling)
    ours = wiring.embedder(Settings(model=str(folder), embedder="openvino"), cache)
    torch_side = wiring.embedder(Settings(model=str(folder), embedder="sentence-transformers"), cache)
    assert isinstance(ours, OpenVinoEmbedder)
    assert isinstance(torch_side, SentenceTransformerEmbedder)
    model = torch_side.model
    documents = model.encode_document(list(TINY_TEXTS), normalize_embeddings=True)
    queries = np.stack([model.encode_query(text, normalize_embeddings=True) for text in TINY_TEXTS])
    assert max(cosines(documents, queries)) < 0.999, "the prompts of this model should matter"
    for side in (ours, torch_side):
        assert min(cosines(side.embed_passages(TINY_TEXTS).vectors, documents)) > 0.999
        assert min(cosines(np.stack([side.embed_query(text).vector for text in TINY_TEXTS]), queries)) > 0.999
    assert (ours.identity, ours.max_tokens) == (torch_side.identity, torch_side.max_tokens)


def test_the_window_and_the_prompt_bound_a_passage(tiny: MakeTiny, cache: Path) -> None:
    made = wiring.embedder(Settings(model=str(tiny("mean"))), cache)
    assert made.max_tokens == TINY_WINDOW - len("[CLS] [SEP]".split()) - len("tell the :".split())
    made.embed_passages([words_of(made, made.max_tokens)])
    with pytest.raises(EmbedderError, match="window of 32"):
        made.embed_passages([words_of(made, made.max_tokens + 1)])


def test_a_small_window_leads_to_small_passages(tiny: MakeTiny, cache: Path, tmp_path: Path) -> None:
    service = wiring.build(Settings(index_root=tmp_path, model=str(tiny("mean"))), cache)
    report = service.reindex([SEEDS])
    generation, made = service.generation, service.models.embedder
    assert report.passages > 300
    for (article, *_), rows in generation.archive.all_articles():
        head = chunking.cut_title_prefix(chunking.title_prefix(article), made.tokens, made.max_tokens)
        texts = [head + article.text[row.start : row.end] for row in rows]
        assert max(len(spans) for spans in made.tokens(texts)) <= made.max_tokens < TINY_WINDOW
    assert service.verify() == []
    assert service.answer(ask("Why did the bridge close?")).hits


def warned(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def works(made: Embedder, texts: Sequence[str] = TINY_TEXTS) -> bool:
    return made.embed_passages(texts).vectors.shape == (len(texts), made.dim) and made.embed_query(
        "won"
    ).vector.shape == (made.dim,)


def test_a_model_that_has_no_twin_is_served_by_torch_and_one_warning_says_so(
    tiny: MakeTiny, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    service = wiring.build(Settings(model=str(tiny("max")), index_root=tmp_path))
    assert isinstance(service.models.embedder, SentenceTransformerEmbedder)
    assert works(service.models.embedder)
    assert len(warned(caplog)) == 1
    assert "served by torch" in warned(caplog)[0]
    assert "pooling is max" in warned(caplog)[0]
    assert list(tmp_path.glob("**/draft-*")) == []


def test_a_twin_that_is_asked_for_and_cannot_be_made_says_what_to_do(tiny: MakeTiny, tmp_path: Path) -> None:
    with pytest.raises(EmbedderError, match=r"pooling is max.*RAG_EMBEDDER=sentence-transformers"):
        wiring.embedder(Settings(model=str(tiny("max")), embedder="openvino"), tmp_path)


def test_torch_asked_for_by_name_warns_of_nothing(
    tiny: MakeTiny, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = wiring.embedder(Settings(model=str(tiny("max")), embedder="sentence-transformers"), tmp_path)
    assert works(made)
    assert warned(caplog) == []


def test_without_openvino_torch_serves(
    tiny: MakeTiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(wiring, "find_spec", lambda _: None)
    made = wiring.embedder(Settings(model=str(tiny("mean"))), tmp_path)
    assert isinstance(made, SentenceTransformerEmbedder)
    assert works(made)
    assert len(warned(caplog)) == 1
    assert "openvino is not installed" in warned(caplog)[0]
    with pytest.raises(EmbedderError, match=r"openvino is not installed.*RAG_EMBEDDER=sentence-transformers"):
        wiring.embedder(Settings(model=str(tiny("mean")), embedder="openvino"), tmp_path)


def test_where_a_twin_cannot_be_kept_torch_serves(
    tiny: MakeTiny, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder")
    made = wiring.embedder(Settings(model=str(tiny("mean"))), tmp_path / "file" / ".models")
    assert isinstance(made, SentenceTransformerEmbedder)
    assert "cannot be kept" in warned(caplog)[0]


@pytest.mark.slow
def test_a_twin_is_compiled_once(tiny: MakeTiny, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "rag")
    for _ in range(2):
        wiring.embedder(Settings(model=str(tiny("mean"))), tmp_path)
    assert sum("compiling" in record.getMessage() for record in caplog.records) == 1
    assert len(list(tmp_path.glob("twin-*"))) == 1


@pytest.mark.slow
def test_compiling_leaves_no_torch_behind_and_takes_no_folder_of_our_name_for_us(
    tiny: MakeTiny, tmp_path: Path
) -> None:
    (tmp_path / "rag").mkdir()
    (tmp_path / "rag" / "__init__.py").write_text("raise RuntimeError('this is another rag')")
    program = f"""
        import os, sys
        from pathlib import Path
        from rag import wiring
        from rag.settings import Settings
        os.chdir("{tmp_path}")
        made = wiring.embedder(Settings(model="{tiny("mean")}", embedder="openvino"), Path("models"))
        print(made.embed_passages(["won"]).vectors.shape, "torch" in sys.modules)
    """
    assert python(program) == "(1, 32) False"


def test_a_compiler_that_dies_is_said_and_torch_serves(
    tiny: MakeTiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    dying = tmp_path / "python"
    dying.write_text("#!/bin/sh\nkill -9 $$\n")
    dying.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(dying))
    assert isinstance(wiring.embedder(Settings(model=str(tiny("mean"))), tmp_path), SentenceTransformerEmbedder)
    assert "compiling it ended with -9" in warned(caplog)[0]


def test_batches_have_few_shapes_and_lose_no_token(tiny: MakeTiny) -> None:
    tokenizer = ModelTokenizer(model_files.locate(str(tiny("mean"))), TINY_WINDOW)
    texts = ["won " * (1 + n % tokenizer.max_tokens) for n in range(200)]
    lengths: dict[int, int] = {}
    for places, ids, mask, own in tokenizer.batches(texts):
        assert ids.shape == mask.shape == own.shape == (len(places), ids.shape[1])
        assert ids.size <= BATCH_TOKENS
        assert ids.shape[1] in {STEP, TINY_WINDOW}
        lengths |= dict(zip(places, own.sum(axis=1).tolist(), strict=True))
    prompt = len("tell the :".split())
    assert [lengths[n] - prompt for n in range(200)] == [len(text.split()) for text in texts]


def test_other_weights_have_another_identity(tiny: MakeTiny, tmp_path: Path) -> None:
    made = {model_files.locate(str(tiny(pooling))).fingerprint for pooling in ("mean", "cls", "max")}
    assert len(made) == 3
    assert model_files.locate(str(tiny("mean"))).fingerprint in made


def test_a_noted_fingerprint_is_believed_while_no_file_changes(tiny: MakeTiny, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny("mean"), tmp_path / "model")
    notes = tmp_path / "notes"
    true = model_files.locate(str(folder)).fingerprint
    assert model_files.locate(str(folder), notes).fingerprint == true
    (note,) = notes.iterdir()
    note.write_text(note.read_text().replace(true, "noted"))
    assert model_files.locate(str(folder), notes).fingerprint == "noted"
    (folder / "config.json").write_text((folder / "config.json").read_text() + " ")
    changed = model_files.locate(str(folder), notes).fingerprint
    assert changed == model_files.locate(str(folder)).fingerprint != true
    note.write_text("[")
    assert model_files.locate(str(folder), notes).fingerprint == changed


def test_where_notes_cannot_be_kept_the_fingerprint_is_computed(tiny: MakeTiny, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    assert (
        model_files.locate(str(tiny("mean")), tmp_path / "file").fingerprint
        == model_files.locate(str(tiny("mean"))).fingerprint
    )


def test_a_folder_that_holds_no_model_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(EmbedderError, match=f"{tmp_path.name}.*modules.json"):
        wiring.embedder(Settings(model=str(tmp_path)), tmp_path)


def test_a_model_that_is_nowhere_is_refused_with_what_to_do() -> None:
    program = """
        from rag.models import model_files
        from rag.errors import EmbedderError
        try:
            model_files.locate("nobody/no-such-model")
        except EmbedderError as error:
            print(error)
    """
    said = python(program, HF_HUB_OFFLINE="1")  # no network is tried
    assert said.startswith("model nobody/no-such-model: ")
    assert "set RAG_MODEL" in said
