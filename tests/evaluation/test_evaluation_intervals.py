from __future__ import annotations

import numpy as np
import pytest

from loquitur.evaluation.intervals import bootstrap


def test_a_known_spread():
    """400 units of ten words, each word wrong with 0.2: the rate's standard deviation is 0.0063."""
    rng = np.random.default_rng(7)
    errors = rng.binomial(10, 0.2, 400)
    found = bootstrap(errors, np.full(400, 10), unit="utterance", draws=4000)
    rate = errors.sum() / 4000
    half = 1.96 * (0.2 * 0.8 / 4000) ** 0.5
    assert found.low == pytest.approx(rate - half, abs=0.002)
    assert found.high == pytest.approx(rate + half, abs=0.002)


def test_nine_of_ten_intervals_at_ninety_percent_hold_the_truth():
    rng = np.random.default_rng(3)
    held = 0
    for number in range(200):
        errors = rng.binomial(10, 0.2, 60)
        found = bootstrap(errors, [10] * 60, unit="utterance", level=0.9, draws=300, seed=number)
        held += found.low <= 0.2 <= found.high
    assert 165 <= held <= 195


@pytest.mark.parametrize(("errors", "lengths"), [([], []), ([1], [3]), ([1, 2], [0, 0])])
def test_too_little_gives_no_interval(errors, lengths):
    found = bootstrap(errors, lengths, unit="recording")
    assert (found.low, found.high, found.units) == (None, None, len(errors))


def test_many_units_are_drawn_in_parts():
    found = bootstrap([1, 0] * 300_000, [2] * 600_000, unit="utterance", draws=5)
    assert found.low == pytest.approx(0.25, abs=0.01)
