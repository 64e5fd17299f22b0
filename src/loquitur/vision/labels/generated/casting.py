"""Which labels a video has, and which of its streams: three labels a video on average.

A video is about one label, sometimes two or three: most often of the genre of the first. A label
brings the one above it along, more often than not: so labels occur together by genre and along the
tree, as in YouTube-8M. What is given as its labels misses some of the true ones and has a wrong one
now and then, as labels there do, which were made by programs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.vision.labels.examples import PICTURES, SOUND, WORDS
from loquitur.vision.labels.generated.dice import Dice

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.vision.labels.generated.design import Design
    from loquitur.vision.labels.generated.topics import Topics

_FURTHER = (0.95, 0.65, 0.45, 0.3)
"""How often a video is about a second label, a third ...; of those drawn twice one stays."""
_SAME_GENRE = 0.7
_UPWARDS = 0.7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cast:
    """What one video is.

    Args:
        true: The labels that are really there, ascending.
        given: Those that the data set says, ascending; at least one.
        seconds: How long it is.
        streams: Which streams it has.
    """

    true: NDArray[np.int64]
    given: NDArray[np.int64]
    seconds: int
    streams: tuple[str, ...]


def cast(design: Design, topics: Topics, part: int, number: int) -> Cast:
    """What a video is, by its part and number in it."""
    dice = Dice(design.seed, 2, part, number)
    true = _true(dice, topics)
    rows = design.most_rows - design.least_rows + 1
    seconds = design.least_rows + int(dice.one() * rows)
    streams = [PICTURES]
    streams += [] if dice.happens(design.soundless) else [SOUND]
    streams += [] if dice.happens(design.wordless) else [WORDS]
    given = [label for label in true if not dice.happens(design.missing)] or true[:1]
    if dice.happens(design.wrong):
        other = _one_of(dice, topics, topics.members[topics.topics[true[0]].genre])
        given = given if other in true else [*given, other]
    return Cast(
        true=np.asarray(sorted(true), dtype=np.int64),
        given=np.asarray(sorted(given), dtype=np.int64),
        seconds=seconds,
        streams=tuple(streams),
    )


def _true(dice: Dice, topics: Topics) -> list[int]:
    """The true labels, what the video is about first."""
    everything = np.arange(len(topics.topics))
    about = [_one_of(dice, topics, everything)]
    for chance in _FURTHER:
        if dice.happens(chance):
            genre = topics.members[topics.topics[about[0]].genre]
            about.append(_one_of(dice, topics, genre if dice.happens(_SAME_GENRE) else everything))
    found: dict[int, None] = {}
    taken: set[int] = set()
    for first in about:
        label = first
        while label >= 0:
            group = topics.topics[label].group
            if label not in found and group not in taken:
                found[label] = None
                taken |= {group} if group >= 0 else set()
            if not dice.happens(_UPWARDS):
                break
            label = topics.topics[label].parent
    return list(found)


def _one_of(dice: Dice, topics: Topics, among: NDArray[np.int64]) -> int:
    """One of some labels, the frequent ones more often."""
    weights = np.cumsum(topics.weights[among])
    at = int(np.searchsorted(weights, dice.one() * weights[-1], side="right"))
    return int(among[min(at, len(among) - 1)])
