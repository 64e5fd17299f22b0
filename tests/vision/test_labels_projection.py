"""Projections: PCA as the textbook has it, files that are the same and are refused when damaged."""

from __future__ import annotations

import dataclasses
import itertools
import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loquitur.errors import InputError, UsageError
from loquitur.vision.labels.own.projection import Fitting, Projection, read_projection


def _rows(count: int = 400, dimension: int = 6, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    mixed = rng.normal(size=(count, dimension)) @ rng.normal(size=(dimension, dimension))
    return (mixed + 5).astype(np.float32)


def _fitted(rows: np.ndarray, dimension: int | None, pieces: int = 7) -> Projection:
    fitting = Fitting(rows.shape[1])
    for piece in np.array_split(rows, pieces):
        fitting.add(piece)
    return fitting.result(dimension, stream="rgb")


def test_components_are_those_of_a_singular_value_decomposition() -> None:
    rows = _rows()
    found = _fitted(rows, 3)
    centred = rows.astype(np.float64) - rows.mean(axis=0, dtype=np.float64)
    _, sizes, right = np.linalg.svd(centred, full_matrices=False)
    variance = sizes**2 / (len(rows) - 1)
    for at in range(3):
        ours = found.matrix[:, at] / np.linalg.norm(found.matrix[:, at])
        assert abs(float(ours @ right[at])) == pytest.approx(1, abs=1e-5)
    assert found.kept == pytest.approx(variance[:3].sum() / variance.sum(), abs=1e-6)
    whitened = centred @ found.matrix
    floor = 0.01 * variance.sum() / 6
    assert np.allclose(whitened.var(axis=0, ddof=1), variance[:3] / (variance[:3] + floor), 1e-3)


def test_standard_brings_each_number_to_mean_0_and_variance_1() -> None:
    found = _fitted(_rows(), None)
    rows = _rows()
    scaled = (rows - found.mean) * found.scale
    assert np.allclose(scaled.mean(axis=0), 0, atol=1e-4)
    assert np.allclose(scaled.std(axis=0), 1, atol=0.05)
    applied = found.apply(rows)
    assert applied.min() >= -2
    assert applied.max() <= 2
    assert np.allclose(applied, np.clip(scaled, -2, 2))


@given(cuts=st.lists(st.integers(0, 60), max_size=5))
def test_how_rows_come_is_no_matter(cuts: list[int]) -> None:
    rows = _rows(60)
    fitting = Fitting(6)
    edges = [0, *sorted(cuts), 60]
    for first, last in itertools.pairwise(edges):
        fitting.add(rows[first:last])
    whole = _fitted(rows, 2, pieces=1)
    assert np.allclose(fitting.result(2).matrix, whole.matrix, atol=1e-4)


def test_the_file_holds_what_was_fitted_and_is_the_same_again() -> None:
    for dimension in (None, 3):
        found = _fitted(_rows(), dimension)
        data = found.to_bytes()
        again = read_projection(data)
        assert again.to_bytes() == data
        assert (again.kind, again.rows, again.stream) == (found.kind, 400, "rgb")
        assert np.array_equal(again.apply(_rows()), found.apply(_rows()))


def test_the_file_is_one_that_the_library_reads() -> None:
    safetensors = pytest.importorskip("safetensors.numpy")
    found = _fitted(_rows(), 3)
    tensors = safetensors.load(found.to_bytes())
    assert np.array_equal(tensors["matrix"], found.matrix)


def test_too_little_to_fit_is_said() -> None:
    with pytest.raises(InputError, match="nothing to fit"):
        Fitting(4).result(2)
    with pytest.raises(InputError, match="too few for 5 components"):
        _fitted(_rows(5), 5)
    with pytest.raises(UsageError, match="out of 6 numbers"):
        _fitted(_rows(), 7)
    with pytest.raises(InputError, match="no number"):
        Fitting(2).add(np.array([[1.0, np.nan]]))
    with pytest.raises(InputError, match="6 numbers a row was given"):
        _fitted(_rows(), 3).apply(np.zeros((1, 5), np.float32))


def test_a_column_that_never_varies_stays_finite() -> None:
    rows = _rows()
    rows[:, 2] = 7
    for dimension in (None, 6):
        assert np.isfinite(_fitted(rows, dimension).apply(rows)).all()


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_damaged_file_is_refused_or_finite(at: int, bit: int) -> None:
    data = bytearray(_fitted(_rows(), 3).to_bytes())
    data[at % len(data)] ^= 1 << bit
    try:
        made = read_projection(bytes(data)).apply(_rows())
    except InputError:
        return
    assert np.isfinite(made).all()


def test_numbers_too_large_are_cut_and_what_is_none_is_refused() -> None:
    fitted = _fitted(_rows(), 3)
    large = dataclasses.replace(fitted, matrix=np.abs(fitted.matrix) * np.float32(1e38))
    one_way = np.tile(fitted.mean + np.float32(1e6), (2, 1))
    assert (large.apply(one_way) == 2).all()
    one_way[1, 0] = np.nan
    with pytest.raises(InputError, match="no numbers"):
        fitted.apply(one_way)


@given(length=st.integers(0, 600))
def test_a_cut_file_is_refused(length: int) -> None:
    data = _fitted(_rows(), 3).to_bytes()
    with pytest.raises(InputError):
        read_projection(data[: min(length, len(data) - 1)])


def test_tensors_that_lie_about_their_place_are_refused() -> None:
    data = _fitted(_rows(), 3).to_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header["matrix"]["shape"] = [-6, -3]
    text = json.dumps(header).encode()
    with pytest.raises(InputError):
        read_projection(struct.pack("<Q", len(text)) + text + data[8 + length :])
