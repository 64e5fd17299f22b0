"""Words drawn by their probability; what a clip gets depends on the seed and its place alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.vision.decoding.allowed import restrict
from loquitur.vision.decoding.stepper import Hypothesis
from loquitur.vision.vocabulary import BOS, EOS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.vision.decoding.options import Decoding
    from loquitur.vision.decoding.stepper import Stepper


def sample(
    stepper: Stepper,
    features: NDArray[np.float32],
    lengths: NDArray[np.int64],
    decoding: Decoding,
    *,
    places: Sequence[int] | None = None,
) -> list[list[Hypothesis]]:
    """Sentences of each clip of a batch, `count` of them, the likeliest a word first.

    Args:
        stepper: The net.
        features: [clips, t, d], normalised.
        lengths: How many frames each has, [clips].
        decoding: The search.
        places: Which place each clip has among all that are described; as in the batch where None.
    """
    clips = len(features)
    owners = np.repeat(np.arange(clips), decoding.count)
    chances = [
        np.random.default_rng((decoding.seed, place, turn))
        for place in (range(clips) if places is None else places)
        for turn in range(decoding.count)
    ]
    state = stepper.select(stepper.begin(features, lengths), owners)
    written: list[list[int]] = [[] for _ in owners]
    sums = np.zeros(len(owners))
    finished = [False] * len(owners)
    live = np.arange(len(owners))
    words = np.full(len(owners), BOS, dtype=np.int64)
    for _ in range(decoding.most):
        scores, state = stepper.step(words, state)
        allowed = restrict(scores, [written[row] for row in live], decoding)
        points = np.array([chances[row].random() for row in live])
        words = draw(allowed, points, decoding)
        sums[live] += allowed[np.arange(len(live)), words]
        for row, word in zip(live, words, strict=True):
            if word == EOS:
                finished[row] = True
            else:
                written[row].append(int(word))
        going = np.flatnonzero(words != EOS)
        if len(going) < len(live):
            live, words = live[going], words[going]
            if not len(live):
                break
            state = stepper.select(state, going)
    found: list[list[Hypothesis]] = [[] for _ in range(clips)]
    for owner, said, total, done in zip(owners, written, sums, finished, strict=True):
        one = Hypothesis(words=tuple(said), log_probability=float(total), finished=done)
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
