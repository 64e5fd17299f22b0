"""What was said, out of any file that says it: transcripts, captions, lists of words, bare text.

Files are untrusted: what their format's rules refuse is an `InputError`, and all else is read as
far as it goes. Rolling captions give each line once (`subtitles.rolling`), sounds in brackets and
remains of other formats are no speech (`subtitles.cleaning`), names before lines are speakers.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from loquitur import formats
from loquitur.errors import InputError, UsageError
from loquitur.formats.document import Document
from loquitur.formats.sniffing import sniff
from loquitur.formats.utterances import is_transcript
from loquitur.insight.links import origin_of
from loquitur.insight.spoken.captions import fragments_of_track
from loquitur.insight.spoken.fragments import Spoken
from loquitur.insight.spoken.plain_text import fragments_of_text
from loquitur.insight.spoken.transcripts import fragments_of_words, spoken_transcript
from loquitur.languages import is_tag
from loquitur.media.urls import is_video_id
from loquitur.subtitles.guessing import likely_language
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.insight.spoken.fragments import Fragment

_BRACKETED = re.compile(r"\[([A-Za-z0-9_-]{11})\]")
_LAST = re.compile(r"(?:\A|[ _-])([A-Za-z0-9_-]{11})\Z")
_TEXTS = frozenset({"", "txt", "md"})
_TRACKS = re.compile(r'"(?:snippets|events|wireMagic)"|"loquitur/(?:cues|words)/1"')
_BARE_SNIPPETS = re.compile(r'\s*\[\s*\{[^{}]*"duration"')


class _Head(msgspec.Struct):
    """What JSON may say of the whole; whatever its type is, a wrong one is not heeded."""

    video_id: Any = None
    title: Any = None
    duration_ms: Any = None
    is_generated: Any = None


def read_spoken(path: str | Path, *, video_id: str = "", language: str = "") -> Spoken:
    """What was said in one video, from a file.

    Args:
        path: A transcript (`loquitur/transcript/1`, also of key-less clients), captions of any
            format, words with times (json3, CTM, Whisper's JSON ...), or text.
        video_id: Of YouTube, for links; empty for what the file or its name says (`[id]`).
        language: BCP 47 tag; empty for what the file, its name or its words say.

    Raises:
        InputError: It cannot be read, is empty, or is not of its format.
        UsageError: That is no id.
        MissingError: The format needs a package that is not installed.
    """
    if video_id and not is_video_id(video_id):
        raise UsageError(f"not a video id: '{display(video_id[:40])}'", hint="it has 11 characters")
    place = Path(path)
    document = Document.load(place, language=language)
    if not document.data.strip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"):
        raise InputError(f"{document.name} is empty", hint="a transcript or captions are expected")
    spoken = _read(place, document)
    return _completed(spoken, place, video_id=video_id, language=language)


def video_id_in(name: str) -> str:
    """The id of YouTube that a file's name has: in brackets, or as its plainly random last part.

    >>> video_id_in("My talk [dQw4w9WgXcQ].en.vtt"), video_id_in("talk_presentation.srt")
    ('dQw4w9WgXcQ', '')
    """
    for found in _BRACKETED.findall(name):
        if is_video_id(found):
            return str(found)
    stem = name.split(".", 1)[0]
    last = _LAST.search(stem)
    if last is None or not is_video_id(last[1]):
        return ""
    kinds = (str.islower, str.isupper, str.isdigit)
    return last[1] if all(any(map(kind, last[1])) for kind in kinds) else ""


def _read(place: Path, document: Document) -> Spoken:
    named = formats.format_of(place)
    sniffed = sniff(document.data)
    if named in _TEXTS and not sniffed:
        return _text(place, document)
    if named == "json" and not sniffed:
        raise document.refused(
            document.decoded().text[:80], "JSON of a transcript, captions or words with times"
        )
    if named == "ctm" or sniffed == "json":
        return _words_or_track(place, document, named)
    return _track(place, document)


def _words_or_track(place: Path, document: Document, named: str) -> Spoken:
    text = "" if named == "ctm" else document.decoded().text.removeprefix("\ufeff")
    if text and is_transcript(text):
        return spoken_transcript(document, text, name=place.name)
    head = text[:4096]
    if text and (_TRACKS.search(head) or _BARE_SNIPPETS.match(head)):
        return _track(place, document, text)
    from loquitur.formats.words import read_words

    words = read_words(document, form="ctm" if named == "ctm" else "")
    return Spoken(
        name=place.name, title=place.name, fragments=fragments_of_words(words.words),
        language=words.language or "und", source="words",
    )  # fmt: skip


def _track(place: Path, document: Document, text: str = "") -> Spoken:
    track = formats.read(place, language=document.language)
    if not track.cues and any(one.code == "srt.junk" for one in track.diagnostics):
        raise InputError(
            f"{document.name} holds no cue", hint="is it of the format that its name says?"
        )
    head = _head(text)
    generated = dict(track.extra).get("youtube.generated") == "yes" or head.is_generated is True
    found = fragments_of_track(track, generated=generated)
    return Spoken(
        name=place.name,
        title=head.title if isinstance(head.title, str) and head.title.strip() else place.name,
        fragments=found.fragments,
        language=track.language or "und",
        pauses_known=found.pauses_known,
        source="automatic captions" if found.automatic else "captions",
        video_id=_video_id(head.video_id),
        duration_ms=_count(head.duration_ms),
    )


def _text(place: Path, document: Document) -> Spoken:
    decoded = document.decoded().text
    if "\0" in decoded:
        raise document.refused(decoded[:40], "a transcript, captions or text")
    found = fragments_of_text(decoded)
    return Spoken(
        name=place.name, title=place.name, fragments=found.fragments, source="text",
        language=document.language or "und", pauses_known=False, times_known=found.times_known,
    )  # fmt: skip


def _head(text: str) -> _Head:
    if not text.lstrip().startswith("{"):
        return _Head()
    try:
        return msgspec.json.decode(text.encode("utf-8", "replace"), type=_Head)
    except (msgspec.MsgspecError, RecursionError):  # its reader says what is wrong
        return _Head()


def _video_id(value: object) -> str | None:
    return value if isinstance(value, str) and is_video_id(value) else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _completed(spoken: Spoken, place: Path, *, video_id: str, language: str) -> Spoken:
    """With language and links, wherever they are said."""
    known = video_id or spoken.video_id or video_id_in(place.name) or None
    said = language or ("" if spoken.language == "und" else spoken.language)
    said = said.removesuffix("-orig")  # YouTube's mark of the language that is spoken
    if not said or not is_tag(said):
        said = likely_language(_texts(spoken.fragments)) or "und"
    origin = origin_of(video_id=known) if spoken.times_known else ""
    return replace(spoken, video_id=known, language=said, origin=origin)


def _texts(fragments: Sequence[Fragment]) -> list[str]:
    return [fragment.text for fragment in fragments[:4000]]
