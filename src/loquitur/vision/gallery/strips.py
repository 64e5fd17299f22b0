"""The frames of a clip side by side in one small picture, as a `data:` address."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import LoquiturError
from loquitur.media.frames.pictures import jpeg, thumbnail
from loquitur.model.vision import Sampling
from loquitur.vision.clip_frames import frames_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.vision.clips import Clip

_FRAMES = 6
_HIGH_PX = 96
_WIDEST_PX = 171
_GAP_PX = 2
_QUALITY = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """Frames of a clip, or why there are none.

    Args:
        address: A `data:` address of a JPEG; empty where there is none.
        width_px: Of the whole picture.
        height_px: Of it.
        times_ms: When its frames are shown.
        why: Why there is no picture, in one line; empty where there is one.
    """

    address: str = ""
    width_px: int = 0
    height_px: int = 0
    times_ms: tuple[int, ...] = ()
    why: str = ""


def strip_of(clip: Clip) -> Strip:
    """Some frames of a clip, spread over it; clips whose pictures cannot be had say why."""
    if not clip.source:
        return Strip(why="no pictures are named")
    try:
        times: list[int] = []
        cells: list[NDArray[np.uint8]] = []
        for batch in frames_of(clip, Sampling(count=_FRAMES), batch=1):
            times += batch.times_ms
            cells += [_small(pixels) for pixels in batch.pixels]
        picture = _side_by_side(cells)
        data = base64.b64encode(jpeg(picture, quality=_QUALITY)).decode()
    except LoquiturError as error:
        return Strip(why=error.message)
    return Strip(
        address=f"data:image/jpeg;base64,{data}",
        width_px=picture.shape[1],
        height_px=picture.shape[0],
        times_ms=tuple(times),
    )


def _side_by_side(cells: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Pictures in a row, with a black line between them."""
    line = np.zeros((_HIGH_PX, _GAP_PX, 3), np.uint8)
    parts = [part for cell in cells for part in (line, cell)]
    return np.concatenate(parts[1:], axis=1)


def _small(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A frame `_HIGH_PX` high, cut in the middle where it is wider than 16 to 9."""
    height, width = pixels.shape[:2]
    wide = max(1, round(width * _HIGH_PX / height))
    small = thumbnail(pixels, wide, _HIGH_PX)
    left = max(0, (wide - _WIDEST_PX) // 2)
    return small[:, left : left + _WIDEST_PX]
