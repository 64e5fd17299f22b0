r"""SubRip as the world has it: a reader that mends and tells, and a writer that players agree on.

SubRip has no standard. The reader looks for lines of times and takes what stands between them as
text; it never raises on content and reports each thing it mended with its line. An index is an
all-digit line right above a line of times; anywhere else digits are text.

The writer numbers cues from 1, keeps `<i> <b> <u> <s> <font>` and writes the place of a cue as
`{\anN}`; the speaker's name stands before the text where the speaker changes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loquitur.formats.document import Document, Findings, normal_lines
from loquitur.formats.placement import number_of, settings_of
from loquitur.formats.voices import Voices
from loquitur.formats.written import Written, clean, encodable, full_lines
from loquitur.markup import subrip
from loquitur.model.captions import PLAIN_SETTINGS, Block, CaptionTrack, Cue
from loquitur.timing import clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.model.captions import Settings

_USUAL = re.compile(
    r"([0-9]{2,9}):([0-9]{2}):([0-9]{2}),([0-9]{3})"
    r" --> ([0-9]{2,9}):([0-9]{2}):([0-9]{2}),([0-9]{3})"
)
_ARROW = r"[ \t]*(?P<arrow>-{1,3}>|={1,2}>|[\u2013\u2014]>|\u2192)[ \t]*"
_GAP = r"[ \t]{0,2}"
_CLOCK = (
    rf"(?P<SIDEsign>[-\u2212]?)(?:(?P<SIDEh>\d{{1,9}}){_GAP}:{_GAP})?(?P<SIDEm>\d{{1,3}})"
    rf"{_GAP}:{_GAP}(?P<SIDEs>\d{{1,2}})(?:{_GAP}[,.:;]{_GAP}(?P<SIDEf>\d{{1,6}}))?"
)
_LOOSE = re.compile(
    r"[ \t]*"
    + _CLOCK.replace("SIDE", "a")
    + _ARROW
    + _CLOCK.replace("SIDE", "b")
    + r"(?P<rest>.*)",
    re.ASCII,
)
_BROKEN = re.compile(r"[ \t]*[0-9]{1,3}[ \t]?[:.,]|.*--> *[0-9]{1,3}[:.,]")
_COORDINATES = re.compile(r"(?:[XY][12]:[ \t]*-?\d{1,5}[ \t]*){1,4}", re.IGNORECASE | re.ASCII)
_INDEX = re.compile(r"\ufeff?[ \t]*[0-9]{1,10}[ \t]*")
_ENTITY = re.compile(r"&(?:[a-z]{2,8}|#[0-9]{1,6});", re.IGNORECASE)
_AN = re.compile(r"\\an?([0-9]{1,2})")
_LEGACY_AN = {1: 1, 2: 2, 3: 3, 5: 7, 6: 8, 7: 9, 9: 4, 10: 5, 11: 6}
"""`\\a` of SubStation Alpha v4, as `\\an`."""


def read(document: Document) -> CaptionTrack:
    """A track from a SubRip file, however broken."""
    decoded = document.decoded()
    findings = Findings(decoded.diagnostics)
    text = normal_lines(decoded.text)
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
        findings.add("text.nul", 0, "NUL characters are shown as U+FFFD")
    return _Reader(text, findings).read(document.language)


def _lines_with_arrows(text: str) -> Iterator[tuple[int, int]]:
    """Where each line that has what any arrow ends with begins and ends."""
    if "\u2192" in text:
        marks: Iterator[int] = (match.start() for match in re.finditer(">|\u2192", text))
    else:
        marks = _finds(text, ">")
    end = -1
    for mark in marks:
        if mark > end:
            end = text.find("\n", mark)
            end = len(text) if end < 0 else end
            yield text.rfind("\n", 0, mark) + 1, end


def _finds(text: str, sign: str) -> Iterator[int]:
    at = text.find(sign)
    while at >= 0:
        yield at
        at = text.find(sign, at + 1)


def _times_in(line: str) -> re.Match[str] | None:
    """The times of a line in any form that files have; None for text (`10:30 -> 11:45`)."""
    match = _LOOSE.match(line)
    if match is None or (match["arrow"] != "-->" and not (match["af"] or match["ah"])):
        return None
    return match


class _Reader:
    """Goes through the text once: from one line of times to the next."""

    def __init__(self, text: str, findings: Findings) -> None:
        self._text = text
        self._findings = findings

    def read(self, language: str) -> CaptionTrack:
        text = self._text
        cues: list[Cue] = []
        head = text
        times: tuple[int, int, str] | None = None
        start = number = latest_ms = 0
        for line, found, top, end in self._timings():
            if times is None:
                head = text[:top]
            else:
                cues.append(self._cue(times, text[start:top], number))
            if found[0] < latest_ms:
                self._findings.add("cue.order", line, "starts before the cue above it")
            times, latest_ms = found, found[0]
            start, number = end + 1, line
        if times is not None:
            cues.append(self._cue(times, text[start:], number, last=True))
        return CaptionTrack(
            language=language,
            cues=tuple(cues),
            format="srt",
            blocks=self._junk(head),
            diagnostics=self._findings.all(),
        )

    def _timings(self) -> Iterator[tuple[int, tuple[int, int, str], int, int]]:
        """Each line of times: its number, what it says, where its head begins and it ends."""
        text, number, counted = self._text, 1, 0
        for at, end in _lines_with_arrows(text):
            line = text[at:end]
            usual = _USUAL.fullmatch(line)
            match = usual or _times_in(line)
            if match is None:
                if "-->" in line and _BROKEN.match(line):
                    line_number = number + text.count("\n", counted, at)
                    told = f"'{line[:60]}' reads like times but is none; taken as text"
                    self._findings.add("srt.time.broken", line_number, told)
                continue
            number += text.count("\n", counted, at)
            counted = at
            found = self._usual(match) if usual else self._loose(match, number)
            above = text.rfind("\n", 0, at - 1) + 1 if at > 1 else 0
            top = at
            if at and _INDEX.fullmatch(text, above, at - 1):
                top = above
                if text[top] == "\ufeff":
                    self._findings.add("text.bom-inside", number - 1, "a byte order mark inside")
            else:
                self._findings.add("srt.index.missing", number, "no number above the times")
            yield number, found, top, end

    @staticmethod
    def _usual(match: re.Match[str]) -> tuple[int, int, str]:
        h1, m1, s1, f1, h2, m2, s2, f2 = match.groups()
        return (
            int(h1) * 3_600_000 + int(m1) * 60_000 + int(s1) * 1000 + int(f1),
            int(h2) * 3_600_000 + int(m2) * 60_000 + int(s2) * 1000 + int(f2),
            "",
        )

    def _loose(self, match: re.Match[str], number: int) -> tuple[int, int, str]:
        """A line of times in any of the forms that files have."""
        times = []
        for side in "ab":
            hours, minutes, seconds = match[f"{side}h"], match[f"{side}m"], match[f"{side}s"]
            if hours is None:
                self._findings.add("srt.time.no-hours", number, "times without hours")
            fraction = match[f"{side}f"] or ""
            if len(fraction) != 3 or len(hours or "00") < 2 or len(minutes) != 2:
                self._findings.add("srt.time.digits", number, "times with too few or many digits")
            time_ms = int(hours or 0) * 3_600_000 + int(minutes) * 60_000 + int(seconds) * 1000
            time_ms += (int(fraction.ljust(6, "0")) + 500) // 1000
            if match[f"{side}sign"]:
                self._findings.add("srt.time.negative", number, "a time before zero")
                time_ms = -time_ms
            times.append(time_ms)
        told = match[0][: match.start("rest")].strip()
        if any(gap in told.replace(match["arrow"], "").strip() for gap in (": ", " :", ", ", " ,")):
            self._findings.add("srt.time.space", number, "blanks inside times")
        if "." in told:
            self._findings.add("srt.time.dot", number, "a point in place of the comma")
        if f" {match['arrow']} " not in match[0] or match["arrow"] != "-->":
            self._findings.add("srt.arrow", number, "an arrow other than ' --> '")
        return times[0], times[1], match["rest"].strip()

    def _cue(
        self, times: tuple[int, int, str], payload: str, number: int, *, last: bool = False
    ) -> Cue:
        """The cue of a line of times and the text below it; `number` is the line of the times."""
        start_ms, end_ms, rest = times
        findings = self._findings
        if payload[-1:] == "\n" and payload[-2:] not in ("\n", "\n\n") and not last:
            findings.add("srt.blank.missing", number, "no blank line below the cue")
        payload = payload.rstrip("\n")
        if payload[:1] == "\n":
            payload = payload.lstrip("\n")
        if not payload:
            findings.add("cue.empty", number, "a cue without text")
        elif "\n\n" in payload:
            findings.add("srt.text.blank-line", number + 1, "a blank line inside a text")
        if end_ms < start_ms:
            findings.add("cue.end-before-start", number, "the cue ends before it starts")
        settings = PLAIN_SETTINGS
        extra: tuple[tuple[str, str], ...] = ()
        if rest:
            extra = self._rest(rest, number)
        if "<" in payload or "{" in payload or not payload.isascii() or "&" in payload:
            settings = self._strange(payload, number)
        return Cue(
            start_ms=start_ms,
            end_ms=end_ms,
            payload=payload,
            notation="srt",
            settings=settings,
            extra=extra,
            source_line=number,
        )

    def _rest(self, rest: str, number: int) -> tuple[tuple[str, str], ...]:
        if _COORDINATES.fullmatch(rest):
            self._findings.add("srt.coords", number, "coordinates behind the times are kept apart")
            return (("srt.coordinates", rest),)
        self._findings.add("srt.junk-after-time", number, f"'{rest[:40]}' behind the times")
        return ()

    def _strange(self, payload: str, number: int) -> Settings:
        """What a text holds beside plain words, told; the place that an override gives."""
        findings = self._findings
        if "\u2028" in payload or "\u2029" in payload:
            findings.add("text.line-separator", number, "a Unicode line separator in the text")
        if "\ufeff" in payload:
            findings.add("text.bom-inside", number, "a byte order mark inside the text")
        if "&" in payload and _ENTITY.search(payload):
            findings.add("srt.entity", number, "an HTML entity is text in SubRip")
        if "<" not in payload and "{" not in payload:
            return PLAIN_SETTINGS
        return self._tagged(payload, number)

    def _tagged(self, payload: str, number: int) -> Settings:
        """The tags of a text, told where they are strange; the place that an override gives."""
        findings = self._findings
        settings, opened = PLAIN_SETTINGS, 0
        for _, _, token in subrip.tokens(payload):
            if token.kind == "override":
                findings.add("srt.tag.ass", number, f"the override {token.name[:40]}")
                # of several places in one cue the first counts, as in libass
                if settings is PLAIN_SETTINGS and (place := _AN.search(token.name)):
                    told = int(place[1])
                    legacy = not place[0].startswith("\\an")
                    settings = settings_of(_LEGACY_AN.get(told, 2) if legacy else told)
            elif token.kind != "stray":
                opened += 1 if token.kind == "open" else -1
                name = token.name.lower()
                if token.braced:
                    findings.add("srt.tag.brace", number, "tags in braces")
                elif name != token.name:
                    findings.add("srt.tag.case", number, "tags in capitals")
                if name == "font":
                    findings.add("srt.tag.font", number, "a font tag")
        if opened > 0:
            findings.add("tag.unclosed", number, "a tag is not closed")
        elif opened < 0:
            findings.add("tag.unopened", number, "a tag is closed that was not opened")
        return settings

    def _junk(self, head: str) -> tuple[Block, ...]:
        text = head.strip("\n\ufeff ")
        if not text:
            return ()
        if text.startswith("WEBVTT"):
            self._findings.add("srt.is-webvtt", 1, "this is WebVTT, read as SubRip")
        else:
            self._findings.add("srt.junk", 1, f"text before the first cue: '{text[:40]}'")
        return (Block(kind="other", text=text),)


def write(track: CaptionTrack) -> Written:
    """A track as SubRip."""
    losses: dict[str, None] = {}
    _tell_lost(track, losses)
    voices = Voices(track)
    pieces: list[str] = []
    for cue in track.cues:
        payload = _payload(cue, voices, losses)
        start_ms, end_ms = cue.start_ms, cue.end_ms
        if (start_ms < 0 or end_ms < 0) and track.format != "srt":
            losses["times before zero (written as zero)"] = None
            start_ms, end_ms = max(start_ms, 0), max(end_ms, 0)
        start, end = _time(start_ms), _time(end_ms)
        if cue.extra and (coordinates := dict(cue.extra).get("srt.coordinates")):
            end += f" {coordinates}"
        pieces.append(f"{len(pieces) + 1}\n{start} --> {end}\n{payload}\n")
    return Written(text="\n".join(pieces) or "\n", losses=tuple(losses))


def _time(ms: int) -> str:
    """A time before zero keeps its sign, as the file had it; no player shows such a cue early."""
    return clock(ms, decimal=",") if ms >= 0 else "-" + clock(-ms, decimal=",")


def _tell_lost(track: CaptionTrack, losses: dict[str, None]) -> None:
    named = {"style": "style sheets", "region": "regions", "note": "notes"}
    if track.format != "srt":
        named |= {"other": "blocks that are no cues", "dropped": "blocks that were no cues"}
    for block in track.blocks:
        if what := named.get(block.kind):
            losses[what] = None
        if block.text.startswith("Draft quality"):
            losses["the mark of draft quality"] = None
    if track.header:
        losses["header lines"] = None


def _payload(cue: Cue, voices: Voices, losses: dict[str, None]) -> str:
    """The text of a cue, in which no player finds a line of times."""
    if cue.id:
        losses["cue ids"] = None
    if cue.notation == "srt":
        return _as_it_stood(cue.payload, losses)
    named, told = voices.prefixed(cue)
    payload, lost = named
    losses.update(dict.fromkeys((*told, *lost)))
    if cue.settings is not PLAIN_SETTINGS:
        number = number_of(cue.settings)
        if number != 2:
            payload = f"{{\\an{number}}}{payload}"
        if settings_of(number) != cue.settings:
            losses["cue settings (the nearest of nine places is kept)"] = None
    payload = clean(payload)
    if "-->" in payload:
        losses["arrows said as text (written as →)"] = None
        payload = payload.replace("-->", "→")
    payload = _without_times(payload, losses)
    lines = full_lines(payload)
    if payload and len(lines) < payload.count("\n") + 1:
        losses["blank lines inside cues"] = None
    return "\n".join(lines)


def _as_it_stood(payload: str, losses: dict[str, None]) -> str:
    """A payload of a SubRip file: only what would make another file of it is changed."""
    if ">" in payload or "→" in payload:
        payload = _without_times(payload, losses)
    if "\r" in payload:
        payload = payload.replace("\r\n", "\n").replace("\r", "\n")
    return encodable(payload).strip("\n")


def _without_times(payload: str, losses: dict[str, None]) -> str:
    if (">" in payload or "→" in payload) and any(map(_times_in, payload.split("\n"))):
        losses["lines of times said as text"] = None
        return payload.replace("-->", "→").replace("->", "→").replace("→", "⇒")
    return payload
