"""Documents out of tables and chats: comments, messages, what is known of videos, clips described.

A table of many videos gives a document for each. Its cells are strangers' and are only read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from loquitur.errors import InputError, MissingError
from loquitur.formats import chapter_list
from loquitur.formats.json_files import read_document
from loquitur.formats.sniffing import begins_with_names
from loquitur.insight.column_names import present
from loquitur.insight.links import origin_of
from loquitur.insight.spoken.reading import video_id_in
from loquitur.languages import is_tag
from loquitur.library.documents import (
    Document,
    Remarks,
    Said,
    day_of,
    file_id,
    file_origin,
    media_id_of,
    plain_name,
    title_of,
)
from loquitur.library.passages.remarks import Remark
from loquitur.library.passages.speech import whole
from loquitur.media.urls import is_url, is_video_id
from loquitur.model.library import Part, Volume
from loquitur.text import display

if TYPE_CHECKING:
    from loquitur.model.library import Kind
    from loquitur.model.speech import Chapter
    from loquitur.tables.cells import Cell
    from loquitur.tables.table import Table

_MOST_CLIPS_BYTES = 256 << 20
_MOST_MS = 10**13
_MEDIA = re.compile(r"sha256:[0-9a-f]{64}")


def comments(path: Path, said: Said) -> tuple[Document, ...]:
    """A document for each video of a table of comments: each comment by itself, once.

    Those deleted and those without text are left out. A moment that a comment names (`12:34`) is
    its time.
    """
    table = _table(path)
    names = present(list(table.names))
    if "text" not in names:
        raise _no_column(path, table, "text")
    texts = table[names["text"]]
    idents = _cells(table, names.get("id"))
    authors = _cells(table, _first(table, ("author", "author_name")) or names.get("author_name"))
    gone = _cells(table, names.get("is_deleted"))
    videos = _cells(table, names.get("video_id"))
    kept: dict[str, list[tuple[str, str]]] = {}
    seen: set[Cell] = set()
    for at, text in enumerate(texts):
        ident = idents[at] if idents else None
        if not isinstance(text, str) or not text.strip() or (gone and gone[at] is True):
            continue
        if ident is not None and ident in seen:
            continue
        seen.add(ident)
        kept.setdefault(_text(videos, at), []).append((text, _text(authors, at)))
    return tuple(
        _document(
            path, said, video, "comments", Remarks(remarks=_remarks(rows, usual=said.language)), ""
        )
        for video, rows in kept.items()
    )


def chat(path: Path, said: Said) -> tuple[Document, ...]:
    """A chat, live or replayed: messages that stand together share passages."""
    from loquitur.insight.chats.columns import SAID
    from loquitur.insight.chats.reading import read_columns

    found = read_columns(path, video_id=said.video_id)
    columns = found.frame.select("at_ms", "type", "author_name", "text", "is_deleted")
    rows: list[tuple[str, str]] = []
    times: list[int | None] = []
    for at_ms, kind, author, text, is_deleted in columns.iter_rows():
        if kind in SAID and text and text.strip() and not is_deleted:
            rows.append((text, author or ""))
            timed = at_ms is not None and at_ms >= 0 and found.clock == "stream"
            times.append(at_ms if timed else None)
    source = Remarks(remarks=_remarks(rows, times, usual=said.language), together=True)
    document = _document(path, said, found.video_id or "", "chat", source, path.name)
    return (document,) if rows else ()


def metadata(path: Path, said: Said) -> tuple[Document, ...]:
    """A document for each video of a table of videos: its description, and its words of its own.

    Title, channel, date, length and language of the video come from it, and the chapters that its
    description lists.
    """
    table = _table(path)
    ids = _first(table, ("video_id", "id", "videoId"))
    titles = _first(table, ("title", "video_title"))
    if not ids or not titles:
        raise _no_column(path, table, "title" if ids else "video_id")
    documents: dict[str, Document] = {}
    for row in table.rows():
        video = str(row[ids] or "")
        title = str(row[titles] or "")
        if video and title.strip():
            one = _video(path, said, row, video, title)
            documents[one.volume.media_id] = one
    return tuple(documents.values())


def described_video(
    video_id: str, *, title: str, description: str, said: Said, duration_ms: int | None = None
) -> Document:
    """What the page of a video of YouTube tells: its description, and the chapters listed there.

    Args:
        video_id: Its id.
        title: Its own.
        description: As it stands there.
        said: What else is known: channel, day, language.
        duration_ms: Its length.
    """
    chapters = said.chapters or chapters_in(description, duration_ms)
    return Document(
        volume=Volume(
            media_id=media_id_of(video_id),
            title=title_of(title),
            channel=whole(said.channel),
            published=day_of(said.published),
            language=said.language or "und",
            duration_ms=duration_ms,
            origin=origin_of(video_id=video_id),
        ),
        part=Part(kind="metadata", source="metadata"),
        source=Remarks(
            remarks=tuple(_lines([description or title], usual=said.language or "und")),
            together=True,
        ),
        chapters=chapters,
    )


class _Clip(msgspec.Struct):
    start_ms: int
    end_ms: int
    text: str


class _Clips(msgspec.Struct):
    descriptions: list[_Clip]
    video: str | None = None
    media_id: str | None = None
    title: str | None = None
    duration_ms: int | None = None
    language: str | None = None


def describes_clips(path: Path) -> bool:
    """Whether a file is JSON of what is seen in the clips of a video.

    Raises:
        InputError: It cannot be read.
    """
    return begins_with_names(path, "descriptions", "video")


def descriptions(path: Path, said: Said) -> tuple[Document, ...]:
    """The described clips of a video (JSON with `video` and `descriptions`), each by itself."""
    form = read_document(
        path, _Clips, most_bytes=_MOST_CLIPS_BYTES, what="descriptions of clips",
        hint='expected {"video", "descriptions": [{"start_ms", "end_ms", "text"}]}',
    )  # fmt: skip
    clips = [
        (one.start_ms, one.end_ms, one.text)
        for one in sorted(form.descriptions, key=lambda one: (one.start_ms, one.end_ms))
        if one.text.strip() and 0 <= one.start_ms < one.end_ms < _MOST_MS
    ]
    written = form.language if form.language and is_tag(form.language) else ""
    source = Remarks(remarks=_clips(clips, written=written, usual=said.language))
    video = form.video or ""
    if not clips and not is_video_id(video.removeprefix("youtube:")):
        return ()
    return document_of_file(
        path, said, "descriptions", source, video=video, media_id=form.media_id or "",
        title=form.title or "", duration_ms=form.duration_ms,
    )  # fmt: skip


def document_of_file(
    path: Path, said: Said, kind: Kind, source: Remarks, *, video: str, media_id: str, title: str,
    duration_ms: int | None,
) -> tuple[Document, ...]:  # fmt: skip
    """A part of the medium that a file tells of: by its id of YouTube, else by its sha256.

    Args:
        path: The file.
        said: What is known of the medium beside it.
        kind: Of the part.
        source: What is told.
        video: How the file calls the medium.
        media_id: `sha256:...`, where the file says so.
        title: As the file says.
        duration_ms: As the file says.
    """
    known = video.removeprefix("youtube:")
    if is_video_id(known):
        return (_document(path, said, known, kind, source, path.name),)
    document = _document(path, said, "", kind, source, video)
    volume = document.volume
    if _MEDIA.fullmatch(media_id) and volume.media_id.startswith("file:"):
        volume = replace(volume, media_id=media_id, origin=_place(video, path, volume.origin))
    if title and not said.title:
        volume = replace(volume, title=title_of(title))
    if duration_ms is not None and 0 < duration_ms < _MOST_MS:
        volume = replace(volume, duration_ms=duration_ms)
    return (replace(document, volume=volume, titled=document.titled or bool(title)),)


def described_media(
    clips: Sequence[tuple[int, int, str]], *, said: Said, media_id: str, language: str,
    origin: str = "", duration_ms: int | None = None,
) -> Document:  # fmt: skip
    """What is seen in a medium, each clip by itself, beside what is said in it.

    Args:
        clips: When (ms) and what, by start.
        said: What is known of the medium: its id, title, channel, day.
        media_id: Of what has no id of YouTube.
        language: Of the sentences.
        origin: Where the moments of such a one lead.
        duration_ms: Its length.
    """
    return Document(
        volume=Volume(
            media_id=media_id_of(said.video_id) or media_id,
            title=title_of(said.title),
            channel=whole(said.channel),
            published=day_of(said.published),
            language=said.language or "und",
            origin=origin_of(video_id=said.video_id) if said.video_id else whole(origin),
            duration_ms=duration_ms,
        ),
        part=Part(kind="descriptions", source="descriptions"),
        source=Remarks(remarks=_clips(clips, written=language, usual=language)),
        titled=bool(said.title),
    )


def _clips(
    clips: Sequence[tuple[int, int, str]], *, written: str, usual: str
) -> tuple[Remark, ...]:
    """Each clip as a remark; in the language that whoever wrote it named, else by its words."""
    texts = [text for _, _, text in clips]
    languages = [written] * len(clips) if written else _languages(texts, usual=usual)
    return tuple(
        Remark(text=whole(text), start_ms=start_ms, end_ms=end_ms, language=language)
        for (start_ms, end_ms, text), language in zip(clips, languages, strict=True)
    )


def _place(video: str, path: Path, usual: str) -> str:
    """Where the moments of a described file lead: the medium itself, where it is still there."""
    for found in (Path(video), path.parent / video) if video else ():
        with suppress(OSError, ValueError):  # no name that a file could have
            if found.is_file():
                return whole(found.resolve().as_uri())
    return whole(video) if is_url(video) else usual


# --- tables ---------------------------------------------------------------------------------------


def _table(path: Path) -> Table:
    from loquitur.tables.table import Table

    return Table.read(path)


def _first(table: Table, names: Sequence[str]) -> str:
    return next((name for name in names if name in table.names), "")


def _cells(table: Table, name: str | None) -> Sequence[Cell]:
    return table[name] if name else ()


def _text(cells: Sequence[Cell], at: int) -> str:
    cell = cells[at] if cells else None
    return "" if cell is None else str(cell)


def _no_column(path: Path, table: Table, name: str) -> InputError:
    return InputError(
        f"{display(str(path))}: no column '{name}'",
        hint=f"it has {', '.join(table.names[:12])}; --kind says what a table is",
    )


def _remarks(
    rows: Sequence[tuple[str, str]], times: Sequence[int | None] = (), *, usual: str
) -> tuple[Remark, ...]:
    languages = _languages([text for text, _ in rows], usual=usual)
    return tuple(
        Remark(
            text=whole(text), author=" ".join(whole(author).split()), language=language,
            start_ms=times[at] if times else None,
        )
        for at, ((text, author), language) in enumerate(zip(rows, languages, strict=True))
    )  # fmt: skip


def _languages(texts: Sequence[str], *, usual: str) -> list[str]:
    """Of each text; one that tells too little has that of most others.

    Where nothing can tell, since py3langid is not installed, all have the usual one.

    Raises:
        MissingError: And there is no usual one.
    """
    from loquitur.insight.texts.identification import identify, settle

    try:
        return settle(texts, identify(texts))
    except MissingError:
        if not usual:
            raise
        return [usual] * len(texts)


def _document(
    path: Path, said: Said, video: str, kind: Kind, source: Remarks, name: str
) -> Document:
    """A part of the video that a row, an option or the file's name says, else of the file."""
    known = video or said.video_id or video_id_in(path.name)
    is_youtube = is_video_id(known)
    place = file_id(path)
    return Document(
        volume=Volume(
            media_id=media_id_of(known) if is_youtube else f"{place}#{known}" if known else place,
            title=title_of(said.title)
            or (plain_name(Path(name).name, known) if name else known or plain_name(path.name)),
            channel=whole(said.channel),
            published=day_of(said.published),
            language=said.language or "und",
            origin=origin_of(video_id=known) if is_youtube else whole(file_origin(path)),
        ),
        part=Part(kind=kind, source=kind),
        source=source,
        chapters=said.chapters,
        titled=bool(said.title),
    )


