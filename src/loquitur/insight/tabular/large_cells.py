"""How DuckDB reads cells as numbers and moments, and derives columns: expressions of SQL.

They say what `cells_read` and `derived_columns` say of a table that is held.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loquitur.insight.tabular import derived_columns
from loquitur.insight.tabular.cells_read import MOST_VALUE
from loquitur.insight.tabular.large_store import quoted
from loquitur.insight.tabular.sheet import Numbers, Times

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loquitur.insight.tabular.sheet import Field, Sheet

_NUMERIC = (
    "TINYINT", "SMALLINT", "INT", "BIGINT", "HUGEINT", "FLOAT", "REAL", "DOUBLE", "DECIMAL",
)  # fmt: skip
"""How types of numbers begin in SQL, `U` of the unsigned ones left out."""


def expressions(
    fields: Mapping[str, Field], sheet: Sheet, types: Mapping[str, str], as_of: Any
) -> dict[str, str]:
    """How each column of numbers is read in SQL, derived ones too."""
    found: dict[str, str] = {}
    for name, one in fields.items():
        if isinstance(one, Numbers):
            source = one.source or name
            read = _number(source, types[source], duration=one.unit == "s")
            found[name] = (
                f"(CASE WHEN abs({read}) > {MOST_VALUE} THEN 'inf'::DOUBLE ELSE {read} END)"
            )
        elif isinstance(one, Times):
            found[name] = _moment(name, types[name])
    views = sheet.find(*derived_columns.VIEWS)
    if isinstance(views, Numbers):
        below = found[views.name]
        for name, role in derived_columns.RATES.items():
            part = sheet.find(*role)
            if isinstance(part, Numbers) and name not in found:
                above = found[part.name]
                ratio = f"CASE WHEN {below} > 0 AND {above} >= 0 THEN {above} / {below} END"
                found[name] = f"({ratio})"
        _aged(found, sheet, views, as_of)
    return found


def _aged(found: dict[str, str], sheet: Sheet, views: Numbers, as_of: Any) -> None:
    published = sheet.find(*derived_columns.PUBLISHED)
    collected = sheet.find(*derived_columns.COLLECTED)
    if not isinstance(published, Times) or not (isinstance(collected, Times) or as_of is not None):
        return
    end = found[collected.name] if isinstance(collected, Times) else f"TIMESTAMP '{as_of}'"
    days = f"((epoch_us({end}) - epoch_us({found[published.name]})) / 86400000000.0)"
    found.setdefault("age_days_derived", f"(CASE WHEN {days} >= 0 THEN {days} END)")
    least = derived_columns.LEAST_AGE_DAYS
    rate = f"(CASE WHEN {days} >= {least} THEN {found[views.name]} / {days} END)"
    found.setdefault("views_per_day_derived", rate)


def _number(name: str, kind: str, *, duration: bool) -> str:
    column = quoted(name)
    if kind.upper().lstrip("U").startswith(_NUMERIC):
        return f"CAST({column} AS DOUBLE)"
    text = f"trim(CAST({column} AS VARCHAR))"
    if duration and kind.upper() == "VARCHAR":
        parts = " + ".join(
            f"coalesce(try_cast(regexp_extract({text}, '{part}', 1) AS DOUBLE), 0) * {step}"
            for part, step in ((r"(\d+)W", 604_800), (r"(\d+)D", 86_400), (r"(\d+)H", 3_600),
                               (r"T.*?(\d+)M", 60), (r"(\d+)(?:\.\d+)?S", 1))
        )  # fmt: skip
        whole = f"regexp_full_match({text}, 'P(\\d|T\\d)[\\dWDTHMS.]*') AND {text} <> 'P0D'"
        return f"(CASE WHEN {whole} THEN {parts} ELSE try_cast({text} AS DOUBLE) END)"
    return f"try_cast(replace({text}, ',', '') AS DOUBLE)"


def _moment(name: str, kind: str) -> str:
    column = quoted(name)
    if kind.upper() in ("TIMESTAMP", "TIMESTAMP_MS", "TIMESTAMP_S", "TIMESTAMP_NS", "DATE"):
        return f"CAST({column} AS TIMESTAMP)"
    zoned = f"try_cast({column} AS TIMESTAMPTZ)" if kind.upper() == "VARCHAR" else column
    return f"make_timestamp(epoch_us({zoned}))"
