"""A job from its first call to its rows: begun or gone on with, stopped by a quota, read out."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from loquitur.errors import CorruptError, QuotaError, RemoteError, TransientError
from loquitur.youtube import costs
from loquitur.youtube.collecting.collection import Collection
from loquitur.youtube.collecting.progress import ignore
from loquitur.youtube.collecting.shelf import BARE
from loquitur.youtube.collecting.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from loquitur.tables.cells import Cell
    from loquitur.youtube.caller import Caller
    from loquitur.youtube.collecting.job import Job
    from loquitur.youtube.collecting.progress import Listener
    from loquitur.youtube.columns import Field


class Order(Protocol):
    """What is to be collected, and how it is read out."""

    @property
    def what(self) -> str:
        """What a row is, in the plural, for people."""
        ...

    @property
    def job(self) -> Job:
        """Which collection."""
        ...

    @property
    def readout(self) -> dict[str, Any]:
        """How it is read out, beyond what the job says, as plain values."""
        ...

    @property
    def fields(self) -> tuple[Field, ...]:
        """The columns, and how their cells are read."""
        ...

    def collect(self, caller: Tally, collection: Collection, listener: Listener) -> None:
        """Do what is still to be done, page by page."""
        ...

    def rows(self, collection: Collection) -> Iterator[tuple[Cell, ...]]:
        """The rows of the table as they stand."""
        ...

    def summary(self, collection: Collection) -> dict[str, Any]:
        """What is known of the whole, as plain values."""
        ...

    def calls(self, collection: Collection | None) -> dict[str, int]:
        """How many calls of each method are still to be made, as far as can be known before."""
        ...

    def knows(self, collection: Collection | None) -> bool:
        """Whether those are all; False where they are only the least."""
        ...

    def least(self, collection: Collection) -> int:
        """The fewest calls that so many rows can be had for."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """What a job has brought.

    Args:
        order: What was wanted.
        collection: What is there; open while the harvest is.
        stopped: Why it is not all, None where it is.
        calls: How many calls were made now.
    """

    order: Order
    collection: Collection
    stopped: RemoteError | None
    calls: int

    @property
    def is_empty(self) -> bool:
        """Whether it stopped before anything was brought."""
        return self.stopped is not None and not self.collection.has_brought(but=BARE)

    def rows(self) -> Iterator[tuple[Cell, ...]]:
        """The rows, as they come out of the collection."""
        return self.order.rows(self.collection)

    def summary(self) -> dict[str, Any]:
        """What is known of the whole, as plain values."""
        return {
            "collection": self.order.job.name,
            "complete": self.stopped is None,
            **self.order.summary(self.collection),
            **spending(self.collection),
            "least_calls": self.order.least(self.collection),
        }

    def reason(self, rows: int, place: str) -> RemoteError:
        """Why it stopped, in one line: how much is there, when it goes on, how."""
        error = self.stopped or RemoteError("it did not stop")
        again = f"run the same command again{_when(error)}: it goes on where it stopped"
        text = f"{rows:,} {self.order.what} are there{place}; {error.message}"
        kind = QuotaError if isinstance(error, QuotaError) else TransientError
        return kind(text, hint=again, code=error.code)


@contextlib.contextmanager
def gathered(
    order: Order,
    caller: Caller,
    store: Path,
    *,
    fresh: bool = False,
    now: Callable[[], float] = time.time,
    listener: Listener = ignore,
) -> Iterator[Harvest]:
    """Do what is still to be done of a job, and give what is there.

    A spent quota, or a service that fails for longer than the client has patience, ends the work
    and not the program: what is there is given, and the reason with it.

    Args:
        order: What is wanted.
        caller: Who calls.
        store: The folder of the store.
        fresh: Begin a new run where the last one is done.
        now: The service's clock, Unix seconds.
        listener: Is told of progress.

    Raises:
        LockedError: Another process is at the same job.
        FullError: No space, or no right to write.
    """
    counted = Tally(caller)
    with Collection(order.job.path(store), order.job, now=now) as collection:
        collection.begin(fresh=fresh)
        stopped: RemoteError | None = None
        try:
            order.collect(counted, collection, listener)
        except (QuotaError, TransientError) as error:
            stopped = error
        finally:
            with collection.page() as page:
                page.spend(counted.taken())
        yield Harvest(order=order, collection=collection, stopped=stopped, calls=counted.calls)


def order_of(about: Mapping[str, Any], readout: Mapping[str, Any]) -> Order:
    """The order that a collection was made for.

    Args:
        about: What the collection says of its job.
        readout: How it is to be read out, as `Order.readout` gave it.

    Raises:
        CorruptError: There is no such verb.
    """
    from loquitur.youtube.collecting.channels import ChannelsOrder
    from loquitur.youtube.collecting.comments import CommentsOrder
    from loquitur.youtube.collecting.playlists import PlaylistsOrder
    from loquitur.youtube.collecting.videos import VideosOrder
    from loquitur.youtube.references import ChannelReference
    from loquitur.youtube.searching.ordering import SearchOptions, SearchOrder
    from loquitur.youtube.searching.query import Query

    verb, given, at = about["verb"], about["arguments"], about["endpoint"]
    details, most = bool(readout.get("details", True)), given.get("most")
    if verb == "search":
        options = SearchOptions(most=readout.get("most"), details=bool(readout.get("details")))
        return SearchOrder(query=Query.from_arguments(given), options=options, endpoint=at)
    if verb == "videos":
        idents = readout.get("given") or given["ids"]
        return VideosOrder(given=idents, numbers=given["numbers"], endpoint=at)
    if verb == "channel":
        pairs = [name.partition(":") for name in given["channels"]]
        channels = [ChannelReference(kind=kind, value=value) for kind, _, value in pairs]
        return ChannelsOrder(
            given=channels, videos=given["videos"], details=details, most=most, endpoint=at
        )
    if verb == "playlist":
        return PlaylistsOrder(given=given["playlists"], details=details, most=most, endpoint=at)
    if verb == "comments":
        return CommentsOrder(given=given["videos"], most=most, endpoint=at)
    raise CorruptError(f"a collection of '{verb}'", hint="upgrade: pip install -U loquitur")


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """What a job still needs.

    Args:
        calls: How many by method.
        is_all: False where more will come to light: how long a list is is known once it is asked.
    """

    calls: Mapping[str, int]
    is_all: bool


def remaining(order: Order, store: Path, *, fresh: bool = False) -> Remaining:
    """The calls by method that a job still needs; nothing is made and nothing is asked.

    Args:
        order: What is wanted.
        store: The folder of the store.
        fresh: A new run is wanted where the last one is done: it takes what that one took.
    """
    path = order.job.path(store)
    if not path.exists():
        return Remaining(calls=order.calls(None), is_all=order.knows(None))
    with Collection(path) as collection:
        last = collection.run
        if last.is_purged:
            return Remaining(calls=order.calls(None), is_all=order.knows(None))
        if not fresh or last.finished_s is None:
            return Remaining(calls=order.calls(collection), is_all=order.knows(collection))
        taken: Counter[str] = Counter()
        for calls in collection.spent(run=last.number).values():
            taken.update(calls)
        return Remaining(calls=taken, is_all=True)


def spending(collection: Collection) -> dict[str, Any]:
    """Calls and units of all runs of a collection, by method, bucket and Pacific day."""
    days = collection.spent()
    calls: dict[str, int] = {}
    units: dict[str, int] = {}
    for methods in days.values():
        for method, count in methods.items():
            cost = costs.cost(method)
            calls[method] = calls.get(method, 0) + count
            units[cost.bucket] = units.get(cost.bucket, 0) + count * cost.units
    return {"calls": calls, "units": units, "days": days}


def wrote(harvest: Harvest, path: Path, rows: int, *, guard: bool) -> None:
    """Keep in the collection where its rows were written."""
    options = {**harvest.order.readout, "guard": guard}
    harvest.collection.wrote(str(path.absolute()), rows, options)


def _when(error: RemoteError) -> str:
    at_s = getattr(error, "resets_at", None)
    if not isinstance(at_s, int | float):
        return ""
    from loquitur.youtube.pacific import local_text

    return f" after {local_text(at_s)}"
