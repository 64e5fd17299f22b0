"""What is seen: which frames are looked at, features made of them, sentences that describe them.

All times are media time in ms, spans half-open. Pixels are 8-bit RGB, rows from the top.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from loquitur.model.speech import EngineStamp
from loquitur.timing import check_span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Interpolation = Literal["nearest", "bilinear", "bicubic", "lanczos", "area"]
Fit = Literal["stretch", "crop", "pad"]

MOST_SIDE_PX = 16384
"""Of a picture; FFmpeg's own bound lies about there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """Which frames of a span of a medium are looked at.

    Args:
        by: `uniform`: `count` frames, the first and the last among them, by the rule
            round(linspace(0, n - 1, count)) over frames in the order shown (over times where the
            rate varies); `rate`: `rate_hz` a second; `shots`: `per_shot` of every shot; `key`: the
            key frames alone.
        count: Frames of `uniform`; a span of fewer frames repeats them, by the same rule.
        rate_hz: Frames a second of `rate`.
        per_shot: Frames of each shot, spread evenly inside it.
        start_ms: Where the span begins; None for the first frame.
        end_ms: Where it ends; None for the last frame.
        most: No more frames than this; None for no bound.
        fast: Takes the nearest key frame in the place of the frame that is due.
    """

    by: Literal["uniform", "rate", "shots", "key"] = "uniform"
    count: int = 80
    rate_hz: float = 1.0
    per_shot: int = 1
    start_ms: int | None = None
    end_ms: int | None = None
    most: int | None = None
    fast: bool = False

    def __post_init__(self) -> None:
        if self.count < 1 or self.per_shot < 1 or not 0 < self.rate_hz <= 1000:
            raise ValueError(f"no frames are sampled so: {self}")
        if self.most is not None and self.most < 1:
            raise ValueError("`most` is at least one frame")
        start_ms = self.start_ms or 0
        if start_ms < 0 or (self.end_ms is not None and self.end_ms <= start_ms):
            raise ValueError(f"no span: {self.start_ms} to {self.end_ms} ms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """How large frames are wanted: `fit` brings any picture to exactly this size.

    `stretch` changes the aspect; `crop` scales until both sides are covered and cuts the middle
    out; `pad` scales until both fit and leaves the rest black.
    """

    width_px: int
    height_px: int
    fit: Fit = "stretch"
    interpolation: Interpolation = "bilinear"

    def __post_init__(self) -> None:
        if not (0 < self.width_px <= MOST_SIDE_PX and 0 < self.height_px <= MOST_SIDE_PX):
            raise ValueError(f"not a size: {self.width_px} x {self.height_px}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrameBatch:
    """Some frames in the order shown: when each is shown, and its pixels, uint8 [n, h, w, 3].

    Frames of one batch have one size. A frame that is due twice stands there twice.
    """

    times_ms: tuple[int, ...]
    pixels: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if self.pixels.ndim != 4 or self.pixels.shape[3] != 3:
            raise ValueError(f"pixels are [n, h, w, 3], not {list(self.pixels.shape)}")
        if len(self.times_ms) != len(self.pixels):
            raise ValueError("as many times as frames")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preprocessing:
    """What an encoder does to a picture first; out of the model's own configuration.

    Scale the shorter side to `short_px` (None: no such step), then bring it to `width_px` x
    `height_px` by `fit`, in 0..255; then times `scale`, minus `mean`, over `std`, by channel in the
    order of `channels`. `middle` says which pixel is the middle's first where an odd number is cut
    away: the lower one (`floor`: transformers), or the even one (`even`: torchvision, timm).
    """

    width_px: int
    height_px: int
    fit: Fit = "crop"
    short_px: int | None = None
    interpolation: Interpolation = "bicubic"
    scale: float = 1 / 255
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    channels: Literal["rgb", "bgr"] = "rgb"
    middle: Literal["floor", "even"] = "floor"

    def __post_init__(self) -> None:
        sides = (self.width_px, self.height_px, self.short_px or 1)
        numbers = (self.scale, *self.mean, *self.std)
        finite = all(map(math.isfinite, numbers)) and 0.0 not in (self.scale, *self.std)
        if not all(0 < side <= MOST_SIDE_PX for side in sides) or not finite:
            raise ValueError(f"no pictures are prepared so: {self}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitting:
    """Frames wanted as an encoder takes them, at its size and still in 8 bits.

    They are what `vision.preprocessing.fit` makes of the whole frame. With `straight`, frames at
    least twice as large as wanted are scaled by the decoder's own scaler instead, which spares the
    whole frame: near to it (0.2 to 0.5 levels of 255 on average), not equal. That is for encoders
    that were trained on nothing.
    """

    how: Preprocessing
    straight: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """One vector a frame, made by an encoder and kept as an object of the store.

    Args:
        media_id: Of which medium.
        encoder: Which engine made them: features of different encoders never mix.
        times_ms: When each frame is shown.
        dimension: Numbers a frame.
        matrix: The object's sha256: float16, little-endian, row by row, [len(times_ms), dimension].
        sampling: Which frames these are.
        warnings: What was lost on the way.
    """

    media_id: str
    encoder: EngineStamp
    times_ms: tuple[int, ...]
    dimension: int
    matrix: str
    sampling: Sampling
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """Another sentence that was considered, and its score as `Description.score`."""

    text: str
    score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """One sentence about what is seen in a span.

    Args:
        start_ms: Where the span begins.
        end_ms: Where it ends.
        text: The sentence.
        score: Mean log-probability a token (nats), None where the engine gives none.
        frames_ms: The frames it was written from.
        alternatives: Other sentences, best first.
    """

    start_ms: int
    end_ms: int
    text: str
    score: float | None = None
    frames_ms: tuple[int, ...] = ()
    alternatives: tuple[Alternative, ...] = ()

    def __post_init__(self) -> None:
        check_span(self.start_ms, self.end_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Descriptions:
    """Sentences about a medium's pictures, by start; spans may overlap."""

    media_id: str
    language: str
    engine: EngineStamp
    descriptions: tuple[Description, ...]
    warnings: tuple[str, ...] = ()
