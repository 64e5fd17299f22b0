"""WebVTT written so that the standard's parser reads the same again.

A cue's payload is written as it stood in a WebVTT file; from another notation it is translated. All
that would break the file is replaced or dropped, and told.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loquitur.formats.webvtt.settings import write_region, write_settings
from loquitur.formats.written import Written
from loquitur.markup import translate
from loquitur.timing import clock

if TYPE_CHECKING:
    from loquitur.model.captions import Block, CaptionTrack, Cue

_ARROW = re.compile(r"-{2,}>")
_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
_BLANK_LINES = re.compile(r"\n{2,}")
_SPACES = re.compile("[\t\n\f\r ]")


def write(track: CaptionTrack) -> Written:
    """A track as WebVTT."""
    return _Writer(track).write()


class _Writer:
    """Writes one track and remembers what could not be written."""

    def __init__(self, track: CaptionTrack) -> None:
        self._track = track
        self._losses: dict[str, None] = {}

    def write(self) -> Written:
        track = self._track
        pieces = [self._head()]
        blocks = sorted(track.blocks, key=lambda block: block.before)
        at = 0
        for count, cue in enumerate(track.cues):
            while at < len(blocks) and blocks[at].before <= count:
                self._block(blocks[at], pieces)
                at += 1
            self._cue(cue, pieces)
        for block in blocks[at:]:
            self._block(block, pieces)
        return Written(text="\n\n".join(pieces) + "\n", losses=tuple(self._losses))

    def _lost(self, what: str) -> None:
        self._losses[what] = None

    def _head(self) -> str:
        track = self._track
        signature = dict(track.extra).get("vtt.signature", "")
        signature = self._clean(signature) if signature[:1] in (" ", "\t") else ""
        signature = signature.replace("\n", " ")
        header = list(track.header) if track.format in ("", "vtt") else []
        lines = [line for text in header for line in self._clean(text).split("\n") if line]
        kept = [line for line in lines if "-->" not in line]
        if len(kept) < len(lines):
            self._lost("header lines with an arrow")
        named = {line.partition(":")[0] for line in kept}
        told = track.language not in ("", "mul", "und")
        if track.format != "vtt" and told and "Language" not in named:
            if track.kind != "captions":
                kept.append(f"Kind: {_one_line(track.kind)}")
            kept.append(f"Language: {_one_line(track.language)}")
        return "\n".join(["WEBVTT" + signature, *kept])

    def _block(self, block: Block, pieces: list[str]) -> None:
        text = _BLANK_LINES.sub("\n", self._clean(block.text)).strip("\n")
        if block.kind == "note":
            if text.strip():
                text = _ARROW.sub("->", text)
                pieces.append(f"NOTE\n{text}" if "\n" in text else f"NOTE {text}")
        elif block.kind == "dropped":
            if self._track.format == "vtt":
                pieces.append(text)
            else:
                self._lost("blocks that were no cues")
        elif "-->" in text:
            self._lost(f"a block of kind '{block.kind}' with an arrow in it")
        elif block.kind == "region":
            text = text or (write_region(block.region) if block.region else "")
            pieces.append(f"REGION\n{text}")
        elif block.kind == "style":
            pieces.append(f"STYLE\n{text}")
        elif text and self._track.format == "vtt":
            pieces.append(text)
        elif text:
            self._lost("blocks that are no cues")

    def _cue(self, cue: Cue, pieces: list[str]) -> None:
        if cue.start_ms < 0 or cue.end_ms < 0:
            self._lost("times before zero (written as zero)")
        times = (
            f"{clock(max(cue.start_ms, 0))} --> {clock(max(cue.end_ms, 0))}"
            f"{write_settings(cue.settings)}"
        )
        if "-->" in cue.id or "\n" in cue.id or "\r" in cue.id:
            self._lost("cue ids with an arrow or a line break")
        elif cue.id:
            times = f"{self._clean(cue.id)}\n{times}"
        payload = self._payload(cue)
        pieces.append(f"{times}\n{payload}" if payload else times)

    def _payload(self, cue: Cue) -> str:
        payload = cue.payload
        if cue.notation != "vtt":
            payload, losses = translate(payload, cue.notation, "vtt")
            for loss in losses:
                self._lost(loss)
        payload = self._clean(payload)
        if "-->" in payload:
            payload = payload.replace("-->", "--&gt;")
        if "\n\n" in payload or payload[:1] == "\n" or payload[-1:] == "\n":
            self._lost("blank lines inside cues")
            payload = _BLANK_LINES.sub("\n", payload).strip("\n")
        return payload

    def _clean(self, text: str) -> str:
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        return text if text.isascii() and "\0" not in text else _UNWRITABLE.sub("\ufffd", text)


def _one_line(text: str) -> str:
    return _SPACES.sub(" ", text.replace("-->", "->"))
