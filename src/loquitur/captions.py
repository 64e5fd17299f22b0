"""Caption files for whoever has one: read, written and converted, in any of the formats.

These are the functions that stand behind `loquitur subs` and that a Python user calls:

    track = lq.read("old.srt")
    lost = lq.write(track, "new.vtt")
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur import formats
from loquitur.delivery import write_file
from loquitur.errors import InputError, LoquiturError, UsageError
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from loquitur.model.captions import CaptionTrack

_BOM = b"\xef\xbb\xbf"


def read(
    path: str | Path,
    *,
    form: str = "",
    language: str = "",
    encoding: str = "",
    fps: float | None = None,
) -> CaptionTrack:
    """A caption track from a file of any format.

    Args:
        path: The file.
        form: Its format (`srt`, `vtt` ...); empty for what its name, else its content says.
        language: BCP 47 tag; empty for what the file or its name says.
        encoding: How its text is encoded; empty to find out.
        fps: Frames per second, for formats that count frames.

    Returns:
        The track; what had to be mended to read it is in its `diagnostics`.

    Raises:
        InputError: It cannot be read, is not of its format, or holds text and no cue.
        UsageError: There is no such format.
        MissingError: The format needs a package that is not installed.
    """
    track = formats.read(Path(path), form=form, language=language, encoding=encoding, fps=fps)
    junk = next((one for one in track.diagnostics if one.code == "srt.junk"), None)
    if junk is not None and not track.cues:
        raise InputError(
            f"{display(str(path))} holds no cue: {junk.message}",
            hint="if it is of another format, say so with --from",
        )
    return track


def write(
    track: CaptionTrack,
    path: str | Path,
    *,
    form: str = "",
    crlf: bool = False,
    bom: bool = False,
) -> tuple[str, ...]:
    """Write a caption track, whole or not at all, and give what the format could not carry.

    Args:
        track: The captions.
        path: Where to; an existing file is replaced.
        form: The format; empty for what the name says.
        crlf: Whether lines end as on Windows, for old players.
        bom: Whether the text begins with a byte order mark, for old players.

    Raises:
        UsageError: There is no such format, or the name says none.
        FullError: It cannot be written there.
    """
    place = Path(path)
    content, losses = content_of(track, form or named_format(place), crlf=crlf, bom=bom)
    write_file(place, content)
    return losses


def content_of(
    track: CaptionTrack, form: str, *, crlf: bool = False, bom: bool = False
) -> tuple[bytes, tuple[str, ...]]:
    """The bytes of a track in a format, and what the format could not carry."""
    written = formats.write_track(form, track)
    content = written.content
    if not written.data:
        content = content.replace(b"\n", b"\r\n") if crlf else content
        content = _BOM + content if bom else content
    return content, written.losses


def named_format(path: Path) -> str:
    """The format that a file's name says.

    Raises:
        UsageError: It says none.
    """
    found = formats.format_of(path)
    if not found:
        raise UsageError(
            f"{display(path.name)} names no caption format",
            hint="say it with --to; there are " + ", ".join(formats.names()),
            code="LQ-USAGE-FORMAT",
        )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """One file converted, or why it was not.

    Args:
        source: The file.
        target: Where the result is, or would be; None for standard output.
        track: What was read; None where it could not be.
        form: The format of the result.
        content: The result's bytes where it goes to standard output.
        losses: What that format could not carry.
        error: Why there is no result.
    """

    source: Path
    target: Path | None
    form: str
    track: CaptionTrack | None = None
    content: bytes = b""
    losses: tuple[str, ...] = ()
    error: LoquiturError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How files are read (see `read`) and written (see `write`)."""

    form: str = ""
    language: str = ""
    encoding: str = ""
    fps: float | None = None
    crlf: bool = False
    bom: bool = False


def convert(
    source: Path, target: Path | None, form: str, reading: Reading | None = None
) -> Conversion:
    """Convert one file; a failure is the result's `error`, and nothing is written then."""
    told = reading or Reading()
    done = Conversion(source=source, target=target, form=form)
    try:
        track = read(
            source, form=told.form, language=told.language, encoding=told.encoding, fps=told.fps
        )
        done = replace(done, track=track)
        content, losses = content_of(track, form, crlf=told.crlf, bom=told.bom)
        if target is None:
            return replace(done, content=content, losses=losses)
        write_file(target, content)
    except LoquiturError as exc:
        return replace(done, error=exc)
    return replace(done, losses=losses)


def convert_all(
    sources: Iterable[Path], folder: Path, form: str, reading: Reading | None = None
) -> Iterator[Conversion]:
    """Convert many files into a folder; one that fails stops no other.

    Files keep their stems; where two would get one name, later ones carry their old suffix too
    (`talk.srt.vtt`), and then a number.
    """
    suffix = formats.find(form).suffix
    taken: set[Path] = set()
    for source in sources:
        names = [source.stem, source.name, *(f"{source.name}-{n}" for n in range(2, 1000))]
        places = (folder / f"{name}.{suffix}" for name in names)
        target = next(place for place in places if place not in taken)
        taken.add(target)
        yield convert(source, target, form, reading)


def caption_files(given: Sequence[str]) -> list[Path]:
    """The files that some names stand for: a folder's caption files, in order, or itself.

    Raises:
        InputError: A folder holds none.
    """
    found: list[Path] = []
    for name in given:
        path = Path(name)
        if not path.is_dir():
            found.append(path)
            continue
        inside = [
            item
            for item in sorted(path.rglob("*"))
            if item.is_file() and (known := formats.format_of(item)) and formats.find(known).reader
        ]
        if not inside:
            raise InputError(f"{display(name)} holds no caption file")
        found += inside
    return found
