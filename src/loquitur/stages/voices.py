"""voices: whose voice each speaker's is, as one embedding each; only where it is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loquitur.model.media import Audio
from loquitur.model.speakers import Voice, Voices
from loquitur.model.speech import Activity, Turns

if TYPE_CHECKING:
    from loquitur.protocols import Work

VERSION = 1
ENGINE = "voice"
RESULT = Voices
INPUTS = {"audio": "decode", "activity": "detect", "turns": "diarize"}
_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How much of each speaker is heard, and when a voice is taken for a known one.

    Args:
        most_ms: No more than this of a speaker, the longest stretches first.
        piece_ms: Shorter stretches, and those in which others speak too, are left out.
        least_ms: Who speaks alone for less than this has no voice here.
        known: Whether a run names the speakers whose voices are known.
        threshold: The least likeness (cosine) to a known voice that names a speaker.
        margin: How much nearer that voice must be than any other.
    """

    most_ms: int = 60_000
    piece_ms: int = 400
    least_ms: int = 2_000
    known: bool = field(default=True, metadata={"keyed": False})
    threshold: float = field(default=0.80, metadata={"keyed": False})
    margin: float = field(default=0.05, metadata={"keyed": False})

    def __post_init__(self) -> None:
        if not 0 < self.piece_ms <= self.most_ms or not 0 < self.least_ms <= self.most_ms:
            raise ValueError("piece_ms and least_ms go from 1 to most_ms")
        if not 0.0 < self.threshold <= 1.0 or not 0.0 <= self.margin < 1.0:
            raise ValueError("threshold goes from 0 to 1, margin from 0")


def run(work: Work) -> Voices:
    """The voices of the speakers who speak long enough alone, in order of first appearance."""
    from loquitur.speech.solo import solo_spans

    options = work.options
    samples = work.samples(work.take("audio", Audio))
    activity = work.take("activity", Activity)
    turns = work.take("turns", Turns)
    spans = solo_spans(turns.turns, most_ms=options.most_ms, piece_ms=options.piece_ms)
    heard_ms = {speaker: sum(s.duration_ms for s in own) for speaker, own in spans.items()}
    total_ms, done_ms = sum(heard_ms.values()), 0
    voices = []
    for speaker in turns.speakers:
        speech_ms = heard_ms.get(speaker, 0)
        if speech_ms >= options.least_ms:
            embedding = work.engine.embed(samples, activity, spans[speaker])
            if embedding.any():
                numbers = tuple(round(value, _DIGITS) for value in embedding.tolist())
                voices.append(Voice(speaker=speaker, embedding=numbers, speech_ms=speech_ms))
        done_ms += speech_ms
        work.progress(done_ms, total_ms)
    return Voices(voices=tuple(voices), engine=work.stamp)
