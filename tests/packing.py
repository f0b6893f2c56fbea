"""Zip and tar archives that tests pack from names and contents."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def tarred(files: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in files.items():
            info, raw = tarfile.TarInfo(name), content if isinstance(content, bytes) else content.encode()
            info.size = len(raw)
            archive.addfile(info, io.BytesIO(raw))
    return out.getvalue()
