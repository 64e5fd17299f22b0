"""What several analyses share: unevenness, quotes, time that grows with the text alone."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loquitur.insight.chapters.pieces import pieces
from loquitur.insight.quoting import cut
from loquitur.insight.spoken.fragments import Fragment, Spoken
from loquitur.insight.spoken.windows import parse_window, windows_of
from loquitur.insight.unevenness import gini, top_share


@given(st.lists(st.integers(0, 10_000), max_size=40))
def test_gini_is_half_the_mean_difference_over_the_mean(sizes: list[int]) -> None:
    found = gini(sizes)
    if not sum(sizes):
        assert found is None
        return
    apart = sum(abs(one - other) for one in sizes for other in sizes)
    assert found == pytest.approx(apart / (2 * len(sizes) * sum(sizes)), abs=1e-12)


def test_gini_of_huge_sizes_does_not_overflow() -> None:
    assert gini([1e200, 1e200]) == 0.0
    assert gini([1e308, 1e308]) is None


def test_a_share_of_the_number_is_rounded_up() -> None:
    sizes = np.array([1.0] * 10 + [10.0])
    assert top_share(sizes, 0.1) == pytest.approx(11 / 20)
    assert top_share(sizes, 0.01) == pytest.approx(10 / 20)
    assert top_share(np.ones(30), 0.1) == pytest.approx(0.1)


@given(st.text(), st.integers(2, 30))
def test_a_quote_has_room_on_its_line(text: str, most: int) -> None:
    found = cut(text, most)
    assert len(found) <= most
    assert found == " ".join(found.split())
    if len(text) <= most:
        assert found == " ".join(text.split())


def test_a_quote_that_is_blank_for_long_says_that_there_is_more() -> None:
    assert cut(" " * 1_000_000 + "end", 20) == "…"


@pytest.mark.parametrize("text", ["!" * 60_000 + "x", "." * 60_000 + "x"])
def test_a_run_of_marks_is_cut_to_pieces_in_time_that_grows_with_it(text: str) -> None:
    began = time.process_time()
    found = pieces(
        Spoken(
            name="a", title="a", fragments=(Fragment(start_ms=0, end_ms=60_000, text=text + " b"),)
        )
    )
    assert [one.text[-1] for one in found] == ["b"]
    assert time.process_time() - began < 10


def test_paragraphs_of_words_that_tell_nothing_take_time_that_grows_with_them() -> None:
    said = [
        Fragment(start_ms=at * 1000, end_ms=at * 1000 + 900, text="Oh no.") for at in range(4_000)
    ]
    began = time.process_time()
    found = windows_of(
        Spoken(name="a", title="a", fragments=tuple(said)), parse_window("paragraph")
    )
    assert sum(one.words for one in found) == 8_000
    assert time.process_time() - began < 10
