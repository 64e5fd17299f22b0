"""What matplotlib draws, as a small picture in SVG whose colours the page's style decides.

matplotlib's own SVG back end gives each tick a group, an id and a definition, and fixed colours.
This is a renderer in the sense of its documentation ("Writing a backend"): layout, scales and
artists are matplotlib's, and only the last step, from paths and texts to elements, is ours.
Coordinates are relative, to a tenth of a pixel; neighbours of one look are one element; text stays
text in the reader's own fonts, so no font of this machine is asked for a glyph.
"""

from __future__ import annotations

import functools
import html
import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ANCHORS = {"left": "", "center": ' text-anchor="middle"', "right": ' text-anchor="end"'}
_WIDE, _NARROW, _USUAL = 1.0, 0.33, 0.6
"""Widths of characters in parts of the size of the type, as usual in fonts without serifs."""


def width_of(text: str) -> float:
    """About how wide a text is, in parts of the size of its type."""
    return sum(_width(char) for char in text)


def _width(char: str) -> float:
    if char in "ijl.,:;|!'()[] ":
        return _NARROW
    if unicodedata.east_asian_width(char) in "WF":
        return _WIDE
    if unicodedata.combining(char):
        return 0.0
    return 0.75 if char.isupper() or char in "mwMW%@" else _USUAL


def canvas(width: float, height: float, classes: Mapping[str, str]) -> Canvas:
    """A canvas that matplotlib can draw on (see `Canvas` for the arguments).

    Raises:
        ImportError: matplotlib is not installed.
    """
    made: Canvas = _renderer()(width, height, classes)
    return made


@functools.cache
def _renderer() -> type[Any]:
    from matplotlib.backend_bases import RendererBase

    return type("Renderer", (Canvas, RendererBase), {})


