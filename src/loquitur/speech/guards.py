"""The one validator for every engine's words: whatever an engine says becomes valid `Word`s.

What engines were seen to do: times of NaN or None, a last word after the end of the sound,
segments out of order, words of no or negative length, overlaps inside one stream, posteriors of
1.001, numpy numbers, empty words. Nothing with text is lost here, and each repair is counted.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from loquitur.model.speech import RawWord, Timing, Word
from loquitur.speech.activity import within
from loquitur.timing import Span, from_seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SHORTEST_MS = 20
OPEN_END_MS = 400  # how long a word lasts at most where only its start is known
TOLERANCE_MS = 50  # times this little outside the sound are clamped without being counted

Repairs = tuple[tuple[str, int], ...]

_FARTHEST_MS = 10**12
_TIMINGS = get_args(Timing)
_UNSPEAKABLE = re.compile(r"[\ud800-\udfff]")


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A word under repair; times in ms from the start of the span, None where unknown."""

    text: str
    confidence: float | None
    timing: Timing
    start_ms: int | None
    end_ms: int | None


def guard(
    words: Iterable[RawWord | Word], *, span: Span, speech: Sequence[Span] = ()
) -> tuple[tuple[Word, ...], Repairs]:
    """Valid words in media time out of what an engine said of one stretch of sound.

    Words come out sorted by start, inside the span, at least `SHORTEST_MS` long and without
    overlaps (as far as the span has room: with more words than fit, first their length and then
    their order in time gives way, never a word). Words without a usable start are spread between
    their neighbours in proportion to their letters, over the speech alone where `speech` is told,
    and marked `timing="interpolated"`. Only words
    without text are dropped. Guarding twice changes nothing more. Takes n log n for n words
    out of order, else linear time.

    Args:
        words: As the engine yields them, times in ms from `span.start_ms`.
        span: The stretch of media time that the engine was given.
        speech: Where in media time somebody speaks, sorted and disjoint; empty where nobody knows.

    Returns:
        The words, and (name, count) of the repairs made, sorted by name: `clamped` into the
        span, `confidence` out of 0..1, `empty` words dropped, `interpolated` where times were
        missing, `lengthened` to the least length, `reordered`, `shortened` at the next word,
        `text` cleaned of control characters.
    """
    repairs: Counter[str] = Counter()
    drafts = _sort([draft for word in words if (draft := _read(word, repairs))], repairs)
    _clamp(drafts, span.duration_ms, repairs)
    _interpolate(drafts, _Voiced(speech, span), repairs)
    _separate(drafts, span.duration_ms, repairs)
    return tuple(_finish(draft, span) for draft in drafts), _listed(repairs)


def add_repairs(*counts: Repairs) -> Repairs:
    """The sums of several counts of repairs, sorted by name."""
    total: Counter[str] = Counter()
    for count in counts:
        total.update(dict(count))
    return _listed(total)


def _listed(repairs: Counter[str]) -> Repairs:
    return tuple(sorted((name, count) for name, count in repairs.items() if count))


def _read(word: RawWord | Word, repairs: Counter[str]) -> _Draft | None:
    """Plain Python values of one word; None where it has no text."""
    original = str(word.text) if word.text is not None else ""
    text = _clean(original)
    if not text:
        repairs["empty"] += 1
        return None
    repairs["text"] += text != original
    confidence = _number(word.confidence)
    mended = None if confidence is None else min(1.0, max(0.0, confidence))
    repairs["confidence"] += mended != word.confidence
    timing = word.timing if word.timing in _TIMINGS else "engine"
    return _Draft(
        text=text,
        confidence=mended,
        timing=timing,
        start_ms=_milliseconds(word.start_ms),
        end_ms=_milliseconds(word.end_ms),
    )


def _clean(text: str) -> str:
    """Text without control characters and halves of surrogate pairs, blanks made single."""
    text = _UNSPEAKABLE.sub("", text)
    plain = (" " if unicodedata.category(sign) == "Cc" else sign for sign in text)
    return " ".join("".join(plain).split())


