"""Text with a time above each piece, as transcribers deliver it: `.stc` blocks and timed `.txt`.

A piece is shown until the next one begins, the last one for as long as reading takes. `*TC` lines
count frames of 29.97 a second: with `;` before the frames by drop-frame time code (SMPTE 12M), with
`:` without. SubViewer times under these names are read as such.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loquitur.formats import sbv
from loquitur.formats.document import Document, Findings, normal_lines
from loquitur.formats.sniffing import sniff
from loquitur.model.captions import CaptionTrack, Cue

if TYPE_CHECKING:
    from collections.abc import Iterator

_CODE = re.compile(r"[ \t]*\*TC[ \t]+(\d{1,3}):(\d\d):(\d\d)([:;])(\d\d)[ \t]*", re.ASCII)
_CLOCK = re.compile(r"[ \t\ufeff]*(?:(\d{1,3}):)?(\d{1,2}):(\d\d)[.,](\d{1,6})[ \t]*", re.ASCII)
_RATE = 30
_LEAST_MS, _PER_SIGN_MS = 1500, 60
"""How long the last piece is shown: 60 ms for each character, but not less than 1.5 s."""


def read(document: Document) -> CaptionTrack:
    """A track from text with times.

    Raises:
        InputError: There is no time on a line of its own in it.
    """
    if sniff(document.data) == "sbv":
        return sbv.read(document)
    decoded = document.decoded()
    findings = Findings(decoded.diagnostics)
    lines = normal_lines(decoded.text.replace("\0", "\ufffd")).split("\n")
    begun = list(_times(lines, document.fps))
    if not begun:
        raise document.refused(
            lines[0], "a time on a line of its own",
            hint="text without times has no cues: `loquitur align` finds where its words are said",
        )  # fmt: skip
    if any(line.strip("\ufeff \t") for line in lines[: begun[0][0]]):
        findings.add("text.junk", 1, "text before the first time is left out")
    cues = []
    for (at, start_ms), (end, end_ms) in zip(begun, [*begun[1:], (len(lines), None)], strict=True):
        payload = "\n".join(line.strip() for line in lines[at + 1 : end]).strip("\n")
        if not payload:
            findings.add("cue.empty", at + 1, "a time without text ends the one before it")
            continue
        over_ms = start_ms + max(_LEAST_MS, _PER_SIGN_MS * len(payload))
        if end_ms is not None and end_ms > start_ms:
            over_ms = end_ms
        elif end_ms is not None:
            findings.add("cue.order", at + 1, "the next time is not later")
        cues.append(
            Cue(
                start_ms=start_ms, end_ms=over_ms, payload=payload, notation="plain",
                source_line=at + 1,
            )
        )  # fmt: skip
    return CaptionTrack(
        language=document.language, cues=tuple(cues), format="txt", diagnostics=findings.all()
    )


def _times(lines: list[str], fps: float | None) -> Iterator[tuple[int, int]]:
    for at, line in enumerate(lines):
        if ":" not in line:
            continue
        if code := _CODE.fullmatch(line):
            yield at, _code_ms(code, fps)
        elif clock := _CLOCK.fullmatch(line):
            hours, minutes, seconds, fraction = clock.groups()
            ms = (int(fraction.ljust(6, "0")) + 500) // 1000
            ms += int(hours or 0) * 3_600_000 + int(minutes) * 60_000 + int(seconds) * 1000
            yield at, ms


def _code_ms(match: re.Match[str], fps: float | None) -> int:
    """Milliseconds of a time code; drop-frame code leaves out two numbers in 9 of 10 minutes."""
    hours, minutes, seconds, frames = (int(match[at]) for at in (1, 2, 3, 5))
    if fps is not None:
        return (hours * 3600 + minutes * 60 + seconds) * 1000 + round(frames * 1000 / fps)
    minutes += 60 * hours
    count = (minutes * 60 + seconds) * _RATE + frames
    if match[4] == ";":
        count -= 2 * (minutes - minutes // 10)
    return (count * 1001 * 1000 + 15_000) // 30_000
