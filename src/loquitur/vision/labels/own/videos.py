"""One's own labelled videos as a table: what `label data videos` writes and `label features` reads.

A row a video: `video` (a path, or an address), `video_id`, `labels` (names joined by `|`), `part`,
`title`, `description`, `tags` (joined by `|`), `category` (YouTube's own, by name), `status` (what
YouTube said: empty where it was not asked). CSV or JSON Lines; in JSON Lines lists are lists.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from loquitur.conversion import convert, decoder
from loquitur.errors import InputError
from loquitur.tables.cells import Cell, Column, unguarded
from loquitur.tables.writing import form_of, write
from loquitur.vision.corpora.material import Material
from loquitur.vision.labels.dataset import PARTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import TextIO

JOINT = "|"
"""Between the labels of a video in one cell."""
FOUND = "ok"
"""The status of a video that YouTube knows, as `youtube videos` says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledVideo:
    """One video of one's own.

    Args:
        video: A path, or an address.
        video_id: What it is known by in a data set; on YouTube its id.
        labels: Names, each once.
        part: `train`, `validate` or `test`; empty where nobody says.
        title: As its source calls it.
        description: What its source says of it.
        tags: The uploader's words.
        category: YouTube's own category, by name (`youtube_categories`): no label, and no vertical.
        status: What YouTube said of it: `ok`, or why it is gone; empty where it was not asked.
    """

    video: str
    video_id: str
    labels: tuple[str, ...] = ()
    part: str = ""
    title: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    category: str = ""
    status: str = ""


COLUMNS = (
    Column(name="video", description="A path, or an address"),
    Column(name="video_id", description="What it is known by", identifier=True),
    Column(name="labels", description=f"Names, joined by {JOINT}"),
    Column(name="part", description="train, validate or test"),
    Column(name="title"),
    Column(name="description"),
    Column(name="tags", description=f"The uploader's words, joined by {JOINT}"),
    Column(name="category", description="YouTube's own category"),
    Column(name="status", description="What YouTube said of it"),
)
_LISTS = ("labels", "tags")
_NAMES = tuple(column.name for column in COLUMNS)
_LIST_COLUMNS = tuple(
    Column(name=one.name, type="list" if one.name in _LISTS else "text", identifier=one.identifier)
    for one in COLUMNS
)


def write_videos(
    target: Path | TextIO, videos: Iterable[LabelledVideo], *, form: str = "", guard: bool = True
) -> int:
    """Write videos as CSV or JSON Lines; how many they were.

    Args:
        target: A file whose suffix names the format, or an open stream.
        videos: One a row.
        form: `csv` or `jsonl`, over the suffix.
        guard: CSV: an apostrophe before text that a spreadsheet would run.

    Raises:
        UsageError: The suffix names no format.
        InputError: A label has the sign that joins labels in it.
        FullError: No space, or no right to write there.
    """
    form = form or (form_of(target) if isinstance(target, Path) else "csv")
    if form == "csv":
        return write(target, COLUMNS, map(_cells, videos), form=form, guard=guard)
    rows = (tuple(getattr(one, name) for name in _NAMES) for one in videos)
    return write(target, _LIST_COLUMNS, rows, form=form, guard=guard)


def _cells(video: LabelledVideo) -> tuple[Cell, ...]:
    for label in video.labels:
        if JOINT in label:
            raise InputError(
                f"the label '{label}' has a '{JOINT}' in it, which joins labels in a cell",
                hint="write JSON Lines: -o FILE.jsonl",
            )
    return tuple(
        JOINT.join(one.replace(JOINT, " ") for one in cell) if isinstance(cell, tuple) else cell
        for cell in (getattr(video, name) for name in _NAMES)
    )


def read_videos(path: Path) -> tuple[LabelledVideo, ...]:
    """The videos of a table that `label data videos` wrote, or of one with its columns.

    Only the column `video` is needed; a missing `video_id` is the name of the file, or the address.

    Raises:
        InputError: No such file, no such table, a part that is none, a video twice.
    """
    material = Material(path)
    is_lines = path.suffix.lower() in (".jsonl", ".ndjson")
    found: dict[str, LabelledVideo] = {}
    for line, row in _json_rows(material) if is_lines else _csv_rows(material):
        try:
            video = convert(dict(row), LabelledVideo)
        except msgspec.ValidationError as exc:
            raise material.wrong(f"not a video: {exc}", line) from exc
        if not video.video.strip() or not video.video_id.strip():
            raise material.wrong("a row without a video", line)
        if video.part and video.part not in PARTS:
            hint = f"known: {', '.join(PARTS)}"
            raise material.wrong(f"no part is called '{video.part}'", line, hint=hint)
        if video.video_id in found:
            hint = "`loquitur label data videos` joins the rows of a video"
            raise material.wrong(f"the video '{video.video_id}' stands twice", line, hint=hint)
        found[video.video_id] = video
    return tuple(found.values())


def _csv_rows(material: Material) -> Iterator[tuple[int, Mapping[str, object]]]:
    rows = material.rows()
    header = [cell.strip().lower() for cell in next(rows, (0, []))[1]]
    if "video" not in header:
        raise material.wrong("no column 'video'", 1, hint=f"its columns: {', '.join(_NAMES)}")
    for line, row in rows:
        if len(row) != len(header):
            raise material.wrong(f"{len(row)} cells under {len(header)} columns", line)
        cells = {
            name: unguarded(cell) for name, cell in zip(header, row, strict=True) if name in _NAMES
        }
        plain: dict[str, object] = dict(cells)
        for name in _LISTS:
            plain[name] = [one for one in cells.get(name, "").split(JOINT) if one]
        plain.setdefault("video_id", _name_of(cells["video"]))
        yield line, plain


def _json_rows(material: Material) -> Iterator[tuple[int, Mapping[str, object]]]:
    lines = decoder(dict[str, object])
    for number, text in material.lines():
        if not text.strip():
            continue
        try:
            entry = lines.decode(text)
        except msgspec.MsgspecError as exc:
            raise material.wrong(f"not a video: {exc}", number) from exc
        row = {name: entry[name] for name in _NAMES if entry.get(name) is not None}
        row.setdefault("video_id", _name_of(str(row.get("video", ""))))
        yield number, row


def _name_of(video: str) -> str:
    return video if "://" in video else Path(video).stem
