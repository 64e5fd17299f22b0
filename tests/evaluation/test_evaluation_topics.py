"""Pk and WindowDiff are segeval's, and nltk's for a given window; trivial segmentations."""

from __future__ import annotations

import random

import pytest

from loquitur.evaluation.topics import (
    agreement,
    mean_of,
    near_borders,
    pk,
    trivial,
    window_diff,
    window_of,
)


def cases(count):
    rng = random.Random(1)
    for _ in range(count):
        length = rng.randint(3, 60)
        sides = [
            sorted(rng.sample(range(1, length), rng.randint(0, min(length - 1, 8))))
            for _ in range(2)
        ]
        yield length, *sides


def masses(borders, length):
    return tuple(b - a for a, b in zip([0, *borders], [*borders, length], strict=True))


def test_both_are_those_of_segeval():
    segeval = pytest.importorskip("segeval")
    probed = 0
    for length, true, made in cases(150):
        sides = masses(made, length), masses(true, length)
        assert window_of(true, length) == segeval.compute_window_size(sides[1])
        if pk(true, made, length=length) is None:
            continue
        probed += 1
        assert pk(true, made, length=length) == pytest.approx(float(segeval.pk(*sides)))
        found = window_diff(true, made, length=length)
        assert found == pytest.approx(float(segeval.window_diff(*sides)))
    assert probed > 100


def test_both_are_those_of_nltk_for_a_given_window():
    nltk = pytest.importorskip("nltk.metrics.segmentation")
    for length, true, made in cases(200):
        window = window_of(true, length)
        if window >= length:
            continue
        rows = ["".join("01"[at in side] for at in range(1, length)) for side in (true, made)]
        assert pk(true, made, length=length) == pytest.approx(nltk.pk(*rows, window))
        found = window_diff(true, made, length=length, window=window)
        assert found == pytest.approx(nltk.windowdiff(*rows, window))


def test_right_is_nothing_and_order_is_asked_for():
    assert agreement([3, 7], [3, 7], length=10).pk == 0
    for side in ([7, 3], [0], [10], [3, 3]):
        with pytest.raises(ValueError, match="ascending"):
            pk(side, [], length=10)
    with pytest.raises(ValueError, match="window"):
        pk([3], [], length=10, window=0)
    assert pk([1], [1], length=2) is None


def test_trivial_ones_have_as_many_borders_and_are_seeded():
    one, two = (trivial([10, 60], length=100, seed=3) for _ in range(2))
    assert one == two
    assert [one[name].borders for name in ("none", "even", "random")] == [0, 2, 2]
    assert one["none"].pk == one["none"].window_diff == pk([10, 60], [], length=100)
    assert one["even"].pk == pk([10, 60], [33, 66], length=100)
    assert trivial([], length=2)["random"].pk is None


def test_means_leave_out_what_has_no_figure():
    both = [agreement([5], [], length=10), agreement([1], [1], length=2)]
    assert mean_of(both).pk == pytest.approx(0.25)
    assert mean_of([]).pk is None


def test_a_border_is_found_once():
    assert near_borders([10, 12], [11], within=5) == (1, 1, 0)
    assert near_borders([], [4], within=5) == (0, 0, 1)
