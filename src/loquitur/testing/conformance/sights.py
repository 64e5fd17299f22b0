"""The suite of engines that turn pictures into vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import InputError
from loquitur.model.vision import Preprocessing
from loquitur.testing.conformance.plain import check_vectors, quiet
from loquitur.vision import preprocessing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.protocols import FrameEncoder

_CLOSE = 1e-4
"""Between a picture alone and among others, of the largest number: batches add up otherwise."""


def check_frame_encoder(engine: FrameEncoder) -> None:
    """One finite vector a picture, each from its picture alone (or from its clip), RGB.

    Args:
        engine: Made and ready.
    """
    assert type(engine.motion) is bool, "motion is said"
    assert isinstance(engine.preprocessing, Preprocessing), "preprocessing is told"
    film = _film()
    with quiet():
        first, second = engine.encode(film), engine.encode(film)
    check_vectors(engine.dimension, first, len(film))
    assert np.array_equal(first, second), "the same pictures, the same vectors"
    _check_neighbours(engine, film, first)
    _check_sizes(engine)
    _check_colours(engine)
    _check_layout(engine, film, first)
    _check_fitted(engine, film, first)
    _check_refusals(engine)


def _film() -> NDArray[np.uint8]:
    """Five frames of 60 x 48: a bright square that moves over a gradient, with noise."""
    rng = np.random.default_rng(7)
    down = np.linspace(30, 200, 48)[:, None, None]
    film = np.repeat(np.broadcast_to(down, (48, 60, 3))[None], 5, axis=0).copy()
    for at in range(5):
        film[at, 10:30, 5 + 8 * at : 25 + 8 * at] = (240, 40, 60)
    film += rng.normal(0, 4, film.shape)
    return np.clip(film, 0, 255).astype(np.uint8)


def _check_neighbours(
    engine: FrameEncoder, film: NDArray[np.uint8], whole: NDArray[np.float32]
) -> None:
    """A vector does not depend on what else is in the call, unless the engine says so."""
    scale = max(1.0, float(np.abs(whole).max()))
    for count in (1, 3):
        some = engine.encode(film[:count])
        check_vectors(engine.dimension, some, count)
        alone = np.abs(some - whole[:count]).max() <= _CLOSE * scale
        assert engine.motion or alone, "what follows changes nothing"
    if not engine.motion:
        turned = engine.encode(film[::-1])[::-1]
        assert np.abs(turned - whole).max() <= _CLOSE * scale, "each picture has its own vector"
        many = engine.encode(np.concatenate([film] * 4))
        assert np.abs(many[5:10] - whole).max() <= _CLOSE * scale, "many at once"
    assert engine.encode(film[:0]).shape == (0, engine.dimension), "no pictures, no vectors"


def _check_sizes(engine: FrameEncoder) -> None:
    """Portrait, wide, tiny, one pixel, large; black and white."""
    for height, width in ((90, 40), (30, 200), (3, 5), (1, 1), (401, 399)):
        for level in (0, 255):
            picture = np.full((1, height, width, 3), level, dtype=np.uint8)
            check_vectors(engine.dimension, engine.encode(picture), 1)


def _check_colours(engine: FrameEncoder) -> None:
    """A red square is no blue one: an engine that mixes up the channels cannot tell which is due.

    With preprocessing that treats channels differently, the order counts too: what the model's own
    library gives of a picture is held against it in the tests of each engine.
    """
    found = []
    for colour in ((230, 20, 20), (20, 20, 230), (128, 128, 128)):
        picture = np.full((1, 64, 64, 3), 128, dtype=np.uint8)
        picture[0, 20:44, 20:44] = colour
        found.append(engine.encode(picture))
    assert not np.allclose(found[0], found[1], atol=1e-6), "red and blue are two colours"
    assert not np.allclose(found[0], found[2], atol=1e-6), "a red square on grey is seen"


def _check_layout(
    engine: FrameEncoder, film: NDArray[np.uint8], whole: NDArray[np.float32]
) -> None:
    """Read-only and strided arrays are read as they are, and left as they are."""
    wide = np.zeros((*film.shape[:2], 2 * film.shape[2], 3), dtype=np.uint8)
    wide[:, :, ::2] = film
    strided = wide[:, :, ::2]
    strided.setflags(write=False)
    assert np.array_equal(engine.encode(strided), whole), "a strided array is the same pictures"
    assert np.array_equal(strided, film), "pictures are left as they are"


def _check_fitted(
    engine: FrameEncoder, film: NDArray[np.uint8], whole: NDArray[np.float32]
) -> None:
    run = getattr(engine, "encode_fitted", None)
    if run is not None:
        fitted = preprocessing.fit(film, engine.preprocessing)
        assert np.array_equal(run(fitted), whole), "fitted pictures give the same vectors"
        assert len(run(fitted[:0])) == 0, "no fitted pictures, no vectors"


def _check_refusals(engine: FrameEncoder) -> None:
    for pictures in (
        np.zeros((1, 8, 8, 4), dtype=np.uint8),
        np.zeros((8, 8, 3), dtype=np.uint8),
        np.zeros((1, 8, 8, 3), dtype=np.float32),
    ):
        refused = False
        try:
            engine.encode(pictures)  # type: ignore[arg-type]
        except InputError:
            refused = True
        assert refused, f"what is no picture is refused: {pictures.dtype} {pictures.shape}"
