"""Which tags of a cue's payload do not come in pairs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from loquitur.markup import subrip, webvtt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.markup import Notation

_VTT = re.compile(r"<([^>]*)(?:>|\Z)")
_VTT_NAME = re.compile(r"/?([a-z]+)")


class Tag(NamedTuple):
    """A tag where it stands in a payload; `name` is empty for what neither opens nor closes."""

    start: int
    end: int
    name: str
    closing: bool


def tags_of(payload: str, notation: Notation) -> Iterator[Tag]:
    """The tags of a payload, in order."""
    if notation == "vtt" and "<" in payload:
        for found in _VTT.finditer(payload):
            name = _VTT_NAME.match(found[1])
            known = name[1] if name and name[1] in webvtt.TAGS else ""
            yield Tag(found.start(), found.end(), known, found[1].startswith("/"))
    elif notation == "srt" and ("<" in payload or "{" in payload):
        for token in subrip.TOKEN.finditer(payload):
            tag = (token["tag"] or token["braced"] or "").lower()
            closing = bool(token["end"] or token["braced_end"])
            yield Tag(token.start(), token.end(), tag, closing)


def stray_tags(
    payload: str, notation: Notation, *, voices: bool = False
) -> tuple[list[Tag], list[Tag]]:
    """Tags that close nothing, and those that are never closed (the innermost last).

    What players do: an end tag closes only what is open innermost. The voice of a whole WebVTT cue
    needs no end, and is left out unless `voices`.
    """
    opened: list[Tag] = []
    closing_nothing: list[Tag] = []
    for tag in tags_of(payload, notation):
        if not tag.name:
            continue
        if not tag.closing:
            opened.append(tag)
        elif opened and opened[-1].name == tag.name:
            opened.pop()
        elif tag.name == "ruby" and [one.name for one in opened[-2:]] == ["ruby", "rt"]:
            del opened[-2:]
        else:
            closing_nothing.append(tag)
    if notation == "vtt" and not voices:
        opened = [tag for tag in opened if not _covers_all(tag, payload)]
    return closing_nothing, opened


def _covers_all(tag: Tag, payload: str) -> bool:
    return tag.name == "v" and not payload[: tag.start].strip()


def unbalanced_tags(payload: str, notation: Notation) -> str:
    """What is wrong with the tags of a payload, in words; empty where nothing is."""
    closing_nothing, opened = stray_tags(payload, notation)
    if opened:
        return f"<{opened[0].name}> is not closed"
    return f"</{closing_nothing[0].name}> closes nothing" if closing_nothing else ""
