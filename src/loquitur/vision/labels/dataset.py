"""What a folder of labelled videos holds: its streams, whose features they are, its vocabulary.

`dataset.json` beside the shards. A folder of YouTube-8M has none as it comes: `YOUTUBE_8M` and
`YOUTUBE_8M_MEANS` are what is known of it. Shards are named by their part as there: `train0001`,
`validatezZ`, `test00` ..., `.tfrecord` (`.gz` behind it where compressed).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from loquitur.model.speech import EngineStamp
from loquitur.model.vision import Preprocessing
from loquitur.vision.labels.examples import PICTURES, SOUND
from loquitur.vision.labels.published import PUBLISHED

SCHEMA = "loquitur/label-data/1"
INDEX = "dataset.json"
PARTS = ("train", "validate", "test")
LOW, HIGH = -2.0, 2.0
"""Between which YouTube-8M's features were cut before they became 8 bits."""

Level = Literal["frame", "video"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamInfo:
    """One stream: whose features, and how its numbers are kept.

    Args:
        name: `rgb`, `audio` or `words` (`examples.PICTURES` ...).
        dimension: Numbers a row.
        quantised: Rows are uint8 for numbers of `low` to `high`: x * (high - low) / 255 + (high -
            low) / 512 + low. Video-level rows are float32.
        low: See `quantised`.
        high: See `quantised`.
        rate_hz: Rows a second; 0 where they come as they come (words).
        encoder: Which engine made them (`published.PUBLISHED` of YouTube-8M's own shards); None
            where nobody knows.
        preprocessing: What was done to the pictures first.
        projection: The sha256 of the projection (`own.projection`) that brought them to
            `dimension`; empty where there is none.
        cut: Of words, what a row is (`own.words.Cut`): `phrase` or `word`, with `+title`,
            `+description` where those are rows too; empty where nobody says.
    """

    name: str
    dimension: int
    quantised: bool = True
    low: float = LOW
    high: float = HIGH
    rate_hz: float = 1.0
    encoder: EngineStamp | None = None
    preprocessing: Preprocessing | None = None
    projection: str = ""
    cut: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetInfo:
    """A folder of shards.

    Args:
        name: What it is called.
        level: Rows a second, or one mean a video.
        streams: In the order in which nets read them.
        labels: Size of the vocabulary.
        vocabulary: The digest of the vocabulary (`vocabulary.LabelVocabulary.digest`) that the
            labels are of; empty where nobody says.
        vocabulary_file: Its file beside this one, empty where there is none.
        notes: What a user should know.
    """

    name: str
    level: Level
    streams: tuple[StreamInfo, ...]
    labels: int
    vocabulary: str = ""
    vocabulary_file: str = ""
    notes: tuple[str, ...] = ()


YT8M_LABELS = 3862
"""Of the version of May 2018, https://research.google.com/youtube8m/download.html."""
_PICTURES = StreamInfo(name=PICTURES, dimension=1024, encoder=PUBLISHED)
_SOUND = StreamInfo(name=SOUND, dimension=128, encoder=PUBLISHED)
YOUTUBE_8M = DatasetInfo(
    name="youtube-8m", level="frame", streams=(_PICTURES, _SOUND), labels=YT8M_LABELS
)
YOUTUBE_8M_MEANS = DatasetInfo(
    name="youtube-8m",
    level="video",
    streams=(replace(_PICTURES, quantised=False), replace(_SOUND, quantised=False)),
    labels=YT8M_LABELS,
)
