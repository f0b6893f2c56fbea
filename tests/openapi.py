"""`docs/openapi.json`: the schema as it is served. `python -m tests.openapi` writes it and says what that breaks."""

from __future__ import annotations

import json
import sys
from typing import Any

from api.app import create_app
from tests.compatibility import breaking
from tests.conftest import ROOT
from tests.contract.fake_service import FakeService

KEPT = ROOT / "docs" / "openapi.json"


def served() -> dict[str, Any]:
    """Return the schema that is served now, whatever the service."""
    schema: dict[str, Any] = json.loads(json.dumps(create_app(FakeService()).openapi()))
    return schema


def kept() -> dict[str, Any]:
    """Return the schema that is committed, one without a path where there is none."""
    schema: dict[str, Any] = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {"paths": {}}
    return schema


def difference(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return what a change of the schema breaks, a line each; nothing where there is no change."""
    if before == after:
        return []
    broken = [f"breaking: {what}" for what in breaking(before, after)]
    return [
        f"{KEPT.relative_to(ROOT)} is not what is served; `make openapi` writes it",
        *(broken or ["nothing breaks"]),
    ]


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in difference(kept(), served())[1:])
    KEPT.write_text(json.dumps(served(), indent=2, ensure_ascii=False) + "\n", "utf-8")
