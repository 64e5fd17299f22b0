"""The transcript as JSON, schema `loquitur/transcript/1`: every word, time and score.

The published schema is `docs/transcript.schema.json`. One word stands on one line, so that
transcripts compare well; the keys keep the order of the schema, so equal transcripts give
equal bytes.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from loquitur.formats.written import Written, encodable

if TYPE_CHECKING:
    from loquitur.model.speech import (
        Feeling,
        Outline,
        Provenance,
        Speaker,
        SpokenWord,
        Transcript,
        Utterance,
    )

SCHEMA = "loquitur/transcript/1"

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def write(transcript: Transcript) -> Written:
    """A transcript as JSON."""
    head = {
        "schema": SCHEMA,
        "media_id": transcript.media_id,
        "title": transcript.title,
        "language": transcript.language,
        "duration_ms": transcript.duration_ms,
        "speakers": [_speaker(one) for one in transcript.speakers],
    }
    tail: dict[str, Any] = {"provenance": [_provenance(item) for item in transcript.provenance]}
    if transcript.draft:
        tail["draft"] = True
    if transcript.notes:
        tail["notes"] = list(transcript.notes)
    if transcript.video_id is not None:
        tail["video_id"] = transcript.video_id
    if transcript.outline is not None:
        tail["outline"] = _outline(transcript.outline)
    utterances = _listed([_utterance(one) for one in transcript.utterances], indent=1)
    members = [*_members(head), f'"utterances": {utterances}', *_members(tail)]
    return Written(text="{" + ",\n ".join(members) + "}\n")


def _outline(outline: Outline) -> dict[str, Any]:
    """A language model's own words, and whose they are."""
    return {
        "title": outline.title,
        "summary": outline.summary,
        "chapters": [
            {"start_ms": chapter.start_ms, "title": chapter.title} for chapter in outline.chapters
        ],
        "paragraphs_ms": list(outline.paragraphs),
        "engine": outline.engine.name,
        "model": outline.engine.model,
    }


def _utterance(utterance: Utterance) -> str:
    fields = {
        "speaker": utterance.speaker,
        "start_ms": utterance.start_ms,
        "end_ms": utterance.end_ms,
        "text": utterance.text,
        "emotion": _emotion(utterance.feeling) if utterance.feeling else None,
    }
    words = _listed([_text(_word(word)) for word in utterance.words], indent=3)
    return "{" + ", ".join(_members(fields)) + f',\n   "words": {words}}}'


def _speaker(speaker: Speaker) -> dict[str, Any]:
    fields: dict[str, Any] = {"id": speaker.id, "name": speaker.name}
    if speaker.mood is not None:
        mood = speaker.mood
        fields["emotion"] = {
            "label": mood.label,
            "score": mood.score,
            "arousal": mood.arousal,
            "valence": mood.valence,
            "heard_ms": mood.heard_ms,
            "scores": dict(mood.scores),
        }
    return fields


def _emotion(feeling: Feeling) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "label": feeling.label,
        "score": feeling.score,
        "arousal": feeling.arousal,
        "valence": feeling.valence,
        "source": feeling.source,
        "confidence": feeling.confidence,
        "scores": dict(feeling.scores),
    }
    if feeling.raw:
        fields["raw"] = dict(feeling.raw)
    return fields


def _word(word: SpokenWord) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "text": word.text,
        "start_ms": word.start_ms,
        "end_ms": word.end_ms,
        "confidence": word.confidence,
        "overlap": list(word.overlap),
    }
    if word.timing != "engine":
        fields["timing"] = word.timing
    return fields


def _provenance(item: Provenance) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "stage": item.stage,
        "engine": item.engine,
        "version": item.version,
        "model": item.model,
        "parameters": json.loads(item.parameters or "{}"),
    }
    if item.draft:
        fields["draft"] = True
    if item.tokens is not None:
        fields["tokens"] = {"read": item.tokens[0], "written": item.tokens[1]}
    if item.match is not None:
        fields["match"] = round(item.match, 4)
    if item.findings:
        fields["findings"] = [
            {
                "guard": found.guard,
                "action": found.action,
                "start_ms": found.start_ms,
                "end_ms": found.end_ms,
                "text": found.text,
            }
            for found in item.findings
        ]
    return fields


def _members(fields: dict[str, Any]) -> list[str]:
    return [f"{_text(name)}: {_text(value)}" for name, value in fields.items()]


def _listed(items: list[str], *, indent: int) -> str:
    """A JSON list with one item on a line."""
    if not items:
        return "[]"
    start = "\n" + " " * (indent + 1)
    return "[" + start + f",{start}".join(items) + "]"


def _text(value: Any) -> str:
    """JSON that every reader takes: no NaN, no lone surrogate; other characters as they are."""
    return _ENCODER.encode(_portable(value))


def _portable(value: Any) -> Any:
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {_portable(name): _portable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_portable(item) for item in value]
    return value
