"""How complete a search is, said in figures and in sentences for a methods section."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from loquitur.tables.cells import shown_time
from loquitur.youtube import pacific
from loquitur.youtube.searching.audit import WINDOWED, WINDOWS, falls_short, looks_of, recall
from loquitur.youtube.searching.estimating import Estimate, audited, jaccard, recapture
from loquitur.youtube.searching.place import Place
from loquitur.youtube.searching.query import METHOD, PAGE, Query, stamp
from loquitur.youtube.searching.walk import VIDEO, WALK, dates_of, is_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.youtube.collecting.collection import Collection, Run
    from loquitur.youtube.searching.audit import Look

_DAY_S = 86_400
_STRATA_DAYS = (20, 30, 40, 50, 60, 120, 365, 730)
"""Ages at which strata end: the index begins to forget at 20 to 60 days (Rieder, Padilla and
Coromina, arXiv 2506.11727)."""
FORGETS_DAYS = 60
WEAK = 0.9
_SOON_S = 20 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How complete a search is.

    Args:
        query: What was searched for.
        found: Videos that any run found.
        calls: Calls of `search.list` of all runs.
        least_calls: The fewest possible for as many videos: 50 a call.
        runs: When each run was, and how many it found.
        days: The first and the last day of collecting, UTC.
        done: Whether the last run came to its end.
        oldest: The earliest publication that was found.
        newest: The latest.
        claimed: What the service said of the total, which it makes up.
        saturated: Seconds of which not all is shown.
        recall: The share of what independent looks showed that the walk had; None without looks.
        looked: How many videos those looks showed.
        overlap: The share of all videos that every run found (Jaccard); None for one run.
        estimate: How many there are; None where nothing can be said.
        basis: What the estimate rests on: `runs`, `windows`, `audit`, or empty.
        warnings: What a reader has to know.
    """

    query: Query
    found: int
    calls: int
    least_calls: int
    runs: tuple[tuple[float, int], ...]
    days: tuple[str, str]
    done: bool
    oldest: datetime | None
    newest: datetime | None
    claimed: int | None
    saturated: tuple[int, ...]
    recall: float | None
    looked: int
    overlap: float | None
    estimate: Estimate | None
    basis: str
    warnings: tuple[str, ...]

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        estimate = self.estimate
        return {
            "query": self.query.arguments(),
            "found": self.found,
            "complete_run": self.done,
            "calls": self.calls,
            "least_calls": self.least_calls,
            "runs": [{"started": pacific.utc_text(at), "found": found} for at, found in self.runs],
            "oldest": shown_time(self.oldest) if self.oldest else None,
            "newest": shown_time(self.newest) if self.newest else None,
            "claimed_by_service": self.claimed,
            "saturated_seconds": [stamp(second) for second in self.saturated],
            "audit": {"shown": self.looked, "recall": _rounded(self.recall)},
            "overlap_jaccard": _rounded(self.overlap),
            "coverage": _rounded(estimate.coverage) if estimate else None,
            "coverage_interval": [
                _rounded(estimate.coverage_low), _rounded(estimate.coverage_high)
            ] if estimate else None,
            "estimated_total": round(estimate.total) if estimate else None,
            "basis": self.basis or None,
            "warnings": list(self.warnings),
            "statement": self.statement(),
        }  # fmt: skip

    def statement(self) -> str:
        """Sentences that can stand in a methods section."""
        first, last = self.days
        when = f"on {first}" if first == last else f"from {first} to {last}"
        if len(self.runs) > 1:
            when = f"in {len(self.runs)} runs {when}"
        words = self.query.text.strip() or "(any words)"
        asked = f"type video, order {self.query.order}{_filters(self.query)}{_range(self.query)}"
        how = (
            f"Videos were collected with the search of the YouTube Data API v3 for the query "
            f"“{words}” ({asked}) {when}, with {self.calls:,} calls of search.list."
        )
        parts = [how]
        if self.query.order == "date":
            parts.append(
                "Since the API shows about 500 results of a query, the date range was read from "
                "its end, the oldest publication date of each set of results becoming the end of "
                "the next range, until a range brought nothing new; results were deduplicated by "
                "id."
            )
        parts.append(self._found())
        parts.append(self._completeness())
        return " ".join(part for part in parts if part)

    def _found(self) -> str:
        if not self.oldest or not self.newest:
            return "No video was found."
        text = (
            f"This gave {self.found:,} distinct videos, published from {self.oldest:%Y-%m-%d} to "
            f"{self.newest:%Y-%m-%d}."
        )
        if not self.done:
            text += " The collection is not finished: earlier videos have not been reached."
        if self.saturated:
            text += (
                f" In {len(self.saturated)} second(s) of publication more videos came out than the "
                "API shows; of those some are missing."
            )
        return text

    def _completeness(self) -> str:
        estimate = self.estimate
        if estimate is None:
            return (
                "Completeness was not estimated; the search index is known to leave out older "
                "videos, and the API's own totals are no counts."
            )
        share = f"{estimate.coverage:.1%}"
        interval = f"{estimate.coverage_low:.1%} to {estimate.coverage_high:.1%}"
        if self.basis == "runs":
            return (
                f"The runs have {self.overlap:.1%} of all videos in common (Jaccard); "
                f"capture-recapture, stratified by the age of the videos, estimates "
                f"{estimate.total:,.0f} findable videos, of which the collection holds {share} "
                f"(95 % interval {interval}). This assumes that within an age group the runs miss "
                "videos independently of one another; videos that no run can find are not counted."
            )
        if self.basis == "windows":
            return (
                "The whole range was read a second time on the same day, in windows without an "
                "order; what both readings found estimates, stratified by the age of the videos, "
                f"{estimate.total:,.0f} videos in the index, of which the collection holds {share} "
                f"(95 % interval {interval}). What the index does not show in any order cannot be "
                "seen on one day; a repetition on another estimates it."
            )
        return (
            f"An audit of {self.looked:,} results in random sub-ranges of the dates, without an "
            f"order, had been found to {self.recall:.1%} before; stratified by the age of the "
            f"videos this estimates {estimate.total:,.0f} videos in the index, of which the "
            f"collection holds {share} (95 % interval {interval}). What the index does not show in "
            "any order that day cannot be seen by one run; a repetition on another day "
            "estimates it."
        )


