"""The suite of engines that say how well pictures fit labels of the user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.errors import InputError
from loquitur.model.vision import Preprocessing
from loquitur.testing.conformance.plain import quiet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.protocols import ZeroShot

LABELS = ("a red square", "football", "cooking", "Wissenschaft & Technik", "天気")
_CLOSE = 1e-4


def check_zero_shot(engine: ZeroShot) -> None:
    """A probability a picture and label, each from its picture; of competing labels rows of 1.

    Args:
        engine: Made and ready.
    """
    assert isinstance(engine.languages, tuple), "languages are told"
    assert isinstance(engine.preprocessing, Preprocessing), "preprocessing is told"
    film = _film()
    with quiet():
        first, second = engine.score(film, LABELS), engine.score(film, LABELS)
    _check_scores(first, len(film), len(LABELS))
    assert np.array_equal(first, second), "the same pictures and labels, the same scores"
    sums = first.astype(np.float64).sum(axis=1)
    competes = bool(np.abs(sums - 1).max() < _CLOSE)
    _check_labels(engine, film, first, competes=competes)
    _check_pictures(engine, film, first)
    _check_refusals(engine, film)


def _film() -> NDArray[np.uint8]:
    """Four pictures of 60 x 48: a square of a colour on a gradient, with noise."""
    rng = np.random.default_rng(3)
    down = np.linspace(30, 200, 48)[:, None, None]
    film = np.repeat(np.broadcast_to(down, (48, 60, 3))[None], 4, axis=0).copy()
    for at, colour in enumerate(((240, 30, 30), (30, 240, 30), (30, 30, 240), (250, 250, 250))):
        film[at, 10:40, 15:45] = colour
    film += rng.normal(0, 4, film.shape)
    return np.clip(film, 0, 255).astype(np.uint8)


def _check_scores(found: Any, pictures: int, labels: int) -> None:
    assert isinstance(found, np.ndarray), "scores are an array"
    assert found.dtype == np.float32, f"scores are float32, not {found.dtype}"
    assert found.shape == (pictures, labels), f"shape {found.shape}"
    assert np.isfinite(found).all(), "scores are finite"
    assert (found >= 0).all(), "scores are probabilities"
    assert (found <= 1).all(), "scores are probabilities"


def _check_labels(
    engine: ZeroShot, film: NDArray[np.uint8], whole: NDArray[np.float32], *, competes: bool
) -> None:
    """The order of labels is that of the columns; who else is asked counts where they compete."""
    order = [3, 0, 4, 2, 1]
    turned = engine.score(film, [LABELS[at] for at in order])
    assert np.abs(turned - whole[:, order]).max() <= _CLOSE, "columns are in the order of labels"
    alone = engine.score(film, LABELS[:1])
    _check_scores(alone, len(film), 1)
    if competes:
        assert np.abs(alone - 1).max() <= _CLOSE, "one label among itself is sure"
        pair = engine.score(film, LABELS[:2]).astype(np.float64)
        wanted = whole[:, :2] / whole[:, :2].sum(axis=1, keepdims=True).astype(np.float64)
        assert np.abs(pair - wanted).max() <= 10 * _CLOSE, "of two labels the share is the same"
    else:
        assert np.abs(alone - whole[:, :1]).max() <= _CLOSE, "each label by itself"
    twice = engine.score(film, (*LABELS, LABELS[0]))
    assert np.abs(twice[:, 0] - twice[:, -1]).max() <= _CLOSE, "a label twice, scored alike"
    many = [f"thing number {at}" for at in range(300)]
    _check_scores(engine.score(film[:1], many), 1, len(many))


def _check_pictures(engine: ZeroShot, film: NDArray[np.uint8], whole: NDArray[np.float32]) -> None:
    """Each picture by itself, of any size, strided and read-only."""
    for count in (1, 3):
        some = engine.score(film[:count], LABELS)
        assert np.abs(some - whole[:count]).max() <= _CLOSE, "what follows changes nothing"
    _check_scores(engine.score(film[:0], LABELS), 0, len(LABELS))
    for height, width in ((90, 40), (1, 1), (301, 299)):
        picture = np.full((1, height, width, 3), 90, dtype=np.uint8)
        _check_scores(engine.score(picture, LABELS), 1, len(LABELS))
    wide = np.zeros((*film.shape[:2], 2 * film.shape[2], 3), dtype=np.uint8)
    wide[:, :, ::2] = film
    strided = wide[:, :, ::2]
    strided.setflags(write=False)
    assert np.array_equal(engine.score(strided, LABELS), whole), "strided pictures are the same"
    spread = float(np.abs(whole - whole[:1]).max())
    assert spread > 1e-9, "pictures of other colours have other scores"


def _check_refusals(engine: ZeroShot, film: NDArray[np.uint8]) -> None:
    given: tuple[tuple[Any, Sequence[str]], ...] = (
        (film[..., :1], LABELS),
        (film[0], LABELS),
        (film.astype(np.float32), LABELS),
        (film, ()),
        (film, ("",)),
        (film, ("ok", "   ")),
        (film, "football"),
    )
    for pictures, labels in given:
        refused = False
        try:
            engine.score(pictures, labels)
        except InputError:
            refused = True
        assert refused, f"refused: {getattr(pictures, 'shape', None)} with {labels!r:.40}"
