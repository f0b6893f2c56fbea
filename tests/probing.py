"""Schemathesis against a real server over `seeds/`: what the schema promises is what callers meet.

`python -m tests.probing EXAMPLES` asks each operation so often, valid and invalid, and follows the schema's links.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rag import wiring
from rag.settings import Settings
from tests.conftest import ROOT, SEEDS
from tests.serving import serving

HERE = Path(__file__).parent
PROGRAM = "from schemathesis.cli import schemathesis; schemathesis()"


def probe(address: str, examples: int, seed: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run all checks on all operations, at most `examples` a phase and operation."""
    told = [f"{address}/openapi.json", "--checks", "all", "--max-examples", str(examples), "--continue-on-failure"]
    told += ["--no-color", "--output-truncate", "true"] + (["--seed", str(seed)] if seed is not None else [])
    environ = os.environ | {"SCHEMATHESIS_HOOKS": "tests.probing_hooks", "PYTHONPATH": str(ROOT), "COLUMNS": "120"}
    with tempfile.TemporaryDirectory() as folder:  # Schemathesis and Hypothesis keep notes where they run
        return subprocess.run(
            [sys.executable, "-c", PROGRAM, "run", *told],
            cwd=folder, env=environ, capture_output=True, text=True, check=False,
        )  # fmt: skip


def main(examples: int) -> int:
    """Serve a fresh index of `seeds/`, probe it and show what was found."""
    with tempfile.TemporaryDirectory() as root:
        service = wiring.build(Settings(index_root=Path(root), index="seeds"))
        service.reindex([SEEDS])
        service.open()
        with serving(service) as address:
            done = probe(address, examples)
    sys.stdout.write(done.stdout + done.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
