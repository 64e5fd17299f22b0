"""The suite of engines that write sentences about what is seen."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from loquitur.model.vision import Alternative
from loquitur.testing.conformance.plain import quiet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.protocols import Describer

    Pictures = NDArray[np.uint8]

_CLOSE = 1e-3
_SIZES = ((48, 64), (64, 36), (1, 1), (33, 47))
"""Wide, high, one pixel, odd."""


def check_describer(engine: Describer) -> None:
    """At least one sentence of any frames, alike each time, of the frames of one call alone.

    Args:
        engine: Made and ready.
    """
    assert engine.languages, "it says which languages it writes"
    assert engine.language in engine.languages, "and which of them it writes now"
    assert type(engine.frames) is int, "a plain number of frames"
    assert engine.frames >= 1, "it looks at one frame at least"
    if engine.sized is not None:
        assert min(engine.sized) >= 1, "a size has pixels"
    first, second = _film(0), _film(1)
    found = _described(engine, first)
    _described(engine, second)
    again = _described(engine, first)
    assert [one.text for one in again] == [one.text for one in found], "alike, whatever came before"
    for one, other in zip(found, again, strict=True):
        same = one.score == other.score or abs((one.score or 0) - (other.score or 0)) < _CLOSE
        assert same, "alike in its score too"
    view = np.ascontiguousarray(first[:, ::-1])[:, ::-1]
    view.flags.writeable = False
    assert _described(engine, view)[0].text == found[0].text, "strided, read-only pictures"
    for count in (1, 2, max(1, engine.frames - 1), engine.frames + 3):
        _described(engine, _film(2, count=count))
    for height, width in _SIZES:
        _described(engine, _film(3, count=engine.frames, height=height, width=width))
    for level in (0, 255):
        _described(engine, np.full((engine.frames, 32, 48, 3), level, np.uint8))


def _film(seed: int, *, count: int = 6, height: int = 48, width: int = 64) -> Pictures:
    """Frames of a coloured square that moves over noise."""
    generator = np.random.default_rng(seed)
    film = generator.integers(60, 120, (count, height, width, 3), dtype=np.uint8)
    side = max(1, height // 3)
    for at in range(count):
        left = at * max(0, width - side) // count
        film[at, :side, left : left + side] = generator.integers(0, 255, 3)
    return film


def _described(engine: Describer, pictures: Pictures) -> Sequence[Alternative]:
    times_ms = [at * 480 for at in range(len(pictures))]
    with quiet():
        found = engine.describe(pictures, times_ms)
    assert found, "one sentence at least"
    for one in found:
        assert isinstance(one, Alternative), f"an Alternative, not {type(one).__name__}"
        assert type(one.text) is str, "plain text"
        assert "\n" not in one.text, "on one line"
        if one.score is not None:
            assert type(one.score) is float, "a plain number"
            assert math.isfinite(one.score), "finite"
            assert one.score <= 1e-6, "the logarithm of a probability"
    return found
