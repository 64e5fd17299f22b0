"""A drawing: any of its videos, by part and number."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.errors import UsageError, near
from loquitur.vision.labels.dataset import HIGH, LOW, PARTS, DatasetInfo, Level, StreamInfo
from loquitur.vision.labels.examples import WORDS, Examples, Stream, offsets_of
from loquitur.vision.labels.generated.casting import Cast, cast
from loquitur.vision.labels.generated.design import STREAMS, Design
from loquitur.vision.labels.generated.rendering import Sense, draw_sense, render
from loquitur.vision.labels.generated.topics import GENRES, Topics, draw_topics
from loquitur.vision.labels.vocabulary import Label, LabelVocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_DIGITS = 5
_LETTERS = {"train": "t", "validate": "v", "test": "x"}
"""What an id begins with."""
_STEP = np.float32((HIGH - LOW) / 255)
_BIAS = np.float32((HIGH - LOW) / 512 + LOW)


class Drawing:
    """What a design draws; cheap until something is asked of it.

    Args:
        design: Sizes, rates, seed.
    """

    def __init__(self, design: Design) -> None:
        self.design = design
        self._senses: dict[str, Sense] = {}

    @cached_property
    def topics(self) -> Topics:
        """Its labels."""
        return draw_topics(self.design)

    @cached_property
    def vocabulary(self) -> LabelVocabulary:
        """Its labels by name, with their genres; Knowledge Graph ids are made up (`/x/...`)."""
        return LabelVocabulary(
            labels=tuple(
                Label(
                    name=topic.name,
                    entity=f"/x/{self.design.seed}_{number}",
                    verticals=(GENRES[topic.genre][0],),
                )
                for number, topic in enumerate(self.topics.topics)
            )
        )

    def sense(self, stream: str) -> Sense:
        """What a stream knows."""
        if stream not in self._senses:
            self._senses[stream] = draw_sense(self.design, self.topics, stream)
        return self._senses[stream]

    def cast(self, part: str, number: int) -> Cast:
        """What a video is: its true labels and those that are given."""
        return cast(self.design, self.topics, _part(part), number)

    def examples(
        self,
        part: str,
        numbers: Sequence[int],
        *,
        level: Level = "frame",
        streams: Sequence[str] = STREAMS,
    ) -> Examples:
        """Videos of a part.

        Args:
            part: `train`, `validate` or `test`.
            numbers: Which of its videos, from 0.
            level: Rows a second, or the mean of them.
            streams: Which are wanted; the same videos whichever they are.
        """
        casts = [self.cast(part, number) for number in numbers]
        columns = {
            stream: self._column(stream, part, numbers, casts, level)
            for stream in STREAMS
            if stream in streams
        }
        given = [one.given for one in casts]
        return Examples(
            video_ids=tuple(video_id(part, number) for number in numbers),
            labels=np.concatenate([*given, np.zeros(0, np.int64)]),
            label_offsets=offsets_of([len(one) for one in given]),
            streams=columns,
        )

    def _column(
        self, stream: str, part: str, numbers: Sequence[int], casts: list[Cast], level: Level
    ) -> Stream:
        """One stream of videos."""
        sense = self.sense(stream)
        pieces: list[NDArray[Any]] = []
        times: list[NDArray[np.int64]] = []
        for number, video in zip(numbers, casts, strict=True):
            key = _part(part), number
            rows, shown = render(self.design, self.topics, sense, stream, key, video)
            pieces.append(rows if level == "frame" else _mean(rows))
            times.append(shown)
        empty = np.zeros(
            (0, self.design.dimension(stream)), np.uint8 if level == "frame" else np.float32
        )
        timed = stream == WORDS and level == "frame"
        return Stream(
            rows=np.concatenate([empty, *pieces]),
            offsets=offsets_of([len(piece) for piece in pieces]),
            times_ms=np.concatenate([np.zeros(0, np.int64), *times]) if timed else None,
        )

    def info(
        self, *, level: Level, streams: Sequence[str] = STREAMS, vocabulary_file: str = ""
    ) -> DatasetInfo:
        """What a folder of its shards says of itself."""
        return DatasetInfo(
            name=f"generated-{self.design.version}-{self.design.seed}",
            level=level,
            streams=tuple(
                StreamInfo(
                    name=stream,
                    dimension=self.design.dimension(stream),
                    quantised=level == "frame",
                    rate_hz=0.0 if stream == WORDS else 1.0,
                )
                for stream in STREAMS
                if stream in streams
            ),
            labels=self.design.labels,
            vocabulary=self.vocabulary.digest,
            vocabulary_file=vocabulary_file,
            notes=("generated: no video stands behind it",),
        )


def video_id(part: str, number: int) -> str:
    """The id of a video, by its part and number; `place_of` is the way back."""
    digits = ""
    for _ in range(_ID_DIGITS):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return _LETTERS[part] + digits


def place_of(found: str) -> tuple[str, int]:
    """The part and number of a video, by its id.

    Raises:
        UsageError: It is no id of a generated video.
    """
    part = next((one for one, letter in _LETTERS.items() if letter == found[:1]), "")
    if not part or len(found) != 1 + _ID_DIGITS or any(one not in _DIGITS for one in found[1:]):
        raise UsageError(f"not the id of a generated video: {found[:20]!r}")
    number = 0
    for one in found[1:]:
        number = number * len(_DIGITS) + _DIGITS.index(one)
    return part, number


def _mean(rows: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The mean of dequantised rows [1, d]; none where there are none."""
    if not len(rows):
        return np.zeros((0, rows.shape[1]), np.float32)
    sums = rows.sum(axis=0, dtype=np.uint32, keepdims=True).astype(np.float32)
    found: NDArray[np.float32] = sums * (_STEP / np.float32(len(rows))) + _BIAS
    return found


def _part(part: str) -> int:
    if part not in PARTS:
        raise UsageError(f"no part '{part}'", hint=near(part, PARTS))
    return PARTS.index(part)
