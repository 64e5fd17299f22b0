"""Artifacts as JSON with a schema name and version, options as canonical text, and stage keys.

Every stored artifact is one JSON object that begins with `"schema": "loquitur/<name>/<version>"`.
What this version does not know is an error, never a guess. Words are kept in columns: 100,000 of
them take a third of the bytes that rows would.

A stage's key is the sha256 of everything its result depends on (see `stage_key`), as in the action
caches of build systems; the canonical JSON below makes it the same in every process.
"""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import json
import math
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import msgspec

from loquitur.conversion import convert, decoder
from loquitur.errors import InputError, UsageError
from loquitur.model.captions import CaptionTrack
from loquitur.model.hearing import Sounds, Spoken
from loquitur.model.labels import Labels
from loquitur.model.media import Audio, Channels, MediaRef, Shots
from loquitur.model.speakers import Person, SpeakerEdits, Voices
from loquitur.model.speech import (
    Activity,
    EngineStamp,
    Feeling,
    Feelings,
    Finding,
    Lines,
    Outline,
    Passage,
    Provenance,
    Speaker,
    SpokenWord,
    Timing,
    Transcript,
    Turns,
    Utterance,
    Word,
    Words,
)
from loquitur.model.vision import Descriptions, Features
from loquitur.model.work import Engine, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

T = TypeVar("T")

KEY_VERSION = 1
"""The version of the recipe of keys itself; a new one forgets every stored result."""


def encode(artifact: object) -> bytes:
    """The canonical JSON of an artifact: schema first, then its fields, keys sorted.

    Equal artifacts give equal bytes in every process.

    Args:
        artifact: A value of one of the types in `SCHEMAS`.

    Raises:
        InputError: It holds what JSON cannot: NaN, infinity, text that is not Unicode.
        TypeError: It is not an artifact.
    """
    schema = SCHEMAS.get(type(artifact))
    if schema is None:
        raise TypeError(f"not an artifact: {type(artifact).__name__}")
    wire = schema.to_wire(artifact) if schema.to_wire else artifact
    _refuse_strange_floats(wire, schema.name)
    try:
        body = msgspec.json.encode(wire, order="sorted")
    except UnicodeEncodeError as exc:
        raise InputError(
            f"{schema.name}: text that is not Unicode: {exc.object[:60]!a}",
            hint="replace the undecodable characters before making the artifact",
        ) from exc
    except (RecursionError, OverflowError) as exc:
        raise InputError(f"{schema.name}: cannot be written as JSON ({exc})") from exc
    return b'{"schema":"' + schema.tag.encode() + b'",' + body[1:]


def decode(data: bytes, kind: type[T]) -> T:
    """The artifact that `encode` wrote.

    Args:
        data: JSON bytes, of any origin.
        kind: The type to expect.

    Raises:
        InputError: Not this schema, a version this Loquitur does not know, truncated or of wrong
            types, or against an invariant of the type.
    """
    schema = SCHEMAS[kind]
    try:
        fields = _ENVELOPE.decode(data)
        _check_schema(fields.get("schema"), schema)
        _check_fields(fields, schema)
        return cast("T", schema.decode(data))
    except (msgspec.DecodeError, ValueError, OverflowError) as exc:
        raise InputError(f"not a {schema.tag} artifact: {exc}") from exc
    except RecursionError as exc:
        raise InputError(f"not a {schema.tag} artifact: nested too deeply") from exc


def canonical(options: object) -> str:
    """Options as canonical JSON: the same text in every process for equal options.

    Keys sorted, no blanks, text in Unicode form NFC, floats as Python's `repr` (the shortest text
    that reads back), tuples as lists. A dataclass's values are brought to its annotations first,
    so 1 for a float is 1.0.

    Args:
        options: A dataclass or a mapping of plain values.

    Raises:
        UsageError: NaN, infinity, a set, or another value without a canonical form.

    >>> canonical({"b": (1, 2.0), "a": None})
    '{"a":null,"b":[1,2.0]}'
    """
    plain = _plain(options, "options")
    if dataclasses.is_dataclass(options) and not isinstance(options, type):
        try:
            options = convert(plain, type(options))
        except msgspec.ValidationError as exc:
            raise UsageError(f"{type(options).__name__}: {exc}") from exc
        plain = _plain(options, "options")
    return _dump(plain)


