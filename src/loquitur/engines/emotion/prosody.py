"""Mood from prosody alone: arousal from energy, pitch and rate, no valence, low confidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from loquitur.model.speech import Feeling
from loquitur.protocols import Identity
from loquitur.speech import prosody

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from loquitur.model.speech import Activity, Turn
    from loquitur.protocols import Resources, Samples

_VERSION = "1"
_SPEECH = 128  # of 255


@dataclass(frozen=True, slots=True, kw_only=True)
class ProsodyOptions:
    """The engine has none: its constants are its definition (`loquitur.speech.prosody`)."""


class Prosody:
    """The embedded `loquitur.protocols.EmotionReader`: numpy only, any language.

    It reads one window at a time and keeps five numbers of each, so ten hours of speech need a
    megabyte. Feelings come after the last window is heard, since the baseline is the whole medium.
    """

    Options: ClassVar[type] = ProsodyOptions

    def __init__(self, options: ProsodyOptions, resources: Resources) -> None:
        """Nothing is loaded."""

    @classmethod
    def identity(cls, options: ProsodyOptions, resources: Resources) -> Identity:
        """The version of the method."""
        return Identity(version=_VERSION)

    def read(
        self, samples: Samples, activity: Activity, turns: Sequence[Turn]
    ) -> Iterator[Feeling]:
        """One feeling per window of 3-10 s, at least one per turn, sorted by start.

        The label is calm below 0.15 of arousal, excited above 0.85, neutral between.

        Args:
            samples: Sound in media time.
            activity: Voice activity in media time; cuts long turns at pauses.
            turns: Who speaks when; may overlap.
        """
        windows = sorted(
            (start_ms, end_ms, turn.speaker)
            for turn in turns
            for start_ms, end_ms in prosody.cut_windows(turn.start_ms, turn.end_ms, activity)
        )
        gain = np.float32(10.0 ** (activity.gain_db / 20.0))
        voices = [
            prosody.measure(
                samples.read(start_ms, end_ms) * gain, _speech(activity, start_ms, end_ms)
            )
            for start_ms, end_ms, _ in windows
        ]
        moods = prosody.deviations(voices, [speaker for _, _, speaker in windows])
        for (start_ms, end_ms, speaker), deviation in zip(windows, moods, strict=True):
            scores = prosody.label_scores(deviation)
            label, score = max(scores, key=lambda pair: pair[1])
            yield Feeling(
                start_ms=start_ms,
                end_ms=end_ms,
                label=label,
                score=score,
                scores=scores,
                arousal=prosody.arousal(deviation),
                source="prosody",
                confidence="low",
                speaker=speaker,
            )


def _speech(activity: Activity, start_ms: int, end_ms: int) -> NDArray[np.bool_]:
    """Whether somebody speaks, one value per 10 ms of `[start_ms, end_ms)`."""
    active = np.frombuffer(activity.probabilities, dtype=np.uint8) >= _SPEECH
    times_ms = np.arange(start_ms + 5, end_ms, 10) - activity.offset_ms
    frames = times_ms // activity.frame_ms
    inside = (frames >= 0) & (frames < len(active))
    speech = np.zeros(len(times_ms), dtype=np.bool_)
    speech[inside] = active[frames[inside]]
    return speech
