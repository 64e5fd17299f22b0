"""emotion: the mood of every turn; without turns, of every stretch of speech."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.model.media import Audio
from loquitur.model.speech import Activity, Feelings, Turn, Turns

if TYPE_CHECKING:
    from loquitur.protocols import Work

VERSION = 2
ENGINE = "emotion"
RESULT = Feelings
INPUTS = {"audio": "decode", "activity": "detect", "turns": "diarize"}
ONLY_SPEAKER = "SPEAKER_00"
_BREATH_MS = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Nothing to set here; the engine has its own."""


def run(work: Work) -> Feelings:
    """The feelings of the whole sound, sorted by start."""
    from loquitur.speech.activity import regions
    from loquitur.speech.turns import joined

    samples = work.samples(work.take("audio", Audio))
    activity = work.take("activity", Activity)
    if work.has("turns"):
        # where two speak at once, turns lie in shreds: too short to tell a mood by
        turns = joined(work.take("turns", Turns).turns, gap_ms=_BREATH_MS)
    else:
        turns = tuple(
            Turn(start_ms=span.start_ms, end_ms=span.end_ms, speaker=ONLY_SPEAKER)
            for span in regions(activity)
        )
    feelings = []
    for feeling in work.engine.read(samples, activity, turns):
        feelings.append(feeling)
        work.progress(feeling.end_ms, samples.end_ms)
    feelings.sort(key=lambda feeling: (feeling.start_ms, feeling.end_ms))
    return Feelings(feelings=tuple(feelings), engine=work.stamp)
