"""Who speaks second where two speak at once, after both voices of such moments were clustered."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from loquitur.speech.clustering import Clusters, unit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from loquitur.model.speech import Turn
    from loquitur.speech.turns import Cell


def told_apart(
    voices: NDArray[np.float32], found: Clusters, grid: list[Cell], shared: list[Cell]
) -> tuple[Clusters, Clusters]:
    """The speaker of each stretch, and the second one of each stretch in which two speak.

    Where clustering heard the same speaker twice at one moment, the second voice goes to the other
    speaker whom it is most like; its score is then what the first one's leaves.

    Args:
        voices: Embeddings, first those of `grid`, then those of `shared`.
        found: Their clusters.
        grid: All stretches of speech, in time order, at least one.
        shared: Those in which two speak, in time order, cut on their own.

    Returns:
        Clusters of `grid` and of `shared`; none for `shared` where there is only one speaker.
    """
    count = len(grid)
    first = dataclasses.replace(found, labels=found.labels[:count], scores=found.scores[:count])
    if found.count < 2 or not shared:
        return first, dataclasses.replace(found, labels=found.labels[:0], scores=found.scores[:0])
    points = unit(voices)
    means = unit(np.stack([points[found.labels == n].mean(axis=0) for n in range(found.count)]))
    middles_ms = np.array([cell.centre_ms for cell in grid])
    labels, scores = found.labels[count:].copy(), found.scores[count:].copy()
    for number, cell in enumerate(shared):
        leading = first.labels[np.abs(middles_ms - cell.centre_ms).argmin()]
        if labels[number] == leading:
            likeness = means @ points[count + number]
            likeness[leading] = -np.inf
            labels[number] = likeness.argmax()
            scores[number] = 1.0 - scores[number]
    return first, dataclasses.replace(found, labels=labels, scores=scores)


def renamed(turns: Iterable[Turn]) -> tuple[Turn, ...]:
    """The same turns, their speakers numbered in the order in which they are first heard."""
    names: dict[str, str] = {}
    found = []
    for turn in turns:
        name = names.setdefault(turn.speaker, f"SPEAKER_{len(names):02d}")
        found.append(dataclasses.replace(turn, speaker=name))
    return tuple(found)
