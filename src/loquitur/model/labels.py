"""What a video is about, as a model says: labels with scores, and what speaks for each."""

from __future__ import annotations

from dataclasses import dataclass

from loquitur.model.speech import EngineStamp

STREAM_NAMES = {"rgb": "pictures", "audio": "sound", "words": "words"}
"""What people call the streams of a data set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A span of media time, ms, half-open, and what it adds to a label's score.

    Args:
        start_ms: Where it begins.
        end_ms: Where it ends.
        weight: By how much it moves the label's log odds, see `vision.labels.evidence`; above 0
            where it speaks for the label.
        stream: In which stream: `rgb`, `audio` or `words`.
        text: What was said there; empty for pictures and sound.
    """

    start_ms: int
    end_ms: int
    weight: float
    stream: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelScore:
    """One label.

    Args:
        label: Its name.
        score: Probability, 0 to 1, as the model says.
        index: Its number in the model's vocabulary; None for a label of the user's own.
        verticals: The genres it belongs to.
        branches: The score by each stream alone.
        moments: The spans that speak most for it, strongest first.
    """

    label: str
    score: float
    index: int | None = None
    verticals: tuple[str, ...] = ()
    branches: tuple[tuple[str, float], ...] = ()
    moments: tuple[Moment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The labels of one medium.

    Args:
        media_id: Which medium.
        source: Which model said so.
        labels: Highest score first.
        genres: The verticals alike, highest first; empty where the model knows none.
        streams: What the model was given.
        warnings: What a user should know.
    """

    media_id: str
    source: EngineStamp
    labels: tuple[LabelScore, ...]
    genres: tuple[LabelScore, ...] = ()
    streams: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
