"""Speakers of a network that hears a window at a time and numbers them as they arrive.

Sortformer (Park et al. 2024, arXiv:2409.06656) gives each of its outputs to a speaker in the order
in which they first speak. So a window is heard after a reminder: a few clear seconds of everybody
heard so far. They arrive in that order again, and whoever arrives after them is new.
"""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

from loquitur.model.speech import Activity, EngineStamp, Turn
from loquitur.speech.activity import regions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from loquitur.speech.activity import RegionOptions

    Array = NDArray[np.float32]

CLIP_MS = 4_000
"""A reminder of one speaker; the network hears a turn of that length reliably."""
LEAST_MS = 400
"""Who speaks less than this in all of a window has not arrived."""
SPEAKS = 0.5
_NOBODY = EngineStamp(name="arrivals", version="1")


class Reminders:
    """Who has arrived so far, each with a clip of their speech.

    Args:
        frame_ms: Length of one frame of the network's output.
        frame_samples: Samples in it.
        most: How many speakers the network tells apart.
    """

    def __init__(self, *, frame_ms: int, frame_samples: int, most: int) -> None:
        self._frame_ms = frame_ms
        self._frame_samples = frame_samples
        self._most = most
        self._clips: list[Array] = []

    @property
    def sound(self) -> Array:
        """All clips, one behind the other, whole frames; shape [n]."""
        return np.concatenate([np.zeros(0, np.float32), *self._clips])

    def sort(self, heard: Array, sound: Array) -> Array:
        """What was heard in a window, each speaker in the column of their first arrival.

        Args:
            heard: What the network gave for `self.sound` and the window behind it, 0..1, shape
                [frames, outputs].
            sound: The window, shape [samples]; clips of who is new are taken from it.

        Returns:
            The window's part, shape [frames, most].
        """
        outputs = heard.shape[1]
        borders = np.cumsum([0, *(len(clip) // self._frame_samples for clip in self._clips)])
        window = heard[int(borders[-1]) :]
        known = self._known(heard, borders)
        place = dict(zip(known, range(len(known)), strict=True))
        least = max(1, LEAST_MS // self._frame_ms)
        for output in self._by_arrival(window):
            spoken = int((window[:, output] >= SPEAKS).sum())
            if output not in place and spoken >= least and len(place) < self._most:
                place[output] = len(place)
        ordered = np.zeros((len(window), self._most), np.float32)
        for output, column in place.items():
            ordered[:, column] = window[:, output]
        for output in sorted(place, key=place.__getitem__):
            others = np.delete(np.arange(outputs), output)
            quiet = window[:, others].max(axis=1, initial=0.0) < SPEAKS
            self._keep(place[output], (window[:, output] >= SPEAKS) & quiet, sound)
        return ordered

    def _known(self, heard: Array, borders: NDArray[np.int64]) -> tuple[int, ...]:
        """The output of each speaker so far: the matching in which the clips are heard best."""
        count = len(self._clips)
        if not count:
            return ()
        means = np.stack([heard[borders[at] : borders[at + 1]].mean(axis=0) for at in range(count)])
        choices = permutations(range(heard.shape[1]), count)
        return max(choices, key=lambda outputs: float(means[range(count), outputs].sum()))

    def _by_arrival(self, window: Array) -> list[int]:
        speaking = window >= SPEAKS
        first = np.where(speaking.any(axis=0), speaking.argmax(axis=0), len(window))
        order: list[int] = np.argsort(first, kind="stable").tolist()
        return order

    def _keep(self, column: int, alone: NDArray[np.bool_], sound: Array) -> None:
        """Take the longest stretch in which a speaker is heard alone, if it is the best so far."""
        steps = np.flatnonzero(np.diff(alone.astype(np.int8), prepend=0, append=0))
        runs = steps.reshape(-1, 2)
        if not len(runs):
            runs = np.array([[0, max(1, LEAST_MS // self._frame_ms)]])  # never alone: any clip
        start, stop = runs[np.argmax(runs[:, 1] - runs[:, 0])].tolist()
        stop = min(stop, start + CLIP_MS // self._frame_ms)
        size = self._frame_samples
        clip = sound[start * size : stop * size].copy()
        clip = clip[: len(clip) // size * size]
        if column == len(self._clips):
            self._clips.append(clip)
        elif len(clip) > len(self._clips[column]):
            self._clips[column] = clip


def at_most(probabilities: Array, most: int | None) -> Array:
    """No more than so many speakers: who speaks least is taken for whoever else is likeliest.

    Args:
        probabilities: 0..1, shape [frames, speakers].
        most: The number; None for no bound.
    """
    speaking = probabilities >= SPEAKS
    shares = speaking.sum(axis=0)
    if most is None or int((shares > 0).sum()) <= most:
        return probabilities
    ranked = np.argsort(-shares, kind="stable")
    kept, dropped = ranked[:most], ranked[most:]
    result = probabilities.copy()
    lost = speaking[:, dropped].any(axis=1) & ~speaking[:, kept].any(axis=1)
    rows = np.flatnonzero(lost)
    likeliest = kept[probabilities[np.ix_(rows, kept)].argmax(axis=1)]
    result[rows, likeliest] = probabilities[np.ix_(rows, dropped)].max(axis=1)
    result[:, dropped] = 0.0
    return result


def turns_of_probabilities(
    probabilities: Array, *, frame_ms: int, bounds_ms: tuple[int, int], options: RegionOptions
) -> Iterator[Turn]:
    """Turns of each speaker, overlaps kept, sorted by start; labels by first appearance.

    Args:
        probabilities: Of speaking, 0..1, shape [frames, speakers].
        frame_ms: Length of a frame.
        bounds_ms: Media time of the sound's start and end.
        options: How probabilities become turns.
    """
    first_ms, last_ms = bounds_ms
    found: list[tuple[int, int, int, float]] = []
    for speaker, row in enumerate(probabilities.T):
        activity = Activity(
            frame_ms=frame_ms,
            offset_ms=first_ms,
            probabilities=np.rint(np.clip(row, 0.0, 1.0) * 255.0).astype(np.uint8).tobytes(),
            gain_db=0.0,
            engine=_NOBODY,
        )
        for span in regions(activity, options=options):
            end_ms = min(span.end_ms, last_ms)
            if span.start_ms < end_ms:
                low = (span.start_ms - first_ms) // frame_ms
                score = float(row[low : (end_ms - first_ms) // frame_ms + 1].mean())
                found.append((span.start_ms, end_ms, speaker, round(min(score, 1.0), 3)))
    found.sort()
    labels: dict[int, str] = {}
    for start_ms, end_ms, speaker, score in found:
        label = labels.setdefault(speaker, f"SPEAKER_{len(labels):02d}")
        yield Turn(start_ms=start_ms, end_ms=end_ms, speaker=label, score=score)
