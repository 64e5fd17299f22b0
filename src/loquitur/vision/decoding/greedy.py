"""The likeliest word each time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.vision.decoding.growth import grow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.vision.decoding.options import Decoding
    from loquitur.vision.decoding.stepper import Hypothesis, State, Stepper


def greedy(
    stepper: Stepper,
    features: NDArray[np.float32],
    lengths: NDArray[np.int64],
    decoding: Decoding,
) -> list[Hypothesis]:
    """One sentence for each clip of a batch.

    Args:
        stepper: The net.
        features: [clips, t, d], normalised.
        lengths: How many frames each has, [clips].
        decoding: Its `most`, `least` and `no_repeat` count.
    """
    return greedy_from(stepper, stepper.begin(features, lengths), len(features), decoding)


def greedy_from(stepper: Stepper, state: State, count: int, decoding: Decoding) -> list[Hypothesis]:
    """As `greedy`, from the state of `count` clips already read."""

    def likeliest(scores: NDArray[np.float32], _: NDArray[np.int64]) -> NDArray[np.int64]:
        words: NDArray[np.int64] = scores.argmax(axis=1).astype(np.int64)
        return words

    return grow(stepper, state, count, decoding, likeliest)
