"""What is new in each window, what surprises, and where the words change: held against chance.

Entropy is not novelty: it grows with the length of a window, and does not know what came before.
Each curve therefore comes with what the same words give in shuffled order, cut into windows of the
same lengths (`shuffles`); novelty is the difference. What is called surprising lies above all but
1 in 100 shuffled orders at whatever window they reach furthest (Westfall and Young 1993, the
step of the greatest statistic), so that a text without a course of its own raises nothing.

Sources: entropy Shannon 1948; its correction Miller 1955; smoothing Witten and Bell 1991, method C;
divergence Lin 1991; novelty as relative entropy to what came before Barron et al. 2018,
"Individuals, institutions, and innovation in the debates of the French Revolution".
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from loquitur.insight.transcripts.shuffles import UNSEEN_WORDS, curves, numbered, shuffled_curves
from loquitur.text import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from numpy.typing import NDArray

    from loquitur.insight.transcripts.shuffles import Curves

    Floats = NDArray[np.float64]

ORDERS = 99
LEVEL = 0.01
"""A text of no course of its own raises anything in 1 of 100 cases; 99 orders can just tell."""
BAND = 0.95
_BLOCK, _LEAST_BLOCKS = 10, 50
_FEWEST_WORDS = 60
_WORDS = 8
_EVEN = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A figure and what shuffled orders give at that place: their mean and their central 95 %."""

    value: float
    expected: float
    low: float
    high: float

    @property
    def excess(self) -> float:
        """By how much the figure is above chance."""
        return self.value - self.expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """A word that made a window surprising: `count` times in it, worth so many bits per word."""

    word: str
    count: int
    bits: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The figures of one window; None where there is nothing to tell them from.

    Args:
        types: How many different words.
        entropy_bits: Shannon's, of the window's words, as the course defines it.
        corrected_bits: With Miller's correction for its few words.
        evenness: Entropy over the greatest that so many types could have, 0..1.
        entropy: The entropy against shuffled order.
        relative: Relative entropy to all windows before, in bits per word; `excess` is novelty.
        surprisal_bits: Of a word on average, given all windows before.
        fresh: Share of words whose type is in no window before.
        divergence: Jensen-Shannon divergence to the window before, in bits.
        shift: Divergence of all that is said before from all that is said from here on, in bits.
        p_new: Share of shuffled orders that anywhere exceed what is new here.
        p_shift: Likewise for the shift.
        words: What contributes most to the relative entropy.
    """

    types: int
    entropy_bits: float
    corrected_bits: float
    evenness: float | None
    entropy: Band | None = None
    relative: Band | None = None
    surprisal_bits: float | None = None
    fresh: Band | None = None
    divergence: Band | None = None
    shift: Band | None = None
    p_new: float | None = None
    p_shift: float | None = None
    words: tuple[Contribution, ...] = ()

    @property
    def novelty_bits(self) -> float | None:
        """Bits per word by which the window is newer than chance makes one of its length."""
        return None if self.relative is None else self.relative.excess


@dataclass(frozen=True, slots=True, kw_only=True)
class Surprise:
    """A window that stands out.

    Args:
        window: Its index.
        kind: `new`: its words are not those before; `shift`: the words change here for good.
        p: Share of shuffled orders that reach as far at any window.
        excess_bits: How far it is above chance, in bits per word.
        words: What makes it stand out.
    """

    window: int
    kind: Literal["new", "shift"]
    p: float
    excess_bits: float
    words: tuple[Contribution, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Novelty:
    """The curves of a text's windows, and the surprising ones of them, the most surprising first.

    Args:
        windows: One for each window; None for one without words.
        moments: What stands out; empty where nothing does, or `why` it cannot be told.
        why: Why nothing can be told; empty where it can.
    """

    windows: tuple[Measured | None, ...]
    moments: tuple[Surprise, ...] = ()
    why: str = ""


def entropy_bits(words: Iterable[str]) -> float:
    """Shannon's entropy of the words as they are distributed, in bits; 0 for no words.

    >>> entropy_bits("abab"), entropy_bits("aaaa")
    (1.0, 0.0)
    """
    counts = Counter(words).values()
    total = sum(counts)
    if len(counts) < 2:
        return 0.0
    return math.log2(total) - sum(count * math.log2(count) for count in counts) / total


def miller_madow_bits(words: Sequence[str]) -> float:
    """Entropy with Miller's first-order correction, (types - 1) / (2 words ln 2)."""
    if not words:
        return 0.0
    return entropy_bits(words) + (len(set(words)) - 1) / (2 * len(words) * math.log(2))


