"""`import rag` costs nothing, and each public name is the very one of its module."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import rag
from rag import errors

OF_THE_CLIENT_OR_EVALUATION = errors.ServerError, errors.EvaluationError


def test_importing_the_library_loads_none_of_it() -> None:
    code = "import sys; before = set(sys.modules); import rag; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    loaded = done.stdout.split()
    assert "rag" in loaded
    assert [name for name in loaded if name.startswith(("rag.", "pydantic", "numpy", "torch"))] == []


@pytest.mark.parametrize("name", rag.__all__)
def test_a_public_name_is_that_of_its_module(name: str) -> None:
    value = getattr(rag, name)
    assert value.__name__ == name
    assert getattr(sys.modules[value.__module__], name) is value
    assert name in dir(rag)


def test_every_error_that_the_service_raises_is_public() -> None:
    raised = {
        name
        for name, error in inspect.getmembers(errors, inspect.isclass)
        if issubclass(error, errors.BylineError) and not issubclass(error, OF_THE_CLIENT_OR_EVALUATION)
    }
    assert raised <= set(rag.__all__)


def test_a_name_that_is_not_public_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="module 'rag' has no attribute 'Nothing'"):
        rag.Nothing  # noqa: B018
    with pytest.raises(ImportError):
        exec("from rag import Nothing")
