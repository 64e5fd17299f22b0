"""Fragments of transcripts: utterances with speakers, moods and words; and of lists of words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from loquitur.conversion import decoder
from loquitur.insight.spoken.fragments import Fragment, Spoken
from loquitur.media.urls import is_video_id
from loquitur.model.speech import Chapter, Feeling, SpokenWord
from loquitur.speech.punctuation import MARKED_END

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from loquitur.formats.document import Document
    from loquitur.formats.words import TimedWord
    from loquitur.model.speech import Transcript

_MOST_WORDS = 40
_PAUSE_MS = 1000
_MOST_MS = 10**13


class _Word(msgspec.Struct):
    text: str
    start_ms: int
    end_ms: int
    confidence: float | None = None
    timing: str = "engine"
    overlap: list[str] = []


class _Emotion(msgspec.Struct):
    label: str
    score: float = 0.0
    arousal: float | None = None
    valence: float | None = None
    source: str = ""
    confidence: str = "low"
    scores: dict[str, float] = {}
    raw: dict[str, float] = {}


class _Utterance(msgspec.Struct):
    start_ms: int
    end_ms: int
    speaker: str | None = None
    text: str = ""
    emotion: _Emotion | None = None
    words: list[_Word] = []


class _Speaker(msgspec.Struct):
    id: str
    name: str | None = None


class _Chapter(msgspec.Struct):
    start_ms: int
    title: str


class _Outline(msgspec.Struct):
    chapters: list[_Chapter] = []


class _Form(msgspec.Struct):
    schema: str
    utterances: list[_Utterance]
    speakers: list[_Speaker] = []
    title: str | None = None
    language: str | None = None
    video_id: str | None = None
    duration_ms: int | None = None
    media_id: str | None = None
    outline: _Outline | None = None


def spoken_transcript(document: Document, text: str, *, name: str) -> Spoken:
    """What a transcript of schema `loquitur/transcript/1` says.

    Raises:
        InputError: It is not what its schema says.
    """
    try:
        form = decoder(_Form).decode(text.encode("utf-8", "replace"))
    except (msgspec.MsgspecError, ValueError, RecursionError) as exc:
        raise document.refused(str(exc), "JSON of schema loquitur/transcript/1") from exc
    names = {one.id: one.name or one.id for one in form.speakers}
    found = [
        fragment for said in form.utterances if (fragment := _fragment(said, names)) is not None
    ]
    video_id = form.video_id if form.video_id and is_video_id(form.video_id) else None
    return Spoken(
        name=name,
        title=(form.title or "").strip() or name,
        fragments=tuple(sorted(found, key=lambda one: (one.start_ms, one.end_ms))),
        language=form.language or "und",
        source="transcript",
        video_id=video_id,
        duration_ms=form.duration_ms if form.duration_ms and form.duration_ms > 0 else None,
        media_id=form.media_id or "",
        chapters=tuple(_chapters(form.outline)) if form.outline else (),
    )


def _chapters(outline: _Outline) -> Iterable[Chapter]:
    """The chapters of an outline that are at a time of any film, by start."""
    for one in sorted(outline.chapters, key=lambda one: one.start_ms):
        if 0 <= one.start_ms < _MOST_MS and one.title.strip():
            yield Chapter(start_ms=one.start_ms, title=one.title)


def spoken_of(transcript: Transcript) -> Spoken:
    """What a transcript says that is no file."""
    names = {one.id: one.name or one.id for one in transcript.speakers}
    found = [
        Fragment(
            start_ms=said.start_ms, end_ms=said.end_ms, text=" ".join(said.text.split()),
            speaker=names.get(said.speaker, said.speaker) or None, feeling=said.feeling,
            words=said.words,
        )
        for said in transcript.utterances
        if said.text.strip()
    ]  # fmt: skip
    return Spoken(
        name=transcript.title or transcript.media_id,
        title=transcript.title or transcript.media_id,
        fragments=tuple(sorted(found, key=lambda one: (one.start_ms, one.end_ms))),
        language=transcript.language or "und",
        source="transcript",
        video_id=transcript.video_id,
        duration_ms=transcript.duration_ms or None,
        media_id=transcript.media_id,
        chapters=transcript.outline.chapters if transcript.outline else (),
    )


def fragments_of_words(words: Sequence[TimedWord]) -> tuple[Fragment, ...]:
    """Words gathered: to the end of a sentence, a pause, another speaker, or 40 of them."""
    found: list[Fragment] = []
    run: list[TimedWord] = []
    for word in words:
        if run and (
            word.speaker != run[-1].speaker
            or len(run) >= _MOST_WORDS
            or MARKED_END.search(run[-1].text)
            or word.start_ms - run[-1].end_ms > _PAUSE_MS
        ):
            found.append(_of_words(run))
            run = []
        run.append(word)
    if run:
        found.append(_of_words(run))
    return tuple(sorted(found, key=lambda one: (one.start_ms, one.end_ms)))


def _of_words(run: Sequence[TimedWord]) -> Fragment:
    text = "".join(("" if word.glued or not at else " ") + word.text for at, word in enumerate(run))
    words = tuple(
        SpokenWord(
            start_ms=word.start_ms, end_ms=word.end_ms, text=word.text, confidence=word.confidence,
            timing="interpolated" if word.estimated else "engine",
        )
        for word in run
    )  # fmt: skip
    return Fragment(
        start_ms=run[0].start_ms, end_ms=max(word.end_ms for word in run), text=text,
        speaker=run[0].speaker or None, words=words,
    )  # fmt: skip


def _fragment(said: _Utterance, names: dict[str, str]) -> Fragment | None:
    """An utterance; None where it has no text or no time of any film."""
    if not (-_MOST_MS < said.start_ms < _MOST_MS and -_MOST_MS < said.end_ms < _MOST_MS):
        return None
    words = tuple(_words(said.words))
    text = " ".join(word.text for word in words) or " ".join(said.text.split())
    if not text:
        return None
    start_ms = max(said.start_ms, 0)
    end_ms = max(said.end_ms, start_ms + 1)
    speaker = names.get(said.speaker, said.speaker) if said.speaker else None
    return Fragment(
        start_ms=start_ms, end_ms=end_ms, text=text, speaker=speaker, words=words,
        feeling=_feeling(said.emotion, start_ms, end_ms, speaker),
    )  # fmt: skip


def _words(words: Iterable[_Word]) -> Iterable[SpokenWord]:
    for word in words:
        text = " ".join(word.text.split())
        if not text or not -_MOST_MS < word.start_ms < _MOST_MS:
            continue
        start_ms = max(word.start_ms, 0)
        confidence = word.confidence
        if confidence is not None and not 0.0 <= confidence <= 1.0:
            confidence = None
        timing = word.timing if word.timing in ("engine", "aligned", "interpolated") else "engine"
        yield SpokenWord(
            start_ms=start_ms, end_ms=max(min(word.end_ms, _MOST_MS), start_ms + 1), text=text,
            confidence=confidence, timing=timing,  # type: ignore[arg-type]
            overlap=tuple(word.overlap),
        )  # fmt: skip


def _feeling(
    emotion: _Emotion | None, start_ms: int, end_ms: int, speaker: str | None
) -> Feeling | None:
    if emotion is None or not emotion.label:
        return None
    worth = emotion.confidence if emotion.confidence in ("low", "medium", "high") else "low"
    return Feeling(
        start_ms=start_ms, end_ms=end_ms, label=emotion.label, score=emotion.score,
        scores=tuple(emotion.scores.items()), arousal=emotion.arousal, valence=emotion.valence,
        source=emotion.source, confidence=worth,  # type: ignore[arg-type]
        speaker=speaker, raw=tuple(emotion.raw.items()),
    )  # fmt: skip
