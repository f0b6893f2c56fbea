"""A run -> one self-contained page of HTML: every figure, how far to trust them, and the worst questions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from string import Template

import numpy as np

from rag.evaluation import calibration_metrics, plots, summary
from rag.evaluation.runner import DEPTH
from rag.evaluation.runs import QuestionResult, Run
from rag.evaluation.summary import Measures

RANKS = ((1, 1), (2, 2), (3, 3), (4, 4), (5, 10), (11, 20), (21, 50), (51, DEPTH))
WORST = 25  # questions listed
CURVE_POINTS = 200


def page(run: Run) -> str:
    """Return the page. Whatever a set or an archive says is escaped."""
    template = Template(files(__package__).joinpath("page.html").read_text("utf-8"))
    parts = [_means(run), _ranks(run.asked), *_trust(run), _slices(run.asked), _worst(run.asked), _made(run)]
    about = (
        f"{len(run.asked):,} questions asked of {run.articles:,} articles ({run.passages:,} passages). "
        "Bars and brackets are 95 % bootstrap intervals over the questions."
    )
    return template.substitute(title=f"How good is it: {escape(run.set)}", about=about, body="\n".join(parts))


def _means(run: Run) -> str:
    groups: list[tuple[str, Measures]] = [("Measures", summary.measures(run))]
    if run.removed:
        groups.append(("With the relevant articles left out of the archive", summary.absent(run)))
    if run.elsewhere:
        groups.append((f"Questions of {run.off_archive}", summary.off_archive(run)))
    return "".join(_section(title, _measured(given)) for title, given in groups)


def _measured(given: Measures) -> str:
    rows = [
        [name, f"{m.value:.3f}", f"[{m.low:.3f}, {m.high:.3f}]", _Drawn(plots.interval_bar(m.value, m.low, m.high))]
        for name, m in given.items()
    ]
    return _table(["measure", "value", "interval", "0 to 1"], rows, numbers={1, 2})


def _ranks(asked: Sequence[QuestionResult]) -> str:
    ranks = [each.gold_rank for each in asked]
    counts = [
        (str(a) if a == b else f"{a}–{b}", sum(rank is not None and a <= rank <= b for rank in ranks)) for a, b in RANKS
    ]
    drawn = plots.columns([*counts, ("none", ranks.count(None))], "questions by the rank of the first relevant article")
    said = f"Questions by the rank of the first relevant article, of {DEPTH} listed."
    return _section("Where the right article stands", _figure(drawn, said))


def _trust(run: Run) -> list[str]:
    pools = [("How far to trust the confidence", [*run.asked, *run.absent])]
    if run.removed:
        pools.append(("The same, with the questions asked again without their articles", [*run.asked, *run.removed]))
    return [_section(title, f'<div class="pair">{_reliability(pool)}{_risk(pool)}</div>') for title, pool in pools]


def _reliability(asked: Sequence[QuestionResult]) -> str:
    bins = calibration_metrics.bins(*_outcomes(asked))
    said = f"{len(bins)} bins of equal mass; on the dotted line confidence is the share of right answers. "
    error = calibration_metrics.ece(*_outcomes(asked))
    return _figure(plots.reliability(bins, "confidence against share right"), f"{said}ECE {error:.3f}.")


def _risk(asked: Sequence[QuestionResult]) -> str:
    risks = calibration_metrics.risks(*_outcomes(asked))
    places = np.unique(np.linspace(0, len(risks) - 1, CURVE_POINTS).astype(int))
    points = [((place + 1) / len(risks), float(risks[place])) for place in places]
    drawn = plots.curve(points, "share of questions answered", "share wrong", "risk against coverage")
    half = calibration_metrics.risk_at(*_outcomes(asked))
    return _figure(drawn, f"Wrong answers where only the most confident are given: {half:.3f} at one half.")


def _outcomes(asked: Sequence[QuestionResult]) -> tuple[list[float], list[bool]]:
    return [each.confidence for each in asked], [each.right for each in asked]


def _slices(asked: Sequence[QuestionResult]) -> str:
    tables = []
    for dimension, parts in summary.sliced(asked).items():
        names = [name for name in summary.SLICED if any(name in given for _, given in parts.values())]
        rows = [
            [title, f"{count:,}", *(f"{given[name].value:.3f}" if name in given else "" for name in names)]
            for title, (count, given) in parts.items()
        ]
        tables.append(_table([dimension, "questions", *names], rows, numbers=set(range(1, len(names) + 2))))
    return _section("Kinds of questions", "<br>".join(tables))


def _worst(asked: Sequence[QuestionResult]) -> str:
    failed = [each for each in asked if each.measures["nDCG@10"] < 1]
    failed.sort(key=lambda each: (each.measures["nDCG@10"], -(each.gold_rank or DEPTH + 1), each.id))
    items = "".join(f"<li>{_question(each)}</li>" for each in failed[:WORST])
    said = (
        f"<p class='soft'>{len(failed):,} questions are short of a perfect ranking; the {WORST} furthest from it.</p>"
    )
    return _section("The worst questions, and what was found instead", f"{said}<ol>{items}</ol>")


def _question(each: QuestionResult) -> str:
    rank = f"rank {each.gold_rank}" if each.gold_rank else f"not among the first {DEPTH}"
    first = f"{each.first_title} ({each.ranking[0]})" if each.ranking else "nothing"
    shown = f"<blockquote>{escape(each.sentences[0])}</blockquote>" if each.sentences else ""
    return (
        f"<strong>{escape(each.text)}</strong> <span class='soft'>{escape(each.id)}</span><br>"
        f"<span class='soft'>relevant:</span> {escape(', '.join(each.gold))} — {rank}<br>"
        f"<span class='soft'>found first:</span> {escape(first)}{shown}"
        f"<span class='soft'>confidence {each.confidence:.3f}, "
        f"{'answered' if each.answered else 'not answered'}</span>"
    )


def _made(run: Run) -> str:
    held: Mapping[str, object] = {"made": run.made, "embedder": run.embedder, **run.settings, **run.versions}
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>" for name, value in held.items())
    times = summary.latencies(run)
    took = "".join(f"<dt>answer_ms {escape(name)}</dt><dd>{value:.2f}</dd>" for name, value in times.items())
    return _section("Made with", f"<dl>{took}{rows}</dl>")


class _Drawn(str):
    """Markup of our own, not escaped again."""

    __slots__ = ()


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: set[int]) -> str:
    def line(tag: str, cells: Sequence[str]) -> str:
        shown = [cell if isinstance(cell, _Drawn) else escape(cell) for cell in cells]
        return "".join(
            f"<{tag}{' class=n' if place in numbers else ''}>{cell}</{tag}>" for place, cell in enumerate(shown)
        )

    body = "".join(f"<tr>{line('td', row)}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{line("th", head)}</tr></thead><tbody>{body}</tbody></table></div>'


def _figure(drawn: str, said: str) -> str:
    return f"<figure>{drawn}<figcaption>{escape(said)}</figcaption></figure>"


def _section(title: str, inner: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{inner}</section>"
