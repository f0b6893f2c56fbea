"""The lock files agree with pyproject.toml: what it asks for is pinned, by hash, at a version that it allows."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LOCKED = {"standard": "requirements.lock", "dev": "requirements-dev.lock"}
PIN = re.compile(r"^([\w.-]+)==([^ ]+)(?: ; .*)? \\$", re.MULTILINE)
HASHES = re.compile(r"^( +--hash=sha256:[0-9a-f]{64}( \\)?\n)+", re.MULTILINE)


def pins(name: str) -> dict[str, list[str]]:
    """Return each distribution of a lock file with its versions, of which there may be one for each Python."""
    versions: dict[str, list[str]] = {}
    for distribution, version in PIN.findall((ROOT / name).read_text("utf-8")):
        versions.setdefault(distribution, []).append(version)
    return versions


def required(extra: str | None) -> dict[str, Requirement]:
    """Return what an extra asks for, and what the extras that it names ask for."""
    texts = PROJECT["dependencies"] if extra is None else PROJECT["optional-dependencies"][extra]
    requirements: dict[str, Requirement] = {}
    for requirement in map(Requirement, texts):
        if requirement.name == PROJECT["name"]:
            for named in requirement.extras:
                requirements |= required(named)
        else:
            requirements[canonicalize_name(requirement.name)] = requirement
    return requirements


@pytest.mark.parametrize("extra", LOCKED)
def test_what_the_project_asks_for_is_locked_at_versions_that_it_allows(extra: str) -> None:
    locked = pins(LOCKED[extra])
    asked = required(None) | required(extra)
    assert asked.pop("torch", None) is not None
    assert set(asked) - set(locked) == set(), "run `make lock`"
    wrong = {name: locked[name] for name, one in asked.items() if not all(map(one.specifier.contains, locked[name]))}
    assert wrong == {}, "run `make lock`"


@pytest.mark.parametrize("name", LOCKED.values())
def test_a_lock_file_holds_pins_with_hashes_and_nothing_else(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    rest = HASHES.sub("", PIN.sub("", text)).split("\n")
    assert [line for line in rest if line and not line.startswith("#")] == []
    assert len(HASHES.findall(text)) == len(PIN.findall(text)) > 50


def test_both_lock_files_agree() -> None:
    standard, dev = map(pins, LOCKED.values())
    assert {name: dev.get(name) for name in standard} == standard


def test_torch_is_installed_apart_at_a_version_that_the_project_allows() -> None:
    """Its CPU and CUDA builds have one version and different hashes, and only the latter need NVIDIA's libraries."""
    for name in LOCKED.values():
        assert [found for found in pins(name) if re.match(r"torch$|triton|nvidia|cuda", found)] == []
    version = re.search(r"^TORCH := torch==(\S+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert version
    assert required("standard")["torch"].specifier.contains(version[1])
