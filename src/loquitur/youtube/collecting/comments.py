"""Comments of videos as an order: each reply behind the comment that it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loquitur.youtube import columns, values
from loquitur.youtube.collecting import details, remarks
from loquitur.youtube.collecting.job import Job
from loquitur.youtube.references import video_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.tables.cells import Cell
    from loquitur.youtube.collecting.collection import Collection
    from loquitur.youtube.collecting.progress import Listener
    from loquitur.youtube.collecting.tally import Tally
    from loquitur.youtube.columns import Field


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentsOrder:
    """The comments of videos with all replies.

    Args:
        given: Ids and addresses of videos.
        most: Of each video about so many comments of the newest threads.
        endpoint: Of a service that stands in.
    """

    given: Sequence[str]
    most: int | None = None
    endpoint: str = ""

    @property
    def what(self) -> str:
        """What a row is."""
        return "comments"

    @property
    def idents(self) -> list[str]:
        """The videos, each once.

        Raises:
            InputError: Something names no video.
        """
        return list(dict.fromkeys(video_id(text) for text in self.given))

    @property
    def job(self) -> Job:
        """Which collection."""
        arguments: dict[str, Any] = {"videos": sorted(self.idents)}
        if self.most is not None:
            arguments["most"] = self.most
        return Job(verb="comments", arguments=arguments, endpoint=self.endpoint)

    @property
    def readout(self) -> dict[str, Any]:
        """How it is read out, beyond what the job says."""
        return {}

    @property
    def fields(self) -> tuple[Field, ...]:
        """The columns."""
        return columns.COMMENT

    def collect(self, caller: Tally, collection: Collection, listener: Listener) -> None:
        """Read every thread and its replies, video by video."""
        remarks.collect_comments(caller, collection, self.idents, most=self.most, listener=listener)
        collection.finish()

    def rows(self, collection: Collection) -> Iterator[tuple[Cell, ...]]:
        """The comments, newest thread first, replies under them in their order."""
        for kept in collection.rows(remarks.COMMENT, run=collection.run.number):
            source = columns.Source(item=kept.data, ident=kept.id, collected_s=kept.collected_s)
            yield columns.row(columns.COMMENT, source)

    def summary(self, collection: Collection) -> dict[str, Any]:
        """For each video what became of it, and both counts, which differ by design."""
        run = collection.run.number
        listed = collection.tally(remarks.COMMENT, "video_id", run=run)
        told = []
        for ident in self.idents:
            known = collection.get(remarks.VIDEO, ident) or {}
            told.append(
                {
                    "video_id": ident,
                    "title": known.get("title"),
                    "status": known.get("status", "not asked"),
                    "comments_counted": values.count(known.get("commentCount")),
                    "comments_listed": listed.get(ident, 0),
                }
            )
        return {"rows": collection.count(remarks.COMMENT, run=run), "videos": told}

    def calls(self, collection: Collection | None) -> dict[str, int]:
        """The calls that are left at least: threads with many replies take one more each."""
        idents = self.idents
        if collection is None:
            each = -(-(self.most or 1) // remarks.PAGE)
            return {
                details.LIST: details.batches(len(idents)),
                remarks.THREADS: len(idents) * each,
            }
        counted = 0
        for ident in idents:
            known = collection.get(remarks.VIDEO, ident) or {}
            counted += values.count(known.get("commentCount")) or 0
        left = counted - collection.count(remarks.COMMENT, run=collection.run.number)
        done = collection.run.finished_s is not None
        return {} if done or left <= 0 else {remarks.THREADS: -(-left // remarks.PAGE)}

    def knows(self, collection: Collection | None) -> bool:
        """Whether those are all: how many threads are long is told by the end."""
        return collection is not None and collection.run.finished_s is not None

    def least(self, collection: Collection) -> int:
        """50 videos a call, 100 threads a call, 100 replies a call of each long thread."""
        run = collection.run.number
        threads = collection.tally(remarks.COMMENT, "video_id", run=run, without="parent_id")
        asked = [
            ident
            for ident in self.idents
            if (collection.get(remarks.VIDEO, ident) or {}).get("status") != "missing"
        ]
        pages = sum(max(1, -(-threads.get(ident, 0) // remarks.PAGE)) for ident in asked)
        for parent in collection.remained(remarks.PARENT):
            known = collection.get(remarks.COMMENT, parent) or {}
            pages += -(-(values.count(known.get("replies")) or 1) // remarks.PAGE)
        return details.batches(len(self.idents)) + pages
