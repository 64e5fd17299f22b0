"""Styles of TTML: what is said, by reference and inherited, of what cues can carry."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from loquitur.formats.safe_xml import XML
from loquitur.formats.ttml.names import TT, TTS, ours

if TYPE_CHECKING:
    from loquitur.formats.safe_xml import Element

_CHAIN = 16
"""Styles that refer to styles are followed this far; a circle would never end."""
NAMES = {
    "white": "ffffff", "lime": "00ff00", "cyan": "00ffff", "red": "ff0000", "yellow": "ffff00",
    "magenta": "ff00ff", "blue": "0000ff", "black": "000000",
}  # fmt: skip
"""The colours that WebVTT has classes for; of the others the digits are the class."""
_OTHER_NAMES = {
    "aqua": "00ffff", "fuchsia": "ff00ff", "silver": "c0c0c0", "gray": "808080",
    "grey": "808080", "maroon": "800000", "purple": "800080", "green": "008000", "olive": "808000",
    "navy": "000080", "teal": "008080", "transparent": "00000000",
}  # fmt: skip
_CLASSES = {digits: name for name, digits in NAMES.items()}
_DIGITS = re.compile(r"#([0-9a-fA-F]{6})([0-9a-fA-F]{2})?")
_FUNCTION = re.compile(
    r"rgba?\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*(?:,\s*(\d{1,3})\s*)?\)"
)
COLOUR_CLASS = re.compile(r"color-([0-9a-f]{6}(?:[0-9a-f]{2})?)")


def colour_class(text: str) -> str:
    """The class for a colour; empty where the text is no colour.

    >>> colour_class("#FF0000FF"), colour_class("green"), colour_class("tomato!")
    ('red', 'color-008000', '')
    """
    text = text.strip()
    digits = NAMES.get(text.lower()) or _OTHER_NAMES.get(text.lower(), "")
    if match := _DIGITS.fullmatch(text):
        digits = match[0][1:].lower()
    elif match := _FUNCTION.fullmatch(text):
        numbers = [min(int(number), 255) for number in match.groups() if number is not None]
        digits = "".join(f"{number:02x}" for number in numbers)
    digits = digits[:6] if len(digits) == 8 and digits.endswith("ff") else digits
    return _CLASSES.get(digits, f"color-{digits}") if digits else ""


def class_colour(name: str) -> str:
    """The colour of a class, as TTML writes it; empty for a class that is none."""
    if name in NAMES:
        return f"#{NAMES[name]}"
    match = COLOUR_CLASS.fullmatch(name)
    return f"#{match[1]}" if match else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The computed style of a stretch of text, as far as cues can carry it."""

    colour: str = "white"
    italic: bool = False
    bold: bool = False
    underline: bool = False
    strike: bool = False

    def with_(self, said: dict[str, str]) -> Look:
        """The look of a child that says something of its own."""
        changes: dict[str, object] = {}
        if colour := colour_class(said.get("color", "")):
            changes["colour"] = colour
        if "fontStyle" in said:
            changes["italic"] = said["fontStyle"].strip() in ("italic", "oblique")
        if "fontWeight" in said:
            changes["bold"] = said["fontWeight"].strip() == "bold"
        for word in said.get("textDecoration", "").split():
            changes |= _DECORATIONS.get(word, {})
        return replace(self, **changes) if changes else self  # type: ignore[arg-type]


_DECORATIONS: dict[str, dict[str, object]] = {
    "none": {"underline": False, "strike": False},
    "underline": {"underline": True},
    "noUnderline": {"underline": False},
    "lineThrough": {"strike": True},
    "noLineThrough": {"strike": False},
}
PLAIN = Look()


class Styles:
    """The styles of a document's head."""

    def __init__(self, head: Element | None) -> None:
        self._by_id: dict[str, Element] = {}
        self.initial: dict[str, str] = {}
        for styling in ours(head, "styling") if head else ():
            for style in ours(styling):
                if style.name == "style" and (name := style.get("id", XML)):
                    self._by_id[name] = style
                elif style.name == "initial":
                    self.initial |= _own(style)
        self._known: dict[str, dict[str, str]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._by_id

    def said(self, element: Element, deep: int = 0) -> dict[str, str]:
        """What an element says of its style, by reference, nested (regions), and itself."""
        found: dict[str, str] = {}
        for name in element.get("style").split()[:_CHAIN]:
            if style := self._by_id.get(name):
                found |= self._of(name, style, deep)
        if element.space == TT and element.name == "region":
            for style in ours(element, "style"):
                found |= self.said(style, deep + 1) if deep < _CHAIN else {}
        return found | _own(element)

    def _of(self, name: str, style: Element, deep: int) -> dict[str, str]:
        if name not in self._known:
            if deep >= _CHAIN:
                return {}
            self._known[name] = {}  # what refers to itself says nothing more
            self._known[name] = self.said(style, deep + 1)
        return self._known[name]


def _own(element: Element) -> dict[str, str]:
    return {name: value for (space, name), value in element.attributes.items() if space == TTS}
