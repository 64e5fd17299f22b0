"""Authors who look automated, and texts that many copy at once: each with its reason in figures.

None of it is an accusation. A bot of the channel's own keeps order, a fan repeats a cheer, and a
text that spreads is a joke as often as a raid: the figures are given, a person judges.

What counts as regular is set so that chance alone does not reach it: of people who write at random
moments, gaps within 5 % of their own median are less than one in a million lists of ten.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.insight.chats.columns import Messages
    from loquitur.insight.chats.wording import Wording

Kind = Literal["regular", "repeats", "fast", "copies"]

LEAST_REPEATS = 10
"""Equal texts of one author from which on they are looked at."""
_LEAST_RHYTHM = 16
_LONG_TEXT = 12
_MOSTLY = 0.5
REGULAR = 0.05
"""Spread of the gaps against their median, up to which they are regular."""
_LEAST_GAP_MS = 10_000
_FAST = 30
FAST_MS = 60_000
COPIED_MS = 60_000
LEAST_COPIERS = 5
_COPIED_LETTERS = 20
_CROWDED = 10.0
"""A text is copied if so many times as many write it at once as would if they came evenly."""
_TO_SIGMA = 1.4826


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """Something that is not what people usually do.

    Args:
        kind: `regular` (a rhythm), `repeats` (one text again and again), `fast`, or `copies`.
        author: The author's number; -1 for a text of many.
        messages: How many messages it is about.
        share: Of all the author's messages; of all of this text for `copies`.
        authors: How many authors.
        text: The number of the text, an index of `Messages.texts`; -1 for different ones.
        gap_ms: The median gap; None where it does not matter.
        spread_ms: How far gaps are from it (median absolute deviation, as a standard deviation).
        start_ms: Where it begins; None where there are no times.
        end_ms: Where it ends.
        reason: In words.
    """

    kind: Kind
    author: int
    messages: int
    share: float
    authors: int = 1
    text: int = -1
    gap_ms: float | None = None
    spread_ms: float | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    reason: str = ""


def find_flags(messages: Messages, wording: Wording) -> tuple[Flag, ...]:
    """All that stands out, one kind after the other, the largest of each first."""
    author = messages.author.astype(np.int64)
    totals = np.bincount(author[author >= 0], minlength=len(messages.authors))
    repeats = _repeats(messages, wording, totals)
    seen = {flag.author for flag in repeats if flag.kind == "regular"}
    rhythms = [flag for flag in _rhythms(messages, totals) if flag.author not in seen]
    found = [*repeats, *rhythms, *_fast(messages, totals), *_copies(messages, wording)]
    return tuple(sorted(found, key=_rank))


def _rank(flag: Flag) -> tuple[int, int, int]:
    size = flag.authors if flag.kind == "copies" else flag.messages
    return get_args(Kind).index(flag.kind), -size, flag.start_ms or 0


def _repeats(
    messages: Messages, wording: Wording, totals: NDArray[np.int64]
) -> list[Flag]:  # fmt: skip
    """One text again and again by one author, with or without a rhythm."""
    form = wording.normal[messages.text].astype(np.int64)
    author = messages.author.astype(np.int64)
    kinds = int(form.max(initial=0)) + 1
    key = np.where(author >= 0, author * kinds + form, -1)
    values, first, counts = np.unique(key, return_index=True, return_counts=True)
    often = (counts >= LEAST_REPEATS) & (values >= 0)
    letters = wording.letters[messages.text[first]]
    often &= letters >= _LONG_TEXT
    order = np.argsort(key, kind="stable")
    starts = np.cumsum(counts) - counts
    found = []
    for one, at, count, start in zip(
        values[often].tolist(), first[often].tolist(), counts[often].tolist(),
        starts[often].tolist(), strict=True,
    ):  # fmt: skip
        places = order[start : start + count]
        times = messages.at_ms[places[places < messages.timed]]
        who = int(one // kinds)
        share = count / int(totals[who])
        gap, spread = _rhythm(times, messages.times)
        regular = len(times) >= LEAST_REPEATS and _is_regular(gap, spread)
        if not regular and share < _MOSTLY:
            continue
        reason = f"{count:,} equal texts, {share:.0%} of what this author wrote"
        if regular and gap is not None and spread is not None:
            reason = (
                f"looks automated: {count:,} equal texts every {_seconds(gap)} s "
                f"+/- {_seconds(spread)} s"
            )
        found.append(
            Flag(
                kind="regular" if regular else "repeats", author=who, messages=count, share=share,
                text=int(messages.text[at]), gap_ms=gap, spread_ms=spread, reason=reason,
                start_ms=int(times[0]) if len(times) else None,
                end_ms=int(times[-1]) if len(times) else None,
            )
        )  # fmt: skip
    return found


def _rhythms(messages: Messages, totals: NDArray[np.int64]) -> list[Flag]:
    """Authors who write in a rhythm, whatever they write."""
    who, times = _of_busy(messages, totals, _LEAST_RHYTHM)
    gaps, owner = np.diff(times), who[1:]
    same = who[1:] == who[:-1]
    gaps, owner = gaps[same], owner[same]
    if not len(gaps):
        return []
    middle = _medians(owner, gaps.astype(np.float64))
    spread = _medians(owner, np.abs(gaps - middle[owner])) * _TO_SIGMA
    sizes = np.bincount(owner, minlength=len(middle))
    regular = (middle >= _LEAST_GAP_MS) & (spread <= REGULAR * middle)
    found = []
    for one in np.flatnonzero(regular & (sizes >= _LEAST_RHYTHM - 1)).tolist():
        own = _slice(who, times, one)
        gap, near = _rhythm(own, messages.times)
        if gap is None or near is None or near > REGULAR * gap:
            continue
        found.append(
            Flag(
                kind="regular", author=one, messages=len(own), share=len(own) / int(totals[one]),
                gap_ms=gap, spread_ms=near, start_ms=int(own[0]), end_ms=int(own[-1]),
                reason=f"looks automated: {len(own):,} messages every {_seconds(gap)} s "
                f"+/- {_seconds(near)} s",
            )
        )  # fmt: skip
    return found


def _of_busy(
    messages: Messages, totals: NDArray[np.int64], least: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Authors and times of the messages of those who wrote so many, author by author."""
    author = messages.author[: messages.timed].astype(np.int64)
    chosen = np.isin(author, np.flatnonzero(totals >= least))
    order = np.argsort(author[chosen], kind="stable")
    return author[chosen][order], messages.times[chosen][order]


