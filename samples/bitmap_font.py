"""A small 5 x 7 letter face for the title, drawn for this clip."""

from __future__ import annotations

import numpy as np

_ROWS = 7
_LETTERS = """
A .###. #...# #...# ##### #...# #...# #...#
B ####. #...# #...# ####. #...# #...# ####.
C .#### #.... #.... #.... #.... #.... .####
D ####. #...# #...# #...# #...# #...# ####.
E ##### #.... #.... ####. #.... #.... #####
F ##### #.... #.... ####. #.... #.... #....
G .#### #.... #.... #..## #...# #...# .####
H #...# #...# #...# ##### #...# #...# #...#
I .###. ..#.. ..#.. ..#.. ..#.. ..#.. .###.
J ..### ...#. ...#. ...#. ...#. #..#. .##..
K #...# #..#. #.#.. ##... #.#.. #..#. #...#
L #.... #.... #.... #.... #.... #.... #####
M #...# ##.## #.#.# #.#.# #...# #...# #...#
N #...# ##..# ##..# #.#.# #..## #..## #...#
O .###. #...# #...# #...# #...# #...# .###.
P ####. #...# #...# ####. #.... #.... #....
Q .###. #...# #...# #...# #.#.# #..#. .##.#
R ####. #...# #...# ####. #.#.. #..#. #...#
S .#### #.... #.... .###. ....# ....# ####.
T ##### ..#.. ..#.. ..#.. ..#.. ..#.. ..#..
U #...# #...# #...# #...# #...# #...# .###.
V #...# #...# #...# #...# .#.#. .#.#. ..#..
W #...# #...# #...# #.#.# #.#.# ##.## #...#
X #...# #...# .#.#. ..#.. .#.#. #...# #...#
Y #...# #...# .#.#. ..#.. ..#.. ..#.. ..#..
Z ##### ....# ...#. ..#.. .#... #.... #####
"""


def render(text: str, *, scale: int, spacing: int = 1) -> np.ndarray:
    """Give a coverage mask in 0..1, shape (7 * scale, width); capitals and blanks only."""
    columns: list[np.ndarray] = []
    for letter in text:
        columns += [_GLYPHS[letter], np.zeros((_ROWS, spacing))]
    mask = np.concatenate(columns[:-1], axis=1)
    return np.kron(mask, np.ones((scale, scale)))


def _glyphs() -> dict[str, np.ndarray]:
    glyphs = {" ": np.zeros((_ROWS, 3))}
    for line in _LETTERS.split("\n"):
        if line:
            name, *rows = line.split(" ")
            glyphs[name] = np.array([[dot == "#" for dot in row] for row in rows], float)
    return glyphs


_GLYPHS = _glyphs()
