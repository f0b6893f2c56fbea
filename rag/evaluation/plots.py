"""Plots as inline SVG: plain functions of numbers; colours and type come from the page's style sheet."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT = 420, 260
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 12, 40  # margins, in the units of the drawing
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)

Points = Sequence[tuple[float, float]]


def interval_bar(value: float, low: float, high: float) -> str:
    """Return a dot with its interval, on a scale from 0 to 1."""
    x, first, last = (4 + 192 * min(max(share, 0.0), 1.0) for share in (value, low, high))
    return (
        f'<svg class="bar" viewBox="0 0 200 16" role="img" aria-label="{value:.3f}, {low:.3f} to {high:.3f}">'
        f'<line class="axis" x1="4" y1="8" x2="196" y2="8"/>'
        f'<rect class="area" x="{first:.1f}" y="4.5" width="{max(last - first, 1):.1f}" height="7"/>'
        f'<circle class="dot" cx="{x:.1f}" cy="8" r="4"/></svg>'
    )


def columns(counts: Sequence[tuple[str, int]], label: str) -> str:
    """Return a column for each named count, the count above it."""
    most = max([count for _, count in counts] + [1])
    step = (WIDTH - 16) / max(len(counts), 1)
    parts = []
    for place, (name, count) in enumerate(counts):
        height = (HEIGHT - 60) * count / most
        x, middle, top = 8 + step * place, 8 + step * (place + 0.5), HEIGHT - 34 - height
        parts += [
            f'<rect class="area" x="{x + 4:.1f}" y="{top:.1f}" width="{step - 8:.1f}" height="{height:.1f}"/>',
            f'<text x="{middle:.1f}" y="{top - 5:.1f}" text-anchor="middle">{count:,}</text>',
            f'<text x="{middle:.1f}" y="{HEIGHT - 16}" text-anchor="middle">{escape(name)}</text>',
        ]
    return _drawn(parts, label)


def reliability(bins: Sequence[tuple[float, float, int]], label: str) -> str:
    """Return a dot for each bin (confidence, share right, questions) against the diagonal where both agree."""
    points = [(confidence, right) for confidence, right, _ in bins]
    dots = [f'<circle class="dot" cx="{_x(a):.1f}" cy="{_y(b):.1f}" r="4"/>' for a, b in points]
    ideal = f'<polyline class="ideal" points="{_path([(0, 0), (1, 1)])}"/>'
    return _drawn([*_axes("confidence", "share right"), ideal, _line(points), *dots], label)


def curve(points: Points, across: str, up: str, label: str) -> str:
    """Return a line through points that lie between 0 and 1."""
    return _drawn([*_axes(across, up), _line(points)], label)


def _axes(across: str, up: str) -> list[str]:
    parts = []
    for tick in TICKS:
        x, y = _x(tick), _y(tick)
        parts += [
            f'<line class="axis" x1="{_x(0)}" y1="{y:.1f}" x2="{_x(1)}" y2="{y:.1f}"/>',
            f'<text x="{_x(0) - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>',
            f'<text x="{x:.1f}" y="{_y(0) + 16}" text-anchor="middle">{tick:g}</text>',
        ]
    middle = _y(0.5)
    return [
        *parts,
        f'<text x="{_x(0.5):.1f}" y="{HEIGHT - 6}" text-anchor="middle">{escape(across)}</text>',
        f'<text x="10" y="{middle}" text-anchor="middle" transform="rotate(-90 10 {middle})">{escape(up)}</text>',
    ]


def _drawn(parts: Sequence[str], label: str) -> str:
    inner = "".join(parts)
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">{inner}</svg>'


def _line(points: Points) -> str:
    return f'<polyline class="line" points="{_path(points)}"/>'


def _path(points: Points) -> str:
    return " ".join(f"{_x(a):.1f},{_y(b):.1f}" for a, b in points)


def _x(share: float) -> float:
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _y(share: float) -> float:
    return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)
