"""Automatic captions as the service writes them: json3, and WebVTT whose two rows roll.

The layout was read on public files: line k is shown until line k+2 begins, 10 ms before each later
line an event appends a line feed, the first word of a line has no offset and later ones begin with
a blank (not so in scripts without blanks). In WebVTT each line comes above the next one once more,
and a cue of 10 ms holds the picture between two.
"""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from loquitur.timing import clock

if TYPE_CHECKING:
    from collections.abc import Sequence

_HOLD_MS = 10
_POSITION = "align:start position:0%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of automatic captions.

    Args:
        words: Each with when it begins, in ms; the first one's is that of the line. A line without
            times of words has one "word": its text.
        glue: What stands between two words: a blank, or nothing.
    """

    words: tuple[tuple[str, int], ...]
    glue: str = " "

    @property
    def start_ms(self) -> int:
        """When it begins."""
        return self.words[0][1]

    @property
    def text(self) -> str:
        """Its words."""
        return self.glue.join(word for word, _ in self.words)


def json3(lines: Sequence[Line], end_ms: int) -> bytes:
    """Lines as json3.

    Args:
        lines: In order.
        end_ms: When the last one is over.
    """
    events: list[dict[str, Any]] = [
        {"tStartMs": 0, "dDurationMs": end_ms, "id": 1, "wpWinPosId": 1, "wsWinStyleId": 1}
    ]
    shown = _shown(lines, end_ms)
    for at, (line, until) in enumerate(zip(lines, shown, strict=True)):
        if at:
            start = line.start_ms - _HOLD_MS
            events.append(
                {"tStartMs": start, "dDurationMs": max(shown[at - 1] - start, _HOLD_MS),
                 "wWinId": 1, "aAppend": 1, "segs": [{"utf8": "\n"}]}
            )  # fmt: skip
        segments: list[dict[str, Any]] = []
        for word, start in line.words:
            text = line.glue + word if segments else word
            offset = {"tOffsetMs": start - line.start_ms} if segments else {}
            segments.append({"utf8": text, **offset})
        events.append(
            {"tStartMs": line.start_ms, "dDurationMs": until - line.start_ms, "wWinId": 1,
             "segs": segments}
        )  # fmt: skip
    document = {
        "wireMagic": "pb3",
        "pens": [{}],
        "wsWinStyles": [{}, {"mhModeHint": 2, "juJustifCode": 0, "sdScrollDir": 3}],
        "wpWinPositions": [
            {},
            {"apPoint": 6, "ahHorPos": 20, "avVerPos": 100, "rcRows": 2, "ccCols": 40},
        ],
        "events": events,
    }
    return json.dumps(document, ensure_ascii=False).encode()


def vtt(lines: Sequence[Line], end_ms: int, *, language: str) -> bytes:
    """Lines as WebVTT that rolls."""
    rows = [f"WEBVTT\nKind: captions\nLanguage: {language}\n"]
    before = " "
    starts = [line.start_ms for line in lines]
    for line, following in zip(lines, [*starts[1:], None], strict=True):
        until = end_ms if following is None else following - _HOLD_MS
        first, *others = line.words
        said = html.escape(first[0], quote=False) + "".join(
            f"<{clock(start)}><c>{line.glue}{html.escape(word, quote=False)}</c>"
            for word, start in others
        )
        rows.append(f"{clock(line.start_ms)} --> {clock(until)} {_POSITION}\n{before}\n{said}\n")
        before = html.escape(line.text, quote=False)
        if following is not None:
            rows.append(f"{clock(until)} --> {clock(following)} {_POSITION}\n{before}\n \n")
    return "\n".join(rows).encode()


def srv1(lines: Sequence[tuple[int, int, str]]) -> bytes:
    """Start, end and text of lines as srv1, whose text is escaped twice."""
    texts = "".join(
        f'<text start="{start / 1000:g}" dur="{(end - start) / 1000:g}">'
        f"{html.escape(html.escape(text, quote=False), quote=False)}</text>"
        for start, end, text in lines
    )
    return f'<?xml version="1.0" encoding="utf-8" ?><transcript>{texts}</transcript>'.encode()


def spans(lines: Sequence[Line], end_ms: int) -> list[tuple[int, int, str]]:
    """Each line's start, how long it is shown, and its text."""
    shown = _shown(lines, end_ms)
    return [(line.start_ms, until, line.text) for line, until in zip(lines, shown, strict=True)]


def _shown(lines: Sequence[Line], end_ms: int) -> list[int]:
    """Until when each line is shown: until the one after the next begins."""
    starts = [line.start_ms for line in lines] + [end_ms, end_ms]
    return [after for _, after in pairwise(starts[1:])]
