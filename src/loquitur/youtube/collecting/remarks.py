"""Comments of videos: every thread and every reply, as plain text.

Threads are read by time, which is the complete order. A thread shows at most five replies; where
there are more they are asked for under their parent, and what is still to be asked stands in the
collection, so that a job that is killed among 100,000 comments goes on there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loquitur.errors import TransientError
from loquitur.youtube import values
from loquitur.youtube.collecting.details import BATCH, LIST
from loquitur.youtube.collecting.progress import Progress, ignore
from loquitur.youtube.columns import REPLY_FIELDS, THREAD_FIELDS
from loquitur.youtube.complaints import ClosedError, GoneError, RefusedInputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loquitur.youtube.collecting.collection import Collection
    from loquitur.youtube.collecting.page import Page
    from loquitur.youtube.collecting.progress import Listener
    from loquitur.youtube.collecting.tally import Tally

PAGE = 100
COMMENT = "comment"
VIDEO = "commented"
PARENT = "parent"
THREADS = "commentThreads.list"
REPLIES = "comments.list"
_PATIENCE = 3
_TRANSIENT = "processingFailure"


def collect_comments(
    caller: Tally,
    collection: Collection,
    videos: Sequence[str],
    *,
    most: int | None = None,
    listener: Listener = ignore,
) -> None:
    """Read the comments of videos, those of one after the other.

    Args:
        caller: Who calls.
        collection: What is kept: the comments, and for each video what became of it.
        videos: Ids.
        most: Of each video only about so many, the newest threads first.
        listener: Is told after each page.

    Raises:
        QuotaError: The bucket is spent; what was found is kept.
    """
    _ask_counts(caller, collection, videos)
    count = _Count(collection, caller, listener)
    for ident in videos:
        known = collection.get(VIDEO, ident) or {}
        if known.get("status") != "ok":
            continue
        status = _threads(caller, collection, ident, count, most=most)
        _replies(caller, collection, count)
        if status != "ok":
            with collection.page() as page:
                page.put(VIDEO, ident, {**known, "status": status})


class _Count:
    """How many comments there are by now, told after each page."""

    def __init__(self, collection: Collection, caller: Tally, listener: Listener) -> None:
        run = collection.run.number
        self._have = collection.count(COMMENT, run=run)
        counted = (row.data.get("commentCount") for row in collection.rows(VIDEO, run=run))
        self._total = sum(values.count(one) or 0 for one in counted) or None
        self._caller = caller
        self._listener = listener

    def add(self, new: int, note: str) -> None:
        """So many more."""
        self._have += new
        calls = self._caller.calls
        self._listener(Progress(done=self._have, calls=calls, total=self._total, note=note))


def _ask_counts(caller: Tally, collection: Collection, videos: Sequence[str]) -> None:
    """What the service counts of comments, 50 videos a call; that differs from what it lists."""
    run = collection.run.number
    left = [ident for ident in dict.fromkeys(videos) if not collection.has(VIDEO, ident, run=run)]
    for first in range(0, len(left), BATCH):
        batch = left[first : first + BATCH]
        found = counts(caller, batch)
        with collection.page() as page:
            for ident in batch:
                page.put(VIDEO, ident, found[ident])
            page.spend(caller.taken())


def counts(caller: Tally, idents: Sequence[str]) -> dict[str, dict[str, Any]]:
    """For up to 50 videos: status (`ok` or `missing`), title, and the comments as counted."""
    answer = caller.call(
        LIST,
        id=list(idents),
        part=["snippet", "statistics"],
        fields="items(id,snippet(title),statistics(commentCount))",
    )
    found = values.by_id(answer)
    return {
        ident: {
            "status": "ok" if ident in found else "missing",
            "title": values.at(found.get(ident, {}), "snippet.title"),
            "commentCount": values.at(found.get(ident, {}), "statistics.commentCount"),
        }
        for ident in idents
    }


def _threads(
    caller: Tally,
    collection: Collection,
    video: str,
    count: _Count,
    *,
    most: int | None,
) -> str:
    name = f"threads {video}"
    place = collection.place(name) or {"token": "", "previous": "", "have": 0}
    setbacks = 0
    while not place.get("done") and (most is None or place["have"] < most):
        try:
            answer = caller.call(
                THREADS,
                videoId=video,
                part=["snippet", "replies"],
                order="time",
                textFormat="plainText",
                maxResults=PAGE,
                fields=THREAD_FIELDS,
                **({"pageToken": place["token"]} if place["token"] else {}),
            )
        except (GoneError, ClosedError) as error:
            status = "disabled" if isinstance(error, ClosedError) else "missing"
            place = {**place, "done": True, "status": status}
            _keep_place(caller, collection, name, place)
            break
        except (RefusedInputError, TransientError) as error:
            setbacks += 1
            place = _set_back(place, error, setbacks)
            _keep_place(caller, collection, name, place)
            continue
        token = str(answer.get("nextPageToken") or "")
        with collection.page() as page:
            new = sum(_put_thread(page, video, item) for item in answer.get("items") or ())
            place = {
                "token": token,
                "previous": place["token"],
                "have": place["have"] + new,
                "done": not token,
            }
            page.place(name, place)
            page.spend(caller.taken())
        setbacks = setbacks if not new else 0
        count.add(new, f"comments of {video}")
    return str(place.get("status", "ok"))


def _put_thread(page: Page, video: str, item: Mapping[str, Any]) -> int:
    """Keep a thread with the replies that came with it; how many comments were new."""
    top = values.at(item, "snippet.topLevelComment") or {}
    ident = top.get("id") or item.get("id")
    if not isinstance(ident, str):
        return 0
    counted = values.count(values.at(item, "snippet.totalReplyCount")) or 0
    row = {**(top.get("snippet") or {}), "video_id": video, "replies": counted}
    row.pop("parentId", None)
    new = int(page.put(COMMENT, ident, row))
    shown = values.at(item, "replies.comments") or []
    for reply in shown:
        new += _put_reply(page, video, ident, reply)
    if counted > len(shown):
        page.remain(PARENT, ident, video)
    return new


def _put_reply(page: Page, video: str, parent: str, reply: Mapping[str, Any]) -> int:
    ident = reply.get("id")
    if not isinstance(ident, str):
        return 0
    snippet = dict(reply.get("snippet") or {})
    snippet.pop("parentId", None)
    row = {**snippet, "video_id": video, "parent_id": parent}
    return int(page.put(COMMENT, ident, row, under=parent))


def _replies(caller: Tally, collection: Collection, count: _Count) -> None:
    """Ask for the replies of every thread that has more than it showed."""
    while left := collection.left(PARENT, 100):
        for parent, video in left:
            count.add(_replies_of(caller, collection, parent, video), f"replies of {video}")


def _replies_of(caller: Tally, collection: Collection, parent: str, video: str) -> int:
    """Ask for the replies of one thread; how many of them were new."""
    name = f"replies {parent}"
    place = collection.place(name) or {"token": "", "previous": ""}
    setbacks = new = 0
    while True:
        try:
            answer = caller.call(
                REPLIES,
                parentId=parent,
                part="snippet",
                textFormat="plainText",
                maxResults=PAGE,
                fields=REPLY_FIELDS,
                **({"pageToken": place["token"]} if place["token"] else {}),
            )
        except (GoneError, ClosedError):  # deleted meanwhile: what was seen of it stays
            with collection.page() as page:
                page.done(PARENT, [parent])
                page.spend(caller.taken())
            return new
        except (RefusedInputError, TransientError) as error:
            setbacks += 1
            place = _set_back(place, error, setbacks)
            continue
        token = str(answer.get("nextPageToken") or "")
        with collection.page() as page:
            replies = answer.get("items") or ()
            more = sum(_put_reply(page, video, parent, reply) for reply in replies)
            place = {"token": token, "previous": place["token"]}
            if token:
                page.place(name, place)
            else:
                page.done(PARENT, [parent])
                page.forget_place(name)
            page.spend(caller.taken())
        new += more
        setbacks = setbacks if not more else 0
        if not token:
            return new


def _set_back(place: Mapping[str, Any], error: Exception, setbacks: int) -> dict[str, Any]:
    """Where to go on after a failure in the middle of paging.

    A dead token means from the start, a passing failure from the last good page, whose answer
    brings a new token; what is there already is not counted twice.

    Raises:
        LoquiturError: It was neither, or it happened too often in a row.
    """
    reason = getattr(error, "reason", "")
    if not place["token"] or setbacks > _PATIENCE:
        raise error
    if reason == values.DEAD_TOKEN:
        return {**place, "token": "", "previous": ""}
    if reason == _TRANSIENT:
        return {**place, "token": place["previous"], "previous": ""}
    raise error


def _keep_place(caller: Tally, collection: Collection, name: str, place: Mapping[str, Any]) -> None:
    with collection.page() as page:
        page.place(name, place)
        page.spend(caller.taken())
