"""What each break between units is worth, as a line's end and as a cue's end."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from loquitur.subtitles import phrases
from loquitur.subtitles.features import features_of
from loquitur.subtitles.tokens import Reader, changes_speaker
from loquitur.subtitles.weights import Weights, fitted

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from loquitur.subtitles.grammar import Grammar
    from loquitur.subtitles.units import Units

    Column = npt.NDArray[np.float64]

HAND: dict[str, tuple[float, float]] = {
    # What stands behind its noun or verb stays with it.
    "R:postposition": (-3.0, -3.5),
    "L:postposition": (0.6, 0.3),
    "R:final": (-3.0, -3.5),
    "L:final": (0.8, 1.5),
    "lead:mark": (1.0, 2.0),
    "hold:number": (-3.0, -3.5),
    "hold:unit": (-3.0, -3.5),
    "hold:title": (-4.0, -5.0),
}
"""Weights set by hand, on the scale of the fitted ones: too rare in the corpus, or not English."""
WINDOW = 60
"""Units looked at to both sides for marks, where a transcript may have lost them."""
FEW_MARKS = 2
"""Marks in a window from which on it counts as punctuated."""
SPACE_WORTH = 2.5
"""Of a space in a script without spaces between words: it stands for a mark."""
PAUSE_FROM_MS = 150
PAUSE_FULL_MS = 1_000
PAUSE_WORTH = (0.5, 4.0)
"""A pause is worth nothing up to 150 ms, from 1 s on all of this (line, cue); set by hand: the
corpus for fitting has no times of words."""


def worths(units: Units, grammar: Grammar) -> tuple[Column, Column, Weights]:
    """The worth of ending a line and a cue after each unit, and the weights that go with the text.

    Where a stretch of some hundred words has no marks at all, words alone decide in it.
    """
    count = len(units)
    line, cue = np.zeros(count), np.zeros(count)
    bare = _unmarked(units.texts, grammar)
    marked = fitted("marked")
    kinds = [(True, fitted("bare"))] if all(bare) else [(False, marked)]
    if any(bare) and not all(bare):
        kinds.append((True, fitted("bare")))
    for without, weights in kinds:
        found = of_words(units.texts, grammar, weights, bare=without)
        for index, pair in enumerate(found):
            if bare[index] == without:
                line[index], cue[index] = pair
    if any(map(phrases.has_unspaced, dict.fromkeys(units.texts))):
        _of_phrases(units, grammar, line, cue)
    of_pauses(units, line, cue)
    return line, cue, fitted("bare") if 2 * sum(bare) > count else marked


def of_words(
    texts: Sequence[str], grammar: Grammar, weights: Weights, *, bare: bool
) -> list[tuple[float, float]]:
    """What words say: the worth as a line's and as a cue's end behind each but the last."""
    read = Reader(grammar, bare=bare).read
    tokens = [read(text) for text in texts]
    weights = Weights(breaks=dict(weights.breaks) | HAND, shape=weights.shape)
    features = features_of(tokens, words=grammar.language == "en", names=grammar.names)
    return [weights.worth(names) for names in features]


def _unmarked(texts: Sequence[str], grammar: Grammar) -> list[bool]:
    """Whether each unit stands where marks are missing."""
    read = Reader(grammar).read
    marks = [0, *accumulate(int(read(text).end not in ("", "close", "short")) for text in texts)]
    count = len(texts)
    return [
        marks[min(index + WINDOW, count)] - marks[max(index - WINDOW, 0)] < FEW_MARKS
        for index in range(count)
    ]


def _of_phrases(units: Units, grammar: Grammar, line: Column, cue: Column) -> None:
    """Adds what scripts without spaces say of a break."""
    texts, spaces = units.texts, units.spaces
    for index in range(len(texts) - 1):
        left, right = texts[index], texts[index + 1]
        if not (phrases.has_unspaced(left) or phrases.has_unspaced(right)):
            continue
        if spaces[index + 1]:
            if phrases.joins(left, right):
                line[index] += SPACE_WORTH
                cue[index] += SPACE_WORTH
            continue
        # A particle may be spread over units; none is longer than four characters.
        before = "".join(texts[max(0, index - 3) : index + 1])
        after = "".join(texts[index + 1 : index + 5])
        value = phrases.worth(before, after, grammar)
        line[index] += value
        cue[index] += value


def of_pauses(units: Units, line: Column, cue: Column) -> None:
    """Adds what the pauses are worth."""
    starts, ends = np.array(units.starts), np.maximum.accumulate(np.array(units.ends))
    gaps = np.zeros(len(units))
    gaps[:-1] = starts[1:] - ends[:-1]
    share = np.clip((gaps - PAUSE_FROM_MS) / (PAUSE_FULL_MS - PAUSE_FROM_MS), 0.0, 1.0)
    line += PAUSE_WORTH[0] * share
    cue += PAUSE_WORTH[1] * share


def stop_at(units: Units, pause_ms: int) -> None:
    """Marks where a cue must end: another voice, a pause, the sign for another speaker."""
    until_ms = 0
    for index in range(len(units) - 1):
        until_ms = max(until_ms, units.ends[index])
        if (
            units.voices[index] != units.voices[index + 1]
            or units.starts[index + 1] - until_ms >= pause_ms
            or changes_speaker(units.texts[index + 1])
        ):
            units.stops[index] = True
            until_ms = 0
    if len(units):
        units.stops[-1] = True
