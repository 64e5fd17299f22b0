"""What stands and moves in the harbour: the lighthouse, the boat with its two, the whale, gulls."""

from __future__ import annotations

import math

import numpy as np
from harbour_canvas import Canvas, smooth

_LAMP = np.array((255, 236, 170), np.float32)
_WHALE = (46, 58, 78)
_GULLS = ((90.0, 74.0, 11.0, 0.0), (150.0, 92.0, 8.0, 1.3), (60.0, 104.0, 7.0, 2.1))
_CREW = ((14.0, (188, 70, 86), (92, 54, 34), 1.6), (40.0, (60, 106, 150), (58, 52, 50), -1.6))


def draw_gulls(canvas: Canvas, time_s: float) -> None:
    """Three gulls cross the sky and come back."""
    reach = canvas.x.shape[1] + 80
    for start, height, size, phase in _GULLS:
        x = (start + 17 * time_s + 40 * phase) % reach - 40
        y = height + 7 * math.sin(0.7 * time_s + phase)
        lift = 0.35 + 0.3 * math.sin(5.5 * time_s + phase)
        spot = canvas.part(x - size - 2, y - size - 4, x + size + 3, y + size + 4)
        across = np.abs(spot.x - x) / size
        middle = y - size * lift * (4 * across * (1 - 0.8 * across) - 1)
        wing = 1.1 - np.abs(spot.y - middle)
        spot.paint(np.minimum(wing, (1 - across) * size), (44, 48, 70))


def draw_lighthouse(canvas: Canvas, time_s: float, day: float) -> None:
    """The lighthouse on its rock; its beam turns, and pales as the day comes."""
    x, foot, top = 574.0, 214.0, 92.0
    canvas.oval(x + 14, 232, (88, 30), (52, 50, 62))
    canvas.oval(x - 22, 236, (46, 20), (40, 40, 54))
    spot = canvas.part(x - 24, top - 34, x + 25, foot + 2)
    aside = np.abs(spot.x - x)
    down = (spot.y - top) / (foot - top)
    light = 0.78 + 0.22 * np.clip((x - spot.x) / 12 + 0.5, 0, 1)
    red = (np.floor(down * 5) % 2 == 0)[..., None]
    wall = np.where(red, np.array((196, 58, 52)), np.array((244, 240, 230))) * light[..., None]
    spot.paint(np.minimum(11 + 7 * down - aside, np.minimum(spot.y - top, foot - spot.y)), wall)
    spot.paint(np.minimum(15 - aside, 3 - np.abs(spot.y - top)), (60, 54, 60))
    turn = math.cos(1.1 * time_s)
    glow = 0.7 + 0.3 * (1 - 0.75 * day) * turn**2
    spot.paint(np.minimum(8 - aside, 8 - np.abs(spot.y - top + 11)), _LAMP * np.float32(glow))
    roof = top - 19
    spot.paint(np.minimum((spot.y - roof + 14) * 0.85 - aside, roof + 0.5 - spot.y), (150, 44, 42))
    sky = canvas.part(0, 0, canvas.x.shape[1], foot - 20)
    away = (sky.x - x) * math.copysign(1, turn)
    spread = (sky.y - top + 11) / (2.5 + 0.13 * np.abs(away))
    beam = np.exp(-(spread**2)) * (np.exp(-np.abs(away) / (40 + 260 * abs(turn))) * (away > 0))
    sky.tint(0.75 * (1 - 0.8 * day) * abs(turn) * beam, _LAMP)


def draw_boat(canvas: Canvas, x: float, y: float, time_s: float) -> None:
    """A sailing boat on the water line (x, y), two people aboard, rocking."""
    tilt = 0.06 * math.sin(1.25 * time_s + 0.6)
    spot = canvas.part(x - 84, y - 124, x + 85, y + 30)
    u = (spot.x - x) * math.cos(tilt) + (spot.y - y) * math.sin(tilt)
    v = (spot.y - y) * math.cos(tilt) - (spot.x - x) * math.sin(tilt)
    deck = v + 16 + (u / 62) ** 2 * 7
    for seat, shirt, hair, side in _CREW:
        head = v + 47 + 1.2 * math.sin(2.1 * time_s + seat)
        spot.paint((1 - np.hypot((u - seat) / 9, (v + 24) / 17)) * 9, shirt)
        spot.paint(7.2 - np.hypot(u - seat, head), hair)
        spot.paint(5.9 - np.hypot(u - seat - side, head - 1.6), (236, 190, 160))
    spot.paint(np.minimum(1.6 - np.abs(u + 8), np.minimum(v + 112, -8 - v)), (84, 62, 48))
    sail = np.minimum(np.minimum(-u - 11, v + 106), 66 + u + (v + 22) * 0.62)
    spot.paint(np.minimum(sail, -24 - v), (248, 240, 222))
    hull = np.minimum(np.minimum(deck, 20 - v), 66 - np.abs(u) - 1.1 * (v + 16))
    spot.paint(hull, (150, 62, 48))
    spot.paint(np.minimum(hull, 4.5 - deck), (244, 232, 208))


def draw_whale(canvas: Canvas, time_s: float, visit_ms: tuple[int, int]) -> None:
    """A whale that comes up, blows and goes down within `visit_ms`."""
    since_s, left_s = time_s - visit_ms[0] / 1000, visit_ms[1] / 1000 - time_s
    up = smooth(since_s / 1.4) * smooth(left_s / 1.6)
    if up <= 0:
        return
    x = 330 + 7 * since_s
    y = 322 - 54 * up + 2 * math.sin(1.4 * time_s)
    spot = canvas.part(x - 90, y - 44, x + 90, y + 44)
    body = (1 - np.hypot((spot.x - x) / 78, (spot.y - y) / 34)) * 34
    hook = np.minimum(9 - np.abs(spot.x - x + 30 + (spot.y - y + 30) * 0.7), spot.y - y + 40)
    spot.paint(np.minimum(hook, y - 22 - spot.y), _WHALE)
    spot.paint(body, _WHALE)
    band = 6 - np.abs(spot.y - y + 21 - (spot.x - x - 8) ** 2 / 330)
    spot.paint(np.minimum(body - 3, band), (72, 88, 110), share=0.6)
    spot.disc(x + 58, y - 11, 2.4, (225, 230, 235))
    spot.disc(x + 58.5, y - 11, 1.4, (15, 18, 28))
    for drop in range(34):
        age = (time_s * 0.9 + drop / 34) % 1.0
        lean = ((drop * 7) % 13 - 6) / 6
        drop_x = x + 34 + 26 * lean * age
        drop_y = y - 30 - 190 * up * age * (1 - age) * (1 - 0.35 * abs(lean))
        share = 0.85 * up * (1 - age**3)
        canvas.disc(drop_x, drop_y, 2.8 * (1 - 0.5 * age), (236, 244, 250), share)
