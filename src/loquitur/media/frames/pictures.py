"""Frames as pictures for people: JPEG and PNG, thumbnails, contact sheets. FFmpeg encodes them."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from loquitur.errors import EngineError
from loquitur.media.containers import reading_errors
from loquitur.media.frames.lettering import write_on
from loquitur.timing import short_clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from loquitur.model.vision import FrameBatch

    Pixels = NDArray[np.uint8]

_FULL_RANGE = 2
_MOST_SIDE_PX = 65_500
"""A side of a JPEG has 16 bits."""

_GAP_PX = 4
_PAPER = 24
"""How light the ground of a contact sheet is."""


def jpeg(pixels: Pixels, *, quality: int = 3) -> bytes:
    """A picture as a JPEG file.

    Args:
        pixels: uint8 [height, width, 3], RGB.
        quality: FFmpeg's quantiser, from 1 (finest) to 31.

    Raises:
        ValueError: No picture, or no such quality.
        EngineError: FFmpeg's encoder fails.
    """
    if not 1 <= quality <= 31:
        raise ValueError(f"quality is 1 to 31, not {quality}")
    options = {"qmin": str(quality), "qmax": str(quality), "huffman": "optimal"}
    return _encoded(pixels, "mjpeg", "yuvj444p" if quality <= 2 else "yuvj420p", options)


def png(pixels: Pixels) -> bytes:
    """A picture as a PNG file, every pixel as it is; uint8 [height, width, 3], RGB.

    Raises:
        ValueError: No picture.
        EngineError: FFmpeg's encoder fails.
    """
    return _encoded(pixels, "png", "rgb24", {})


def picture_file(pixels: Pixels, suffix: str) -> bytes:
    """A picture in the form that a file's suffix names: `.png`, else JPEG."""
    return png(pixels) if suffix.lower() == ".png" else jpeg(pixels)


def _encoded(pixels: Pixels, codec: str, layout: str, options: dict[str, str]) -> bytes:
    import av

    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or not pixels.size:
        raise ValueError(f"a picture is uint8 [h, w, 3], not {pixels.dtype} {list(pixels.shape)}")
    height, width = pixels.shape[:2]
    if max(height, width) > _MOST_SIDE_PX:
        raise ValueError(f"a picture of {width} x {height} pixels is too large for a file")
    context: Any = av.CodecContext.create(codec, "w")
    context.width, context.height, context.pix_fmt = width, height, layout
    context.time_base, context.thread_count, context.options = Fraction(1, 25), 1, options
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
    if codec == "mjpeg":
        context.color_range = _FULL_RANGE
        frame = frame.reformat(
            format=layout,
            dst_colorspace="ITU601",
            dst_color_range="JPEG",
            interpolation="BICUBIC",
            threads=1,
        )
    frame.pts = 0
    try:
        return b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])
    except reading_errors() as error:
        raise EngineError(f"cannot encode a picture of {width} x {height} pixels") from error


def thumbnail(pixels: Pixels, width_px: int, height_px: int | None = None) -> Pixels:
    """A picture made smaller (or larger), by area where it shrinks; uint8 [h, w, 3].

    Args:
        pixels: uint8 [height, width, 3], RGB.
        width_px: Its new width.
        height_px: Its new height; None keeps the proportions.
    """
    import av

    from loquitur.media.frames.picture import convert

    height, width = pixels.shape[:2]
    if height_px is None:
        height_px = max(1, round(height * width_px / width))
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
    method = "area" if width_px < width else "bicubic"
    return np.ascontiguousarray(convert(frame, width_px, height_px, method))


def contact_sheet(
    batches: Iterable[FrameBatch],
    *,
    columns: int = 5,
    width_px: int = 1280,
    labels: Literal["times", "none"] | Sequence[str] = "times",
) -> Pixels:
    """Frames side by side, row by row, each with its time; uint8 [height, width, 3].

    Args:
        batches: Frames of one size, as `sample` yields them; only small copies are kept.
        columns: Frames a row.
        width_px: How wide the sheet is.
        labels: `times`, `none`, or one text a frame (digits and colons).

    Raises:
        ValueError: No frames, or columns too narrow to see anything.
    """
    cell_px = (width_px - _GAP_PX) // max(1, columns) - _GAP_PX
    if columns < 1 or cell_px < 16:
        raise ValueError(f"{columns} columns do not fit into {width_px} pixels")
    times: list[int] = []
    cells: list[Pixels] = []
    for batch in batches:
        times += batch.times_ms
        cells += [thumbnail(pixels, cell_px) for pixels in batch.pixels]
    if not cells:
        raise ValueError("a contact sheet of no frames")
    for cell, text in zip(cells, _labels(times, labels), strict=True):
        write_on(cell, text, scale=2 if cell_px >= 160 else 1)
    high, wide = cells[0].shape[:2]
    rows = -(-len(cells) // columns)
    shape = (_GAP_PX + rows * (high + _GAP_PX), _GAP_PX + columns * (wide + _GAP_PX), 3)
    sheet = np.full(shape, _PAPER, np.uint8)
    for number, cell in enumerate(cells):
        top = _GAP_PX + number // columns * (high + _GAP_PX)
        left = _GAP_PX + number % columns * (wide + _GAP_PX)
        sheet[top : top + high, left : left + wide] = cell
    return sheet


def _labels(
    times_ms: Sequence[int], labels: Literal["times", "none"] | Sequence[str]
) -> Sequence[str]:
    """What stands on each cell; times to a tenth where whole seconds would not tell them apart."""
    if labels == "none":
        return [""] * len(times_ms)
    if labels != "times":
        return labels
    whole = [short_clock(at_ms) for at_ms in times_ms]
    if len(set(whole)) == len(set(times_ms)):
        return whole
    return [f"{text}.{at_ms % 1000 // 100}" for text, at_ms in zip(whole, times_ms, strict=True)]
