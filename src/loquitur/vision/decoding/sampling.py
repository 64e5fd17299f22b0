"""Words drawn by their probability; what a clip gets depends on the seed and its place alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.vision.decoding.growth import grow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.vision.decoding.options import Decoding
    from loquitur.vision.decoding.stepper import Hypothesis, Stepper


def sample(
    stepper: Stepper,
    features: NDArray[np.float32],
    lengths: NDArray[np.int64],
    decoding: Decoding,
    *,
    places: Sequence[int],
) -> list[list[Hypothesis]]:
    """Sentences of each clip of a batch, `count` of them, the likeliest a word first.

    Args:
        stepper: The net.
        features: [clips, t, d], normalised.
        lengths: How many frames each has, [clips].
        decoding: The search.
        places: Which place each clip has among all that are described.
    """
    owners = np.repeat(np.arange(len(places)), decoding.count)
    chances = [
        np.random.default_rng((decoding.seed, place, turn))
        for place in places
        for turn in range(decoding.count)
    ]

    def drawn(scores: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return draw(scores, np.array([chances[row].random() for row in rows]), decoding)

    state = stepper.select(stepper.begin(features, lengths), owners)
    found: list[list[Hypothesis]] = [[] for _ in places]
    for owner, one in zip(owners, grow(stepper, state, len(owners), decoding, drawn), strict=True):
        found[owner].append(one)
    return [sorted(of_one, key=lambda one: (-one.score, one.words)) for of_one in found]


def draw(
    scores: NDArray[np.float32], points: NDArray[np.float64], decoding: Decoding
) -> NDArray[np.int64]:
    """One word of each row: where a point in 0..1 falls among the words laid end to end.

    Args:
        scores: Log-probabilities [rows, v].
        points: [rows], from 0 and below 1.
        decoding: Its temperature, `top_k` and `top_p`.
    """
    order = np.argsort(-scores, axis=1, kind="stable")
    sharpened = np.take_along_axis(scores, order, axis=1).astype(np.float64)
    with np.errstate(over="ignore"):  # at a temperature near 0 all but the likeliest are -inf
        shares = np.exp((sharpened - sharpened[:, :1]) / decoding.temperature)
    if decoding.top_k:
        shares[:, decoding.top_k :] = 0
    shares /= shares.sum(axis=1, keepdims=True)
    before = np.cumsum(shares, axis=1) - shares
    shares[before >= decoding.top_p] = 0
    ends = np.cumsum(shares, axis=1)
    chosen = (ends <= points[:, None] * ends[:, -1:]).sum(axis=1)
    last = (shares > 0).sum(axis=1) - 1  # a point so near to 1 that rounding put it behind all
    chosen = np.minimum(chosen, last)
    return np.take_along_axis(order, chosen[:, None], axis=1)[:, 0].astype(np.int64)
