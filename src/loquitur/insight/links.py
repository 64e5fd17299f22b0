"""Addresses of moments: a video of YouTube by `t=` in seconds, a file by the fragment `#t=`."""

from __future__ import annotations

from urllib.parse import urlsplit


def origin_of(*, video_id: str | None = None, path: str = "") -> str:
    """The address of a medium's start; empty where there is none.

    >>> origin_of(video_id="t5qgjJIBy9g"), origin_of()
    ('https://youtu.be/t5qgjJIBy9g', '')
    """
    return f"https://youtu.be/{video_id}" if video_id else path


def moment(origin: str, start_ms: int, *, duration_ms: int | None = None) -> str:
    """The address of a moment, at most a second before it; empty without an origin.

    Args:
        origin: The address of the start.
        start_ms: The moment; one before the start is the start.
        duration_ms: Of the medium, where known: what is beyond leads to its last second.

    >>> moment("https://youtu.be/t5qgjJIBy9g", 61_900), moment("talk.mp4", 500), moment("", 5)
    ('https://youtu.be/t5qgjJIBy9g?t=61', 'talk.mp4#t=0', '')
    """
    if not origin:
        return ""
    if duration_ms is not None:
        start_ms = min(start_ms, duration_ms - 1)
    seconds = max(0, start_ms) // 1000
    host = urlsplit(origin).hostname or ""
    return f"{origin}?t={seconds}" if host == "youtu.be" else f"{origin}#t={seconds}"
