"""Cue settings and regions of WebVTT: the standard's parsers, value by value.

W3C WebVTT, section 6.2 ("WebVTT region settings parsing") and 6.3 ("cue settings parsing"). A
setting that is not valid changes nothing; the last valid one of a name wins. Digits are 0-9 and
white space is the standard's: `float` and `str.split` would take more.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from loquitur.model.captions import PLAIN_SETTINGS, Region, Settings

if TYPE_CHECKING:
    from collections.abc import Callable

SPACES = re.compile("[\t\n\f\r ]+")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_PERCENTAGE = re.compile(r"[0-9]+(?:\.[0-9]+)?%")
_DIGITS = re.compile(r"[0-9]+")
_LINE_ALIGN = ("start", "center", "end")
_POSITION_ALIGN = ("line-left", "center", "line-right")
_ALIGN = ("start", "center", "end", "left", "right")


def percentage(text: str) -> float | None:
    """The number of a percentage, 0 to 100; None where the text is none (6.1)."""
    if not _PERCENTAGE.fullmatch(text):
        return None
    number = _number(text[:-1])
    return number if number is not None and number <= 100 else None


def _number(text: str) -> float | None:
    """The double that a browser reads, an int where it has no fraction; None beyond all doubles.

    Whole numbers above 2^53 are those of the shortest digits, as browsers print them.
    """
    number = float(text)
    if not math.isfinite(number):
        return None
    if not number.is_integer() or abs(number) >= 1e21:
        return number
    return int(Decimal(repr(number)))


def parse_settings(text: str, regions: dict[str, Region]) -> tuple[Settings, tuple[str, ...]]:
    """The settings of a timing line, and those that were not understood.

    Args:
        text: What stands after the end time.
        regions: The regions read so far, by id.
    """
    values: dict[str, object] = {}
    strange = []
    for item in SPACES.split(text):
        if not item:
            continue
        name, colon, value = item.partition(":")
        parser = _SETTINGS.get(name)
        found = parser(value) if colon and value and parser else None
        if name == "region" and value in regions:
            found = {"region": value}
        if found is None:
            strange.append(item)
        else:
            values.update(found)
    settings = replace(PLAIN_SETTINGS, **values) if values else PLAIN_SETTINGS  # type: ignore[arg-type]
    if settings.region and (settings.vertical or settings.line is not None or settings.size != 100):
        settings = replace(settings, region="")
    return settings, tuple(strange)


def _vertical(value: str) -> dict[str, object] | None:
    return {"vertical": value} if value in ("rl", "lr") else None


def _line(value: str) -> dict[str, object] | None:
    place, comma, align = value.partition(",")
    if comma and align not in _LINE_ALIGN:
        return None
    if place.endswith("%"):
        number = percentage(place)
    else:
        number = _number(place) if _NUMBER.fullmatch(place) else None
    if number is None:
        return None
    found: dict[str, object] = {"line": number, "snap_to_lines": not place.endswith("%")}
    return found | ({"line_align": align} if comma else {})


def _position(value: str) -> dict[str, object] | None:
    place, comma, align = value.partition(",")
    number = percentage(place)
    if number is None or (comma and align not in _POSITION_ALIGN):
        return None
    return {"position": number} | ({"position_align": align} if comma else {})


def _size(value: str) -> dict[str, object] | None:
    number = percentage(value)
    return None if number is None else {"size": number}


def _align(value: str) -> dict[str, object] | None:
    return {"align": value} if value in _ALIGN else None


_SETTINGS: dict[str, Callable[[str], dict[str, object] | None]] = {
    "vertical": _vertical,
    "line": _line,
    "position": _position,
    "size": _size,
    "align": _align,
}


def parse_region(text: str) -> Region:
    """The region that a REGION block describes; what is not valid keeps its default."""
    region = Region()
    for item in SPACES.split(text):
        name, colon, value = item.partition(":")
        if not colon or not value:
            continue
        if name == "id":
            region = replace(region, id=value)
        elif name == "width" and (number := percentage(value)) is not None:
            region = replace(region, width=number)
        elif name == "lines" and _DIGITS.fullmatch(value) and (count := _number(value)) is not None:
            region = replace(region, lines=count)
        elif name in ("regionanchor", "viewportanchor") and (point := _anchor(value)):
            if name == "regionanchor":
                region = replace(region, region_anchor=point)
            else:
                region = replace(region, viewport_anchor=point)
        elif name == "scroll" and value == "up":
            region = replace(region, scroll="up")
    return region


def _anchor(value: str) -> tuple[float, float] | None:
    across, comma, down = value.partition(",")
    x, y = percentage(across), percentage(down)
    return (x, y) if comma and x is not None and y is not None else None


def write_settings(settings: Settings) -> str:
    """The settings as they stand on a timing line, a blank before each; empty for the defaults."""
    if settings is PLAIN_SETTINGS:
        return ""
    parts = []
    if settings.region:
        parts.append(f"region:{settings.region}")
    if settings.vertical:
        parts.append(f"vertical:{settings.vertical}")
    if settings.line is not None:
        sign = "" if settings.snap_to_lines else "%"
        align = f",{settings.line_align}" if settings.line_align != "start" else ""
        parts.append(f"line:{_plain(settings.line)}{sign}{align}")
    if settings.position is not None:
        align = f",{settings.position_align}" if settings.position_align != "auto" else ""
        parts.append(f"position:{_plain(settings.position)}%{align}")
    if settings.size != 100:
        parts.append(f"size:{_plain(settings.size)}%")
    if settings.align != "center":
        parts.append(f"align:{settings.align}")
    return "".join(f" {part}" for part in parts)


def write_region(region: Region) -> str:
    """The settings of a region, one a line."""
    plain = Region()
    lines = [f"id:{region.id}"] if region.id else []
    if region.width != plain.width:
        lines.append(f"width:{_plain(region.width)}%")
    if region.lines != plain.lines:
        lines.append(f"lines:{region.lines}")
    for name, point, usual in (
        ("regionanchor", region.region_anchor, plain.region_anchor),
        ("viewportanchor", region.viewport_anchor, plain.viewport_anchor),
    ):
        if point != usual:
            lines.append(f"{name}:{_plain(point[0])}%,{_plain(point[1])}%")
    if region.scroll:
        lines.append(f"scroll:{region.scroll}")
    return "\n".join(lines)


def _plain(number: float) -> str:
    """A number in digits, never with an exponent, and exactly the one it is."""
    text = repr(number)
    return (
        format(number, "f")
        if "e" in text and number == int(number)
        else (format(number, ".340f").rstrip("0") if "e" in text else text.removesuffix(".0"))
    )
