"""LRC, the lines of a song: `[mm:ss.xx]text`, and `<mm:ss.xx>` before words (enhanced LRC).

A line is shown until the next time; a time without text ends the line before it. Times have
hundredths of a second, so others are rounded and that is told.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from loquitur.formats.document import Document, Findings, normal_lines
from loquitur.formats.losing import Losses, PlainTexts
from loquitur.formats.written import Written, clean, encodable, full_lines, one_line
from loquitur.markup import Node
from loquitur.model.captions import CaptionTrack, Cue

if TYPE_CHECKING:
    from collections.abc import Iterable

_TIME = re.compile(r"\[(\d{1,6}):(\d{1,2})(?:[.:](\d{1,3}))?\]", re.ASCII)
_WORD = re.compile(r"<(\d{1,6}):(\d{1,2})(?:[.:](\d{1,3}))?>", re.ASCII)
_TAG = re.compile(r"\[([a-zA-Z#]{1,20}):([^\]]*)\]")
_LAST_MS = 4000


def read(document: Document) -> CaptionTrack:
    """A track from LRC.

    Raises:
        InputError: There is no line with a time in it.
    """
    decoded = document.decoded()
    findings = Findings(decoded.diagnostics)
    lines = normal_lines(decoded.text.replace("\0", "\ufffd")).split("\n")
    timed: list[tuple[int, str, int]] = []
    header: list[str] = []
    offset_ms, language = 0, document.language
    for number, line in enumerate(lines, 1):
        if "[" not in line:  # most lines of a file that is something else
            if line.strip("\ufeff \t"):
                findings.add("lrc.junk", number, f"a line without a time: '{line[:60]}'")
            continue
        rest, times = clean(line).strip().removeprefix("\ufeff"), []
        while match := _TIME.match(rest):
            times.append(_ms(match))
            rest = rest[match.end() :]
        timed += [(ms, rest.strip(), number) for ms in times]
        tag = None if times else _TAG.fullmatch(rest)
        if tag and tag[1].lower() == "offset":
            offset_ms = _offset(tag[2])
        elif tag:
            header.append(rest)
            language = tag[2].strip() if tag[1].lower() == "la" and tag[2].strip() else language
        elif rest and not times:
            findings.add("lrc.junk", number, f"a line without a time: '{rest[:60]}'")
    if not timed and any(line.strip("\ufeff \t") for line in lines) and not header:
        raise document.refused(lines[0], "[mm:ss.xx] before a line")
    timed.sort(key=lambda item: item[0])
    cues = _cues([(ms - offset_ms, text, number) for ms, text, number in timed])
    return CaptionTrack(
        language=language, cues=tuple(cues), format="lrc", header=tuple(header),
        diagnostics=findings.all(),
    )  # fmt: skip


def _cues(timed: list[tuple[int, str, int]]) -> Iterable[Cue]:
    times = itertools.pairwise(ms for ms, _, _ in timed)
    ends = {ms: later for ms, later in times if later > ms}
    for start_ms, text, number in timed:
        if not text:
            continue
        tree = tuple(_tree(text))
        cue = Cue.of(start_ms=start_ms, end_ms=ends.get(start_ms, start_ms + _LAST_MS), tree=tree)
        yield Cue(start_ms=cue.start_ms, end_ms=cue.end_ms, payload=cue.payload, source_line=number)


def _tree(text: str) -> Iterable[str | Node]:
    position = 0
    for word in _WORD.finditer(text):
        if before := text[position : word.start()]:
            yield before
        yield Node(tag="time", start_ms=_ms(word))
        position = word.end()
    if text[position:]:
        yield text[position:]


def _ms(match: re.Match[str]) -> int:
    fraction = int((match[3] or "").ljust(3, "0"))
    return int(match[1]) * 60_000 + int(match[2]) * 1000 + fraction


def _offset(text: str) -> int:
    """Milliseconds by which all lines come sooner."""
    match = re.fullmatch(r"[ \t]*([+-]?\d{1,9})[ \t]*", text, re.ASCII)
    return int(match[1]) if match else 0


def write(track: CaptionTrack) -> Written:
    """A track as LRC; the times inside cues stand before their words."""
    return _Writer(track).write()


class _Writer:
    """Writes one track; what was read from LRC keeps thousandths of seconds if it had them."""

    def __init__(self, track: CaptionTrack) -> None:
        self._track = track
        self._own = track.format == "lrc"
        self._losses = Losses()
        self._texts = PlainTexts(track, self._losses)

    def write(self) -> Written:
        track, losses = self._track, self._losses
        losses.of_track(track, form="lrc")
        lines = [encodable(line) for line in track.header] if self._own else []
        if track.language and not any(line.lower().startswith("[la:") for line in lines):
            lines.insert(0, f"[la:{one_line(track.language)}]")
        ordered = sorted(track.cues, key=lambda cue: cue.start_ms)
        for cue, after in zip(ordered, [*ordered[1:], None], strict=False):
            losses.of_cue(cue)
            start_ms, end_ms = map(self._rounded, losses.times(cue))
            said = self._said(cue)
            if not said:
                losses.add("cues without text")
                continue
            lines.append(f"[{_clock(start_ms)}]{said}")
            next_ms = self._rounded(max(after.start_ms, 0)) if after else None
            if next_ms is None or next_ms > end_ms:
                lines.append(f"[{_clock(max(end_ms, start_ms + 10))}]")
            elif next_ms < end_ms:
                losses.add("the ends of cues in which others begin")
        return Written(text="\n".join(lines) + "\n", losses=losses.all())

    def _said(self, cue: Cue) -> str:
        """The text of a cue on one line, which does not begin like a time."""
        lines = self._texts.lines(cue)
        if len(lines) > 1:
            self._losses.add("line breaks inside cues")
        said = " ".join(lines)
        if "<" in cue.payload and cue.notation == "vtt":
            timed = "".join(self._timed(item) for item in cue.tree)
            if _WORD.search(timed):
                said = " ".join(full_lines(timed))
        said = said.strip()
        if _TIME.match(said):
            self._losses.add("times said as text")
            said = said.replace("[", "(", 1).replace("]", ")", 1)
        return said

    def _timed(self, item: str | Node) -> str:
        if isinstance(item, str):
            return item
        if item.tag == "time":
            return f"<{_clock(self._rounded(item.start_ms or 0))}>"
        return "".join(self._timed(child) for child in item.children)

    def _rounded(self, ms: int) -> int:
        if self._own or not ms % 10:
            return ms
        self._losses.add("thousandths of seconds")
        return (ms + 5) // 10 * 10


def _clock(ms: int) -> str:
    fraction = f"{ms % 1000:03d}" if ms % 10 else f"{ms // 10 % 100:02d}"
    return f"{ms // 60_000:02d}:{ms // 1000 % 60:02d}.{fraction}"
