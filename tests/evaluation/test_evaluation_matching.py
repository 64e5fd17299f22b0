from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.evaluation.matching import assign


@settings(derandomize=True, deadline=None)
@given(
    rows=st.integers(1, 9),
    columns=st.integers(1, 9),
    most=st.sampled_from([1, 3, 10**6, 1 << 39]),
    seed=st.integers(0, 1 << 20),
)
def test_the_same_cost_as_scipy(rows, columns, most, seed):
    optimize = pytest.importorskip("scipy.optimize")
    cost = np.random.default_rng(seed).integers(-most, most, (rows, columns))
    found = assign(cost)
    assert len(found) == min(rows, columns)
    assert len({row for row, _ in found}) == len({column for _, column in found}) == len(found)
    wanted = cost[optimize.linear_sum_assignment(cost)].sum()
    assert sum(cost[row, column] for row, column in found) == wanted


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_nobody_on_one_side(shape):
    assert assign(np.zeros(shape, np.int64)) == ()


def test_a_crowd_ends():
    cost = np.random.default_rng(1).integers(0, 1000, (150, 200))
    assert len(assign(cost)) == 150
