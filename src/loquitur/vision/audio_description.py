"""Descriptions as a spoken track: each sentence in a pause of the dialogue, near what it is about.

A describer is heard beside the film, so nothing may be said while somebody speaks: "audible gaps"
are all there is (ITC Guidance on Standards for Audio Description, 2000). A sentence goes into the
gap nearest to its event; before it, it may stand a few seconds early, behind its start as long as
the event lasts. What does not fit is shortened by whole clauses, or gives way to a shorter
sentence that the describer had thought of; what still does not fit is left out, and told: such
descriptions need a film that waits for them ("extended audio description", WCAG 2.2, 1.2.7).

The result is a draft for people to work on: a program cannot tell what matters to the story.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from loquitur.timing import Span
from loquitur.vision.vocabulary import words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from loquitur.model.vision import Description

Reason = Literal["no gap", "repeated", "empty"]
_CLAUSE = re.compile(r"(?<=[.!?;:。！？；])\s*")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0e7f]")
_TAIL = " ;:,；、"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a describer speaks, and how far a sentence may stand from what it is about.

    Args:
        words_per_minute: Of a language that parts words by blanks. About 160 is an
            assumption: guidelines give no one rate, and published descriptions differ (Jankowska
            et al. 2017, Rivista Internazionale di Tecnica della Traduzione 19, compare them).
        signs_per_minute: Of one that does not (Chinese, Japanese, Thai): about as news is read.
        apart_ms: Silence left between dialogue and description, on both sides.
        early_ms: How long before its event a sentence may begin.
        shortest_ms: No sentence is over sooner.
    """

    words_per_minute: int = 160
    signs_per_minute: int = 300
    apart_ms: int = 250
    early_ms: int = 5_000
    shortest_ms: int = 800

    def __post_init__(self) -> None:
        if not (30 <= self.words_per_minute <= 600 and 60 <= self.signs_per_minute <= 1200):
            raise ValueError(f"nobody speaks so: {self}")
        if min(self.apart_ms, self.early_ms) < 0 or self.shortest_ms < 1:
            raise ValueError("lengths are not negative")

    def spoken_ms(self, text: str) -> int:
        """How long it takes to say a text.

        >>> Pace().spoken_ms("a man rides a horse along the beach")
        3000
        """
        words = words_of(text)
        signs = sum(1 for word in words if _UNSPACED.match(word))
        minutes = (len(words) - signs) / self.words_per_minute + signs / self.signs_per_minute
        return max(self.shortest_ms, round(60_000 * minutes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Narration:
    """A sentence as it is to be said: when, and of which span; `shortened` where it was longer."""

    start_ms: int
    end_ms: int
    text: str
    of: Span
    shortened: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A sentence that is not said: why, and how long a pause it needs beside the longest there is.

    `room_ms` is the longest gap that it might have stood in, 0 for none.
    """

    text: str
    of: Span
    reason: Reason
    needed_ms: int
    room_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A track of descriptions, by start, none over another or over dialogue; and what is not in."""

    narrations: tuple[Narration, ...]
    left_out: tuple[LeftOut, ...] = ()


def fit(
    descriptions: Sequence[Description],
    dialogue: Iterable[Span],
    *,
    end_ms: int,
    pace: Pace | None = None,
) -> Fitted:
    """Each sentence in a gap of the dialogue, in the order of what they are about.

    Linear in the sentences and in the gaps near each of them.

    Args:
        descriptions: By start.
        dialogue: When somebody speaks, in any order; spans may overlap.
        end_ms: Where the film ends.
        pace: Of the describer.
    """
    pace = pace or Pace()
    gaps = gaps_of(dialogue, end_ms=end_ms, apart_ms=pace.apart_ms)
    placing = _Placing(gaps, pace)
    for one in descriptions:
        placing.take(one)
    return Fitted(narrations=tuple(placing.narrations), left_out=tuple(placing.left_out))


def gaps_of(dialogue: Iterable[Span], *, end_ms: int, apart_ms: int = 0) -> tuple[Span, ...]:
    """The pauses of `[0, end_ms)`, each shorter by `apart_ms` on the sides where somebody speaks.

    >>> gaps_of([Span(start_ms=100, end_ms=200)], end_ms=300, apart_ms=10)
    (Span(start_ms=0, end_ms=90), Span(start_ms=210, end_ms=300))
    """
    found: list[Span] = []
    free_ms = 0
    for span in sorted(dialogue):
        if span.start_ms - apart_ms > free_ms:
            found.append(Span(start_ms=free_ms, end_ms=min(span.start_ms - apart_ms, end_ms)))
        free_ms = max(free_ms, span.end_ms + apart_ms)
        if free_ms >= end_ms:
            break
    if free_ms < end_ms:
        found.append(Span(start_ms=free_ms, end_ms=end_ms))
    return tuple(found)


class _Placing:
    """Places sentences one after the other."""

    def __init__(self, gaps: Sequence[Span], pace: Pace) -> None:
        self._gaps = gaps
        self._starts = [gap.start_ms for gap in gaps]
        self._ends = [gap.end_ms for gap in gaps]
        self._pace = pace
        self._free_ms = 0
        self._said: tuple[list[str], ...] = ()
        self.narrations: list[Narration] = []
        self.left_out: list[LeftOut] = []

    def take(self, one: Description) -> None:
        """Give a sentence a place, or note why it has none."""
        of = Span(start_ms=one.start_ms, end_ms=one.end_ms)
        text = " ".join(one.text.split())
        needed_ms = self._pace.spoken_ms(text)
        if not words_of(text):
            reason: Reason = "empty"
        elif words_of(text) in self._said:
            reason = "repeated"
        else:
            for at, wording in enumerate(_wordings(one)):
                if words_of(wording) in self._said:
                    continue
                start_ms = self._place(of, self._pace.spoken_ms(wording))
                if start_ms is not None:
                    self._say(start_ms, wording, of, full=text, shortened=at > 0)
                    return
            reason = "no gap"
        room_ms = self._room(of) if reason == "no gap" else 0
        self.left_out.append(
            LeftOut(text=text, of=of, reason=reason, needed_ms=needed_ms, room_ms=room_ms)
        )

    def _say(self, start_ms: int, text: str, of: Span, *, full: str, shortened: bool) -> None:
        end_ms = start_ms + self._pace.spoken_ms(text)
        self.narrations.append(
            Narration(start_ms=start_ms, end_ms=end_ms, text=text, of=of, shortened=shortened)
        )
        self._free_ms = end_ms + self._pace.apart_ms
        self._said = (words_of(full), words_of(text))

    def _place(self, of: Span, length_ms: int) -> int | None:
        """The start nearest to the event's at which so long a sentence is heard alone."""
        before: int | None = None
        for at in range(bisect_right(self._starts, of.start_ms) - 1, -1, -1):
            gap = self._gaps[at]
            start_ms = min(of.start_ms, gap.end_ms - length_ms)
            if start_ms < of.start_ms - self._pace.early_ms and gap.end_ms <= of.start_ms:
                break
            if start_ms >= max(gap.start_ms, self._free_ms, of.start_ms - self._pace.early_ms):
                before = start_ms
                break
        after: int | None = None
        for at in range(bisect_right(self._ends, of.start_ms), len(self._gaps)):
            gap = self._gaps[at]
            if gap.start_ms >= of.end_ms:
                break
            start_ms = max(gap.start_ms, self._free_ms, of.start_ms)
            if start_ms < of.end_ms and start_ms + length_ms <= gap.end_ms:
                after = start_ms
                break
        if before is None or after is None:
            return after if before is None else before
        return before if of.start_ms - before <= after - of.start_ms else after

    def _room(self, of: Span) -> int:
        """The longest pause in which the sentence might have stood."""
        first = bisect_right(self._ends, of.start_ms - self._pace.early_ms)
        last = bisect_left(self._starts, of.end_ms)
        free_ms = max(self._free_ms, of.start_ms - self._pace.early_ms)
        rooms = [gap.end_ms - max(gap.start_ms, free_ms) for gap in self._gaps[first:last]]
        return max([0, *rooms])


def _wordings(one: Description) -> list[str]:
    """The sentence, then ever fewer of its clauses, then shorter sentences that were considered."""
    text = " ".join(one.text.split())
    found = [text]
    clauses = [clause for clause in _CLAUSE.split(text) if clause.strip(_TAIL)]
    stop = text[-1] if text and text[-1] in ".!?。！？" else ""
    for count in range(len(clauses) - 1, 0, -1):
        joint = "" if _UNSPACED.search(text) else " "
        found.append(joint.join(clauses[:count]).rstrip(_TAIL + ".!?。！？") + stop)
    others = [" ".join(other.text.split()) for other in one.alternatives]
    shorter = [other for other in others if words_of(other) and len(other) < len(text)]
    return found + shorter  # best first, as the describer gave them
