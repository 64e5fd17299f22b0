"""What the curves of a text look like, as it is and in any other order of it.

A text in shuffled order has the same words, window lengths and growth of vocabulary, and no course
of its own: what it shows is chance. Blocks of a few neighbouring words are shuffled, not single
ones, since words come in phrases whatever the subject does.

All orders are worked at once: a word in a window is the number `type * windows + window`, the
numbers of an order are sorted, and every run of equal ones is a count. How often a type came in
earlier windows is then the distance from where it begins to where its run does.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

UNSEEN_WORDS = 30_000
"""A word that was never said before is one of so many; about what an adult uses."""
_CELLS = 1_500_000
"""Words of all orders that are worked at once: some 100 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """Figures of windows in one or more orders of a text, arrays of shape [orders, windows].

    What compares a window with those before it is NaN for the first one.

    Args:
        entropy_bits: Of the words of a window, plug-in.
        surprisal_bits: Of a word of a window on average, given all windows before it.
        fresh: Share of a window's words whose type is in no window before it.
        divergence_bits: Jensen-Shannon divergence of a window and the one before.
        shift_bits: What a word tells of whether it is said before a window's start or after it:
            the Jensen-Shannon divergence of all that is before and all after, weighted by length.
    """

    entropy_bits: Floats
    surprisal_bits: Floats
    fresh: Floats
    divergence_bits: Floats
    shift_bits: Floats

    @property
    def relative_bits(self) -> Floats:
        """Relative entropy of a window to what came before: surprisal less its own entropy."""
        return self.surprisal_bits - self.entropy_bits


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """The words of a text as numbers.

    Args:
        types: Of each word its type, 0..V-1, in the order of the text.
        sizes: Words of each window, none 0.
        first: Of each type, how many words have a smaller one.
    """

    types: Ints
    sizes: Ints
    first: Ints

    @property
    def windows(self) -> Ints:
        """Of each place in the text its window."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)


def numbered(windows: Sequence[Sequence[str]]) -> Numbered:
    """The words of windows as numbers; every window has some."""
    known: dict[str, int] = {}
    types = np.array(
        [known.setdefault(word, len(known)) for window in windows for word in window], np.int64
    )
    totals = np.bincount(types, minlength=len(known))
    return Numbered(
        types=types,
        sizes=np.array([len(window) for window in windows], np.int64),
        first=np.cumsum(totals) - totals,
    )


def curves(text: Numbered) -> Curves:
    """The curves of a text as it is: one order."""
    return _curves(text, text.windows[None, :])


def shuffled_curves(text: Numbered, *, orders: int, blocks: Sequence[int], seed: int) -> Curves:
    """The curves of a text in random orders of its blocks, cut into windows of the same sizes.

    Args:
        text: At least one word.
        orders: How many.
        blocks: Words that stay together: how many in each block, all words in all.
        seed: Of the orders.
    """
    rng = np.random.default_rng(seed)
    at_once = max(1, _CELLS // len(text.types))
    found = [
        _curves(text, places)
        for places in _places(text, orders=orders, blocks=blocks, at_once=at_once, rng=rng)
    ]
    return Curves(
        **{
            field.name: np.concatenate([getattr(one, field.name) for one in found])
            for field in fields(Curves)
        }
    )


def _places(
    text: Numbered, *, orders: int, blocks: Sequence[int], at_once: int, rng: np.random.Generator
) -> Iterator[Ints]:
    """Of each word its window, in so many orders; arrays of shape [some orders, words]."""
    windows = text.windows
    lengths = np.array(blocks, np.int64)
    of_word = np.repeat(np.arange(len(lengths)), lengths)
    inside = np.arange(len(text.types)) - (np.cumsum(lengths) - lengths)[of_word]
    for begun in range(0, orders, at_once):
        some = min(at_once, orders - begun)
        order = rng.permuted(np.tile(np.arange(len(lengths)), (some, 1)), axis=1)
        ends = np.cumsum(lengths[order], axis=1)
        starts = np.empty_like(order)
        np.put_along_axis(starts, order, ends - lengths[order], axis=1)
        yield windows[starts[:, of_word] + inside]


class _Runs:
    """Of each type in each window of each order how often it is there, and how often before.

    A type that is there once in all is a run of one wherever it stands: such words are counted by
    window alone (`once`), which leaves a fifth of the work out.
    """

    def __init__(self, text: Numbered, places: Ints) -> None:
        self.orders, self.words = places.shape
        self.sizes = text.sizes
        count = len(text.sizes)
        totals = np.diff(text.first, append=self.words)
        rare = totals[text.types] == 1
        self.once = self._by_window(places[:, rare])
        types, places = text.types[~rare], places[:, ~rare]
        small = len(text.first) * count < 2**31  # which sorts twice as fast
        keys = (types * count + places).astype(np.int32 if small else np.int64)
        keys.sort(axis=1)
        opens = np.ones(keys.shape, bool)
        np.not_equal(keys[:, 1:], keys[:, :-1], out=opens[:, 1:])
        at = np.flatnonzero(opens)
        self.times = np.diff(at, append=keys.size)
        self.order = at // max(1, len(types))
        self.types, self.windows = np.divmod(keys.ravel()[at], count)
        kept = np.where(totals > 1, totals, 0)
        first = np.cumsum(kept) - kept
        self.before = at - self.order * len(types) - first[self.types]
        self.cells = self.order * count + self.windows
        self.totals = totals[self.types]
        numbers = np.arange(int(totals.max()) + 1, dtype=np.float64)
        self.logs = np.log2(np.maximum(numbers, 1.0))
        self.bits = numbers * self.logs
        self.all_bits = float(self.bits[totals].sum())

    def summed(self, weights: Floats | Ints, among: Ints | None = None) -> Floats:
        """The weights of the runs of each window, shape [orders, windows]."""
        cells = self.cells if among is None else self.cells[among]
        shape = (self.orders, len(self.sizes))
        sums: Floats = np.bincount(cells, weights, minlength=shape[0] * shape[1]).astype(np.float64)
        return sums.reshape(shape)

    def _by_window(self, places: Ints) -> Ints:
        shape = (self.orders, len(self.sizes))
        cells = (np.arange(self.orders)[:, None] * shape[1] + places).ravel()
        return np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)


def _curves(text: Numbered, places: Ints) -> Curves:
    runs = _Runs(text, places)
    new = np.flatnonzero(runs.before == 0)
    fresh = runs.once + runs.summed(runs.times[new], new)
    types = runs.once + runs.summed(np.ones(len(new)), new)
    return Curves(
        entropy_bits=np.log2(text.sizes) - runs.summed(runs.bits[runs.times]) / text.sizes,
        surprisal_bits=_surprisal(runs, fresh, types) / text.sizes,
        fresh=fresh / text.sizes,
        divergence_bits=_divergence(runs),
        shift_bits=_shift(runs),
    )


def _surprisal(runs: _Runs, fresh: Floats, types: Floats) -> Floats:
    """Bits of all words of each window, given the windows before it (Witten and Bell's method C).

    After n words of T types, a word that came c times has the probability c / (n + T), and one
    that never came T / (n + T) / UNSEEN_WORDS. `fresh` are the words of each window, `types` its
    types that never came before.
    """
    seen = np.cumsum(types, axis=1) - types
    said = np.cumsum(runs.sizes) - runs.sizes
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = (
            runs.sizes * np.log2(said + seen)
            - runs.summed(runs.times * runs.logs[runs.before])
            + fresh * (np.log2(UNSEEN_WORDS) - np.log2(seen))
        )
    found[:, 0] = np.nan
    return found


def _divergence(runs: _Runs) -> Floats:
    """Jensen-Shannon divergence of neighbours: 1 bit, less what the types in both of them share."""
    both = (runs.types[1:] == runs.types[:-1]) & (runs.windows[1:] == runs.windows[:-1] + 1)
    both &= runs.order[1:] == runs.order[:-1]
    left, right = np.flatnonzero(both), np.flatnonzero(both) + 1
    one = runs.times[left] / (2 * runs.sizes[runs.windows[left]])
    other = runs.times[right] / (2 * runs.sizes[runs.windows[right]])
    shared = one * np.log2(one) + other * np.log2(other) - (one + other) * np.log2(one + other)
    found: Floats = np.maximum(1.0 + runs.summed(shared, right), 0.0)
    found[:, 0] = np.nan
    return found


def _shift(runs: _Runs) -> Floats:
    """How much all that is said before a window differs from all that is said from it on."""
    bits, after = runs.bits, runs.before + runs.times
    gained = bits[after] - bits[runs.before]
    gained += bits[runs.totals - after] - bits[runs.totals - runs.before]
    moved = runs.summed(gained)
    sides = np.cumsum(moved, axis=1) - moved + runs.all_bits
    said = np.cumsum(runs.sizes) - runs.sizes
    apart = sum(part * np.log2(np.maximum(part, 1)) for part in (said, runs.words - said))
    whole = runs.words * np.log2(runs.words)
    found: Floats = np.maximum(sides - apart + whole - runs.all_bits, 0.0) / runs.words
    found[:, 0] = np.nan
    return found
