"""Regions of TTML as places of cues, and back."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from loquitur.formats.ttml.names import TTP, TTS
from loquitur.model.captions import PLAIN_SETTINGS, Settings

if TYPE_CHECKING:
    from loquitur.formats.safe_xml import Element

_LENGTH = re.compile(r"(-?\d{1,7}(?:\.\d{1,9})?)(%|px|c|rw|rh)", re.ASCII)
_KEYWORDS = {"left": 0.0, "top": 0.0, "center": 50.0, "right": 100.0, "bottom": 100.0}
_LOW = 80.0
"""A region that ends lower than this, its text at its end, is where captions stand anyway."""
_WIDE = 80.0
_ALIGNS = ("start", "center", "end", "left", "right")
_DISPLAY = {"before": "start", "center": "center", "after": "end"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What lengths are measured by: pixels and cells of the root."""

    pixels: tuple[float, float] | None = None
    cells: tuple[float, float] = (32.0, 15.0)

    def percent(self, text: str, axis: int) -> float | None:
        """A length in percent of the width (axis 0) or height (axis 1); None where it is none."""
        match = _LENGTH.fullmatch(text)
        if match is None:
            return None
        number, unit = float(match[1]), match[2]
        if unit == "px":
            return number * 100 / self.pixels[axis] if self.pixels else None
        if unit == "c":
            return number * 100 / self.cells[axis]
        return number

    def pair(self, text: str) -> tuple[float, float] | None:
        """Two lengths."""
        parts = text.split()
        if len(parts) != 2:
            return None
        across, down = self.percent(parts[0], 0), self.percent(parts[1], 1)
        return None if across is None or down is None else (across, down)


def screen_of(root: Element) -> Screen:
    """The screen that a document's root describes."""
    pixels = re.fullmatch(r"\s*(\d{1,6})px\s+(\d{1,6})px\s*", root.get("extent", TTS))
    cells = re.fullmatch(r"\s*(\d{1,5})\s+(\d{1,5})\s*", root.get("cellResolution", TTP))
    found = Screen()
    if pixels and int(pixels[1]) and int(pixels[2]):
        found = replace(found, pixels=(float(pixels[1]), float(pixels[2])))
    if cells and int(cells[1]) and int(cells[2]):
        found = replace(found, cells=(float(cells[1]), float(cells[2])))
    return found


def place_of(region: dict[str, str] | None, said: dict[str, str], screen: Screen) -> Settings:
    """The place of a paragraph.

    Args:
        region: What its region says of style; None where it has none.
        said: What is said of alignment on the way from the region to the paragraph.
        screen: What lengths are measured by.
    """
    align = said.get("textAlign", "").strip()
    if region is None:
        chosen = align if align in _ALIGNS else "center"
        return _shared(replace(PLAIN_SETTINGS, align=chosen))  # type: ignore[arg-type]
    chosen = align if align in _ALIGNS else "start"
    extent = screen.pair(region.get("extent", "")) or (100.0, 100.0)
    width, height = (min(max(value, 0.0), 100.0) for value in extent)
    left, top = _origin(region, screen, width, height)
    settings = replace(PLAIN_SETTINGS, align=chosen)  # type: ignore[arg-type]
    display = _DISPLAY.get(region.get("displayAlign", "").strip(), "start")
    line = {"start": top, "center": top + height / 2, "end": top + height}[display]
    if display != "end" or line < _LOW:
        settings = replace(
            settings, line=_rounded(line), snap_to_lines=False, line_align=display,  # type: ignore[arg-type]
        )  # fmt: skip
    middle = left + width / 2
    if width < _WIDE:
        settings = replace(settings, size=_rounded(width))
    if chosen in ("start", "left"):
        settings = replace(settings, position=_rounded(left))
    elif chosen in ("end", "right"):
        settings = replace(settings, position=_rounded(left + width))
    elif abs(middle - 50) > 1:
        settings = replace(settings, position=_rounded(middle))
    return _shared(settings)


def _shared(settings: Settings) -> Settings:
    return PLAIN_SETTINGS if settings == PLAIN_SETTINGS else settings


def _rounded(number: float) -> float:
    number = round(float(min(max(number, 0.0), 100.0)), 2)
    return int(number) if number.is_integer() else number


def _origin(
    region: dict[str, str], screen: Screen, width: float, height: float
) -> tuple[float, float]:
    if origin := screen.pair(region.get("origin", "")):
        return origin
    parts = region.get("position", "").split()
    if not 1 <= len(parts) <= 2:
        return 0.0, 0.0
    parts = parts if len(parts) == 2 else [*parts, "center"]
    if parts[0] in ("top", "bottom") or parts[1] in ("left", "right"):
        parts.reverse()
    found = []
    for axis, (part, size) in enumerate(zip(parts, (width, height), strict=True)):
        share = _KEYWORDS.get(part)
        if share is None:
            length = screen.percent(part, axis) or 0.0
            share = length if part.endswith("%") else None
            if share is None:
                found.append(length)
                continue
        found.append((100 - size) * share / 100)
    return found[0], found[1]


def region_of(settings: Settings) -> dict[str, str]:
    """The style of a region in which a cue stands as its settings say."""
    down = _line(settings)
    align = settings.align
    if settings.line is None:
        origin, extent, display = (10.0, 10.0), (80.0, 80.0), "after"
    elif settings.line_align == "center" and not settings.snap_to_lines:
        reach = min(down, 100 - down)
        origin, extent, display = (10.0, down - reach), (80.0, 2 * reach), "center"
    elif settings.line < 0 if settings.snap_to_lines else settings.line_align == "end":
        origin, extent, display = (10.0, 0.0), (80.0, down), "after"
    else:
        origin, extent, display = (10.0, down), (80.0, 100 - down), "before"
    left, width = _across(settings)
    origin, extent = (left, origin[1]), (width, extent[1])
    return {
        "origin": f"{_number(origin[0])}% {_number(origin[1])}%",
        "extent": f"{_number(extent[0])}% {_number(extent[1])}%",
        "displayAlign": display,
        "textAlign": align,
    }


def _number(number: float) -> str:
    return f"{_rounded(number):g}"


def _line(settings: Settings) -> float:
    """Where a cue's line is in percent of the height; lines are counted as 15 to the screen."""
    line = settings.line or 0.0
    if not settings.snap_to_lines:
        return line
    return min(max((line if line >= 0 else 16 + line) * 100 / 15, 0.0), 100.0)


def _across(settings: Settings) -> tuple[float, float]:
    """The left edge and the width of the region."""
    width = min(settings.size, 100.0)
    side = settings.align
    if side in ("start", "left"):
        left = 10.0 if settings.position is None else settings.position
        return left, min(width, 80.0 if settings.position is None else 100 - left)
    if side in ("end", "right"):
        right = 90.0 if settings.position is None else settings.position
        width = min(width, right)
        return right - width, width
    middle = 50.0 if settings.position is None else settings.position
    width = min(width, 80.0, 2 * middle, 2 * (100 - middle))
    return middle - width / 2, width
