"""A run's result as JSON (the contract of the command line) and as lines for people."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli.output import print_table
from loquitur.media.urls import without_password
from loquitur.text import display
from loquitur.timing import clock

if TYPE_CHECKING:
    from loquitur.delivery import Result
    from loquitur.model.speech import Feeling, Feelings, Transcript, Turn, Turns, Word, Words
    from loquitur.speech.differences import Difference


DIFF = "diff"
"""Asks for what refining changed, in the place of the transcript."""


def describe(result: Result, asked: str) -> dict[str, Any]:
    """The JSON document of one input; with `result`, the artifact of the stage `asked` for."""
    media, transcript = result.media, result.transcript
    speakers = getattr(transcript or result.artifact, "speakers", None)
    document: dict[str, Any] = {
        "input": without_password(result.input),
        "media_id": media.media_id if media else None,
        "duration_ms": transcript.duration_ms if transcript else media and media.duration_ms,
        "language": getattr(transcript or result.artifact, "language", None),
        "speakers": speakers if speakers is None else len(speakers),
        "outputs": {name: str(path) for name, path in result.outputs},
        "stages": [
            {
                "stage": stage.stage,
                "engine": stage.engine or None,
                "model": stage.model or None,
                "cached": stage.cached,
                "seconds": round(stage.seconds, 3),
            }
            for stage in result.stages
        ],
        "title": media.title if media else None,
        "draft": is_draft(result),
        "notices": list(result.notices),
        "notes": list(transcript.notes) if transcript else [],
        "losses": list(result.losses),
    }
    match = script_match(result)
    if match is not None:
        document["match"] = round(match, 4)
    if result.changes is not None:
        document["changes"] = [dataclasses.asdict(change) for change in result.changes]
    if asked and asked != DIFF:
        document["result"] = artifact_json(result.artifact)
    return document


def is_draft(result: Result) -> bool | None:
    """Whether the result is below publishing quality; None where nothing says."""
    if result.transcript is not None:
        return result.transcript.draft
    stamp = getattr(result.artifact, "engine", None)
    return None if stamp is None else stamp.draft


def script_match(result: Result) -> float | None:
    """How far a given text is what was heard, 0..1; None where none was given."""
    known = result.transcript.provenance if result.transcript is not None else ()
    return next((item.match for item in known if item.match is not None), None)


def artifact_json(artifact: Any) -> Any:
    """An artifact's stored JSON as a document."""
    from loquitur.codec import encode

    return json.loads(encode(artifact))


def print_result(result: Result, asked: str) -> None:
    """Paths of what was written; else the result of the stage `asked` for."""
    if asked == DIFF:
        _print_changes(result.changes or ())
    elif result.outputs:
        for _, path in result.outputs:
            click.echo(display(str(path)))
    elif asked == "acquire":
        _print_media(result)
    elif asked in _TABLES:
        header, rows = _TABLES[asked]
        print_table(header, rows(result.artifact))
    elif asked == "subtitle":
        _print_cues(result)
    elif result.transcript is not None:
        _print_transcript(result.transcript)


def _word_rows(words: Words) -> list[tuple[str, ...]]:
    return [(*_times(word), _share(word.confidence), word.text) for word in words.words]


def _turn_rows(turns: Turns) -> list[tuple[str, ...]]:
    return [(*_times(turn), turn.speaker, _share(turn.score)) for turn in turns.turns]


def _feeling_rows(feelings: Feelings) -> list[tuple[str, ...]]:
    return [
        (*_times(item), item.speaker or "", item.label, _share(item.score), _share(item.arousal))
        for item in feelings.feelings
    ]


def _times(item: Word | Turn | Feeling) -> tuple[str, str]:
    return clock(item.start_ms), clock(item.end_ms)


_TABLES: dict[str, tuple[tuple[str, ...], Callable[[Any], list[tuple[str, ...]]]]] = {
    "transcribe": (("start", "end", "confidence", "word"), _word_rows),
    "diarize": (("start", "end", "speaker", "score"), _turn_rows),
    "emotion": (("start", "end", "speaker", "label", "score", "arousal"), _feeling_rows),
}


def _print_media(result: Result) -> None:
    if result.media is None:
        return
    fields = dataclasses.asdict(result.media)
    for name in ("media_id", "title", "source", "container", "duration_ms", "size_bytes"):
        click.echo(f"{name}: {display(str(fields[name]))}")
    for track in result.media.tracks:
        kind = f"{track.kind} {track.codec}"
        size = f" {track.width_px}x{track.height_px}" if track.width_px else ""
        rate = f" {track.sample_rate_hz} Hz, {track.channels} ch" if track.sample_rate_hz else ""
        click.echo(f"track {track.index}: {kind}{size}{rate} {track.language or ''}".rstrip())


def _print_cues(result: Result) -> None:
    """The cues as WebVTT, which shows all that is in them."""
    from loquitur import formats

    for line in formats.write("vtt", track=result.track).text.splitlines():
        click.echo(display(line))


def _print_changes(changes: Sequence[Difference]) -> None:
    """A line for each change: its time, what was and what is, among the words around it."""
    for change in changes:
        old = click.style(f"[-{display(change.old)}-]", fg="red") if change.old else ""
        new = click.style(f"{{+{display(change.new)}+}}", fg="green") if change.new else ""
        parts = (display(change.before), old, new, display(change.after))
        line = " ".join(part for part in parts if part)
        click.echo(f"{clock(change.start_ms)}  {display(change.speaker)}  {line}")


def _print_transcript(transcript: Transcript) -> None:
    names = {speaker.id: speaker.name or speaker.id for speaker in transcript.speakers}
    for utterance in transcript.utterances:
        mood = f" ({utterance.feeling.label})" if utterance.feeling else ""
        who = click.style(f"{names.get(utterance.speaker, utterance.speaker)}{mood}", bold=True)
        click.echo(f"{clock(utterance.start_ms)}  {who}  {display(utterance.text)}")


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
