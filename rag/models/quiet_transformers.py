"""Silence for the model libraries while they load a model: their progress bars and warnings are not for our users."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Hide warnings within the block; transformers' own progress bars and messages stay off afterwards too."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations between these libraries, which no user can act on
        yield
