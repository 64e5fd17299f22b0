"""Sentences of any number of clips of any lengths, by any search."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.vision.decoding.beam import beam
from loquitur.vision.decoding.greedy import greedy
from loquitur.vision.decoding.options import Decoding
from loquitur.vision.decoding.sampling import sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from loquitur.vision.decoding.stepper import Hypothesis, Stepper

ROWS = 256
"""Rows that a net steps at once: sentences of a beam count one by one."""

NUMBERS = 1 << 26
"""Numbers of features that a net reads at once (256 MiB), unless one clip has more."""

_GREEDY = Decoding()


def decode(
    stepper: Stepper,
    clips: Sequence[NDArray[np.float32]],
    decoding: Decoding = _GREEDY,
    *,
    rows: int = ROWS,
) -> list[list[Hypothesis]]:
    """Sentences of each clip, best first, at least one.

    Clips of one length are read together; how they are batched changes nothing but the last digits.

    Args:
        stepper: The net.
        clips: Features [t, d] of each, normalised, t at least 1.
        decoding: The search.
        rows: As `ROWS`.
    """
    many = {"greedy": 1, "beam": decoding.width, "sample": decoding.count}[decoding.by]
    size = max(1, rows // many)
    order = sorted(range(len(clips)), key=lambda place: len(clips[place]))
    found: list[list[Hypothesis]] = [[] for _ in clips]
    for places in _batches(order, clips, size):
        features, lengths = padded([clips[place] for place in places])
        if decoding.by == "greedy":
            answers = [[one] for one in greedy(stepper, features, lengths, decoding)]
        elif decoding.by == "beam":
            answers = beam(stepper, features, lengths, decoding)
        else:
            answers = sample(stepper, features, lengths, decoding, places=places)
        for place, answer in zip(places, answers, strict=True):
            found[place] = answer
    return found


def _batches(
    order: Sequence[int], clips: Sequence[NDArray[np.float32]], size: int
) -> Iterator[list[int]]:
    """Places, shortest clips first: at most `size` of them, and `NUMBERS` when they are padded."""
    batch: list[int] = []
    for place in order:
        full = (len(batch) + 1) * clips[place].size > NUMBERS  # the longest so far
        if batch and (full or len(batch) == size):
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def padded(
    clips: Sequence[NDArray[np.float32]],
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Clips [t, d] side by side: [clips, most t, d] with zeros behind each end, and their t."""
    lengths = np.array([len(clip) for clip in clips], dtype=np.int64)
    features = np.zeros((len(clips), int(lengths.max()), clips[0].shape[1]), dtype=np.float32)
    for row, clip in enumerate(clips):
        features[row, : len(clip)] = clip
    return features, lengths
