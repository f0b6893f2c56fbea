"""`rag`: parse, call the service, print. Heavy imports wait for the command that needs them.

Exit codes: 0 ok, 1 failed, 2 usage, 3 incompatible or damaged index, 4 not found, 5 partly failed.
"""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.errors import BylineError, NotFoundError, QuestionError, SettingsError, UnusableIndexError

if TYPE_CHECKING:
    from rag.service import RagService
    from rag.settings import Settings
    from rag.types import SearchFilter

OK, FAILED, USAGE, UNUSABLE, NOT_FOUND, PARTLY = range(6)

app = typer.Typer(
    help="Ask a news archive; every passage comes with a citation to the very characters of its article.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Name = Annotated[str | None, typer.Option("--name", help="Index to use; default: RAG_INDEX.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Count = Annotated[int, typer.Option("-k", help="How many passages or articles, 1 to 100.")]
From = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="Published on or after.")]
To = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Published on or before.")]
Sources = Annotated[list[str] | None, typer.Option("--source", help="Outlet; may be repeated.")]
Authors = Annotated[list[str] | None, typer.Option("--author", help="Author; may be repeated.")]


def main() -> None:
    """Run the command line, and end the process: taking a loaded model apart would cost a question 0.17 s."""
    code = run()
    for stream in (sys.stdout, sys.stderr):
        with suppress(BrokenPipeError):  # whoever read has gone, e.g. `| head`
            stream.flush()
    os._exit(code)


def run() -> int:
    """Run the command line and return its exit code; every error on purpose is one line on stderr."""
    logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.WARNING)
    logging.getLogger("rag").setLevel(logging.INFO)
    try:
        app()
    except SystemExit as ended:  # how typer always ends
        return ended.code if isinstance(ended.code, int) else OK
    except BylineError as error:
        typer.echo(f"rag: {error}", err=True)
        return _exit_code(error)
    except OSError as error:  # a folder without permission, a full disk: the system's words, without a traceback
        typer.echo(f"rag: {error.filename or 'input/output'}: {error.strerror or error}", err=True)
        return FAILED
    return OK


