"""Playlists: the videos in them, in their order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loquitur.errors import InputError
from loquitur.youtube import columns, values
from loquitur.youtube.collecting import details, listings
from loquitur.youtube.collecting.job import Job

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.tables.cells import Cell
    from loquitur.youtube.collecting.collection import Collection
    from loquitur.youtube.collecting.progress import Listener
    from loquitur.youtube.collecting.tally import Tally
    from loquitur.youtube.columns import Field

PLAYLIST = "playlist"
METHOD = "playlists.list"
_COUNT = "contentDetails.itemCount"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistsOrder:
    """The videos of playlists; one that stands in a list twice is there twice.

    Args:
        given: Ids of playlists.
        details: Ask for each video's statistics too.
        most: Of each list only about the first so many.
        endpoint: Of a service that stands in.
    """

    given: Sequence[str]
    details: bool = True
    most: int | None = None
    endpoint: str = ""

    @property
    def what(self) -> str:
        """What a row is."""
        return "videos"

    @property
    def names(self) -> list[str]:
        """The playlists, each once."""
        return list(dict.fromkeys(self.given))

    @property
    def job(self) -> Job:
        """Which collection."""
        arguments: dict[str, Any] = {"playlists": sorted(self.names)}
        if self.most is not None:
            arguments["most"] = self.most
        return Job(verb="playlist", arguments=arguments, endpoint=self.endpoint)

    @property
    def readout(self) -> dict[str, Any]:
        """How it is read out, beyond what the job says."""
        return {"details": self.details}

    @property
    def fields(self) -> tuple[Field, ...]:
        """The columns."""
        return columns.ITEM_DETAILS if self.details else columns.ITEM

    def collect(self, caller: Tally, collection: Collection, listener: Listener) -> None:
        """Ask for the lists themselves, read each, ask for the details of its videos."""
        self._ask(caller, collection)
        for name in self.names:
            told = collection.get(PLAYLIST, name) or {}
            total = values.count(values.at(told, _COUNT))
            status = listings.list_items(
                caller, collection, name, most=self.most, total=total, listener=listener
            )
            if status != "ok" and len(self.names) == 1:
                with collection.page() as page:  # it is asked again the next time
                    page.drop(PLAYLIST, name)
                    page.forget_place(listings.place_name(name))
                raise _no_list(name, status)
            if told.get("status") != status:
                with collection.page() as page:
                    page.put(PLAYLIST, name, {**told, "status": status})
        if self.details:
            details.add_details(caller, collection, listings.ITEM, listener=listener)
        collection.finish()

    def rows(self, collection: Collection) -> Iterator[tuple[Cell, ...]]:
        """The rows of the videos."""
        return listings.rows(collection, details=self.details)

    def summary(self, collection: Collection) -> dict[str, Any]:
        """What each list says of itself, beside what was listed."""
        run = collection.run.number
        listed = collection.tally(listings.ENTRY, "playlist_id", run=run)
        told = []
        for name in self.names:
            found = collection.get(PLAYLIST, name) or {}
            told.append(
                {
                    "playlist_id": name,
                    "title": values.at(found, "snippet.title"),
                    "status": found.get("status", "not asked"),
                    "items_counted": values.count(values.at(found, _COUNT)),
                    "items_listed": listed.get(name, 0),
                }
            )
        return {"rows": collection.count(listings.ENTRY, run=run), "playlists": told}

    def calls(self, collection: Collection | None) -> dict[str, int]:
        """The calls that are left; how long a list is is known once it was asked for."""
        if collection is None:
            count = (self.most or 1) * len(self.names)
            needed = {METHOD: details.batches(len(self.names))}
            return needed | listings.needed(count, count if self.most and self.details else 0)
        found = {name: collection.get(PLAYLIST, name) or {} for name in self.names}
        counted = {name: values.count(values.at(one, _COUNT)) or 0 for name, one in found.items()}
        unasked = details.batches(len(self._unasked(collection)))
        return ({METHOD: unasked} if unasked else {}) | listings.left(
            collection, counted, most=self.most, details=self.details
        )

    def knows(self, collection: Collection | None) -> bool:
        """Whether those are all: a list tells how long it is."""
        return collection is not None and not self._unasked(collection)

    def _unasked(self, collection: Collection) -> list[str]:
        run = collection.run.number
        return [name for name in self.names if not collection.has(PLAYLIST, name, run=run)]

    def least(self, collection: Collection) -> int:
        """50 lists a call, and 50 videos a call, twice where details are asked for."""
        return details.batches(len(self.names)) + listings.least(collection, details=self.details)

    def _ask(self, caller: Tally, collection: Collection) -> None:
        left = self._unasked(collection)
        for first in range(0, len(left), details.BATCH):
            batch = left[first : first + details.BATCH]
            found = asked(caller, batch)
            with collection.page() as page:
                for name in batch:
                    page.put(PLAYLIST, name, found.get(name, {}))
                page.spend(caller.taken())


def _no_list(name: str, status: str) -> InputError:
    """The one list that was wanted cannot be had."""
    if status == "closed":
        hint = "its owner has to make it public or unlisted"
        return InputError(f"playlist {name}: may not be read", hint=hint)
    hint = "it is deleted, private, or was never there"
    return InputError(f"playlist {name} is not there", hint=hint)


def asked(caller: Tally, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What the service says of up to 50 playlists, by their ids."""
    answer = caller.call(
        METHOD,
        id=list(names),
        part=["snippet", "contentDetails"],
        maxResults=details.BATCH,
        fields="items(id,snippet(title,channelId),contentDetails(itemCount))",
    )
    return values.by_id(answer)
