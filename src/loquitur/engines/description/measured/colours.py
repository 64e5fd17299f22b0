"""Colours by their names: which pixels have which, how many, and where in the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Counts = NDArray[np.int64]

COLOURS = (
    *("black", "grey", "white", "red", "orange", "yellow", "green", "blue", "purple", "pink"),
    "brown",
)
"""The basic colour terms that English has (Berlin and Kay 1969)."""
Place = Literal["", "top", "bottom", "left", "right", "middle"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Colour:
    """A colour of the picture: its share 0..1, and where it lies where it lies in one place."""

    name: str
    share: float
    place: Place = ""


def names_of(small: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The name of each pixel's colour, as its place in `COLOURS`, by hue, value and chroma."""
    red, green, blue = (small[..., at].astype(np.float32) for at in range(3))
    value = np.maximum(np.maximum(red, green), blue)
    chroma = value - np.minimum(np.minimum(red, green), blue)
    safe = np.maximum(chroma, 1.0)
    hue = np.where(
        value == red,
        (green - blue) / safe % 6,
        np.where(value == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    hue = hue * 60
    dull = chroma / np.maximum(value, 1.0)
    rules: list[tuple[str, Any]] = [
        ("black", value < 48),
        ("white", (dull < 0.15) & (value > 205)),
        ("grey", (dull < 0.18) | (chroma < 18)),
        ("brown", (hue >= 12) & (hue < 50) & (value < 165)),
        ("pink", ((hue < 12) | (hue >= 318)) & (dull < 0.55) & (value > 165)),
        ("red", (hue < 14) | (hue >= 345)),
        ("orange", hue < 42),
        ("yellow", hue < 70),
        ("green", hue < 165),
        ("blue", hue < 258),
        ("purple", hue < 300),
        ("pink", hue < 345),
    ]
    found = np.select([rule for _, rule in rules], [COLOURS.index(name) for name, _ in rules])
    return np.asarray(found, dtype=np.int64)


def counts_of(names: NDArray[np.int64]) -> Counts:
    """How many pixels of each frame have each colour; shape [n, colours]."""
    size = len(COLOURS)
    flat = names.reshape(len(names), -1) + size * np.arange(len(names))[:, None]
    return np.bincount(flat.ravel(), minlength=size * len(names)).reshape(len(names), size)


def apart(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much of its colours each frame does not share with the next, 0..1."""
    return np.asarray(np.abs(np.diff(shares, axis=0)).sum(axis=1) / 2)


def largest(names: NDArray[np.int64], shares: NDArray[np.float64]) -> tuple[Colour, ...]:
    """The colours that a tenth of the picture or more has, at most three."""
    order = [int(at) for at in np.argsort(-shares, kind="stable")[:3] if shares[at] >= 0.1]
    return tuple(
        Colour(name=COLOURS[at], share=float(shares[at]), place=_place(names == at)) for at in order
    )


def _place(mask: NDArray[np.bool_]) -> Place:
    """Where in the picture a colour lies: the half or the middle that has nearly all of it."""
    where = mask.mean(axis=0)
    total = float(where.sum())
    height, width = where.shape
    if total == 0.0 or total > 0.6 * where.size:
        return ""
    up, left = max(1, height // 2), max(1, width // 2)
    parts: dict[Place, float] = {
        "top": float(where[:up].sum()),
        "bottom": float(where[-up:].sum()),
        "left": float(where[:, :left].sum()),
        "right": float(where[:, -left:].sum()),
    }
    best = max(parts, key=lambda name: parts[name])
    if parts[best] > 0.85 * total:
        return best
    inner = where[height // 5 : height - height // 5, width // 5 : width - width // 5]
    return "middle" if float(inner.sum()) > 0.9 * total else ""