def _slice(
    who: NDArray[np.int64], times: NDArray[np.int64], one: int
) -> NDArray[np.int64]:  # fmt: skip
    """The times of one author, of lists that are sorted by author."""
    return times[np.searchsorted(who, one) : np.searchsorted(who, one, side="right")]


def _medians(owner: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The lower median of each owner's values, NaN without any."""
    order = np.lexsort((values, owner))
    sizes = np.bincount(owner)
    starts = np.cumsum(sizes) - sizes
    found = np.full(len(sizes), np.nan)
    there = sizes > 0
    found[there] = values[order][(starts + (sizes - 1) // 2)[there]]
    return found


def _rhythm(
    times: NDArray[np.int64], clock: NDArray[np.int64]
) -> tuple[float | None, float | None]:  # fmt: skip
    """The median gap and how far gaps are from it, no less than the clock can tell; both in ms."""
    if len(times) < 3:
        return None, None
    gaps = np.diff(times)
    gap = float(np.median(gaps))
    spread = float(np.median(np.abs(gaps - gap))) * _TO_SIGMA
    step = 1_000.0 if not (clock[:10_000] % 1_000).any() else 1.0
    return gap, max(spread, step / 2)


def _is_regular(gap: float | None, spread: float | None) -> bool:
    if gap is None or spread is None:
        return False
    return gap >= _LEAST_GAP_MS and spread <= REGULAR * gap


def _fast(messages: Messages, totals: NDArray[np.int64]) -> list[Flag]:
    """Authors of more messages within a minute than a person writes."""
    who, times = _of_busy(messages, totals, _FAST)
    if len(who) < _FAST:
        return []
    last = _FAST - 1
    quick = (who[last:] == who[:-last]) & (times[last:] - times[:-last] < FAST_MS)
    found = []
    for one in np.unique(who[last:][quick]).tolist():
        own = _slice(who, times, one)
        within = np.searchsorted(own, own + FAST_MS) - np.arange(len(own))
        most, begin = int(within.max()), int(own[within.argmax()])
        found.append(
            Flag(
                kind="fast", author=one, messages=most, share=most / int(totals[one]),
                start_ms=begin, end_ms=begin + FAST_MS,
                reason=f"{most:,} messages within 60 s",
            )
        )  # fmt: skip
    return found


def _copies(messages: Messages, wording: Wording) -> list[Flag]:
    """Texts that many authors write within a minute: copied, or brought along by a raid."""
    author = messages.author[: messages.timed].astype(np.int64)
    text = messages.text[: messages.timed]
    form = wording.normal[text].astype(np.int64)
    long = wording.letters[text] >= _COPIED_LETTERS
    people = int(author.max(initial=0)) + 1
    chosen = long & (author >= 0)
    _, first = np.unique(form[chosen] * people + author[chosen], return_index=True)
    places = np.flatnonzero(chosen)[np.sort(first)]  # the first time each author writes it
    order = np.argsort(form[places], kind="stable")
    places = places[order]
    forms, times = form[places], messages.times[places]
    starts = np.flatnonzero(np.concatenate([[True], forms[1:] != forms[:-1]]))
    ends = np.concatenate([starts[1:], [len(forms)]])
    span = max(1, int(messages.times[-1] - messages.times[0])) if messages.timed else 1
    by_form = np.argsort(form, kind="stable")
    all_forms, all_times = form[by_form], messages.times[by_form]
    found = []
    for begin, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if end - begin < LEAST_COPIERS or not len(forms):
            continue
        own = times[begin:end]
        within = np.searchsorted(own, own + COPIED_MS) - np.arange(len(own))
        most, at = int(within.max()), int(within.argmax())
        even = len(own) * min(1.0, COPIED_MS / span)
        if most < LEAST_COPIERS or (most < _CROWDED * even and most < len(own)):
            continue
        alike = _slice(all_forms, all_times, int(forms[begin]))
        near = (alike >= own[at]) & (alike < own[at] + COPIED_MS)
        count = int(near.sum())
        letters = int(wording.letters[text[places[begin]]])
        found.append(
            Flag(
                kind="copies", author=-1, messages=count, share=count / len(alike),
                authors=most, text=int(text[places[begin]]), start_ms=int(own[at]),
                end_ms=int(own[at + most - 1]) + 1,
                reason=f"copied or a raid: {most:,} authors wrote the same {letters} letters "
                f"within {max(1, round((own[at + most - 1] - own[at]) / 1_000))} s",
            )
        )  # fmt: skip
    return found


def _seconds(ms: float) -> str:
    seconds = ms / 1_000
    return f"{seconds:.0f}" if seconds >= 10 or seconds < 0.05 else f"{seconds:.1f}"
