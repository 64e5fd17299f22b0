"""The WebVTT file parser of the standard (W3C WebVTT, section 6.1), block by block.

Nothing in a file raises: what the standard drops is kept as a block of the track and reported with
its line. Only a file without the signature is refused, which the standard does too.

Most blocks of most files are a timing line and its text, perhaps with an id above. They are taken
on a short way; everything else goes through the standard's loop over lines.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loquitur.formats.document import Document, Findings, normal_lines
from loquitur.formats.webvtt.settings import parse_region, parse_settings
from loquitur.markup.webvtt import timestamp_ms
from loquitur.model.captions import PLAIN_SETTINGS, Block, CaptionTrack, Cue, Region

if TYPE_CHECKING:
    from loquitur.formats.encoding import Decoded

_TIME = r"(?:([0-9]+):)?([0-9]{2}):([0-9]{2})\.([0-9]{3})"
_START = re.compile(rf"[\t\f ]*{_TIME}[\t\f ]*-->[\t\f ]*")
_END = re.compile(rf"{_TIME}(?![0-9])")
_USUAL = re.compile(
    r"(?:(.*)\n)?([0-9]{2}):([0-5][0-9]):([0-5][0-9])\.([0-9]{3}) --> "
    r"([0-9]{2}):([0-5][0-9]):([0-5][0-9])\.([0-9]{3})(?:[\t\f ]+(.*))?\n"
)
_HEAD_LANGUAGE = re.compile(r"Language:[\t ]*([A-Za-z0-9-]{1,35})[\t ]*")
_HEAD_KIND = re.compile(r"Kind:[\t ]*([a-z]{1,20})[\t ]*")
_SPACE = "\t\n\f\r "


def read(document: Document) -> CaptionTrack:
    """A track from a WebVTT file.

    Raises:
        InputError: The file does not begin with `WEBVTT`, then a blank, a tab or a line end.
    """
    decoded = document.decoded() if document.encoding else _as_standard(document)
    text = normal_lines(decoded.text.replace("\0", "\ufffd"))
    first, _, _ = text.partition("\n")
    if not re.match(r"WEBVTT(?:[\t ]|\Z)", first):
        hint = "it looks like SubRip: read it with --from srt" if "-->" in text[:2000] else ""
        raise document.refused(first, "WEBVTT", hint=hint)
    return _Reader(text, Findings(decoded.diagnostics)).read(document.language)


def _as_standard(document: Document) -> Decoded:
    """WebVTT is UTF-8, and what is not becomes U+FFFD; a mark of UTF-16 is believed, though."""
    from loquitur.formats.encoding import Decoded
    from loquitur.model.captions import Diagnostic

    data = document.data
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        decoded = document.decoded()
        told = Diagnostic(
            code="vtt.encoding", line=0, message=f"in {decoded.encoding}: players read UTF-8 alone"
        )
        return Decoded(text=decoded.text, encoding=decoded.encoding, diagnostics=(told,))
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return Decoded(text=data.decode("utf-8"), encoding="utf-8")
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        told = Diagnostic(
            code="text.encoding",
            line=line,
            message="not UTF-8: what cannot be read is shown as U+FFFD (--encoding says it better)",
        )
        return Decoded(text=data.decode("utf-8", "replace"), encoding="utf-8", diagnostics=(told,))


class _Reader:
    """The state of the parser: what it has collected so far."""

    def __init__(self, text: str, findings: Findings) -> None:
        self._text = text
        self._findings = findings
        self._cues: list[Cue] = []
        self._blocks: list[Block] = []
        self._regions: dict[str, Region] = {}

    def read(self, language: str) -> CaptionTrack:
        signature, header, number, position = self._head()
        text, size = self._text, len(self._text)
        while position < size:  # slices one by one: a list of all would double the memory
            end = text.find("\n\n", position)
            part = text[position : end if end >= 0 else size]
            block = part.lstrip("\n")
            if block:
                self._take(block.rstrip("\n"), number + len(part) - len(block))
            number += part.count("\n") + 2
            position += len(part) + 2
        said = next(filter(None, map(_HEAD_LANGUAGE.fullmatch, header)), None)
        kind = next(filter(None, map(_HEAD_KIND.fullmatch, header)), None)
        return CaptionTrack(
            language=said[1] if said else language,
            kind=kind[1] if kind else "captions",
            cues=tuple(self._cues),
            format="vtt",
            header=tuple(header),
            blocks=tuple(self._blocks),
            extra=(("vtt.signature", signature),) if signature else (),
            diagnostics=self._findings.all(),
        )

    def _head(self) -> tuple[str, list[str], int, int]:
        """The rest of the signature line, the header's lines, and where the body begins.

        Header lines end at a blank line, or at an arrow, which begins the first block.
        """
        end = self._text.find("\n")
        if end < 0:
            return self._text[6:], [], 1, len(self._text)
        signature, header, number, position = self._text[6:end], [], 2, end + 1
        while position < len(self._text):
            end = self._text.find("\n", position)
            line = self._text[position : end if end >= 0 else len(self._text)]
            if not line or "-->" in line:
                break
            header.append(line)
            number += 1
            position = end + 1 if end >= 0 else len(self._text)
        return signature, header, number, position

    def _take(self, block: str, number: int) -> None:
        """One block; `number` is the line it begins in."""
        arrows = block.count("-->")
        if not arrows:
            self._take_without_arrow(block, number)
            return
        usual = _USUAL.match(block) if arrows == 1 else None
        if usual is None:
            self._take_lines(block.split("\n"), number)
            return
        name, h1, m1, s1, f1, h2, m2, s2, f2, settings = usual.groups()
        start_ms = int(h1) * 3_600_000 + int(m1) * 60_000 + int(s1) * 1000 + int(f1)
        end_ms = int(h2) * 3_600_000 + int(m2) * 60_000 + int(s2) * 1000 + int(f2)
        if name is not None:
            number += 1
        self._add(start_ms, end_ms, name or "", settings, block[usual.end() :], number)

    def _add(
        self, start_ms: int, end_ms: int, name: str, settings: str | None, payload: str, line: int
    ) -> None:
        placed = PLAIN_SETTINGS
        if settings:
            placed, strange = parse_settings(settings, self._regions)
            for item in strange:
                self._findings.add("vtt.setting", line, f"the setting '{item[:60]}' is not valid")
        if end_ms <= start_ms:
            self._findings.add("cue.end-before-start", line, "the cue ends before it starts")
        if name.startswith("NOTE") and (len(name) == 4 or name[4] in " \t"):
            self._findings.add("vtt.note-as-id", line, "a NOTE right above times is a cue's id")
        self._cues.append(
            Cue(
                start_ms=start_ms,
                end_ms=end_ms,
                payload=payload,
                id=name,
                settings=placed,
                source_line=line,
            )
        )

    def _take_lines(self, lines: list[str], number: int) -> None:
        """A block with an arrow, by the standard's loop: another arrow begins the next block."""
        at = 0
        while at < len(lines):
            end = at + 1
            timing = 0 if "-->" in lines[at] else None
            if timing is None and end < len(lines) and "-->" in lines[end]:
                timing, end = 1, end + 1
            while end < len(lines) and "-->" not in lines[end]:
                end += 1
            block = lines[at:end]
            if timing is None:
                self._take_without_arrow("\n".join(block), number + at)
            else:
                self._take_timed(block, timing, number + at)
            at = end

    def _take_timed(self, block: list[str], timing: int, number: int) -> None:
        """A block whose first or second line has the arrow: a cue, or what the standard drops."""
        line = block[timing]
        start = _START.match(line)
        end = _END.match(line, start.end()) if start else None
        start_ms = timestamp_ms_of(start)
        end_ms = timestamp_ms_of(end)
        if end is None or start_ms is None or end_ms is None:
            self._findings.add(
                "vtt.time", number + timing, f"not a line of times: '{line[:60]}'; cue dropped"
            )
            self._keep("dropped", "\n".join(block))
            return
        name = block[0] if timing else ""
        payload = "\n".join(block[timing + 1 :])
        self._add(start_ms, end_ms, name, line[end.end() :], payload, number + timing)

    def _take_without_arrow(self, block: str, number: int) -> None:
        first, _, rest = block.partition("\n")
        word = first.rstrip(_SPACE)
        if first.startswith("NOTE") and (len(first) == 4 or first[4] in " \t"):
            head = first[5:].strip(_SPACE)
            self._keep("note", "\n".join(filter(None, (head, rest))))
        elif word in ("STYLE", "REGION") and rest and not self._cues:
            if word == "STYLE":
                self._keep("style", rest)
                return
            region = parse_region(rest)
            if region.id:
                self._regions[region.id] = region
            self._keep("region", rest, region)
        else:
            if word in ("STYLE", "REGION"):
                why = "counts before the first cue alone" if self._cues else "says nothing"
                self._findings.add("vtt.misplaced", number, f"a {word} block {why}")
            else:
                self._findings.add("vtt.junk", number, f"a block without times: '{first[:60]}'")
            self._keep("other", block)

    def _keep(self, kind: str, text: str, region: Region | None = None) -> None:
        self._blocks.append(
            Block(kind=kind, text=text, before=len(self._cues), region=region)  # type: ignore[arg-type]
        )


def timestamp_ms_of(match: re.Match[str] | None) -> int | None:
    """Milliseconds of a matched time; None where there is none."""
    return timestamp_ms(match) if match else None
