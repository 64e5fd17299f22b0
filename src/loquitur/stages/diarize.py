"""diarize: sound to speaker turns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.model.media import Audio
from loquitur.model.speech import Activity, Turns
from loquitur.protocols import SpeakerCount

if TYPE_CHECKING:
    from loquitur.protocols import Work

VERSION = 1
ENGINE = "diarization"
RESULT = Turns
INPUTS = {"audio": "decode", "activity": "detect"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Bounds of the number of speakers, where they are known."""

    min_speakers: int | None = None
    max_speakers: int | None = None

    def __post_init__(self) -> None:
        least = 1 if self.min_speakers is None else self.min_speakers
        most = least if self.max_speakers is None else self.max_speakers
        if not 1 <= least <= most:
            raise ValueError(f"not a number of speakers: {self.min_speakers} to {most}")


def run(work: Work) -> Turns:
    """The turns of the whole sound, sorted by start."""
    samples = work.samples(work.take("audio", Audio))
    activity = work.take("activity", Activity)
    bounds = SpeakerCount(minimum=work.options.min_speakers, maximum=work.options.max_speakers)
    work.progress(0, samples.end_ms)
    turns = sorted(
        work.engine.diarize(samples, activity, speakers=bounds),
        key=lambda turn: (turn.start_ms, turn.end_ms, turn.speaker),
    )
    return Turns(turns=tuple(turns), engine=work.stamp)
