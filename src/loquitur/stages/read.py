"""read: what is said in a medium to one vector a phrase; only where it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import EngineError
from loquitur.model.hearing import Spoken
from loquitur.model.speech import Words

if TYPE_CHECKING:
    from loquitur.protocols import Work

VERSION = 1
ENGINE = "embedding"
RESULT = Spoken
INPUTS = {"words": "transcribe", "aligned": "align"}
_TOGETHER = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How words are read: in phrases, as `vision.labels.own.phrases` cuts them."""


def run(work: Work) -> Spoken:
    """Vectors of the phrases, in order; of none where nobody speaks.

    Raises:
        EngineError: The encoder gave vectors of another shape, or what are no numbers.
    """
    from loquitur.vision.labels.own.phrases import phrases

    words = work.take("aligned" if work.has("aligned") else "words", Words)
    said = list(phrases(words.words))
    dimension = int(work.engine.dimension)
    with work.temporary(".f16") as path:
        with path.open("wb") as file:
            for at in range(0, len(said), _TOGETHER):
                texts = [one.text for one in said[at : at + _TOGETHER]]
                found = np.asarray(work.engine.encode(texts, role="passage"), dtype=np.float32)
                if found.shape != (len(texts), dimension) or not np.isfinite(found).all():
                    raise EngineError(
                        f"{work.stamp.name} gave no vectors of {dimension} numbers for what is said"
                    )
                file.write(found.astype("<f2").tobytes())
                work.progress(said[min(at + _TOGETHER, len(said)) - 1].end_ms, said[-1].end_ms)
        matrix = work.adopt(path, "matrix")
    return Spoken(
        media_id=work.media.media_id,
        encoder=work.stamp,
        start_ms=tuple(one.start_ms for one in said),
        end_ms=tuple(one.end_ms for one in said),
        texts=tuple(one.text for one in said),
        dimension=dimension,
        matrix=matrix,
        language=words.language,
    )
