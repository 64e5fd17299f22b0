"""A small alphabet of dots for times on a contact sheet, five dots wide and seven high."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ROWS = {
    "0": "01110 10001 10011 10101 11001 10001 01110",
    "1": "00100 01100 00100 00100 00100 00100 01110",
    "2": "01110 10001 00001 00110 01000 10000 11111",
    "3": "11110 00001 00001 01110 00001 00001 11110",
    "4": "00010 00110 01010 10010 11111 00010 00010",
    "5": "11111 10000 11110 00001 00001 10001 01110",
    "6": "00110 01000 10000 11110 10001 10001 01110",
    "7": "11111 00001 00010 00100 01000 01000 01000",
    "8": "01110 10001 10001 01110 10001 10001 01110",
    "9": "01110 10001 10001 01111 00001 00010 01100",
    ":": "00000 00100 00100 00000 00100 00100 00000",
    ".": "00000 00000 00000 00000 00000 01100 01100",
    "-": "00000 00000 00000 11111 00000 00000 00000",
    " ": "00000 00000 00000 00000 00000 00000 00000",
}

DOTS_HIGH = 7
_ADVANCE = 6


@cache
def _dots(char: str) -> NDArray[np.bool_]:
    rows = _ROWS.get(char, _ROWS["-"]).split()
    return np.array([[dot == "1" for dot in row] for row in rows])


def lettered(text: str, scale: int = 1) -> NDArray[np.bool_]:
    """A text as dots, bool [7 scale, (6 n - 1) scale]; characters it does not know are dashes.

    >>> lettered("1:05").shape
    (7, 23)
    """
    made = np.zeros((DOTS_HIGH, max(1, _ADVANCE * len(text) - 1)), bool)
    for number, char in enumerate(text):
        made[:, number * _ADVANCE : number * _ADVANCE + 5] = _dots(char)
    return np.kron(made, np.ones((scale, scale), bool))


def write_on(pixels: NDArray[np.uint8], text: str, scale: int = 1) -> None:
    """Write a text in white on a dark field into the lower left corner of a picture, in place.

    Args:
        pixels: uint8 [height, width, 3]; what does not fit is cut off.
        text: Digits, colons, full stops.
        scale: Pixels a dot.
    """
    if not text:
        return
    dots = np.pad(lettered(text, scale), 2 * scale)
    height, width = pixels.shape[:2]
    dots = dots[:height, :width]
    corner = pixels[height - dots.shape[0] :, : dots.shape[1]]
    corner //= 4
    corner[dots] = 255
