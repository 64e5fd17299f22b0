"""Forced alignment: where a row of tokens is said, by Viterbi through a CTC model's emissions.

Connectionist temporal classification (Graves et al. 2006): the states of a text of N tokens are
2N + 1, blanks at even places and tokens at odd ones; a frame stays, goes on by one state, or skips
the blank between two different tokens. Here all states of a frame are one column of numpy, and
only a band of columns around the best path is looked at, so ten hours need no more memory for the
search than a minute: what lies further back than `lag_frames` is settled and forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

WILDCARD = -1
"""A token for a character that the model does not know: it is whatever is not blank."""

_NEVER = np.float32(-np.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchOptions:
    """How wide and how far back the search looks.

    Args:
        band_states: States looked at in a frame; a text of fewer than half as many tokens is
            searched whole. 4096 states are about 25 minutes of English in subwords, three minutes
            in letters: so far may text and sound drift apart.
        lag_frames: Frames that a decision may be delayed by.
    """

    band_states: int = 4096
    lag_frames: int = 4096

    def __post_init__(self) -> None:
        if self.band_states < 8 or self.lag_frames < 1:
            raise ValueError(f"a search needs 8 states and a frame at least: {self}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where one token is said: frames `[start, end)`, and its mean log probability there."""

    start: int
    end: int
    log_probability: float


def align(
    emissions: Iterable[NDArray[np.float32]],
    tokens: Sequence[int],
    *,
    blank: int,
    options: SearchOptions | None = None,
) -> list[Placed] | None:
    """The most probable places of all tokens, in order.

    A run of `WILDCARD`s is one sound of unknown characters for each, next to one another without a
    blank if need be. Takes frames x band time; memory is one small number a frame, and band x lag.

    Args:
        emissions: Natural log probabilities `[frames, columns]`, in blocks of any length.
        tokens: Columns to be said, or `WILDCARD`; never the blank.
        blank: The column of the blank.
        options: How far the search looks.

    Returns:
        One place a token, or None where no path leads through: there are more tokens than frames,
        text and sound drift further apart than the band is wide, or a token has no probability.

    Raises:
        ValueError: A token is the blank, or no column.
    """
    if any(token == blank or token < WILDCARD for token in tokens):
        raise ValueError("tokens are columns other than the blank")
    if not tokens:
        return []
    search = _Search(np.asarray(tokens, dtype=np.int64), blank, options or SearchOptions())
    for block in emissions:
        if not search.advance(np.asarray(block, dtype=np.float32)):
            return None
    return search.finish()


