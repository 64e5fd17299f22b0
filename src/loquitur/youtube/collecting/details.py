"""Videos by their ids, 50 a call, each id with a status: one that is missing stops none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loquitur.youtube import values
from loquitur.youtube.collecting.progress import Progress, ignore
from loquitur.youtube.columns import VIDEO_FIELDS, VIDEO_PARTS
from loquitur.youtube.complaints import (
    BucketEmptyError,
    GoneError,
    NotYoursError,
    UnknownRefusalError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.youtube.collecting.collection import Collection
    from loquitur.youtube.collecting.progress import Listener
    from loquitur.youtube.collecting.tally import Tally

BATCH = 50
"""The most ids that one call takes."""
DETAILS = "details"
NUMBERS = "numbers"
LIST = "videos.list"
STATISTICS = "videos.batchGetStats"
_STATISTICS_PARTS = ("id", "snippet", "statistics", "contentDetails")
_STATISTICS_FIELDS = (
    "items(id,snippet(publishTime),statistics(viewCount,likeCount,commentCount),"
    "contentDetails(duration))"
)


def batches(count: int) -> int:
    """The calls that so many ids take."""
    return -(-max(0, count) // BATCH)


def fetch(
    caller: Tally, idents: Sequence[str], *, numbers: bool = False
) -> dict[str, dict[str, Any]]:
    """What the service says of up to 50 videos; those it does not know are not in the answer.

    Args:
        caller: Who calls.
        idents: Ids of videos.
        numbers: Statistics, date and length alone, through `videos.batchGetStats`, which has a
            daily bucket of its own; where that is empty or the method refused, through
            `videos.list` after all.

    Returns:
        The answers by id.
    """
    if numbers:
        try:
            answer = caller.call(
                STATISTICS,
                id=list(idents),
                part=list(_STATISTICS_PARTS),
                fields=_STATISTICS_FIELDS,
            )
        except (BucketEmptyError, GoneError, NotYoursError, UnknownRefusalError):
            return fetch(caller, idents)  # spent, or a project that has not got this method
    else:
        answer = caller.call(LIST, id=list(idents), part=list(VIDEO_PARTS), fields=VIDEO_FIELDS)
    return values.by_id(answer)


def add_details(
    caller: Tally,
    collection: Collection,
    of: str,
    *,
    numbers: bool = False,
    most: int | None = None,
    listener: Listener = ignore,
) -> None:
    """Ask for every video of a kind that this run has found and not asked for yet.

    Args:
        caller: Who calls.
        collection: Where the ids are, and where the answers go.
        of: The kind of row whose ids are asked for.
        numbers: Statistics alone.
        most: Only for the first so many ids.
        listener: Is told after each call.

    Raises:
        QuotaError: The bucket is spent; what was answered is kept.
    """
    kind = NUMBERS if numbers else DETAILS
    total = collection.count(of, run=collection.run.number)
    total = total if most is None else min(most, total)
    done = collection.count(kind, run=collection.run.number)
    behind = 0
    while left := collection.lacking(kind, of, max(0, min(BATCH, total - done)), behind=behind):
        batch = [ident for _, ident in left]
        found = fetch(caller, batch, numbers=numbers)
        with collection.page() as page:
            for ident in batch:
                page.put(kind, ident, found.get(ident, {}))
            page.spend(caller.taken())
        behind, done = left[-1][0], done + len(batch)
        listener(Progress(done=done, calls=caller.calls, total=total, note="reading details"))
