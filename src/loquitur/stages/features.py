"""features: the pictures of a medium to one vector a frame; only where it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import EngineError, InputError
from loquitur.model.media import Shots
from loquitur.model.vision import Features, Sampling
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.model.vision import Fitting, FrameBatch
    from loquitur.protocols import Work

VERSION = 1
ENGINE = "vision"
RESULT = Features
Options = Sampling
READS = "pictures"
INPUTS = {"media": "media", "shots": "shots"}


def run(work: Work) -> Features:
    """Vectors of the frames, in the order shown; the matrix is an object of the store.

    Raises:
        InputError: The medium has no moving pictures, or none of them can be decoded.
        EngineError: The encoder gave what are no numbers.
    """
    from loquitur.vision.encoders import encode_frames, fitting_of

    if not work.media.has_video:
        raise InputError(
            f"{display(work.media.title)} has no moving pictures", code="LQ-NO-PICTURES"
        )
    warnings: list[str] = []
    times_ms: list[int] = []
    largest = float(np.finfo(np.float16).max)
    fitting = fitting_of(work.engine)
    frames = _batches(work, fitting, warnings)
    with work.temporary(".f16") as path:
        with path.open("wb") as file:
            for times, vectors in encode_frames(work.engine, frames, ready=fitting is not None):
                broken = np.flatnonzero(~(np.abs(vectors) <= largest).all(axis=1))
                if len(broken):
                    at = int(broken[0])
                    what = (
                        "a number too large for float16"
                        if np.isfinite(vectors[at]).all()
                        else "no number"
                    )
                    raise EngineError(f"{work.stamp.name} gave {what} at {times[at]} ms")
                file.write(vectors.astype("<f2").tobytes())
                times_ms.extend(times)
        if not times_ms:
            raise InputError(f"{display(work.media.title)}: no frame was decoded")
        matrix = work.adopt(path, "matrix")
    return Features(
        media_id=work.media.media_id,
        encoder=work.stamp,
        times_ms=tuple(times_ms),
        dimension=work.engine.dimension,
        matrix=matrix,
        sampling=work.options,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _batches(work: Work, fitting: Fitting | None, warnings: list[str]) -> Iterator[FrameBatch]:
    """The frames as the encoder takes them, as they are decoded."""
    from loquitur.media.frames import sample

    cuts_ms = work.take("shots", Shots).cuts_ms if work.has("shots") else ()
    yield from sample(
        work.media_path,
        work.options,
        geometry=fitting,
        cuts_ms=cuts_ms,
        progress=work.progress,
        warn=warnings.append,
    )
