"""What a person may give as INPUT, and the single media that it stands for."""

from __future__ import annotations

import difflib
import errno
import os
import stat
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from loquitur.errors import InputError, LoquiturError, UsageError, near
from loquitur.media import ytdlp
from loquitur.media.transfer import DEFAULTS
from loquitur.media.urls import (
    MEDIA_SUFFIXES,
    canonical,
    is_url,
    is_video_id,
    parse,
    watch_url,
    youtube_id,
)
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from loquitur.media.transfer import FetchOptions

Kind: TypeAlias = Literal["file", "folder", "url", "list"]

_NAMES_LOOKED_AT = 10_000
_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One INPUT, understood.

    Args:
        given: What was given, or what stood in the list or folder.
        kind: `file` and `url` are one medium, `folder` and `list` (playlist, channel) many.
        path: Where it lies, None for an address.
        url: What to ask, None for a path.
        title: What a list calls it; a stranger's text, may be empty.
    """

    given: str
    kind: Kind
    path: Path | None = None
    url: str | None = None
    title: str = ""

    @property
    def key(self) -> str:
        """The canonical address by which the store knows it; empty for a path."""
        return canonical(self.url) if self.url is not None else ""

    @property
    def video_id(self) -> str | None:
        """The YouTube video id, None for anything else."""
        return youtube_id(self.url) if self.url is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """One INPUT that cannot be used, and why; the others go on."""

    given: str
    error: LoquiturError


def expand(
    inputs: Iterable[str],
    *,
    stdin: Iterable[str] | None = None,
    options: FetchOptions = DEFAULTS,
) -> Iterator[Source | Unusable]:
    """The single media of some INPUTs, one after the other, each found only when it is asked for.

    Folders give their media files, sorted, with all folders below; playlists and channels their
    videos; `-` each line of `stdin` that is not empty and does not begin with `#`.

    Args:
        inputs: What the person gave.
        stdin: The lines of standard input; None where there is none to read.
        options: How to ask for playlists.

    Yields:
        A `Source` of kind `file` or `url`, or what cannot be used and why.
    """
    for given in inputs:
        if given == "-":
            yield from _listed(stdin, options)
        else:
            yield from _media_of(given, options)


def single(given: str, *, hint: str, options: FetchOptions = DEFAULTS) -> Source | Unusable:
    """The one medium that an INPUT is.

    Args:
        given: What the person gave.
        hint: What to do with several.
        options: How to ask for playlists.

    Raises:
        UsageError: It is several, or none.
    """
    found = list(islice(expand([given], options=options), 2))
    if len(found) != 1:
        raise UsageError(f"{display(given)} is not one medium", hint=hint)
    return found[0]


def classify(given: str) -> Source:
    """What one INPUT is. Asks the file system, never the network.

    An existing file or folder comes first, then an address, then an 11-character YouTube id.

    Raises:
        InputError: It is none of these; the hint names files that are called nearly so.
    """
    if is_url(given.strip()) and not Path(given).exists():
        url = parse(given)
        return Source(given=given, kind="list" if ytdlp.is_list(url) else "url", url=url)
    if not given.strip():
        raise InputError("an empty name is no input", code="LQ-INPUT-NO-FILE")
    try:
        mode = Path(given).stat().st_mode
    except (OSError, ValueError) as exc:
        if is_video_id(given) and isinstance(exc, FileNotFoundError):
            return Source(given=given, kind="url", url=watch_url(given))
        raise _missing(given, exc) from exc
    if stat.S_ISDIR(mode):
        return Source(given=given, kind="folder", path=Path(given))
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "something else")
        raise InputError(f"{display(given)}: {kind}, not a file", code="LQ-INPUT-NO-FILE")
    return Source(given=given, kind="file", path=Path(given))


def _listed(stdin: Iterable[str] | None, options: FetchOptions) -> Iterator[Source | Unusable]:
    if stdin is None:
        error = InputError("'-' asks for a list on standard input, and there is none")
        yield Unusable(given="-", error=error)
        return
    for line in stdin:
        given = line.rstrip("\r\n")
        if given.strip() and not given.startswith("#"):
            yield from _media_of(given, options)


def _media_of(given: str, options: FetchOptions) -> Iterator[Source | Unusable]:
    try:
        source = classify(given)
        if source.path is not None and source.kind == "folder":
            yield from _in_folder(source.path)
        elif source.url is not None and source.kind == "list":
            yield from _in_list(source.url, options)
        else:
            yield source
    except LoquiturError as error:
        yield Unusable(given=given, error=error)


def _in_list(url: str, options: FetchOptions) -> Iterator[Source | Unusable]:
    count = 0
    for address, title in ytdlp.entries(url, options=options):
        count += 1
        try:
            asked = _entry(address, title or url)
        except InputError as error:  # the other videos of the list go on
            yield Unusable(given=address or title or url, error=error)
        else:
            yield Source(given=address, kind="url", url=asked, title=title)
    if not count:
        raise InputError(f"{canonical(url)}: there is no video in that list", code="LQ-INPUT-EMPTY")


def _entry(address: str, name: str) -> str:
    if not address:
        raise InputError(f"{display(name)[:200]}: the list gives no address of it")
    return parse(address)


def _in_folder(top: Path) -> Iterator[Source | Unusable]:
    """Media files of a folder and all below it, by name; hidden ones and links to folders left out.

    The folders still to visit are kept in a list, so no depth is too deep.
    """
    waiting = [str(top)]
    seen: set[tuple[int, int]] = set()
    count = 0
    while waiting:
        folder = waiting.pop()
        try:
            identity = os.stat(folder)  # noqa: PTH116 - a Path of a deep folder is slow to make
            if (identity.st_dev, identity.st_ino) in seen:
                continue
            seen.add((identity.st_dev, identity.st_ino))
            files, folders = _scan(folder)
        except OSError as exc:
            count += 1
            yield Unusable(given=folder, error=_missing(folder, exc))
            continue
        for name in files:
            count += 1
            yield Source(given=name, kind="file", path=Path(name))
        waiting.extend(reversed(folders))
    if not count:
        raise InputError(
            f"{display(str(top))}: a folder without a media file",
            hint="media files end in .mp4, .mkv, .webm, .mov, .mp3, .m4a, .wav, .flac, .ogg ...",
            code="LQ-INPUT-EMPTY",
        )


def _scan(folder: str) -> tuple[list[str], list[str]]:
    files: list[str] = []
    folders: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            elif Path(entry.name).suffix.lower() in MEDIA_SUFFIXES and entry.is_file():
                files.append(entry.path)
    return sorted(files), sorted(folders)


def _missing(given: str, exc: OSError | ValueError) -> InputError:
    shown = display(given)[:200]
    number = exc.errno if isinstance(exc, OSError) else None
    if number in {errno.EACCES, errno.EPERM}:
        return InputError(f"{shown}: it may not be read", code="LQ-INPUT-NO-FILE")
    if number == errno.ELOOP:
        return InputError(f"{shown}: a link that leads to itself", code="LQ-INPUT-NO-FILE")
    if given.lower().startswith(("http:", "https:")):
        return InputError(f"{shown}: not a web address", hint="expected https://host/path")
    hint = _near_files(given) if number == errno.ENOENT else ""
    return InputError(f"{shown}: no such file or folder", hint=hint, code="LQ-INPUT-NO-FILE")


def _near_files(given: str) -> str:
    """What is called nearly so in the same folder."""
    path = Path(given)
    names: list[str] = []
    try:
        with os.scandir(path.parent) as entries:
            for entry in entries:
                names.append(entry.name)
                if len(names) >= _NAMES_LOOKED_AT:
                    break
    except OSError:
        return ""
    close = difflib.get_close_matches(path.name, names, n=3, cutoff=0.6)
    return display(near(path.name, close)) if close else ""
