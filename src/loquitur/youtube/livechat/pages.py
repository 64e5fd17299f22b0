"""A file of answers of `liveChatMessages.list`, and which reader a file of a chat needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loquitur.youtube.livechat import items
from loquitur.youtube.livechat.actions import Counts
from loquitur.youtube.livechat.documents import documents
from loquitur.youtube.livechat.log import ChatLog
from loquitur.youtube.livechat.replay import Replay, named_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loquitur.model.chat import ChatMessage

_PAGE = "youtube#liveChatMessageListResponse"
_MESSAGE = "youtube#liveChatMessage"


class Pages:
    """The messages of saved answers of the API, each once, in the order of the file.

    An answer does not say when the stream began, so there are no times in the stream.

    Args:
        path: One answer, a list of them (which is what the streaming method gives), or one a line;
            or messages without the answer around them.
        video_id: Whose chat it is; taken from a name like `ID.live_chat.json` if not given.

    Raises:
        InputError: It cannot be read.
    """

    def __init__(self, path: Path, *, video_id: str | None = None) -> None:
        self.path = path
        self.counts = Counts()
        """Of the pass that ended last."""
        self.video_id = video_id or named_id(path)

    def __iter__(self) -> Iterator[ChatMessage]:
        self.counts = counts = Counts()
        with ChatLog(None, video_id=self.video_id or "") as log:
            for _, document in documents(self.path, counts):
                page = _page(document)
                if page is None:
                    counts.without_action += 1
                    continue
                rows, unknown = items.page_of(
                    page, video_id=self.video_id, start_us=None, collected_us=None
                )
                counts.duplicates += len(rows) - len(log.add(rows, {}, unknown=unknown))
            counts.unknown.update(log.unknown())
            counts.types.update(log.counts())
            yield from log


def open_chat(path: Path) -> Replay | Pages:
    """A file of a chat, whatever wrote it: yt-dlp's lines, or answers of the API.

    Raises:
        InputError: It cannot be read.
    """
    is_pages = any(_page(document) is not None for _, document in _first(path))
    return Pages(path) if is_pages else Replay(path)


def _first(path: Path) -> Iterator[tuple[int, object]]:
    for found in documents(path, Counts()):
        yield found
        return


def _page(document: object) -> dict[str, Any] | None:
    """An answer as it is, a message alone as an answer; None for anything else."""
    if not isinstance(document, dict):
        return None
    kind = document.get("kind")
    if kind == _MESSAGE:
        return {"items": [document]}
    listed = items.listed(document)
    is_page = kind == _PAGE or (kind is None and any(map(items.type_of, listed)))
    return document if is_page else None
