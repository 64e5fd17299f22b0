"""The numbers of BM25 that every index and what corrects its scores must share: those of FTS5.

k1 = 1.2, b = 0.75, idf = ln((N - n + 0.5) / (n + 0.5)) but not below 1e-6, columns weighted before
the saturation (sqlite.org/fts5.html, "The bm25() function"; Robertson, Zaragoza, Taylor 2004,
"Simple BM25 extension to multiple weighted fields").
"""

from __future__ import annotations

import math

K1, B, LEAST_IDF = 1.2, 0.75, 1e-6
TEXT, CHAPTER, TITLE = 1.0, 1.5, 2.0
"""What a word counts by where it stands."""


def idf(total: int, count: int) -> float:
    """What a term tells that stands in so many passages of some.

    >>> round(idf(1_000, 10), 2), idf(10, 6)
    (4.55, 1e-06)
    """
    odds = (total - count + 0.5) / (count + 0.5)
    return max(LEAST_IDF, math.log(odds) if odds > 1.0 else 0.0)
