"""What looking after an index prints: what a reindex did, what would be read, what the index holds, the settings."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from rag.cli.console import echo, echo_json
from rag.messages import WIDTH, note_text, plural, wrapped
from rag.search.confidence import is_usable
from rag.settings import PREFIX, Settings
from rag.types.index import FittedConfidence, FittedWeights, ReindexReport, Status
from rag.types.reading import ArticlePreview, Problem, SitemapEntry

MISSING_SHOWN = 10
INSPECTED = (
    "id", "title", "authors", "source", "published", "published_at", "modified", "url", "section", "language", "origin",
)  # fmt: skip


def report(given: ReindexReport, as_json: bool) -> None:
    """Print what a reindex did on one line; its problems go to stderr, one line each."""
    for problem in given.problems:
        echo(problem, err=True)
    if given.faults > len(given.problems):
        echo(f"... and {given.faults - len(given.problems):,} more", err=True)
    if as_json:
        return echo_json(given.model_dump_json())
    beside = [
        (given.copies, "copy", "copies"), (given.older_versions, "older version", "older versions"),
        (given.faults, "problem", "problems"),
    ]  # fmt: skip
    said = [f"added {given.added:,}", f"changed {given.changed:,}", f"removed {given.removed:,}"]
    said += [f"unchanged {given.unchanged:,}", *(plural(*each) for each in beside if each[0])]
    what = "dry run, nothing was written" if given.dry_run else f"{given.generation} serves"
    embedded = f"{given.embedded:,} of {given.passages:,} passages {'to embed' if given.dry_run else 'embedded'}"
    echo(f"index {given.index}: {what}; {', '.join(said)}; {embedded}; {given.seconds:.1f} s")
    _missing(given.missing)


def _missing(listed: tuple[SitemapEntry, ...]) -> None:
    """Say on stderr which addresses that sitemaps list no file holds."""
    for one in listed[:MISSING_SHOWN]:
        echo(f"{one.origin}: lists {one.url}, which no file holds", err=True)
    if len(listed) > MISSING_SHOWN:
        echo(f"... and {len(listed) - MISSING_SHOWN:,} more (--json has them)", err=True)


def inspected(items: Iterable[ArticlePreview | SitemapEntry | Problem], most: int, as_json: bool) -> int:
    """Print the first `most` articles as they would be indexed, and problems on stderr; return how many of those."""
    count = faults = listed = 0
    for item in items:
        if isinstance(item, Problem):
            faults += 1
            echo(item, err=True)
        elif isinstance(item, SitemapEntry):
            listed += 1
        else:
            count += 1
            if count <= most:
                echo_json(item.model_dump_json()) if as_json else _inspected(item)
    if not as_json:
        beside = [(faults, "problem", "problems"), (listed, "address listed", "addresses listed")]
        said = [plural(count, "article", "articles"), *(plural(*each) for each in beside if each[0])]
        echo(f"{', '.join(said)}{f'; the first {most:,} are shown' if count > most else ''}")
    return faults


def _inspected(given: ArticlePreview) -> None:
    article = given.article
    for name in INSPECTED:
        value = getattr(article, name)
        shown = "; ".join(value) if isinstance(value, tuple) else value
        where = article.fields_from.get(name) or ("its first sentence" if name == "title" else "")
        if shown:
            echo(f"{name:<13} {shown!s:<60}  {f'({where})' if where else ''}".rstrip())
    for note in article.notes:
        echo(f"{'note':<13} {note_text(note)[:WIDTH]}")
    echo(f"{'text':<13} {len(article.text):,} characters, {plural(len(given.passages), 'passage', 'passages')}")
    for passage in given.passages:
        page = bisect_right(article.pages, passage.start)
        echo(f"\n[{passage.id}] {passage.start}:{passage.end}{f', page {page}' if page else ''}")
        for paragraph in passage.text.split("\n\n"):
            echo(wrapped(paragraph, "    ") + "\n" * (paragraph != passage.text.rpartition("\n\n")[2]))
    echo("")


def status(given: Status, as_json: bool) -> None:
    """Print what an index holds."""
    if as_json:
        return echo_json(given.model_dump_json())
    sources = ", ".join(f"{source} {count:,}" for source, count in given.sources[:10]) or "none named"
    dates = f"{given.published_from} to {given.published_to}" if given.published_from else "none"
    for name, value in {
        "index": given.index,
        "generation": f"{given.generation}, made {given.created}; kept: {', '.join(given.previous) or 'no other'}",
        "holds": f"{given.counts.articles:,} articles, {given.counts.passages:,} passages, {given.bytes / 1e6:,.1f} MB",
        "dates": dates,
        "sources": sources,
        "embedder": given.embedder,
        "search": given.dense,
        "roots": ", ".join(given.roots),
        "problems": f"{given.problems:,} at the last reindex",
        "fusion": _fusion(given.fitted.fusion_weights),
        "confidence": _confidence(given.fitted.confidence),
    }.items():
        echo(f"{name:<11} {value}")


def _fusion(fitted: FittedWeights | None) -> str:
    return "default weights" if fitted is None else f"cosine {fitted.dense:g}, late {fitted.max_sim:g}; {_fit(fitted)}"


def _confidence(fitted: FittedConfidence | None) -> str:
    if fitted is None:
        return "default coefficients"
    names = ", ".join(f"{name} {value:.2f}" for name, value in fitted.coefficients.items())
    if is_usable(fitted):
        return f"{names}; {_fit(fitted)}"
    return (
        f"default coefficients: those fitted {fitted.created} ({names}) do not match the features of this version of "
        "Byline; run `rag calibrate` again"
    )


def _fit(fitted: FittedWeights | FittedConfidence) -> str:
    return f"fitted {fitted.created} on {fitted.questions:,} questions of {fitted.dataset}"


def settings(given: Settings, as_json: bool) -> None:
    """Print every setting."""
    if as_json:
        return echo_json(given.model_dump_json())
    for name, field in Settings.model_fields.items():
        echo(f"{PREFIX + name.upper():<22} {getattr(given, name)!s:<18} {field.description}")
