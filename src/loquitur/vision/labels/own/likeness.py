"""What features must be like to go with a model, or into the set that one is trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.errors import InputError, UsageError
from loquitur.text import display
from loquitur.vision.labels.dataset import INDEX
from loquitur.vision.labels.dataset_files import read_index
from loquitur.vision.labels.own.projection import digest_of, projections_in, read_file
from loquitur.vision.labels.own.words import check_cut
from loquitur.vision.labels.published import check_close, is_near, notices

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from loquitur.vision.labels.dataset import DatasetInfo, StreamInfo
    from loquitur.vision.labels.vocabulary import LabelVocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """A model or a data set, as far as features must be like it.

    Args:
        info: Level, streams, their encoders, projections and cuts.
        projections: By stream, its file.
        vocabulary: Of its labels; None where nobody says.
    """

    info: DatasetInfo
    projections: Mapping[str, bytes]
    vocabulary: LabelVocabulary | None


def read_likeness(place: Path) -> Likeness:
    """What features must be like to go with a run, a model's folder, or a data set.

    Raises:
        InputError: It is none of these, or a projection of it is gone or another.
    """
    if (place / INDEX).is_file():
        from loquitur.vision.labels.vocabulary_files import read_vocabulary

        info, _ = read_index(place / INDEX)
        named = info.vocabulary_file
        return Likeness(
            info=info,
            projections=projections_in(place, info),
            vocabulary=read_vocabulary(place / named) if named else None,
        )
    from loquitur.vision.labels.modelcard import read_card
    from loquitur.vision.labels.modelfile import find

    folder = find(place)
    card = read_card(folder)
    files = {stream: read_file(folder / name) for stream, name in card.projections.items()}
    for stream in card.data.streams:
        if stream.projection and digest_of(files.get(stream.name, b"")) != stream.projection:
            raise InputError(
                f"{display(str(folder))}: the projection of '{stream.name}' is gone, or another",
                hint="the model's folder as it was written",
            )
    return Likeness(info=card.data, projections=files, vocabulary=card.vocabulary())


def check_likeness(found: Sequence[StreamInfo], due: DatasetInfo, *, what: str) -> tuple[str, ...]:
    """Hold that streams are made as those of a model or data set; what a user must know of them.

    Raises:
        UsageError: One is of another encoder, cut otherwise, or not there.
    """
    known = {stream.name: stream for stream in due.streams}
    for stream in found:
        if stream.name not in known:
            raise UsageError(
                f"{what} has no '{stream.name}'",
                hint=f"it has {', '.join(known)}; none leaves a stream out",
            )
        other = known[stream.name]
        if other.encoder is None or stream.encoder is None:
            raise UsageError(
                f"nobody knows how '{stream.name}' of {what} was made",
                hint="make a data set of your own, and train on it (docs/label-features.md)",
                code="LQ-OTHER-ENCODER",
            )
        check_close(other.encoder, stream.encoder, what=f"'{stream.name}'")
        check_cut(stream.cut, other.cut, what="these videos")
        near = is_near(other.encoder, stream.encoder)
        prepared = near or stream.preprocessing == other.preprocessing
        if not prepared or stream.rate_hz != other.rate_hz:
            raise UsageError(
                f"'{stream.name}' of {what} is of other pictures: {other.rate_hz:g} a second, not"
                f" {stream.rate_hz:g}, or otherwise prepared",
                code="LQ-OTHER-ENCODER",
            )
    return notices(due.streams, found)
