"""Sentences that grow by one word at a time, each by itself; one that ended costs nothing more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.vision.decoding.allowed import restrict
from loquitur.vision.decoding.stepper import Hypothesis
from loquitur.vision.vocabulary import BOS, EOS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from loquitur.vision.decoding.options import Decoding
    from loquitur.vision.decoding.stepper import State, Stepper

    Choice = Callable[[NDArray[np.float32], NDArray[np.int64]], NDArray[np.int64]]


def grow(
    stepper: Stepper, state: State, count: int, decoding: Decoding, choose: Choice
) -> list[Hypothesis]:
    """One sentence for each row of a state.

    Args:
        stepper: The net.
        state: Its state of clips already read.
        count: How many rows that has.
        decoding: Its `most`, `least` and `no_repeat` count.
        choose: Of log-probabilities [live, v], -inf for what may not follow, and the numbers of the
            rows that go on [live]: the word of each.
    """
    written: list[list[int]] = [[] for _ in range(count)]
    sums = np.zeros(count)
    finished = [False] * count
    live = np.arange(count)
    words = np.full(count, BOS, dtype=np.int64)
    for _ in range(decoding.most):
        said, state = stepper.step(words, state)
        scores = restrict(said, [written[row] for row in live], decoding)
        words = choose(scores, live)
        sums[live] += scores[np.arange(len(live)), words]
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
    return [
        Hypothesis(words=tuple(said), log_probability=float(total), finished=done)
        for said, total, done in zip(written, sums, finished, strict=True)
    ]
