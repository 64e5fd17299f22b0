"""Videos by ids and addresses: what is asked for, and the table of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loquitur.errors import InputError
from loquitur.youtube import columns
from loquitur.youtube.collecting import details
from loquitur.youtube.collecting.job import Job
from loquitur.youtube.references import video_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.tables.cells import Cell
    from loquitur.youtube.collecting.collection import Collection
    from loquitur.youtube.collecting.progress import Listener
    from loquitur.youtube.collecting.tally import Tally
    from loquitur.youtube.columns import Field

ASKED = "asked"
_INVALID = "invalid"
_MOST_CHARS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class VideosOrder:
    """Videos, one row each, in the order in which they were given.

    Args:
        given: Ids and addresses as users write them; what names no video is a row that says so.
        numbers: Statistics alone, through `videos.batchGetStats` and its own daily bucket.
        endpoint: Of a service that stands in.

    Raises:
        InputError: None of them names a video.
    """

    given: Sequence[str]
    numbers: bool = False
    endpoint: str = ""

    def __post_init__(self) -> None:
        if self.idents:
            return
        if self.given:
            video_id(self.given[0])  # the error says what is wrong with it
        raise InputError("no video was given", hint="give ids, addresses, or `-` for stdin")

    @property
    def what(self) -> str:
        """What a row is."""
        return "videos"

    @property
    def names(self) -> dict[str, bool]:
        """What was given, each once: ids (True) and texts that name no video (False)."""
        found: dict[str, bool] = {}
        for text in self.given:
            try:
                found.setdefault(video_id(text), True)
            except InputError:
                found.setdefault(text.strip()[:_MOST_CHARS], False)
        return found

    @property
    def idents(self) -> list[str]:
        """The ids."""
        return [ident for ident, good in self.names.items() if good]

    @property
    def job(self) -> Job:
        """Which collection: the same ids in any order are the same."""
        arguments = {"ids": sorted(self.idents), "numbers": self.numbers}
        return Job(verb="videos", arguments=arguments, endpoint=self.endpoint)

    @property
    def readout(self) -> dict[str, Any]:
        """How it is read out, beyond what the job says."""
        return {"given": list(self.given)}

    @property
    def fields(self) -> tuple[Field, ...]:
        """The columns."""
        return columns.NUMBERS if self.numbers else columns.VIDEO

    @property
    def kind(self) -> str:
        """What the answers are called in the collection."""
        return details.NUMBERS if self.numbers else details.DETAILS

    def collect(self, caller: Tally, collection: Collection, listener: Listener) -> None:
        """Ask for what is not there yet, 50 a call."""
        idents = self.idents
        if collection.count(ASKED, run=collection.run.number) < len(idents):
            with collection.page() as page:
                for ident in idents:
                    page.put(ASKED, ident, {})
        details.add_details(caller, collection, ASKED, numbers=self.numbers, listener=listener)
        collection.finish()

    def rows(self, collection: Collection) -> Iterator[tuple[Cell, ...]]:
        """A row for each that was given."""
        for ident, good in self.names.items():
            kept = collection.row(self.kind, ident) if good else None
            status = {} if kept else {"status": "not asked" if good else _INVALID}
            source = columns.Source(
                item=kept.data if kept else {},
                ident=ident,
                collected_s=kept.collected_s if kept else collection.now(),
                more=status,
            )
            yield columns.row(self.fields, source)

    def summary(self, collection: Collection) -> dict[str, Any]:
        """Which ids the service does not know, and which are none."""
        names = self.names
        missing = [
            ident
            for ident, good in names.items()
            if good and collection.get(self.kind, ident) == {}
        ]
        wrong = [ident for ident, good in names.items() if not good]
        return {"rows": len(names), "missing": missing, "invalid": wrong}

    def calls(self, collection: Collection | None) -> dict[str, int]:
        """The calls that are left."""
        done = collection.count(self.kind, run=collection.run.number) if collection else 0
        method = details.STATISTICS if self.numbers else details.LIST
        return {method: details.batches(len(self.idents) - done)}

    def knows(self, collection: Collection | None) -> bool:
        """Whether those are all: they always are."""
        del collection
        return True

    def least(self, collection: Collection) -> int:
        """50 a call."""
        return details.batches(len(self.idents)) * len(collection.runs())
