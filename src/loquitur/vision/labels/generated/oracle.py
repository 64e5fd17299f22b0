"""What somebody scores on a generated data set who knows how it was drawn.

Two ceilings, neither of them of a trained model:

- `told` knows the true labels of a video. Its scores fall short of 1 only since the labels that are
  given miss some of them and have wrong ones: nothing scores higher, but for luck.
- `Noticing` knows the directions of all events, and of a video its rows alone: how far the best
  stretch of rows lies in the direction of an event, and of labels that differ in the order, which
  event comes first. What that says of a label is learnt by one logistic regression for each manner,
  on videos of the training part. It is no exact posterior (which would sum over all that may happen
  in a video), and it knows nothing of labels that go together, so that a net may pass it; it says
  what there is to be found by each stream, and by all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.vision.labels.dataset import HIGH, LOW
from loquitur.vision.labels.examples import PICTURES, SOUND, WORDS
from loquitur.vision.labels.generated.design import STREAMS
from loquitur.vision.labels.generated.drawing import place_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.vision.labels.examples import Examples, Stream
    from loquitur.vision.labels.generated.drawing import Drawing

_STEP = np.float32((HIGH - LOW) / 255)
_BIAS = np.float32((HIGH - LOW) / 512 + LOW)
_WINDOW = {PICTURES: 9, SOUND: 9, WORDS: 1}
"""Rows over which a projection is averaged: about a shot; a word stands for itself."""
_TOP = 0.1
_ROUNDS = 25
_RIDGE = 1e-3


def told(drawing: Drawing, video_ids: Sequence[str]) -> NDArray[np.float32]:
    """Scores [n, labels] of who knows the true labels, and how often given ones are wrong."""
    topics, design = drawing.topics, drawing.design
    scores = np.zeros((len(video_ids), design.labels), np.float32)
    for row, found in enumerate(video_ids):
        true = drawing.cast(*place_of(found)).true
        for genre in topics.genres_of(true):
            members = topics.members[genre]
            share = topics.weights[members] / topics.weights[members].sum()
            scores[row, members] = design.wrong * share
        scores[row, true] = 1 - design.missing
    return scores


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Noticing:
    """Who knows the directions of events; see above.

    Args:
        drawing: What was drawn.
        streams: Which it looks at.
        weights: By manner, of the figures of `_figures`.
    """

    drawing: Drawing
    streams: tuple[str, ...]
    weights: dict[str, NDArray[np.float64]]

    @classmethod
    def learnt(
        cls, drawing: Drawing, streams: Sequence[str] = STREAMS, *, videos: int = 400
    ) -> Noticing:
        """Calibrated on the first videos of the training part."""
        examples = drawing.examples("train", range(videos), streams=streams)
        figures = _figures(drawing, examples, streams)
        given = np.zeros((videos, drawing.design.labels), np.bool_)
        for video in range(videos):
            given[video, examples.labels_of(video)] = True
        weights = {}
        for manner, labels in _by_manner(drawing).items():
            table = figures[:, labels].reshape(-1, figures.shape[2])
            weights[manner] = _logistic(table, given[:, labels].reshape(-1))
        return cls(drawing=drawing, streams=tuple(streams), weights=weights)

    def scores(self, examples: Examples) -> NDArray[np.float32]:
        """Scores [n, labels] of frame-level videos of the drawing."""
        figures = _figures(self.drawing, examples, self.streams)
        scores = np.zeros(figures.shape[:2], np.float32)
        for manner, labels in _by_manner(self.drawing).items():
            odds = figures[:, labels] @ self.weights[manner]
            scores[:, labels] = 1 / (1 + np.exp(-np.clip(odds, -30, 30)))
        return scores


def _by_manner(drawing: Drawing) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for number, topic in enumerate(drawing.topics.topics):
        found.setdefault(topic.manner, []).append(number)
    return found


def _figures(drawing: Drawing, examples: Examples, streams: Sequence[str]) -> NDArray[np.float64]:
    """What is noticed of each label in each video, [n, labels, 7].

    How well its events show (the weakest of them, and its square; the sum), of how many events
    there is a stream at all, whether they come in the right order, how frequent the label is, 1.
    """
    seen: dict[tuple[str, int], tuple[NDArray[Any], NDArray[Any]]] = {}
    for stream in streams:
        if stream in examples.streams:
            directions = drawing.sense(stream).events
            shown, when = _projected(examples.streams[stream], directions, _WINDOW[stream])
            for event in range(len(directions)):
                seen[stream, event] = shown[:, event], when[:, event]
    nothing = np.full(len(examples), np.nan), np.full(len(examples), np.nan)
    found = np.zeros((len(examples), drawing.design.labels, 7))
    for label, topic in enumerate(drawing.topics.topics):
        columns = [seen.get(event, nothing) for event in topic.events]
        shown = np.stack([column[0] for column in columns])
        there = np.isfinite(shown)
        weakest = np.where(there, shown, np.inf).min(axis=0)
        weakest[~there.any(axis=0)] = 0
        found[:, label, 0] = weakest
        found[:, label, 1] = weakest**2
        found[:, label, 2] = np.where(there, shown, 0).sum(axis=0)
        found[:, label, 3] = there.mean(axis=0)
        if topic.manner == "ordered":
            later = np.nan_to_num(columns[1][1] - columns[0][1])
            found[:, label, 4] = np.sign(later) * weakest
        found[:, label, 5] = np.log(drawing.topics.weights[label])
    found[:, :, 6] = 1
    return found


def _projected(
    stream: Stream, directions: NDArray[np.float32], window: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far the best tenth of the rows of each video goes in each direction, and where it is.

    Returns:
        Both [n, events]; NaN where a video has no rows.
    """
    units = directions / np.sqrt((directions**2).sum(axis=1, keepdims=True))
    shown = np.full((len(stream), len(directions)), np.nan)
    when = np.full((len(stream), len(directions)), np.nan)
    for video in range(len(stream)):
        rows = stream.of(video)
        if not len(rows):
            continue
        along = (rows.astype(np.float32) * _STEP + _BIAS) @ units.T
        along -= np.median(along, axis=0)
        smooth = _smoothed(along, min(window, len(rows)))
        best = max(1, round(_TOP * len(smooth)))
        order = np.argsort(-smooth, axis=0, kind="stable")[:best]
        shown[video] = np.take_along_axis(smooth, order, axis=0).mean(axis=0)
        when[video] = np.median(order, axis=0)
    return shown, when


def _smoothed(rows: NDArray[np.float32], window: int) -> NDArray[np.float64]:
    """Means of `window` rows that follow each other."""
    sums = np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0, dtype=float)])
    found: NDArray[np.float64] = (sums[window:] - sums[:-window]) / window
    return found


def _logistic(table: NDArray[np.float64], given: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weights of a logistic regression, by Newton's steps."""
    weights = np.zeros(table.shape[1])
    for _ in range(_ROUNDS):
        odds = np.clip(table @ weights, -30, 30)
        chance = 1 / (1 + np.exp(-odds))
        slope = table.T @ (given - chance) - _RIDGE * weights
        bend = (table * (chance * (1 - chance))[:, None]).T @ table
        step = np.linalg.solve(bend + _RIDGE * np.eye(len(weights)), slope)
        weights += step * min(1.0, 5.0 / max(1e-9, float(np.abs(step).max())))
    return weights
