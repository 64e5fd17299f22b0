"""Tables of videos and labels as people keep them, into one row a video.

CSV (any separator), TSV or JSON Lines with a column of ids, addresses or paths, and one or several
of labels. A label is a name, a number of a vocabulary, a Knowledge Graph id (`/m/0k8hs`), or a
number of YouTube's own categories. Rows of one video are joined; lists of ids that are published
have the same video several times.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from loquitur.conversion import decoder
from loquitur.errors import InputError, UsageError, near
from loquitur.media import urls
from loquitur.text import display
from loquitur.vision.corpora.material import Material
from loquitur.vision.labels.dataset import PARTS
from loquitur.vision.labels.own.videos import LabelledVideo
from loquitur.vision.labels.vocabulary import LabelIndex, LabelVocabulary
from loquitur.vision.labels.youtube_categories import YOUTUBE_CATEGORIES
from loquitur.vision.splits import split_name
from loquitur.youtube.references import video_id as id_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

VIDEO_COLUMNS = (
    *("video_id", "youtube_id", "ytid", "vid", "video", "url", "path", "file", "source"),
    *("filename", "id"),
)
LABEL_COLUMNS = (
    *("labels", "label", "positive_labels", "genre", "genres", "topic", "topics", "class"),
    *("category_id", "categoryid", "category"),
)
CATEGORY_COLUMNS = ("category_id", "categoryid")
"""Columns of YouTube's own categories by number."""
PART_COLUMNS = ("part", "split", "set", "subset", "partition")
_PLACES = ("path", "file", "filename", "source", "video")
_PARTS = {"validation": "validate"}
_APART = re.compile(r"[|;]")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOptions:
    """How a table is read.

    Args:
        video: The column of ids, addresses or paths; found out by its name where empty.
        labels: The columns of labels; found out by their names where empty.
        separator: Between the labels of a cell; where empty `|` or `;`, else a comma where every
            piece is a label.
        vocabulary: What labels may be; where None any name is one.
        categories: Numbers are YouTube's own categories.
        skip_unknown: Leave out labels that the vocabulary has not, and count them.
    """

    video: str = ""
    labels: tuple[str, ...] = ()
    separator: str = ""
    vocabulary: LabelVocabulary | None = None
    categories: bool = False
    skip_unknown: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRead:
    """What stood in a table.

    Args:
        videos: Each once, in the order of the table.
        rows: How many rows there were.
        joined: How many rows were of a video that had one before.
        unknown: Labels that were left out, and how often they stood there.
        has_labels: Whether there was a column of labels.
    """

    videos: tuple[LabelledVideo, ...]
    rows: int
    joined: int
    unknown: dict[str, int]
    has_labels: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """The names of the columns that are used."""

    video: str
    place: str
    labels: tuple[str, ...]
    part: str


def read_table(path: Path, options: TableOptions) -> TableRead:
    """The videos of a table, each once, with all labels that its rows give it.

    Args:
        path: The file.
        options: Its columns, and what its labels are.

    Raises:
        InputError: No such table, a cell that names no video, an unknown label, two parts for one
            video; the message names the line.
        UsageError: It has no such columns.
    """
    material = Material(path)
    labels = _Labels(options)
    found: dict[str, LabelledVideo] = {}
    rows = joined = 0
    columns: _Columns | None = None
    for line, row in _rows(material):
        columns = columns or _columns(list(row), options, material)
        rows += 1
        try:
            video = _video(row, columns, path.parent)
            names = labels.of(row, columns.labels)
        except InputError as exc:
            raise material.wrong(exc.message, line, hint=exc.hint) from exc
        video = dataclasses.replace(video, labels=names)
        before = found.get(video.video_id)
        if before is not None:
            joined += 1
            if before.part and video.part and before.part != video.part:
                raise material.wrong(
                    f"'{video.video_id}' is in the parts {before.part} and {video.part}", line
                )
            video = dataclasses.replace(
                before,
                labels=tuple(dict.fromkeys((*before.labels, *names))),
                part=before.part or video.part,
                title=before.title or video.title,
                description=before.description or video.description,
            )
        found[video.video_id] = video
    if columns is None:
        raise material.wrong("no rows")
    return TableRead(
        videos=tuple(found.values()),
        rows=rows,
        joined=joined,
        unknown=dict(labels.unknown.most_common()),
        has_labels=bool(columns.labels),
    )


def _rows(material: Material) -> Iterator[tuple[int, dict[str, object]]]:
    if material.head().lstrip().startswith("{"):
        lines = decoder(dict[str, object])
        for number, text in material.lines():
            if text.strip():
                try:
                    entry = lines.decode(text)
                except msgspec.MsgspecError as exc:
                    raise material.wrong(f"not an object of JSON: {exc}", number) from exc
                yield number, {name.strip().lower(): value for name, value in entry.items()}
        return
    rows = material.rows("\t" if "\t" in material.head() else "")
    header = [cell.strip().lower() for cell in next(rows, (0, []))[1]]
    if len(header) == 1 and urls.is_video_id(header[0]):
        raise material.wrong("no header", 1, hint="expected a first line of column names: video_id")
    for line, row in rows:
        if len(row) > len(header):
            raise material.wrong(f"{len(row)} cells under {len(header)} columns", line)
        yield line, dict(zip(header, [*row, *[""] * (len(header) - len(row))], strict=True))


