"""The schema is a promise: the one that is kept is the one that is served, and what it says is what callers meet."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from rag.service import RagService
from tests.openapi import difference, kept, served
from tests.probing import probe
from tests.serving import serving

EXAMPLES = 5  # of an operation and phase, beside all bounds; `make schemathesis` asks many more


def test_the_schema_that_is_kept_is_the_one_that_is_served() -> None:
    assert difference(kept(), served()) == []


def test_what_is_served_does_not_depend_on_the_index(seeds_service: RagService) -> None:
    with TestClient(create_app(seeds_service)) as client:
        assert client.get("/openapi.json").json() == served()


@pytest.mark.slow
def test_the_api_keeps_what_its_schema_promises(seeds_service: RagService) -> None:
    """Every check of Schemathesis on every operation, over a socket, with the real model."""
    with serving(seeds_service) as address:
        done = probe(address, EXAMPLES, seed=1)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    operations = sum(len(methods) for methods in kept()["paths"].values())
    assert re.search(rf"Selected: {operations}/{operations}\n +Tested: {operations}\n", said), said
    counts = re.search(r"(\d+) generated, (\d+) passed", said)
    assert counts, said
    generated, passed = counts.groups()
    assert generated == passed
    assert int(generated) > 500
