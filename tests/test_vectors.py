"""Vectors at unit length: whatever the kind of number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from loquitur.vectors import unit


@given(
    arrays(
        np.float64,
        st.tuples(st.integers(0, 5), st.integers(1, 4)),
        elements=st.floats(-1e6, 1e6).filter(lambda one: one == 0 or abs(one) > 1e-6),
    )
)
def test_rows_have_length_1_or_are_zero(rows) -> None:
    found = unit(rows)
    lengths = np.sqrt((found**2).sum(axis=1))
    assert np.allclose(lengths, rows.any(axis=1))
    assert np.allclose(found * np.sqrt((rows**2).sum(axis=1, keepdims=True)), rows)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (np.float16, np.float32),
        (np.float32, np.float32),
        (np.float64, np.float64),
        (np.uint8, np.float32),
    ],
)
def test_the_kind_of_number(given, found) -> None:
    rows = np.full((2, 4096), 200, given)
    assert unit(rows).dtype == found
    assert np.allclose(np.linalg.norm(unit(rows), axis=1), 1)
