"""A stream -> a file in which one can go back: some formats are read from their end."""

from __future__ import annotations

import shutil
import tempfile
from typing import IO, cast

from rag.loaders.base import SourceFile

IN_MEMORY_BYTES = 16_000_000  # of what is in an archive; more waits in a temporary file


def seekable(source: SourceFile) -> IO[bytes]:
    """Open a source; what is in an archive, where nobody can go back, is kept in a temporary file. Raises OSError."""
    file = source.open()
    if file.seekable():
        return file
    kept = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115 - the caller closes it
    try:
        with file:
            shutil.copyfileobj(file, kept)
        kept.seek(0)
    except BaseException:
        kept.close()
        raise
    return cast("IO[bytes]", kept)
