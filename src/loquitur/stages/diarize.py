"""diarize: sound to speaker turns; by their channels where every speaker has one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from loquitur.model.media import Audio
from loquitur.model.speech import Activity, Lines, Turn, Turns
from loquitur.protocols import SpeakerCount

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from loquitur.protocols import Progress, Samples, Work

VERSION = 1
ENGINE = "diarization"
RESULT = Turns
INPUTS = {"audio": "decode", "activity": "detect", "lines": "monitor"}
GAP_MS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How speakers are told apart.

    Args:
        by: `voice`, or `channel` where every speaker has a channel of the sound.
        min_speakers: How many speak at least, where it is known.
        max_speakers: How many speak at most, where it is known.
    """

    by: Literal["voice", "channel"] = "voice"
    min_speakers: int | None = None
    max_speakers: int | None = None

    def __post_init__(self) -> None:
        least = 1 if self.min_speakers is None else self.min_speakers
        most = least if self.max_speakers is None else self.max_speakers
        if not 1 <= least <= most:
            raise ValueError(f"not a number of speakers: {self.min_speakers} to {most}")


def run(work: Work) -> Turns:
    """The turns of the whole sound, sorted by start."""
    if work.options.by == "channel":
        return _by_channel(work)
    samples = _Told(work.samples(work.take("audio", Audio)), work.progress)
    activity = work.take("activity", Activity)
    bounds = SpeakerCount(minimum=work.options.min_speakers, maximum=work.options.max_speakers)
    turns = sorted(
        work.engine.diarize(samples, activity, speakers=bounds),
        key=lambda turn: (turn.start_ms, turn.end_ms, turn.speaker),
    )
    return Turns(turns=tuple(turns), engine=work.stamp)


def _by_channel(work: Work) -> Turns:
    """A turn where its channel speaks: of two channels at once where both do."""
    from loquitur.speech.activity import RegionOptions, regions
    from loquitur.speech.crosstalk import speaker_of

    heard = work.take("lines", Lines)
    options = RegionOptions(min_silence_ms=GAP_MS)
    turns = [
        Turn(start_ms=span.start_ms, end_ms=span.end_ms, speaker=speaker_of(channel))
        for channel, activity in enumerate(heard.lines)
        for span in regions(activity, options=options)
    ]
    turns.sort(key=lambda turn: (turn.start_ms, turn.end_ms, turn.speaker))
    speaking = len({turn.speaker for turn in turns})
    least, most = work.options.min_speakers or 0, work.options.max_speakers or speaking
    asked = () if least <= speaking <= most else (f"{speaking} channels have a speaker",)
    return Turns(turns=tuple(turns), engine=work.stamp, notes=heard.notes + asked)


class _Told:
    """Sound that tells how much of it was read.

    An engine listens for minutes before its first turn, and a cancelled run ends at a report only.
    """

    def __init__(self, samples: Samples, progress: Progress) -> None:
        self._samples = samples
        self._progress = progress
        self._read_ms = 0
        self.offset_ms = samples.offset_ms
        self.end_ms = samples.end_ms
        progress(0, self.end_ms)

    def read(self, start_ms: int, end_ms: int) -> NDArray[np.float32]:
        """See `Samples.read`."""
        self._tell(end_ms - start_ms)
        return self._samples.read(start_ms, end_ms)

    def blocks(self, length_ms: int) -> Iterator[NDArray[np.float32]]:
        """See `Samples.blocks`."""
        for block in self._samples.blocks(length_ms):
            self._tell(length_ms)
            yield block

    def _tell(self, length_ms: int) -> None:
        """Some stretches are read twice, silence never: the sum is near, and only grows."""
        self._read_ms = min(self._read_ms + length_ms, self.end_ms)
        self._progress(self._read_ms, self.end_ms)
