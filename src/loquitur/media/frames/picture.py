"""From a decoded frame to RGB pixels as a viewer sees them.

Turned and mirrored as the file says, in the proportions it is shown in, colours by the matrix and
range the stream names, over black where it is transparent, and one field of two where they are
interlaced: a comb is nothing that was ever seen.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.media.frames.fitting import fit
from loquitur.model.vision import Fitting

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.model.vision import Geometry, Preprocessing

    Pixels = NDArray[np.uint8]

_UNSAID = 2
_BT709, _BT601 = 1, 5
_LIMITED = 1
_HD_WIDTH_PX, _SD_HEIGHT_PX = 1280, 576
"""Where a stream names no matrix, the large are taken for BT.709 as players do (mpv's rule)."""

_ODDEST = 8
"""Pixels that are more than so many times wider than high are a damaged header."""

_CLOCK = Fraction(1, 1000)  # a filter wants one; nothing depends on it
_FLAGS = ("FULL_CHR_H_INT", "ACCURATE_RND", "BITEXACT")
_METHODS = {
    "nearest": "POINT",
    "bilinear": "BILINEAR",
    "bicubic": "BICUBIC",
    "lanczos": "LANCZOS",
    "area": "AREA",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attitude:
    """How a stored picture is to be held: mirrored first, then turned to the left."""

    quarters: int = 0
    mirrored: bool = False


def attitude(frame: Any) -> Attitude:
    """How a frame is to be held, by its display matrix (ISO/IEC 14496-12, 8.3.2)."""
    for data in frame.side_data:
        if data.type.name == "DISPLAYMATRIX" and data.buffer_size >= 36:
            a, b, _, c, d = struct.unpack("<5i", bytes(data)[:20])
            break
    else:
        return Attitude()
    mirrored = a * d - b * c < 0
    if mirrored:
        a, c = -a, -c
    # a point of the picture goes from (x, y) to (ax + cy, bx + dy), y downwards
    upright = abs(a) >= abs(b)
    quarters = 2 * (a < 0) if upright else 1 + 2 * (b > 0)
    return Attitude(quarters=quarters, mirrored=mirrored)


def pixel_aspect(stream: Any) -> Fraction:
    """How much wider than high a stored pixel is shown."""
    aspect = Fraction(stream.sample_aspect_ratio or 1)
    return aspect if Fraction(1, _ODDEST) <= aspect <= _ODDEST else Fraction(1)


def shown_size(
    frame: Any, aspect: Fraction, held: Attitude, most_px: int | None = None
) -> tuple[int, int]:
    """Width and height a frame is shown at, within `most_px` on the longer side.

    Pixels that are not square are spread, never squeezed, so that none is lost.
    """
    width, height = Fraction(frame.width), Fraction(frame.height)
    if aspect >= 1:
        width *= aspect
    else:
        height /= aspect
    if most_px is not None and max(width, height) > most_px:
        scale = most_px / max(width, height)
        width, height = width * scale, height * scale
    size = max(1, round(width)), max(1, round(height))
    return (size[1], size[0]) if held.quarters % 2 else size


class Developer:
    """Makes pixels of one size out of the frames of a stream.

    Args:
        stream: The PyAV stream the frames are of.
        geometry: The size wanted, or what an encoder makes of the size shown; None for the size
            the first frame is shown at.
        most_px: The longest side where no size is wanted.
    """

    def __init__(
        self, stream: Any, geometry: Geometry | Fitting | None, most_px: int | None
    ) -> None:
        self._aspect = pixel_aspect(stream)
        self._geometry = geometry
        self._most_px = most_px
        self._size: tuple[int, int] | None = None

    def develop(self, frame: Any) -> Pixels:
        """The pixels of a frame, uint8 [height, width, 3], RGB, rows from the top."""
        held = attitude(frame)
        wanted = self._geometry
        if wanted is None or isinstance(wanted, Fitting):
            if self._size is None:
                self._size = shown_size(frame, self._aspect, held, self._most_px)
            if wanted is None:
                return self._held(frame, held, self._size, "bicubic")
            if wanted.straight and _is_spared(self._size, wanted.how):
                size = (wanted.how.width_px, wanted.how.height_px)
                return self._held(frame, held, size, wanted.how.interpolation)
            whole = self._held(frame, held, self._size, "bicubic")
            small: Pixels = fit(whole[None], wanted.how)[0]
            return small
        size = (wanted.width_px, wanted.height_px)
        if wanted.fit == "stretch":
            return self._held(frame, held, size, wanted.interpolation)
        scaled = fitted(shown_size(frame, self._aspect, held), size, wanted.fit)
        pixels = self._held(frame, held, scaled, wanted.interpolation)
        return _middle(pixels, *size)

    def _held(self, frame: Any, held: Attitude, size: tuple[int, int], method: str) -> Pixels:
        width, height = size[::-1] if held.quarters % 2 else size
        pixels = convert(frame, width, height, method)
        if held.mirrored:
            pixels = pixels[:, ::-1]
        return np.ascontiguousarray(np.rot90(pixels, held.quarters))


def _is_spared(shown: tuple[int, int], how: Preprocessing) -> bool:
    """Whether the decoder's scaler comes near to `fit`: it only shrinks, and nothing is cut."""
    if how.fit != "stretch" or how.interpolation == "nearest":
        return False
    return shown[0] >= 2 * how.width_px and shown[1] >= 2 * how.height_px


def fitted(shown: tuple[int, int], wanted: tuple[int, int], fit: str) -> tuple[int, int]:
    """The size a picture is scaled to before it is cut (`crop`) or laid on black (`pad`).

    >>> fitted((1280, 720), (224, 224), "crop"), fitted((1280, 720), (224, 224), "pad")
    ((398, 224), (224, 126))
    """
    ratios = Fraction(wanted[0], shown[0]), Fraction(wanted[1], shown[1])
    scale = max(ratios) if fit == "crop" else min(ratios)
    width, height = (max(1, round(side * scale)) for side in shown)
    if fit == "crop":
        # a strip of a picture must not become one of a hundred thousand pixels
        return min(max(width, wanted[0]), 16 * wanted[0]), min(
            max(height, wanted[1]), 16 * wanted[1]
        )
    return min(width, wanted[0]), min(height, wanted[1])


def convert(frame: Any, width: int, height: int, method: str = "bilinear") -> Pixels:
    """The pixels of a frame as it is stored, scaled; uint8 [height, width, 3], not contiguous.

    Args:
        frame: A PyAV video frame; what it leaves unsaid of its colours is set on it.
        width: Pixels a row.
        height: Rows.
        method: An `Interpolation`.
    """
    _say_colours(frame)
    if frame.interlaced_frame and frame.height > 1:
        frame = _one_field(frame)
    if any(part.is_alpha for part in frame.format.components):
        frame = _over_black(frame)
    elif frame.format.name.startswith("gray") and int(frame.color_range) == _LIMITED:
        frame = _stretched(frame)
    return _scaled(frame, width, height, method)


def _scaled(frame: Any, width: int, height: int, method: str) -> Pixels:
    from av.video.reformatter import Interpolation

    flags = Interpolation[_METHODS[method]]
    for name in _FLAGS:
        flags |= Interpolation[name]
    made = frame.reformat(
        width=width, height=height, format="rgb24", interpolation=flags, threads=1
    )
    pixels: Pixels = made.to_ndarray()
    return pixels


def _say_colours(frame: Any) -> None:
    if frame.format.is_rgb or int(frame.colorspace) != _UNSAID:
        return
    large = frame.width >= _HD_WIDTH_PX or frame.height > _SD_HEIGHT_PX
    frame.colorspace = _BT709 if large else _BT601


def _one_field(frame: Any) -> Any:
    """The upper lines of an interlaced frame alone, half as high."""
    from av.filter import Graph

    graph = Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=_CLOCK
    )
    field = graph.add("field", "type=top")
    sink = graph.add("buffersink")
    source.link_to(field)
    field.link_to(sink)
    graph.configure()
    graph.push(frame)
    made: Any = graph.pull()
    made.colorspace, made.color_range = frame.colorspace, frame.color_range
    return made


def _over_black(frame: Any) -> Any:
    """A frame laid on black before it is scaled: no edge takes colour of what is not seen."""
    from av import VideoFrame

    pixels = frame.reformat(format="rgba", threads=1).to_ndarray().astype(np.uint16)
    laid = (pixels[..., :3] * pixels[..., 3:] + 127) // 255
    return VideoFrame.from_ndarray(laid.astype(np.uint8), format="rgb24")


def _stretched(frame: Any) -> Any:
    """Grey of 16..235 as grey of 0..255, which the converter leaves as it is."""
    from av import VideoFrame

    grey = frame.reformat(format="gray", threads=1).to_ndarray().astype(np.float32)
    full = np.clip(np.rint((grey - 16) * (255 / 219)), 0, 255).astype(np.uint8)
    return VideoFrame.from_ndarray(full, format="gray")


def _middle(pixels: Pixels, width: int, height: int) -> Pixels:
    """The middle of a picture of this size: what sticks out is cut, what is missing is black."""
    have_height, have_width = pixels.shape[:2]
    top, left = max(0, have_height - height) // 2, max(0, have_width - width) // 2
    pixels = pixels[top : top + height, left : left + width]
    have_height, have_width = pixels.shape[:2]
    if (have_height, have_width) == (height, width):
        return np.ascontiguousarray(pixels)
    laid = np.zeros((height, width, 3), np.uint8)
    top, left = (height - have_height) // 2, (width - have_width) // 2
    laid[top : top + have_height, left : left + have_width] = pixels
    return laid
