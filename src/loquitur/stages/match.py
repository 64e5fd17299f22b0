"""match: how well the pictures of a medium fit labels of the user's own, trained on by nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import EngineError, InputError
from loquitur.model.labels import Labels
from loquitur.model.vision import Sampling
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from loquitur.protocols import Work

VERSION = 1
ENGINE = "zeroshot"
RESULT = Labels
READS = "pictures"
INPUTS = {"media": "media"}
_TOGETHER = 16
"""Frames that are looked at side by side."""
_MOST_LABELS = 2000
_MOST_LETTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Which labels, which frames, and how much is told.

    Args:
        labels: One a line.
        count: How many frames are looked at, spread evenly over the medium.
        top: How many labels are told.
        moments: How many frames of each label that fit it best.
    """

    labels: str = ""
    count: int = 48
    top: int = 10
    moments: int = 3

    def __post_init__(self) -> None:
        if not 1 <= self.count <= 100_000 or min(self.top, self.moments) < 0:
            raise ValueError("count is 1 to 100000, top and moments are 0 or more")
        if len(self.chosen()) > _MOST_LABELS:
            raise ValueError(f"{len(self.chosen())} labels: {_MOST_LABELS} at most")
        if any(len(each) > _MOST_LETTERS for each in self.chosen()):
            raise ValueError(f"a label of more than {_MOST_LETTERS} letters is none")

    def chosen(self) -> tuple[str, ...]:
        """The labels, each once."""
        plain = (" ".join(line.split()) for line in self.labels.splitlines())
        return tuple(dict.fromkeys(filter(None, plain)))


def run(work: Work) -> Labels:
    """The labels that fit best: the mean of each label's probability over the frames.

    Raises:
        InputError: No labels, or the medium has no moving pictures.
        EngineError: The engine gave no probabilities.
    """
    from loquitur.vision.labels.examples import PICTURES
    from loquitur.vision.labels.matching import fitting

    labels = work.options.chosen()
    if not labels:
        raise InputError("which labels?", hint="--labels 'cooking,football,news' or a file of them")
    if not work.media.has_video:
        raise InputError(
            f"{display(work.media.title)} has no moving pictures", code="LQ-NO-PICTURES"
        )
    warnings: list[str] = []
    parts = list(_scored(work, labels, warnings))
    if not parts:
        raise InputError(f"{display(work.media.title)}: no frame was decoded")
    times_ms = np.concatenate([times for times, _ in parts])
    scores = np.concatenate([each for _, each in parts])
    return Labels(
        media_id=work.media.media_id,
        source=work.stamp,
        labels=fitting(
            labels,
            scores,
            times_ms,
            duration_ms=work.media.duration_ms,
            top=work.options.top,
            moments=work.options.moments,
        ),
        streams=(PICTURES,),
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _scored(
    work: Work, labels: Sequence[str], warnings: list[str]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """When some frames are shown, and how well each label fits each."""
    from loquitur.media.frames import sample

    frames = sample(
        work.media_path,
        Sampling(by="uniform", count=work.options.count),
        batch=_TOGETHER,
        progress=work.progress,
        warn=warnings.append,
    )
    for batch in frames:
        found = np.asarray(work.engine.score(batch.pixels, labels), dtype=np.float32)
        if found.shape != (len(batch.pixels), len(labels)):
            raise EngineError(
                f"{work.stamp.name} gave scores of shape {list(found.shape)}, expected"
                f" {[len(batch.pixels), len(labels)]}"
            )
        if not np.isfinite(found).all():
            raise EngineError(f"{work.stamp.name} gave what is no probability")
        yield np.array(batch.times_ms, dtype=np.int64), found
