"""SubRip text as players read it: a few tags, ASS overrides, and everything else is text.

There is no standard. `<` begins a tag only where one of the known names follows (any case), so
`3 < 4` stays; entities are not resolved, since most players show them as they stand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from loquitur.markup.nodes import Builder, Node, plain_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TAGS = ("b", "i", "u", "s", "font", "ruby", "rt", "c", "v", "lang")
SHOWN = frozenset({"b", "i", "u", "s", "font"})
TOKEN = re.compile(
    r"<(?P<end>/?)(?P<tag>b|i|u|s|font|ruby|rt|c|v|lang)(?P<rest>(?:[ .\t=][^<>\n]{0,200})?)\s?>"
    r"|(?P<stray></[a-z]{1,16}>)"
    r"|(?P<override>\{\\[^{}\n]{0,1000}\})"
    r"|\{(?P<braced_end>/?)(?P<braced>[biusBIUS])\}",
    re.IGNORECASE,
)
_LIKE_MARKUP = re.compile(
    r"<(?=/?(?:b|i|u|s|font|ruby|rt|c|v|lang)(?:[\s.>=]|\Z)|/|[!?]|\Z)|\{(?=\\|\Z|/?[bius]\})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A tag or an override as it stands in a text.

    Args:
        kind: `open`, `close`, `override`, or `stray` for an end tag that no player knows.
        name: The tag as it is written; the override with its braces.
        node: What an `open` begins.
        braced: Whether it stands in braces, as MicroDVD's tags do.
    """

    kind: Literal["open", "close", "override", "stray"]
    name: str = ""
    node: Node | None = None
    braced: bool = False


def tokens(payload: str) -> Iterator[tuple[int, int, Token]]:
    """The tags and overrides of a text: where each begins and ends, and what it is."""
    for match in TOKEN.finditer(payload):
        text = match[0]
        yield match.start(), match.end(), _known(text) if len(text) <= _SHORT else _token(text)


def _token(text: str) -> Token:
    match = TOKEN.fullmatch(text)
    if match is None or match["stray"]:
        return Token(kind="stray", name=text)
    if match["override"]:
        return Token(kind="override", name=text)
    braced = bool(match["braced"])
    name = match["braced"] or match["tag"]
    if match["end"] or match["braced_end"]:
        return Token(kind="close", name=name, braced=braced)
    node = _node(name.lower(), match["rest"] or "")
    return Token(kind="open", name=name, node=node, braced=braced)


_SHORT = 40
_known = lru_cache(maxsize=1024)(_token)
"""Most files have few tags, many times; long ones are not kept, so that memory stays bounded."""


def parse(payload: str) -> tuple[str | Node, ...]:
    r"""The tree of SubRip text; overrides (`{\an8}`) are placement, no text."""
    if "<" not in payload and "{" not in payload:
        return (payload,) if payload else ()
    builder = Builder()
    position = 0
    for start, end, token in tokens(payload):
        if start > position:
            builder.add(payload[position:start])
        position = end
        if token.node is not None:
            builder.open(token.node)
        elif token.kind == "close":
            builder.close(token.name.lower())
    if position < len(payload):
        builder.add(payload[position:])
    return builder.finish()


def _node(tag: str, rest: str) -> Node:
    if tag == "font":
        return Node(tag=tag, annotation=" ".join(rest.split()))
    head, _, annotation = rest.partition(" ") if rest.startswith(".") else ("", "", rest)
    classes = tuple(filter(None, head.split(".")))
    return Node(tag=tag, classes=classes, annotation=" ".join(annotation.split()))


def write(tree: Iterable[str | Node]) -> tuple[str, tuple[str, ...]]:
    """A tree as SubRip text, and what it cannot carry.

    Voices are written without their names: where names stand is for the writer of the whole track
    to say. Text that a player would take for a tag is written with other signs.
    """
    losses: dict[str, None] = {}
    return "".join(_written(item, losses) for item in tree), tuple(losses)


_LOST = {
    "time": "times inside cues",
    "lang": "languages inside cues",
    "v": "voice tags",
    "ruby": "ruby text",
    "rt": "ruby text",
    "c": "classes",
}


def _written(item: str | Node, losses: dict[str, None]) -> str:
    if isinstance(item, str):
        kept = _LIKE_MARKUP.sub(lambda match: {"<": "‹", "{": "("}[match[0]], item)
        if kept != item:
            losses["tags said as text (written with other signs)"] = None
        return kept
    if item.tag == "rt":
        losses[_LOST["rt"]] = None
        return f"({plain_text(item)})"
    inside = "".join(_written(child, losses) for child in item.children)
    if item.classes:
        losses["classes"] = None
    if item.tag in SHOWN:
        attributes = f" {item.annotation}" if item.annotation else ""
        return f"<{item.tag}{attributes}>{inside}</{item.tag}>"
    losses[_LOST.get(item.tag, f"the tag '{' '.join(item.tag.split())}'")] = None
    return inside
