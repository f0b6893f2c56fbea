"""What people read of a fit: what it was fitted on, held-out figures before and after, and whether it was stored."""

from __future__ import annotations

from collections.abc import Iterator

from rag.evaluation.bootstrap import Difference
from rag.evaluation.fitting.confidence import Calibration
from rag.evaluation.fitting.fusion_weights import Tuning
from rag.service import RagService
from rag.settings import PREFIX

WIDTH = 20
WEIGHTS = ("dense_weight", "max_sim_weight")


def calibration_lines(calibration: Calibration) -> Iterator[str]:
    """Yield the lines of a calibration."""
    fit = calibration.fit
    yield f"{fit.questions:,} questions of {fit.dataset}; each fold measured by a fit of the others\n"
    yield f"{'held out':<{WIDTH}} {'before':>8} {'after':>8}"
    for name, metric in fit.held_out.items():
        change = f"  {_difference(calibration.brier)}" if name == "Brier" else ""
        yield f"{name:<{WIDTH}} {metric.before:>8.3f} {metric.after:>8.3f}{change}"
    threshold = f"{calibration.threshold:g} ({PREFIX}MIN_CONFIDENCE)"
    yield f"\nthreshold {threshold}: what has less confidence is not answered\n"
    yield f"{'coefficient':<{WIDTH}} {'before':>8} {'after':>8}"
    for name, value in fit.coefficients.items():
        yield f"{name:<{WIDTH}} {calibration.replaced[name]:>8.2f} {value:>8.2f}"
    if calibration.kind == "synthetic":
        yield "\nSynthetic questions are easier than people's: trust these figures less than those of labelled ones."


def tuning_lines(tuning: Tuning) -> Iterator[str]:
    """Yield the lines of a tuning."""
    fit = tuning.fit
    yield (
        f"{fit.questions:,} questions of {fit.dataset}: fusion weights chosen on {tuning.chosen_on:,}, measured on the "
        "others\n"
    )
    yield f"{'held out':<{WIDTH}} {'before':>23} {'after':>23}   change"
    for name, metric in tuning.held_out.items():
        before, after = (
            f"{side.value:.3f} [{side.low:.3f}, {side.high:.3f}]" for side in (metric.before, metric.after)
        )
        yield f"{name:<{WIDTH}} {before:>23} {after:>23}   {_difference(metric.difference)}"
    for name, old, new in zip(WEIGHTS, tuning.replaced, (fit.dense, fit.max_sim), strict=True):
        yield f"{name:<{WIDTH}} {old:g} -> {new:g}"


def outcome(index: str, stored: str | None, better: bool) -> str:
    """Return whether the fit was stored, and why not."""
    if stored:
        return f"index {index}: {stored} serves with it; `rag rollback` takes it back"
    if better:
        return "dry run: nothing was written"
    return "not stored: held-out questions do not say that it is better than what serves; nothing changed"


def warning_lines(service: RagService, stored: str | None) -> Iterator[str]:
    """Yield why fusion weights that were stored are not used, or make what was fitted before them wrong."""
    for name in WEIGHTS:
        if stored and name in service.settings.model_fields_set:
            yield f"{PREFIX}{name.upper()} is set and wins over what is stored; unset it"
    if stored and service.generation.manifest.fitted.confidence:
        yield "the confidence was fitted with the fusion weights before; run `rag calibrate` again"


def _difference(change: Difference) -> str:
    return f"{change.value:+.3f} [{change.low:+.3f}, {change.high:+.3f}], p {change.p:.3f}"
