"""What encoders made of one's own videos, before it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loquitur.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from loquitur.model.speech import EngineStamp
    from loquitur.vision.labels.own.videos import LabelledVideo


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRows:
    """One stream of one video, as its encoder made it.

    Args:
        encoder: Which engine that was.
        dimension: Numbers a row.
        times_ms: When each row is.
        load: Gives the rows, float32 [t, dimension]; they are read when they are needed.
    """

    encoder: EngineStamp
    dimension: int
    times_ms: tuple[int, ...]
    load: Callable[[], NDArray[np.float32]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A video, or one stream of it, of which nothing came.

    Args:
        video_id: Which video.
        stream: Which stream; empty for all of it.
        reason: Why, in one line.
        exit_code: Of the error that it was.
    """

    video_id: str
    stream: str
    reason: str
    exit_code: int = InputError.exit_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """One video.

    Args:
        video: Its place, id, labels, part.
        streams: By name; one that the video has not is not there.
        failures: What could not be made.
    """

    video: LabelledVideo
    streams: Mapping[str, StreamRows] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
