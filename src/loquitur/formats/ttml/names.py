"""The namespaces of TTML, its drafts' brought to those of the standard."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loquitur.formats.safe_xml import XML, Element

if TYPE_CHECKING:
    from collections.abc import Iterator

TT = "http://www.w3.org/ns/ttml"
TTS = TT + "#styling"
TTP = TT + "#parameter"
TTM = TT + "#metadata"
PREFIXES = {TT: "", TTS: "tts", TTP: "ttp", TTM: "ttm", XML: "xml"}
_DRAFT = re.compile(r"http://www\.w3\.org/(?:2006/(?:04|10)/ttaf1|ns/ttml)(?:#([a-z-]{1,40}))?")
_ENDS = {
    "": TT, "styling": TTS, "style": TTS, "styling-attributes": TTS, "style-extension": TTS,
    "parameter": TTP, "metadata": TTM,
}  # fmt: skip


def canonical(space: str) -> str:
    """The standard's namespace for one of a draft; others as they are."""
    match = _DRAFT.fullmatch(space)
    return _ENDS.get(match[1] or "", space) if match else space


def adopt(element: Element, *, bare: bool) -> None:
    """Bring an element and all inside it to the standard's namespaces.

    Args:
        element: Changed in place.
        bare: Whether elements without a namespace count as TTML's.
    """
    todo = [element]
    while todo:
        one = todo.pop()
        one.space = canonical(one.space) if one.space or not bare else TT
        one.attributes = {
            (canonical(space), name): value for (space, name), value in one.attributes.items()
        }
        todo += one.elements()


def name_spaces(element: Element, spaces: dict[str, str]) -> None:
    """Give every namespace in an element that has no prefix yet one: `n` and a number."""
    todo = [element]
    while todo:
        one = todo.pop()
        for space in (one.space, *(space for space, _ in one.attributes)):
            if space and space not in spaces:
                spaces[space] = f"n{len(spaces)}"
        todo += one.elements()


def ours(element: Element, name: str = "") -> Iterator[Element]:
    """The child elements that are TTML's, of one name or all."""
    return (child for child in element.elements(name) if child.space == TT)
