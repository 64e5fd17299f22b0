"""The likeliest word each time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.vision.decoding.allowed import restrict
from loquitur.vision.decoding.options import Decoding
from loquitur.vision.decoding.stepper import Hypothesis
from loquitur.vision.vocabulary import BOS, EOS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.vision.decoding.stepper import State, Stepper

_DEFAULT = Decoding()


def greedy(
    stepper: Stepper,
    features: NDArray[np.float32],
    lengths: NDArray[np.int64],
    decoding: Decoding = _DEFAULT,
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
    """As `greedy`, from the state of `count` clips already read. Finished rows cost nothing."""
    written: list[list[int]] = [[] for _ in range(count)]
    sums = np.zeros(count)
    finished = [False] * count
    live = np.arange(count)
    words = np.full(count, BOS, dtype=np.int64)
    for _ in range(decoding.most):
        said, state = stepper.step(words, state)
        scores = restrict(said, [written[clip] for clip in live], decoding)
        words = scores.argmax(axis=1).astype(np.int64)
        sums[live] += scores[np.arange(len(live)), words]
        going = words != EOS
        for clip, word in zip(live, words, strict=True):
            if word == EOS:
                finished[clip] = True
            else:
                written[clip].append(int(word))
        if not going.all():
            rows = np.flatnonzero(going)
            live, words = live[rows], words[rows]
            if not len(live):
                break
            state = stepper.select(state, rows)
    return [
        Hypothesis(words=tuple(said), log_probability=float(total), finished=done)
        for said, total, done in zip(written, sums, finished, strict=True)
    ]
