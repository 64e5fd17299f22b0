"""YouTube: its data, its caption tracks, its chats, within its quotas.

The names below are loaded when they are first used. No module of this room may have one of these
names: importing it would put the module in the function's place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loquitur.youtube.captions import (
        delete_track,
        download_track,
        insert_track,
        list_tracks,
        update_track,
    )
    from loquitur.youtube.chats import chat, read_chat
    from loquitur.youtube.publishing import carry_out, plan_publication
    from loquitur.youtube.references import channel_reference, playlist_id, video_id
    from loquitur.youtube.runs import publish
    from loquitur.youtube.sessions import open_client
    from loquitur.youtube.tables import channel, comments, playlist, search, videos
    from loquitur.youtube.transcripts import available, transcript
else:
    _HOMES = {
        "available": "loquitur.youtube.transcripts",
        "carry_out": "loquitur.youtube.publishing",
        "channel": "loquitur.youtube.tables",
        "channel_reference": "loquitur.youtube.references",
        "chat": "loquitur.youtube.chats",
        "comments": "loquitur.youtube.tables",
        "delete_track": "loquitur.youtube.captions",
        "download_track": "loquitur.youtube.captions",
        "insert_track": "loquitur.youtube.captions",
        "list_tracks": "loquitur.youtube.captions",
        "open_client": "loquitur.youtube.sessions",
        "plan_publication": "loquitur.youtube.publishing",
        "playlist": "loquitur.youtube.tables",
        "playlist_id": "loquitur.youtube.references",
        "publish": "loquitur.youtube.runs",
        "read_chat": "loquitur.youtube.chats",
        "search": "loquitur.youtube.tables",
        "transcript": "loquitur.youtube.transcripts",
        "update_track": "loquitur.youtube.captions",
        "video_id": "loquitur.youtube.references",
        "videos": "loquitur.youtube.tables",
    }

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module 'loquitur.youtube' has no attribute '{name}'")
        import importlib

        return getattr(importlib.import_module(_HOMES[name]), name)

    def __dir__() -> list[str]:
        return sorted([*globals(), *_HOMES])


__all__ = [
    "available",
    "carry_out",
    "channel",
    "channel_reference",
    "chat",
    "comments",
    "delete_track",
    "download_track",
    "insert_track",
    "list_tracks",
    "open_client",
    "plan_publication",
    "playlist",
    "playlist_id",
    "publish",
    "read_chat",
    "search",
    "transcript",
    "update_track",
    "video_id",
    "videos",
]
