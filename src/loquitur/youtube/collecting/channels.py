"""Channels: their own rows, or those of all their videos."""

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
    from loquitur.youtube.references import ChannelReference

_COUNT = "statistics.videoCount"
_TOLD = ("channel_id", "status", "title", "handle", "subscribers", "views")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelsOrder:
    """Channels and their videos, newest first, out of their lists of uploads.

    Args:
        given: Which channels.
        videos: The table is of their videos; otherwise of the channels themselves.
        details: Ask for each video's statistics too.
        most: Of each channel only about so many of the newest videos.
        endpoint: Of a service that stands in.
    """

    given: Sequence[ChannelReference]
    videos: bool = True
    details: bool = True
    most: int | None = None
    endpoint: str = ""

    @property
    def what(self) -> str:
        """What a row is."""
        return "videos" if self.videos else "channels"

    @property
    def names(self) -> dict[str, ChannelReference]:
        """The channels by what they are called in the collection."""
        return {f"{one.kind}:{one.value}": one for one in self.given}

    @property
    def job(self) -> Job:
        """Which collection."""
        arguments: dict[str, Any] = {"channels": sorted(self.names), "videos": self.videos}
        if self.most is not None:
            arguments["most"] = self.most
        return Job(verb="channel", arguments=arguments, endpoint=self.endpoint)

    @property
    def readout(self) -> dict[str, Any]:
        """How it is read out, beyond what the job says."""
        return {"details": self.details}

    @property
    def fields(self) -> tuple[Field, ...]:
        """The columns."""
        if not self.videos:
            return columns.CHANNEL
        return columns.ITEM_DETAILS if self.details else columns.ITEM

    def collect(self, caller: Tally, collection: Collection, listener: Listener) -> None:
        """Look each channel up, list its uploads, ask for their details."""
        run = collection.run.number
        for name, reference in self.names.items():
            if not collection.has(listings.CHANNEL, name, run=run):
                found = self._found(caller, reference)
                with collection.page() as page:
                    page.put(listings.CHANNEL, name, found)
                    page.spend(caller.taken())
            found = collection.get(listings.CHANNEL, name) or {}
            if self.videos and found:
                listings.list_items(
                    caller,
                    collection,
                    _uploads(found),
                    most=self.most,
                    total=values.count(values.at(found, _COUNT)),
                    listener=listener,
                )
        if self.videos and self.details:
            details.add_details(caller, collection, listings.ITEM, listener=listener)
        collection.finish()

    def _found(self, caller: Tally, reference: ChannelReference) -> dict[str, Any]:
        """What the service says of a channel; among several, one that is not there stops none."""
        try:
            return listings.channel_of(caller, reference)
        except InputError:
            if len(self.names) == 1:
                raise
            return {}

    def rows(self, collection: Collection) -> Iterator[tuple[Cell, ...]]:
        """The rows of the videos, or of the channels."""
        if self.videos:
            yield from listings.rows(collection, details=self.details)
            return
        for name, reference in self.names.items():
            kept = collection.row(listings.CHANNEL, name)
            source = columns.Source(
                item=kept.data if kept else {},
                ident=str((kept.data if kept else {}).get("id", reference.shown)),
                collected_s=kept.collected_s if kept else collection.now(),
                more={} if kept else {"status": "not asked"},
            )
            yield columns.row(columns.CHANNEL, source)

    def summary(self, collection: Collection) -> dict[str, Any]:
        """What each channel says of itself, beside what was listed."""
        run = collection.run.number
        listed = collection.tally(listings.ENTRY, "playlist_id", run=run)
        told = []
        for name, reference in self.names.items():
            found = collection.get(listings.CHANNEL, name) or {}
            ident = str(found.get("id", reference.shown))
            source = columns.Source(item=found, ident=ident, collected_s=0)
            cells = {field.column.name: field.read(source) for field in columns.CHANNEL}
            counts: dict[str, Any] = {"videos_counted": cells["videos"]}
            if self.videos:
                counts["videos_listed"] = listed.get(_uploads(found), 0) if found else 0
            told.append({at: cells[at] for at in _TOLD} | counts)
        rows = collection.count(listings.ENTRY, run=run) if self.videos else len(self.names)
        return {"rows": rows, "channels": told}

    def calls(self, collection: Collection | None) -> dict[str, int]:
        """The calls that are left; how long a list is is known once its channel was asked."""
        unasked = list(self.names) if collection is None else self._unasked(collection)
        needed = {listings.CHANNELS_LIST: len(unasked)} if unasked else {}
        if not self.videos:
            return needed
        if collection is None:
            count = (self.most or 1) * len(self.names)
            return needed | listings.needed(count, count if self.most and self.details else 0)
        found = [collection.get(listings.CHANNEL, name) or {} for name in self.names]
        counted = {_uploads(one): values.count(values.at(one, _COUNT)) or 0 for one in found if one}
        return needed | listings.left(collection, counted, most=self.most, details=self.details)

    def knows(self, collection: Collection | None) -> bool:
        """Whether those are all: a channel tells how many videos it has."""
        if not self.videos:
            return True
        return collection is not None and not self._unasked(collection)

    def _unasked(self, collection: Collection) -> list[str]:
        run = collection.run.number
        return [name for name in self.names if not collection.has(listings.CHANNEL, name, run=run)]

    def least(self, collection: Collection) -> int:
        """One call a channel, and 50 videos a call, twice where details are asked for."""
        return len(self.names) + (
            listings.least(collection, details=self.details) if self.videos else 0
        )


def _uploads(found: dict[str, Any]) -> str:
    """The list of a channel's uploads."""
    uploads = values.text(values.at(found, "contentDetails.relatedPlaylists.uploads"))
    return uploads or "UU" + str(found.get("id", ""))[2:]
