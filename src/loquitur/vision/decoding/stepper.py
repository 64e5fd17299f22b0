"""What a search asks of a net, and what it gives back: nothing here knows what the net runs on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

State = Any
"""A net's memory of some rows, as the stepper that made it keeps it."""


class Stepper(Protocol):
    """A net that writes one word after another, for many rows at once.

    A state that was given away stays as it is: neither `step` nor `select` changes it.
    """

    def begin(self, features: NDArray[np.float32], lengths: NDArray[np.int64]) -> State:
        """Read clips: features [rows, t, d], normalised; how many frames each has, [rows]."""

    def step(self, words: NDArray[np.int64], state: State) -> tuple[NDArray[np.float32], State]:
        """The words just written [rows]; log-probabilities [rows, v] of the next, new state."""

    def select(self, state: State, rows: NDArray[np.int64]) -> State:
        """Some rows of a state, in this order; a row may be taken twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """A sentence that a net may mean.

    Args:
        words: Numbers of the vocabulary, without `<bos>` and `<eos>`.
        log_probability: The natural logarithm of its probability, that of `<eos>` with it.
        finished: Whether `<eos>` closed it; False where it was cut at the longest length.
    """

    words: tuple[int, ...]
    log_probability: float
    finished: bool = True

    @property
    def length(self) -> int:
        """How many words its probability is a product of; `<eos>` is one."""
        return len(self.words) + self.finished

    @property
    def score(self) -> float:
        """Mean log-probability a word, in nats."""
        return self.log_probability / max(1, self.length)

    def normalised(self, power: float) -> float:
        """Its log-probability over length to a power: 0 the sum, 1 the mean a word.

        Wu et al.: Google's Neural Machine Translation System, 2016 (arXiv 1609.08144), section 7,
        without the constant.
        """
        return float(self.log_probability / max(1, self.length) ** power)
