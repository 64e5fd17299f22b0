"""JSON files: Loquitur's own transcript, and SegLST, the list of segments of the CHiME tasks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from loquitur.conversion import convert
from loquitur.evaluation.content import Content
from loquitur.evaluation.entries import Entry, Sheet, TimedWord
from loquitur.timing import from_seconds

SCHEMA = "loquitur/transcript/1"
_EXPECTED = f"a transcript of schema {SCHEMA}, or SegLST: a list of segments"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    text: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Utterance:
    start_ms: int
    end_ms: int
    text: str
    speaker: str = ""
    words: tuple[_Word, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Transcript:
    schema: str
    language: str = ""
    utterances: tuple[_Utterance, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Segment:
    session_id: str
    words: str
    speaker: str = ""
    start_time: float | str | None = field(default=None)
    end_time: float | str | None = field(default=None)


def read_json(content: Content) -> Sheet:
    """A transcript or a SegLST, by what the document is.

    Raises:
        InputError: It is not JSON, or neither of the two.
    """
    try:
        document = msgspec.json.decode(content.text)
    except (msgspec.DecodeError, RecursionError) as exc:
        raise content.wrong(1, str(exc), "JSON") from exc
    try:
        if isinstance(document, list):
            return _seglst(content, document)
        if isinstance(document, dict) and document.get("schema") == SCHEMA:
            return _transcript(content, document)
    except (msgspec.ValidationError, RecursionError) as exc:
        raise content.wrong(1, str(exc), _EXPECTED) from exc
    found = type(document).__name__
    if isinstance(document, dict):
        found = f"schema {document['schema']}" if "schema" in document else "no schema"
    raise content.wrong(1, found, _EXPECTED)


def _transcript(content: Content, document: dict[str, Any]) -> Sheet:
    read = convert(document, _Transcript)
    entries = []
    for number, said in enumerate(read.utterances):
        _check(content, f"utterances[{number}]", said.start_ms, said.end_ms)
        for word in said.words:
            _check(content, f"a word of utterances[{number}]", word.start_ms, word.end_ms)
        entries.append(
            Entry(
                recording=content.stem,
                speaker=said.speaker,
                text=said.text,
                start_ms=said.start_ms,
                end_ms=said.end_ms,
                words=tuple(
                    TimedWord(start_ms=word.start_ms, end_ms=word.end_ms, text=word.text)
                    for word in said.words
                ),
            )
        )
    return Sheet(path=str(content.path), entries=tuple(entries), whole=True, language=read.language)


def _seglst(content: Content, document: list[Any]) -> Sheet:
    entries = []
    for number, segment in enumerate(convert(document, list[_Segment])):
        times: list[int | None] = []
        for name, value in (("start_time", segment.start_time), ("end_time", segment.end_time)):
            if value is None:
                times.append(None)
                continue
            what = f"{name} of segment {number}"
            times.append(from_seconds(content.seconds(str(value), 1, what)))
        start_ms, end_ms = times
        if start_ms is not None and end_ms is not None:
            _check(content, f"segment {number}", start_ms, end_ms)
        entries.append(
            Entry(
                recording=segment.session_id,
                speaker=segment.speaker,
                text=segment.words,
                start_ms=start_ms,
                end_ms=end_ms,
            )
        )
    return Sheet(path=str(content.path), entries=tuple(entries), named=True, whole=True)


def _check(content: Content, what: str, start_ms: int, end_ms: int) -> None:
    if not 0 <= start_ms <= end_ms:
        raise content.wrong(1, f"{what}: {start_ms} to {end_ms} ms", "a start, then an end")