def coverage(collection: Collection) -> Coverage:
    """How complete a collection of a search is, from all of its runs.

    Args:
        collection: Its last run need not be finished.
    """
    query = Query.from_arguments(collection.about["arguments"])
    every = collection.runs()
    runs = tuple(run for run in every if not run.is_purged) or every[-1:]
    place = Place.kept(collection.place(WALK))
    dates = dates_of(collection)
    captures = list(collection.runs_of(VIDEO))
    estimate, basis = _estimate(collection, runs, dates, captures)
    looks = looks_of(collection)
    overlap = jaccard(_captures(captures, [run.number for run in runs]))
    calls = sum(day.get(METHOD, 0) for day in collection.spent().values())
    last_s = runs[-1].finished_s or collection.ages()[1] or runs[-1].started_s
    moments = sorted(dates.values())
    saturated = tuple(sorted(set(place.saturated)))
    oldest, newest = (moments[0], moments[-1]) if moments else (None, None)
    return Coverage(
        query=query,
        found=len(captures),
        calls=calls,
        least_calls=-(-len(captures) // PAGE) * max(1, len(runs)),
        runs=tuple((run.started_s, collection.count(VIDEO, run=run.number)) for run in runs),
        days=(_day(runs[0].started_s), _day(last_s)),
        done=is_whole(runs[-1]),
        oldest=datetime.fromtimestamp(oldest, UTC) if oldest else None,
        newest=datetime.fromtimestamp(newest, UTC) if newest else None,
        claimed=runs[-1].facts.get("claimed"),
        saturated=saturated,
        recall=recall(looks),
        looked=sum(look.shown for look in looks),
        overlap=overlap,
        estimate=estimate,
        basis=basis,
        warnings=_warnings(
            query,
            runs,
            oldest,
            overlap,
            looks,
            saturated,
            again=bool(collection.place(WINDOWS).get("done")) or len(runs) > 1,
        ),
    )


def _captures(
    runs_of: Sequence[tuple[str, tuple[int, ...]]], numbers: Sequence[int]
) -> Counter[tuple[int, ...]]:
    place = {number: at for at, number in enumerate(numbers)}
    caught = (tuple(place[run] for run in runs if run in place) for _, runs in runs_of)
    return Counter(runs for runs in caught if runs)


def _estimate(
    collection: Collection,
    runs: Sequence[Run],
    dates: dict[str, int],
    captures: Sequence[tuple[str, tuple[int, ...]]],
) -> tuple[Estimate | None, str]:
    whole = [run.number for run in runs if is_whole(run)]
    ends = {run.number: run.started_s for run in runs}
    if len(whole) > 1:
        middle = sum(ends[number] for number in whole) / len(whole)
        strata: list[Counter[tuple[int, ...]]] = [Counter() for _ in range(len(_STRATA_DAYS) + 1)]
        place = {number: at for at, number in enumerate(whole)}
        for ident, found_by in captures:
            caught = tuple(place[run] for run in found_by if run in place)
            if caught and ident in dates:
                strata[_stratum(middle - dates[ident])][caught] += 1
        estimate = recapture(strata, len(whole))
        if estimate is not None:
            return estimate, "runs"
    if whole and collection.place(WINDOWS).get("done"):
        return recapture(_two_readings(collection, runs[-1], dates), 2), "windows"
    looks = looks_of(collection)
    if whole and looks:
        return _from_looks(collection, runs[-1], dates, looks)
    return None, ""


def _two_readings(
    collection: Collection, run: Run, dates: dict[str, int]
) -> list[Counter[tuple[int, ...]]]:
    """What the walk found and what the windows showed, by age."""
    strata: list[Counter[tuple[int, ...]]] = [Counter() for _ in range(len(_STRATA_DAYS) + 1)]
    for row in collection.rows(VIDEO, run=run.number):
        walked = row.data.get("found_by") == WALK
        windowed = collection.has(WINDOWED, row.id, run=run.number)
        caught = (0,) * walked + (1,) * windowed
        if caught and row.id in dates:
            strata[_stratum(run.started_s - dates[row.id])][caught] += 1
    return strata


def _from_looks(
    collection: Collection, run: Run, dates: dict[str, int], looks: Sequence[Look]
) -> tuple[Estimate | None, str]:
    parts = [[0, 0, 0] for _ in range(len(_STRATA_DAYS) + 1)]
    walked = 0
    for row in collection.rows(VIDEO, run=run.number):
        if row.data.get("found_by") == WALK and row.id in dates:
            parts[_stratum(run.started_s - dates[row.id])][0] += 1
            walked += 1
    for look in looks:
        part = parts[_stratum(run.started_s - look.at_s)]
        part[1] += look.shown
        part[2] += look.had
    found = audited([(a, b, c) for a, b, c in parts])
    if found is None:
        return None, ""
    seen = max(collection.count(VIDEO), walked)
    total = max(found.total, float(seen))
    estimate = Estimate(
        total=total,
        low=max(float(seen), found.low),
        high=max(total, found.high),
        seen=seen,
    )
    return estimate, "audit"


def _stratum(age_s: float) -> int:
    return sum(age_s >= days * _DAY_S for days in _STRATA_DAYS)


def _warnings(
    query: Query,
    runs: Sequence[Run],
    oldest: int | None,
    overlap: float | None,
    looks: Sequence[Look],
    saturated: Sequence[int],
    *,
    again: bool,
) -> tuple[str, ...]:
    found = []
    start = int(query.after.timestamp()) if query.after else oldest
    if start is not None and runs[-1].started_s - start > FORGETS_DAYS * _DAY_S:
        found.append(
            "the range is older than 60 days: the search index forgets 20 to 60 days after "
            "publication, so that public videos are missing whatever is spent; repeat on other "
            "days (--repeat) and compare"
        )
    if len(runs) > 1:
        gaps = [b.started_s - a.started_s for a, b in pairwise(runs)]
        if min(gaps) < _SOON_S:
            found.append(
                "runs lie within a day of one another: the index may have been the same, and the "
                "estimate too good; repeat on another day"
            )
        if overlap == 1.0:
            found.append("all runs found exactly the same: they say nothing of what is hidden")
    if falls_short(looks, WEAK) and not again:
        found.append(
            f"the audit knew only {recall(looks):.0%}: --thorough reads the range again in windows"
        )
    if query.order == "date" and not looks and not again and runs[-1].finished_s:
        found.append("no call was left for an audit: --audit 10 --repeat makes one")
    if saturated:
        found.append(f"{len(saturated)} second(s) hold more videos than the service shows")
    if query.order != "date":
        found.append(f"order {query.order} shows the first 500 or so; order date shows all")
    return tuple(found)


def _day(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d")


def _rounded(value: float | None) -> float | None:
    return round(value, 4) if value is not None else None


def _filters(query: Query) -> str:
    return "".join(f", {name} {value}" for name, value in sorted(query.filters.items()))


def _range(query: Query) -> str:
    after = f" from {query.after:%Y-%m-%d}" if query.after else ""
    before = f" before {query.before:%Y-%m-%d}" if query.before else ""
    return f", published{after}{before}" if after or before else ""