def _columns(names: Sequence[str], options: TableOptions, material: Material) -> _Columns:
    def named(name: str) -> str:
        if name.lower() not in names:
            raise UsageError(f"{material.name}: no column '{name}'", hint=near(name, names))
        return name.lower()

    video = named(options.video) if options.video else _first(VIDEO_COLUMNS, names)
    if not video:
        raise UsageError(
            f"{material.name}: no column of videos among {display(', '.join(names))[:200]}",
            hint="--video-column NAME",
        )
    if options.labels:
        labels = tuple(named(one) for one in options.labels)
    else:
        first = _first(LABEL_COLUMNS, names)
        labels = (first,) if first else ()
    place = _first(_PLACES, names)
    return _Columns(
        video=video,
        place=place if place != video else "",
        labels=labels,
        part=_first(PART_COLUMNS, names),
    )


def _first(known: Sequence[str], names: Sequence[str]) -> str:
    return next((name for name in known if name in names), "")


def _video(row: dict[str, object], columns: _Columns, folder: Path) -> LabelledVideo:
    given = str(row.get(columns.video) or "").strip()
    if not given:
        raise InputError("a row without a video")
    place = str(row.get(columns.place) or "").strip() if columns.place else ""
    if place:
        video, ident = _place(place, folder)[0], given
    else:
        video, ident = _place(given, folder)
    part = split_name(str(row.get(columns.part) or "")) if columns.part else ""
    part = _PARTS.get(part, part)
    if part and part not in PARTS:
        raise InputError(f"no part is called '{display(part)}'", hint=f"known: {', '.join(PARTS)}")
    return LabelledVideo(
        video=video,
        video_id=ident,
        part=part,
        title=str(row.get("title") or ""),
        description=str(row.get("description") or ""),
    )


def _place(given: str, folder: Path) -> tuple[str, str]:
    """Where a video is, and what it is known by."""
    suffix = Path(given).suffix.lower()
    if not urls.is_url(given) and (suffix in urls.MEDIA_SUFFIXES or "/" in given):
        path = Path(given).expanduser()
        path = path if path.is_absolute() else folder / path
        return str(path), _distinct(path.stem, str(path), given)
    if not urls.is_url(given) or urls.is_youtube(given):
        ident = id_of(given)
        return urls.watch_url(ident), ident
    address = urls.canonical(given)
    name = Path(urls.last_name(address)).stem
    return address, _distinct(name, address, address)


def _distinct(name: str, whole: str, given: str) -> str:
    """A name that no other video has: its own, and where it lies in folders a mark of those."""
    if "/" not in given:
        return name
    return f"{name}-{hashlib.sha256(whole.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


class _Labels:
    """Cells to names of labels."""

    def __init__(self, options: TableOptions) -> None:
        self._options = options
        self._vocabulary = options.vocabulary
        self._index = LabelIndex(options.vocabulary) if options.vocabulary else None
        labels = options.vocabulary.labels if options.vocabulary else ()
        self._known = {_folded(one.name) for one in labels} | {one.entity for one in labels} - {""}
        self._found: dict[str, str] = {}  # a table says the same few thousand again and again
        self.unknown: Counter[str] = Counter()

    def of(self, row: dict[str, object], columns: Sequence[str]) -> tuple[str, ...]:
        """The labels of a row, each once.

        Raises:
            InputError: One is unknown.
        """
        found: dict[str, None] = {}
        for column in columns:
            by_number = self._options.categories or column in CATEGORY_COLUMNS
            for text in self._pieces(row.get(column)):
                name = self._category(text) if by_number else self._name(text)
                if name:
                    found[name] = None
        return tuple(found)

    def _pieces(self, cell: object) -> list[str]:
        if cell is None or cell == "":
            return []
        if isinstance(cell, list):
            return [str(one).strip() for one in cell if str(one).strip()]
        text = " ".join(str(cell).split())
        apart = self._options.separator
        if apart:
            pieces = text.split(apart)
        elif _APART.search(text):
            pieces = _APART.split(text)
        elif "," in text and not self._is_known(text):
            pieces = text.split(",")
            stripped = [one.strip() for one in pieces]
            if not all(one.isdigit() or one.startswith("/") or self._is_known(one)
                       for one in stripped):  # fmt: skip
                pieces = [text]
        else:
            pieces = [text]
        return [one.strip() for one in pieces if one.strip()]

    def _is_known(self, text: str) -> bool:
        return text in self._known or _folded(text) in self._known

    def _category(self, text: str) -> str:
        if text in YOUTUBE_CATEGORIES.values():
            return text
        if text.isascii() and text.isdigit() and int(text[:6]) in YOUTUBE_CATEGORIES:
            return YOUTUBE_CATEGORIES[int(text)]
        return self._lacking(
            text,
            InputError(
                f"'{display(text)[:60]}' is none of YouTube's categories",
                hint="they have numbers: 10 is Music; those from 30 on nobody can assign",
            ),
        )

    def _name(self, text: str) -> str:
        if self._vocabulary is None or self._index is None:
            return text
        if text not in self._found:
            self._found[text] = self._looked_up(text, self._vocabulary, self._index)
        elif not self._found[text]:
            self.unknown[text] += 1
        return self._found[text]

    def _looked_up(self, text: str, vocabulary: LabelVocabulary, index: LabelIndex) -> str:
        try:
            if text.isascii() and text.isdigit() and not self._is_known(text):
                return _numbered(vocabulary, int(text[:9]))
            return vocabulary.labels[index.find(text)].name
        except InputError as error:
            return self._lacking(text, error)

    def _lacking(self, text: str, error: InputError) -> str:
        if not self._options.skip_unknown:
            hint = f"{error.hint}; --skip-unknown leaves such labels out".removeprefix("; ")
            raise InputError(error.message, hint=hint)
        self.unknown[text] += 1
        return ""


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _numbered(vocabulary: LabelVocabulary, number: int) -> str:
    if number >= len(vocabulary):
        raise InputError(
            f"label {number}: the vocabulary has {len(vocabulary)}",
            hint="the labels are of another version of the vocabulary?",
        )
    return vocabulary.labels[number].name
