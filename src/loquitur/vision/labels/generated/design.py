"""How large a generated data set is drawn, and how noisy."""

from __future__ import annotations

from dataclasses import dataclass

from loquitur.errors import UsageError
from loquitur.vision.labels.dataset import YT8M_LABELS
from loquitur.vision.labels.examples import PICTURES, SOUND, WORDS

VERSION = 2
"""Of the drawing: another one draws other videos from the same numbers. The first had labels that
share events in any genre; `Design(kin=False)` draws its videos, bit for bit, and bears its number.
"""
STREAMS = (PICTURES, SOUND, WORDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A drawing of labelled videos. The same design draws the same videos, however many.

    Args:
        seed: Which world: another one shares no label, and no video.
        labels: Size of the vocabulary.
        rgb: Numbers a row of pictures.
        audio: Numbers a row of sound.
        words: Numbers a word.
        least_rows: Seconds of the shortest video.
        most_rows: Seconds of the longest.
        missing: Share of true labels that are not given.
        wrong: Share of videos with a label that is not true.
        soundless: Share of videos without sound.
        wordless: Share of videos in which nothing is said.
        outliers: Share of videos with a stretch of rows that say nothing.
        kin: Whether labels that share events are of one genre too, so that nothing but the order,
            or both senses, tells them apart. Else genre and company do so as well, and a net that
            heeds no order does nearly as well as one that does.

    Raises:
        UsageError: A figure out of its bounds.
    """

    seed: int = 0
    labels: int = 100
    rgb: int = 1024
    audio: int = 128
    words: int = 128
    least_rows: int = 120
    most_rows: int = 300
    missing: float = 0.1
    wrong: float = 0.05
    soundless: float = 0.08
    wordless: float = 0.2
    outliers: float = 0.1
    kin: bool = True

    def __post_init__(self) -> None:
        bounds = {"seed": (0, 2**31 - 1), "labels": (2, 10 * YT8M_LABELS)}
        bounds |= dict.fromkeys(STREAMS, (8, 8192))
        bounds |= {"least_rows": (4, self.most_rows), "most_rows": (4, 3000)}
        for name, (low, high) in bounds.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise UsageError(f"{name.replace('_', ' ')}: {value} is not in {low} to {high}")
        for name in ("missing", "wrong", "soundless", "wordless", "outliers"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"{name}: a share is in 0 to 1, not {getattr(self, name)}")

    @property
    def version(self) -> int:
        """That of the drawing by which these videos are drawn."""
        return VERSION if self.kin else 1

    def dimension(self, stream: str) -> int:
        """Numbers a row of a stream."""
        return {PICTURES: self.rgb, SOUND: self.audio, WORDS: self.words}[stream]
