"""How much of the accounts a page shows, so that it stays small; what is left out is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.insight.page.drawing import NARROW, SMALL, WIDE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.insight.account import Account, Figure
    from loquitur.insight.page.drawing import Size

MOST_BYTES = 4_600_000
"""Of any page; a page of 5 MB still opens at once on a phone."""
_SMALL_BYTES = 470_000
_SMALL_COUNT = 50
_MORE_BYTES = 9_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """What is shown of each account.

    Args:
        sizes: Of the figures: one for wide screens and one for phones, or one for both, of which
            some stand side by side.
        figures: For each account, at most.
        tables: For each account, at most.
        rows: Of a table shown.
        moments: Of a section.
        data_rows: Of a table in the data to download; 0 for none.
        points: Of a series there; 0 for none.
        sections: Whether what the sections say is shown.
        accounts: At most.
    """

    sizes: tuple[Size, ...] = (WIDE, NARROW)
    figures: int = 200
    tables: int = 200
    rows: int = 200
    moments: int = 60
    data_rows: int = 20_000
    points: int = 5_000
    sections: bool = True
    accounts: int = 2_000


_SIDE, _MANY = (NARROW,), (SMALL,)
LEVELS = (
    Detail(),
    Detail(data_rows=2_000, points=1_000),
    Detail(data_rows=500, points=400, rows=100),
    Detail(data_rows=150, points=150, rows=60, moments=30),
    Detail(sizes=_SIDE, rows=60, data_rows=150, points=150, moments=30),
    Detail(sizes=_SIDE, rows=50, data_rows=200, points=200, moments=15, figures=6),
    Detail(sizes=_SIDE, figures=2, tables=2, rows=20, data_rows=50, points=100, moments=6),
    Detail(sizes=_MANY, figures=2, tables=1, rows=10, data_rows=0, points=0, moments=4),
    Detail(sizes=_MANY, figures=1, tables=0, rows=0, data_rows=0, points=0, moments=3,
           sections=False),
    Detail(sizes=_MANY, figures=0, tables=0, rows=0, data_rows=0, points=0, moments=2,
           sections=False),
    Detail(sizes=_MANY, figures=0, tables=0, rows=0, data_rows=0, points=0, moments=0,
           sections=False, accounts=500),
)  # fmt: skip
"""From all to little. A page has the first that fits."""


def most_bytes(accounts: Sequence[Account]) -> int:
    """How large a page of these may be: 470 kB up to 50 accounts, more for more of them."""
    return min(MOST_BYTES, _SMALL_BYTES + _MORE_BYTES * max(0, len(accounts) - _SMALL_COUNT))


def first_level(accounts: Sequence[Account], most: int) -> int:
    """The level from which to try: those before it have figures that cannot fit."""
    for level, detail in enumerate(LEVELS):
        if sum(_least(one, detail) for one in accounts[: detail.accounts]) <= most:
            return level
    return len(LEVELS) - 1


def _least(account: Account, detail: Detail) -> float:
    """About the bytes of an account's figures, rather too few than too many."""
    figures = [figure for part in account.sections for figure in part.figures]
    return sum(
        _figure_bytes(figure, size) for figure in figures[: detail.figures] for size in detail.sizes
    )


def _figure_bytes(figure: Figure, size: Size) -> float:
    points = sum(min(len(one.x), size.columns) for one in figure.series)
    return 700 + 8 * points + 60 * min(size.areas, points)
