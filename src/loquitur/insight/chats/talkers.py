"""Who talks most, and how unequal that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.insight.unevenness import gini, top_share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.insight.chats.columns import Messages

_POINTS = 100
ROLES = ("owner", "moderator", "member", "viewer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fairness:
    """How messages are spread over the authors who wrote any.

    Args:
        authors: How many.
        messages: Of theirs.
        gini: 0 where all wrote as much, towards 1 where one wrote all; None without authors.
        top_1: Share of the messages by the busiest hundredth (at least one author).
        top_10: Share of the busiest tenth.
        single: Authors of one message.
        lorenz: Points of Lorenz's curve: share of authors, the quietest first; their share of the
            messages.
    """

    authors: int
    messages: int
    gini: float | None
    top_1: float | None
    top_10: float | None
    single: int
    lorenz: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Talkers:
    """Authors as arrays, the busiest first; `author` are their numbers in the chat.

    `first_ms` and `last_ms` are -1 << 62 where no message of theirs has a time.
    """

    author: NDArray[np.int64]
    messages: NDArray[np.int64]
    deleted: NDArray[np.int64]
    paid: NDArray[np.int64]
    first_ms: NDArray[np.int64]
    last_ms: NDArray[np.int64]


NO_TIME = -1 << 62


def rank(messages: Messages) -> Talkers:
    """All authors, the busiest first, those of one number in the order in which they came."""
    count = len(messages.authors)
    author = messages.author
    named = author >= 0
    each = np.bincount(author[named], minlength=count)
    first = np.full(count, NO_TIME, dtype=np.int64)
    last = np.full(count, NO_TIME, dtype=np.int64)
    known = author[: messages.timed]
    has = known >= 0
    # arrays are written in order: backwards the first time stays, forwards the last
    first[known[has][::-1]] = messages.times[has][::-1]
    last[known[has]] = messages.times[has]
    order = np.argsort(-each, kind="stable")
    return Talkers(
        author=order,
        messages=each[order],
        deleted=np.bincount(author[named & messages.is_deleted], minlength=count)[order],
        paid=np.bincount(author[named & messages.is_paid], minlength=count)[order],
        first_ms=first[order],
        last_ms=last[order],
    )


def fairness(counts: NDArray[np.int64]) -> Fairness:
    """How messages are spread.

    Args:
        counts: Of each author, in any order.

    Returns:
        Gini's coefficient and the rest of those who wrote at all: who only read is in no chat.
    """
    ascending = np.sort(counts[counts > 0]).astype(np.float64)
    count, total = len(ascending), float(ascending.sum())
    if not count:
        return Fairness(authors=0, messages=0, gini=None, top_1=None, top_10=None, single=0,
                        lorenz=())  # fmt: skip
    heaped = np.concatenate([[0.0], np.cumsum(ascending)]) / total
    at = np.unique(np.linspace(0, count, min(count, _POINTS) + 1).round().astype(int))
    return Fairness(
        authors=count,
        messages=int(total),
        gini=gini(ascending),
        top_1=top_share(ascending, 0.01),
        top_10=top_share(ascending, 0.10),
        single=int((ascending == 1).sum()),
        lorenz=tuple((float(n / count), float(heaped[n])) for n in at),
    )


def by_role(messages: Messages) -> dict[str, tuple[int, int]]:
    """For each role how many authors have it, and how many messages are theirs."""
    roles = messages.authors["role"].to_list()
    numbers = np.array([ROLES.index(role) for role in roles], dtype=np.int64)
    author = messages.author[messages.author >= 0]
    people = np.bincount(numbers, minlength=len(ROLES))
    said = np.bincount(numbers[author], minlength=len(ROLES)) if len(numbers) else people
    return {role: (int(people[at]), int(said[at])) for at, role in enumerate(ROLES)}
