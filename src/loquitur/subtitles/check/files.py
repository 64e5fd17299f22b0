"""F: what the reader had to mend, passed over or guess."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.subtitles.check.finding import Mark, of_track

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.subtitles.check.scene import Scene

SAID_BY_CHECKS = ("cue.order", "cue.empty", "cue.end-before-start", "tag.", "srt.time.negative")
"""What checks of cues find themselves, and say better."""
SAID_BY_FORMAT = ("srt.tag.", "srt.entity", "srt.coords")
"""What a reader notes but a file may well have."""
_CODES: tuple[tuple[str, str], ...] = (
    ("text.encoding", "F001"),
    ("encoding.", "F001"),
    ("text.", "F002"),
    ("srt.is-webvtt", "F003"),
    ("vtt.signature", "F003"),
    ("vtt.header", "F003"),
    ("vtt.is-", "F003"),
    ("vtt.time", "F007"),
)
_ENDINGS: tuple[tuple[str, str], ...] = (
    (".encoding", "F001"),
    (".junk", "F004"),
    (".misplaced", "F004"),
    (".note-as-id", "F004"),
    (".dropped", "F007"),
)


def file_code(code: str) -> str:
    """The check that says what a reader's diagnostic says; empty where it is none of a file.

    >>> file_code("text.encoding"), file_code("srt.junk"), file_code("srt.time.dot")
    ('F001', 'F004', 'F006')
    """
    if code.startswith((*SAID_BY_CHECKS, *SAID_BY_FORMAT)):
        return ""
    for beginning, found in _CODES:
        if code.startswith(beginning):
            return found
    for ending, found in _ENDINGS:
        if code.endswith(ending):
            return found
    return "F006"


def _diagnosed(scene: Scene, wanted: str) -> Iterator[tuple[int, Mark]]:
    for diagnostic in scene.track.diagnostics:
        if file_code(diagnostic.code) == wanted:
            yield diagnostic.line, Mark(f"{diagnostic.message} ({diagnostic.code})", True)


@of_track("F001")
def encoding(scene: Scene) -> Iterator[tuple[int, Mark]]:
    """Not UTF-8."""
    yield from _diagnosed(scene, "F001")


@of_track("F002")
def signs_inside(scene: Scene) -> Iterator[tuple[int, Mark]]:
    """Byte order marks, NULs and line ends where none belong."""
    yield from _diagnosed(scene, "F002")


@of_track("F003")
def header(scene: Scene) -> Iterator[tuple[int, Mark]]:
    """The file says it is something else."""
    yield from _diagnosed(scene, "F003")


@of_track("F004")
def junk(scene: Scene) -> Iterator[tuple[int, Mark]]:
    """A block of no meaning."""
    for line, mark in _diagnosed(scene, "F004"):
        yield line, mark._replace(fix=False)


@of_track("F005")
def no_captions(scene: Scene) -> Iterator[tuple[int, Mark]]:
    """Nothing to show."""
    if not scene.timed:
        yield 0, Mark("no cue with text")


@of_track("F006")
def mended(scene: Scene) -> Iterator[tuple[int, Mark]]:
    """Read all the same."""
    yield from _diagnosed(scene, "F006")


@of_track("F007")
def unread(scene: Scene) -> Iterator[tuple[int, Mark]]:
    """A cue that no player shows."""
    for line, mark in _diagnosed(scene, "F007"):
        yield line, mark._replace(fix=False)
