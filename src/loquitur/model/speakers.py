"""Voices, the people they belong to, and what a user says about the speakers of a medium."""

from __future__ import annotations

import math
from dataclasses import dataclass

from loquitur.model.speech import EngineStamp

_UNIT_SLACK = 1e-3


def check_unit(embedding: tuple[float, ...]) -> None:
    """Hold that an embedding has length 1.

    Raises:
        ValueError: It has not.
    """
    length = math.sqrt(math.fsum(value * value for value in embedding))
    if not abs(length - 1.0) <= _UNIT_SLACK:
        raise ValueError(f"an embedding has length 1, not {length}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """One speaker's voice in one medium: a unit vector, and how much speech it was heard in."""

    speaker: str
    embedding: tuple[float, ...]
    speech_ms: int

    def __post_init__(self) -> None:
        check_unit(self.embedding)
        if not self.speaker or self.speech_ms <= 0:
            raise ValueError("a voice has a speaker and was heard for some time")


@dataclass(frozen=True, slots=True, kw_only=True)
class Voices:
    """The voices of a medium, each speaker's once; who spoke too little has none."""

    voices: tuple[Voice, ...]
    engine: EngineStamp

    def __post_init__(self) -> None:
        labels = [voice.speaker for voice in self.voices]
        if len(set(labels)) < len(labels):
            raise ValueError("each speaker has one voice")

    def of(self, speaker: str) -> Voice | None:
        """The voice of a speaker, None where there is none."""
        return next((voice for voice in self.voices if voice.speaker == speaker), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A voice as it was enrolled: from which medium and speaker, when (ISO 8601, UTC)."""

    embedding: tuple[float, ...]
    speech_ms: int
    media_id: str
    title: str
    speaker: str
    when: str

    def __post_init__(self) -> None:
        check_unit(self.embedding)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A known voice: somebody's name, what was enrolled, and the engine that heard all of it."""

    name: str
    engine: EngineStamp
    enrolments: tuple[Enrolment, ...]

    def __post_init__(self) -> None:
        widths = {len(enrolment.embedding) for enrolment in self.enrolments}
        if not self.name or len(widths) != 1:
            raise ValueError("a person has a name and enrolments of one width")

    @property
    def mean(self) -> tuple[float, ...]:
        """The mean of what was enrolled, shorter than 1 the less alike that is.

        Its product with a voice is the mean of that voice's likeness to every enrolment. Brought
        to length 1 it would favour whoever was enrolled often: strangers came twice as near.
        """
        rows = zip(*(enrolment.embedding for enrolment in self.enrolments), strict=True)
        return tuple(math.fsum(row) / len(self.enrolments) for row in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerEdits:
    """What a user said about the speakers of one diarization; labels mean something only there.

    `turns` is the sha256 of the turns the labels are of. `names` pairs a label with a name, which
    is empty for a speaker who shall have none, whatever the voice; `merges` pairs a label with the
    one it belongs to, which is itself merged into none.
    """

    turns: str
    names: tuple[tuple[str, str], ...] = ()
    merges: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        merged = {label for label, _ in self.merges}
        if len(merged) < len(self.merges) or any(into in merged for _, into in self.merges):
            raise ValueError("a speaker is merged once, into one who is not merged")
        if len({label for label, _ in self.names}) < len(self.names):
            raise ValueError("a speaker is named once")
