"""What several analyses share: unevenness, quotes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loquitur.insight.quoting import cut
from loquitur.insight.unevenness import gini, top_share


@given(st.lists(st.integers(0, 10_000), max_size=40))
def test_gini_is_half_the_mean_difference_over_the_mean(sizes: list[int]):
    found = gini(sizes)
    if not sum(sizes):
        assert found is None
        return
    apart = sum(abs(one - other) for one in sizes for other in sizes)
    assert found == pytest.approx(apart / (2 * len(sizes) * sum(sizes)), abs=1e-12)


def test_gini_of_huge_sizes_does_not_overflow():
    assert gini([1e200, 1e200]) == 0.0
    assert gini([1e308, 1e308]) is None


def test_a_share_of_the_number_is_rounded_up():
    sizes = np.array([1.0] * 10 + [10.0])
    assert top_share(sizes, 0.1) == pytest.approx(11 / 20)
    assert top_share(sizes, 0.01) == pytest.approx(10 / 20)
    assert top_share(np.ones(30), 0.1) == pytest.approx(0.1)


@given(st.text(), st.integers(2, 30))
def test_a_quote_has_room_on_its_line(text: str, most: int):
    found = cut(text, most)
    assert len(found) <= most
    assert found == " ".join(found.split())
    if len(text) <= most:
        assert found == " ".join(text.split())


def test_a_quote_that_is_blank_for_long_says_that_there_is_more():
    assert cut(" " * 1_000_000 + "end", 20) == "…"
