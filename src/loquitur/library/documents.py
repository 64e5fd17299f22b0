"""Documents: of one volume the part that one source says, whatever kind of source that was."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur.errors import InputError, UsageError
from loquitur.insight.links import origin_of
from loquitur.insight.spoken.fragments import Spoken
from loquitur.languages import is_tag
from loquitur.library.passages.remarks import Remark, passages_of_remarks
from loquitur.library.passages.speech import passages_of, whole
from loquitur.media.urls import MEDIA_SUFFIXES, is_video_id
from loquitur.model.library import KINDS, Part, Volume
from loquitur.model.speech import Chapter
from loquitur.text import display

if TYPE_CHECKING:
    from loquitur.model.captions import CaptionTrack
    from loquitur.model.library import Kind, Passage
    from loquitur.model.speech import Transcript

_DAY = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?!\d)")
_ENDINGS = re.compile(
    r"(?:\.(?:[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*|live_chat|auto|asr))?\.[A-Za-z0-9]{1,8}\Z"
)
_ID_BEHIND = re.compile(r"\s*\[[A-Za-z0-9_-]{11}\]\Z")
_LONGEST_TITLE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is known of a video beside a file: it goes before what a file of one video says.

    Args:
        video_id: Of YouTube.
        title: For people.
        channel: Whose it is.
        published: `YYYY-MM-DD`.
        language: BCP 47.
        chapters: Ascending by start.
        find_chapters: Find them in what is said, where nothing else tells any.
    """

    video_id: str = ""
    title: str = ""
    channel: str = ""
    published: str = ""
    language: str = ""
    chapters: tuple[Chapter, ...] = ()
    find_chapters: bool = False

    def __post_init__(self) -> None:
        if self.video_id and not is_video_id(self.video_id):
            shown = display(self.video_id[:40])
            raise UsageError(f"not a video id: '{shown}'", hint="it has 11 characters")
        if self.published and not _DAY.fullmatch(self.published):
            raise UsageError(
                f"not a day: '{display(self.published[:40])}'", hint="expected YYYY-MM-DD"
            )
        if self.language and not is_tag(self.language):
            raise UsageError(
                f"not a language: '{display(self.language[:40])}'", hint="expected a BCP 47 tag"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Remarks:
    """What was written about a video, as a source of passages.

    Args:
        remarks: In their order.
        together: Whether short ones in a row share passages.
    """

    remarks: tuple[Remark, ...]
    together: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A part of a volume, with the source that its passages are cut from.

    Args:
        volume: What is known of the video; what is empty is not known.
        part: Its name and kind; its digest is filled in by `adding`.
        source: What was said or written.
        chapters: Of the video; a description of it may bring those of its speech.
        titled: Whether the title is more than the name of a file.
        warnings: What a reader of the source was told, a line each.
    """

    volume: Volume
    part: Part
    source: Spoken | Remarks
    chapters: tuple[Chapter, ...] = ()
    titled: bool = True
    warnings: tuple[str, ...] = field(default=(), compare=False)

    @property
    def passages(self) -> tuple[Passage, ...]:
        """Cut anew each time it is asked for."""
        media_id, name = self.volume.media_id, self.part.name
        if isinstance(self.source, Spoken):
            return passages_of(self.source, media_id=media_id, part=name, chapters=self.chapters)
        return passages_of_remarks(
            self.source.remarks,
            media_id=media_id,
            part=name,
            together=self.source.together,
            duration_ms=self.volume.duration_ms,
        )


def spoken_document(
    spoken: Spoken, *, said: Said | None = None, media_id: str = "", origin: str = ""
) -> Document:
    """What was said in a video as a document.

    Args:
        spoken: From `insight.spoken.reading` or one of the sources below.
        said: What is known beside it.
        media_id: Of what has no id of YouTube and says none itself.
        origin: Where the moments of such a one lead.

    Raises:
        UsageError: Nothing tells what video it is of.
    """
    said = said or Said()
    video_id = said.video_id or spoken.video_id or ""
    named = media_id_of(video_id) or spoken.media_id or media_id
    if not named:
        raise UsageError("nothing tells which video this is of", hint="give video_id= or media_id=")
    language = said.language or spoken.language
    titled = bool(said.title) or spoken.title != spoken.name
    chapters = said.chapters or spoken.chapters
    if said.find_chapters and not chapters:
        chapters = _found(spoken)
    volume = Volume(
        media_id=whole(named),
        title=title_of(
            said.title or (spoken.title if titled else plain_name(spoken.name, video_id))
        ),
        channel=whole(said.channel),
        published=day_of(said.published),
        language=language,
        duration_ms=spoken.duration_ms,
        origin=whole(origin_of(video_id=video_id or None) or origin),
    )
    return Document(
        volume=volume,
        part=Part(kind="speech", language=language, source=spoken.source),
        source=_sound(replace(spoken, language=language)),
        chapters=tuple(chapters),
        titled=titled,
    )


def transcript_document(
    transcript: Transcript, *, said: Said | None = None, origin: str = ""
) -> Document:
    """A transcript of this package as a document."""
    from loquitur.insight.spoken.transcripts import spoken_of

    return spoken_document(spoken_of(transcript), said=said, origin=origin or transcript.source)


def track_document(
    track: CaptionTrack, *, said: Said | None = None, media_id: str = ""
) -> Document:
    """A caption track as a document; lines that roll stand in it once.

    Raises:
        UsageError: Nothing tells which video it is of.
    """
    from loquitur.insight.spoken.captions import fragments_of_track
    from loquitur.subtitles.guessing import likely_language

    found = fragments_of_track(track)
    texts = [fragment.text for fragment in found.fragments]
    spoken = Spoken(
        name=track.name or "captions", title=track.name or "captions", fragments=found.fragments,
        language=track.language or likely_language(texts) or "und",
        pauses_known=found.pauses_known,
        source="automatic captions" if found.automatic else "captions",
    )  # fmt: skip
    return spoken_document(spoken, said=said, media_id=media_id)


def read_documents(
    path: str | Path, *, kind: Kind | None = None, said: Said | None = None
) -> tuple[Document, ...]:
    """What a file says of videos: of one, or, out of a table, of each in it.

    Args:
        path: A transcript, captions of any format, words with times, text (all of them speech);
            tables of `loquitur youtube comments|videos|channel|playlist|search` and of
            `loquitur youtube chat`, saved chats; descriptions of clips, labels.
        kind: What it is, where its content does not tell.
        said: What is known beside the file.

    Raises:
        InputError: It cannot be read, or is nothing of this kind.
        UsageError: No such kind.
        MissingError: A package it needs is not installed.
    """
    from loquitur.library import documents_written as written
    from loquitur.library.documents_labelled import labels

    place = Path(path)
    said = said or Said()
    if kind is not None and kind not in KINDS:
        raise UsageError(f"no such kind: '{display(kind)}'", hint="one of " + ", ".join(KINDS))
    found = kind or kind_of(place)
    if found == "speech":
        return (_speech(place, said),)
    readers = {
        "comments": written.comments, "chat": written.chat, "metadata": written.metadata,
        "descriptions": written.descriptions, "labels": labels,
    }  # fmt: skip
    return readers[found](place, said)


def kind_of(path: Path) -> Kind:
    """What kind of part a file makes, by its content.

    Raises:
        InputError: It cannot be read, or is nothing that a library holds.
    """
    from loquitur.insight.labels.reading import holds_labels
    from loquitur.insight.reports.recognising import recognise
    from loquitur.library.documents_written import describes_clips

    if describes_clips(path):
        return "descriptions"
    if holds_labels(path):
        return "labels"
    found = recognise(path).kind
    if found == "table":
        return "metadata"
    if found in ("turns", "medium", ""):
        raise InputError(
            f"{display(str(path))}: nothing was said in it that could be read",
            hint="`loquitur run` makes a transcript of sound" if found == "medium" else
            "who spoke when is no text" if found else "",
        )  # fmt: skip
    return "speech" if found == "speech" else "chat" if found == "chat" else "comments"


def media_id_of(video_id: str) -> str:
    """The media id of a video of YouTube; empty for none."""
    return f"youtube:{video_id}" if video_id else ""


def file_id(path: Path) -> str:
    """The media id of what is known by its file alone."""
    return whole(f"file:{path.resolve()}")


def file_origin(path: Path) -> str:
    """Where the moments of a file lead: the medium that lies beside it under its name, or itself.

    A `file:` address, so that a terminal can open it.
    """
    stem = _ENDINGS.sub("", path.name)
    for suffix in sorted(MEDIA_SUFFIXES - {".ts"}):
        for name in (path.stem, stem):
            beside = path.with_name(name + suffix)
            if beside.is_file():
                return beside.resolve().as_uri()
    return path.resolve().as_uri()


def title_of(text: str) -> str:
    """A title on one line."""
    return " ".join(whole(text).split())[:_LONGEST_TITLE]


def plain_name(name: str, video_id: str = "") -> str:
    """A file's name without its endings and without the id behind it.

    >>> plain_name("My talk [dQw4w9WgXcQ].en.vtt"), plain_name(".hidden")
    ('My talk', '.hidden')
    >>> plain_name("Lecture 1.5.srt"), plain_name("my_talk_dQw4w9WgXcQ.srt", "dQw4w9WgXcQ")
    ('Lecture 1.5', 'my_talk')
    """
    stem = _ENDINGS.sub("", name)
    short = _ID_BEHIND.sub("", stem).removesuffix(video_id).rstrip(" _-")
    return title_of(short or stem or name)


def day_of(text: str) -> str:
    """The day at the beginning of a time; empty where none is.

    >>> day_of("20240229"), day_of("2024-02-29T12:00:00Z"), day_of("today")
    ('2024-02-29', '2024-02-29', '')
    """
    match = _DAY.match(text)
    return "-".join(match.groups()) if match else ""


def _speech(path: Path, said: Said) -> Document:
    from loquitur.insight.spoken.reading import read_spoken

    spoken = read_spoken(path, video_id=said.video_id, language=said.language)
    if not spoken.fragments:
        raise InputError(f"{display(str(path))}: nothing is said in it")
    origin = file_origin(path) if spoken.times_known else path.resolve().as_uri()
    return spoken_document(spoken, said=said, media_id=file_id(path), origin=origin)


def _found(spoken: Spoken) -> tuple[Chapter, ...]:
    """The chapters that are clear in what is said; none where none are."""
    from loquitur.insight.chapters.analysis import find_chapters

    return tuple(
        Chapter(start_ms=one.start_ms, title=one.title) for one in find_chapters(spoken).chapters
    )


def _sound(spoken: Spoken) -> Spoken:
    """What is said alone, in texts that a store takes: what else it tells is in the volume."""
    fragments = [
        one
        if whole(one.text) == one.text and whole(one.speaker or "") == (one.speaker or "")
        else replace(
            one,
            text=whole(one.text),
            speaker=whole(one.speaker) if one.speaker else None,
            words=tuple(replace(word, text=whole(word.text)) for word in one.words),
        )
        for one in spoken.fragments
    ]
    return replace(
        spoken, fragments=tuple(fragments), name="", title="", media_id="", origin="", chapters=()
    )