def measure(
    windows: Sequence[Sequence[str]],
    *,
    orders: int = ORDERS,
    level: float = LEVEL,
    seed: int = 0,
    grammar: Collection[str] = (),
    pieces: Sequence[int] = (),
) -> Novelty:
    """The curves of windows, and which of them surprise.

    Args:
        windows: The tokens of each, in order.
        orders: Random orders that the text is held against.
        level: The chance that a text of no course raises anything at all.
        seed: Of the orders.
        grammar: Words that count, but are not named as what makes a window surprising.
        pieces: Words of each sentence, in order: a sentence stays whole in shuffled order, since
            it keeps to its subject in a text of no course too. Without them 10 words do.
    """
    filled = [at for at, window in enumerate(windows) if window]
    plain = [_plain(window) for window in windows]
    total = sum(map(len, windows))
    if len(filled) < 2 or total < _FEWEST_WORDS:
        why = f"too few to say: {counted(total, 'word')} in {counted(len(filled), 'window')}"
        return Novelty(windows=tuple(plain), why=why)
    text = numbered([windows[at] for at in filled])
    own = curves(text)
    blocks = _blocks(total, pieces)
    chance = shuffled_curves(text, orders=orders, blocks=blocks, seed=seed)
    p_new, p_shift = _chances(own, chance)
    words = _contributions([windows[at] for at in filled], grammar)
    found: list[Measured | None] = list(plain)
    for place, at in enumerate(filled):
        one = plain[at]
        if one is not None:
            found[at] = _measured(one, place, own, chance, (p_new, p_shift), words[place])
    moments = [
        *_new(filled, found, level),
        *_shifts(filled, found, level, [windows[at] for at in filled], grammar),
    ]
    moments.sort(key=lambda one: (one.p, -one.excess_bits))
    return Novelty(windows=tuple(found), moments=tuple(moments))


