"""Saved pages of a labelled collection, where it lies beside the checkout, are read as well as by plain trafilatura."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from tests.bench import reading
from tests.conftest import ROOT

pytestmark = pytest.mark.slow  # seconds in all, of models or of many indexes

ARCHIVE = ROOT.parent / "shared" / "data" / "newspaper4k-html.tar.xz"


@pytest.mark.data
def test_pages_are_read_no_worse_than_by_one_call_of_the_library(tmp_path: Path) -> None:
    if not ARCHIVE.exists():
        pytest.skip(f"needs {ARCHIVE.name} in ../shared/data")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    found = reading.measure(tmp_path / "newspaper4k-html")
    for name, values in found.items():
        if name.endswith("byline"):
            plain = found[name.replace("byline", "trafilatura")]
            assert all(values[what] >= plain[what] for what in values), name
            assert values["day"] >= 0.9
            assert values["text F1"] >= 0.92
