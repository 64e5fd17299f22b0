"""Fragments of bare text, with the stamps that this package writes before lines, or with none.

Where nothing tells times they are guessed from a usual pace, so that windows have an order and a
length; nothing is linked by them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from loquitur.insight.spoken.fragments import Fragment
from loquitur.timing import parse_clock

SIGN_MS, WORD_MS = 55, 130
"""A guess of how long a word takes: 130 ms and 55 ms a character, some 150 words in a minute."""
_STAMPED = re.compile(
    r"\[((?:\d{1,4}:)?\d{1,2}:\d\d)\] (?:(.{1,80}?)(?: \([a-z][a-z _-]*\))?: )?(.*)"
)
_LONGEST = 40
_END = re.compile("(?<=[.?!\u3002\uff01\uff1f\u061f\u0964])[\"'\u201d\u2019)]*\\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFragments:
    """The fragments of a text, and whether their times are told by it."""

    fragments: tuple[Fragment, ...]
    times_known: bool


def fragments_of_text(text: str) -> TextFragments:
    """A text's stamped lines, or else its sentences with guessed times."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    lines = [line for line in lines if line]
    first = next((at for at, line in enumerate(lines) if _STAMPED.fullmatch(line)), None)
    if first is not None:
        stamped = [_STAMPED.fullmatch(line) for line in lines[first:]]
        if all(stamped):
            return TextFragments(
                fragments=_stamped([match for match in stamped if match]), times_known=True
            )
    return TextFragments(fragments=tuple(_guessed(lines)), times_known=False)


def guessed_ms(text: str) -> int:
    """How long a text usually takes to say."""
    return max(1, sum(WORD_MS + SIGN_MS * len(word) for word in text.split()))


def _stamped(matches: list[re.Match[str]]) -> tuple[Fragment, ...]:
    starts = [parse_clock(match[1]) for match in matches]
    found = []
    for match, start_ms, after_ms in zip(matches, starts, [*starts[1:], None], strict=True):
        if not match[3]:
            continue
        end_ms = start_ms + guessed_ms(match[3])
        if after_ms is not None and after_ms > start_ms:
            end_ms = after_ms
        found.append(
            Fragment(start_ms=start_ms, end_ms=end_ms, text=match[3], speaker=match[2] or None)
        )
    return tuple(sorted(found, key=lambda one: (one.start_ms, one.end_ms)))


def _guessed(lines: list[str]) -> list[Fragment]:
    found: list[Fragment] = []
    start_ms = 0
    for line in lines:
        for sentence in _END.split(line):
            words = sentence.split()
            for at in range(0, len(words), _LONGEST):
                text = " ".join(words[at : at + _LONGEST])
                end_ms = start_ms + guessed_ms(text)
                found.append(Fragment(start_ms=start_ms, end_ms=end_ms, text=text))
                start_ms = end_ms
    return found
