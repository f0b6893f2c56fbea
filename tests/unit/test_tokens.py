"""Token codes are kept by row, and late interaction over them is what a slow reading of its definition gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rag.errors import IndexCorruptError
from rag.index.late_interaction import CODES, SPANS, TokenCodes, TokenWriter
from rag.models.binary_codes import code, projection, unit
from rag.types.arrays import CODE_BITS, Codes, Matrix

RNG = np.random.default_rng(7)
LENGTHS = (5, 0, 3, 1)
PINNED = [1, -1, 1, 1, 1, -1, -1, 1, 1, 1, -1, -1]  # codes on disk depend on it


def drawn(count: int) -> Codes:
    return code(RNG.standard_normal((count, CODE_BITS)).astype(np.float32))


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, list[Codes]]:
    codes = [drawn(count) for count in LENGTHS]
    writer = TokenWriter(tmp_path, len(codes) + 1)
    for row in (2, 0, 3, 1):
        writer.add(row, codes[row])
    writer.share(4, 0)
    writer.close()
    return tmp_path, [*codes, codes[0]]


def slowly(question: Matrix, weights: np.ndarray, codes: Codes) -> float:
    signs = np.unpackbits(codes, axis=1) * 2.0 - 1
    best = [max(float(token @ sign) / CODE_BITS**0.5 for sign in signs) for token in question]
    return float(np.average(best, weights=weights))


def test_codes_come_back_by_row_in_whatever_order_they_were_written(written: tuple[Path, list[Codes]]) -> None:
    folder, codes = written
    held = TokenCodes(folder)
    assert len(held) == len(codes)
    assert all(np.array_equal(held.of(row), given) for row, given in enumerate(codes))


def test_max_sim_is_the_weighted_mean_of_each_token_s_best_match(written: tuple[Path, list[Codes]]) -> None:
    folder, codes = written
    question, weights = unit(RNG.standard_normal((4, CODE_BITS)).astype(np.float32)), np.array([1.0, 0.1, 3.0, 2.0])
    sims = TokenCodes(folder).passage_sims(question, weights, np.arange(len(codes)))
    assert len(sims) == len(codes)
    assert np.isnan(sims[1])
    for row in (0, 2, 3, 4):
        assert sims[row] == pytest.approx(slowly(question, weights, codes[row]), abs=1e-5)


def test_a_question_without_tokens_is_near_nothing(written: tuple[Path, list[Codes]]) -> None:
    none = np.zeros((0, CODE_BITS), np.float32)
    sims = TokenCodes(written[0]).passage_sims(none, np.zeros(0), np.array([0, 2]))
    assert len(sims) == 2
    assert np.isnan(sims).all()


def test_codes_are_taken_over_from_an_older_generation(written: tuple[Path, list[Codes]], tmp_path: Path) -> None:
    folder, codes = written
    new = tmp_path / "new"
    new.mkdir()
    writer = TokenWriter(new, 2)
    writer.add(0, codes[3])
    writer.add(1, TokenCodes(folder).of(2))
    writer.close()
    held = TokenCodes(new)
    assert np.array_equal(held.of(1), codes[2])
    assert np.array_equal(held.of(0), codes[3])


@pytest.mark.parametrize("name", [CODES, SPANS])
def test_a_file_that_lost_bytes_is_found_on_opening(written: tuple[Path, list[Codes]], name: str) -> None:
    path = written[0] / name
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(IndexCorruptError, match=name):
        TokenCodes(written[0])


def test_the_projection_is_the_same_everywhere_and_keeps_angles() -> None:
    assert np.sign(projection(384)).astype(int)[0, :12].tolist() == PINNED
    states = unit(RNG.standard_normal((200, 384)).astype(np.float32))
    near = unit(states + 0.5 * unit(RNG.standard_normal((200, 384)).astype(np.float32)))
    kept = (unit(states @ projection(384)) * unit(near @ projection(384))).sum(axis=1)
    assert abs(float(kept.mean()) - float((states * near).sum(axis=1).mean())) < 0.03
