"""Edits between words with times, where only words that meet in time may be matched.

Within a segment words get times in proportion to their letters, as MeetEval does by default: in
the reference a stretch, in the hypothesis its middle, widened by the collar on each side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from loquitur.errors import InputError
from loquitur.evaluation.counting import Counts
from loquitur.evaluation.entries import Entry
from loquitur.evaluation.normalizing import Normalizer


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A word in time; halves of milliseconds and less count, so times are floats in ms."""

    start_ms: float
    end_ms: float
    text: str


def place_words(said: Sequence[Entry], normalizer: Normalizer) -> list[Placed]:
    """Each word of a speaker over its share of the time, by start.

    Raises:
        InputError: An entry has no times.
    """
    placed = []
    for entry in said:
        if entry.start_ms is None or entry.end_ms is None:
            raise InputError(
                f"no times of '{entry.text[:40]}' in {entry.recording}, and a collar needs them",
                hint="leave --collar away, or give a format with times",
                code="LQ-EVAL-UNTIMED",
            )
        words = normalizer.words(entry.text)
        letters = sum(map(len, words))
        at = 0
        for word in words:
            length_ms = entry.end_ms - entry.start_ms
            start_ms = entry.start_ms + length_ms * at / letters
            at += len(word)
            end_ms = entry.start_ms + length_ms * at / letters
            placed.append(Placed(start_ms=start_ms, end_ms=end_ms, text=word))
    return sorted(placed, key=lambda word: word.start_ms)


def place_points(said: Sequence[Entry], normalizer: Normalizer, collar_ms: int) -> list[Placed]:
    """Each word of a speaker around the middle of its share of the time, `collar_ms` each way.

    Raises:
        InputError: An entry has no times.
    """
    return [
        Placed(
            start_ms=(word.start_ms + word.end_ms) / 2 - collar_ms,
            end_ms=(word.start_ms + word.end_ms) / 2 + collar_ms,
            text=word.text,
        )
        for word in place_words(said, normalizer)
    ]


def timed_edits(true: Sequence[Placed], heard: Sequence[Placed]) -> Counts:
    """The least edits between two texts, each sorted by start, where matches must meet in time.

    What two words save when matched, 2 where they are equal and 1 where not, against deleting one
    and inserting the other, is made as large as can be over pairs in order. Only pairs that meet
    are looked at, so time grows with the words times those within the collar.
    """
    if not true or not heard:
        return Counts(deletions=len(true), insertions=len(heard))
    codes: dict[str, int] = {}
    mine = [codes.setdefault(word.text, len(codes)) for word in true]
    theirs = np.array([codes.setdefault(word.text, len(codes)) for word in heard], np.int64)
    starts = np.array([word.start_ms for word in heard])
    ends = np.array([word.end_ms for word in heard])
    # from the first word that may still reach a time, to the last that has begun: bounds of a row
    reach = np.maximum.accumulate(ends)
    # one number for both: first what is saved, then how much of it by equal words
    unit = len(true) + len(heard) + 1
    equal, unequal = 2 * unit + 1, unit
    best = np.zeros(len(heard) + 1, np.int64)
    known = 0  # `best` is of use up to here; behind, it is what it is here
    for code, word in zip(mine, true, strict=True):
        low = int(np.searchsorted(reach, word.start_ms, "right"))
        high = int(np.searchsorted(starts, word.end_ms, "left"))
        if high <= low:
            continue
        if high > known:
            best[known + 1 : high + 1] = best[known]
            known = high
        meets = ends[low:high] > word.start_ms
        gain = np.where(theirs[low:high] == code, equal, unequal)
        taken = np.where(meets, best[low:high] + gain, 0)
        row = np.maximum(best[low + 1 : high + 1], taken)
        best[low + 1 : high + 1] = np.maximum.accumulate(row)
        tail = best[high + 1 : known + 1]
        np.maximum(tail, best[high], out=tail)
    saved, hits = divmod(int(best[known]), unit)
    substitutions = saved - 2 * hits
    return Counts(
        hits=hits,
        substitutions=substitutions,
        deletions=len(true) - hits - substitutions,
        insertions=len(heard) - hits - substitutions,
    )
