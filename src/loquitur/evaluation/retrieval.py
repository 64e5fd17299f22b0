"""How well a ranking finds what answers a question: recall, reciprocal rank, discounted gain.

What is to be found are units: a passage, a stretch of time, a paragraph, each with a grade (1 where
nobody grades). A ranking is what its places show: a unit, a frozenset of units, or `None`. A unit
that comes a second time (windows overlap) is worth nothing more, but its place is taken.

Sources: Voorhees 1999, "The TREC-8 question answering track report" (reciprocal rank); Järvelin and
Kekäläinen 2002, "Cumulated gain-based evaluation of IR techniques" (nDCG, with the discount
1 / log2(rank + 1) and linear gains, as trec_eval has it).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    Ranking = Sequence[Hashable | None]
    Gold = Mapping[Hashable, float]


def hit(ranking: Ranking, gold: Gold, k: int) -> float | None:
    """1 where one of the units at least is among the first k places; None without any unit.

    >>> hit(["b", None, "a"], {"a": 1, "c": 1}, 2), hit(["b", None, "a"], {"a": 1, "c": 1}, 3)
    (0.0, 1.0)
    """
    wanted = _wanted(gold)
    return float(any(wanted & _units(one) for one in ranking[:k])) if wanted else None


def recall(ranking: Ranking, gold: Gold, k: int) -> float | None:
    """The share of the units that are among the first k places; None without any unit.

    With one unit a question this is what question sets call R@k.

    >>> recall(["a", "b", "a"], {"a": 1, "c": 2}, 3)
    0.5
    """
    wanted = _wanted(gold)
    found = {unit for one in ranking[:k] for unit in _units(one)}
    return len(wanted & found) / len(wanted) if wanted else None


def reciprocal_rank(ranking: Ranking, gold: Gold, k: int) -> float | None:
    """1 over the first place that shows a unit; 0 where none of the first k does.

    >>> reciprocal_rank([None, "a"], {"a": 1}, 10)
    0.5
    """
    wanted = _wanted(gold)
    if not wanted:
        return None
    found = (1 / place for place, one in enumerate(ranking[:k], 1) if wanted & _units(one))
    return next(found, 0.0)


def ndcg(ranking: Ranking, gold: Gold, k: int) -> float | None:
    """Gains, each discounted by its place, over those of the best order; None without any unit.

    A place that shows several units gains the best of the new ones.

    >>> ndcg(["a", "b"], {"a": 1, "b": 3}, 10) < ndcg(["b", "a"], {"a": 1, "b": 3}, 10)
    True
    """
    best = sorted((grade for grade in gold.values() if grade > 0), reverse=True)[:k]
    if not best:
        return None
    gains: list[float] = []
    seen: set[Hashable] = set()
    for one in ranking[:k]:
        new = _units(one) - seen
        gains.append(max((gold.get(unit, 0.0) for unit in new), default=0.0))
        seen |= new
    return _discounted(gains) / _discounted(best)


def _discounted(gains: Sequence[float]) -> float:
    return math.fsum(gain / math.log2(place + 1) for place, gain in enumerate(gains, 1))


def _wanted(gold: Gold) -> set[Hashable]:
    return {unit for unit, grade in gold.items() if grade > 0}


def _units(shown: Hashable | None) -> frozenset[Hashable]:
    if isinstance(shown, frozenset):
        return shown
    return frozenset() if shown is None else frozenset((shown,))
