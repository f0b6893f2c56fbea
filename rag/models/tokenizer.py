"""A model's own tokenizer, read from its tokenizer.json: spans, counts and padded batches, without torch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding, Tokenizer

from rag.errors import EmbedderError
from rag.models.model_files import PASSAGE_PROMPTS, ModelFiles

BATCH_TOKENS = 1024  # padded tokens in a batch; from 512 to 2,048, speed differed by less than 5 % on 2 cores
STEP = 16  # tokens; texts are padded to multiples of it: fewer shapes gave 233 passages a second instead of 205

Ids: TypeAlias = npt.NDArray[np.int64]


class ModelTokenizer:
    """A tokenizer that counts and cuts text as the model does. `window` is in tokens, special tokens included."""

    def __init__(self, weights: ModelFiles, window: int) -> None:
        path = weights.folder / "tokenizer.json"
        if not path.exists():
            raise EmbedderError(f"{path}: is missing; a model needs a fast tokenizer to be indexed with")
        self._tokenizer = Tokenizer.from_file(str(path))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self.window = window
        self.query_prompt = weights.prompt("query")
        self.passage_prompt = weights.prompt(*PASSAGE_PROMPTS)
        self._special = self._tokenizer.num_special_tokens_to_add(False)

    @cached_property
    def max_tokens(self) -> int:
        """How many tokens are left for the text of a passage, without special tokens and the prompt."""
        return self.window - self._special - len(self.spans([self.passage_prompt])[0])

    def spans(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """Return the code-point span of every token of every text, without special tokens."""
        encodings = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [encoding.offsets for encoding in encodings]

    def query(self, text: str) -> tuple[Ids, Ids, dict[int, tuple[int, int]]]:
        """Return ids and mask, int64 [1, tokens], cut at the window's end, and the spans of the question's own tokens.

        The spans are by place in the ids; special tokens and those of the prompt have none.
        """
        encoding = self._tokenizer.encode(self.query_prompt + text)
        if len(encoding.ids) > self.window:
            encoding.truncate(self.window - 1)  # the closing token goes back in its place
            closing = self._tokenizer.encode("").ids[-1:]
            ids = np.array([[*encoding.ids, *closing]], np.int64)
        else:
            ids = np.array([encoding.ids], np.int64)
        prompt = len(self.query_prompt)
        spans = zip(encoding.offsets, encoding.special_tokens_mask, strict=True)
        own = {
            place: (start - prompt, end - prompt)
            for place, ((start, end), special) in enumerate(spans)
            if not special and start >= prompt
        }
        return ids, np.ones_like(ids), own

    def batches(self, texts: Sequence[str]) -> Iterator[tuple[list[int], Ids, Ids, Ids]]:
        """Yield batches of texts of similar length: their places in `texts`; ids, mask and own, int64 [texts, tokens].

        `own` is 1 where a token is neither padding nor a special token. Raises EmbedderError if a text exceeds the
        window: no passage is ever cut silently.
        """
        encodings = self._tokenizer.encode_batch([self.passage_prompt + text for text in texts])
        for place, encoding in enumerate(encodings):
            if len(encoding.ids) > self.window:
                raise EmbedderError(
                    f"a text of {len(encoding.ids)} tokens exceeds the model's window of {self.window}: "
                    f"{texts[place][:60]!r}…"
                )
        lengths = [min(-(-len(encoding.ids) // STEP) * STEP, self.window) for encoding in encodings]
        batch: list[int] = []
        for place in sorted(range(len(texts)), key=lengths.__getitem__):
            if batch and (len(batch) + 1) * lengths[place] > BATCH_TOKENS:
                yield batch, *_padded([encodings[i] for i in batch], lengths[batch[-1]])
                batch = []
            batch.append(place)
        if batch:
            yield batch, *_padded([encodings[i] for i in batch], lengths[batch[-1]])


class ModelEmbedder(ABC):
    """What embedders of a model on disk have in common: its identity, and the tokens of its own tokenizer."""

    def __init__(self, weights: ModelFiles) -> None:
        self.weights = weights

    @property
    def identity(self) -> str:
        """See `Embedder`."""
        return self.weights.identity

    @property
    @abstractmethod
    def tokenizer(self) -> ModelTokenizer:
        """The model's tokenizer; it may cost loading the model, whose window it must know."""

    @property
    def max_tokens(self) -> int:
        """See `Embedder`."""
        return self.tokenizer.max_tokens

    def tokens(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """See `Embedder`."""
        return self.tokenizer.spans(texts)


def _padded(encodings: list[Encoding], length: int) -> tuple[Ids, Ids, Ids]:
    shape = (len(encodings), length)
    ids, mask, own = np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for row, encoding in enumerate(encodings):
        ids[row, : len(encoding.ids)] = encoding.ids
        mask[row, : len(encoding.ids)] = 1
        own[row, : len(encoding.ids)] = 1 - np.array(encoding.special_tokens_mask)
    return ids, mask, own
