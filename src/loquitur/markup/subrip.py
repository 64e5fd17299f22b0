"""SubRip text as players read it: a few tags, ASS overrides, and everything else is text.

There is no standard. `<` begins a tag only where one of the known names follows (any case), so
`3 < 4` stays; entities are not resolved, since most players show them as they stand.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loquitur.markup.nodes import Builder, Node, plain_text

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def parse(payload: str) -> tuple[str | Node, ...]:
    r"""The tree of SubRip text; overrides (`{\an8}`) are placement, no text."""
    if "<" not in payload and "{" not in payload:
        return (payload,) if payload else ()
    builder = Builder()
    position = 0
    for token in TOKEN.finditer(payload):
        if token.start() > position:
            builder.add(payload[position : token.start()])
        position = token.end()
        if tag := (token["tag"] or token["braced"] or "").lower():
            if token["end"] or token["braced_end"]:
                builder.close(tag)
            else:
                builder.open(_node(tag, token["rest"] or ""))
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
