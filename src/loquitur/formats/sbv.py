"""SubViewer as YouTube has it (`.sbv`), and SubViewer 2 (`.sub`): times, text, a blank line.

The reader takes what stands between two lines of times as text, as the one of SubRip does. A line
that was meant to be times and is none begins a block that is dropped and told.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loquitur.formats.document import Document, Findings, normal_lines
from loquitur.formats.losing import Losses, PlainTexts
from loquitur.formats.written import Written, encodable
from loquitur.model.captions import Block, CaptionTrack, Cue

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLOCK = r"(\d{1,9}):(\d{1,2}):(\d{1,2})[.,:](\d{1,6})"
_TIMES = re.compile(rf"[ \t\ufeff]*{_CLOCK}[ \t]*[,;][ \t]*{_CLOCK}[ \t]*", re.ASCII)
_MEANT = re.compile(r"[ \t]*\d{1,9}:\d{1,2}:[\w.:]{1,20},[ \t]*\d{1,9}:\d{1,2}:[\w.:]{1,20}[ \t]*")
_HEAD = re.compile(r"[ \t\ufeff]*\[[A-Z ]{3,30}\].*")


def read(document: Document) -> CaptionTrack:
    """A track from SBV or SubViewer 2.

    Raises:
        InputError: There is no line of times in it.
    """
    decoded = document.decoded()
    findings = Findings(decoded.diagnostics)
    lines = normal_lines(decoded.text.replace("\0", "\ufffd")).split("\n")
    cues: list[Cue] = []
    blocks: list[Block] = []
    header: list[str] = []
    begun: tuple[int, tuple[int, int] | None] | None = None
    for at, times in _beginnings(lines, findings):
        if begun is None:
            header = _header(lines[:at], blocks, findings)
        else:
            start, last = begun
            if last is not None:
                cues.append(_cue(last, lines[start + 1 : at], start + 1, findings))
            else:
                text = "\n".join(lines[start:at]).strip("\n")
                blocks.append(Block(kind="dropped", text=text, before=len(cues)))
        begun = (at, times)
    if not cues and decoded.text.strip("\ufeff \t\r\n"):
        raise document.refused(lines[0], "a line like 0:00:01.000,0:00:02.000")
    return CaptionTrack(
        language=document.language,
        cues=tuple(cues),
        format="sbv",
        header=tuple(header),
        blocks=tuple(blocks),
        diagnostics=findings.all(),
    )


def _beginnings(
    lines: list[str], findings: Findings
) -> Iterator[tuple[int, tuple[int, int] | None]]:
    """Each line that has times, or was meant to have some, and at last the end of the file."""
    for at, line in enumerate(lines):
        if ":" in line:
            if found := _times(line):
                yield at, found
            elif _MEANT.fullmatch(line):
                findings.add("sbv.time", at + 1, f"no line of times: '{line[:60]}'; cue dropped")
                yield at, None
    yield len(lines), None


def _times(line: str) -> tuple[int, int] | None:
    match = _TIMES.fullmatch(line)
    if match is None:
        return None
    values = []
    for hours, minutes, seconds, fraction in (match.groups()[:4], match.groups()[4:]):
        ms = (int(fraction.ljust(6, "0")) + 500) // 1000
        values.append(int(hours) * 3_600_000 + int(minutes) * 60_000 + int(seconds) * 1000 + ms)
    return values[0], values[1]


def _cue(times: tuple[int, int], lines: list[str], number: int, findings: Findings) -> Cue:
    payload = "\n".join(lines).strip("\n")
    if "[br]" in payload:
        payload = payload.replace("[br]", "\n").strip("\n")
    if not payload:
        findings.add("cue.empty", number, "a cue without text")
    elif "\n\n" in payload:
        findings.add("sbv.text.blank-line", number + 1, "a blank line inside a text")
    if times[1] < times[0]:
        findings.add("cue.end-before-start", number, "the cue ends before it starts")
    return Cue(
        start_ms=times[0], end_ms=times[1], payload=payload, notation="plain", source_line=number
    )


def _header(lines: list[str], blocks: list[Block], findings: Findings) -> list[str]:
    """The head of SubViewer 2; other text before the first cue is kept apart."""
    text = "\n".join(lines).strip("\n\ufeff ")
    if not text:
        return []
    if any(_HEAD.match(line) for line in lines[:3]):
        return text.split("\n")
    findings.add("sbv.junk", 1, f"text before the first cue: '{text[:40]}'")
    blocks.append(Block(kind="other", text=text))
    return []


def write(track: CaptionTrack) -> Written:
    """A track as SBV."""
    losses = Losses()
    losses.of_track(track, form="sbv")
    texts = PlainTexts(track, losses)
    pieces = ["\n".join(map(_safe, track.header))] if track.header and _own(track) else []
    blocks = sorted(track.blocks, key=lambda block: block.before) if _own(track) else []
    for count, cue in enumerate(track.cues):
        while blocks and blocks[0].before <= count:
            pieces.append(encodable(blocks.pop(0).text))
        losses.of_cue(cue)
        start_ms, end_ms = losses.times(cue)
        if _own(track) and cue.notation == "plain":
            text = encodable(cue.payload).replace("\r", "\n").strip("\n")
        else:
            text = "\n".join(texts.lines(cue))
        if any(map(_is_times, text.split("\n"))):
            losses.add("lines of times said as text")
            text = "\n".join(map(_safe, text.split("\n")))
        pieces.append(f"{_clock(start_ms)},{_clock(end_ms)}\n{text}")
    pieces += [encodable(block.text) for block in blocks]
    return Written(text="\n\n".join(pieces) + "\n", losses=losses.all())


def _own(track: CaptionTrack) -> bool:
    return track.format == "sbv"


def _safe(line: str) -> str:
    line = encodable(line)
    return line.replace(",", "，").replace(";", "；") if _is_times(line) else line


def _is_times(line: str) -> bool:
    return ":" in line and bool(_times(line) or _MEANT.fullmatch(line))


def _clock(ms: int) -> str:
    seconds, millis = divmod(ms, 1000)
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{millis:03d}"