def stage_key(
    *,
    stage: str,
    stage_version: int,
    engine: Engine | None = None,
    options: str = "{}",
    inputs: tuple[tuple[str, str], ...] = (),
) -> str:
    """The sha256 of all that a stage's result depends on, 64 hexadecimal digits.

    Args:
        stage: The stage's name.
        stage_version: Bumped by hand when the meaning of its output changes.
        engine: The resolved engine; its kind, name, version, model, model digest and options count.
        options: The stage's complete options as canonical JSON.
        inputs: (parameter, key or digest) pairs. Their order does not matter where names differ.

    Raises:
        UsageError: Options that are not a JSON object.
    """
    plan: dict[str, Any] = {
        "v": KEY_VERSION,
        "stage": stage,
        "stage_version": stage_version,
        "options": _object(options),
        "inputs": [list(pair) for pair in sorted(inputs, key=lambda pair: pair[0])],
        "engine": None,
    }
    if engine is not None:
        plan["engine"] = {
            "kind": engine.kind,
            "name": engine.name,
            "version": engine.version,
            "model": engine.model,
            "model_digest": engine.model_digest,
            "options": _object(engine.options),
        }
    return hashlib.sha256(canonical(plan).encode()).hexdigest()


def _object(options: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(options, type=dict[str, Any])
    except msgspec.DecodeError as exc:
        raise UsageError(f"options are not a JSON object: {options[:60]!r}") from exc


def _plain(value: object, place: str) -> Any:
    """The value as dict, list, str, int, float, bool or None, in canonical form."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, enum.Enum):
        return _plain(value.value, place)
    if isinstance(value, str):
        return _text(value, place)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise UsageError(f"{place}: {value} is not a number that can be kept")
        return float(value) + 0.0  # -0.0 becomes 0.0
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _plain(getattr(value, field.name), f"{place}.{field.name}")
            for field in dataclasses.fields(value)
        }
    if isinstance(value, dict):
        return _plain_mapping(value, place)
    if isinstance(value, (list, tuple)):
        return [_plain(item, f"{place}[{at}]") for at, item in enumerate(value)]
    raise UsageError(f"{place}: a {type(value).__name__} has no canonical form")


def _plain_mapping(value: dict[Any, Any], place: str) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise UsageError(f"{place}: the name {key!r} is not text")
        name = _text(key, place)
        if name in result:
            raise UsageError(f"{place}: the name {name!r} stands twice")
        result[name] = _plain(item, f"{place}.{name}")
    return result


def _text(value: str, place: str) -> str:
    text = unicodedata.normalize("NFC", value)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as exc:
            raise UsageError(f"{place}: text that is not Unicode: {value[:60]!a}") from exc
    return text


def _dump(plain: object) -> str:
    return json.dumps(
        plain, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )


# --- the forms in which artifacts are stored ------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """Words by column. `timing` and `overlap` list only what differs from the usual."""

    start_ms: list[int]
    end_ms: list[int]
    text: list[str]
    confidence: list[float | None]
    timing: dict[Timing, list[int]] = dataclasses.field(default_factory=dict)
    overlap: list[tuple[int, tuple[str, ...]]] = dataclasses.field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _WordsWire:
    words: _Columns
    language: str
    engine: EngineStamp
    repairs: tuple[tuple[str, int], ...] = ()
    passages: tuple[Passage, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    match: float | None = None
    speakers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _UtteranceWire:
    start_ms: int
    end_ms: int
    speaker: str
    count: int
    feeling: Feeling | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _TranscriptWire:
    media_id: str
    title: str
    language: str
    duration_ms: int
    speakers: tuple[Speaker, ...]
    utterances: tuple[_UtteranceWire, ...]
    words: _Columns
    provenance: tuple[Provenance, ...]
    notes: tuple[str, ...]
    source: str
    video_id: str | None
    outline: Outline | None = None


_BESIDE_WORDS = tuple(
    field.name for field in dataclasses.fields(_WordsWire) if field.name != "words"
)
_SHARED = tuple(
    field.name
    for field in dataclasses.fields(_TranscriptWire)
    if field.name not in ("utterances", "words")
)


def _columns(words: Sequence[Word | SpokenWord]) -> _Columns:
    timing: dict[Timing, list[int]] = {}
    for at, word in enumerate(words):
        if word.timing != "engine":
            timing.setdefault(word.timing, []).append(at)
    return _Columns(
        start_ms=[word.start_ms for word in words],
        end_ms=[word.end_ms for word in words],
        text=[word.text for word in words],
        confidence=[word.confidence for word in words],
        timing=timing,
    )


def _rows(columns: _Columns) -> Iterable[tuple[int, int, str, float | None, Timing]]:
    timings: list[Timing] = ["engine"] * len(columns.text)
    for timing, places in columns.timing.items():
        for at in places:
            if not 0 <= at < len(timings):
                raise ValueError(f"timing of word {at} of {len(timings)}")
            timings[at] = timing
    return zip(
        columns.start_ms, columns.end_ms, columns.text, columns.confidence, timings, strict=True
    )


def _words_to_wire(artifact: Words) -> _WordsWire:
    shared = {name: getattr(artifact, name) for name in _BESIDE_WORDS}
    return _WordsWire(words=_columns(artifact.words), **shared)


def _words_from_wire(wire: _WordsWire) -> Words:
    words = tuple(
        Word(start_ms=start_ms, end_ms=end_ms, text=text, confidence=confidence, timing=timing)
        for start_ms, end_ms, text, confidence, timing in _rows(wire.words)
    )
    return Words(words=words, **{name: getattr(wire, name) for name in _BESIDE_WORDS})


def _transcript_to_wire(artifact: Transcript) -> _TranscriptWire:
    words = [word for utterance in artifact.utterances for word in utterance.words]
    columns = _columns(words)
    columns.overlap.extend((at, word.overlap) for at, word in enumerate(words) if word.overlap)
    utterances = tuple(
        _UtteranceWire(
            start_ms=item.start_ms,
            end_ms=item.end_ms,
            speaker=item.speaker,
            count=len(item.words),
            feeling=item.feeling,
        )
        for item in artifact.utterances
    )
    shared = {name: getattr(artifact, name) for name in _SHARED}
    return _TranscriptWire(utterances=utterances, words=columns, **shared)


def _transcript_from_wire(wire: _TranscriptWire) -> Transcript:
    overlaps = dict(wire.words.overlap)
    words = [
        SpokenWord(
            start_ms=start_ms,
            end_ms=end_ms,
            text=text,
            confidence=confidence,
            timing=timing,
            overlap=overlaps.pop(at, ()),
        )
        for at, (start_ms, end_ms, text, confidence, timing) in enumerate(_rows(wire.words))
    ]
    if overlaps or sum(item.count for item in wire.utterances) != len(words):
        raise ValueError("the words do not fit the utterances")
    utterances = []
    done = 0
    for item in wire.utterances:
        utterances.append(
            Utterance(
                start_ms=item.start_ms,
                end_ms=item.end_ms,
                speaker=item.speaker,
                words=tuple(words[done : done + item.count]),
                feeling=item.feeling,
            )
        )
        done += item.count
    shared = {name: getattr(wire, name) for name in _SHARED}
    return Transcript(utterances=tuple(utterances), **shared)


class _Schema(Generic[T]):
    """How one type is stored: name, newest version, and the form on disk where it differs."""

    def __init__(
        self,
        name: str,
        kind: type[T],
        *,
        version: int = 1,
        wire: type | None = None,
        to_wire: Callable[[T], object] | None = None,
        from_wire: Callable[[Any], T] | None = None,
    ) -> None:
        self.name = name
        self.version = version
        self.tag = f"loquitur/{name}/{version}"
        self.to_wire = cast("Callable[[object], object] | None", to_wire)
        self.fields = {"schema"} | {
            field.name for field in dataclasses.fields(cast("Any", wire or kind))
        }
        self._wire = wire or kind
        self._from_wire = from_wire
        self._decoder: msgspec.json.Decoder[Any] | None = None

    def decode(self, data: bytes) -> T:
        if self._decoder is None:  # made on first use: building all of them costs milliseconds
            self._decoder = decoder(self._wire)
        value = self._decoder.decode(data)
        return self._from_wire(value) if self._from_wire else cast("T", value)


SCHEMAS: dict[type, _Schema[Any]] = {
    MediaRef: _Schema("media", MediaRef),
    Audio: _Schema("audio", Audio),
    Channels: _Schema("channels", Channels),
    Shots: _Schema("shots", Shots),
    Activity: _Schema("activity", Activity),
    Lines: _Schema("lines", Lines),
    Words: _Schema(
        "words", Words, wire=_WordsWire, to_wire=_words_to_wire, from_wire=_words_from_wire
    ),
    Turns: _Schema("turns", Turns),
    Feelings: _Schema("feelings", Feelings),
    Voices: _Schema("voices", Voices),
    Person: _Schema("person", Person),
    SpeakerEdits: _Schema("speaker-edits", SpeakerEdits),
    Transcript: _Schema(
        "transcript-artifact",
        Transcript,
        wire=_TranscriptWire,
        to_wire=_transcript_to_wire,
        from_wire=_transcript_from_wire,
    ),
    Outline: _Schema("outline", Outline),
    Features: _Schema("features", Features),
    Descriptions: _Schema("descriptions", Descriptions),
    Sounds: _Schema("sounds", Sounds),
    Spoken: _Schema("spoken", Spoken),
    Labels: _Schema("labels", Labels),
    CaptionTrack: _Schema("caption-track", CaptionTrack, version=2),
    Record: _Schema("record", Record),
}
"""What can be stored, each with its schema name and the newest version this Loquitur reads."""

_ENVELOPE = decoder(dict[str, msgspec.Raw])


def _check_schema(raw: msgspec.Raw | None, schema: _Schema[Any]) -> None:
    found = msgspec.json.decode(raw, type=str) if raw is not None else ""
    if found == schema.tag:
        return
    name, _, version = found.rpartition("/")
    if name == f"loquitur/{schema.name}" and version.isascii() and version.isdigit():
        raise InputError(
            f"schema {found[:80]}, this Loquitur reads up to {schema.version}",
            hint="upgrade: pip install -U loquitur",
            code="LQ-INPUT-SCHEMA",
        )
    raise InputError(f"found schema {found[:80]!r}, expected {schema.tag}", code="LQ-INPUT-SCHEMA")


def _check_fields(fields: dict[str, msgspec.Raw], schema: _Schema[Any]) -> None:
    strange = sorted(fields.keys() - schema.fields)
    if strange:
        raise InputError(f"{schema.tag} has no field {strange[0][:40]!r}")


def _refuse_strange_floats(value: object, name: str) -> None:
    """JSON has no NaN or infinity, and msgspec would write null for them without a word."""
    pending: list[object] = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, float):
            if not math.isfinite(item):
                raise InputError(f"{name}: {item} cannot be written as JSON")
        elif isinstance(item, _Columns):
            pending.extend(filter(None, item.confidence))
        elif isinstance(item, (tuple, list)):
            pending.extend(item)
        elif dataclasses.is_dataclass(item):
            pending.extend(getattr(item, field.name) for field in dataclasses.fields(item))
