"""The sample's pictures: a harbour at sunrise, computed frame by frame with numpy.

The sun climbs, waves run in five layers, the lighthouse turns, the boat rocks, gulls cross; at
the excited lines a whale comes up.
"""

from __future__ import annotations

import bitmap_font
import harbour_play as play
import numpy as np
from harbour_canvas import Canvas, blend, smooth
from harbour_figures import draw_boat, draw_gulls, draw_lighthouse, draw_whale

WIDTH_PX, HEIGHT_PX = 640, 360
_HORIZON_PX = 196.0
_LAYER_TOP_PX = (0, 16, 44, 82, 126)
_DAWN = {"top": (38, 40, 84), "low": (238, 142, 96), "sea": (58, 62, 104), "deep": (18, 24, 54)}
_DAY = {"top": (92, 160, 214), "low": (250, 222, 176), "sea": (92, 150, 178), "deep": (20, 66, 104)}
_CLOUDS = ((60, 52, 1.0, 3.1), (330, 84, 0.7, 2.3), (520, 40, 1.2, 3.9))
_PUFFS = ((-34, 4, 34, 8), (0, -4, 36, 12), (36, 3, 32, 8))

Tone = dict[str, np.ndarray]


def draw(time_ms: int, *, visit_ms: tuple[int, int]) -> np.ndarray:
    """Draw one frame: uint8 RGB, shape (360, 640, 3). The whale is there in `visit_ms`."""
    time_s = time_ms / 1000
    day = smooth(time_ms / play.DURATION_MS)
    tone = {name: blend(_DAWN[name], _DAY[name], day) for name in _DAWN}
    sun = (205.0, 186.0 - 112.0 * day)
    canvas = Canvas.of_size(WIDTH_PX, HEIGHT_PX)
    _sky(canvas, tone, sun)
    _clouds(canvas, time_s, day)
    _hills(canvas, tone)
    draw_gulls(canvas, time_s)
    _wave(canvas, 0, tone, sun[0], time_s)
    _wave(canvas, 1, tone, sun[0], time_s)
    draw_lighthouse(canvas, time_s, day)
    _wave(canvas, 2, tone, sun[0], time_s)
    draw_whale(canvas, time_s, visit_ms)
    _wave(canvas, 3, tone, sun[0], time_s)
    boat_x = np.array([[168.0]])
    draw_boat(canvas, 168.0, float(_crest(boat_x, 3, time_s)[0, 0]) + 4, time_s)
    _wave(canvas, 4, tone, sun[0], time_s)
    _titles(canvas, time_ms)
    light = smooth(time_ms / 900) * smooth((play.DURATION_MS - time_ms) / 1200)
    return np.clip(canvas.pixels * light + 0.5, 0, 255).astype(np.uint8)


def _sky(canvas: Canvas, tone: Tone, sun: tuple[float, float]) -> None:
    sky = canvas.part(0, 0, WIDTH_PX, _HORIZON_PX + 6)
    height = np.clip(sky.y / _HORIZON_PX, 0, 1)[..., None] ** 1.3
    sky.pixels[...] = tone["top"] + (tone["low"] - tone["top"]) * height
    distance = np.hypot(sky.x - sun[0], sky.y - sun[1])
    sky.tint(np.exp(-distance / 70) * 0.55, (255, 214, 150))
    sky.paint(19 - distance, (255, 244, 214))


def _clouds(canvas: Canvas, time_s: float, day: float) -> None:
    light = blend((214, 132, 120), (255, 250, 240), day)
    for start, y, size, speed in _CLOUDS:
        x = (start + speed * time_s + 90) % (WIDTH_PX + 180) - 90
        spot = canvas.part(x - 90, y - 24, x + 90, y + 24)
        cover = np.zeros(spot.pixels.shape[:2], np.float32)
        for dx, dy, wide, high in _PUFFS:
            across = (spot.x - x - dx * size) / (wide * size)
            inside = 1 - np.hypot(across, (spot.y - y - dy * size) / (high * size))
            cover = np.maximum(cover, np.clip(inside * 1.6, 0, 1))
        spot.tint(0.55 * cover, light)


def _hills(canvas: Canvas, tone: Tone) -> None:
    land = canvas.part(0, _HORIZON_PX - 34, WIDTH_PX, _HORIZON_PX + 6)
    for base, height, stride, share in ((10, 18, 83.0, 0.35), (2, 16, 131.0, 0.6)):
        hump = np.sin(land.x / stride + base) * np.cos(land.x / 47.0 - base)
        edge = _HORIZON_PX - base - height * (0.5 + 0.5 * hump)
        land.paint(land.y - edge, blend(tone["low"], tone["deep"], share))


def _wave(canvas: Canvas, layer: int, tone: Tone, sun_x: float, time_s: float) -> None:
    """One layer of water, from its crest down to the crest of the next."""
    depth = layer / 4
    top = _HORIZON_PX + _LAYER_TOP_PX[layer] - 14
    below = (*_LAYER_TOP_PX[1:], HEIGHT_PX)[layer]
    sea = canvas.part(0, top, WIDTH_PX, _HORIZON_PX + below + 16)
    crest = _crest(sea.x, layer, time_s)
    colour = blend(tone["sea"], tone["deep"], depth)
    sea.paint(sea.y - crest, colour)
    sea.paint(1.2 + depth - np.abs(sea.y - crest - 1), colour * 0.72 + 70, share=0.55)
    path = sea.part(sun_x - 140, 0, sun_x + 140, HEIGHT_PX)
    wobble = 3 * np.sin(path.x / (9 + 14 * depth) + 2 * time_s)
    ripple = np.clip(np.sin(path.y * (0.9 - 0.5 * depth) + wobble) - 0.35, 0, 1)
    width = np.exp(-(((path.x - sun_x) / (16 + 46 * depth)) ** 2))
    wet = path.y > _crest(path.x, layer, time_s) + 3
    path.tint(0.7 * width * ripple * wet, (255, 226, 170))


def _crest(x: np.ndarray, layer: int, time_s: float) -> np.ndarray:
    depth = layer / 4
    stride = 26 + 74 * depth
    swell = np.sin(x / stride + (0.6 + 0.5 * depth) * time_s + 2.4 * depth)
    chop = 0.35 * np.sin(x / (stride * 0.37) - 1.1 * time_s + 5 * depth)
    return _HORIZON_PX + _LAYER_TOP_PX[layer] + (1.0 + 7.0 * depth) * (swell + chop)


def _titles(canvas: Canvas, time_ms: int) -> None:
    shown = smooth((time_ms - 500) / 700) * smooth((5_600 - time_ms) / 900)
    if shown <= 0:
        return
    for text, scale, top in ((play.TITLE, 5, 44), (play.SUBTITLE, 2, 96)):
        mask = bitmap_font.render(text, scale=scale)
        left = (WIDTH_PX - mask.shape[1]) // 2
        for shift, colour, share in ((scale // 2, (20, 20, 44), 0.5), (0, (255, 250, 238), 1.0)):
            x, y = left + shift, top + shift
            spot = canvas.part(x, y, x + mask.shape[1], y + len(mask))
            spot.tint(mask * share * shown, colour)
