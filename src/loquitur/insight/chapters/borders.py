"""What speaks for a new subject at each place where a chapter could begin.

Each kind of evidence is brought to mean 0 and deviation 1 over the video and weighted; the weights
are few and round (see `docs/insight-chapters.md` for how they were chosen, and what each is worth).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from loquitur.insight.chapters.keyterms import languages
from loquitur.languages import primary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from loquitur.insight.chapters.pieces import Piece

    Floats = NDArray[np.float64]

WEIGHTS = {
    "words": 1.0,
    "embeddings": 1.0,
    "speakers": 0.5,
    "novelty": 0.15,
    "turn": 0.25,
    "pause": 0.1,
    "cue": 0.1,
}
"""Of the kinds of evidence; kinds that a video has nothing of count nothing."""

_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
_MOST_SPEAKERS = 64
_NOVEL_TOKENS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The evidence for a border before each piece (the first has none).

    Args:
        kinds: By name, each of as many floats as there are pieces, in its own unit: `words` and
            `speakers` 0..1 (how unlike the two sides are), `novelty` new words per token, `turn`
            and `pause` logarithms, `cue` 0 or 1.
        score: All of them together, in standard deviations.
    """

    kinds: dict[str, Floats]
    score: Floats


def evidence(
    pieces: Sequence[Piece],
    vectors: Floats,
    *,
    side: int,
    language: str = "und",
    embeddings: Floats | None = None,
    weights: Mapping[str, float] = WEIGHTS,
) -> Evidence:
    """What there is to say for a border before each piece.

    Args:
        pieces: In time order.
        vectors: Of the shape (pieces, dimensions), such as `latent.vectors`.
        side: How many tokens of either side are compared; twice as many are, too.
        language: BCP 47, for its cue phrases; those of all languages where it is unknown.
        embeddings: Further vectors of the pieces, of whatever model.
        weights: Of each kind.
    """
    sizes = np.array([len(piece.tokens) for piece in pieces])
    kinds = {
        "words": contrast(vectors, sizes, side),
        "speakers": _speakers(pieces, sizes, side),
        "novelty": _novelty(pieces, sizes),
        "turn": _turns(pieces, sizes),
        "pause": _pauses(pieces),
        "cue": _cues(pieces, language),
    }
    if embeddings is not None:
        kinds["embeddings"] = contrast(embeddings, sizes, side)
    scored = [weights.get(name, 0.0) * standard(values) for name, values in kinds.items()]
    return Evidence(kinds=kinds, score=standard(np.sum(scored, axis=0)))


def standard(values: Floats) -> Floats:
    """Values with mean 0 and deviation 1; zeros where they do not differ."""
    spread = values.std()
    return (values - values.mean()) / spread if spread > 1e-12 else np.zeros_like(values)


def both_sides(values: Floats, sizes: NDArray[np.int64], side: int) -> tuple[Floats, Floats]:
    """The sums of rows over about `side` tokens before each piece, and from it on."""
    ends = np.cumsum(sizes)
    begins = ends - sizes
    total = np.vstack([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    low = np.searchsorted(begins, begins - side, side="left")
    high = np.minimum(np.searchsorted(ends, begins + side, side="left") + 1, len(sizes))
    at = np.arange(len(sizes))
    return total[at] - total[low], total[high] - total[at]


def contrast(vectors: Floats, sizes: NDArray[np.int64], side: int) -> Floats:
    """How unlike the sides of each border are, near it and further off: the mean of both, 0..1."""
    return (unlike(vectors, sizes, side) + unlike(vectors, sizes, 2 * side)) / 2


def unlike(vectors: Floats, sizes: NDArray[np.int64], side: int) -> Floats:
    """How unlike the two sides of each border are: (1 - cosine) / 2 of their sums, 0..1."""
    return cosine_distance(*both_sides(vectors, sizes, side)) / 2


def cosine_distance(left: Floats, right: Floats) -> Floats:
    """One minus the cosine of each pair of rows, 0..2; 0 where one is all zeros."""
    norms = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    cosine = np.einsum("ij,ij->i", left, right) / np.where(norms > 0, norms, 1)
    return np.where(norms > 0, 1 - cosine, 0.0)


def _speakers(pieces: Sequence[Piece], sizes: NDArray[np.int64], side: int) -> Floats:
    """By how much the shares of the speakers differ on the two sides: total variation, 0..1."""
    index: dict[str | None, int] = {}
    columns = [min(index.setdefault(piece.speaker, len(index)), _MOST_SPEAKERS) for piece in pieces]
    if len(index) < 2:
        return np.zeros(len(pieces))
    spoken = np.zeros((len(pieces), min(len(index), _MOST_SPEAKERS + 1)))
    spoken[np.arange(len(pieces)), columns] = sizes
    shares = [
        sums / np.maximum(sums.sum(axis=1, keepdims=True), 1)
        for sums in both_sides(spoken, sizes, side)
    ]
    return np.asarray(np.abs(shares[0] - shares[1]).sum(axis=1) / 2)


def _novelty(pieces: Sequence[Piece], sizes: NDArray[np.int64]) -> Floats:
    """By how much more new words per token come after the border than before it."""
    known: set[str] = set()
    new = np.zeros((len(pieces), 1))
    for at, piece in enumerate(pieces):
        new[at] = sum(token not in known for token in piece.tokens)
        known.update(piece.tokens)
    before, after = both_sides(new, sizes, _NOVEL_TOKENS)
    return np.asarray((after - before)[:, 0] / _NOVEL_TOKENS)


def _turns(pieces: Sequence[Piece], sizes: NDArray[np.int64]) -> Floats:
    """How long the next speaker goes on: log tokens of the turn that begins here, else 0."""
    found = np.zeros(len(pieces))
    length, speaker = 0, None
    for at in range(len(pieces) - 1, -1, -1):
        length = int(sizes[at]) + (length if pieces[at].speaker == speaker else 0)
        speaker = pieces[at].speaker
        if speaker is not None and at and pieces[at - 1].speaker != speaker:
            found[at] = np.log1p(length)
    return found


def _pauses(pieces: Sequence[Piece]) -> Floats:
    return np.array([np.log1p(piece.pause_ms or 0) for piece in pieces])


def _cues(pieces: Sequence[Piece], language: str) -> Floats:
    begins = _cue_phrases(primary(language))
    texts = (piece.text[:80].lower().replace("\u2019", "'") for piece in pieces)
    return np.array([float(begins.match(text) is not None) for text in texts])


@lru_cache(maxsize=16)
def _cue_phrases(tag: str) -> re.Pattern[str]:
    """What matches a text that begins with a cue phrase of a language, or of any where unknown."""
    known = languages()
    chosen = [known[tag]] if tag in known else list(known.values())
    cues = sorted(
        {cue for entry in chosen for cue in entry["cues"]}, key=lambda cue: (-len(cue), cue)
    )
    ended = (re.escape(cue) + ("" if _UNSPACED.search(cue) else r"\b") for cue in cues)
    return re.compile(r"\W*(?:" + "|".join(ended) + ")")
