"""A search as an order: the walk, its audit, windows where it was weak, details, the table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loquitur.errors import UsageError
from loquitur.youtube import values
from loquitur.youtube.collecting.details import DETAILS, LIST, add_details, batches
from loquitur.youtube.collecting.job import Job
from loquitur.youtube.columns import SEARCH, SEARCH_DETAILS, Source, row
from loquitur.youtube.searching.audit import audit, falls_short, looks_of, read_windows
from loquitur.youtube.searching.coverage import WEAK, coverage
from loquitur.youtube.searching.matching import matches
from loquitur.youtube.searching.query import METHOD, PAGE, SHOWN
from loquitur.youtube.searching.walk import VIDEO, WALK, is_whole, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.tables.cells import Cell
    from loquitur.youtube.collecting.collection import Collection
    from loquitur.youtube.collecting.progress import Listener
    from loquitur.youtube.collecting.tally import Tally
    from loquitur.youtube.columns import Field
    from loquitur.youtube.searching.query import Query

SLACK = 1.05
"""A search makes at most so many times the fewest possible calls, checks included."""
MOST_AUDIT = 0.1
_SURE = 0.98
_LEAST_LOOKS = 20
"""Checks of a walk that missed something. In worlds of 2,000 and 3,000 videos the share was more
than five points off in 2 of 14 with ten of them, in 1 of 40 with twenty."""
_WORTH_A_LOOK = 10
"""From so many pages on a walk gets one check in any case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchOptions:
    """How a search is done.

    Args:
        most: Stop at so many videos; None: all there are.
        audit: The share of the walk's calls that goes to checks of it, at most 0.1; None: half of
            what the walk leaves of five per cent over the fewest possible calls (the other half is
            for calls that are lost where a process is killed), one at least, and a tenth or twenty
            where those checks show that videos are missing.
        thorough: Audit with a tenth of the calls, and where the walk was weak read the whole time
            again in windows; costs about as much again.
        details: Ask for statistics, whole descriptions and tags: one unit for 50 videos.
    """

    most: int | None = None
    audit: float | None = None
    thorough: bool = False
    details: bool = False

    def __post_init__(self) -> None:
        if self.most is not None and self.most < 1:
            raise UsageError("at least one video has to be wanted")
        if self.audit is not None and not 0 <= self.audit <= MOST_AUDIT:
            raise UsageError(f"an audit takes from 0 to {MOST_AUDIT:.0%} of the calls")


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchOrder:
    """A search: all that the walk, its checks and windows find, each video once.

    Args:
        query: What is searched for.
        options: How.
        endpoint: Of a service that stands in.

    Raises:
        UsageError: More is wanted than an order other than by date can show.
    """

    query: Query
    options: SearchOptions
    endpoint: str = ""

    def __post_init__(self) -> None:
        if self.query.order != "date" and (self.options.most or 0) > SHOWN:
            raise UsageError(
                f"order {self.query.order} shows about {SHOWN} videos, not {self.options.most}",
                hint="leave --order out: by date there is no such limit",
            )

    @property
    def what(self) -> str:
        """What a row is."""
        return "videos"

    @property
    def job(self) -> Job:
        """Which collection: how many are wanted and which details is no part of it."""
        return Job(verb="search", arguments=self.query.arguments(), endpoint=self.endpoint)

    @property
    def readout(self) -> dict[str, Any]:
        """How it is read out, beyond what the job says."""
        return {"most": self.options.most, "details": self.options.details}

    @property
    def fields(self) -> tuple[Field, ...]:
        """The columns."""
        return SEARCH_DETAILS if self.options.details else SEARCH

    def collect(self, caller: Tally, collection: Collection, listener: Listener) -> None:
        """Walk, audit, read windows where that is wanted, ask for details."""
        run, most = collection.run, self.options.most
        have = collection.count(VIDEO, run=run.number)
        if run.finished_s and run.facts.get("stopped_at") and have < (most or math.inf):
            collection.reopen()
            collection.state({"stopped_at": None})
        if not collection.run.finished_s:
            place = walk(caller, collection, self.query, most=most, listener=listener)
            if place.done:
                self._check(caller, collection, listener)
            else:
                collection.state({"stopped_at": most})
            collection.finish()
        elif self.options.thorough and is_whole(collection.run):
            self._check(caller, collection, listener)
        if self.options.details:
            add_details(caller, collection, VIDEO, most=most, listener=listener)

    def _check(self, caller: Tally, collection: Collection, listener: Listener) -> None:
        """Audit a walk that is done; read windows where it was weak and that is wanted."""
        if self.query.order != "date":
            return
        options, run = self.options, collection.run.number
        spent = sum(day.get(METHOD, 0) for day in collection.spent(run=run).values())
        walked = spent - len(looks_of(collection))
        least = _pages(collection.count(VIDEO, run=run))
        tenth = math.ceil(MOST_AUDIT * walked)
        if options.thorough:
            calls = tenth
        elif options.audit is not None:
            calls = math.ceil(options.audit * walked)
        else:
            spare = max(0, math.floor(SLACK * least) - walked)
            calls = max(spare // 2, int(least >= _WORTH_A_LOOK))
        looks = audit(caller, collection, self.query, calls=calls, listener=listener)
        if options.audit is None and falls_short(looks, _SURE):  # then it has to be known better
            enough = max(calls, tenth, min(_LEAST_LOOKS, least))
            looks = audit(caller, collection, self.query, calls=enough, listener=listener)
        if options.thorough and falls_short(looks, WEAK):
            read_windows(caller, collection, self.query, most=options.most, listener=listener)

    def rows(self, collection: Collection) -> Iterator[tuple[Cell, ...]]:
        """The videos that any run found, as they were first found."""
        numbers = [run.number for run in collection.runs()]
        for at, found in enumerate(collection.rows(VIDEO)):
            if self.options.most is not None and at >= self.options.most:
                return
            details = collection.row(DETAILS, found.id) if self.options.details else None
            whole = bool(details and details.data)
            item = details.data if details and whole else found.data
            texts = [values.at(item, f"snippet.{name}") for name in ("title", "description")]
            texts += values.texts(values.at(item, "snippet.tags")) or ()
            more: dict[str, Any] = {
                "matches_query": matches(self.query.text, texts, complete=whole),
                "found_by": found.data.get("found_by", WALK),
                "runs_found": sum(collection.has(VIDEO, found.id, run=run) for run in numbers),
            }
            if self.options.details and not whole:
                more["status"] = "missing" if details else "not asked"
            yield row(
                self.fields,
                Source(
                    item=item,
                    ident=found.id,
                    collected_s=details.collected_s if details else found.collected_s,
                    more=more,
                ),
            )

    def summary(self, collection: Collection) -> dict[str, Any]:
        """How many fit the words of the query, and how complete it is."""
        kinds: dict[str, int] = {"true": 0, "false": 0, "unknown": 0}
        rows, detailed = 0, self.options.details
        place = [item.column.name for item in self.fields].index("matches_query")
        for cells in self.rows(collection):
            kinds["unknown" if cells[place] is None else str(cells[place]).lower()] += 1
            rows += 1
        known = kinds["true"] + kinds["false"]
        return {
            "rows": rows,
            "matches_query": kinds,
            "precision": round(kinds["true"] / known, 4) if detailed and known else None,
            "coverage": coverage(collection).plain(),
        }

    def calls(self, collection: Collection | None) -> dict[str, int]:
        """The calls that are left for so many videos.

        Raises:
            UsageError: No number is given: how many there are cannot be known.
        """
        options = self.options
        have = detailed = 0
        if collection is not None:
            run = collection.run
            have = collection.count(VIDEO, run=run.number)
            detailed = collection.count(DETAILS, run=run.number)
            if is_whole(run):
                return {LIST: batches(have - detailed)} if options.details else {}
        if options.most is None:
            raise UsageError(
                "how many videos a query has cannot be known before",
                hint="give a number: --plan --max 10000",
            )
        left = max(0, options.most - have)
        calls = {
            METHOD: min(math.ceil(_pages(left) * 1.02) + 1, math.floor(_pages(left) * SLACK) + 1)
        }
        if not left:
            calls = {}
        if options.details:
            calls[LIST] = batches(options.most - detailed)
        return calls

    def knows(self, collection: Collection | None) -> bool:
        """Whether those are all: of what is wanted they are."""
        del collection
        return True

    def least(self, collection: Collection) -> int:
        """50 videos a call in each run, and once more where details are asked for."""
        found = [collection.count(VIDEO, run=run.number) for run in collection.runs()]
        if not self.options.details:
            return sum(_pages(count) for count in found)
        all_ = min(collection.count(VIDEO), self.options.most or collection.count(VIDEO))
        return sum(_pages(count) for count in found) + _pages(all_)


def _pages(count: int) -> int:
    return -(-count // PAGE)
