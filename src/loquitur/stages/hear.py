"""hear: the sound of a medium to one vector a window; only where it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import EngineError
from loquitur.model.hearing import Sounds
from loquitur.model.media import Audio

if TYPE_CHECKING:
    from loquitur.protocols import Work

VERSION = 1
ENGINE = "audio"
RESULT = Sounds
INPUTS = {"audio": "decode"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How sound is listened to: as the engine does, in windows of its own."""


def run(work: Work) -> Sounds:
    """Vectors of the windows, in order; the matrix is an object of the store.

    Raises:
        EngineError: The encoder gave what are no numbers.
    """
    from loquitur.vision.hearing import encode_sound

    audio = work.take("audio", Audio)
    samples = work.samples(audio)
    largest = float(np.finfo(np.float16).max)
    times_ms: list[int] = []
    with work.temporary(".f16") as path:
        with path.open("wb") as file:
            for times, vectors in encode_sound(work.engine, samples):
                broken = np.flatnonzero(~(np.abs(vectors) <= largest).all(axis=1))
                if len(broken):
                    at = times[int(broken[0])]
                    raise EngineError(f"{work.stamp.name} gave no number at {at} ms")
                file.write(vectors.astype("<f2").tobytes())
                times_ms.extend(times)
                work.progress(times[-1] - samples.offset_ms, audio.duration_ms)
        matrix = work.adopt(path, "matrix")
    return Sounds(
        media_id=work.media.media_id,
        encoder=work.stamp,
        times_ms=tuple(times_ms),
        window_ms=work.engine.window_ms,
        dimension=work.engine.dimension,
        matrix=matrix,
        warnings=audio.warnings,
    )
