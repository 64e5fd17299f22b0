"""Clips of one's own: JSON Lines (`loquitur/clips/1`), a table, or a folder of videos and texts."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from loquitur.conversion import decoder
from loquitur.languages import is_tag
from loquitur.media.urls import MEDIA_SUFFIXES, is_url, is_video_id
from loquitur.tables.reading import separator_in
from loquitur.timing import parse_clock, to_seconds
from loquitur.vision.clips import DRAWN, SCHEMA, SPLITS
from loquitur.vision.corpora.language_names import tag_of
from loquitur.vision.corpora.material import Material
from loquitur.vision.splits import split_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loquitur.vision.corpora.gathering import Gathering

PICTURES = MEDIA_SUFFIXES | {".gif", ".mjpeg", ".webp", ".y4m"}
"""Suffixes of what may have moving pictures."""

COLUMNS: dict[str, tuple[str, ...]] = {
    "clip": ("clip", "clip_id", "id", "name"),
    "video": ("video", "video_id", "videoid"),
    "source": ("source", "path", "file", "url"),
    "start": ("start", "start_s"),
    "end": ("end", "end_s"),
    "start_ms": ("start_ms",),
    "end_ms": ("end_ms",),
    "text": ("caption", "sentence", "description", "text"),
    "language": ("language", "lang"),
    "split": ("split", "set", "subset"),
    "category": ("category", "label", "genre"),
}
"""What a column is for, and the names it may have."""


class _Text(msgspec.Struct):
    text: str
    language: str = ""


class _Line(msgspec.Struct):
    """A clip as a line of JSON has it; times in ms, or in seconds or as a clock."""

    schema: str = SCHEMA
    clip: str | int = ""
    video: str | int = ""
    source: str = ""
    start_ms: int | None = None
    end_ms: int | None = None
    start: float | str | None = None
    end: float | str | None = None
    split: str = ""
    category: str | int = ""
    captions: list[str | _Text] = []
    caption: str = ""
    language: str = ""


_lines = decoder(_Line)


def gather(files: Sequence[Material], into: Gathering) -> None:
    """Clips of lines, tables and folders, by the order of the files."""
    for one in files:
        if one.path.is_dir():
            _folder(one.path, into)
        elif is_lines(one):
            _json_lines(one, into)
        else:
            _table(one, into)


def is_lines(material: Material) -> bool:
    """Whether a file is JSON Lines."""
    if material.path.suffix.lower() in (".jsonl", ".ndjson"):
        return True
    return material.head().lstrip().startswith("{")


def is_table(head: str) -> bool:
    """Whether a first line names the columns of clips with sentences."""
    return bool(
        _places([cell.strip().strip('"').lower() for cell in head.split(separator_in(head))])
    )


def _places(names: Sequence[str]) -> dict[str, int]:
    """Where the column for each use is; empty where these are no columns of clips."""
    places = {
        use: names.index(found)
        for use, known in COLUMNS.items()
        if (found := next((one for one in known if one in names), None))
    }
    return places if "text" in places and {"clip", "video", "source"} & places.keys() else {}


def _json_lines(material: Material, into: Gathering) -> None:
    for number, line in material.lines():
        if not line.strip():
            continue
        try:
            given = _lines.decode(line)
            span = _span(given)
        except (msgspec.MsgspecError, ValueError, RecursionError) as exc:
            raise material.wrong(f"not a clip: {exc}", number) from exc
        if given.schema != SCHEMA:
            raise material.wrong(f"of the form '{given.schema[:60]}', not {SCHEMA}", number)
        name = _take(into, given, material.path.parent, span)
        if not name:
            continue
        for said in [*given.captions, *([given.caption] if given.caption else [])]:
            if isinstance(said, str):
                into.say(name, said, tag_of(given.language))
            else:
                into.say(name, said.text, tag_of(said.language or given.language))


def _take(
    into: Gathering, given: _Line, folder: Path, span: tuple[float | None, float | None]
) -> str:
    """Hand over a clip; its name, empty where it cannot be taken."""
    source, name = given.source, str(given.clip)
    whole = span == (None, None)
    if not source and Path(name).suffix.lower() in PICTURES:
        source, name = name, str(Path(name).with_suffix(""))
        if not into.fits(name, *span):
            name = ""  # another span of the same file
    if not name and source:
        stem = str(Path(source).with_suffix("")) if not is_url(source) else source
        name = stem if whole else f"{stem}_{span[0] or 0:g}_{_end(span[1])}"
    video = str(given.video) or (source if source and not whole else name)
    source = placed(source, folder)
    taken = into.clip(
        name,
        video_id=video,
        source=source,
        start_s=span[0],
        end_s=span[1],
        split=split_name(given.split),
        category=str(given.category),
    )
    return name if taken else ""


def _end(second: float | None) -> str:
    return "end" if second is None else f"{second:g}"


def placed(source: str, folder: Path) -> str:
    """Where a source is: a path goes on from the folder of the file that names it."""
    if not source or source.startswith(DRAWN) or is_url(source):
        return source
    there = folder / source
    if is_video_id(source) and not there.exists():
        return source
    return str(there)


def _span(given: _Line) -> tuple[float | None, float | None]:
    return _time(given.start_ms, given.start), _time(given.end_ms, given.end)


def _time(ms: int | None, said: float | str | None) -> float | None:
    """Seconds, however they are said.

    Raises:
        ValueError: It is no time.
    """
    if ms is not None:
        return to_seconds(ms)
    if said is None or said == "":
        return None
    found = to_seconds(parse_clock(said)) if isinstance(said, str) else said
    if not math.isfinite(found):
        raise ValueError(f"{said} is no time")
    return found


def _table(material: Material, into: Gathering) -> None:
    rows = material.rows()
    _, header = next(rows, (0, []))
    names = [cell.strip().lower() for cell in header]
    places = _places(names)
    if not places:
        raise material.wrong(
            "no table of clips: it needs a column 'caption' and one of 'clip', 'video', 'source'",
            hint=f"its columns: {', '.join(names)[:200]}",
        )
    for number, row in rows:
        cells = {use: row[at].strip() if at < len(row) else "" for use, at in places.items()}
        if len(row) > len(names):
            raise material.wrong(f"{len(row)} cells under {len(names)} columns", number)
        try:
            given = _line_of(cells)
            span = _span(given)
        except ValueError as exc:
            raise material.wrong(f"not a clip: {exc}", number) from exc
        if name := _take(into, given, material.path.parent, span):
            into.say(name, cells["text"], tag_of(given.language))


def _line_of(cells: Mapping[str, str]) -> _Line:
    return _Line(
        clip=cells.get("clip", ""),
        video=cells.get("video", ""),
        source=cells.get("source", ""),
        start_ms=int(cells["start_ms"]) if cells.get("start_ms") else None,
        end_ms=int(cells["end_ms"]) if cells.get("end_ms") else None,
        start=cells.get("start") or None,
        end=cells.get("end") or None,
        split=cells.get("split", ""),
        category=cells.get("category", ""),
        language=cells.get("language", ""),
    )


def _is_text(name: str) -> bool:
    """Whether a name can be written down: file systems know others too."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _folder(top: Path, into: Gathering) -> None:
    """`clip.mp4` beside `clip.txt` (or `clip.de.txt`), one sentence a line.

    A folder inside that is called train, validation or test says the split.
    """
    files = sorted(path for path in top.rglob("*") if path.is_file() and path.name[0] != ".")
    videos: dict[str, Path] = {}
    for path in files:
        if path.suffix.lower() in PICTURES:
            name = path.relative_to(top).with_suffix("").as_posix()
            if not _is_text(name):
                into.drop("video whose name is not UTF-8", path.name)
                continue
            if name in videos:
                into.drop("video of the same name as another", path.name)
                continue
            videos[name] = path
            split = split_name(name.split("/")[0]) if "/" in name else ""
            into.clip(
                name,
                video_id=name,
                source=str(path),
                split=split if split in SPLITS else "",
            )
    for path in files:
        if path.suffix.lower() != ".txt":
            continue
        name, language = path.relative_to(top).with_suffix("").as_posix(), ""
        stem, dot, tag = name.rpartition(".")
        if name not in videos and dot and is_tag(tag):
            name, language = stem, tag
        if name not in videos:
            into.drop("text without its video", path.name)
            continue
        for _, line in Material(path).lines():
            if line.strip():
                into.say(name, line, language)