def _number(value: Any) -> float | None:
    """A finite float, or None for anything else (also for text and for None)."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _milliseconds(value: Any) -> int | None:
    number = _number(value)
    if number is None:
        return None
    return from_seconds(min(max(number, -_FARTHEST_MS), _FARTHEST_MS) / 1000.0)


def _sort(drafts: list[_Draft], repairs: Counter[str]) -> list[_Draft]:
    """Drafts by start, stable; one without a start stays behind the word it was said after."""
    keys: list[int] = []
    for draft in drafts:
        before = keys[-1] if keys else -_FARTHEST_MS
        keys.append(draft.start_ms if draft.start_ms is not None else before)
    latest = -_FARTHEST_MS
    for key in keys:
        repairs["reordered"] += key < latest
        latest = max(latest, key)
    order = sorted(range(len(drafts)), key=keys.__getitem__)
    return [drafts[index] for index in order]


def _clamp(drafts: list[_Draft], duration_ms: int, repairs: Counter[str]) -> None:
    """Hold known times inside the sound; count those that were far outside."""
    for draft in drafts:
        times = [time for time in (draft.start_ms, draft.end_ms) if time is not None]
        outside = any(not -TOLERANCE_MS <= time <= duration_ms + TOLERANCE_MS for time in times)
        repairs["clamped"] += outside
        if draft.start_ms is not None:
            draft.start_ms = min(max(draft.start_ms, 0), duration_ms)
        if draft.end_ms is not None:
            draft.end_ms = min(max(draft.end_ms, 0), duration_ms)


class _Voiced:
    """A stretch of sound, and a clock that runs while somebody speaks in it; in ms of its start.

    Where nobody is known to speak between two moments, it runs all the time.
    """

    def __init__(self, speech: Sequence[Span], span: Span) -> None:
        self.duration_ms = span.duration_ms
        self._pieces = [
            (max(item.start_ms - span.start_ms, 0), min(item.end_ms, span.end_ms) - span.start_ms)
            for item in within(speech, span)
        ]

    def between(self, left_ms: int, right_ms: int) -> list[tuple[int, int]]:
        """The pieces of speech inside `[left_ms, right_ms)`, or all of it where there are none."""
        inside = [
            (max(start_ms, left_ms), min(end_ms, right_ms))
            for start_ms, end_ms in self._pieces
            if start_ms < right_ms and left_ms < end_ms
        ]
        return inside or [(left_ms, right_ms)]


def _interpolate(drafts: list[_Draft], voiced: _Voiced, repairs: Counter[str]) -> None:
    """Give times to the words that have none, between the nearest words that have."""
    duration_ms = voiced.duration_ms
    missing: list[_Draft] = []
    left_ms = 0
    for draft in drafts:
        if draft.start_ms is None:
            missing.append(draft)
            continue
        _spread(missing, left_ms, draft.start_ms, voiced)
        repairs["interpolated"] += len(missing)
        missing = []
        left_ms = draft.start_ms if draft.end_ms is None else max(draft.start_ms, draft.end_ms)
    _spread(missing, left_ms, duration_ms, voiced)
    repairs["interpolated"] += len(missing)
    _close(drafts, duration_ms, repairs)


def _spread(words: list[_Draft], left_ms: int, right_ms: int, voiced: _Voiced) -> None:
    """Share the speech in `[left_ms, right_ms)` among words in proportion to their letters."""
    if not words:
        return
    pieces = voiced.between(min(left_ms, right_ms), right_ms)
    length_ms = sum(end_ms - start_ms for start_ms, end_ms in pieces)
    letters = sum(len(word.text) for word in words)
    passed = 0
    for word in words:
        word.start_ms = _moment(pieces, length_ms * passed // letters, opening=True)
        passed += len(word.text)
        word.end_ms = _moment(pieces, length_ms * passed // letters, opening=False)
        word.timing = "interpolated"


def _moment(pieces: list[tuple[int, int]], spoken_ms: int, *, opening: bool) -> int:
    """When so much speech has passed: a word opens after a pause, and closes before one."""
    for start_ms, end_ms in pieces:
        length_ms = end_ms - start_ms
        if spoken_ms < length_ms or (spoken_ms == length_ms and not opening):
            return start_ms + spoken_ms
        spoken_ms -= length_ms
    return pieces[-1][1]


def _close(drafts: list[_Draft], duration_ms: int, repairs: Counter[str]) -> None:
    """End the words of which only the start is known: at the next word, or soon."""
    next_ms = duration_ms
    for draft in reversed(drafts):
        start_ms = draft.start_ms or 0
        if draft.end_ms is None:
            draft.end_ms = min(next_ms, start_ms + OPEN_END_MS)
            draft.timing = "interpolated"
            repairs["interpolated"] += 1
        next_ms = start_ms


def _separate(drafts: list[_Draft], duration_ms: int, repairs: Counter[str]) -> None:
    """Make every word long enough and end it where the next begins.

    A start moves only where words begin within the least length of each other or of the end.
    """
    count = len(drafts)
    if count > duration_ms:
        return _pack(drafts, duration_ms, repairs)
    shortest_ms = min(SHORTEST_MS, duration_ms // max(1, count))
    earliest_ms = 0
    for index, draft in enumerate(drafts):
        latest_ms = duration_ms - (count - index) * shortest_ms
        draft.start_ms = min(max(draft.start_ms or 0, earliest_ms), latest_ms)
        earliest_ms = draft.start_ms + shortest_ms
    next_ms = duration_ms
    for draft in reversed(drafts):
        start_ms, end_ms = draft.start_ms or 0, draft.end_ms or 0
        repairs["shortened"] += end_ms > next_ms
        repairs["lengthened"] += end_ms < start_ms + shortest_ms
        draft.end_ms = max(min(end_ms, next_ms), start_ms + shortest_ms)
        next_ms = start_ms
    return None


def _pack(drafts: list[_Draft], duration_ms: int, repairs: Counter[str]) -> None:
    """More words than milliseconds: one millisecond each, in order, shared where they must be."""
    for index, draft in enumerate(drafts):
        draft.start_ms = index * duration_ms // len(drafts)
        draft.end_ms = draft.start_ms + 1
        draft.timing = "interpolated"
        repairs["shortened"] += 1


def _finish(draft: _Draft, span: Span) -> Word:
    return Word(
        start_ms=span.start_ms + (draft.start_ms or 0),
        end_ms=span.start_ms + (draft.end_ms or 0),
        text=draft.text,
        confidence=draft.confidence,
        timing=draft.timing,
    )
