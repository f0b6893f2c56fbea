"""The real command, in processes of its own: what it prints, where, and with which exit code.

Exit codes stand in `rag.cli.options`; each is met here.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
from datetime import date
from importlib.metadata import version
from pathlib import Path

import httpx2
import pytest

from rag import messages, wiring
from rag.cli import search_output
from rag.models.hashing import HashingEmbedder
from rag.models.on_demand import ModelsOnDemand
from rag.service import RagService
from rag.settings import Settings
from rag.types.articles import ArticleView, Note
from rag.types.explanation import Explanation
from rag.types.index import ReindexReport, Status
from rag.types.requests import AnswerRequest, SearchRequest, TimelineRequest
from rag.types.results import Answer, Bucket, Facets, Hit, SearchResult, SimilarArticles, Timeline
from tests.integration.conftest import PATIENCE_S, RAG, TEXTS, Rag
from tests.serving import serving

QUESTION = "Why did the bridge close?"
LINE = {"title": "Mill", "text": "The tide mill turned again on Sunday."}


def outcome(done: subprocess.CompletedProcess[str], code: int) -> str:
    """What a command said on stdout where it ended well or partly, else on stderr."""
    assert done.returncode == code, f"{done.returncode}: {done.stdout}\n{done.stderr}"
    return done.stdout if code in (0, 5) else done.stderr


def reported(done: subprocess.CompletedProcess[str], code: int = 0) -> ReindexReport:
    return ReindexReport.model_validate_json(outcome(done, code))


# Asking


def test_a_folder_is_indexed_and_a_question_answered_with_its_source(rag: Rag, folder: Path) -> None:
    said = outcome(rag("reindex", folder), 0)
    assert "added 3, changed 0, removed 0, unchanged 0; 3 of 3 passages embedded" in said
    assert "index default: gen-000001 serves" in said
    said = outcome(rag("ask", QUESTION), 0)
    assert said.startswith("The bridge closed in May because a hanger had cracked.\n")
    assert "(Ann Lee, Courier, 2025-05-01) [1]" in said
    assert "bridge.txt 0:" in said


def test_a_question_that_the_archive_does_not_answer_is_declined_and_is_no_failure(
    rag: Rag, indexed: RagService
) -> None:
    said = outcome(rag("ask", "Who painted the Sistine Chapel?"), 0)
    assert said.startswith("Not in this archive: ")
    assert "Nearest passages" in said


def test_ask_prints_exactly_the_body_of_the_api(rag: Rag, indexed: RagService) -> None:
    printed = outcome(rag("ask", QUESTION, "--json", "-k", 2, "--source", "courier"), 0)
    with serving(indexed) as url:
        body = httpx2.get(f"{url}/v1/answer", params={"q": QUESTION, "k": 2, "source": "courier"}).text
    assert printed == body + "\n"
    assert Answer.model_validate_json(printed).answered


def test_search_lists_what_the_filters_admit(rag: Rag, indexed: RagService) -> None:
    result = SearchResult.model_validate_json(
        outcome(rag("search", "What happened?", "--json", "--from", "2025-06-10", "--to", "2025-07-02"), 0)
    )
    assert {hit.passage.article_id for hit in result.hits} == {"ferry.txt", "seal.txt"}
    said = outcome(rag("search", "What happened?", "--author", "CY MOSS", "--group-by", "passage"), 0)
    assert "ferry.txt" in said
    assert "seal.txt" not in said


def test_a_section_narrows_what_is_asked(rag: Rag, service: RagService, tmp_path: Path) -> None:
    lines = [
        {**LINE, "id": "m1", "section": "Sport"},
        {"id": "m2", "title": "Dam", "text": "The tide mill stood still."},
    ]
    (tmp_path / "two.jsonl").write_text("\n".join(map(json.dumps, lines)))
    service.reindex([tmp_path / "two.jsonl"])
    for command in ("ask", "search"):
        result = json.loads(outcome(rag(command, "the tide mill", "--section", "SPORT", "--json"), 0))
        assert result["filter"]["sections"] == ["SPORT"]
        assert {hit["citation"]["id"] for hit in result["hits"] or result["near_misses"]} == {"m1"}
    assert "Sections" not in outcome(rag("explain", "the tide mill", "m2", "--section", "Sport"), 0)
    assert "m2" not in outcome(rag("search", "the tide mill", "--section", "sport"), 0)


def test_lines_of_json_are_the_document_s_parts(rag: Rag, indexed: RagService) -> None:
    whole = json.loads(outcome(rag("ask", QUESTION, "--json"), 0))
    lines = [json.loads(line) for line in outcome(rag("ask", QUESTION, "--jsonl"), 0).splitlines()]
    kinds = [line.pop("kind") for line in lines]
    assert kinds == ["answer", *["sentence"] * len(whole["sentences"]), *["hit"] * len(whole["hits"])]
    assert lines == [
        {name: value for name, value in whole.items() if name not in {"sentences", "hits", "near_misses"}},
        *whole["sentences"], *whole["hits"],
    ]  # fmt: skip
    declined = outcome(rag("ask", "Who painted the Sistine Chapel?", "--jsonl"), 0).splitlines()
    assert {json.loads(line)["kind"] for line in declined} == {"answer", "near_miss"}
    hits = [Hit.model_validate_json(line) for line in outcome(rag("search", QUESTION, "--jsonl"), 0).splitlines()]
    assert tuple(hits) == indexed.search(SearchRequest(question=QUESTION)).hits
    *_, last = outcome(rag("search", QUESTION, "--jsonl", "--facets"), 0).splitlines()
    assert json.loads(last).pop("kind") == "facets"
    counted = Facets.model_validate({name: value for name, value in json.loads(last).items() if name != "kind"})
    assert counted == indexed.search(SearchRequest(question=QUESTION, facets=True)).facets
    assert "take one of them" in outcome(rag("search", QUESTION, "--json", "--jsonl"), 2)


def test_facets_count_what_matches(rag: Rag, indexed: RagService) -> None:
    said = outcome(rag("search", "bridge ferry seal fire", "--facets"), 0)
    facets = indexed.search(SearchRequest(question="bridge ferry seal fire", facets=True)).facets
    assert facets
    assert f"\narticles  {facets.matching.value} match\n" in said
    assert "\nsources   " + ", ".join(f"{one.value} ({one.articles})" for one in facets.sources) + "\n" in said
    assert "articles  " not in outcome(rag("search", "bridge"), 0)


def test_similar_lists_the_other_stories(rag: Rag, indexed: RagService) -> None:
    assert (
        SimilarArticles.model_validate_json(outcome(rag("similar", "seal.txt", "--json", "-k", 1), 0))
        == indexed.similar("seal.txt", k=1)
    )  # fmt: skip
    said = outcome(rag("similar", "seal.txt"), 0)
    assert said.startswith("Similar to A seal visited the fish market. (Bo Ray, Courier, 2025-07-02)\n")
    assert re.findall(r"^ +(\w+\.txt)$", said, re.MULTILINE) == [one.id for one in indexed.similar("seal.txt").similar]
    assert "no article 'nope'" in outcome(rag("similar", "nope"), 4)


def test_a_timeline_is_drawn_in_as_few_lines_as_can_be_read(rag: Rag, indexed: RagService) -> None:
    assert Timeline.model_validate_json(outcome(rag("timeline", "--json"), 0)) == indexed.timeline(TimelineRequest())
    assert len(outcome(rag("timeline"), 0).splitlines()) <= 41
    lines = outcome(rag("timeline", "--unit", "month"), 0).splitlines()
    assert [line.split() for line in lines[:-1]] == [
        ["2025-05", "█" * 40, "1"],
        ["2025-06", "█" * 40, "1"],
        ["2025-07", "█" * 40, "1"],
    ]
    assert lines[-1] == "3 articles"
    said = outcome(rag("timeline", "seal", "--unit", "year", "--source", "courier"), 0)
    assert said == f"2025  {'█' * 40}  1\n1 article matches\n"


def test_a_timeline_says_a_long_gap_in_one_line(indexed: RagService, capsys: pytest.CaptureFixture[str]) -> None:
    months = [Bucket(first=date(2025, n, 1), last=date(2025, n, 28), articles=n in (1, 4, 10)) for n in range(1, 11)]
    timeline = indexed.timeline(TimelineRequest()).model_copy(update={"buckets": tuple(months), "unit": "month"})
    search_output.timeline(timeline, as_json=False)
    lines = [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()]
    assert lines[:-1] == ["2025-01", "2025-02", "2025-03", "2025-04", "… 5 months without articles", "2025-10"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Correction: An earlier\nversion was wrong.", "Correction: An earlier version was wrong."),
        ("CORRECTION An earlier version was wrong.", "CORRECTION An earlier version was wrong."),
        ("An earlier version was wrong.", "correction: An earlier version was wrong."),
    ],
)
def test_a_note_says_once_that_it_is_a_correction(text: str, said: str) -> None:
    assert messages.note_text(Note(kind="correction", start=0, end=len(text), text=text)) == said


def test_warnings_go_to_stderr_and_into_the_json(indexed: RagService, capsys: pytest.CaptureFixture[str]) -> None:
    update = {"warnings": ("not re-ranked: late",)}
    answer = indexed.answer(AnswerRequest(question=QUESTION))
    result = indexed.search(SearchRequest(question=QUESTION))
    forms: tuple[tuple[search_output.Form, int], ...] = (("text", 0), ("json", 2), ("jsonl", 1))
    for form, said in forms:
        search_output.answer(answer.model_copy(update=update), form)
        search_output.search(result.model_copy(update=update), form)
        out, err = capsys.readouterr()
        assert err == "rag: not re-ranked: late\n" * 2
        assert out.count("not re-ranked") == said


def test_explain_says_why_an_article_stands_where_it_stands(rag: Rag, indexed: RagService) -> None:
    said = outcome(rag("explain", QUESTION, "bridge.txt"), 0)
    assert said.startswith("The bridge closed in May")
    assert "\nListed at rank 1 of 3.\nCandidates: 1 passage of its story; bridge.txt#1 represents it.\n" in said
    assert re.search(r"^#1 +0:\d+ .* 1 *$", said, re.MULTILINE)
    assert re.search(r"^bridg +2× ", said, re.MULTILINE)
    said = outcome(rag("explain", QUESTION, "bridge.txt", "--from", "2025-06-01"), 0)
    assert "\nPublished 2025-05-01, before published_from 2025-06-01.\n" in said
    assert "no article 'nope'" in outcome(rag("explain", QUESTION, "nope"), 4)


def test_explain_prints_exactly_the_body_of_the_api(rag: Rag, indexed: RagService) -> None:
    printed = outcome(rag("explain", QUESTION, "seal.txt", "--json", "-k", 1), 0)
    with serving(indexed) as url:
        body = httpx2.get(f"{url}/v1/explain", params={"q": QUESTION, "article": "seal.txt", "k": 1}).text
    assert printed == body + "\n"
    assert Explanation.model_validate_json(printed).verdict == "beyond_k"


def test_an_article_is_printed_by_the_id_of_its_citation(rag: Rag, indexed: RagService) -> None:
    view = ArticleView.model_validate_json(outcome(rag("article", "seal.txt", "--json"), 0))
    assert view == indexed.article("seal.txt")
    assert "called Gilbert." in outcome(rag("article", "seal.txt"), 0)


def test_status_and_settings_say_what_there_is(rag: Rag, indexed: RagService, root: Path) -> None:
    assert Status.model_validate_json(outcome(rag("status", "--json"), 0)) == indexed.status()
    assert "3 articles, 3 passages" in outcome(rag("status"), 0)
    said = json.loads(outcome(rag("settings", "--json", RAG_PORT="8123"), 0))
    assert (said["index_root"], said["port"]) == (str(root), 8123)
    assert "RAG_MIN_CONFIDENCE" in outcome(rag("settings"), 0)


def test_eval_asks_the_questions_of_a_dataset_and_leaves_the_index_alone(rag: Rag, folder: Path, root: Path) -> None:
    questions = [
        {"id": "q1", "question": QUESTION, "article": "bridge.txt", "answer": "a hanger had cracked"},
        {"id": "n1", "question": "Who painted the Sistine Chapel?", "article": None, "answer": None},
    ]
    (folder / "questions.jsonl").write_text("\n".join(map(json.dumps, questions)))
    result = json.loads(outcome(rag("eval", folder, "--json"), 0))
    assert (result["questions"], result["articles"]) == (1, 3)
    assert result["hit@4"]["value"] == result["abstained_when_absent"]["value"] == 1.0
    assert [entry.name for entry in root.iterdir()] == [".models"]


@pytest.mark.parametrize(
    ("lines", "said"), [(None, "queries.jsonl: is missing"), ("3\n", "queries.jsonl:1: json: is no object")]
)
def test_a_dataset_that_is_not_whole_is_named_by_its_file(
    rag: Rag, tmp_path: Path, lines: str | None, said: str
) -> None:
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\ta\t1\n")
    if lines:
        (tmp_path / "queries.jsonl").write_text(lines)
    assert said in outcome(rag("eval", tmp_path), 1)


# Reindexing


def test_a_reindex_costs_what_changed_and_forgets_what_went(rag: Rag, indexed: RagService, folder: Path) -> None:
    again = reported(rag("reindex", "--json"))  # no PATH: the roots are remembered
    assert (again.unchanged, again.embedded, again.generation) == (3, 0, "gen-000001")
    (folder / "ferry.txt").write_text(TEXTS["ferry.txt"] + " Nobody was hurt.")
    (folder / "seal.txt").unlink()
    changed = reported(rag("reindex", folder, "--json"))
    assert (changed.added, changed.changed, changed.removed, changed.unchanged) == (0, 1, 1, 1)
    assert (changed.embedded, changed.generation) == (1, "gen-000002")
    assert "seal.txt" in outcome(rag("article", "seal.txt"), 4)
    assert "Nobody was hurt." in outcome(rag("article", "ferry.txt"), 0)


def test_a_dry_run_says_what_would_change_and_writes_nothing(rag: Rag, folder: Path, root: Path) -> None:
    said = outcome(rag("reindex", folder, "--dry-run"), 0)
    assert "added 3" in said
    assert "nothing was written" in said
    assert [entry.name for entry in root.iterdir()] == [".models"]


def test_fields_are_mapped_by_name(rag: Rag, service: RagService, tmp_path: Path) -> None:
    (tmp_path / "odd.jsonl").write_text(json.dumps({"kopf": LINE["title"], "rumpf": LINE["text"], "nr": "m1"}))
    arguments = [part for pair in ("title=kopf", "text=rumpf", "id=nr") for part in ("--map", pair)]
    assert reported(rag("reindex", tmp_path / "odd.jsonl", *arguments, "--json")).added == 1
    article = service.article("m1").article
    assert (article.title, article.text) == (LINE["title"], LINE["text"])
    assert reported(rag("reindex", "--json")).unchanged == 1  # the mapping is remembered with the roots


def test_what_cannot_be_read_goes_to_stderr_by_file_and_line_and_the_rest_is_indexed(rag: Rag, folder: Path) -> None:
    broken = folder / "wire.jsonl"
    broken.write_text(json.dumps(LINE) + '\n{"title": "cut\n' + json.dumps({"title": "No text"}) + "\n")
    done = rag("reindex", folder, "--json")
    report = reported(done, 5)
    assert (report.added, len(report.problems)) == (4, 2)
    assert done.stderr.splitlines() == [str(problem) for problem in report.problems]
    assert [line.split(": ")[0] for line in done.stderr.splitlines()] == [f"{broken}:2", f"{broken}:3"]
    assert all(len(line.split(": ", 2)) == 3 for line in done.stderr.splitlines())  # place, field, reason


def test_strict_stops_at_the_first_problem_and_the_old_generation_stays(
    rag: Rag, indexed: RagService, folder: Path
) -> None:
    (folder / "wire.jsonl").write_text('{"title": "cut\n')
    said = outcome(rag("reindex", folder, "--strict"), 1)
    assert f"{folder / 'wire.jsonl'}:1: " in said
    assert "the index is as it was" in said
    assert indexed.status().generation == "gen-000001"
    assert entries(indexed) == {"CURRENT", "writer.lock", "gen-000001"}


def test_a_root_that_went_away_does_not_empty_the_index(rag: Rag, indexed: RagService, folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))
    assert f"{folder}: does not exist" in outcome(rag("reindex"), 1)
    assert indexed.status().counts.articles == 3


def entries(service: RagService) -> set[str]:
    return {entry.name for entry in service.live.storage.folder.iterdir()}


# Generations


def test_rollback_lets_the_generation_before_serve_again(rag: Rag, indexed: RagService, folder: Path) -> None:
    (folder / "more.txt").write_text("A fourth article says little.")
    indexed.reindex()
    assert outcome(rag("rollback"), 0) == "gen-000001 serves\n"
    status = Status.model_validate_json(outcome(rag("status", "--json"), 0))
    assert (status.generation, status.previous, status.counts.articles) == ("gen-000001", ("gen-000002",), 3)
    assert "reindex" in outcome(rag("rollback"), 4)


def test_gc_removes_what_is_not_kept(rag: Rag, indexed: RagService, folder: Path) -> None:
    (folder / "more.txt").write_text("A fourth article says little.")
    indexed.reindex()
    (indexed.live.storage.folder / "gen-000009.draft").mkdir()  # what a writer that died leaves
    assert outcome(rag("gc", RAG_KEEP_GENERATIONS="1"), 0) == "removed: gen-000009.draft, gen-000001\n"
    assert outcome(rag("gc"), 0) == "removed: nothing\n"


def flip(path: Path, place: float = 0.5) -> None:
    content = bytearray(path.read_bytes())
    content[int(len(content) * place)] ^= 0xFF
    path.write_bytes(content)


@pytest.mark.parametrize("name", ["archive.db", "vectors.npy"])
def test_verify_names_the_file_that_was_damaged(rag: Rag, indexed: RagService, name: str) -> None:
    assert outcome(rag("verify"), 0) == "gen-000001: ok\n"
    flip(indexed.live.storage.folder / "gen-000001" / name, 0.9)
    done = rag("verify")
    assert done.returncode == 3
    assert f"gen-000001/{name}" in done.stdout
    assert "gen-000001: 1 fault" in done.stdout


@pytest.mark.parametrize("command", [("ask", QUESTION), ("reindex",)], ids=lambda command: command[0])
def test_vectors_that_are_gone_are_refused_with_what_to_do(
    rag: Rag, indexed: RagService, command: tuple[str, ...]
) -> None:
    path = indexed.live.storage.folder / "gen-000001" / "vectors.npy"
    path.write_bytes(b"")
    said = outcome(rag(*command), 3)
    assert str(path) in said
    assert "run `rag rollback`" in said


def test_text_that_cannot_be_read_back_is_a_damaged_index(rag: Rag, indexed: RagService) -> None:
    path = indexed.live.storage.folder / "gen-000001" / "archive.db"
    path.write_bytes(path.read_bytes().replace(b"The bridge closed", b"The bridge \xff\xfe\xfdose"))
    said = outcome(rag("ask", QUESTION), 3)
    assert str(path) in said
    assert "rag verify" in said


def test_an_index_of_another_model_is_refused_until_it_is_rebuilt(
    rag: Rag, root: Path, folder: Path, service: RagService
) -> None:
    wiring.compose(Settings(index_root=root), ModelsOnDemand(HashingEmbedder)).reindex([folder])
    for command in (("ask", QUESTION), ("reindex",)):
        said = outcome(rag(*command), 3)
        assert "hashing-64-48" in said
        assert "RAG_MODEL" in said
        assert "rag reindex --rebuild" in said
    assert reported(rag("reindex", "--rebuild", "--json")).embedded == 3
    assert service.answer(AnswerRequest(question=QUESTION)).answered


def test_a_second_writer_is_turned_away(rag: Rag, indexed: RagService) -> None:
    with indexed.live.storage.writing():
        assert "being written by another process" in outcome(rag("reindex"), 3)


# What is refused


@pytest.mark.parametrize(
    ("code", "said", "command"),
    [
        (1, "does not exist", ("reindex", "nowhere")),
        (1, "no article in", ("reindex", "empty")),
        (1, "questions.jsonl", ("eval", "empty")),
        (2, "No such command", ("reindexx",)),
        (2, "FIELD=NAME", ("reindex", "empty", "--map", "title")),
        (2, "formats '%Y-%m-%d'", ("search", "x", "--from", "May")),
        (4, "run `rag reindex PATH`\n", ("ask", "x")),
        (4, "run `rag reindex PATH --name nope`\n", ("ask", "x", "--name", "nope")),
        (4, "rag reindex PATH", ("reindex",)),
        (4, "rag reindex PATH", ("verify",)),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_a_command_that_cannot_be_done_says_why(
    rag: Rag, tmp_path: Path, code: int, said: str, command: tuple[str, ...]
) -> None:
    (tmp_path / "empty").mkdir()
    done = rag(*command)
    assert said in outcome(done, code)
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("said", "command"),
    [
        ("question: is empty", ("ask", " ")),
        ("Invalid value for '-k'", ("search", "x", "-k", "0")),
        ("published_from", ("search", "x", "--from", "2025-02-02", "--to", "2025-01-01")),
    ],
    ids=["empty question", "k", "dates"],
)
def test_a_question_that_cannot_be_asked_is_refused(
    rag: Rag, indexed: RagService, said: str, command: tuple[str, ...]
) -> None:
    assert said in outcome(rag(*command), 2)


def test_a_mistyped_variable_is_refused_by_name(rag: Rag) -> None:
    said = outcome(rag("status", RAG_EMBEDER="openvino"), 2)
    assert said == "rag: environment variable RAG_EMBEDER is unknown; did you mean RAG_EMBEDDER?\n"


def test_a_model_that_is_no_model_fails_with_its_path(rag: Rag, indexed: RagService, folder: Path) -> None:
    assert f"{folder}: is no sentence-transformers model" in outcome(rag("ask", "x", RAG_MODEL=str(folder)), 1)


@pytest.mark.parametrize("named", ["archive", "nobody/no-such-model"])
def test_a_reranker_that_is_none_fails_with_its_name(rag: Rag, indexed: RagService, named: str) -> None:
    said = outcome(rag("ask", "x", RAG_RERANKER=named, HF_HUB_OFFLINE="1"), 1)
    assert said.startswith(f"rag: reranker {named}: cannot be loaded (")
    assert "set RAG_RERANKER" in said.splitlines()[0]


def test_a_root_of_indexes_that_is_a_file_is_no_traceback(rag: Rag, folder: Path) -> None:
    said = outcome(rag("reindex", folder, RAG_INDEX_ROOT=str(folder / "seal.txt"), RAG_EMBEDDER="openvino"), 1)
    assert str(folder / "seal.txt") in said


def test_a_port_that_cannot_be_served_is_said(rag: Rag) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = rag("serve", "--port", str(port))
    assert (done.returncode, done.stdout) == (1, "")
    said = f"rag: http://127.0.0.1:{port} cannot be served: Address already in use; try another --host or --port"
    assert done.stderr.strip() == said
    assert rag("serve", "--port", "99999").returncode == 2


@pytest.fixture
def elsewhere(tmp_path: Path, environ: dict[str, str]) -> Path:
    """A folder with another package named `api`, before ours on the path of imports."""
    folder = tmp_path / "elsewhere"
    (folder / "api").mkdir(parents=True)
    (folder / "api" / "__init__.py").touch()
    (folder / "api" / "app.py").write_text("def create_app(*_):\n    raise SystemExit('another app was loaded')\n")
    environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(folder), environ.get("PYTHONPATH")]))
    return folder


def test_serve_serves_its_own_app_where_another_package_has_the_name_of_ours(
    environ: dict[str, str], elsewhere: Path, tmp_path: Path
) -> None:
    with subprocess.Popen(
        [RAG, "serve", "--port", "0"], cwd=tmp_path, env=environ | {"PYTHONUNBUFFERED": "1"}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as server:  # fmt: skip
        assert server.stdout
        assert server.stderr
        address = re.match(r"serving index default on (http://\S+) ", server.stdout.readline())
        assert address, server.stderr.read()
        reply = httpx2.get(f"{address[1]}/livez", timeout=PATIENCE_S)
        server.send_signal(signal.SIGINT)
        server.wait(timeout=PATIENCE_S)
    assert (reply.status_code, reply.json()["status"]) == (200, "live")


def test_serve_refuses_to_serve_another_app_that_was_imported_before(rag: Rag, elsewhere: Path) -> None:
    (elsewhere / "sitecustomize.py").write_text("import api")
    done = rag("serve", "--port", "0")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"rag: {elsewhere / 'api' / '__init__.py'}: is another package named `api`, ")
    assert done.stderr.endswith("take it out of the environment of `rag serve`\n")


def test_the_version_is_printed(rag: Rag) -> None:
    assert rag("--version").stdout == f"byline {version('byline')}\n"
