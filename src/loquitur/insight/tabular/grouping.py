"""A table by the values of a column: each group described, and whether groups differ.

Two groups are held against each other by Mann and Whitney's test, more by Kruskal and Wallis' (JASA
47, 1952); the effect is Cliff's delta, or epsilon squared (Tomczak and Tomczak, 2014), 0 for none
and 1 where groups do not overlap. Over all columns, p is corrected by Benjamini and Hochberg.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.errors import InputError, near
from loquitur.insight.differences import benjamini_hochberg, mann_whitney
from loquitur.insight.tabular.describing import NumberProfile, profile_numbers
from loquitur.insight.tabular.rank_correlations import ranks
from loquitur.insight.tabular.sheet import Flags, Lists, Numbers, Texts, Times

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loquitur.insight.tabular.sheet import Array, Sheet

MOST_GROUPS = 50
LEAST_VALUES = 5
"""A group of fewer values of a column takes no part in its test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The rows with one value.

    Args:
        value: As text.
        rows: How many.
        profiles: Of each column of numbers.
    """

    value: str
    rows: int
    profiles: tuple[NumberProfile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Whether a column differs between groups.

    Args:
        column: Its name.
        method: `Mann-Whitney`, `Kruskal-Wallis`, or empty where there is nothing to test.
        groups: How many took part.
        n: How many values.
        statistic: U of the first group, or H.
        p: Two-sided; None where too few to say.
        q: p corrected over all columns.
        effect: Cliff's delta of the first group, or epsilon squared.
        effect_low: Interval of 95 % of delta.
        effect_high: See there.
        sampled: Computed on a sample of so many rows; 0 where on all.
    """

    column: str
    method: str = ""
    groups: int = 0
    n: int = 0
    statistic: float | None = None
    p: float | None = None
    q: float | None = None
    effect: float | None = None
    effect_low: float | None = None
    effect_high: float | None = None
    sampled: int = 0

    def plain(self) -> dict[str, Any]:
        """Plain values."""
        measure = "cliffs_delta" if self.method == "Mann-Whitney" else "epsilon_squared"
        interval = None
        if self.effect_low is not None:
            interval = {"low": self.effect_low, "high": self.effect_high, "level": 0.95,
                        "method": "Fisher transform"}  # fmt: skip
        return {
            "method": self.method or "too few to say", "groups": self.groups, "n": self.n,
            "statistic": self.statistic, "p": self.p, "q_benjamini_hochberg": self.q,
            "effect": None if self.effect is None else measure, "effect_size": self.effect,
            "effect_interval": interval, "sampled": self.sampled or None,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """A table by a column.

    Args:
        column: Its name.
        groups: The largest first, at most 50.
        others: How many further groups there are.
        other_rows: Their rows.
        missing: Rows without a value there.
        differences: Of each column of numbers that is judged.
    """

    column: str
    groups: tuple[Group, ...]
    others: int = 0
    other_rows: int = 0
    missing: int = 0
    differences: tuple[Difference, ...] = ()

    def plain(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "column": self.column,
            "missing": self.missing,
            "groups": [
                {
                    "value": group.value,
                    "rows": group.rows,
                    "columns": {one.name: one.plain() for one in group.profiles},
                }
                for group in self.groups
            ],
            "other_groups": self.others,
            "other_rows": self.other_rows,
            "tests": {one.column: one.plain() for one in self.differences},
        }


def group(sheet: Sheet, columns: Sequence[Numbers], by: str) -> Grouping:
    """The columns by the values of another one.

    Raises:
        InputError: There is no such column; near ones are named.
    """
    labels = labels_of(sheet, by)
    members: dict[str, list[int]] = {}
    for row, label in enumerate(labels):
        if label is not None:
            members.setdefault(label, []).append(row)
    order = sorted(members.items(), key=lambda item: (-len(item[1]), item[0]))
    kept, rest = order[:MOST_GROUPS], order[MOST_GROUPS:]
    others = [one for one in columns if by not in (one.name, one.source)]
    groups = tuple(
        Group(
            value=value,
            rows=len(rows),
            profiles=tuple(profile_numbers(_part(one, rows)) for one in others),
        )
        for value, rows in kept
    )
    found = [difference(one, dict(order)) for one in others if not one.identifier]
    return Grouping(
        column=by,
        groups=groups,
        others=len(rest),
        other_rows=sum(len(rows) for _, rows in rest),
        missing=sum(label is None for label in labels),
        differences=corrected(found),
    )


def corrected(found: Sequence[Difference]) -> tuple[Difference, ...]:
    """The same, with p corrected over all of them."""
    q = benjamini_hochberg([one.p for one in found])
    return tuple(replace(one, q=least) for one, least in zip(found, q, strict=True))


def labels_of(sheet: Sheet, by: str) -> list[str | None]:
    """The group of each row, as text.

    Raises:
        InputError: There is no such column, or it holds lists.
    """
    field = next(
        (one for one in sheet.fields if by in (one.name, getattr(one, "source", ""))), None
    )
    if field is None:
        names = [one.name for one in sheet.fields]
        raise InputError(f"{sheet.name} has no column '{by}'", hint=near(by, names))
    if isinstance(field, Lists):
        raise InputError(f"'{by}' holds lists: a row would be in several groups")
    if isinstance(field, Numbers):
        return [
            None if np.isnan(value) else f"{value:.0f}" if field.whole and np.isfinite(value)
            else f"{value:g}"
            for value in field.values.tolist()
        ]  # fmt: skip
    if isinstance(field, Times):
        days = field.values.astype("datetime64[D]")
        return [None if np.isnat(day) else str(day) for day in days]
    if isinstance(field, Flags):
        return [None if cell is None else str(cell).lower() for cell in field.values]
    assert isinstance(field, Texts)
    return list(field.values)


def _part(column: Numbers, rows: Sequence[int]) -> Numbers:
    return replace(column, values=column.values[np.asarray(rows)], unread=0, examples=())


def difference(column: Numbers, members: Mapping[str, Sequence[int]]) -> Difference:
    """Whether a column differs between groups of rows, the largest of them first."""
    sides: list[Array] = []
    for rows in members.values():
        values = column.values[np.asarray(rows)]
        values = values[np.isfinite(values)]
        if len(values) >= LEAST_VALUES:
            sides.append(values)
    n = sum(map(len, sides))
    if (
        len(sides) < 2
        or len({float(one) for side in sides for one in (side.min(), side.max())}) < 2
    ):
        return Difference(column=column.name, groups=len(sides), n=n)
    if len(sides) == 2:
        test = mann_whitney(sides[0].tolist(), sides[1].tolist())
        return Difference(
            column=column.name, method="Mann-Whitney", groups=2, n=n, statistic=test.u, p=test.p,
            effect=test.delta.value, effect_low=test.delta.low, effect_high=test.delta.high,
        )  # fmt: skip
    h, p = kruskal_wallis(sides)
    return Difference(
        column=column.name, method="Kruskal-Wallis", groups=len(sides), n=n, statistic=h, p=p,
        effect=h / (n - 1),
    )  # fmt: skip


def kruskal_wallis(sides: Sequence[Array]) -> tuple[float, float]:
    """H with the correction for ties, and p by the chi-square law."""
    from scipy.special import chdtrc

    together = np.concatenate(sides)
    n = len(together)
    ranked = ranks(together)
    cuts = np.cumsum([len(side) for side in sides])[:-1]
    sums = sum(float(part.sum()) ** 2 / len(part) for part in np.split(ranked, cuts))
    _, ties = np.unique(together, return_counts=True)
    h = 12 / (n * (n + 1)) * sums - 3 * (n + 1)
    h /= 1 - float((ties.astype(np.float64) ** 3 - ties).sum()) / (float(n) ** 3 - n)
    return h, float(chdtrc(len(sides) - 1, h))
