"""The suites of engines that make vectors of texts, and of those that rank texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.testing.conformance.plain import quiet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from numpy.typing import NDArray

    from loquitur.protocols import Reranker, TextEncoder

_CLOSE = 1e-4
"""Between a text alone and among others: models add up in another order in a batch."""
_TEXTS = (
    "A group is a set with an operation.",
    "the worst day ever",
    "a good day, a good day, and one more good day after all of them " * 8,
    "bueno, very good, 最高! 최고 🔥",
    "नमस्ते दुनिया، مرحبا بالعالم",
    "=HYPERLINK(\"x\") <script>alert('good')</script> \x00\x1b[31m\u202e",
)
_EMPTY = ("", "   \n\t ")


def check_text_encoder(engine: TextEncoder) -> None:
    """Vectors of unit length, each from its text and role alone, alike each time.

    Args:
        engine: Made and ready.
    """
    assert type(engine.dimension) is int, "the dimension is a plain int"
    assert engine.dimension > 0, "vectors have numbers"
    assert _encode(engine, [], "passage").shape == (0, engine.dimension), "no texts, no vectors"
    for role in ("query", "passage"):
        found = _encode(engine, _TEXTS, role)
        lengths = np.linalg.norm(found, axis=1)
        assert np.allclose(lengths[:3], 1.0, atol=1e-3), "unit length"
        some = lengths[lengths > 0]  # of other scripts it may know nothing
        assert np.allclose(some, 1.0, atol=1e-3), "unit length, or zeros"
        assert np.array_equal(_encode(engine, _TEXTS, role), found), "alike each time"
        backwards = _encode(engine, _TEXTS[::-1], role)[::-1]
        alone = np.concatenate([_encode(engine, [text], role) for text in _TEXTS])
        for others in (backwards, alone):
            assert float(np.abs(found - others).max()) <= _CLOSE, "a text's own, whoever is beside"
    different = _encode(engine, _TEXTS[:2], "passage")
    assert not np.allclose(different[0], different[1], atol=1e-6), "other texts, other vectors"
    for row in _encode(engine, _EMPTY, "passage"):
        assert not row.any(), "zeros where there is nothing in a text"
    hard = ("good " * 5_000, "x" * 20_000, "👍" * 2_000, "good \ud800 day")
    assert np.isfinite(_encode(engine, hard, "passage")).all(), "finite numbers of any text"


def check_reranker(engine: Reranker) -> None:
    """One finite score a text, alike each time, whoever stands beside.

    Args:
        engine: Made and ready.
    """
    assert _score(engine, "what is a group?", []).shape == (0,), "no texts, no scores"
    found = _score(engine, "what is a group?", _TEXTS)
    assert np.array_equal(_score(engine, "what is a group?", _TEXTS), found), "alike each time"
    assert len(set(found.tolist())) > 1, "other texts, other scores"
    backwards = _score(engine, "what is a group?", _TEXTS[::-1])[::-1]
    span = float(np.abs(found).max()) or 1.0
    assert float(np.abs(found - backwards).max()) <= _CLOSE * span, "whoever stands beside"
    hard = ("", " \n", "good " * 5_000, "x" * 20_000, "good \ud800 day", "\x00\u202e")
    _score(engine, "", hard)
    _score(engine, "why " * 5_000, hard)
    _score(engine, "\ud800?", hard)


def _encode(
    engine: TextEncoder, texts: Sequence[str], role: Literal["query", "passage"]
) -> NDArray[np.float32]:
    with quiet():
        found = engine.encode(texts, role=role)
    assert found.dtype == np.float32, f"float32, not {found.dtype}"
    assert found.shape == (len(texts), engine.dimension), "one vector a text"
    return found


def _score(engine: Reranker, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
    with quiet():
        found = engine.score(query, texts)
    assert found.dtype == np.float32, f"float32, not {found.dtype}"
    assert found.shape == (len(texts),), "one score a text"
    assert np.isfinite(found).all(), "finite numbers"
    return found
