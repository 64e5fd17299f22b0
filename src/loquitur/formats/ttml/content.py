"""The text of a paragraph at a moment: white space handled, styles as tags, ruby, voices.

Semantic tags (classes that refer to styles, voices, languages, ruby) nest as the spans do; what is
bold, italic, underlined or coloured is computed for each stretch of text and put around the longest
stretches that share it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loquitur.formats.safe_xml import XML
from loquitur.formats.ttml.names import TTM, TTS
from loquitur.formats.ttml.styles import PLAIN, Look
from loquitur.markup import Node

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from fractions import Fraction

    from loquitur.formats.ttml.styles import Styles
    from loquitur.formats.ttml.timeline import Active

_SPACE = re.compile("[\t\r\n ]+")
_MOST_DEEP = 60
"""Spans inside spans are followed this far, as deep as a cue's tree goes."""


@dataclass(slots=True)
class _Piece:
    """A stretch of text of one style; `keep` where its white space is preserved."""

    text: str
    look: Look
    keep: bool


@dataclass(slots=True)
class _Group:
    """A semantic tag with what is inside; a tag of no name only holds together."""

    tag: str
    classes: tuple[str, ...] = ()
    annotation: str = ""
    items: list[_Piece | _Group] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What holds where a paragraph begins.

    Args:
        styles: The document's.
        agents: Names of agents by id.
        time: The moment.
        look: What is inherited.
        keep: Whether white space is preserved.
        language: Of the document; spans in another are tagged.
    """

    styles: Styles
    agents: Mapping[str, str]
    time: Fraction
    look: Look
    keep: bool
    language: str


def shown(element: Active, said: dict[str, str], time: Fraction) -> bool:
    """Whether an element is displayed at a time: by its style, and what `set` makes of it."""
    display = said.get("display", "auto")
    for begin, end, one in element.sets:
        if begin <= time and (end is None or time < end):
            display = one.get("display", TTS) or display
    return display.strip() != "none"


def tree_of(paragraph: Active, context: Context) -> tuple[str | Node, ...]:
    """The text of a paragraph as a tree; empty where it shows none."""
    top = _Group("")
    _gather(paragraph, context, context.look, context.keep, top, 0)
    pieces: list[_Piece] = []
    _listed(top, pieces)
    _trim(pieces)
    tree = _styled(_built(top))
    for agent in _agents(paragraph, context):
        tree = (Node(tag="v", annotation=agent, children=tree),)
    return tree


def _agents(paragraph: Active, context: Context) -> list[str]:
    found = paragraph.element.get("agent", TTM).split()
    return [context.agents.get(found[0], found[0])] if found else []


def _gather(
    active: Active, context: Context, look: Look, keep: bool, into: _Group, deep: int
) -> None:
    for child in active.children:
        if isinstance(child, str):
            into.items.append(_Piece(child, look, keep))
            continue
        element = child.element
        if element.name == "br":
            into.items.append(_Piece("\n", look, True))
            continue
        if not child.at(context.time) or deep >= _MOST_DEEP:
            continue
        said = context.styles.said(element)
        if not shown(child, said, context.time):
            continue
        space = element.get("space", XML)
        own = keep if not space else space == "preserve"
        group = into
        for tag, classes, annotation in _semantics(child, said, context):
            inner = _Group(tag, classes, annotation)
            group.items.append(inner)
            group = inner
        _gather(child, context, look.with_(said), own, group, deep + 1)
        if element.get("ruby", TTS) == "container":
            group.items = _paired(group.items)


def _semantics(
    child: Active, said: dict[str, str], context: Context
) -> list[tuple[str, tuple[str, ...], str]]:
    """The tags that a span is, the outermost first."""
    element = child.element
    found: list[tuple[str, tuple[str, ...], str]] = []
    if agent := element.get("agent", TTM).split():
        found.append(("v", (), context.agents.get(agent[0], agent[0])))
    language = element.get("lang", XML)
    if language and language != context.language:
        found.append(("lang", (), language))
    classes = tuple(name for name in element.get("style").split() if name in context.styles)
    if classes:
        found.append(("c", classes, ""))
    ruby = said.get("ruby", "")
    if ruby in ("container", "text", "base", "baseContainer", "textContainer", "delimiter"):
        found.append((f"ruby:{ruby}", (), ""))
    return found


def _paired(items: list[_Piece | _Group]) -> list[_Piece | _Group]:
    """The inside of a ruby container: each base with its text behind it."""
    bases: list[_Piece | _Group] = []
    texts: list[_Piece | _Group] = []
    todo = list(items)
    while todo:
        item = todo.pop(0)
        if isinstance(item, _Group) and item.tag in ("ruby:baseContainer", "ruby:textContainer"):
            todo = [*item.items, *todo]
        elif isinstance(item, _Group) and item.tag == "ruby:text":
            texts.append(_Group("rt", items=item.items))
        elif isinstance(item, _Group) and item.tag == "ruby:delimiter":
            continue
        elif isinstance(item, _Group) or item.text.strip():
            bases.append(item)
    found: list[_Piece | _Group] = []
    for at in range(max(len(bases), len(texts))):
        last = at == min(len(bases), len(texts)) - 1
        found += bases[at:] if last else bases[at : at + 1]
        found += texts[at : at + 1]
        if last:
            found += texts[at + 1 :]
            break
    return found or [*bases, *texts]


def _listed(group: _Group, pieces: list[_Piece]) -> None:
    """The stretches in their order; each ruby text is trimmed for itself."""
    for item in group.items:
        if isinstance(item, _Piece):
            pieces.append(item)
        elif item.tag == "rt":
            inner: list[_Piece] = []
            _listed(item, inner)
            _trim(inner)
        else:
            _listed(item, pieces)


def _trim(pieces: Sequence[_Piece]) -> None:
    """White space as XSL treats it: runs become one blank, none stands at the edge of a line."""
    alive: list[_Piece] = []
    for piece in pieces:
        if not piece.keep:
            piece.text = _SPACE.sub(" ", piece.text)
            if piece.text[:1] == " " and (not alive or alive[-1].text[-1] in "\t\r\n "):
                piece.text = piece.text[1:]
        if piece.text:
            alive.append(piece)
    for at, piece in enumerate(alive):
        after = alive[at + 1].text if at + 1 < len(alive) else "\n"
        if not piece.keep and piece.text[-1:] == " " and after[:1] in ("\r", "\n"):
            piece.text = piece.text[:-1]


_Item = tuple["Look | None", "str | Node"]


def _built(group: _Group) -> list[_Item]:
    """The items of a group, each with the style that all of it has; None for several."""
    found: list[_Item] = []
    for item in group.items:
        if isinstance(item, _Piece):
            if item.text:
                found.append((item.look, item.text))
            continue
        inner = _built(item)
        tag = {"ruby:container": "ruby"}.get(item.tag, item.tag)
        if not inner:
            continue
        if tag.startswith("ruby:") or not tag:
            found += inner
            continue
        look = _only(inner) if tag not in ("v", "lang", "rt") else None  # styles go inside
        children = _bare(inner) if look is not None else _styled(inner)
        node = Node(
            tag=tag, classes=item.classes, annotation=item.annotation, children=tuple(children)
        )
        found.append((look, node))
    return found


def _only(items: list[_Item]) -> Look | None:
    """The style that all items share, if they do."""
    looks = {look for look, _ in items}
    return next(iter(looks)) if len(looks) == 1 else None


def _bare(items: list[_Item]) -> tuple[str | Node, ...]:
    joined: list[str | Node] = []
    for _, item in items:
        if isinstance(item, str) and joined and isinstance(joined[-1], str):
            joined[-1] += item
        else:
            joined.append(item)
    return tuple(joined)


def _styled(items: list[_Item]) -> tuple[str | Node, ...]:
    """The items, those beside one another that share a style inside its tags."""
    found: list[str | Node] = []
    at = 0
    while at < len(items):
        look, end = items[at][0], at + 1
        while end < len(items) and items[end][0] == look and look is not None:
            end += 1
        found += _wrapped(_bare(items[at:end]), look or PLAIN)
        at = end
    return tuple(found)


def _wrapped(items: tuple[str | Node, ...], look: Look) -> tuple[str | Node, ...]:
    if look.strike:
        items = (Node(tag="c", classes=("line-through",), children=items),)
    for on, tag in ((look.underline, "u"), (look.italic, "i"), (look.bold, "b")):
        if on:
            items = (Node(tag=tag, children=items),)
    if look.colour != "white":
        items = (Node(tag="c", classes=(look.colour,), children=items),)
    return items
