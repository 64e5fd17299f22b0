"""Cells cover the speech, and turns cover the cells."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.model.speech import Turn
from loquitur.speech.clustering import Clusters
from loquitur.speech.turns import Cell, cells, joined, turns_of
from loquitur.timing import Span


def found(labels, scores=None, count=None):
    scores = [0.5] * len(labels) if scores is None else scores
    count = len(set(labels)) if count is None else count
    return Clusters(labels=np.array(labels), scores=np.array(scores), count=count)


@given(
    st.lists(st.integers(1, 3000), min_size=2, max_size=12),
    st.integers(50, 600),
    st.integers(0, 2000),
    st.integers(1, 20_000),
)
@settings(derandomize=True, deadline=None, max_examples=200)
def test_cells_cover_the_speech(steps, hop_ms, from_ms, length_ms):
    until_ms = from_ms + length_ms
    edges = np.cumsum(steps).tolist()
    speech = [Span(start_ms=a, end_ms=b) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    grid = cells(speech, hop_ms=hop_ms, from_ms=from_ms, until_ms=until_ms)
    inside = np.zeros(40_000, bool)
    for span in speech:
        inside[span.start_ms : span.end_ms] = True
    inside[:from_ms] = False
    inside[until_ms:] = False
    covered = np.zeros(40_000, int)
    for cell in grid:
        assert 0 < cell.end_ms - cell.start_ms < 1.5 * hop_ms + 1
        covered[cell.start_ms : cell.end_ms] += 1
    np.testing.assert_array_equal(covered, inside.astype(int))


def test_turns():
    grid = [Cell(0, 200), Cell(200, 400), Cell(400, 600), Cell(1099, 1300), Cell(1800, 2000)]
    turns = list(turns_of(grid, found([0, 0, 1, 1, 1], [1.0, 0.5, 0.9, 0.8, 0.25])))
    assert [(t.start_ms, t.end_ms, t.speaker, t.score) for t in turns] == [
        (0, 400, "SPEAKER_00", 0.75),
        (400, 1300, "SPEAKER_01", 0.85),
        (1800, 2000, "SPEAKER_01", 0.25),
    ]


def test_one_speaker_has_no_score():
    (turn,) = turns_of([Cell(0, 200)], found([0]))
    assert turn.score is None


def test_nothing():
    assert list(turns_of([], found([]))) == []
    assert cells([], hop_ms=200, until_ms=1000) == []


def _turn(start_ms, end_ms, speaker, score=None):
    return Turn(start_ms=start_ms, end_ms=end_ms, speaker=speaker, score=score)


def test_shreds_of_one_speaker_become_one_turn():
    shreds = [
        _turn(0, 1000, "A", 0.9),
        _turn(1001, 1500, "A", 0.5),
        _turn(1000, 2000, "B", 0.8),
        _turn(1700, 2700, "A", 0.5),
        _turn(3000, 4000, "A"),
        _turn(2100, 2200, "B", 0.4),
    ]
    assert joined(shreds, gap_ms=250) == (
        _turn(0, 2700, "A", 0.66),
        _turn(1000, 2200, "B", 0.764),
        _turn(3000, 4000, "A"),
    )
    assert len(joined(shreds, gap_ms=0)) == len(shreds)
    assert joined([], gap_ms=100) == ()
    assert joined([_turn(0, 5000, "A"), _turn(100, 200, "A")], gap_ms=0) == (_turn(0, 5000, "A"),)
