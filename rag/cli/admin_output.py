"""What the index commands print: the report of a reindex, a preview of articles, the status of an index, settings."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from rag.cli.console import echo, echo_json
from rag.messages import WIDTH, note_text, plural, wrapped
from rag.search.confidence import is_usable
from rag.settings import PREFIX, Settings
from rag.types.index import FittedConfidence, FittedWeights, ReindexReport, Status
from rag.types.reading import ArticlePreview, Problem, SitemapEntry

MAX_MISSING = 10  # addresses of sitemaps that are printed; JSON has them all
MAX_SOURCES = 10  # sources that the status names
PREVIEW_FIELDS = (
    "id", "title", "authors", "source", "published", "published_at", "modified", "url", "section", "language", "origin",
)  # fmt: skip


def report(report: ReindexReport, as_json: bool) -> None:
    """Print the report of a reindex on one line; its problems go to stderr, one line each."""
    for problem in report.problems:
        echo(problem, err=True)
    if report.faults > len(report.problems):
        echo(f"... and {report.faults - len(report.problems):,} more", err=True)
    if as_json:
        return echo_json(report.model_dump_json())
    optional = [
        (report.copies, "copy", "copies"), (report.older_versions, "older version", "older versions"),
        (report.faults, "problem", "problems"),
    ]  # fmt: skip
    counts = [f"added {report.added:,}", f"changed {report.changed:,}", f"removed {report.removed:,}"]
    counts += [f"unchanged {report.unchanged:,}", *(plural(*count) for count in optional if count[0])]
    outcome = "dry run, nothing was written" if report.dry_run else f"{report.generation} serves"
    embedded = f"{report.embedded:,} of {report.passages:,} passages {'to embed' if report.dry_run else 'embedded'}"
    echo(f"index {report.index}: {outcome}; {', '.join(counts)}; {embedded}; {report.seconds:.1f} s")
    _missing(report.missing)


def _missing(entries: tuple[SitemapEntry, ...]) -> None:
    """Print on stderr the addresses that sitemaps list and that no file contains."""
    for entry in entries[:MAX_MISSING]:
        echo(f"{entry.origin}: lists {entry.url}, which no file holds", err=True)
    if len(entries) > MAX_MISSING:
        echo(f"... and {len(entries) - MAX_MISSING:,} more (--json has them)", err=True)


def inspected(items: Iterable[ArticlePreview | SitemapEntry | Problem], most: int, as_json: bool) -> int:
    """Print the first `most` articles as they would be indexed, problems on stderr; return the number of problems."""
    articles = problems = entries = 0
    for item in items:
        if isinstance(item, Problem):
            problems += 1
            echo(item, err=True)
        elif isinstance(item, SitemapEntry):
            entries += 1
        else:
            articles += 1
            if articles <= most:
                echo_json(item.model_dump_json()) if as_json else _preview(item)
    if not as_json:
        optional = [(problems, "problem", "problems"), (entries, "address listed", "addresses listed")]
        counts = [plural(articles, "article", "articles"), *(plural(*count) for count in optional if count[0])]
        echo(f"{', '.join(counts)}{f'; the first {most:,} are shown' if articles > most else ''}")
    return problems


def _preview(preview: ArticlePreview) -> None:
    article = preview.article
    for name in PREVIEW_FIELDS:
        value = getattr(article, name)
        text = "; ".join(value) if isinstance(value, tuple) else value
        origin = article.fields_from.get(name) or ("its first sentence" if name == "title" else "")
        if text:
            echo(f"{name:<13} {text!s:<60}  {f'({origin})' if origin else ''}".rstrip())
    for note in article.notes:
        echo(f"{'note':<13} {note_text(note)[:WIDTH]}")
    echo(f"{'text':<13} {len(article.text):,} characters, {plural(len(preview.passages), 'passage', 'passages')}")
    for passage in preview.passages:
        page = bisect_right(article.pages, passage.start)
        echo(f"\n[{passage.id}] {passage.start}:{passage.end}{f', page {page}' if page else ''}")
        for paragraph in passage.text.split("\n\n"):
            echo(wrapped(paragraph, "    ") + "\n" * (paragraph != passage.text.rpartition("\n\n")[2]))
    echo("")


def status(status: Status, as_json: bool) -> None:
    """Print what an index contains and how it was built."""
    if as_json:
        return echo_json(status.model_dump_json())
    sources = ", ".join(f"{source} {count:,}" for source, count in status.sources[:MAX_SOURCES]) or "none named"
    dates = f"{status.published_from} to {status.published_to}" if status.published_from else "none"
    size = f"{status.bytes / 1e6:,.1f} MB"
    for name, value in {
        "index": status.index,
        "generation": f"{status.generation}, made {status.created}; kept: {', '.join(status.previous) or 'no other'}",
        "holds": f"{status.counts.articles:,} articles, {status.counts.passages:,} passages, {size}",
        "dates": dates,
        "sources": sources,
        "embedder": status.embedder,
        "search": status.dense,
        "roots": ", ".join(status.roots),
        "problems": f"{status.problems:,} at the last reindex",
        "fusion": _fusion(status.fitted.fusion_weights),
        "confidence": _confidence(status.fitted.confidence),
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


def settings(settings: Settings, as_json: bool) -> None:
    """Print every setting: its environment variable, its value and its description."""
    if as_json:
        return echo_json(settings.model_dump_json())
    for name, field in Settings.model_fields.items():
        echo(f"{PREFIX + name.upper():<22} {getattr(settings, name)!s:<18} {field.description}")
