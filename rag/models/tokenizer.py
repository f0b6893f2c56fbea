"""A model's own tokenizer, from its tokenizer.json: spans, counts, and padded batches. No torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding, Tokenizer

from rag.errors import EmbedderError
from rag.models.model_files import PASSAGE_PROMPTS, ModelFiles

BATCH_TOKENS = 1024  # padded tokens a batch; 512 to 2,048 were within 5 % of each other on 2 cores
STEP = 16  # texts are padded to whole steps: fewer shapes to prepare gave 233 passages a second for 205, in less memory

Ids: TypeAlias = npt.NDArray[np.int64]


class ModelTokenizer:
    """Counts and cuts text as the model does. `window` is in tokens, special tokens included."""

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
        """Tokens left for a passage's own text."""
        return self.window - self._special - len(self.spans([self.passage_prompt])[0])

    def spans(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """Return the code-point span of every token of every text, without special tokens."""
        found = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [encoding.offsets for encoding in found]

    def query(self, text: str) -> tuple[Ids, Ids, dict[int, tuple[int, int]]]:
        """Return token ids and mask, int64 [1, n], cut at the window's end; and its own tokens with their spans.

        Special tokens and a prompt's are not its own.
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
        """Yield (places in `texts`, ids, mask, own), padded to like lengths, texts of like length together.

        `own` is 1 where a token is neither padding nor a special token.

        Raises EmbedderError where a text exceeds the window: nothing is ever cut silently.
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


def _padded(encodings: list[Encoding], length: int) -> tuple[Ids, Ids, Ids]:
    shape = (len(encodings), length)
    ids, mask, own = np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for line, encoding in enumerate(encodings):
        ids[line, : len(encoding.ids)] = encoding.ids
        mask[line, : len(encoding.ids)] = 1
        own[line, : len(encoding.ids)] = 1 - np.array(encoding.special_tokens_mask)
    return ids, mask, own
