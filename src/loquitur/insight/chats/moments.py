"""Bursts with what was written in them, and what was said in the video just before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.insight import links
from loquitur.insight.chats.bursts import loud_bins

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.insight.chats.bursts import Burst
    from loquitur.insight.chats.columns import Messages
    from loquitur.insight.chats.pseudonyms import Names
    from loquitur.insight.chats.wording import Wording
    from loquitur.insight.spoken.fragments import Fragment, Spoken

BEFORE_MS = 30_000
_LOOKED_INTO = 100
"""So many bursts, the weightiest, are told in words; the others in figures."""
_WORDS = 8
_TOP = 5
_LEAST_PEOPLE = 3
"""Authors of a typical word: what one repeats is typical of that one."""
_CLEAR = 10.83
"""Log-likelihood of which chance gives as much in 1 of 1,000 (chi-squared, one degree)."""
_MOST_SAID = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Typical:
    """A word, emoji or emote that is more frequent in a burst than elsewhere.

    Args:
        word: As it is counted.
        count: In the burst.
        keyness: Log-likelihood G2 against the rest of the chat (Dunning 1993).
    """

    word: str
    count: int
    keyness: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LoudMoment:
    """A burst, told.

    Args:
        burst: Its bounds, level and weight.
        peak_ms: The begin of its busiest 10 s.
        rate_per_min: Its messages per minute.
        ratio: To the rate of the whole chat.
        authors: Different ones.
        top_share: Share of its messages by the busiest author; None where nobody is named.
        is_loud: Whether the robust z-score finds it too.
        url: Of its start; empty where there is none.
        words: What is typical, the clearest first.
        messages: What was written most, with how often.
        said: What was said in the 30 s before it.
    """

    burst: Burst
    peak_ms: int
    rate_per_min: float
    ratio: float
    authors: int
    top_share: float | None
    is_loud: bool
    url: str = ""
    words: tuple[Typical, ...] = ()
    messages: tuple[tuple[str, int], ...] = ()
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Kleinberg's bursts beside the robust z-score of counts of 10 s.

    Args:
        bursts: How many there are.
        also_loud: How many of them the z-score finds.
        loud_alone: Stretches above the z-score that are no bursts.
    """

    bursts: int
    also_loud: int
    loud_alone: int


def tell_bursts(
    bursts: Sequence[Burst],
    messages: Messages,
    wording: Wording,
    names: Names,
    *,
    origin: str = "",
    spoken: Spoken | None = None,
) -> tuple[tuple[LoudMoment, ...], Agreement]:
    """The bursts in words, in the order of time, and how they agree with the z-score."""
    loud = loud_bins(messages.times)
    weightiest = {
        id(burst) for burst in sorted(bursts, key=lambda one: -one.weight)[:_LOOKED_INTO]
    }  # fmt: skip
    everything = wording.counts(messages.text) if bursts else np.zeros(0, dtype=np.int64)
    told = []
    for burst in bursts:
        text = messages.text[burst.first : burst.last]
        author = messages.author[burst.first : burst.last]
        in_words = id(burst) in weightiest
        told.append(
            LoudMoment(
                burst=burst, url=links.moment(origin, burst.start_ms),
                is_loud=any(a < burst.end_ms and burst.start_ms < b for a, b, _ in loud),
                words=_typical(burst, messages, wording, everything, names) if in_words else (),
                messages=_most_written(text, wording, names) if in_words else (),
                said=_said_before(spoken, burst.start_ms, names) if in_words else "",
                **_figures(burst, messages, author),
            )
        )  # fmt: skip
    alone = sum(
        not any(a < one.end_ms and one.start_ms < b for one in bursts) for a, b, _ in loud
    )  # fmt: skip
    agreement = Agreement(
        bursts=len(told), also_loud=sum(one.is_loud for one in told), loud_alone=alone
    )
    return tuple(told), agreement


def _figures(burst: Burst, messages: Messages, author: NDArray[np.int32]) -> dict[str, Any]:
    times = messages.times
    own = times[burst.first : burst.last]
    within = np.searchsorted(own, own + 10_000) - np.arange(len(own))
    rate = burst.messages * 60_000 / max(1, burst.end_ms - burst.start_ms)
    usual = len(times) * 60_000 / max(1, int(times[-1] - times[0]))
    named = author[author >= 0]
    counts = np.unique(named, return_counts=True)[1]
    return {
        "peak_ms": int(own[int(within.argmax())]),
        "rate_per_min": rate,
        "ratio": rate / usual,
        "authors": len(counts),
        "top_share": float(counts.max() / len(own)) if len(counts) else None,
    }


def _typical(
    burst: Burst,
    messages: Messages,
    wording: Wording,
    everything: NDArray[np.int64],
    names: Names,
) -> tuple[Typical, ...]:
    """Words that some authors use here and that are rarer elsewhere."""
    text = messages.text[burst.first : burst.last]
    author = messages.author[burst.first : burst.last]
    # of those whom nobody names each different text is somebody's own
    people = np.where(author >= 0, author, len(messages.authors) + text).astype(np.int64)
    inside, by_people = wording.counts_of_few(text, people)
    outside = everything - inside
    n, m = float(inside.sum()), float(outside.sum())
    if not n or not m:
        return ()
    expected = everything * n / (n + m)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(inside > 0, inside * np.log(inside / expected), 0.0)
        terms += np.where(outside > 0, outside * np.log(outside / (everything - expected)), 0.0)
    keyness = np.where((inside > expected) & (by_people >= _LEAST_PEOPLE), 2 * terms, 0.0)
    found: list[Typical] = []
    for at in np.argsort(-keyness, kind="stable")[: 4 * _WORDS].tolist():
        word = wording.vocabulary[at]
        if keyness[at] < _CLEAR or len(found) == _WORDS:
            break
        if not names.tells(word):
            found.append(
                Typical(word=names.text(word), count=int(inside[at]), keyness=float(keyness[at]))
            )
    return tuple(found)


def _most_written(
    text: NDArray[np.int32], wording: Wording, names: Names
) -> tuple[tuple[str, int], ...]:  # fmt: skip
    """Texts by their normal form, the most frequent first; single ones are not."""
    written = wording.normal[text][wording.letters[text] > 0]
    forms, counts = np.unique(written, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:_TOP]
    return tuple(
        (names.text(wording.normal_texts[int(forms[at])]), int(counts[at]))
        for at in order.tolist()
        if counts[at] > 1
    )


def _said_before(spoken: Spoken | None, start_ms: int, names: Names) -> str:
    if spoken is None:
        return ""
    said = " ".join(
        _words_within(one, start_ms - BEFORE_MS, start_ms)
        for one in spoken.fragments
        if one.start_ms < start_ms and one.end_ms > start_ms - BEFORE_MS
    ).strip()
    return names.text(said, most=_MOST_SAID)


def _words_within(fragment: Fragment, low_ms: int, high_ms: int) -> str:
    """The words of a fragment in a span, where they have times; else all of it."""
    if not fragment.words:
        return fragment.text
    return "".join(
        word.text if word.text[:1] == " " else " " + word.text
        for word in fragment.words
        if low_ms <= word.start_ms < high_ms
    ).strip()
