"""What a reindex takes over from the generation that serves: its articles, vectors, token codes and sketches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from rag.index import storage, stories
from rag.index.base import ArticleStore, DenseIndex, Digested, Engines, GenerationRef
from rag.index.generation import TAKEN_OVER, identities, require_embedder, require_identities
from rag.index.late_interaction import TokenCodes
from rag.index.minhash import Sketch
from rag.index.stories import Stories
from rag.types.arrays import Float16s
from rag.types.index import IndexManifest


@dataclass(frozen=True)
class PreviousGeneration:
    """The parts of a generation that can be taken over; its lexical index never is, and so need not be readable.

    `sketch_of` gives an article's sketch by its row, and is None where another version of Byline wrote the sketches.
    """

    manifest: IndexManifest
    archive: ArticleStore
    dense: DenseIndex
    tokens: TokenCodes
    sketch_of: Callable[[int], Sketch] | None

    @classmethod
    def open(cls, ref: GenerationRef, engines: Engines, embedder: str) -> Self:
        """Open what a reindex by `embedder` may take over.

        Raises IncompatibleIndexError where articles or vectors cannot be read: then only a rebuild helps.
        """
        manifest = storage.read_manifest(ref.folder)
        require_embedder(manifest, embedder)
        expected = identities(engines)
        require_identities(manifest, {name: expected[name] for name in TAKEN_OVER})
        has_sketches = manifest.structures.get("stories") == stories.IDENTITY
        return cls(
            manifest, engines.articles.open(ref), engines.dense.open(ref), TokenCodes(ref.folder),
            Stories(ref.folder).sketch if has_sketches else None,
        )  # fmt: skip

    @property
    def name(self) -> str:
        """The generation's name."""
        return self.manifest.generation

    def rows_of(self, of: Digested, digests: Sequence[bytes]) -> dict[bytes, int]:
        """Return the first row of each digest that it holds."""
        return self.archive.find_digests(of, digests)

    def has_passage(self, digest: bytes) -> bool:
        """Return whether it holds a passage of that digest."""
        return bool(self.archive.find_digests("passages", [digest]))

    def vectors(self, rows: Sequence[int]) -> Float16s:
        """Return the vectors of some rows as they were written, float16 [rows, dim]."""
        return self.dense.vectors(np.array(rows, np.int64)).astype(np.float16)
