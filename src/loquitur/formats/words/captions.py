"""Words of a caption track: by the times inside cues, else shared out over each cue.

Rolling captions (YouTube's automatic ones, each cue begins with the lines of the one before) give
each line once.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from loquitur.formats.document import Findings
from loquitur.formats.voices import speaker_of
from loquitur.formats.words.timed import Raw, TimedWords, filled
from loquitur.markup import Node

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loquitur.model.captions import CaptionTrack, Cue

_ROLLING = 0.3
"""A track rolls where this share of its cues begins with a line that the cue before ended with."""


def words_of(track: CaptionTrack) -> TimedWords:
    """The words of a track."""
    # in YouTube's own forms a line stands once: what is there twice was said twice
    rolling = track.format not in ("json3", "srv3") and is_rolling(track)
    raws: list[Raw] = []
    before: list[str] = []
    for cue, after in zip(track.cues, [*track.cues[1:], None], strict=False):
        lines = _lines(cue)
        texts = ["".join(text for _, text in line).strip() for line in lines]
        shown = [text for text in texts if text]
        if rolling:
            old = _shared(before, shown)
            kept = [line for line, text in zip(lines, texts, strict=True) if text][old:]
            before = shown or before
        else:
            kept = lines
        raws += _raws(cue, kept, after)
    findings = Findings(())
    if rolling:
        findings.add("words.rolling", 0, "rolling captions: each line is taken once")
    source = f"captions ({track.format})" if track.format else "captions"
    return filled(raws, source=source, language=track.language, findings=findings)


def is_rolling(track: CaptionTrack) -> bool:
    """Whether cues begin with what the cue before them ended with, as a rule."""
    again, before = 0, ""
    for cue in track.cues:
        lines = [line.strip() for line in cue.text.split("\n") if line.strip()]
        again += bool(lines) and lines[0] == before
        before = lines[-1] if lines else before
    return len(track.cues) > 2 and again > _ROLLING * len(track.cues)


def _shared(before: list[str], shown: list[str]) -> int:
    """How many of the first lines are the last ones of the cue before."""
    for count in range(min(len(before), len(shown)), 0, -1):
        if before[-count:] == shown[:count]:
            return count
    return 0


_Piece = tuple["int | None", str]


def _lines(cue: Cue) -> list[list[_Piece]]:
    """The lines of a cue as stretches of text, each with the time that stands before it."""
    lines: list[list[_Piece]] = [[]]
    due: list[int | None] = [None]

    def walk(items: Iterable[str | Node]) -> None:
        for item in items:
            if isinstance(item, str):
                for at, text in enumerate(item.split("\n")):
                    if at:
                        lines.append([])
                    if text:
                        lines[-1].append((due[0], text))
                        due[0] = due[0] if not text.strip() else None
            elif item.tag == "time":
                due[0] = item.start_ms
            elif item.tag != "rt":
                walk(item.children)

    walk(cue.tree)
    return lines


def _raws(cue: Cue, lines: list[list[_Piece]], after: Cue | None) -> Iterable[Raw]:
    """The words of a cue's lines, stretch by stretch: from its time to that of the next."""
    pieces: list[_Piece] = []
    for line in lines:
        for at, (time, text) in enumerate(line):
            pieces.append((time, " " + text if not at else text))
    runs: list[tuple[int | None, str]] = []
    for time, text in pieces:
        if time is None and runs:
            runs[-1] = (runs[-1][0], runs[-1][1] + text)
        else:
            runs.append((time, text))
    if not runs:
        return
    if runs[0][0] is None:
        runs[0] = (cue.start_ms, runs[0][1])
    timed = any(time is not None for time, _ in pieces)
    last_ms = cue.end_ms
    if after is not None and cue.start_ms < after.start_ms < last_ms:
        last_ms = after.start_ms
    last_ms = max(last_ms, *(time or 0 for time, _ in runs), cue.start_ms + 1)
    confidences = _confidences(cue, len(runs))
    speaker = speaker_of(cue)
    ends = [time for time, _ in runs[1:]] + [last_ms]
    for (time, text), end, heard in zip(runs, ends, confidences, strict=True):
        several = len(text.split()) > 1
        yield Raw(
            text=text, start_ms=time,
            end_ms=end if several or not timed else None,  # of one word only the start is told
            speaker=speaker, confidence=heard, estimated=not timed,
            within_ms=(time or 0, max(end or 0, (time or 0) + 1)),
        )  # fmt: skip


def _confidences(cue: Cue, count: int) -> list[float | None]:
    """What YouTube's recogniser said of each stretch, of 255."""
    none: list[float | None] = [None] * count
    said = dict(cue.extra).get("youtube.event") if cue.extra else None
    if not said:
        return none
    try:
        values = json.loads(said).get("acAsrConf")
    except (ValueError, AttributeError):
        return none
    if not isinstance(values, list) or len(values) != count:
        return none
    return [
        value / 255 if isinstance(value, int) and 0 <= value <= 255 else None for value in values
    ]
