"""What an input of a report is (a table, a chat, speech ...): by its content, then by its name."""

from __future__ import annotations

import csv
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from loquitur import formats
from loquitur.conversion import decoder
from loquitur.errors import InputError
from loquitur.formats.sniffing import sniff
from loquitur.formats.utterances import is_transcript
from loquitur.insight.column_names import present
from loquitur.insight.labels.reading import holds_labels
from loquitur.insight.libraries import library
from loquitur.insight.spoken.reading import video_id_in
from loquitur.media.urls import MEDIA_SUFFIXES
from loquitur.tables.reading import separator_in
from loquitur.tables.writing import FORMS
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Kind = Literal["table", "chat", "comments", "speech", "turns", "labels", "medium", ""]
"""`speech` is what was said; `turns` only who spoke when; an empty one is of no use here."""

_HEAD = 65_536
_MOST_FILES = 100_000
_CHAT_JSON = re.compile(r'"(?:replayChatItemAction|addChatItemAction)"|youtube#liveChatMessage')
_SPEECH_JSON = re.compile(
    r'"loquitur/(?:transcript|cues|words)/1"|"(?:snippets|events|wireMagic|segments|monologues|'
    r'results|words|utterances)"|"duration"'
)
_TURNS = (".rttm", ".stm", ".seglst.json")
_SPOKEN_FIRST = (".json3", ".srv3", ".vtt", ".ttml", ".srt")
"""Which of several files of one speech says most, in this order; others come after them."""
_decode = decoder(object).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file and what it is.

    Args:
        path: The file.
        kind: What it is.
        group: Of what video: its id where the name has one, else the name without its endings.
        address: Of what is no file: an id or a URL.
        full: A transcript of this package, which says more than captions do.
    """

    path: Path
    kind: Kind
    group: str
    address: str = ""
    full: bool = False

    @property
    def name(self) -> str:
        """As the user knows it."""
        return self.address or str(self.path)


def recognise(path: Path, *, named: bool = True) -> Found:
    """What a file is; of one found in a folder the kind is empty where it is of no use.

    Raises:
        InputError: It cannot be read, or, named by the user, is nothing that is reported on.
        MissingError: Parquet without polars.
    """
    kind = _kind(path, named=named)
    if not kind and named:
        raise InputError(
            f"{display(str(path))}: nothing that a report is made of",
            hint="expected a table (csv, jsonl, parquet), a chat, a transcript, captions, a folder",
        )
    full = kind == "speech" and path.suffix.lower() == ".json" and is_transcript(_text(path))
    return Found(path=path, kind=kind, group=group_of(path), full=full)


def group_of(path: Path) -> str:
    """What files of one video have in common.

    >>> group_of(Path("out/talk.en.vtt")), group_of(Path("My talk [dQw4w9WgXcQ].live_chat.json"))
    ('out/talk', 'dQw4w9WgXcQ')
    """
    found = video_id_in(path.name)
    if found:
        return found
    stem = path.name.lstrip(".").split(".", 1)[0]
    return os.path.join(path.parent, stem)  # noqa: PTH118 - a name of things, not a place


def in_folder(folder: Path) -> list[Found]:
    """The files of a folder and all below it that are of use, of each speech the fullest.

    A table of labels beside a document of the same labels says nothing more, and is passed over.

    Raises:
        InputError: It cannot be read, or has nothing of use.
    """
    found: list[Found] = []
    for path in files_below(folder):
        one = recognise(path, named=False)
        if one.kind and one.kind != "medium":
            found.append(one)
    if not found:
        raise InputError(
            f"{display(str(folder))} has no table, chat, transcript or captions in it",
            hint="a folder that loquitur run or loquitur youtube wrote to is expected",
        )
    told = {str(one.path).removesuffix(".json") for one in found if one.kind == "labels"}
    tables = {f"{name}.csv" for name in told if name.endswith(".labels")}
    return _fullest([one for one in found if str(one.path) not in tables])


def files_below(folder: Path) -> Iterator[Path]:
    """The files of a folder and all below it, in order; hidden ones are passed over.

    Raises:
        InputError: There are more than 100,000.
    """
    count = 0
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith("."):
                count += 1
                if count > _MOST_FILES:
                    raise InputError(f"{display(str(folder))} has more than {_MOST_FILES:,} files")
                yield Path(place, name)


def _fullest(found: Sequence[Found]) -> list[Found]:
    """Of several files of one speech (its formats, its translations) the one that says most."""
    best: dict[str, Found] = {}
    for one in found:
        if one.kind in ("speech", "turns"):
            other = best.get(one.group)
            if other is None or rank(one) < rank(other):
                best[one.group] = one
    return [one for one in found if one.kind not in ("speech", "turns") or best[one.group] is one]


def rank(found: Found) -> tuple[bool, bool, int, int, str]:
    """Speech before turns; transcripts; fewer endings (no language); by format; by name."""
    suffix = found.path.suffix.lower()
    place = _SPOKEN_FIRST.index(suffix) if suffix in _SPOKEN_FIRST else len(_SPOKEN_FIRST)
    endings = found.path.name.count(".") - (suffix == ".json3")
    return found.kind == "turns", not found.full, endings, place, found.path.name


def _kind(path: Path, *, named: bool) -> Kind:
    suffix = path.suffix.lower()
    if path.name.lower().endswith(_TURNS):
        return "turns"
    if suffix in MEDIA_SUFFIXES and suffix != ".ts":
        return "medium"
    form = FORMS.get(suffix.lstrip("."), "")
    if form == "parquet":
        return _of_columns(_parquet_names(path))
    if not form and not formats.format_of(path) and not named:
        return ""
    head = _head(path)
    if form == "csv":
        return "speech" if sniff(head) == "csv" else _of_columns(_csv_names(head))
    if form == "jsonl":
        return _of_line(head)
    if suffix == ".json" or sniff(head) == "json":
        return _of_json(path, head.decode("utf-8", "replace"), named=named)
    return _of_captions(path, head, named=named)


def _of_captions(path: Path, head: bytes, *, named: bool) -> Kind:
    """Captions, words or text; of bare text in folders only what has times in it."""
    form, signs = formats.format_of(path), sniff(head)
    if signs or form == "ctm":
        return "speech"
    readable = bool(form) and bool(formats.find(form).reader)
    if form in ("txt", "md", "docx", ""):
        return "speech" if named and form in ("txt", "md") and b"\0" not in head else ""
    return "speech" if readable else ""


def _of_json(path: Path, head: str, *, named: bool) -> Kind:
    if path.name.lower().endswith("live_chat.json") or _CHAT_JSON.search(head):
        return "chat"
    if holds_labels(path):
        return "labels"
    if named or _SPEECH_JSON.search(head[:4096]):
        return "speech"
    return ""


def _of_line(head: bytes) -> Kind:
    """A table of JSON Lines by the names in its first line; lines of a service are a chat."""
    text = head.decode("utf-8-sig", "replace")
    if _CHAT_JSON.search(text):
        return "chat"
    try:
        first: Any = _decode(text.lstrip().partition("\n")[0])
    except ValueError:
        return "table"  # its reader says what is wrong
    return _of_columns(list(first)) if isinstance(first, dict) else "table"


def _of_columns(names: Sequence[str]) -> Kind:
    known = {name.lower() for name in names}
    found = present([name for name in names if name.lower() != "channel_id"])  # of whose, is open
    if "text" not in found:
        return "table"
    if known & {"comment_id", "parent_id", "is_reply", "reply_count", "totalreplycount"}:
        return "comments"
    of_chats = ("offset_ms", "offset_s", "author_name", "author_channel_id")
    return "chat" if any(name in found for name in of_chats) else "table"


def _text(path: Path) -> str:
    return _head(path).decode("utf-8", "replace")


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError as exc:
        raise InputError(f"{display(str(path))}: cannot be read: {exc.strerror}") from exc


def _csv_names(head: bytes) -> list[str]:
    header = head.decode("utf-8-sig", "replace").partition("\n")[0].rstrip("\r")
    return next(csv.reader([header], delimiter=separator_in(header)), [])


def _parquet_names(path: Path) -> list[str]:
    polars = library("polars", "Parquet needs polars")
    _head(path)
    try:
        return list(polars.read_parquet_schema(path))
    except polars.exceptions.PolarsError as exc:
        raise InputError(f"{display(str(path))}: no Parquet") from exc
