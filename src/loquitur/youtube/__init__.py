"""YouTube: its data, its caption tracks, its chats, within its quotas.

The names below are loaded when they are first used. No module of this room may have one of these
names: importing it would put the module in the function's place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loquitur.youtube.chats import chat, read_chat
    from loquitur.youtube.references import channel_reference, playlist_id, video_id
    from loquitur.youtube.tables import channel, comments, playlist, search, videos
else:
    _HOMES = {
        "channel": "loquitur.youtube.tables",
        "channel_reference": "loquitur.youtube.references",
        "chat": "loquitur.youtube.chats",
        "comments": "loquitur.youtube.tables",
        "playlist": "loquitur.youtube.tables",
        "playlist_id": "loquitur.youtube.references",
        "read_chat": "loquitur.youtube.chats",
        "search": "loquitur.youtube.tables",
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
    "channel",
    "channel_reference",
    "chat",
    "comments",
    "playlist",
    "playlist_id",
    "read_chat",
    "search",
    "video_id",
    "videos",
]
