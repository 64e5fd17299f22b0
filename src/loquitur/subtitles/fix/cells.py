r"""A payload taken apart into what is seen and what is markup: one changes without the other.

Tags, overrides (`{\an8}`) and references (`&amp;`) stay as the file has them, byte for byte.
"""

from __future__ import annotations

import html
import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from loquitur.markup import text, webvtt
from loquitur.subtitles.check.edits import Edit
from loquitur.subtitles.check.relaying import units_of
from loquitur.subtitles.check.tags import stray_tags, tags_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.markup import Notation

_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});?")


class Cell(NamedTuple):
    """One character, or one tag.

    `raw` is what the file has, `plain` what is seen: empty for a tag, whose `name` is empty too
    where it neither opens nor closes anything.
    """

    raw: str
    plain: str
    name: str = ""
    closing: bool = False


def cells_of(payload: str, notation: Notation) -> list[Cell] | None:
    """The cells of a payload; None where they would not show what the payload shows."""
    if notation not in ("vtt", "srt", "plain"):
        return None
    cells: list[Cell] = []
    position = 0
    for tag in tags_of(payload, notation):
        cells += _text(payload[position : tag.start], notation)
        cells.append(Cell(payload[tag.start : tag.end], "", tag.name, tag.closing))
        position = tag.end
    cells += _text(payload[position:], notation)
    shown = "".join(cell.plain for cell in cells)
    return cells if shown == text(payload, notation) else None


def _text(raw: str, notation: Notation) -> list[Cell]:
    if notation != "vtt" or "&" not in raw:
        return [Cell(char, char) for char in raw]
    cells: list[Cell] = []
    position = 0
    for found in _REFERENCE.finditer(raw):
        resolved = html.unescape(found[0])
        if resolved == found[0]:
            continue
        cells += [Cell(char, char) for char in raw[position : found.start()]]
        cells.append(Cell(found[0], resolved))
        position = found.end()
    cells += [Cell(char, char) for char in raw[position:]]
    return cells


def joined(cells: Sequence[Cell]) -> str:
    """The payload of some cells."""
    return "".join(cell.raw for cell in cells)


def edited(cells: list[Cell], edits: Sequence[Edit], notation: Notation) -> list[Cell]:
    """The cells with edits made; tags inside what is replaced stay. Edits must not overlap."""
    places: list[int] = []
    for at, cell in enumerate(cells):
        places += [at] * len(cell.plain)
    result = list(cells)
    for edit in sorted(edits, reverse=True):
        new = [Cell(_escaped(char, notation), char) for char in edit.text]
        if edit.start == edit.end:
            at = _insertion(cells, places, edit.start)
            result[at:at] = new
            continue
        first, last = places[edit.start], places[edit.end - 1]
        if any(len(cell.plain) > 1 for cell in cells[first : last + 1]):
            continue
        kept = [cell for cell in cells[first : last + 1] if not cell.plain]
        result[first : last + 1] = [*new, *kept]
    return result


def _insertion(cells: Sequence[Cell], places: Sequence[int], at: int) -> int:
    if at > 0 and cells[places[at - 1]].plain != "\n":
        return places[at - 1] + 1
    return places[at] if at < len(places) else len(cells)


def _escaped(char: str, notation: Notation) -> str:
    return webvtt.escape(char) if notation == "vtt" else char


def relaying_edits(shown: str, breaks: Sequence[int]) -> list[Edit]:
    """The edits that break a text at these places and nowhere else."""
    units = units_of(shown)
    if not units:
        return []
    at_breaks = set(breaks)
    edits = [Edit(0, units[0].start, "")] if units[0].start else []
    for unit, following in pairwise(units):
        wanted = "\n" if unit.end in at_breaks else " " if following.spaced else ""
        if shown[unit.end : following.start] != wanted:
            edits.append(Edit(unit.end, following.start, wanted))
    if units[-1].end < len(shown):
        edits.append(Edit(units[-1].end, len(shown), ""))
    return edits


def cut(cells: Sequence[Cell], spans: Sequence[tuple[int, int]]) -> list[str]:
    """The payloads of parts of a text; tags open over a cut are closed and opened again.

    Args:
        cells: Of the whole.
        spans: The parts, in order, as places in what is shown; what stands between is left out.
    """
    places: list[int] = []
    for at, cell in enumerate(cells):
        places += [at] * len(cell.plain)
    overrides = [cell for cell in cells if cell.raw.startswith("{\\")]
    opened: list[Cell] = []
    parts: list[str] = []
    position = 0
    for number, (start, end) in enumerate(spans):
        last = number == len(spans) - 1
        stop = len(cells) if last else places[end - 1] + 1
        while not last and stop < len(cells) and cells[stop].closing:
            stop += 1
        prefix = [] if number == 0 else [*overrides, *opened]
        body = [
            cell
            for at, cell in enumerate(cells[position:stop], position)
            if not cell.plain or places[start] <= at <= places[end - 1]
        ]
        if number:
            body = [cell for cell in body if cell not in overrides]
        for cell in body:
            _follow(opened, cell)
        closers = "" if last else "".join(f"</{cell.name}>" for cell in reversed(opened))
        parts.append(joined([*prefix, *body]) + closers)
        position = stop
    return parts


def _follow(opened: list[Cell], cell: Cell) -> None:
    """Keep account of what is open, as players do."""
    if not cell.name:
        return
    if not cell.closing:
        opened.append(cell)
    elif opened and opened[-1].name == cell.name:
        opened.pop()
    elif cell.name == "ruby" and [one.name for one in opened[-2:]] == ["ruby", "rt"]:
        del opened[-2:]


def balanced(payload: str, notation: Notation, *, voices: bool = False) -> str:
    """A payload whose tags come in pairs: players see no difference, editors do.

    Args:
        payload: The text of a cue.
        notation: How it is written.
        voices: Whether a voice that covers the whole cue is closed too.
    """
    if notation == "vtt" and payload.rfind("<") > payload.rfind(">"):
        payload += ">"  # the text ends inside a tag, which would swallow what is put behind it
    closing_nothing, opened = stray_tags(payload, notation, voices=voices)
    gone = {tag.start: tag.end for tag in closing_nothing}
    pieces, position = [], 0
    for start, end in sorted(gone.items()):
        pieces.append(payload[position:start])
        position = end
    pieces.append(payload[position:])
    closers = [f"</{tag.name}>" for tag in reversed(opened)]
    return "".join((*pieces, *closers))


def without_tag(payload: str, notation: Notation, name: str) -> str:
    """A payload without the tags of a name; what they hold stays."""
    pieces, position = [], 0
    for tag in tags_of(payload, notation):
        if tag.name == name:
            pieces.append(payload[position : tag.start])
            position = tag.end
    return "".join((*pieces, payload[position:]))
