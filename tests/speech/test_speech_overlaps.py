"""Who speaks second, and in which order speakers are named."""

from __future__ import annotations

import numpy as np

from loquitur.model.speech import Turn
from loquitur.speech.clustering import Clusters
from loquitur.speech.overlaps import renamed, told_apart
from loquitur.speech.turns import Cell

GRID = [Cell(0, 500), Cell(500, 1000), Cell(1000, 1500), Cell(1500, 2000)]
SHARED = [Cell(400, 500), Cell(1600, 1900)]
X, Y, Z = np.eye(3, dtype=np.float32)


def clusters(labels, count):
    scores = np.full(len(labels), 0.9)
    return Clusters(labels=np.array(labels), scores=scores, count=count)


def test_the_second_speaker_is_never_the_first():
    mixed = (X + 0.9 * Z) / np.linalg.norm(X + 0.9 * Z)
    voices = np.stack([X, X, Y, Z, mixed, Y])
    found = clusters([0, 0, 1, 2, 0, 1], 3)
    first, second = told_apart(voices, found, GRID, SHARED)
    assert first.labels.tolist() == [0, 0, 1, 2]
    assert second.labels.tolist() == [2, 1]  # like Z after X itself; Y beside Z is kept
    assert np.allclose(second.scores, [0.1, 0.9])


def test_one_speaker_alone_has_no_second():
    voices = np.stack([X] * 6)
    first, second = told_apart(voices, clusters([0] * 6, 1), GRID, SHARED)
    assert len(first.labels) == 4
    assert len(second.labels) == len(second.scores) == 0


def test_nobody_speaks_at_once():
    first, second = told_apart(np.stack([X, X, Y, Y]), clusters([0, 0, 1, 1], 2), GRID, [])
    assert len(first.labels) == 4
    assert len(second.labels) == 0


def test_speakers_are_numbered_as_they_are_heard():
    turns = [
        Turn(start_ms=0, end_ms=9, speaker="SPEAKER_02"),
        Turn(start_ms=5, end_ms=9, speaker="SPEAKER_00"),
        Turn(start_ms=9, end_ms=20, speaker="SPEAKER_02"),
    ]
    names = [turn.speaker for turn in renamed(turns)]
    assert names == ["SPEAKER_00", "SPEAKER_01", "SPEAKER_00"]
