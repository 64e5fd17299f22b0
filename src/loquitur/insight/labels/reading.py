"""Files of labels: `{"video", "labels": [{"label", "score", ...}]}`, as `label predict` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from loquitur.errors import InputError
from loquitur.formats.json_files import read_document
from loquitur.formats.sniffing import begins_with_names
from loquitur.text import display

if TYPE_CHECKING:
    from pathlib import Path

_MOST_BYTES = 64 << 20
_MOST_MS = 10**13


class LabelledMoment(msgspec.Struct, frozen=True):
    """A span that speaks for a label; see `model.labels.Moment`."""

    start_ms: int
    end_ms: int
    weight: float = 0.0
    stream: str = ""
    text: str = ""


class GivenLabel(msgspec.Struct, frozen=True):
    """A label with its score; what else a file says of it, where it does."""

    label: str
    score: float
    verticals: tuple[str, ...] = ()
    branches: dict[str, float] = {}
    moments: tuple[LabelledMoment, ...] = ()


class LabelsFile(msgspec.Struct, frozen=True):
    """The labels of a video; text in it is a stranger's."""

    labels: tuple[GivenLabel, ...]
    video: str | None = None
    media_id: str | None = None
    title: str | None = None
    duration_ms: int | None = None
    genres: tuple[GivenLabel, ...] = ()
    streams: tuple[str, ...] = ()
    model: dict[str, str | None] = {}


def holds_labels(path: Path) -> bool:
    """Whether a file is JSON of the labels of a video.

    Raises:
        InputError: It cannot be read.
    """
    return begins_with_names(path, "labels", "video", "score")


def read_labels(path: Path) -> LabelsFile:
    """The labels of a video, highest score first; moments that no film has are left out.

    Raises:
        InputError: It cannot be read, or holds no such labels.
    """
    found = read_document(
        path, LabelsFile, most_bytes=_MOST_BYTES, what="labels of a video",
        hint='expected {"video", "labels": [{"label", "score"}]}, as `label predict` writes',
    )  # fmt: skip
    return msgspec.structs.replace(
        found, labels=_ordered(found.labels, path), genres=_ordered(found.genres, path)
    )


def _ordered(labels: tuple[GivenLabel, ...], path: Path) -> tuple[GivenLabel, ...]:
    kept = []
    for one in labels:
        if not 0 <= one.score <= 1:  # nor NaN
            raise InputError(
                f"{display(str(path))}: '{display(one.label)[:60]}' has the score {one.score}, no"
                " probability"
            )
        if one.label.strip():
            moments = tuple(
                each for each in one.moments if 0 <= each.start_ms < each.end_ms < _MOST_MS
            )
            kept.append(msgspec.structs.replace(one, moments=moments))
    return tuple(sorted(kept, key=lambda one: -one.score))
