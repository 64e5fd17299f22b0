"""Pieces of speech divided where the subject changes, and whether it does."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from loquitur.errors import UsageError
from loquitur.insight.chapters.borders import WEIGHTS, Evidence, evidence
from loquitur.insight.chapters.latent import hashed_words, vectors
from loquitur.insight.chapters.segmentation import (
    SHORTEST_MS,
    Lengths,
    best_borders,
    change_points,
    places,
)
from loquitur.vectors import unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.insight.chapters.pieces import Piece

    Floats = NDArray[np.float64]

Method = Literal["evidence", "depth", "changes"]

YOUTUBE_SHORTEST_MS = 10_000
THRESHOLD = 2.0
"""What evidence, in standard deviations, is worth a border where the count is open."""
LENGTH_STRENGTH = 0.3
_STRETCH, _FEWEST_STRETCHES = 40, 25  # tokens that keep together where no sentence is known
_SIDE = 0.4  # of a usual chapter: what is compared on either side
_LEAST_SIDE = 40  # tokens
_USUAL_CONTRAST, _MOST_CONTRAST, _PER_CONTRAST = 0.2, 0.4, 0.75 / 0.1
_LEVEL, _ORDERS = 0.025, 199
_LEAST_MS = 2 * SHORTEST_MS
_BEAT_MS = 15_000
_MOST_BEATS = 2400
_MOST_RUNS = 1500
_BLOCKS, _LEAST_BLOCK = 6, 30
_PENALTY = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """Where pieces are divided.

    Args:
        borders: The pieces that begin a part, ascending; never the first piece.
        scores: The evidence for a border before each piece, in standard deviations.
        threshold: What is worth a border.
        clear: Whether they hang together more than in random order, and a border was found.
        p: The share of random orders in which they do as much; None where too little is said.
        reason: Half a sentence on `clear`.
    """

    borders: tuple[int, ...]
    scores: tuple[float, ...]
    threshold: float
    clear: bool
    p: float | None
    reason: str

    def marked(self, at: int) -> float:
        """How marked the border before a piece is, 0..1; 0.5 is just worth it."""
        return round(1 / (1 + math.exp(min(50.0, self.threshold - self.scores[at]))), 4)


def usual_ms(span_ms: int) -> int:
    """How long chapters of a video usually are: as many as the root of its minutes.

    A talk of 10 minutes has three, one of an hour eight, a stream of ten hours 24: longer videos
    have more chapters, and longer ones.

    >>> usual_ms(16 * 60_000) // 1000, usual_ms(3_600_000) // 1000
    (240, 464)
    """
    return int(60_000 * math.sqrt(max(1, span_ms) / 60_000))


def divide(
    pieces: Sequence[Piece],
    *,
    count: int | None = None,
    method: Method = "evidence",
    language: str = "und",
    embeddings: NDArray[np.floating] | None = None,
    fragments: int = 0,
    shortest_ms: int = SHORTEST_MS,
) -> Division:
    """Pieces divided where the subject changes; see `chapters.find_chapters`."""
    _check(count, embeddings, fragments, shortest_ms)
    span = max((piece.end_ms for piece in pieces), default=0)
    if span < _LEAST_MS or len(pieces) < 4:
        return _undivided(pieces, "It is too short for chapters.")
    if count is not None:
        shortest_ms = max(YOUTUBE_SHORTEST_MS, min(shortest_ms, span // (2 * count)))
    usual = span // count if count else usual_ms(span)
    sizes = np.array([len(piece.tokens) for piece in pieces])
    latent = vectors([piece.tokens for piece in pieces])
    found = evidence(
        pieces,
        latent,
        side=side_tokens(sizes, usual, span),
        language=language,
        embeddings=_spread(pieces, sizes, embeddings),
        weights={"words": 1.0} if method == "depth" else WEIGHTS,
    )
    scores = worth(found)
    p = chance(pieces, int(sizes.sum() * usual_ms(span) / span))
    clear = p <= _LEVEL
    if method == "changes":
        borders = changes(pieces, latent, count=count, shortest_ms=shortest_ms)
    else:
        borders = chosen(pieces, scores, usual=usual, count=count, shortest_ms=shortest_ms)
    if count is None and not clear:
        borders = []
    return Division(
        borders=tuple(borders),
        scores=tuple(float(score) for score in scores),
        threshold=THRESHOLD,
        clear=clear and bool(borders),
        p=p,
        reason=_reason(p, clear=clear, borders=len(borders)),
    )


def side_tokens(sizes: NDArray[np.int64], usual: int, span: int) -> int:
    """How much of either side is compared: two fifths of a usual chapter, at least 40 tokens."""
    return max(_LEAST_SIDE, int(_SIDE * sizes.sum() * usual / span))


def worth(found: Evidence) -> Floats:
    """The evidence for each border, more where the words differ much in themselves.

    Deviations are relative: where subjects change all the time, no place stands far out. So the
    contrast of the words counts once more, for what it is above or below a usual 0.2.
    """
    words = np.clip(found.kinds["words"], 0, _MOST_CONTRAST)
    return found.score + _PER_CONTRAST * (words - _USUAL_CONTRAST)


def chosen(
    pieces: Sequence[Piece],
    scores: Floats,
    *,
    usual: int,
    count: int | None = None,
    shortest_ms: int = SHORTEST_MS,
    threshold: float = THRESHOLD,
) -> list[int]:
    """The pieces with which the parts begin: the best set of borders, see `best_borders`."""
    starts = [piece.start_ms for piece in pieces]
    where = places(scores, starts, allowed=_may_begin(pieces))
    found = best_borders(
        scores[where],
        [starts[at] for at in where],
        max(piece.end_ms for piece in pieces),
        lengths=Lengths(shortest_ms=shortest_ms, usual_ms=usual, strength=LENGTH_STRENGTH),
        threshold=threshold,
        count=None if count is None else count - 1,
    )
    return [where[at] for at in found]


def chance(pieces: Sequence[Piece], usual: int) -> float:
    """How often the same pieces in random order hang together as much as they do in theirs.

    A permutation test. The statistic is the mean cosine of blocks of a sixth of a usual chapter
    with the two that follow, the mean block taken off, in counts of words that no order has a part
    in: high where what is said together belongs together. Sentences stay whole, since they
    keep to their subject in any order. 199 orders, seeded; where there are more than 1,500
    sentences, runs of them are put in order. Linear in the words.

    Args:
        pieces: In time order.
        usual: The tokens of a usual chapter.
    """
    sizes = np.array([len(piece.tokens) for piece in pieces])
    counts = hashed_words([piece.tokens for piece in pieces])
    sentence = _sentences(pieces)
    number = int(sentence[-1]) + 1
    run = sentence * min(_MOST_RUNS, number) // number
    first = np.flatnonzero(np.diff(run, prepend=-1))
    counts, sizes = np.add.reduceat(counts, first, axis=0), np.add.reduceat(sizes, first)
    block = max(_LEAST_BLOCK, usual // _BLOCKS)
    rng = np.random.default_rng(0)
    real = _cohesion(counts, sizes, block)
    orders = (rng.permutation(len(sizes)) for _ in range(_ORDERS))
    as_much = sum(_cohesion(counts[order], sizes[order], block) >= real for order in orders)
    return (1 + int(as_much)) / (1 + _ORDERS)


def _sentences(pieces: Sequence[Piece]) -> NDArray[np.int64]:
    """Of each piece the number of its sentence; of a stretch where no full stops are written."""
    total = sum(len(piece.tokens) for piece in pieces)
    usual = min(_STRETCH, total // _FEWEST_STRETCHES)
    numbers = np.zeros(len(pieces), np.int64)
    number, held = -1, 0
    for at, piece in enumerate(pieces):
        if number < 0 or piece.begins or (piece.begins is None and held >= usual):
            number, held = number + 1, 0
        held += len(piece.tokens)
        numbers[at] = number
    return numbers


def _cohesion(counts: Floats, sizes: NDArray[np.int64], block: int) -> float:
    number = (np.cumsum(sizes) - sizes) // block
    sums = np.add.reduceat(counts, np.flatnonzero(np.diff(number, prepend=-1)), axis=0)
    if len(sums) < 4:
        return 0.0
    apart = unit(sums - sums.mean(axis=0))
    near = [np.einsum("ij,ij->i", apart[:-gap], apart[gap:]) for gap in (1, 2)]
    return float(np.concatenate(near).mean())


def changes(
    pieces: Sequence[Piece],
    latent: Floats,
    *,
    count: int | None = None,
    shortest_ms: int = SHORTEST_MS,
) -> list[int]:
    """Change points of the latent vectors of beats of 15 seconds, at the next place allowed."""
    starts = np.array([piece.start_ms for piece in pieces])
    span = max(piece.end_ms for piece in pieces)
    beat_ms = max(_BEAT_MS, span // _MOST_BEATS)
    first = np.flatnonzero(np.diff(starts // beat_ms, prepend=-1))
    beats = unit(np.add.reduceat(latent, first, axis=0))
    allowed = _may_begin(pieces)
    noise = float((np.diff(beats, axis=0) ** 2).sum(axis=1).mean() / 2)
    ends = change_points(
        beats,
        count=None if count is None else min(count - 1, len(beats) // 2),
        penalty=_PENALTY * noise * math.log(len(beats)) if count is None else None,
        least=max(1, -(-shortest_ms // beat_ms)),
    )
    places_allowed = np.flatnonzero(allowed)
    places_allowed = places_allowed[places_allowed > 0]
    found: list[int] = []
    for at in ends:
        nearest = int(np.searchsorted(places_allowed, first[at]))
        if nearest < len(places_allowed):
            found.append(int(places_allowed[nearest]))
    return sorted(set(found))


def _may_begin(pieces: Sequence[Piece]) -> NDArray[np.bool_]:
    """Where a sentence or another speaker begins; anywhere, where sentences are not known."""
    allowed = np.array([piece.begins is not False for piece in pieces])
    for at in range(1, len(pieces)):
        allowed[at] |= pieces[at].speaker != pieces[at - 1].speaker
    return allowed


def _spread(
    pieces: Sequence[Piece], sizes: NDArray[np.int64], embeddings: NDArray[np.floating] | None
) -> Floats | None:
    """The vectors of fragments as those of their pieces, by their words."""
    if embeddings is None:
        return None
    rows = unit(np.asarray(embeddings, dtype=np.float64))
    return np.asarray(rows[[piece.fragment for piece in pieces]] * sizes[:, None])


def _check(
    count: int | None,
    embeddings: NDArray[np.floating] | None,
    fragments: int,
    shortest_ms: int,
) -> None:
    if count is not None and count < 1:
        raise UsageError(f"a video has one chapter at least, not {count}")
    if shortest_ms < YOUTUBE_SHORTEST_MS:
        raise UsageError(f"a chapter has 10 seconds at least, not {shortest_ms / 1000:g}")
    if embeddings is not None and (np.ndim(embeddings) != 2 or len(embeddings) != fragments):
        found = " x ".join(map(str, np.shape(embeddings)))
        raise UsageError(f"embeddings are a row for each of the {fragments} fragments, not {found}")


def _undivided(pieces: Sequence[Piece], reason: str) -> Division:
    return Division(
        borders=(),
        scores=(0.0,) * len(pieces),
        threshold=THRESHOLD,
        clear=False,
        p=None,
        reason=reason,
    )


def _reason(p: float, *, clear: bool, borders: int) -> str:
    if not clear:
        return f"{p:.0%} of random orders hang together as much, more than {_LEVEL:.1%}"
    if not borders:
        return "the words change over time, but no place stands out"
    return f"only {p:.1%} of random orders hang together as much"
