"""WebVTT (W3C, "WebVTT: The Web Video Text Tracks Format"): the richest format we write.

The file is conforming for writers, not only readable: signature, blank line, comments, cues.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loquitur.formats.written import Written, clean, full_lines, one_line
from loquitur.timing import clock

if TYPE_CHECKING:
    from loquitur.model.captions import CaptionTrack, Cue, Node

TAGS = frozenset({"c", "i", "b", "u", "v", "lang", "ruby", "rt"})
ANNOTATED = frozenset({"v", "lang"})

_CLASS_BREAKERS = re.compile(r"[\s.<>&]+")
_ARROW = re.compile(r"-{2,}>")
_SETTING = re.compile(r"[^\s:]+:[^\s]+")


def write(track: CaptionTrack) -> Written:
    """A track as WebVTT."""
    losses: dict[str, None] = {}
    blocks = ["\n".join(["WEBVTT", *_header(track, losses)])]
    blocks += [_note(note) for note in track.notes if note.strip()]
    blocks += [block for cue in track.cues if (block := _cue(cue, losses))]
    return Written(text="\n\n".join(blocks) + "\n", losses=tuple(losses))


def _header(track: CaptionTrack, losses: dict[str, None]) -> list[str]:
    lines = [line for text in track.header for line in full_lines(text)]
    kept = [line for line in lines if "-->" not in line]
    if len(kept) < len(lines):
        losses["header lines with an arrow"] = None
    return kept


def _note(note: str) -> str:
    lines = full_lines(_ARROW.sub("->", note))
    return "NOTE " + lines[0] if len(lines) == 1 else "\n".join(["NOTE", *lines])


def _cue(cue: Cue, losses: dict[str, None]) -> str:
    payload = "".join(_rendered(item, losses) for item in cue.tree)
    lines = [line for line in payload.split("\n") if line.strip()]
    if not cue.text.strip() or not lines:
        losses["cues without text"] = None
        return ""
    if len(lines) < payload.count("\n") + 1:
        losses["blank lines inside cues"] = None
    block = [*_id(cue, losses), _timing(cue, losses), *lines]
    return "\n".join(block)


def _id(cue: Cue, losses: dict[str, None]) -> list[str]:
    if not cue.id:
        return []
    if "-->" in cue.id or clean(cue.id) != cue.id or "\n" in cue.id or not cue.id.strip():
        losses["cue ids with an arrow or a line break"] = None
        return []
    return [cue.id]


def _timing(cue: Cue, losses: dict[str, None]) -> str:
    parts = [clock(cue.start_ms), "-->", clock(cue.end_ms)]
    for name, value in cue.settings:
        setting = f"{name}:{value}"
        if _SETTING.fullmatch(setting) and "-->" not in setting and clean(setting) == setting:
            parts.append(setting)
        else:
            losses[f"the cue setting '{one_line(name)}'"] = None
    return " ".join(parts)


def _rendered(item: str | Node, losses: dict[str, None]) -> str:
    if isinstance(item, str):
        return _escaped(clean(item))
    if item.tag == "time":
        stamp = f"<{clock(item.start_ms)}>" if item.start_ms is not None else ""
        return stamp + "".join(_rendered(child, losses) for child in item.children)
    inside = "".join(_rendered(child, losses) for child in item.children)
    if item.tag not in TAGS:
        losses[f"the tag '{one_line(item.tag)}'"] = None
        return inside
    names = [_CLASS_BREAKERS.sub("-", clean(name)) for name in item.classes]
    opening = ".".join([item.tag, *(name for name in names if name)])
    if names != list(item.classes):
        losses["class names with blanks or dots"] = None
    annotation = one_line(item.annotation) if item.tag in ANNOTATED else ""
    if annotation:
        opening += " " + _escaped(annotation)
    return f"<{opening}>{inside}</{item.tag}>"


def _escaped(text: str) -> str:
    """`>` too, which keeps an arrow in the text from being a timing line."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
