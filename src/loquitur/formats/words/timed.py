"""Words with times as plain values, and the mending of times that tools leave out."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from loquitur.formats.document import Findings
from loquitur.formats.spreading import spread

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from loquitur.model.captions import Diagnostic

_MOST_MS = 10**13
_SIGN_MS, _LEAST_MS = 75, 150
"""How long a word is taken to be that nobody says the length of: 75 ms a character and 150 ms."""
_LONG_MS = 3000
_SCRIPTS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
_UNIT = re.compile(
    rf"[^{_SCRIPTS}]+|[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+[\u3041-\u309f]*|[\u3041-\u309f]+"
    r"|[\u30a0-\u30ff\uff66-\uff9f]+"
)
_NO_BLANKS = re.compile(f"[{_SCRIPTS}]")
_LONG_UNIT = 6
"""Runs of Chinese characters have no inner marks; they are cut into pieces of this many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedWord:
    """One word.

    Args:
        text: Without outer blanks.
        start_ms: When it begins.
        end_ms: When it ends; later than `start_ms`.
        speaker: Who says it; empty where nobody is named.
        confidence: 0..1, or None where nothing says it.
        estimated: Whether it was interpolated. Where a file says starts alone they count as said;
            the end is then that of the next word, or of a usual length.
        glued: Whether it stands right behind the word before it, without a blank.
    """

    text: str
    start_ms: int
    end_ms: int
    speaker: str = ""
    confidence: float | None = None
    estimated: bool = False
    glued: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedWords:
    """Words sorted by start.

    `source` names the shape they were read from; `diagnostics` say what was mended.
    """

    words: tuple[TimedWord, ...]
    language: str = ""
    source: str = ""
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def estimated(self) -> int:
        """How many of them have interpolated times."""
        return sum(word.estimated for word in self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """A word as a tool says it, in milliseconds; None where it says nothing.

    `within_ms` is the stretch it was said in, which bounds what is interpolated.
    """

    text: str
    start_ms: float | None = None
    end_ms: float | None = None
    speaker: str = ""
    confidence: float | None = None
    within_ms: tuple[int, int] | None = None
    glued: bool = False
    estimated: bool = False


def whole(value: object, *, scale: float = 1.0) -> float | None:
    """A number as a time in milliseconds; None where it is none that a time can be."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if not math.isfinite(value):
        return None
    found = value * scale
    return found if abs(found) < _MOST_MS else None


def units_of(text: str) -> list[tuple[str, bool]]:
    """The units of a text that get times of their own: words, and phrases where no blanks stand.

    Each with whether it is glued to the one before.

    >>> units_of("Hi there"), units_of("今日は寒い。")
    ([('Hi', False), ('there', False)], [('今日は', False), ('寒い。', True)])
    """
    found: list[tuple[str, bool]] = []
    for word in text.split():
        if not _NO_BLANKS.search(word):
            found.append((word, False))
            continue
        pieces: list[str] = []
        for unit in _UNIT.findall(word):
            if pieces and not any(sign.isalnum() for sign in unit):
                pieces[-1] += unit
            else:
                pieces += (
                    [unit[at : at + _LONG_UNIT] for at in range(0, len(unit), _LONG_UNIT)]
                    if (len(unit) > 2 * _LONG_UNIT and _NO_BLANKS.match(unit))
                    else [unit]
                )
        found += [(piece, at > 0) for at, piece in enumerate(pieces)]
    return found


def filled(
    raws: Iterable[Raw], *, source: str, language: str = "", findings: Findings | None = None
) -> TimedWords:
    """Words with whole and possible times.

    Args:
        raws: In the order in which they were said (each speaker's at least).
        source: What they were read from.
        language: BCP 47 tag.
        findings: What was strange so far.
    """
    findings = findings or Findings()
    given = [one for raw in raws for one in _cleaned(raw)]
    _tell(given, findings)
    placed = _placed(given)
    placed.sort(key=lambda word: word.start_ms)
    words = tuple(_apart(placed, findings))
    return TimedWords(words=words, language=language, source=source, diagnostics=findings.all())


def _tell(given: Sequence[Raw], findings: Findings) -> None:
    untimed = sum(one.start_ms is None for one in given)
    if untimed:
        findings.add("words.untimed", 0, f"{untimed} words without times: interpolated")
    empty = sum(
        one.start_ms is not None and one.end_ms is not None and one.end_ms <= one.start_ms
        for one in given
    )
    if empty:
        findings.add("words.empty", 0, f"{empty} words without length: given one")


def _cleaned(raw: Raw) -> list[Raw]:
    """The word with possible values; one with blanks inside as several."""
    units = units_of(raw.text)
    start = None if raw.start_ms is None else max(raw.start_ms, 0.0)
    confidence = raw.confidence
    if confidence is not None and not 0 <= confidence <= 1:
        confidence = None
    raw = replace(
        raw, start_ms=start, end_ms=None if start is None else raw.end_ms, confidence=confidence
    )
    if not units:
        return []
    first, *rest = units
    if not rest:
        return [replace(raw, text=first[0])]
    if start is None or raw.end_ms is None or raw.end_ms <= start:
        return [replace(raw, text=first[0], end_ms=None)] + [
            replace(raw, text=text, start_ms=None, end_ms=None, glued=glued, estimated=True)
            for text, glued in rest
        ]
    times = spread([text for text, _ in units], round(start), round(raw.end_ms))
    return [
        replace(raw, text=text, start_ms=begin, end_ms=end, glued=glued, estimated=True)
        for (text, glued), (begin, end) in zip(units, times, strict=True)
    ]


def _placed(given: Sequence[Raw]) -> list[TimedWord]:
    """Every word in its place: runs without times between their neighbours."""
    found: list[TimedWord] = []
    at = 0
    while at < len(given):
        end = at + 1
        if given[at].start_ms is None:
            while end < len(given) and given[end].start_ms is None:
                end += 1
            found += _run(given[at:end], found, given[end] if end < len(given) else None)
        else:
            while end < len(given) and given[end].start_ms == given[at].start_ms:
                end += 1
            found += _same(given[at:end], given[end] if end < len(given) else None)
        at = end
    return found


def _run(raws: Sequence[Raw], before: Sequence[TimedWord], after: Raw | None) -> list[TimedWord]:
    """Words without times: from what ends before them to what begins after them."""
    within = raws[0].within_ms
    start = before[-1].end_ms if before else 0
    if within is not None:
        start = max(start, within[0]) if start < within[1] else within[0]
    long = sum(_usual(raw.text) for raw in raws)
    end = start + long
    if after is not None and after.start_ms is not None and after.start_ms > start:
        end = min(end, round(after.start_ms)) if within is None else round(after.start_ms)
    if within is not None and raws[-1].within_ms == within:
        end = (
            min(max(end, start + 1), within[1])
            if after and after.within_ms == within
            else within[1]
        )
    times = spread([raw.text for raw in raws], start, end)
    return [
        _word(raw, begin, stop, estimated=True)
        for raw, (begin, stop) in zip(raws, times, strict=True)
    ]


def _same(raws: Sequence[Raw], after: Raw | None) -> list[TimedWord]:
    """Words of one start: one as it is, several in a row until the next begins."""
    start = round(raws[0].start_ms or 0)
    later = after.start_ms if after else None
    room = round(later) if later is not None and later > start else None
    if len(raws) == 1:
        raw = raws[0]
        if raw.end_ms is not None and raw.end_ms > start:
            return [_word(raw, start, max(round(raw.end_ms), start + 1), estimated=raw.estimated)]
        end = start + _usual(raw.text)
        end = min(end, room) if room is not None else end
        if raw.within_ms is not None and raw.within_ms[1] > start:
            end = min(end, raw.within_ms[1])
        return [_word(raw, start, max(end, start + 1), estimated=raw.end_ms is not None)]
    if len({raw.speaker for raw in raws}) == len(raws):  # several speak at once
        return [word for raw in raws for word in _same([raw], after)]
    end = max((round(raw.end_ms) for raw in raws if raw.end_ms is not None), default=start)
    if end <= start:
        end = start + sum(_usual(raw.text) for raw in raws)
        end = min(end, room) if room is not None else end
    times = spread([raw.text for raw in raws], start, end)
    return [
        _word(raw, begin, stop, estimated=True)
        for raw, (begin, stop) in zip(raws, times, strict=True)
    ]


def _usual(text: str) -> int:
    return _LEAST_MS + _SIGN_MS * len(text)


def _word(raw: Raw, start_ms: int, end_ms: int, *, estimated: bool) -> TimedWord:
    start_ms = max(start_ms, 0)
    end_ms = max(end_ms, start_ms + 1)
    return TimedWord(
        text=raw.text, start_ms=start_ms, end_ms=end_ms, speaker=raw.speaker,
        confidence=raw.confidence, estimated=estimated or raw.estimated, glued=raw.glued,
    )  # fmt: skip


def _apart(words: Sequence[TimedWord], findings: Findings) -> Iterable[TimedWord]:
    """The words of each speaker, none longer than a word can be, none into the next one."""
    following: dict[str, int] = {}
    ends: list[int | None] = []
    for word in reversed(words):
        ends.append(following.get(word.speaker))
        following[word.speaker] = word.start_ms
    trimmed = long = 0
    for word, later in zip(words, reversed(ends), strict=True):
        end_ms, estimated = word.end_ms, word.estimated
        if end_ms - word.start_ms > max(_LONG_MS, 2 * _usual(word.text)):
            end_ms, estimated, long = word.start_ms + _usual(word.text), True, long + 1
        if later is not None and word.start_ms < later < end_ms:
            end_ms, trimmed = later, trimmed + 1
        yield word if end_ms == word.end_ms else replace(word, end_ms=end_ms, estimated=estimated)
    if trimmed:
        findings.add("words.overlap", 0, f"{trimmed} words ended after the next one began: trimmed")
    if long:
        findings.add("words.long", 0, f"{long} words were longer than {_LONG_MS} ms: shortened")
