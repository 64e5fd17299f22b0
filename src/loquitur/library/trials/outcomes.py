"""What questions gave in several ways of asking: one table, and whether differences are real.

All ways are asked the same questions, so ways are compared question by question (paired): the
interval is that of the mean difference, drawn by groups of questions (articles, videos), since
questions of one text resemble one another (`insight.inference`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from loquitur.insight.inference import bootstrap_mean
from loquitur.tables.cells import Column
from loquitur.tables.table import Table

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from loquitur.insight.inference import Interval

FEW_GROUPS = 8
"""With fewer groups than this, questions are drawn one by one, and a notice says so."""
FEW_DIFFER = 5
"""Where fewer units than this (groups, else questions) differ at all, there is no interval: where
nothing is to be found each of them falls to either side, so that all of four fall to one in 12.5 of
100 sets, all of five in 6.3, and an interval of theirs leaves 0 out then. (Of seven to ten with one
or two on the other side too: in 4 to 12.5 of 100.)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one question gave in one way.

    Args:
        way: The way's name.
        question_id: Which question.
        question: Its text.
        group: See `Question`.
        answerable: See `Question`.
        values: Measures by name, 0 to 1; None where the question has no such value.
        given: The best passage's text, or the answer.
        url: Where it leads.
        wait_ms: How long it took.
        refused: Whether an answer was refused.
    """

    way: str
    question_id: str
    question: str
    group: str
    answerable: bool
    values: Mapping[str, float | None]
    given: str = ""
    url: str = ""
    wait_ms: float = 0.0
    refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A way less the first one, by one measure."""

    way: str
    measure: str
    interval: Interval

    @property
    def clear(self) -> bool:
        """Whether the interval leaves 0 out."""
        low, high = self.interval.low, self.interval.high
        return low is not None and high is not None and (low > 0 or high < 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """All outcomes.

    Args:
        name: Of the set of questions.
        ways: In the order of the table; the first is what the others are compared with.
        measures: Names of the means, in the order of the table.
        outcomes: Way after way.
        totals: Figures of a way that are no means of questions (shares of sums).
        notices: What a reader should know.
        seed: Of the intervals' drawing.
    """

    name: str
    ways: tuple[str, ...]
    measures: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    totals: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    seed: int = 0

    @property
    def questions(self) -> int:
        """How many questions were asked."""
        return len(self.outcomes) // max(1, len(self.ways))

    def of(self, way: str) -> tuple[Outcome, ...]:
        """The outcomes of a way."""
        return tuple(one for one in self.outcomes if one.way == way)

    def mean(self, way: str, measure: str) -> float | None:
        """The mean of a measure over the questions that have it; None where none has."""
        if measure in self.totals.get(way, {}):
            return self.totals[way][measure]
        values = [value for one in self.of(way) if (value := one.values.get(measure)) is not None]
        return sum(values) / len(values) if values else None

    def wait_ms(self, way: str, share: float = 0.5) -> float | None:
        """What a share of the questions took at most, in ms."""
        waits = sorted(one.wait_ms for one in self.of(way))
        return waits[min(len(waits) - 1, int(share * len(waits)))] if waits else None

    def differences(self, *, level: float = 0.95) -> tuple[Difference, ...]:
        """Each further way less the first one, by every mean of questions."""
        first = self.of(self.ways[0]) if self.ways else ()
        return tuple(
            self._difference(way, measure, first, level)
            for way in self.ways[1:]
            for measure in self.measures
            if measure not in self.totals.get(way, {})
        )

    def _difference(
        self, way: str, measure: str, first: Sequence[Outcome], level: float
    ) -> Difference:
        values: list[float | None] = []
        groups: list[str] = []
        # by their order: sets put together (XQuAD's languages) may use the same ids
        for one, theirs in zip(self.of(way), first, strict=True):
            mine, other = one.values.get(measure), theirs.values.get(measure)
            values.append(None if mine is None or other is None else mine - other)
            groups.append(one.group)
        units: Sequence[Hashable] = groups if grouped(groups) else range(len(groups))
        interval = bootstrap_mean(values, clusters=units, level=level, seed=self.seed)
        if len({unit for unit, value in zip(units, values, strict=True) if value}) < FEW_DIFFER:
            interval = replace(interval, low=None, high=None)
        return Difference(way=way, measure=measure, interval=interval)

    def plain(self) -> dict[str, Any]:
        """Plain values: the table, the differences and what is to be known."""
        return {
            "set": self.name,
            "questions": self.questions,
            "seed": self.seed,
            "configurations": [
                {
                    "name": way,
                    **{measure: self.mean(way, measure) for measure in self.measures},
                    "p50_ms": self.wait_ms(way),
                    "p95_ms": self.wait_ms(way, 0.95),
                }
                for way in self.ways
            ],
            "differences": [
                {
                    "name": one.way,
                    "from": self.ways[0],
                    "measure": one.measure,
                    **one.interval.plain(),
                    "clear": one.clear,
                }
                for one in self.differences()
            ],
            "notices": list(self.notices),
        }

    def table(self) -> Table:
        """One row for each way."""
        columns = (
            Column(name="set", description="of questions"),
            Column(name="configuration", description="how they were asked"),
            Column(name="questions", type="int", description="how many"),
            *(Column(name=one, type="float", description="mean") for one in self.measures),
            Column(name="p50_ms", type="float", description="half took at most", unit="ms"),
            Column(name="p95_ms", type="float", description="95 % took at most", unit="ms"),
        )
        rows = [
            (
                self.name, way, self.questions,
                *(self.mean(way, measure) for measure in self.measures),
                self.wait_ms(way), self.wait_ms(way, 0.95),
            )
            for way in self.ways
        ]  # fmt: skip
        return Table.from_rows("trial", columns, rows)

    def rows(self) -> Table:
        """One row for each question and way."""
        named = tuple(dict.fromkeys(name for one in self.outcomes for name in one.values))
        columns = (
            Column(name="configuration", description="how it was asked"),
            Column(name="id", description="of the question"),
            Column(name="question", description="as it was asked"),
            Column(name="group", description="what it was drawn with"),
            Column(name="answerable", type="bool", description="whether there is an answer"),
            Column(name="refused", type="bool", description="whether it was refused"),
            *(Column(name=one, type="float", description="0 to 1") for one in named),
            Column(name="given", description="the best passage, or the answer"),
            Column(name="url", description="where it leads"),
            Column(name="wait_ms", type="float", description="how long it took", unit="ms"),
        )
        rows = [
            (
                one.way, one.question_id, one.question, one.group, one.answerable, one.refused,
                *(one.values.get(name) for name in named), one.given, one.url, one.wait_ms,
            )
            for one in self.outcomes
        ]  # fmt: skip
        return Table.from_rows("questions", columns, rows)


def grouped(groups: Sequence[str]) -> bool:
    """Whether questions are drawn by groups: there are enough, and every question has one."""
    return all(groups) and len(set(groups)) >= FEW_GROUPS


def notice_of(groups: Sequence[str]) -> tuple[str, ...]:
    """How questions are drawn, where that is not by groups."""
    if grouped(groups) or len(set(groups)) == len(groups):
        return ()
    return (
        f"fewer than {FEW_GROUPS} texts: intervals take questions for independent, and are narrow",
    )
