"""Opening a local file as a medium: which containers are accepted, and what is said of the others.

Only regular files reach the demuxer, through an open file object without a name, so that the
content alone decides and no path is ever taken for a protocol. Two whitelists go with it: FFmpeg
opens any local playlist by default and then whatever file or host the playlist names, and a list
of protocols alone does not stop that.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from loquitur.errors import InputError
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

FORMATS = (
    *("mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm"),
    *("wav", "w64", "aiff", "au", "caf", "mp3", "flac", "ogg", "aac", "ac3", "eac3", "amr"),
    *("ape", "tta", "wv", "avi", "asf", "flv", "mpeg", "mpegts", "dv"),
)
"""The demuxers of FFmpeg that may run (their names, not file extensions)."""

ANIMATED = ("gif", "apng")
"""The demuxers of pictures that move: media for those who look, without a sound to hear."""

PROTOCOLS = ("file",)
"""The protocols of FFmpeg that a demuxer may use; the accepted demuxers need none."""

ACCEPTED = "mp4, mov, mkv, webm, m4a, mp3, aac, wav, flac, ogg, opus, avi, ts, mpg"

_PLAYLIST = "is a playlist, not a medium"
_PLAYLIST_HINT = "name the media files it lists, or give the web address it came from"
_KNOWN_STARTS: tuple[tuple[bytes, str, str], ...] = (
    (b"#EXTM3U", _PLAYLIST, _PLAYLIST_HINT),
    (b"ffconcat", _PLAYLIST, _PLAYLIST_HINT),
    (b"[playlist]", _PLAYLIST, _PLAYLIST_HINT),
    (b"<?xml", "is an XML document, not a medium", ""),
    (b"<!doctype html", "is a web page, not a medium", "give its web address instead"),
    (b"<html", "is a web page, not a medium", "give its web address instead"),
    (b"GIF8", "is a GIF picture: it has no sound", ""),
    (b"\x89PNG", "is a picture, not a medium with sound", ""),
    (b"\xff\xd8\xff", "is a picture, not a medium with sound", ""),
    (b"%PDF", "is a PDF document, not a medium", ""),
    (b"PK\x03\x04", "is a zip archive, not a medium", "unpack it first"),
    (b"FWS", "is a Flash (swf) film, which is not an accepted container", ""),
    (b"CWS", "is a Flash (swf) film, which is not an accepted container", ""),
)


@contextmanager
def open_container(path: Path, *, also: Sequence[str] = ()) -> Iterator[Any]:
    """Open a medium for demuxing; errors of FFmpeg inside the block become `InputError`.

    Args:
        path: A local regular file; any bytes in its name.
        also: Further demuxers that may run, such as that of animated pictures.

    Yields:
        A PyAV input container. Reading it may raise `reading_errors()`.

    Raises:
        InputError: Missing, not a regular file, empty, or not an accepted container.
    """
    import av

    with _open_regular(path) as file:
        options = {
            "protocol_whitelist": ",".join(PROTOCOLS),
            "format_whitelist": ",".join((*FORMATS, *also)),
        }
        try:
            container = av.open(
                _Nameless(file), "r", options=options, metadata_errors="replace", buffer_size=65536
            )
        except reading_errors() as error:
            raise _refused(path, error) from error
        try:
            yield container
        finally:
            container.close()


def reading_errors() -> tuple[type[Exception], ...]:
    """Everything that PyAV was seen to raise on damaged media."""
    import av.error

    return (
        av.error.FFmpegError,
        IndexError,
        EOFError,
        ValueError,  # and with it UnicodeDecodeError
        MemoryError,
        OSError,
    )


def damaged(path: Path, error: BaseException) -> InputError:
    """The error for a medium that opened and then could not be read on."""
    if isinstance(error, MemoryError):
        return InputError(
            f"{shown(path)}: reading it needs more memory than allowed",
            hint="the file is probably damaged; raise the memory limit if you trust it",
            code="LQ-MEDIA-LIMIT",
        )
    return InputError(
        f"{shown(path)}: damaged, cannot be read ({_reason(error)})",
        hint="fetch or export the file again",
        code="LQ-MEDIA-DAMAGED",
    )


def shown(path: Path) -> str:
    """A path as people may see it."""
    return display(str(path))


class _Nameless:
    """A file object without its name, so that nothing but the content decides."""

    name = "medium"

    def __init__(self, file: BinaryIO) -> None:
        self.read = file.read
        self.seek = file.seek
        self.tell = file.tell


@contextmanager
def _open_regular(path: Path) -> Iterator[BinaryIO]:
    # O_NONBLOCK: opening a FIFO that nobody writes to would wait for ever.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError as error:
        raise InputError(f"no such file: {shown(path)}", code="LQ-MEDIA-MISSING") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{shown(path)}: cannot be opened ({_reason(error)})") from error
    try:
        _check_regular(path, os.fstat(descriptor))
    except InputError:
        os.close(descriptor)
        raise
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        yield file


def _check_regular(path: Path, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise InputError(
            f"{shown(path)} is a folder, not a media file", hint="name the files in it"
        )
    if not stat.S_ISREG(status.st_mode):
        raise InputError(
            f"{shown(path)} is not a regular file", hint="copy the medium to a file first"
        )
    if status.st_size == 0:
        raise InputError(
            f"{shown(path)} is empty (0 bytes)",
            hint="fetch or export it again",
            code="LQ-MEDIA-DAMAGED",
        )


def _refused(path: Path, error: Exception) -> InputError:
    if isinstance(error, MemoryError):
        return damaged(path, error)
    said, hint = _kind(path)
    if not said:
        said = f"is not a medium that can be read ({_reason(error)})"
        hint = f"damaged, or not one of the accepted containers: {ACCEPTED}"
    return InputError(
        f"{shown(path)} {said}", hint=hint or f"accepted: {ACCEPTED}", code="LQ-MEDIA-FORMAT"
    )


def _kind(path: Path) -> tuple[str, str]:
    """What a file that FFmpeg refused is, by its first bytes, and what to do; else two blanks."""
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError:
        return "", ""
    folded = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for start, said, hint in _KNOWN_STARTS:
        if folded.startswith(start.lower()):
            return said, hint
    try:
        text = head[:256].decode("utf-8")
    except UnicodeDecodeError:
        return "", ""
    if text.isprintable() or all(char.isprintable() or char.isspace() for char in text):
        return "is a text file, not a medium", ""
    return "", ""


def _reason(error: BaseException) -> str:
    said = getattr(error, "strerror", None)  # FFmpeg's errors are not all OSErrors
    if said:
        return str(said)
    return str(error).partition("\n")[0][:120] or type(error).__name__
