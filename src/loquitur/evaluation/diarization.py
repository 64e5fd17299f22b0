"""Diarization error: who was heard when nobody, somebody else, or nobody of them spoke.

One sweep over the borders of all turns, in whole milliseconds. Time and memory grow with the
number of turns alone: `log` of it for sorting, nothing else.

DER (NIST RT-03 evaluation plan): missed time + falsely heard time + time of the wrong speaker,
over all time of speakers in the reference; speakers are matched so that the most time is right.
JER (Ryant et al. 2019, the second DIHARD challenge, and its scorer dscore): for each speaker of
the reference one minus the Jaccard index with the speaker matched to it, 1 where there is none;
the mean over speakers, matched so that it is least.

Beside pyannote.metrics: the same DER to the millisecond, with its `collar` twice ours. There it is
the whole width of the stretch around a border, here as in NIST's md-eval the width on each side.
A speaker who, by the file, speaks twice at the same time counts once (md-eval too; pyannote twice).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from loquitur.evaluation.entries import Entry
from loquitur.evaluation.matching import assign
from loquitur.timing import Span

Turns = Sequence[tuple[int, int, str]]
"""(start in ms, end in ms, speaker), in any order; those without length count as absent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiarizationError:
    """The parts of the error in ms of speaker time, of one recording or of many added up.

    `total_ms` is what the reference's speakers speak inside the scored time, `scored_ms` the
    length of that time. `mapping` says which speaker of the hypothesis stands for which of the
    reference. `jaccard_sum` is the sum of the Jaccard errors of `speakers` speakers.
    """

    total_ms: int = 0
    miss_ms: int = 0
    false_alarm_ms: int = 0
    confusion_ms: int = 0
    scored_ms: int = 0
    speakers: int = 0
    speakers_heard: int = 0
    jaccard_sum: float = 0.0
    mapping: tuple[tuple[str, str], ...] = ()

    @property
    def error_ms(self) -> int:
        """All that is wrong."""
        return self.miss_ms + self.false_alarm_ms + self.confusion_ms

    @property
    def rate(self) -> float | None:
        """DER; None where nobody speaks in the reference, since nothing can be divided by that."""
        return self.error_ms / self.total_ms if self.total_ms else None

    @property
    def jaccard(self) -> float | None:
        """JER; None where nobody speaks in the reference."""
        return self.jaccard_sum / self.speakers if self.speakers else None

    def share(self, part_ms: int) -> float | None:
        """A part of the error over the speakers' time; None where there is none."""
        return part_ms / self.total_ms if self.total_ms else None


def total(errors: Iterable[DiarizationError]) -> DiarizationError:
    """The errors of many recordings as one; no mapping, as speakers are of their recording."""
    listed = list(errors)
    return DiarizationError(
        total_ms=sum(one.total_ms for one in listed),
        miss_ms=sum(one.miss_ms for one in listed),
        false_alarm_ms=sum(one.false_alarm_ms for one in listed),
        confusion_ms=sum(one.confusion_ms for one in listed),
        scored_ms=sum(one.scored_ms for one in listed),
        speakers=sum(one.speakers for one in listed),
        speakers_heard=sum(one.speakers_heard for one in listed),
        jaccard_sum=sum(one.jaccard_sum for one in listed),
    )


def turns_of(entries: Iterable[Entry]) -> list[tuple[int, int, str]]:
    """The turns that entries tell; an entry without speaker or times tells none."""
    return [
        (entry.start_ms, entry.end_ms, entry.speaker)
        for entry in entries
        if entry.speaker and entry.start_ms is not None and entry.end_ms is not None
    ]


