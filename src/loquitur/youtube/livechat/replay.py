"""A file of yt-dlp's `live_chat`: actions of a replay or recorded while it was live.

Such files hold the same messages twice where a replay was fetched in overlapping pieces.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loquitur.errors import InputError
from loquitur.text import display
from loquitur.youtube.livechat.actions import Counts, Marks, actions_of, messages_of
from loquitur.youtube.livechat.documents import documents
from loquitur.youtube.livechat.renderers import Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from loquitur.model.chat import ChatMessage

_MOST_LINES = 1 << 40
"""Of one file; what comes later in the next one comes later in all."""
_LATER = re.compile(rb"Deleted|removeChatItem|replaceChatItem|updateLiveChatPoll")


class Replay:
    """The messages of a file, each once, in the order of the file.

    Args:
        paths: The file; several where one chat was recorded in pieces.
        video_id: Whose chat it is; taken from a name like `ID.live_chat.json` where not given.
        start_us: When the stream began, microseconds UTC: gives messages of a recording their time
            in the stream, where their own counts from the beginning of the recording.
        collected_us: When it was fetched, microseconds UTC; None leaves the column empty.

    Raises:
        InputError: It cannot be read, or nothing in it is of a live chat.
    """

    def __init__(
        self,
        *paths: Path,
        video_id: str | None = None,
        start_us: int | None = None,
        collected_us: int | None = None,
    ) -> None:
        self.paths = paths
        self.counts = Counts()
        """Of the pass that ended last."""
        self.video_id = video_id or named_id(paths[0])
        self._start_us = start_us
        self._collected_us = collected_us
        self._marks = self._learned()

    def __iter__(self) -> Iterator[ChatMessage]:
        self.counts = counts = Counts()
        seen: dict[bytes, bytes] = {}
        for number, document in self._documents(counts):
            is_any = False
            for place_in, (action, offset_ms, is_live) in enumerate(actions_of(document)):
                is_any = True
                counts.is_recording |= is_live
                place = Place(
                    source="recording" if is_live else "replay",
                    video_id=self.video_id,
                    offset_ms=offset_ms,
                    collected_us=self._collected_us,
                )
                if offset_ms is not None:
                    counts.last_offset_ms = max(counts.last_offset_ms or 0, offset_ms)
                for message in messages_of(action, place, self._marks, counts):
                    marked = self._marks.marked(message, (number, place_in))
                    kept = _once(marked, seen, counts)
                    if kept is not None:
                        counts.types[kept.type] += 1
                        yield self._timed(kept)
            counts.without_action += not (is_any or _is_chat(document))
        if not counts.types and not counts.lines - counts.without_action:
            raise InputError(
                f"{display(str(self.paths[0]))}: nothing in it is of a live chat",
                hint="expected what yt-dlp writes (lines with replayChatItemAction), or answers of "
                "liveChatMessages.list",
                code="LQ-CHAT-FORMAT",
            )

    def _learned(self) -> Marks:
        marks = Marks()
        for number, document in self._documents(Counts(), among=_LATER.search):
            for place_in, (action, offset_ms, _) in enumerate(actions_of(document)):
                marks.learn((number, place_in), action, offset_ms)
        return marks

    def _documents(
        self, counts: Counts, *, among: Callable[[bytes], Any] | None = None
    ) -> Iterator[tuple[int, object]]:
        before = 0
        for path in self.paths:
            for number, document in documents(path, counts, among=among):
                yield before + number, document
            before += _MOST_LINES

    def _timed(self, message: ChatMessage) -> ChatMessage:
        """A message of a recording with its time in the stream, where that can be known."""
        if message.source != "recording" or self._start_us is None or not message.timestamp_us:
            return message
        offset_ms = (message.timestamp_us - self._start_us) // 1000
        later_ms = offset_ms - (message.offset_ms or 0)
        gone_ms = None if message.deleted_ms is None else message.deleted_ms + later_ms
        return replace(message, offset_ms=offset_ms, deleted_ms=gone_ms)


def named_id(path: Path) -> str | None:
    """The video id in a name as yt-dlp gives: `ID.live_chat.json`, `Title [ID].live_chat.json`."""
    stem = path.name.partition(".live_chat")[0]
    match = re.fullmatch(r"(?:.*\[)?([A-Za-z0-9_-]{11})\]?", stem)
    return match[1] if match and path.name != stem else None


def _is_chat(document: object) -> bool:
    return isinstance(document, dict) and "replayChatItemAction" in document


def _once(message: ChatMessage, seen: dict[bytes, bytes], counts: Counts) -> ChatMessage | None:
    """The message where it is new; None where it came before.

    An id names one message, so the same id with the same content is a double. Should another
    content come under it, throwing that away would lose money or words: it is kept and counted.
    """
    content = _digest(
        message.type, message.author_channel_id, message.text, message.amount_text,
        message.timestamp_us, message.notice if message.type != "poll" else "",
    )  # fmt: skip
    if not message.id:
        message = replace(message, id=f"loq:none:{_digest(content, message.offset_ms).hex()}")
    key = _digest(message.id)
    before = seen.get(key)
    if before is None:
        seen[key] = content
        return message
    if before == content or _digest(message.id, content) in seen:
        counts.duplicates += 1
        return None
    seen[_digest(message.id, content)] = content
    counts.conflicts += 1
    return replace(message, id=f"{message.id}#{content.hex()[:8]}")


def _digest(*values: object) -> bytes:
    return hashlib.blake2b(repr(values).encode(), digest_size=12).digest()
