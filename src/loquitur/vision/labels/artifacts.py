"""What other stages made of a medium, as the tracks that a model reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.model.hearing import Sounds, Spoken
from loquitur.model.vision import Features
from loquitur.text import display
from loquitur.vision.labels.evidence import ends_of
from loquitur.vision.labels.modelcard import encoder_of
from loquitur.vision.labels.modelfile import projection_of
from loquitur.vision.labels.published import check_close
from loquitur.vision.labels.tracks import track_of_vectors

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from numpy.typing import NDArray

    from loquitur.protocols import Work
    from loquitur.vision.labels.evidence import Track
    from loquitur.vision.labels.modelfile import LabelModel


def tracks_of(work: Work, model: LabelModel, wanted: Collection[str]) -> dict[str, Track]:
    """What a model reads of a medium, as far as other stages made it.

    Args:
        work: Of a stage that takes `features`, `sounds` and `spoken`, each of which may be absent.
        model: What shall read them.
        wanted: The streams that it may look at.

    Raises:
        UsageError: What was made is of another encoder than the model's.
    """
    made: dict[str, Callable[[Work, LabelModel], Track | None]] = {
        "rgb": _pictures, "audio": _sound, "words": _words,
    }  # fmt: skip
    found = {}
    for stream in model.card.streams:
        if stream.name in made and stream.name in wanted:
            track = made[stream.name](work, model)
            if track is not None:
                found[stream.name] = track
    return found


def _pictures(work: Work, model: LabelModel) -> Track | None:
    """One row a frame."""
    if not work.has("features"):
        return None
    found = work.take("features", Features)
    times_ms = np.array(found.times_ms, dtype=np.int64)
    return _track(
        work, model, "rgb", found,
        times_ms=times_ms, ends_ms=ends_of(times_ms, round(1000 / found.sampling.rate_hz)),
    )  # fmt: skip


def _sound(work: Work, model: LabelModel) -> Track | None:
    """One row a window of sound."""
    if not work.has("sounds"):
        return None
    found = work.take("sounds", Sounds)
    times_ms = np.array(found.times_ms, dtype=np.int64)
    return _track(
        work, model, "audio", found, times_ms=times_ms, ends_ms=times_ms + found.window_ms
    )


def _words(work: Work, model: LabelModel) -> Track | None:
    """One row a phrase, or a word."""
    if not work.has("spoken"):
        return None
    found = work.take("spoken", Spoken)
    return _track(
        work, model, "words", found,
        times_ms=np.array(found.start_ms, dtype=np.int64),
        ends_ms=np.array(found.end_ms, dtype=np.int64), texts=found.texts,
    )  # fmt: skip


def _track(
    work: Work,
    model: LabelModel,
    name: str,
    found: Features | Sounds | Spoken,
    *,
    times_ms: NDArray[np.int64],
    ends_ms: NDArray[np.int64],
    texts: Sequence[str] = (),
) -> Track:
    """The rows of an artifact, held against the encoder that the model knows."""
    stream = next(one for one in model.card.streams if one.name == name)
    known = encoder_of(stream, str(model.folder))
    check_close(known, found.encoder, what=f"'{name}' of {display(work.media.title)}")
    matrix = np.fromfile(work.object(found.matrix), dtype="<f2")
    return track_of_vectors(
        matrix.reshape(-1, found.dimension).astype(np.float32),
        times_ms,
        ends_ms,
        stream,
        level=model.card.data.level,
        projection=projection_of(model, name),
        texts=texts,
    )
