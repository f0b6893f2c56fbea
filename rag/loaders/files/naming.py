"""Several roots -> names that keep their files apart: where two hold one path, it begins with the root's own name."""

from __future__ import annotations

import filecmp
import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from rag.loaders.files.encoding import clean


class Names:
    """Says how a file is called beside those of the other roots, whatever the order the roots are given in.

    A file that no other root holds under its path is called by its path, and so are exact copies.
    """

    def __init__(self, roots: Sequence[Path]) -> None:
        self._folders = {_absolute(root) for root in roots if root.is_dir()}
        self._files: defaultdict[str, set[Path]] = defaultdict(set)  # a root that is a file -> the folders it lies in
        for root in roots:
            if not root.is_dir():
                self._files[root.name].add(_absolute(root).parent)

    def called(self, path: Path, name: str, root: Path) -> str:
        """Return the name of the file at `path`, whose path under its root is `name`."""
        folder = _absolute(root) if root.is_dir() else _absolute(root).parent
        below = path.relative_to(root) if root.is_dir() else Path(path.name)
        others = (self._folders | self._files.get(str(below), set())) - {folder}
        rivals = [other for other in others if _differs(path, other / below)]
        return "/".join((*_own(folder, rivals), name)) if rivals else name


def _absolute(root: Path) -> Path:
    return Path(os.path.abspath(root))  # noqa: PTH100 - "." needs a name, a link keeps the one it was given by


def _differs(path: Path, other: Path) -> bool:
    """Say whether there is another file at `other`, with other bytes."""
    try:
        return other.is_file() and not (other.samefile(path) or filecmp.cmp(path, other, shallow=False))
    except OSError:  # one that cannot be read now may be read later
        return True


def _own(folder: Path, rivals: Sequence[Path]) -> Sequence[str]:
    """Return the end of a folder's path that no rival's path has."""
    parts = folder.parts[1:]
    count = 1
    while count < len(parts) and any(rival.parts[1:][-count:] == parts[-count:] for rival in rivals):
        count += 1
    return [clean(part) for part in parts[-count:]]
