"""The text of cues: a small tree, and the notations it is written in.

A cue keeps its text as it stood in the file, with the name of the notation: `vtt` (WebVTT cue
text), `srt` (SubRip with the tags that players know) or `plain` (no notation at all). `parse` gives
the tree, `text` the words without tags, `write` a payload in one notation from a tree, and
`translate` turns a payload from one into another and says what was lost. Trees are made when asked
for: most callers never need one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from loquitur.markup import subrip, webvtt
from loquitur.markup.nodes import Node, plain_text

if TYPE_CHECKING:
    from collections.abc import Iterable

Notation = Literal["vtt", "srt", "plain"]
NOTATIONS: tuple[str, ...] = get_args(Notation)

__all__ = ["NOTATIONS", "Node", "Notation", "parse", "plain_text", "text", "translate", "write"]


def parse(payload: str, notation: Notation) -> tuple[str | Node, ...]:
    """The tree of a payload. Never raises on content: what is no tag is text."""
    if notation == "vtt":
        return webvtt.parse(payload)
    if notation == "srt":
        return subrip.parse(payload)
    return (payload,) if payload else ()


def text(payload: str, notation: Notation) -> str:
    r"""The words of a payload, lines separated by `\n`, without tags and with entities resolved.

    >>> text("<v Ann>Hello &amp; bye</v>", "vtt"), text("<i>3</i> < 4", "srt")
    ('Hello & bye', '3 < 4')
    """
    if notation == "vtt" and "<" not in payload and "&" not in payload:
        return payload
    if notation == "plain" or (notation == "srt" and "<" not in payload and "{" not in payload):
        return payload
    return "".join(plain_text(item) for item in parse(payload, notation))


def write(tree: Iterable[str | Node], notation: Notation) -> tuple[str, tuple[str, ...]]:
    """A tree as a payload, and what the notation could not carry, in words for people."""
    if notation == "vtt":
        return webvtt.write(tree)
    if notation == "srt":
        return subrip.write(tree)
    losses = ("tags of the text",) if any(isinstance(item, Node) for item in tree) else ()
    return "".join(plain_text(item) for item in tree), losses


def translate(payload: str, source: Notation, target: Notation) -> tuple[str, tuple[str, ...]]:
    """A payload of one notation in another, and what was lost on the way.

    >>> translate("<v Ann>1 &lt; 2</v>", "vtt", "plain")
    ('1 < 2', ('tags of the text',))
    """
    if source == target or (not any(sign in payload for sign in "<>&{\r\0")):
        return payload, ()
    return write(parse(payload, source), target)