def _video(path: Path, said: Said, row: dict[str, Cell], video: str, title: str) -> Document:
    """What a row of a table of videos tells."""
    text = str(row.get("description") or "")
    tags = row.get("tags")
    words = tags if isinstance(tags, tuple) else ()
    length = row.get("duration_s")
    duration_ms = length * 1000 if isinstance(length, int) and length > 0 else None
    told = str(row.get("language") or "")
    language = told if is_tag(told) else said.language
    texts = [text or title, *([", ".join(words)] if words else [])]
    one = _document(
        path, Said(chapters=said.chapters or chapters_in(text, duration_ms)), video, "metadata",
        Remarks(remarks=tuple(_lines(texts, usual=language)), together=True), title,
    )  # fmt: skip
    return replace(
        one,
        titled=True,
        volume=replace(
            one.volume,
            title=title_of(title),
            channel=whole(str(row.get("channel_title") or "") or said.channel),
            published=_day(row.get("published_at")) or day_of(said.published),
            language=language or "und",
            duration_ms=duration_ms,
        ),
    )


def chapters_in(text: str, duration_ms: int | None = None) -> tuple[Chapter, ...]:
    """The chapters that a description lists, where YouTube would show them; else none."""
    found = chapter_list.read(text)
    return () if chapter_list.faults(found, duration_ms=duration_ms) else found


def _lines(texts: Sequence[str], *, usual: str) -> Iterator[Remark]:
    languages = _languages(texts, usual=usual)
    for text, language in zip(texts, languages, strict=True):
        for line in text.splitlines():
            if line.strip():
                yield Remark(text=whole(line), language=language)


def _day(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return day_of(cell) if isinstance(cell, str) else ""
