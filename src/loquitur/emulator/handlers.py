"""Which function answers which method; each is imported when it is first called."""

from __future__ import annotations

HANDLERS: dict[str, str] = {
    "captions.delete": "loquitur.emulator.captions:delete",
    "captions.download": "loquitur.emulator.captions:download",
    "captions.insert": "loquitur.emulator.captions:insert",
    "captions.list": "loquitur.emulator.captions:listed",
    "captions.update": "loquitur.emulator.captions:update",
    "channels.list": "loquitur.emulator.channels:listed",
    "commentThreads.list": "loquitur.emulator.comments:threads",
    "comments.list": "loquitur.emulator.comments:listed",
    "i18nLanguages.list": "loquitur.emulator.regions:languages",
    "i18nRegions.list": "loquitur.emulator.regions:regions",
    "liveChatMessages.list": "loquitur.emulator.live_chat:listed",
    "liveChatMessages.stream": "loquitur.emulator.live_chat:streamed",
    "playlistItems.list": "loquitur.emulator.playlists:items",
    "playlists.list": "loquitur.emulator.playlists:listed",
    "search.list": "loquitur.emulator.search:listed",
    "videoCategories.list": "loquitur.emulator.regions:categories",
    "videos.batchGetStats": "loquitur.emulator.videos:statistics",
    "videos.getRating": "loquitur.emulator.videos:ratings",
    "videos.list": "loquitur.emulator.videos:listed",
}
"""Every method that the emulated world can answer; the others of the document refuse with 501."""