@app.command()
def reindex(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files and folders; default: those indexed before.")
    ] = None,
    name: Name = None,
    map: Annotated[list[str] | None, typer.Option("--map", help="FIELD=NAME, e.g. title=headline.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; write nothing.")] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Embed everything anew, whatever is there.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first thing that cannot be read.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read articles into a new generation of the index and let it serve."""
    from rag import printing

    service = _service(name)
    with printing.progress(quiet=as_json) as progress:
        report = service.reindex(
            paths or (),
            mapping=_mapping(map),
            dry_run=dry_run,
            rebuild=rebuild,
            strict=strict,
            progress=progress,
        )
    printing.report(report, as_json)
    if report.problems:
        raise typer.Exit(PARTLY)


@app.command()
def ask(
    question: str,
    k: Count = 10,
    published_from: From = None,
    published_to: To = None,
    source: Sources = None,
    author: Authors = None,
    name: Name = None,
    as_json: AsJson = False,
) -> None:
    """Answer a question with sentences of the archive, or say that it holds no answer."""
    from rag import printing

    wanted = _filter(published_from, published_to, source, author)
    printing.answer(_service(name).answer(question, k=k, filter=wanted), as_json)


@app.command()
def search(
    question: str,
    k: Count = 10,
    published_from: From = None,
    published_to: To = None,
    source: Sources = None,
    author: Authors = None,
    passages: Annotated[bool, typer.Option("--passages", help="Every passage, not one an article.")] = False,
    name: Name = None,
    as_json: AsJson = False,
) -> None:
    """List the articles, or the passages, that match best."""
    from rag import printing

    wanted = _filter(published_from, published_to, source, author)
    found = _service(name).search(question, k=k, filter=wanted, group_by="passage" if passages else "article")
    printing.search(found, as_json)


@app.command()
def explain(
    question: str,
    article: Annotated[str, typer.Argument(help="Its id, as it stands in every hit and citation.")],
    k: Count = 10,
    published_from: From = None,
    published_to: To = None,
    source: Sources = None,
    author: Authors = None,
    name: Name = None,
    as_json: AsJson = False,
) -> None:
    """Say why an article stands where it stands for a question, or why it was not found."""
    from rag import printing

    wanted = _filter(published_from, published_to, source, author)
    printing.explanation(_service(name).explain(question, article, k=k, filter=wanted), as_json)


@app.command()
def article(id: str, name: Name = None, as_json: AsJson = False) -> None:
    """Print one article, by the id that stands in every citation."""
    from rag import printing

    printing.article(_service(name).article(id), as_json)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Default: RAG_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Default: RAG_PORT.")] = None,
    name: Name = None,
) -> None:
    """Serve the search page and the API."""
    import uvicorn

    settings = _settings(name)
    os.environ["RAG_INDEX"] = settings.index  # the app factory reads the settings again, in uvicorn's process
    host, port = host or settings.host, settings.port if port is None else port
    typer.echo(f"serving index {settings.index} on http://{host}:{port} (Ctrl-C stops)")
    uvicorn.run("api.app:create_app", factory=True, host=host, port=port, log_level="warning", access_log=False)


@app.command()
def status(name: Name = None, as_json: AsJson = False) -> None:
    """Say what the index holds and which generation serves."""
    from rag import printing

    printing.status(_service(name).status(), as_json)


@app.command()
def verify(name: Name = None) -> None:
    """Check checksums, counts, offsets and vectors of the generation that serves."""
    service = _service(name)
    faults = service.verify()
    for fault in faults:
        typer.echo(fault)
    typer.echo(f"{service.store.current()}: {f'{len(faults)} faults' if faults else 'ok'}")
    if faults:
        raise typer.Exit(UNUSABLE)


@app.command()
def rollback(name: Name = None) -> None:
    """Let the generation before the current one serve again."""
    typer.echo(f"{_service(name).rollback()} serves")


@app.command()
def gc(name: Name = None) -> None:
    """Remove generations beyond RAG_KEEP_GENERATIONS and the remains of interrupted writes."""
    removed = _service(name).gc()
    typer.echo(f"removed: {', '.join(removed) or 'nothing'}")


@app.command()
def settings(as_json: AsJson = False) -> None:
    """List every setting with its value and what it is for."""
    from rag import printing

    printing.settings(_settings(None), as_json)


@app.command("eval")
def evaluate(
    folder: Annotated[Path, typer.Argument(help="A labelled set: BEIR layout, or articles with questions.jsonl.")],
    index_root: Annotated[
        Path | None,
        typer.Option("--index-root", help="Keep the set's index here; default: a temporary folder."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Index a labelled set, ask its questions, and print how well the right articles were found."""
    import tempfile
    from contextlib import nullcontext

    from rag import evaluation, printing, wiring

    labelled = evaluation.load_set(folder)
    base = _settings(None)
    with nullcontext(index_root) if index_root else tempfile.TemporaryDirectory(prefix="byline-eval-") as kept:
        settings = base.model_copy(update={"index_root": Path(str(kept)), "index": labelled.name})
        service = wiring.build(settings, cache=base.index_root / ".models")
        with printing.progress(quiet=as_json) as progress:
            service.reindex([labelled.corpus], progress=progress)
            found = evaluation.evaluate(service, labelled, lambda n, total: progress("ask", n, total))
    printing.evaluation(found, as_json)


def _settings(name: str | None) -> Settings:
    from rag.settings import load

    return load(overrides={"index": name} if name else {})


def _service(name: str | None) -> RagService:
    from rag.wiring import build

    return build(_settings(name))


def _filter(
    published_from: datetime | None,
    published_to: datetime | None,
    source: list[str] | None,
    author: list[str] | None,
) -> SearchFilter:
    from pydantic import ValidationError

    from rag.types import SearchFilter

    try:
        return SearchFilter(
            published_from=published_from.date() if published_from else None,
            published_to=published_to.date() if published_to else None,
            sources=tuple(source or ()),
            authors=tuple(author or ()),
        )
    except ValidationError as error:
        raise QuestionError("filter", error.errors()[0]["msg"].removeprefix("Value error, ")) from None


def _mapping(given: list[str] | None) -> dict[str, str]:
    pairs = [item.partition("=") for item in given or ()]
    for field, equals, column in pairs:
        if not (field and equals and column):
            raise typer.BadParameter(f"{field}{equals}{column}: must be FIELD=NAME, e.g. title=headline")
    return {field: column for field, _, column in pairs}


def _exit_code(error: BylineError) -> int:
    if isinstance(error, UnusableIndexError):
        return UNUSABLE
    if isinstance(error, NotFoundError):
        return NOT_FOUND
    return USAGE if isinstance(error, SettingsError | QuestionError) else FAILED
