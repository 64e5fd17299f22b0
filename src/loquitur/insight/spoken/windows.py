"""Fragments gathered to windows that are long enough to be judged."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from statistics import median
from typing import TYPE_CHECKING, Literal

from loquitur.errors import UsageError
from loquitur.insight.links import moment
from loquitur.insight.spoken.timeline import timeline
from loquitur.insight.tokens import tokens
from loquitur.text import display
from loquitur.timing import check_span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.insight.spoken.fragments import Spoken
    from loquitur.insight.spoken.timeline import Timeline

Kind = Literal["words", "time", "sentence", "paragraph"]
Last = Literal["merge", "keep"]

_MOST_WORDS, _MOST_MS = 1_000_000, 24 * 3_600_000
_HALF = 0.5
_TIME = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)(ms|s|sec|m|min|h)")
_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,2}):(\d\d)")
_UNITS_MS = {"ms": 1, "s": 1000, "sec": 1000, "m": 60_000, "min": 60_000, "h": 3_600_000}
_HINT = "write words:300, time:5m (also 90s, 1h, 1:30), sentence or paragraph"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of speech.

    Args:
        start_ms: Of its first word, media time.
        end_ms: Of its last word, exclusive.
        text: What is said in it, on one line.
        words: How many tokens (see `tokens`).
        speaker: Where one alone speaks in it.
        url: The link to its start; empty where there is none.
        fragments: The half-open range of the fragments (by index) it has words of.
        short: Whether it has less than half of the words (or of the time) that a window shall
            have: what grows with length is not to be compared with the others'.
    """

    start_ms: int
    end_ms: int
    text: str
    words: int
    speaker: str | None = None
    url: str = ""
    fragments: tuple[int, int] = (0, 0)
    short: bool = False

    def __post_init__(self) -> None:
        check_span(self.start_ms, self.end_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowRule:
    """How windows are cut.

    Args:
        kind: `words` after so many tokens, `time` at every multiple of a span of media time,
            `sentence` at the ends of sentences, `paragraph` at pauses, speakers and topics.
        words: Of a window by words.
        span_ms: Of a window by time.
        last: What becomes of a last window that is shorter than half: `merge` joins it to the one
            before, `keep` leaves it, flagged as short.
    """

    kind: Kind = "words"
    words: int = 300
    span_ms: int = 300_000
    last: Last = "merge"
    said: str = field(default="words:300", compare=False)


def parse_window(text: str, *, last: Last = "merge") -> WindowRule:
    """A rule as people type it.

    Raises:
        UsageError: It is none, or its size is out of range.

    >>> parse_window("time:5m").span_ms, parse_window("words:300").words
    (300000, 300)
    """
    said = text.strip().lower()
    kind, colon, size = (part.strip() for part in said.partition(":"))
    if kind in ("sentence", "paragraph", "sentences", "paragraphs") and not colon:
        return WindowRule(kind="sentence" if kind[0] == "s" else "paragraph", last=last, said=said)
    if kind == "words" and (not colon or size):
        count = int(size) if re.fullmatch(r"[0-9]{1,9}", size) else 0 if colon else 300
        if 1 <= count <= _MOST_WORDS:
            return WindowRule(kind="words", words=count, last=last, said=f"words:{count}")
        raise UsageError(f"not a number of words: '{display(size[:40])}'", hint=_HINT)
    if kind == "time" and (not colon or size):
        span_ms = _span_ms(size) if colon else 300_000
        if 1000 <= span_ms <= _MOST_MS:
            return WindowRule(kind="time", span_ms=span_ms, last=last, said=said)
        raise UsageError(
            f"not a length of time from 1 s to 24 h: '{display(size[:40])}'", hint=_HINT
        )
    raise UsageError(f"no such window: '{display(text[:40])}'", hint=_HINT)


def windows_of(
    spoken: Spoken, rule: WindowRule | None = None, *, line: Timeline | None = None
) -> tuple[Window, ...]:
    """What was said, cut into windows: every word in one of them, in order.

    Args:
        spoken: Its fragments are sorted.
        rule: By default 300 words.
        line: Its words where they are at hand already.
    """
    rule = rule or WindowRule()
    line = timeline(spoken) if line is None else line
    if not len(line):
        return ()
    if rule.kind == "words":
        ranges = _by_words(line, rule)
    elif rule.kind == "time":
        ranges = _by_time(line, rule)
    else:
        from loquitur.insight.spoken.paragraphs import paragraphs
        from loquitur.insight.spoken.sentences import punctuated, sentences

        line = punctuated(spoken, line)
        ranges = sentences(spoken, line)
        if rule.kind == "paragraph":
            ranges = paragraphs(spoken, line, ranges)
    found: list[Window] = []
    for first, end in ranges:  # where two speak at once, a window does not begin before the last
        after_ms = found[-1].start_ms if found else 0
        found.append(_window(spoken, line, (first, end), after_ms))
    return tuple(_flagged(found, rule))


def _span_ms(text: str) -> int:
    if found := _TIME.fullmatch(text):
        return round(float(found[1]) * _UNITS_MS[found[2]])
    if found := _CLOCK.fullmatch(text):
        return ((int(found[1] or 0) * 60 + int(found[2])) * 60 + int(found[3])) * 1000
    return 0


def _by_words(line: Timeline, rule: WindowRule) -> list[tuple[int, int]]:
    """Cut behind every so many tokens."""
    ranges: list[tuple[int, int]] = []
    first = count = 0
    for at, one in enumerate(line.counts):
        if count + one > rule.words:
            ranges.append((first, at))
            first, count = at, 0
        count += one
    ranges.append((first, len(line)))
    if rule.last == "merge" and len(ranges) > 1 and count < _HALF * rule.words:
        (first, _), (_, end) = ranges[-2:]
        ranges[-2:] = [(first, end)]
    return ranges


def _by_time(line: Timeline, rule: WindowRule) -> list[tuple[int, int]]:
    """Cut at multiples of a span; a fragment whose words have no times stays whole."""
    ranges: list[tuple[int, int]] = []
    first = bin_ = 0
    own, fragment = 0, -1
    for at, start_ms in enumerate(line.starts_ms):
        if line.told[at] or line.fragments[at] != fragment:
            own, fragment = max(own, start_ms // rule.span_ms), line.fragments[at]
        if at and own != bin_:
            ranges.append((first, at))
            first = at
        bin_ = own
    ranges.append((first, len(line)))
    reached_ms = line.ends_ms[-1] - bin_ * rule.span_ms
    if rule.last == "merge" and len(ranges) > 1 and reached_ms < _HALF * rule.span_ms:
        (first, _), (_, end) = ranges[-2:]
        ranges[-2:] = [(first, end)]
    return ranges


def _window(spoken: Spoken, line: Timeline, pieces: tuple[int, int], after_ms: int) -> Window:
    first, end = pieces
    opening, closing = line.fragments[first], line.fragments[end - 1] + 1
    speakers = {one.speaker for one in spoken.fragments[opening:closing]}
    start_ms = max(after_ms, min(line.starts_ms[first:end]))
    text = line.text(first, end)
    return Window(
        start_ms=start_ms,
        end_ms=max(start_ms + 1, *line.ends_ms[first:end]),
        text=text,
        words=sum(line.counts[first:end]) if text.isascii() else len(tokens(text)),
        speaker=speakers.pop() if len(speakers) == 1 else None,
        url=moment(spoken.origin, start_ms),
        fragments=(opening, closing),
    )


def _flagged(windows: Sequence[Window], rule: WindowRule) -> list[Window]:
    if rule.kind not in ("words", "time") or not windows:
        return list(windows)
    usual = rule.words if rule.kind == "words" else median(window.words for window in windows)
    return [
        replace(window, short=True) if window.words < _HALF * usual else window
        for window in windows
    ]
