"""Addresses of pictures, in the sizes that the service names."""

from __future__ import annotations

from typing import Any

_SIZES = (
    ("default", "default", 120, 90),
    ("medium", "mqdefault", 320, 180),
    ("high", "hqdefault", 480, 360),
    ("standard", "sddefault", 640, 480),
    ("maxres", "maxresdefault", 1280, 720),
)


def stills(video_id: str, *, live: bool = False, few: bool = False) -> dict[str, Any]:
    """The pictures of a video.

    Args:
        video_id: Whose.
        live: Whether it is on air: the names differ.
        few: Only the three sizes that search results have.
    """
    tail = "_live" if live else ""
    stem = f"https://i.ytimg.com/vi/{video_id}/"
    return {
        name: {"url": f"{stem}{file}{tail}.jpg", "width": width, "height": height}
        for name, file, width, height in _SIZES[: 3 if few else None]
    }


def portraits(channel_id: str) -> dict[str, Any]:
    """The pictures of a channel."""
    stem = f"https://yt3.ggpht.com/emulated/{channel_id}"
    return {
        name: {"url": f"{stem}=s{side}-c-k-c0x00ffffff-no-rj", "width": side, "height": side}
        for name, side in (("default", 88), ("medium", 240), ("high", 800))
    }
