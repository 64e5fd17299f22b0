"""Columns that follow from others: engagement ratios, ages, views per day. All marked as derived.

What a table lacks for one is named. A ratio of two counts that YouTube gives is no figure of
YouTube's (its developer policies ask that this be said), hence the suffix `_derived`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from loquitur.insight.tabular.sheet import Numbers, Times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.insight.tabular.sheet import Sheet

VIEWS = ("views", "view_count", "views_count")
LIKES = ("likes", "like_count", "likes_count")
COMMENTS = ("comments", "comment_count", "comments_count")
PUBLISHED = ("published_at", "published", "publish_time", "publish_date", "upload_date")
COLLECTED = ("collected_at", "collected", "retrieved_at", "fetched_at")
RATES = {"like_rate_derived": LIKES, "comment_rate_derived": COMMENTS}
"""What is divided by views, by the name of the ratio."""
_DAY_US = 86_400_000_000
LEAST_AGE_DAYS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """What could be derived.

    Args:
        columns: New ones.
        lacking: For each that could not be: which columns it needs that are not there.
        remarks: What was left out, a sentence each.
    """

    columns: tuple[Numbers, ...] = ()
    lacking: dict[str, tuple[str, ...]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def derive(sheet: Sheet, *, as_of: np.datetime64 | None = None) -> Derived:
    """The derived columns of a sheet, those it has already left aside.

    Args:
        sheet: With columns that are called as here, `viewCount` like `view_count`.
        as_of: When the counts were taken, where no column says it.
    """
    views = _numbers(sheet, VIEWS)
    counts = {name: _numbers(sheet, role) for name, role in RATES.items()}
    if views is None and not any(counts.values()):
        return Derived()
    columns: list[Numbers] = []
    lacking: dict[str, tuple[str, ...]] = {}
    remarks: list[str] = []
    for name, part in counts.items():
        if sheet.find(name) is not None:
            continue
        if views is None or part is None:
            pairs = ((VIEWS[0], views), (RATES[name][0], part))
            lacking[name] = tuple(label for label, one in pairs if one is None)
            continue
        columns.append(_ratio(name, part, views))
    _age(sheet, views, as_of, columns, lacking, remarks)
    return Derived(columns=tuple(columns), lacking=lacking, remarks=tuple(remarks))


def _age(
    sheet: Sheet,
    views: Numbers | None,
    as_of: np.datetime64 | None,
    columns: list[Numbers],
    lacking: dict[str, tuple[str, ...]],
    remarks: list[str],
) -> None:
    published = sheet.find(*PUBLISHED)
    collected = sheet.find(*COLLECTED)
    ends = collected.values if isinstance(collected, Times) else as_of
    absent = [] if isinstance(published, Times) else ["published_at"]
    absent += [] if ends is not None else ["collected_at"]
    absent += [] if views is not None else ["views"]
    if absent or not isinstance(published, Times) or ends is None or views is None:
        lacking["views_per_day_derived"] = tuple(absent)
        return
    with np.errstate(invalid="ignore"):
        gaps = (ends - published.values).astype("timedelta64[us]")
        days = np.where(np.isnat(gaps), np.nan, gaps.astype(np.float64) / _DAY_US)
        before, young = int((days < 0).sum()), int(((days >= 0) & (days < LEAST_AGE_DAYS)).sum())
        days = np.where(days < 0, np.nan, days)
        perday = np.where(days >= LEAST_AGE_DAYS, views.values / days, np.nan)
    parts = (published.name, collected.name if collected else "")
    if sheet.find("age_days_derived") is None:
        columns.append(
            Numbers(name="age_days_derived", values=days, unit="days", derived=True, parts=parts)
        )
    if sheet.find("views_per_day_derived") is None:
        columns.append(
            Numbers(
                name="views_per_day_derived",
                values=perday,
                unit="per_day",
                derived=True,
                parts=(views.name, "age_days_derived", *parts),
            )
        )
    if before:
        remarks.append(
            f"Rows that were collected before they were published, without an age: {before:,}"
        )
    if young:
        remarks.append(f"Rows younger than a day, without views per day: {young:,}")


def _numbers(sheet: Sheet, names: Sequence[str]) -> Numbers | None:
    found = sheet.find(*names)
    return found if isinstance(found, Numbers) else None


def _ratio(name: str, part: Numbers, whole: Numbers) -> Numbers:
    usable = np.isfinite(part.values) & np.isfinite(whole.values)
    usable &= (whole.values > 0) & (part.values >= 0)
    values = np.full(len(part.values), np.nan)
    values[usable] = part.values[usable] / whole.values[usable]
    return Numbers(name=name, values=values, derived=True, parts=(part.name, whole.name))


def known_parts(sheet: Sheet) -> dict[str, set[str]]:
    """For each derived column what it is made of, those included that the table brought along."""
    parts = {one.name: set(one.parts) for one in sheet.numbers() if one.parts}
    for name, role in RATES.items():
        if sheet.find(name) is not None and name not in parts:
            made = (_numbers(sheet, role), _numbers(sheet, VIEWS))
            parts[name] = {one.name for one in made if one is not None}
    return parts