def _blocks(total: int, pieces: Sequence[int]) -> list[int]:
    """Words of each block: whole pieces, some together where they are short; all words in all."""
    least = max(1, min(_BLOCK, total // _LEAST_BLOCKS))
    found: list[int] = []
    held = 0
    left = total
    for size in pieces or [least] * (total // least):
        held += size
        if held >= least:
            found.append(min(held, left))
            left -= found[-1]
            held = 0
    return [size for size in (*found, left) if size]


def _plain(window: Sequence[str]) -> Measured | None:
    if not window:
        return None
    types = len(set(window))
    bits = entropy_bits(window)
    return Measured(
        types=types,
        entropy_bits=bits,
        corrected_bits=miller_madow_bits(window),
        evenness=bits / math.log2(types) if types > 1 else None,
    )


def _measured(
    one: Measured,
    at: int,
    own: Curves,
    chance: Curves,
    chances: tuple[Floats, Floats],
    words: tuple[Contribution, ...],
) -> Measured:
    later = at > 0
    return replace(
        one,
        entropy=_band(own.entropy_bits, chance.entropy_bits, at),
        relative=_band(own.relative_bits, chance.relative_bits, at) if later else None,
        surprisal_bits=float(own.surprisal_bits[0, at]) if later else None,
        fresh=_band(own.fresh, chance.fresh, at),
        divergence=_band(own.divergence_bits, chance.divergence_bits, at) if later else None,
        shift=_band(own.shift_bits, chance.shift_bits, at) if later else None,
        p_new=float(chances[0][at]) if later else None,
        p_shift=float(chances[1][at]) if later else None,
        words=words,
    )


def _band(own: Floats, chance: Floats, at: int) -> Band:
    low, high = np.quantile(chance[:, at], [(1 - BAND) / 2, (1 + BAND) / 2])
    return Band(
        value=float(own[0, at]), expected=float(chance[:, at].mean()),
        low=float(low), high=float(high),
    )  # fmt: skip


def _chances(own: Curves, chance: Curves) -> tuple[Floats, Floats]:
    """For each window the share of orders that reach as far at any window, in either curve.

    The text as it is counts as one of the orders, so no share is below 1 / (orders + 1).
    """
    new = _standard(own.relative_bits, chance.relative_bits)
    shift = _standard(own.shift_bits, chance.shift_bits)
    furthest = np.maximum(new.max(axis=1), shift.max(axis=1))
    one = np.ones(1)
    return (
        np.concatenate([one, (furthest[:, None] >= new[0] - _EVEN).mean(axis=0)]),
        np.concatenate([one, (furthest[:, None] >= shift[0] - _EVEN).mean(axis=0)]),
    )


def _standard(own: Floats, chance: Floats) -> Floats:
    """Standard scores over orders, the text's own first; shape [orders + 1, windows - 1]."""
    both = np.concatenate([own, chance])[:, 1:]
    spread = both.std(axis=0)
    scores: Floats = (both - both.mean(axis=0)) / np.where(spread > _EVEN, spread, np.inf)
    return scores


def _contributions(
    windows: Sequence[Sequence[str]], grammar: Collection[str]
) -> list[tuple[Contribution, ...]]:
    """For each window the words that add most to its relative entropy: p log2(p / m)."""
    before: Counter[str] = Counter()
    found: list[tuple[Contribution, ...]] = []
    for at, window in enumerate(windows):
        here = Counter(window)
        said, types = sum(before.values()), len(before)
        bits = {
            word: count / len(window) * math.log2(
                count / len(window) * (said + types) / (before[word] or types / UNSEEN_WORDS)
            )
            for word, count in here.items()
        } if at else {}  # fmt: skip
        found.append(_foremost(here, bits, grammar))
        before.update(here)
    return found


def _foremost(
    counts: Counter[str], bits: dict[str, float], grammar: Collection[str]
) -> tuple[Contribution, ...]:
    """The words worth most; those that came once count only where no other do."""
    ranked = sorted(
        (pair for pair in bits.items() if pair[0] not in grammar),
        key=lambda pair: (counts[pair[0]] < 2, -pair[1], pair[0]),
    )
    return tuple(
        Contribution(word=word, count=counts[word], bits=value)
        for word, value in ranked[:_WORDS]
        if value > 0
    )


def _new(
    filled: Sequence[int], found: Sequence[Measured | None], level: float
) -> Iterable[Surprise]:
    for at in filled[1:]:
        one = found[at]
        if one is None or one.p_new is None or one.relative is None or one.p_new > level:
            continue
        yield Surprise(
            window=at, kind="new", p=one.p_new, excess_bits=one.relative.excess, words=one.words
        )


def _shifts(
    filled: Sequence[int],
    found: Sequence[Measured | None],
    level: float,
    windows: Sequence[Sequence[str]],
    grammar: Collection[str],
) -> Iterable[Surprise]:
    """Of each run of windows at whose starts the words shift, the one where they do it most."""
    run: list[int] = []
    for number, at in enumerate([*filled, -1]):
        one = found[at] if at >= 0 else None
        if number and one is not None and one.p_shift is not None and one.p_shift <= level:
            run.append(number)
            continue
        if run:
            place = max(run, key=lambda place: _excess(found[filled[place]]))
            yield _shift_of(place, filled, found, windows, grammar)
        run = []


def _excess(one: Measured | None) -> float:
    return one.shift.excess if one is not None and one.shift is not None else -math.inf


def _shift_of(
    place: int,
    filled: Sequence[int],
    found: Sequence[Measured | None],
    windows: Sequence[Sequence[str]],
    grammar: Collection[str],
) -> Surprise:
    at = filled[place]
    one = found[at]
    before = Counter(word for window in windows[:place] for word in window)
    after = Counter(word for window in windows[place:] for word in window)
    total, whole = sum(after.values()), sum(after.values()) + sum(before.values())
    bits = {
        word: count / total * math.log2(count / total * whole / (count + before[word]))
        for word, count in after.items()
    }
    return Surprise(
        window=at, kind="shift", p=one.p_shift if one and one.p_shift is not None else 1.0,
        excess_bits=_excess(one), words=_foremost(after, bits, grammar),
    )  # fmt: skip
