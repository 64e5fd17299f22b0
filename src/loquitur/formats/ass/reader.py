"""Reads ASS and SSA by sections; lines that are no event are kept or told, never raised on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loquitur.formats.ass.styles import Style, styles_of
from loquitur.formats.ass.text import read_text
from loquitur.formats.ass.writer import FIELDS, SECTION, text_of
from loquitur.formats.document import Document, Findings, normal_lines
from loquitur.formats.placement import settings_of
from loquitur.formats.written import one_line
from loquitur.markup import Node
from loquitur.model.captions import Block, CaptionTrack, Cue

if TYPE_CHECKING:
    from collections.abc import Sequence

_TIME = re.compile(r"(-?)(\d{1,9}):(\d{1,2}):(\d{1,2})(?:[.,:](\d{1,3}))?", re.ASCII)
_DEFAULTS = {"Layer": "0", "Style": "Default", "MarginL": "0", "MarginR": "0", "MarginV": "0"}


def read(document: Document) -> CaptionTrack:
    """A track from ASS or SSA.

    Raises:
        InputError: It has neither script info nor events.
    """
    decoded = document.decoded()
    findings = Findings(decoded.diagnostics)
    text = normal_lines(decoded.text.replace("\0", "\ufffd")).removeprefix("\ufeff")
    lines = text.split("\n")
    if not any(match and _kind(match[1]) for match in map(SECTION.fullmatch, lines[:2000])):
        raise document.refused(lines[0], "[Script Info] or [Events]")
    return _Reader(lines, findings).read(document.language)


def _kind(section: str) -> bool:
    return section.strip().lower() in ("script info", "events", "v4+ styles", "v4 styles")


class _Reader:
    def __init__(self, lines: list[str], findings: Findings) -> None:
        self._lines = lines
        self._findings = findings
        self._cues: list[Cue] = []
        self._blocks: list[Block] = []
        self._fields: tuple[str, ...] = FIELDS
        self._styles: dict[str, Style] = {}
        self._old = False

    def read(self, language: str) -> CaptionTrack:
        head: list[str] = []
        tail: list[str] = []
        section, seen = "", False
        for number, line in enumerate(self._lines, 1):
            if match := SECTION.fullmatch(line):
                section = match[1].strip().lower()
                if section == "events":
                    if not seen:
                        self._styles, self._old = styles_of(head)
                    seen = True
                    continue
            if section == "events":
                self._event(line, number)
            else:
                (tail if seen else head).append(line)
        header = _trimmed(head)
        if rest := _trimmed(tail):
            self._blocks.append(Block(kind="other", text="\n".join(rest), before=len(self._cues)))
        said = next((line[9:].strip() for line in header if line.startswith("Language:")), "")
        return CaptionTrack(
            language=language or said,
            cues=tuple(self._cues),
            format="ssa" if self._old else "ass",
            header=header,
            extra=(("ass.format", ",".join(self._fields)),) if self._fields != FIELDS else (),
            blocks=tuple(self._blocks),
            diagnostics=self._findings.all(),
        )

    def _event(self, line: str, number: int) -> None:
        kind, colon, rest = line.partition(":")
        kind = kind.strip(" \t\ufeff").lower()
        if kind == "format" and colon:
            self._format(rest, number)
        elif kind == "dialogue" and colon:
            self._dialogue(rest, number, line)
        elif kind in ("comment", "picture", "sound", "movie", "command") and colon:
            self._blocks.append(Block(kind="other", text=line, before=len(self._cues)))
        elif line.strip():
            if not line.startswith(";"):
                self._findings.add("ass.junk", number, f"not an event: '{line[:60]}'")
            self._blocks.append(Block(kind="other", text=line, before=len(self._cues)))

    def _format(self, rest: str, number: int) -> None:
        known = {name.lower(): name for name in FIELDS} | {
            "marked": "Layer", "actor": "Name",
        }  # fmt: skip
        names = [name.strip() for name in rest.split(",")]
        fields = tuple(known.get(name.lower(), name) for name in names)
        if {"Start", "End", "Text"} <= set(fields) and fields[-1] == "Text":
            self._fields = fields
        else:
            self._findings.add("ass.format", number, "fields without times and text: not followed")

    def _dialogue(self, rest: str, number: int, line: str) -> None:
        values = rest.lstrip(" \t").split(",", len(self._fields) - 1)
        found = dict(zip(self._fields, values, strict=False))
        start_ms, end_ms = (time_ms(found.get(name, "")) for name in ("Start", "End"))
        if start_ms is None or end_ms is None or "Text" not in found:
            self._findings.add("ass.time", number, f"no times in '{line[:60]}'; cue dropped")
            self._blocks.append(Block(kind="dropped", text=line, before=len(self._cues)))
            return
        self._cues.append(
            cue_of(
                {name: value.strip() if name != "Text" else value for name, value in found.items()},
                start_ms, end_ms, self._styles, self._findings, number, old=self._old,
            )
        )  # fmt: skip


def _trimmed(lines: Sequence[str]) -> tuple[str, ...]:
    text = "\n".join(lines).strip("\n")
    return tuple(text.split("\n")) if text else ()


def time_ms(text: str) -> int | None:
    """Milliseconds of `H:MM:SS.cc`; None where it is none."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    sign, hours, minutes, seconds, fraction = match.groups()
    ms = (int((fraction or "").ljust(3, "0")) + 5) // 10 * 10  # players read hundredths alone
    ms += int(hours) * 3_600_000 + int(minutes) * 60_000 + int(seconds) * 1000
    return -ms if sign else ms


def cue_of(
    found: dict[str, str],
    start_ms: int,
    end_ms: int,
    styles: dict[str, Style],
    findings: Findings | None,
    number: int,
    *,
    old: bool = False,
) -> Cue:
    """The cue of an event's fields; the raw text is kept where the tree does not say all of it."""
    raw = found["Text"]
    name = found.get("Name", "")
    style = styles.get(found.get("Style", "Default").lstrip("*"), Style())
    said = read_text(raw, max(start_ms, 0), italic=style.italic, underline=style.underline)
    for lost in said.lost:
        if findings is not None:
            findings.add("ass.override", number, f"{lost} are kept for ASS alone")
    tree = said.tree if not name else (Node(tag="v", annotation=name, children=said.tree),)
    extra = []
    for field, usual in _DEFAULTS.items():
        value = found.get(field, usual)
        if field == "Layer":
            value = value.lower().removeprefix("marked=")
        if value != usual:
            extra.append((f"ass.{field.lower()}", value))
    if found.get("Effect"):
        extra.append(("ass.effect", found["Effect"]))
    place = said.place or style.place
    settings = settings_of(place)
    cue = Cue.of(start_ms=start_ms, end_ms=end_ms, tree=tree, settings=settings)
    if name and name != one_line(name):
        extra.append(("ass.name", name))
    if raw != text_of(said.tree, place, style, (max(start_ms, 0), end_ms))[0]:
        extra.append(("ass.text", raw))
    if end_ms < start_ms and findings is not None:
        findings.add("cue.end-before-start", number, "the cue ends before it starts")
    return Cue(
        start_ms=start_ms, end_ms=end_ms, payload=cue.payload, settings=settings,
        extra=tuple(extra), source_line=number,
    )  # fmt: skip
