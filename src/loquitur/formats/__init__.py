"""Caption and transcript formats: one file each, and the table that names them.

A new format is one file with `write(...) -> Written` and one line in `FORMATS`. Nothing is
imported before a format is used.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from loquitur.errors import UsageError, near
from loquitur.formats.written import Written

if TYPE_CHECKING:
    from loquitur.model.captions import CaptionTrack
    from loquitur.model.speech import Transcript

__all__ = ["FORMATS", "Format", "Written", "find", "names", "write"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format's line in the table.

    Args:
        suffix: Of its files, without the dot.
        takes: Whether it writes a transcript or a caption track.
        writer: Its function, as `"module:function"`.
        title: What it is, in a few words.
    """

    suffix: str
    takes: Literal["transcript", "track"]
    writer: str
    title: str


FORMATS: dict[str, Format] = {
    "vtt": Format(
        suffix="vtt", takes="track", writer="loquitur.formats.vtt:write", title="WebVTT captions"
    ),
    "srt": Format(
        suffix="srt", takes="track", writer="loquitur.formats.srt:write", title="SubRip captions"
    ),
    "json": Format(
        suffix="json",
        takes="transcript",
        writer="loquitur.formats.transcript_json:write",
        title="transcript with words, schema loquitur/transcript/1",
    ),
    "txt": Format(
        suffix="txt", takes="transcript", writer="loquitur.formats.txt:write", title="plain text"
    ),
    "md": Format(
        suffix="md", takes="transcript", writer="loquitur.formats.md:write", title="Markdown"
    ),
}


def names() -> tuple[str, ...]:
    """The formats there are."""
    return tuple(FORMATS)


def find(name: str) -> Format:
    """A format's line in the table.

    Raises:
        UsageError: There is no such format; near names are offered.
    """
    if name not in FORMATS:
        raise UsageError(
            f"unknown format '{name}'", hint=near(name, FORMATS), code="LQ-USAGE-FORMAT"
        )
    return FORMATS[name]


def write(
    name: str, transcript: Transcript | None = None, track: CaptionTrack | None = None
) -> Written:
    """A transcript or track in a format, and what the format could not carry.

    Args:
        name: The format.
        transcript: Needed by formats that take a transcript.
        track: Needed by formats that take a track.

    Raises:
        UsageError: There is no such format, or what it takes is not given.
    """
    form = find(name)
    content = transcript if form.takes == "transcript" else track
    if content is None:
        given = "a caption track" if form.takes == "transcript" else "a transcript"
        raise UsageError(
            f"format '{name}' is written from a {form.takes}, not from {given}",
            hint="formats that take it: "
            + ", ".join(known for known in FORMATS if FORMATS[known].takes != form.takes),
            code="LQ-USAGE-FORMAT",
        )
    module, function = form.writer.split(":")
    writer = cast("Callable[[object], Written]", getattr(importlib.import_module(module), function))
    return writer(content)
