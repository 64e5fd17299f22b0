"""The comparison as Markdown: one table of how good nets are, one of what they took."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loquitur.text import display
from loquitur.vision.labels.comparing.columns import (
    OF_QUALITY,
    OF_RESOURCES,
    QUALITY,
    RESOURCES,
    Column,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.vision.labels.comparing.groups import Comparison, Figure, Group

_MARKS = re.compile(r"([\\|`*_<>\[\]])")


def markdown(comparison: Comparison) -> str:
    """Two tables with the same rows, and what a reader must know."""
    parts = [f"- {_plain(text)}" for text in comparison.notices]
    parts += [""] if parts else []
    parts += [_table(comparison.groups, QUALITY, whose=False), "", OF_QUALITY]
    parts += [comparison.accuracy, "", _table(comparison.groups, RESOURCES, whose=True)]
    return "\n".join([*parts, "", OF_RESOURCES]) + "\n"


def best_of(groups: Sequence[Group], column: Column) -> Group | None:
    """The row with the best value of a column; None where that is no question."""
    known = [one for one in groups if one.figures[column.key].value is not None]
    if not column.better or len(known) < 2:
        return None
    sign = 1.0 if column.better == "high" else -1.0
    return max(known, key=lambda one: sign * (one.figures[column.key].value or 0.0))


def written(column: Column, figure: Figure) -> str:
    """A cell: the mean, and the spread where there are several seeds."""
    if figure.value is None or not figure.spread:
        return column.written(figure.value)
    spread = column.written(figure.spread).removesuffix(" %")
    return f"{column.written(figure.value).removesuffix(' %')} ± {spread}" + (
        " %" if column.share else ""
    )


def kept(groups: Sequence[Group], columns: Sequence[Column]) -> list[Column]:
    """The columns of which anything is known, but those of the card always."""
    return [
        one
        for one in columns
        if one.key.startswith("gpu") or any(g.figures[one.key].value is not None for g in groups)
    ]


def _table(groups: Sequence[Group], columns: Sequence[Column], *, whose: bool) -> str:
    shown = kept(groups, columns)
    heads = ["net", *(["framework", "device"] if whose else ["seeds"])]
    heads += [one.head for one in shown]
    lines = [f"| {' | '.join(heads)} |", f"| --- |{' ---: |' * (len(heads) - 1)}"]
    first = {one.key: best_of(groups, one) for one in shown}
    for group in groups:
        run = group.first
        cells = [_plain(group.name)]
        cells += [_plain(run.framework), _plain(run.device)] if whose else [f"{len(group.runs)}"]
        for one in shown:
            text = written(one, group.figures[one.key])
            cells.append(f"**{text}**" if first[one.key] is group else text)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _plain(text: str) -> str:
    """A text of anybody, which is no markup."""
    return _MARKS.sub(r"\\\1", display(text))