class _Search:
    """The band of states that are alive, and what is needed to trace them back."""

    def __init__(self, tokens: NDArray[np.int64], blank: int, options: SearchOptions) -> None:
        self._count = 2 * len(tokens) + 1
        self._width = min(options.band_states, self._count)
        self._lag = options.lag_frames
        self._blank = blank
        self._columns = np.full(self._count, blank, dtype=np.int64)
        self._columns[1::2] = tokens
        self._may_skip = np.zeros(self._count, dtype=bool)
        unlike = (tokens[1:] != tokens[:-1]) | (tokens[1:] == WILDCARD)
        self._may_skip[3::2] = unlike
        self._low = 0  # the first state of the band
        self._score: NDArray[np.float32] | None = None
        self._steps: list[tuple[int, NDArray[np.uint8]]] = []  # (low, how each state was reached)
        self._heard: list[tuple[NDArray[np.float32], np.float32 | None]] = []  # frame, wildcard
        self._path: list[NDArray[np.int64]] = []
        self._values: list[NDArray[np.float32]] = []

    def advance(self, block: NDArray[np.float32]) -> bool:
        """Go on by a block of frames; False where no state is alive any more."""
        if len(block) and int(self._columns.max()) >= block.shape[1]:
            raise ValueError(f"token {int(self._columns.max())} of {block.shape[1]} columns")
        wild = _best_sound(block, self._blank) if WILDCARD in self._columns[1::2] else None
        for number, frame in enumerate(block):
            self._step(frame, None if wild is None else wild[number])
            if self._score is None or not np.isfinite(self._score.max()):
                return False
            if len(self._steps) >= 2 * self._lag:
                self._settle()
        return True

    def _step(self, frame: NDArray[np.float32], wild: np.float32 | None) -> None:
        if self._score is None:
            score = np.full(self._width, _NEVER, dtype=np.float32)
            heard = self._emitted(frame, wild)
            score[:2] = heard[:2]
            self._score = score
            self._steps.append((self._low, np.zeros(self._width, dtype=np.uint8)))
            self._heard.append((frame, wild))
            return
        before = self._recentred()
        window = slice(self._low, self._low + self._width)
        moved = np.full((3, self._width), _NEVER, dtype=np.float32)
        moved[0] = before
        moved[1, 1:] = before[:-1]
        moved[2, 2:] = np.where(self._may_skip[window][2:], before[:-2], _NEVER)
        steps = moved.argmax(axis=0).astype(np.uint8)
        heard = self._emitted(frame, wild)
        self._score = moved[steps, np.arange(self._width)] + heard
        self._steps.append((self._low, steps))
        self._heard.append((frame, wild))

    def _emitted(self, frame: NDArray[np.float32], wild: np.float32 | None) -> NDArray[np.float32]:
        columns = self._columns[self._low : self._low + self._width]
        heard: NDArray[np.float32] = frame[columns]
        if wild is not None:
            heard = np.where(columns == WILDCARD, wild, heard)
        return heard

    def _recentred(self) -> NDArray[np.float32]:
        """The scores of the last frame, the band moved on where its best state has left its middle.

        It moves in strides, since each move copies; and up only, as the path does.
        """
        score = self._score
        assert score is not None
        stride = self._width // 8
        ahead = int(score.argmax()) - self._width // 2
        if self._width == self._count or ahead < stride:
            return score
        shift = min(ahead, self._count - self._width - self._low)
        if shift <= 0:
            return score
        self._low += shift
        return np.concatenate([score[shift:], np.full(shift, _NEVER, dtype=np.float32)])

    def _settle(self) -> None:
        """Decide what lies further back than the lag, and drop the states that deny it."""
        score = self._score
        assert score is not None
        states = self._low + np.arange(self._width)
        recent = len(self._steps) - self._lag
        for low, steps in reversed(self._steps[recent:]):
            at = np.clip(states - low, 0, len(steps) - 1)  # dead states may lead out of the band
            states = states - steps[at]
        best = int(states[int(score.argmax())])
        self._score = np.where(states == best, score, _NEVER)
        self._trace(best, recent)
        del self._steps[:recent], self._heard[:recent]

    def _trace(self, state: int, count: int) -> None:
        """Note the path through the first `count` frames kept, which ends in a state."""
        path = np.empty(count, dtype=np.int64)
        values = np.empty(count, dtype=np.float32)
        for at in range(count - 1, -1, -1):
            low, steps = self._steps[at]
            path[at] = state
            frame, wild = self._heard[at]
            column = self._columns[state]
            values[at] = frame[column] if column != WILDCARD else wild
            state -= int(steps[state - low])
        self._path.append(path)
        self._values.append(values)

    def finish(self) -> list[Placed] | None:
        if self._score is None:
            return None
        last = self._count - 1 - self._low
        ends = [state for state in (last, last - 1) if 0 <= state < self._width]
        best = max(ends, key=lambda state: float(self._score[state]), default=None)  # type: ignore[index]
        if best is None or not np.isfinite(self._score[best]):
            return None
        self._trace(self._low + best, len(self._steps))
        path, values = np.concatenate(self._path), np.concatenate(self._values)
        states = np.arange(1, self._count, 2)
        starts = np.searchsorted(path, states, side="left")
        ends_at = np.searchsorted(path, states, side="right")
        sums = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
        means = (sums[ends_at] - sums[starts]) / np.maximum(ends_at - starts, 1)
        return [
            Placed(start=start, end=end, log_probability=mean)
            for start, end, mean in zip(
                starts.tolist(), ends_at.tolist(), means.tolist(), strict=True
            )
        ]


def _best_sound(block: NDArray[np.float32], blank: int) -> NDArray[np.float32]:
    """The log probability of the likeliest column other than the blank, for each frame."""
    others = block.copy()
    others[:, blank] = _NEVER
    best: NDArray[np.float32] = others.max(axis=1, initial=_NEVER)
    return best


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Natural log probabilities along the last axis; what are such already stay as they are."""
    top = logits.max(axis=-1, keepdims=True)
    total = np.log(np.exp(logits - top).sum(axis=-1, keepdims=True))
    result: NDArray[np.float32] = (logits - top - total).astype(np.float32)
    return result
