"""Who of three speaks when, told window by window: speech, speech at once, and pure pieces of it.

A segmentation network hears ten seconds at a time and tells up to three speakers apart in them,
at most two at once (A. Plaquet, H. Bredin, "Powerset multi-class cross entropy loss for neural
speaker diarization", Interspeech 2023). The second window's first speaker may be the first one's
third: who is who over the file is not told here. Windows overlap, and what they say of the same
moment is averaged, where it does not depend on who is who.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.model.speech import Activity
    from loquitur.timing import Span

WINDOW_MS = 10_000
GRID_MS = 20
SPEAKERS = 3
_FRAMES = WINDOW_MS // GRID_MS
_WITNESSES = 2
_WITNESS_SHARE = 0.02
# The network's classes: nobody; A, B, C; A and B, A and C, B and C.
_AT_ONCE = ((1, 4, 5), (2, 4, 6), (3, 5, 6))  # the classes in which A, B and C speak
_OVERLAPPED = (4, 5, 6)


class LocalSpeakers:
    """What a segmentation network said of a sound, on a grid of 20 ms.

    It holds 75 bytes for each step of 20 ms at a hop of 2.5 s: 10 hours need about 50 MB.

    Args:
        heard: Speech probability of a voice detector on the grid, 0..1.
        offset_ms: Media time of the first step.
        hop_ms: Time from one window to the next, a multiple of 20 ms.
    """

    def __init__(self, heard: NDArray[np.float32], *, offset_ms: int, hop_ms: int) -> None:
        self._heard = heard
        self._offset_ms = offset_ms
        self._hop = hop_ms // GRID_MS
        self.windows = 1 + max(0, -(-(len(heard) - _FRAMES) // self._hop))
        length = (self.windows - 1) * self._hop + _FRAMES
        self._local = np.zeros((self.windows, _FRAMES, SPEAKERS), np.uint8)
        self._speech = np.zeros(length, np.float32)
        self._overlap = np.zeros(length, np.float32)
        self._count = np.zeros(length, np.uint8)

    def start_ms(self, number: int) -> int:
        """Media time at which a window begins."""
        return self._offset_ms + number * self._hop * GRID_MS

    def loudest(self, number: int) -> float:
        """The detector's highest probability in a window."""
        first = number * self._hop
        return float(self._heard[first : first + _FRAMES].max(initial=0.0))

    def put(self, number: int, shares: NDArray[np.float32]) -> None:
        """Take what the network says of a window: probabilities of its classes, shape [500, 7]."""
        first = number * self._hop
        self._speech[first : first + _FRAMES] += 1.0 - shares[:, 0]
        self._overlap[first : first + _FRAMES] += shares[:, _OVERLAPPED].sum(axis=1)
        self._count[first : first + _FRAMES] += 1
        own = np.stack([shares[:, classes].sum(axis=1) for classes in _AT_ONCE], axis=1)
        self._local[number] = np.rint(np.clip(own, 0.0, 1.0) * 255.0)

    def speech(self, activity: Activity) -> Activity:
        """Speech probabilities: the geometric mean of the network's and the detector's.

        Far from the microphone the one misses little and hears speech in noise, the other the
        reverse: both must have something to say for it.

        Args:
            activity: The detector's, for its gain and its engine.
        """
        shares = self._speech / np.maximum(self._count, 1)
        return self._told(np.sqrt(shares[: len(self._heard)] * self._heard), activity)

    def overlap(self, speech: Sequence[Span], activity: Activity) -> Activity:
        """Probabilities that two speak at once, none outside the given stretches of speech."""
        shares = self._overlap / np.maximum(self._count, 1)
        return self._told(shares[: len(self._heard)] * self._inside(speech), activity)

    def likely(self, speech: Sequence[Span], *, least_ms: int) -> int:
        """How many speakers there are to be expected, since windows tell so many apart.

        One window may err: it takes two that say so (neighbours hear most of the same), and two of
        a hundred in long recordings.

        Args:
            speech: The stretches of speech; nothing outside counts.
            least_ms: So long must a speaker be heard in a window, weighed by probability.
        """
        inside = np.zeros(len(self._speech), np.float32)
        inside[: len(self._heard)] = self._inside(speech)
        told = np.zeros(self.windows, np.int64)
        for number, local in enumerate(self._local):
            first = number * self._hop
            spoken = inside[first : first + _FRAMES] @ local.astype(np.float32)
            told[number] = np.count_nonzero(spoken * (GRID_MS / 255.0) >= least_ms)
        witnesses = max(_WITNESSES, round(_WITNESS_SHARE * np.count_nonzero(told)))
        return int(np.sort(told)[::-1][witnesses - 1]) if witnesses <= len(told) else 1

    def purity(self, cell: Span, rank: int, times_ms: NDArray[np.int64]) -> NDArray[np.float32]:
        """How surely the speaker of a short stretch, and nobody else, speaks at given moments.

        Args:
            cell: The stretch; the window whose middle is nearest to its own tells who speaks.
            rank: 0 for the one who speaks most in it, 1 for the second.
            times_ms: The moments, media time.

        Returns:
            0..1 for each moment, 0 outside the window.
        """
        middle_ms = (cell.start_ms + cell.end_ms) // 2 - self._offset_ms
        nearest = round((middle_ms - WINDOW_MS // 2) / (self._hop * GRID_MS))
        number = min(max(nearest, 0), self.windows - 1)
        local = self._local[number].astype(np.float32) / 255.0
        start_ms = self.start_ms(number)
        first = min(max((cell.start_ms - start_ms) // GRID_MS, 0), _FRAMES - 1)
        last = max(-(-(cell.end_ms - start_ms) // GRID_MS), first + 1)
        order = np.argsort(-local[first:last].mean(axis=0), kind="stable")
        own = local[:, order[rank]]
        pure = own * (1.0 - np.delete(local, order[rank], axis=1).max(axis=1))
        at = (times_ms - start_ms) // GRID_MS
        within = (at >= 0) & (at < _FRAMES)
        found: NDArray[np.float32] = np.where(within, pure[np.clip(at, 0, _FRAMES - 1)], 0.0)
        return found.astype(np.float32)

    def _inside(self, spans: Sequence[Span]) -> NDArray[np.float32]:
        """1 on the grid inside the spans, 0 elsewhere."""
        inside = np.zeros(len(self._heard), np.float32)
        for span in spans:
            first, last = (
                max(0, (at - self._offset_ms) // GRID_MS) for at in (span.start_ms, span.end_ms)
            )
            inside[first:last] = 1.0
        return inside

    def _told(
        self, shares: NDArray[np.float32] | NDArray[np.float64], activity: Activity
    ) -> Activity:
        levels = np.rint(np.clip(shares.astype(np.float64), 0.0, 1.0) * 255.0).astype(np.uint8)
        return dataclasses.replace(
            activity,
            frame_ms=GRID_MS,
            offset_ms=self._offset_ms,
            probabilities=levels.tobytes(),
        )


def levels_of(activity: Activity, start_ms: int, end_ms: int) -> NDArray[np.float32]:
    """A detector's speech probabilities on a grid of 20 ms, 0 where it says nothing.

    Args:
        activity: Probabilities on its own frames.
        start_ms: Media time of the first step.
        end_ms: Media time after the last.

    Returns:
        0..1, shape [(end_ms - start_ms) / 20, rounded up].
    """
    levels = np.frombuffer(activity.probabilities, np.uint8)
    steps = -(-max(0, end_ms - start_ms) // GRID_MS)
    middles_ms = start_ms + np.arange(steps) * GRID_MS + GRID_MS // 2
    at = (middles_ms - activity.offset_ms) // activity.frame_ms
    known = (at >= 0) & (at < len(levels))
    found = np.zeros(steps, np.float32)
    found[known] = levels[at[known]].astype(np.float32) / 255.0
    return found
