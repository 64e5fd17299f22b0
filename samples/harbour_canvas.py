"""A canvas that shapes are laid on: each is a signed distance, so that edges are smooth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Colour = tuple[float, float, float] | np.ndarray


@dataclass(frozen=True, slots=True)
class Canvas:
    """A part of a picture: its pixels (height, width, 3), and their centres as row and column."""

    pixels: np.ndarray
    x: np.ndarray
    y: np.ndarray

    @classmethod
    def of_size(cls, width_px: int, height_px: int) -> Canvas:
        """Make an empty canvas."""
        return cls(
            np.zeros((height_px, width_px, 3), np.float32),
            np.arange(width_px, dtype=np.float32)[None, :] + np.float32(0.5),
            np.arange(height_px, dtype=np.float32)[:, None] + np.float32(0.5),
        )

    def part(self, left: float, top: float, right: float, bottom: float) -> Canvas:
        """Give the canvas within a box (of the whole picture); painting there is painting here."""
        if not self.pixels.size:
            return self
        above, before = int(self.y[0, 0]), int(self.x[0, 0])
        rows = slice(max(0, int(top) - above), max(0, int(bottom) - above))
        columns = slice(max(0, int(left) - before), max(0, int(right) - before))
        return Canvas(self.pixels[rows, columns], self.x[:, columns], self.y[rows])

    def paint(self, inside: np.ndarray, colour: Colour, share: float = 1.0) -> None:
        """Lay `colour` where `inside` (pixels from the edge, positive within) says so."""
        self.tint(np.clip(inside + 0.5, 0, 1) * share, colour)

    def tint(self, cover: np.ndarray, colour: Colour) -> None:
        """Go towards `colour` by `cover` (0..1)."""
        if self.pixels.size:
            target = np.asarray(colour, np.float32)
            cover = np.asarray(cover, np.float32)[..., None]
            self.pixels[...] += cover * (target - self.pixels)

    def disc(self, x: float, y: float, radius: float, colour: Colour, share: float = 1.0) -> None:
        """Paint a disc."""
        spot = self.part(x - radius - 2, y - radius - 2, x + radius + 3, y + radius + 3)
        spot.paint(radius - np.hypot(spot.x - x, spot.y - y), colour, share)

    def oval(self, x: float, y: float, size: tuple[float, float], colour: Colour) -> None:
        """Paint an upright oval with the half axes `size`."""
        wide, high = size
        spot = self.part(x - wide - 2, y - high - 2, x + wide + 3, y + high + 3)
        spot.paint((1 - np.hypot((spot.x - x) / wide, (spot.y - y) / high)) * min(size), colour)


def smooth(x: float) -> float:
    """Go from 0 to 1 while `x` does, gently at both ends."""
    x = min(1.0, max(0.0, x))
    return x * x * (3 - 2 * x)


def blend(first: Colour, second: Colour, share: float) -> np.ndarray:
    """Mix two colours; `share` belongs to the second."""
    return np.asarray(first, np.float32) * (1 - share) + np.asarray(second, np.float32) * share
