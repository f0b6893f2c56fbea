"""`python -m tests.fuzz --minutes 10`: damage files at random, read them, and keep each that does harm.

Each file is made from a number of its own, which is printed with what it found: `--seed NUMBER --files 1` (and the
same `--only`) makes that file again, and no other.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.fuzz import reader
from tests.fuzz.damage import damaged
from tests.fuzz.examples import EXAMPLES


@dataclass
class Run:
    """What a run has seen."""

    files: Counter[str] = field(default_factory=Counter)
    items: int = 0
    findings: list[str] = field(default_factory=list)
    slowest: tuple[float, int] = (0.0, 0)  # seconds, and the number of the file
    mb: float = 0.0

    def __str__(self) -> str:
        counts = " ".join(f"{suffix} {count}" for suffix, count in sorted(self.files.items()))
        return (
            f"{self.files.total()} files ({counts}), {self.items} items, {len(self.findings)} findings, "
            f"slowest {self.slowest[0]:.2f} s (seed {self.slowest[1]}), highest {self.mb:.0f} MB"
        )


def run(
    seed: int, *, minutes: float = 10.0, files: int | None = None, only: Sequence[str] = (), keep: Path | None = None,
    read: reader.Read = reader.read, most_seconds: float = reader.MOST_SECONDS,
) -> Run:  # fmt: skip
    """Read damaged files until time is up or so many are read; those that do harm are kept in `keep`."""
    suffixes, seen = list(only or EXAMPLES), Run()
    again = f"--files 1 --only {','.join(only)}" if only else "--files 1"
    with tempfile.TemporaryDirectory() as name:
        folder, warming = Path(name), Path(name, "warming")
        warming.mkdir()
        for suffix in suffixes:
            Path(warming, f"file{suffix}").write_bytes(EXAMPLES[suffix])
        reading = reader.Reader(warming, read, most_seconds)
        ends = time.monotonic() + 60 * minutes
        try:
            while time.monotonic() < ends and (files is None or seen.files.total() < files):
                _one(seed + seen.files.total(), suffixes, reading, seen, folder, keep, again)
        finally:
            reading.close()
    return seen


def _one(
    number: int, suffixes: list[str], reading: reader.Reader, seen: Run, folder: Path, keep: Path | None, again: str
) -> None:
    random = Random(number)
    suffix = random.choice(suffixes)
    name, raw = damaged(random, suffix)
    path = folder / name
    path.write_bytes(raw)
    outcome = reading.outcome(path)
    path.unlink()
    seen.files[suffix] += 1
    seen.items += outcome.items
    seen.slowest = max(seen.slowest, (outcome.seconds, number))
    seen.mb = max(seen.mb, outcome.mb)
    if outcome.wrong:
        seen.findings.append(f"--seed {number} {again}: {name}, {len(raw)} bytes: {outcome.wrong}")
        if keep:
            keep.mkdir(parents=True, exist_ok=True)
            (keep / f"{number}-{name}").write_bytes(raw)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as the command line says; 1 where anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--files", type=int, help="read so many and stop")
    parser.add_argument("--only", default="", help=f"formats, with commas between: {','.join(EXAMPLES)}")
    parser.add_argument("--keep", type=Path, help="where to keep files that do harm")
    given = parser.parse_args(arguments)
    only = [suffix for suffix in given.only.split(",") if suffix]
    if unknown := sorted(set(only) - EXAMPLES.keys()):
        parser.error(f"--only: no format {unknown[0]}; there are {','.join(EXAMPLES)}")
    keep = given.keep or Path(tempfile.mkdtemp(prefix="fuzz-"))
    seen = run(given.seed, minutes=given.minutes, files=given.files, only=only, keep=keep)
    for finding in seen.findings:
        print(finding)  # noqa: T201 - what it is for
    if seen.findings:
        print(f"kept in {keep}")  # noqa: T201 - what it is for
    print(seen)  # noqa: T201 - what it is for
    return 1 if seen.findings else 0


if __name__ == "__main__":
    sys.exit(main())
