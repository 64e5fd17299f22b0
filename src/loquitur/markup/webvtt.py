"""WebVTT cue text: the standard's tokenizer and tree (W3C WebVTT, sections 6.4 and 6.5).

Unknown tags vanish and their text stays; an end tag closes only the innermost node; what is open at
the end is closed there. White space is the standard's (tab, line feed, form feed, carriage return,
space), never Python's.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from loquitur.markup.nodes import Builder, Node
from loquitur.timing import clock

if TYPE_CHECKING:
    from collections.abc import Iterable

TAGS = frozenset({"c", "i", "b", "u", "v", "lang", "ruby", "rt"})
ANNOTATED = frozenset({"v", "lang"})
SPACE = "\t\n\f\r "

_TIMESTAMP = re.compile(r"(?:([0-9]+):)?([0-9]{2}):([0-9]{2})\.([0-9]{3})")
_TOKEN = re.compile(r"<([^>]*)(?:>|\Z)")
_SPACES = re.compile(f"[{SPACE}]+")
_LONG_NUMBER = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{8,});?")
_CLASS_BREAKERS = re.compile(r"[\s.<>&]+")
_MOST_HOURS = 9
"""Digits of hours that are counted; more is no time of any film, and no 64-bit number of ms."""
_UNWRITABLE = re.compile("[\x00\r\ud800-\udfff]")


def timestamp_ms(match: re.Match[str]) -> int | None:
    """Milliseconds of four matched groups (hours or None, minutes, seconds, thousandths).

    None where minutes or seconds are above 59 or the hours beyond counting.
    """
    hours, minutes, seconds, thousandths = match.groups()
    if minutes > "59" or seconds > "59":
        return None
    if hours and len(hours) > _MOST_HOURS:
        hours = hours.lstrip("0") or "0"
        if len(hours) > _MOST_HOURS:
            return None
    return (
        int(hours or 0) * 3_600_000 + int(minutes) * 60_000 + int(seconds) * 1000 + int(thousandths)
    )


def parse(payload: str) -> tuple[str | Node, ...]:
    """The tree of WebVTT cue text; every string is accepted."""
    if "<" not in payload:
        return (_resolved(payload),) if payload else ()
    builder = Builder()
    position = 0
    for token in _TOKEN.finditer(payload):
        if token.start() > position:
            builder.add(_resolved(payload[position : token.start()]))
        position = token.end()
        _take(builder, token[1])
    if position < len(payload):
        builder.add(_resolved(payload[position:]))
    return builder.finish()


def _resolved(text: str) -> str:
    """The text with its character references resolved as in HTML (longest name, `;` optional)."""
    if "&" not in text:
        return text
    # numbers no character has, before `int` meets them
    return html.unescape(_LONG_NUMBER.sub("\ufffd", text))


def _take(builder: Builder, inside: str) -> None:
    """One tag, given what stands between its angle brackets."""
    found = _known(inside) if len(inside) <= _SHORT else _token(inside)
    if found is None:
        return
    if isinstance(found, str):
        if found == "ruby" and builder.current == "rt":
            builder.close("rt")
        builder.close(found)
    elif found.tag == "time":
        builder.add(found)
    elif found.tag != "rt" or builder.current == "ruby":
        builder.open(found)


def _token(inside: str) -> Node | str | None:
    """The node that a start tag or timestamp begins, or the name of an end tag; None for neither.

    `rt` counts inside ruby alone, which is for the caller to see.
    """
    if not inside:
        return None
    if inside[0] == "/":
        return inside[1:] if inside[1:] in TAGS else None
    if inside[0].isdigit() and inside[0].isascii():
        match = _TIMESTAMP.fullmatch(inside)
        at_ms = timestamp_ms(match) if match else None
        return None if at_ms is None else Node(tag="time", start_ms=at_ms)
    if space := _SPACES.search(inside):
        head, annotation = inside[: space.start()], inside[space.end() :]
    else:
        head, annotation = inside, ""
    tag, *classes = head.split(".")
    if tag not in TAGS:
        return None
    said = ""
    if tag in ANNOTATED and annotation:
        said = _SPACES.sub(" ", _resolved(annotation)).strip(SPACE)
    return Node(tag=tag, classes=tuple(filter(None, classes)), annotation=said)


_SHORT = 40
_known = lru_cache(maxsize=1024)(_token)
"""Most files have few tags, many times; long ones are not kept, so that memory stays bounded."""


def write(tree: Iterable[str | Node]) -> tuple[str, tuple[str, ...]]:
    """A tree as WebVTT cue text, and what it cannot carry.

    `>` is escaped too, so that no arrow in a text becomes a line of times.
    """
    losses: dict[str, None] = {}
    return "".join(_written(item, losses) for item in tree), tuple(losses)


def _written(item: str | Node, losses: dict[str, None]) -> str:
    if isinstance(item, str):
        return escape(item)
    inside = "".join(_written(child, losses) for child in item.children)
    if item.tag == "time":
        return (f"<{clock(item.start_ms)}>" if item.start_ms is not None else "") + inside
    if item.tag not in TAGS:
        if item.tag == "font" and (colour := _colour(item.annotation)):
            return f"<c.{colour}>{inside}</c>"
        losses[f"the tag '{_SPACES.sub(' ', item.tag)}'"] = None
        return inside
    names = [_CLASS_BREAKERS.sub("-", name) for name in item.classes]
    if names != list(item.classes):
        losses["class names with blanks or dots"] = None
    opening = ".".join([item.tag, *filter(None, names)])
    if item.tag in ANNOTATED and (said := " ".join(item.annotation.split())):
        opening += " " + escape(said)
    return f"<{opening}>{inside}</{item.tag}>"


_COLOURS = {
    "white": "white", "#ffffff": "white", "lime": "lime", "#00ff00": "lime", "cyan": "cyan",
    "#00ffff": "cyan", "red": "red", "#ff0000": "red", "yellow": "yellow", "#ffff00": "yellow",
    "magenta": "magenta", "#ff00ff": "magenta", "blue": "blue", "#0000ff": "blue",
    "black": "black", "#000000": "black",
}  # fmt: skip
"""The default classes of WebVTT, section 5 ("Default classes for text colors")."""
_COLOUR = re.compile(r"""\bcolor\s*=\s*["']?([#\w]+)""", re.IGNORECASE)


def _colour(attributes: str) -> str:
    """The class of WebVTT that has the colour of a `font` tag; empty where none has."""
    found = _COLOUR.search(attributes)
    return _COLOURS.get(found[1].lower(), "") if found else ""


def escape(text: str) -> str:
    r"""A text as WebVTT shows it as it stands.

    >>> escape("a --> <b> & c")
    'a --&gt; &lt;b&gt; &amp; c'
    """
    text = _UNWRITABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
