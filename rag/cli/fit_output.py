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


def calibrated(found: Calibration) -> Iterator[str]:
    """Yield the lines of a calibration."""
    fit = found.fit
    yield f"{fit.questions:,} questions of {fit.on}; each fold measured by a fit of the others\n"
    yield f"{'held out':<{WIDTH}} {'before':>8} {'after':>8}"
    for name, each in fit.held_out.items():
        change = f"  {_difference(found.brier)}" if name == "Brier" else ""
        yield f"{name:<{WIDTH}} {each.before:>8.3f} {each.after:>8.3f}{change}"
    yield f"\nthreshold {found.threshold:g} ({PREFIX}MIN_CONFIDENCE): what has less confidence is not answered"
    yield f"slopes {_numbers(found.replaced)} -> {_numbers(fit.slopes)}"
    if found.kind == "made":
        yield "Made questions are easier than people's: trust these figures less than those of labelled ones."


def tuned(found: Tuning) -> Iterator[str]:
    """Yield the lines of a tuning."""
    fit = found.fit
    yield f"{fit.questions:,} questions of {fit.on}: the mix chosen on {found.chosen_on:,}, measured on the others\n"
    yield f"{'held out':<{WIDTH}} {'before':>23} {'after':>23}   change"
    for name, each in found.held_out.items():
        sides = (f"{side.value:.3f} [{side.low:.3f}, {side.high:.3f}]" for side in (each.before, each.after))
        before, after = sides
        yield f"{name:<{WIDTH}} {before:>23} {after:>23}   {_difference(each.difference)}"
    for name, before_, after_ in zip(WEIGHTS, found.replaced, (fit.dense, fit.max_sim), strict=True):
        yield f"{name:<{WIDTH}} {before_:g} -> {after_:g}"


def outcome(index: str, stored: str | None, better: bool) -> str:
    """Return whether the fit was stored, and why not."""
    if stored:
        return f"index {index}: {stored} serves with it; `rag rollback` takes it back"
    if better:
        return "dry run: nothing was written"
    return "not stored: held-out questions do not say that it is better than what serves; nothing changed"


def unheeded(service: RagService, stored: str | None) -> Iterator[str]:
    """Yield what keeps a mix that was stored from being right or from being used."""
    for name in WEIGHTS:
        if stored and name in service.settings.model_fields_set:
            yield f"{PREFIX}{name.upper()} is set and wins over what is stored; unset it"
    if stored and service.generation.manifest.fitted.confidence:
        yield "the confidence was fitted with the mix before; run `rag calibrate` again"


def _difference(change: Difference) -> str:
    return f"{change.value:+.3f} [{change.low:+.3f}, {change.high:+.3f}], p {change.p:.3f}"


def _numbers(given: tuple[float, ...]) -> str:
    return " ".join(f"{number:.2f}" for number in given)
