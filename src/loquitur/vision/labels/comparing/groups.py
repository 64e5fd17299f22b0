"""Rows of the table: runs that differ by their seed alone are one, with mean and spread."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loquitur.text import counted
from loquitur.vision.labels.comparing.columns import COLUMNS, why_not_accuracy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.vision.labels.comparing.runs import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure of a row.

    Args:
        value: Mean over the seeds; None where nobody knows.
        spread: Standard deviation over them; None of one alone.
    """

    value: float | None
    spread: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One row.

    Args:
        name: In the table.
        runs: Of that configuration, by seed.
        figures: By the keys of `COLUMNS`.
    """

    name: str
    runs: tuple[Run, ...]
    figures: Mapping[str, Figure]

    @property
    def first(self) -> Run:
        """The run whose curves are drawn: that of the lowest seed."""
        return self.runs[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Runs side by side.

    Args:
        groups: In the order in which they were named.
        notices: What a reader must know: that runs are of different data, say.
        accuracy: Why binary accuracy says nothing.
    """

    groups: tuple[Group, ...]
    notices: tuple[str, ...]
    accuracy: str


def compare(runs: Sequence[Run]) -> Comparison:
    """Runs as rows.

    Args:
        runs: At least one.
    """
    grouped: dict[str, list[Run]] = {}
    for run in runs:
        grouped.setdefault(run.alike, []).append(run)
    names = _names([of[0] for of in grouped.values()])
    groups = tuple(
        Group(
            name=name,
            runs=tuple(sorted(of, key=lambda run: (run.seed, run.name))),
            figures={one.key: _figure(of, one.key) for one in COLUMNS},
        )
        for name, of in zip(names, grouped.values(), strict=True)
    )
    labels = _first(runs, "labels")
    return Comparison(
        groups=groups,
        notices=tuple(_notices(runs, groups)),
        accuracy=why_not_accuracy(
            _first(runs, "accuracy_of_nothing"), None if labels is None else int(labels)
        ),
    )


def ordered(comparison: Comparison, by: str) -> Comparison:
    """The same with its rows by `gap` (highest first) or `loss` (lowest first), else as they are.

    Rows without that figure come last.
    """
    if by not in ("gap", "loss"):
        return comparison
    sign = -1.0 if by == "gap" else 1.0

    def rank(group: Group) -> tuple[bool, float]:
        value = group.figures[by].value
        return value is None, sign * (value or 0.0)

    return dataclasses.replace(comparison, groups=tuple(sorted(comparison.groups, key=rank)))


def document(comparison: Comparison) -> dict[str, Any]:
    """A comparison as plain values, for JSON."""
    return {
        "rows": [
            {
                "name": group.name,
                "runs": [run.name for run in group.runs],
                "seeds": [run.seed for run in group.runs],
                "framework": group.first.framework,
                "device": group.first.device,
                "figures": {key: one.value for key, one in group.figures.items()},
                "spread": {
                    key: one.spread for key, one in group.figures.items() if one.spread is not None
                },
                "each": [dict(run.figures) for run in group.runs],
            }
            for group in comparison.groups
        ],
        "notices": list(comparison.notices),
        "accuracy": comparison.accuracy,
    }


def _first(runs: Sequence[Run], key: str) -> float | None:
    return next((one for run in runs if (one := run.figures.get(key)) is not None), None)


def _figure(runs: Sequence[Run], key: str) -> Figure:
    values = [one for run in runs if (one := run.figures.get(key)) is not None]
    if not values:
        return Figure(value=None)
    spread = statistics.stdev(values) if len(values) > 1 else None
    return Figure(value=statistics.fmean(values), spread=spread)


def _names(firsts: Sequence[Run]) -> list[str]:
    """What each row is called: its net; of equal ones the run's name too."""
    said = [run.net for run in firsts]
    return [f"{run.net}: {run.name}" if said.count(run.net) > 1 else run.net for run in firsts]


def _notices(runs: Sequence[Run], groups: Sequence[Group]) -> list[str]:
    found = []
    if len({run.data for run in runs}) > 1:
        found.append(
            "these runs learnt from other data, or are judged by others: figures do not compare"
        )
    for group in groups:
        seeds = [run.seed for run in group.runs]
        twice = len(seeds) - len(set(seeds))
        if twice:
            found.append(f"{group.name}: {counted(twice, 'run')} of a seed that is there already")
    devices = {(run.device.partition(":")[0]) for run in runs}
    if len(devices) > 1:
        found.append(f"on different devices ({', '.join(sorted(devices))}): times are not alike")
    never = [run.name for run in runs if run.figures.get("gap") is None]
    if never:
        found.append(f"never evaluated: {', '.join(never[:5])}")
    return found