class Canvas:
    """Takes what matplotlib draws; `elements` is the content of an `<svg>` of that size.

    Args:
        width: In pixels, of which a point is one.
        height: In pixels.
        classes: The class of each colour (`#rrggbb`), which the page's style gives its real one.
    """

    def __init__(self, width: float, height: float, classes: Mapping[str, str]) -> None:
        super().__init__()
        self.width, self.height = width, height
        self._classes = classes
        self._parts: list[str] = []
        self._open: tuple[str, list[str]] | None = None

    def elements(self) -> str:
        """All that was drawn."""
        self._close()
        return "".join(self._parts)

    def get_canvas_width_height(self) -> tuple[float, float]:
        """The size in pixels."""
        return self.width, self.height

    def get_text_width_height_descent(
        self, s: str, prop: Any, ismath: Any
    ) -> tuple[float, float, float]:
        """About what a text takes, since the reader's fonts are not known."""
        del ismath
        size = float(prop.get_size_in_points())
        return width_of(s) * size, size, 0.2 * size

    def draw_path(self, gc: Any, path: Any, transform: Any, rgbFace: Any = None) -> None:  # noqa: N803
        """A line or an area."""
        data = self._outline(path.transformed(transform))
        if data:
            self._add(self._look(gc, rgbFace), data)

    def draw_markers(
        self,
        gc: Any,
        marker_path: Any,
        marker_trans: Any,
        path: Any,
        trans: Any,
        rgbFace: Any = None,  # noqa: N803
    ) -> None:
        """Dots: strokes without a length and with round ends, as wide as the marker.

        A collection of one path comes this way too, as a marker that is not round.
        """
        if marker_path.codes is None or path.CURVE4 not in marker_path.codes:
            for x, y in path.transformed(trans).vertices:
                self.draw_path(gc, marker_path, marker_trans.frozen().translate(x, y), rgbFace)
            return
        extents = marker_path.transformed(marker_trans).get_extents()
        colour = rgbFace if rgbFace is not None else gc.get_rgb()
        look = f'class="k{self._class(colour)} d" stroke-width="{_short(extents.width)}"'
        look += _faint("stroke-opacity", gc, colour)
        places = path.transformed(trans).vertices.tolist()
        points = [self._place(x, y) for x, y in places if x == x and y == y]  # noqa: PLR0124 - nan
        data = "".join(f"M{_tenths(x)} {_tenths(y)}h0" for x, y in dict.fromkeys(points))
        if data:
            self._add(look, data)

    def draw_text(  # noqa: PLR0917 - matplotlib's signature
        self,
        gc: Any,
        x: float,
        y: float,
        s: str,
        prop: Any,
        angle: float,
        ismath: Any = False,
        mtext: Any = None,
    ) -> None:
        """A text, held where it is aligned, since its width depends on the reader's fonts."""
        del ismath, angle
        anchor = ""
        if mtext is not None:
            x, _ = mtext.get_transform().transform(mtext.get_unitless_position())
            anchor = _ANCHORS[mtext.get_horizontalalignment()]
        self._close()
        size = float(prop.get_size_in_points())
        sized = "" if size == 11 else f' font-size="{_short(size)}"'
        weight = ' font-weight="600"' if prop.get_weight() in ("bold", 600) else ""
        self._parts.append(
            f'<text x="{_short(x)}" y="{_short(y)}"{anchor}{sized}{weight}'
            f' class="f{self._class(gc.get_rgb())}">{html.escape(s)}</text>'
        )

    def _look(self, gc: Any, face: Any) -> str:
        classes, more = [], ""
        if face is not None and (len(face) < 4 or face[3]):
            classes.append("f" + self._class(face))
            more += _faint("fill-opacity", gc, face)
        else:
            classes.append("n")
        width = gc.get_linewidth()
        if width and gc.get_rgb()[3]:
            classes.append("k" + self._class(gc.get_rgb()))
            more += f' stroke-width="{_short(width)}"' + _faint("stroke-opacity", gc, gc.get_rgb())
            _, dashes = gc.get_dashes()
            if dashes is not None:
                more += f' stroke-dasharray="{" ".join(_short(one) for one in dashes)}"'
        return f'class="{" ".join(classes)}"{more}'

    def _class(self, colour: Any) -> str:
        name = "#" + "".join(f"{round(255 * part):02x}" for part in colour[:3])
        return self._classes[name]

    def _add(self, look: str, data: str) -> None:
        if self._open is not None and self._open[0] == look:
            self._open[1].append(data)
            return
        self._close()
        self._open = (look, [data])

    def _close(self) -> None:
        if self._open is not None:
            look, data = self._open
            self._parts.append(f'<path {look} d="{"".join(data)}"/>')
            self._open = None

    def _place(self, x: float, y: float) -> tuple[int, int]:
        return round(10 * x), round(10 * (self.height - y))

    def _outline(self, path: Any) -> str:
        """The data of a path: absolute where a part begins, else relative; no part of one point."""
        parts: list[str] = []
        at, move = (0, 0), ""
        for points, code in path.iter_segments(simplify=False, curves=True):
            pairs = [self._place(*points[i : i + 2]) for i in range(0, len(points), 2)]
            if code == path.MOVETO:
                move = f"M{_tenths(pairs[0][0])} {_tenths(pairs[0][1])}"
            elif code == path.CLOSEPOLY:
                parts.append("z")
            else:
                parts.append(move + _drawn(at, pairs, code - path.LINETO))
                move = ""
            at = at if code == path.CLOSEPOLY else pairs[-1]
        return "".join(parts)


def _drawn(start: tuple[int, int], pairs: Sequence[tuple[int, int]], degree: int) -> str:
    """A straight line (0), or a curve by one control point (1) or by two (2)."""
    if not degree:
        return _step(start, pairs[0])
    steps = [f"{_tenths(x - start[0])} {_tenths(y - start[1])}" for x, y in pairs]
    return ("q" if degree == 1 else "c") + " ".join(steps)


def _step(start: tuple[int, int], end: tuple[int, int]) -> str:
    across, down = end[0] - start[0], end[1] - start[1]
    if not across and not down:
        return ""
    if not down:
        return f"h{_tenths(across)}"
    if not across:
        return f"v{_tenths(down)}"
    second = _tenths(down)
    return f"l{_tenths(across)}{'' if second.startswith('-') else ' '}{second}"


def _tenths(value: int) -> str:
    whole, rest = divmod(abs(value), 10)
    sign = "-" if value < 0 else ""
    if not rest:
        return f"{sign}{whole}"
    return f"{sign}{whole or ''}.{rest}"


def _short(value: float) -> str:
    return _tenths(round(10 * value))


def _faint(name: str, gc: Any, colour: Any) -> str:
    alpha = gc.get_alpha() if gc.get_forced_alpha() else (colour[3] if len(colour) > 3 else 1.0)
    return "" if alpha is None or alpha >= 1 else f' {name}="{alpha:.2f}"'.replace("0.", ".")
