"""A run -> one self-contained HTML page: all metrics with their intervals, the calibration, and the worst questions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from string import Template

import numpy as np

from rag.evaluation import calibration_metrics, plots, summary
from rag.evaluation.runner import DEPTH
from rag.evaluation.runs import QuestionResult, Run
from rag.evaluation.summary import Estimates

RANKS = ((1, 1), (2, 2), (3, 3), (4, 4), (5, 10), (11, 20), (21, 50), (51, DEPTH))
WORST = 25  # Questions listed with the worst ranking
CURVE_POINTS = 200  # Points drawn of the risk-coverage curve


def page(run: Run) -> str:
    """Return the page of a run. All text of the dataset and the archive is escaped."""
    template = Template(files(__package__).joinpath("page.html").read_text("utf-8"))
    parts = [
        _means(run),
        _ranks(run.answerable),
        *_trust(run),
        _slices(run.answerable),
        _worst(run.answerable),
        _provenance(run),
    ]
    about = (
        f"{len(run.answerable):,} questions asked of {run.articles:,} articles ({run.passages:,} passages). "
        "Bars and brackets are 95 % bootstrap intervals over the questions."
    )
    return template.substitute(title=f"How good is it: {escape(run.set)}", about=about, body="\n".join(parts))


def _means(run: Run) -> str:
    groups: list[tuple[str, Estimates]] = [("Metrics", summary.metrics(run))]
    if run.removed:
        groups.append(("With the relevant articles left out of the archive", summary.absent(run)))
    if run.off_archive:
        groups.append((f"Questions of {run.off_archive_set}", summary.off_archive(run)))
    return "".join(_section(title, _estimates(estimates)) for title, estimates in groups)


def _estimates(estimates: Estimates) -> str:
    rows = [
        [name, f"{e.value:.3f}", f"[{e.low:.3f}, {e.high:.3f}]", _Markup(plots.interval_bar(e.value, e.low, e.high))]
        for name, e in estimates.items()
    ]
    return _table(["metric", "value", "interval", "0 to 1"], rows, numbers={1, 2})


def _ranks(results: Sequence[QuestionResult]) -> str:
    ranks = [result.first_relevant_rank for result in results]
    counts = [
        (str(a) if a == b else f"{a}–{b}", sum(rank is not None and a <= rank <= b for rank in ranks)) for a, b in RANKS
    ]
    plot = plots.columns([*counts, ("none", ranks.count(None))], "questions by the rank of the first relevant article")
    caption = f"Questions by the rank of the first relevant article, of {DEPTH} listed."
    return _section("Where the right article stands", _figure(plot, caption))


def _trust(run: Run) -> list[str]:
    """Return the sections with the reliability diagrams and risk-coverage curves."""
    pools = [("How far to trust the confidence", [*run.answerable, *run.unanswerable])]
    if run.removed:
        pools.append(
            ("The same, with the questions asked again without their articles", [*run.answerable, *run.removed])
        )
    return [_section(title, f'<div class="pair">{_reliability(pool)}{_risk(pool)}</div>') for title, pool in pools]


def _reliability(results: Sequence[QuestionResult]) -> str:
    bins = calibration_metrics.bins(*_outcomes(results))
    caption = f"{len(bins)} bins of equal mass; on the dotted line confidence is the share of right answers. "
    error = calibration_metrics.ece(*_outcomes(results))
    return _figure(plots.reliability(bins, "confidence against share right"), f"{caption}ECE {error:.3f}.")


def _risk(results: Sequence[QuestionResult]) -> str:
    risks = calibration_metrics.risks(*_outcomes(results))
    places = np.unique(np.linspace(0, len(risks) - 1, CURVE_POINTS).astype(int))
    points = [((place + 1) / len(risks), float(risks[place])) for place in places]
    plot = plots.curve(points, "share of questions answered", "share wrong", "risk against coverage")
    half = calibration_metrics.risk_at(*_outcomes(results))
    return _figure(plot, f"Wrong answers where only the most confident are given: {half:.3f} at one half.")


def _outcomes(results: Sequence[QuestionResult]) -> tuple[list[float], list[bool]]:
    """Return the confidence of each question's answer, and whether the answer is right."""
    return [result.confidence for result in results], [result.right for result in results]


def _slices(results: Sequence[QuestionResult]) -> str:
    tables = []
    for dimension, parts in summary.sliced(results).items():
        names = [name for name in summary.SLICED if any(name in estimates for _, estimates in parts.values())]
        rows = [
            [title, f"{count:,}", *(f"{part[name].value:.3f}" if name in part else "" for name in names)]
            for title, (count, part) in parts.items()
        ]
        tables.append(_table([dimension, "questions", *names], rows, numbers=set(range(1, len(names) + 2))))
    return _section("Kinds of questions", "<br>".join(tables))


def _worst(results: Sequence[QuestionResult]) -> str:
    failed = [result for result in results if result.metrics["nDCG@10"] < 1]
    failed.sort(key=lambda result: (result.metrics["nDCG@10"], -(result.first_relevant_rank or DEPTH + 1), result.id))
    items = "".join(f"<li>{_question(result)}</li>" for result in failed[:WORST])
    head = (
        f"<p class='soft'>{len(failed):,} questions are short of a perfect ranking; the {WORST} furthest from it.</p>"
    )
    return _section("The worst questions, and what was found instead", f"{head}<ol>{items}</ol>")


def _question(result: QuestionResult) -> str:
    rank = f"rank {result.first_relevant_rank}" if result.first_relevant_rank else f"not among the first {DEPTH}"
    first = f"{result.first_title} ({result.ranking[0]})" if result.ranking else "nothing"
    quote = f"<blockquote>{escape(result.sentences[0])}</blockquote>" if result.sentences else ""
    return (
        f"<strong>{escape(result.text)}</strong> <span class='soft'>{escape(result.id)}</span><br>"
        f"<span class='soft'>relevant:</span> {escape(', '.join(result.relevant))} — {rank}<br>"
        f"<span class='soft'>found first:</span> {escape(first)}{quote}"
        f"<span class='soft'>confidence {result.confidence:.3f}, "
        f"{'answered' if result.answered else 'not answered'}</span>"
    )


def _provenance(run: Run) -> str:
    facts: Mapping[str, object] = {"created": run.created, "embedder": run.embedder, **run.settings, **run.versions}
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>" for name, value in facts.items())
    times = "".join(
        f"<dt>answer_ms {escape(name)}</dt><dd>{value:.2f}</dd>" for name, value in summary.latencies(run).items()
    )
    return _section("Made with", f"<dl>{times}{rows}</dl>")


class _Markup(str):
    """Markup that this module made, which is not escaped again."""

    __slots__ = ()


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: set[int]) -> str:
    """Return a table; `numbers` are the columns, counted from 0, that are aligned as numbers."""

    def line(tag: str, cells: Sequence[str]) -> str:
        escaped = [cell if isinstance(cell, _Markup) else escape(cell) for cell in cells]
        return "".join(
            f"<{tag}{' class=n' if place in numbers else ''}>{cell}</{tag}>" for place, cell in enumerate(escaped)
        )

    body = "".join(f"<tr>{line('td', row)}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{line("th", head)}</tr></thead><tbody>{body}</tbody></table></div>'


def _figure(plot: str, caption: str) -> str:
    return f"<figure>{plot}<figcaption>{escape(caption)}</figcaption></figure>"


def _section(title: str, inner: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{inner}</section>"
