"""The styles of ASS and SSA, as far as a cue's text and place depend on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LEGACY = {1: 1, 2: 2, 3: 3, 5: 7, 6: 8, 7: 9, 9: 4, 10: 5, 11: 6}
_ORDER_ASS = (
    "name", "fontname", "fontsize", "primarycolour", "secondarycolour", "outlinecolour",
    "backcolour", "bold", "italic", "underline", "strikeout", "scalex", "scaley", "spacing",
    "angle", "borderstyle", "outline", "shadow", "alignment", "marginl", "marginr", "marginv",
    "encoding",
)  # fmt: skip
_ORDER_SSA = (
    "name", "fontname", "fontsize", "primarycolour", "secondarycolour", "tertiarycolour",
    "backcolour", "bold", "italic", "borderstyle", "outline", "shadow", "alignment", "marginl",
    "marginr", "marginv", "alphalevel", "encoding",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    r"""What a style says of text and place (`\anN`)."""

    italic: bool = False
    underline: bool = False
    place: int = 2


def styles_of(head: Iterable[str]) -> tuple[dict[str, Style], bool]:
    """The styles by name, and whether the script is SSA (version 4.00 without the plus)."""
    styles: dict[str, Style] = {}
    section, old = "", False
    order: list[str] = []
    for line in head:
        if line.lstrip(" \t\ufeff").startswith("["):
            section = line.strip(" \t\ufeff[]").lower()
            old = old or section == "v4 styles"
            order = list(_ORDER_SSA if old else _ORDER_ASS)
            continue
        kind, colon, rest = line.partition(":")
        kind = kind.strip().lower()
        if not colon:
            continue
        if section == "script info" and kind == "scripttype":
            old = rest.strip().lower() == "v4.00"
        elif section.endswith("styles") and kind == "format":
            order = [name.strip().lower() for name in rest.split(",")]
        elif section.endswith("styles") and kind == "style":
            values = dict(zip(order, (value.strip() for value in rest.split(",")), strict=False))
            styles[values.get("name", "").lstrip("*")] = _style(values, old=old)
    return styles, old


def _style(values: dict[str, str], *, old: bool) -> Style:
    digits = values.get("alignment", "2")
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 3 else 2
    place = _LEGACY.get(number, 2) if old else number
    return Style(
        italic=values.get("italic", "0") not in ("0", ""),
        underline=values.get("underline", "0") not in ("0", ""),
        place=place if 1 <= place <= 9 else 2,
    )
