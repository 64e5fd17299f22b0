"""The dynamic programme against every cut of short texts, one by one."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.subtitles import lattice as lattices
from loquitur.subtitles.cutting import LIKELY, cut, likelihoods
from loquitur.subtitles.lattice import FLASH_GAIN, lattice_of
from loquitur.subtitles.limits import Limits
from loquitur.subtitles.units import TimedText, units_of
from loquitur.subtitles.weights import STEPS, Weights

CHECK = settings(derandomize=True, deadline=None, max_examples=40)
CURVES = st.lists(st.floats(-2, 2), min_size=STEPS, max_size=STEPS).map(tuple)


@st.composite
def problems(draw):
    sizes = draw(st.lists(st.integers(1, 9), min_size=1, max_size=7))
    words = [
        TimedText(start_ms=300 * i, end_ms=300 * i + 250, text="x" * size)
        for i, size in enumerate(sizes)
    ]
    limits = Limits(
        line_width=10, line_count=draw(st.integers(1, 3)), speed_cps=None, shortest_ms=1, gap_ms=0,
        longest_ms=draw(st.sampled_from([900, 7_000])),
    )  # fmt: skip
    units = units_of(words, limits)
    for index in range(len(units)):
        units.stops[index] = index + 1 == len(units) or draw(st.integers(0, 9)) == 0
    worths = st.lists(st.floats(-3, 3), min_size=len(sizes), max_size=len(sizes))
    line, cue = np.array(draw(worths)), np.array(draw(worths))
    shape = {name: draw(CURVES) for name in ("single", "upper", "lower", "cue")}
    return units, line, cue, Weights(breaks={}, shape=shape), limits


def ways(units, limits):
    """Every way to cut: tuples of cues, each the ends of its lines, on as few lines as hold it."""
    count = len(units)

    def fits(start, end):
        return end == start + 1 or len(units.line(start, end)) <= limits.line_width

    def cues(start):
        if start == count:
            yield ()
            return
        for end in range(start + 1, count + 1):
            if any(units.stops[start : end - 1]):
                break
            if end > start + 1 and units.ends[end - 1] - units.starts[start] > limits.longest_ms:
                break
            for lines in range(1, limits.line_count + 1):
                found = [
                    (*inner, end)
                    for inner in itertools.combinations(range(start + 1, end), lines - 1)
                    if all(fits(a, b) for a, b in itertools.pairwise((start, *inner, end)))
                ]
                if found:
                    for one in found:
                        for rest in cues(end):
                            yield (one, *rest)
                    break

    return list(cues(0))


def worth_of(way, units, line, cue, weights, limits):
    def curve(name, fill, high=1.0):
        return float(np.interp(fill, np.linspace(0, high, STEPS), weights.shape[name]))

    total, start = 0.0, 0
    for ends in way:
        first = start
        for number, end in enumerate(ends):
            fill = min(len(units.line(start, end)) / limits.line_width, 1.0)
            last = number + 1 == len(ends)
            name = "single" if len(ends) == 1 else "lower" if last else "upper"
            total += curve(name, fill) + (0.0 if last else line[end - 1])
            start = end
        total += cue[start - 1]
        total += curve("cue", len(units.line(first, start)) / limits.line_width, 2.0)
    return total


@CHECK
@given(problem=problems())
def test_likelihoods_are_those_of_all_cuts_together(problem):
    units, line, cue, weights, limits = problem
    every = ways(units, limits)
    shares = np.array([math.exp(worth_of(way, *problem)) for way in every])
    shares /= shares.sum()
    lines, cues = np.zeros(len(units)), np.zeros(len(units))
    for way, share in zip(every, shares, strict=True):
        for ends in way:
            cues[ends[-1] - 1] += share
            for end in ends[:-1]:
                lines[end - 1] += share
    found = likelihoods(lattice_of(units, line, cue, weights, limits))
    assert np.allclose(found[0], lines, atol=1e-4)
    assert np.allclose(found[1], cues, atol=1e-4)


@CHECK
@given(problem=problems())
def test_the_cut_is_the_best_of_all(problem):
    units, line, cue, weights, limits = problem
    likely = likelihoods(lattice_of(units, line, cue, weights, limits))
    gain = likely[0] + likely[1] - LIKELY

    def value(way):
        whole = 0.0
        for ends in way:
            whole += 2 * likely[1][ends[-1] - 1] + likely[0][ends[-1] - 1] - 2 * LIKELY
            whole += sum(gain[end - 1] for end in ends[:-1])
        return whole

    made = cut(units, line, cue, weights, limits)
    every = ways(units, limits)
    assert tuple(made) in every
    assert value(made) == pytest.approx(max(map(value, every)), abs=1e-5)


def test_blocks_change_nothing(monkeypatch):
    limits = Limits(line_width=12)
    words = [
        TimedText(start_ms=200 * i, end_ms=200 * i + 200, text="abc"[: 1 + i % 3])
        for i in range(90)
    ]
    units = units_of(words, limits)
    units.stops[-1] = units.stops[40] = True
    random = np.random.default_rng(3)
    line, cue = random.normal(size=(2, 90))
    curve = tuple(np.linspace(-1, 1, STEPS))
    weights = Weights(breaks={}, shape=dict.fromkeys(("single", "upper", "lower", "cue"), curve))
    whole = cut(units, line, cue, weights, limits)
    monkeypatch.setattr(lattices, "CELLS", 60)
    assert cut(units, line, cue, weights, limits) == whole


def test_a_cue_that_would_flash_is_not_made_for_a_likely_break():
    limits = Limits(line_width=20, shortest_ms=833)
    words = [TimedText(start_ms=100 * i, end_ms=100 * i + 100, text="word") for i in range(8)]
    units = units_of(words, limits)
    units.stops[-1] = True
    lattice = lattice_of(units, np.zeros(8), np.full(8, 0.5), None, limits)
    table, _ = lattice.cues(0, 8, lattice.layers(0, 8, np.maximum)[1])
    assert table[0, 0] == pytest.approx(0.5 - FLASH_GAIN * (1 - 17 / 833))
    assert replace(lattice, line=lattice.line).lines_of(0, 8) == (4, 8)
