"""The likeliest sentences so far go on, those of all clips in one batch.

The classic fault is a beam that answers worse than greedy decoding, for want of a length
normalisation or by the way it ends. Here the greedy sentence is always among the candidates, and
another one takes its place only where it is at least as likely both in sum and a word. Then it is
so under every normalisation between the two: with log-probabilities a and g below 0 and lengths n
and m, |a| <= |g| and |a| / n <= |g| / m give |a| / n^p <= |g| / m^p for all p in 0..1 (where n >= m
by the first, else by the second).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from loquitur.vision.decoding.allowed import restrict
from loquitur.vision.decoding.greedy import greedy_from
from loquitur.vision.decoding.stepper import Hypothesis
from loquitur.vision.vocabulary import BOS, EOS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.vision.decoding.options import Decoding
    from loquitur.vision.decoding.stepper import State, Stepper


def beam(
    stepper: Stepper,
    features: NDArray[np.float32],
    lengths: NDArray[np.int64],
    decoding: Decoding,
) -> list[list[Hypothesis]]:
    """Sentences of each clip of a batch, best first, at most `width`.

    Args:
        stepper: The net.
        features: [clips, t, d], normalised.
        lengths: How many frames each has, [clips].
        decoding: The search.
    """
    state = stepper.begin(features, lengths)
    likeliest = greedy_from(stepper, state, len(features), decoding)
    found = _search(stepper, state, len(features), decoding)
    return [_ranked(one, others, decoding) for one, others in zip(likeliest, found, strict=True)]


def _ranked(greedy: Hypothesis, others: list[Hypothesis], decoding: Decoding) -> list[Hypothesis]:
    """Best first; nothing stands before the greedy sentence that is less likely than it."""
    pool = {(one.words, one.finished): one for one in [*others, greedy]}
    return sorted(
        pool.values(),
        key=lambda one: (
            one.log_probability < greedy.log_probability or one.score < greedy.score,
            -one.normalised(decoding.length_power),
            one.words,
        ),
    )[: decoding.width]


@dataclass(slots=True)
class _Clip:
    """One clip's search: sentences that go on with their sums, and those that ended."""

    number: int
    written: list[tuple[int, ...]] = field(default_factory=lambda: [()])
    sums: list[float] = field(default_factory=lambda: [0.0])
    ended: list[Hypothesis] = field(default_factory=list)

    def done(self, decoding: Decoding) -> bool:
        """Whether no sentence that goes on can come before those that ended."""
        if not self.written:
            return True
        if len(self.ended) < decoding.width:
            return False
        power = decoding.length_power
        ranks = sorted((one.normalised(power) for one in self.ended), reverse=True)
        return bool(max(self.sums) / decoding.most**power <= ranks[decoding.width - 1])

    def cut(self) -> None:
        """What still goes on ends here, without `<eos>`."""
        for words, total in zip(self.written, self.sums, strict=True):
            self.ended.append(Hypothesis(words=words, log_probability=total, finished=False))


def _search(
    stepper: Stepper, state: State, count: int, decoding: Decoding
) -> list[list[Hypothesis]]:
    """All clips at once; each has a block of rows, as many as its sentences that go on."""
    clips = [_Clip(number) for number in range(count)]
    ended: list[list[Hypothesis]] = [clip.ended for clip in clips]
    words = np.full(count, BOS, dtype=np.int64)
    for _ in range(decoding.most):
        scores, state = stepper.step(words, state)
        written = [said for clip in clips for said in clip.written]
        allowed = restrict(scores, written, decoding)
        rows: list[int] = []
        first = 0
        for clip in clips:
            block = allowed[first : first + len(clip.written)]
            parents = _go_on(clip, block, decoding)
            if clip.done(decoding):
                clip.written, clip.sums = [], []
            else:
                rows.extend(first + parent for parent in parents)
            first += len(block)
        clips = [clip for clip in clips if clip.written]
        if not clips:
            return ended
        words = np.array([said[-1] for clip in clips for said in clip.written], dtype=np.int64)
        state = stepper.select(state, np.array(rows, dtype=np.int64))
    for clip in clips:
        clip.cut()
    return ended


def _go_on(clip: _Clip, scores: NDArray[np.float32], decoding: Decoding) -> list[int]:
    """One word more: of each sentence that goes on now, which one it continues.

    Twice the width is looked at, so that the width is full even where each sentence might end.
    """
    vocabulary = scores.shape[1]
    flat = (scores + np.array(clip.sums, dtype=np.float32)[:, None]).ravel()
    most = min(2 * decoding.width, len(flat))
    best = np.argpartition(flat, len(flat) - most)[len(flat) - most :]
    best = best[np.lexsort((best, -flat[best]))]
    written: list[tuple[int, ...]] = []
    sums: list[float] = []
    parents: list[int] = []
    for place in best:
        parent, word = divmod(int(place), vocabulary)
        total = clip.sums[parent] + float(scores[parent, word])
        if total == -np.inf:
            break
        if word == EOS:
            clip.ended.append(Hypothesis(words=clip.written[parent], log_probability=total))
        elif len(written) < decoding.width:
            written.append((*clip.written[parent], word))
            sums.append(total)
            parents.append(parent)
    clip.written, clip.sums = written, sums
    return parents
