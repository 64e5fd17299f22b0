"""Chapters of `insight transcript` as a list for a video's description."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.cli.output import tell
from loquitur.errors import FullError
from loquitur.text import display

if TYPE_CHECKING:
    from pathlib import Path

    from loquitur.insight.chapters.analysis import Chapters


def write_list(found: Chapters | None, path: Path) -> None:
    """Write `0:00 Title` lines, and tell what YouTube would not take; no file without chapters.

    Raises:
        FullError: The file cannot be written.
    """
    from loquitur.insight.chapters.analysis import youtube_text

    if found is None or not found.chapters:
        tell(f"{display(str(path))} is not written: " + (found.why if found else "no chapters"))
        return
    try:
        path.write_text(youtube_text(found), encoding="utf-8")
    except OSError as exc:
        raise FullError(f"{display(str(path))}: cannot be written: {exc.strerror or exc}") from exc
    tell(f"wrote {display(str(path))}")
    if found.faults:
        tell("YouTube will not show them: " + "; ".join(found.faults))