def diarization_error(
    reference: Turns,
    hypothesis: Turns,
    *,
    collar_ms: int = 0,
    skip_overlap: bool = False,
    uem: Sequence[Span] | None = None,
) -> DiarizationError:
    """What is wrong with the turns of one recording.

    Args:
        reference: The true turns.
        hypothesis: The turns heard.
        collar_ms: Not scored on EACH side of every border of the reference, in ms.
        skip_overlap: Whether to leave out where two or more speakers of the reference speak.
        uem: The stretches to be scored; None for all time.
    """
    sums = _Sums()
    for state, length_ms in _stretches(reference, hypothesis, collar_ms, uem):
        if not (skip_overlap and len(state.true) > 1):
            sums.add(state, length_ms)
    true, heard = sorted(sums.true_ms), sorted(sums.heard_ms)
    both = np.zeros((len(true), len(heard)), np.int64)
    rows, columns = ({name: at for at, name in enumerate(names)} for names in (true, heard))
    for (speaker, other), together_ms in sums.both_ms.items():
        both[rows[speaker], columns[other]] = together_ms
    matched = [(row, column) for row, column in assign(-both) if both[row, column]]
    right_ms = int(sum(both[row, column] for row, column in matched))
    return DiarizationError(
        total_ms=sum(sums.true_ms.values()),
        miss_ms=sums.miss_ms,
        false_alarm_ms=sums.false_alarm_ms,
        confusion_ms=sums.answered_ms - right_ms,
        scored_ms=sums.scored_ms,
        speakers=len(true),
        speakers_heard=len(heard),
        jaccard_sum=_jaccard_sum(
            both, np.array([sums.true_ms[name] for name in true], np.int64),
            np.array([sums.heard_ms[name] for name in heard], np.int64),
        ),
        mapping=tuple((heard[column], true[row]) for row, column in matched),
    )  # fmt: skip


def _jaccard_sum(
    both: NDArray[np.int64], true_ms: NDArray[np.int64], heard_ms: NDArray[np.int64]
) -> float:
    """Jaccard errors of the reference's speakers, matched so that their sum is least."""
    if not both.size:
        return float(len(true_ms))
    index = both / (true_ms[:, None] + heard_ms[None, :] - both)
    # whole numbers make the search exact; the sum itself is of the true values
    matched = assign(-np.rint(index * (1 << 36)).astype(np.int64))
    return float(len(true_ms) - sum(index[row, column] for row, column in matched))


@dataclass(slots=True)
class _State:
    """Who speaks now, and how often; how many stretches to be scored, and how many collars."""

    true: dict[str, int] = field(default_factory=dict)
    heard: dict[str, int] = field(default_factory=dict)
    inside: int = 0
    collars: int = 0

    def turn(self, speakers: dict[str, int], speaker: str, step: int) -> None:
        count = speakers.get(speaker, 0) + step
        if count:
            speakers[speaker] = count
        else:
            del speakers[speaker]


@dataclass(slots=True)
class _Sums:
    """Times in ms, added up over the scored stretches."""

    true_ms: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    heard_ms: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    both_ms: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    miss_ms: int = 0
    false_alarm_ms: int = 0
    answered_ms: int = 0
    scored_ms: int = 0

    def add(self, state: _State, length_ms: int) -> None:
        true, heard = len(state.true), len(state.heard)
        self.scored_ms += length_ms
        self.miss_ms += length_ms * max(0, true - heard)
        self.false_alarm_ms += length_ms * max(0, heard - true)
        self.answered_ms += length_ms * min(true, heard)
        for speaker in state.true:
            self.true_ms[speaker] += length_ms
            for other in state.heard:
                self.both_ms[speaker, other] += length_ms
        for other in state.heard:
            self.heard_ms[other] += length_ms


_TRUE, _HEARD, _INSIDE, _COLLAR = range(4)


def _stretches(
    reference: Turns, hypothesis: Turns, collar_ms: int, uem: Sequence[Span] | None
) -> Iterator[tuple[_State, int]]:
    """The state and the length in ms of each scored stretch between two borders."""
    events = [*_borders(reference, _TRUE), *_borders(hypothesis, _HEARD)]
    if uem is not None:
        events += _borders(((span.start_ms, span.end_ms, "") for span in uem), _INSIDE)
    if collar_ms > 0:
        borders = {at for start, end, _ in reference if end > start for at in (start, end)}
        around = ((at - collar_ms, at + collar_ms, "") for at in borders)
        events += _borders(around, _COLLAR)
    events.sort(key=lambda event: event[0])
    state = _State(inside=0 if uem is not None else 1)
    before_ms = events[0][0] if events else 0
    for at_ms, kind, speaker, step in events:
        if at_ms > before_ms and state.inside and not state.collars:
            yield state, at_ms - before_ms
        before_ms = at_ms
        if kind == _TRUE:
            state.turn(state.true, speaker, step)
        elif kind == _HEARD:
            state.turn(state.heard, speaker, step)
        elif kind == _INSIDE:
            state.inside += step
        else:
            state.collars += step


def _borders(
    turns: Iterable[tuple[int, int, str]], kind: int
) -> Iterator[tuple[int, int, str, int]]:
    for start_ms, end_ms, speaker in turns:
        if end_ms > start_ms:
            yield start_ms, kind, speaker, 1
            yield end_ms, kind, speaker, -1
