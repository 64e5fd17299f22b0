"""What an analysis has to say: sentences, figures, tables, moments. The report draws them.

An analysis gives a result of its own type that is `Told`: plain values for `--json`, a table for
files, and an `Account` for people. An account knows nothing of HTML or plots; text in it may come
from strangers (titles, names, messages) and is escaped by whoever shows it.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from loquitur.text import display

if TYPE_CHECKING:
    from loquitur.tables.table import Table

_SAID = 3

Scale = Literal["linear", "log", "clock"]
"""`clock`: ms of media time, shown as h:mm:ss."""
Drawn = Literal["line", "points", "bars", "steps"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """An axis of a figure.

    `names` are categories: of x those of a bar chart, of y those of a time line, whose series are
    broad lines with gaps; the values are then 0, 1, 2 ...
    """

    label: str
    unit: str = ""
    scale: Scale = "linear"
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One run of points; a missing y is a gap. `low` and `high` are a band around it.

    For `bars`, `edges` (one more than y) are the borders of the bins where they are not even.
    """

    name: str
    x: tuple[float, ...]
    y: tuple[float | None, ...]
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()
    edges: tuple[float, ...] = ()
    drawn: Drawn = "line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place on the x axis with a name, and the address of that moment if there is one."""

    x: float
    label: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A plot.

    Args:
        name: Within its account, of `[a-z0-9-]`.
        title: For people.
        says: One sentence: what it shows, in figures.
        x: The horizontal axis.
        y: The vertical axis.
        series: One or more; every point finite and, on a log axis, above 0.
        marks: Places to look at, with their links.
        origin: The address of the start of the medium, where x is a clock: a point of the plot
            then leads to its moment (see `links`).
    """

    name: str
    title: str
    says: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    marks: tuple[Mark, ...] = ()
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A stretch worth a look: why, what is said there, and the link to it.

    `at` is how its time is told where a clock would say nothing: the day of a comment.
    """

    start_ms: int
    end_ms: int
    label: str
    text: str = ""
    url: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of an account, in the order of reading: sentences, figures, moments, tables."""

    title: str
    says: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    moments: tuple[Moment, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """All that one analysis says of one subject.

    Args:
        kind: `stats`, `chat`, `comments`, `transcript`, `keywords`, `reviews`,
            `sentiment`, `voices`, `labels`.
        subject: What it is about: a title, a file's name.
        says: The summary, the most important sentence first; shown at the top of a report.
        sections: The rest.
        methods: How the figures were made, a sentence each, with sources.
        limits: What they do not say.
        source: Link or name of the input.
    """

    kind: str
    subject: str
    says: tuple[str, ...]
    sections: tuple[Section, ...] = ()
    methods: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    source: str = ""


class Told:
    """What every result of this room offers; a notebook shows its account."""

    __slots__ = ()

    @abstractmethod
    def plain(self) -> dict[str, Any]:
        """Plain values: what `--json` prints."""

    @abstractmethod
    def table(self) -> Table:
        """The main table: what `-o FILE.csv|jsonl|parquet` writes."""

    @abstractmethod
    def account(self) -> Account:
        """What a person reads."""

    def __init_subclass__(cls) -> None:
        """A result prints as what it says, not as all of its fields: `dataclass` keeps this."""
        super().__init_subclass__()
        if "__repr__" not in cls.__dict__:
            cls.__repr__ = Told.__repr__  # type: ignore[method-assign]

    def __repr__(self) -> str:
        account = self.account()
        lines = [f"{type(self).__name__}: {display(account.subject)}"]
        lines += [f"  {display(text)}" for text in account.says[:_SAID]]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from loquitur.insight import page

        return page.fragment(self.account())
