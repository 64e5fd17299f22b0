"""What an encoder made of one medium, as a model that labels reads it: projected, in 8 bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import InputError
from loquitur.vision.labels.evidence import Track
from loquitur.vision.labels.records.quantising import quantise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.vision.labels.dataset import Level, StreamInfo


def track_of_vectors(
    vectors: NDArray[np.float32],
    times_ms: NDArray[np.int64],
    ends_ms: NDArray[np.int64],
    stream: StreamInfo,
    *,
    level: Level = "frame",
    projection: bytes | None = None,
    texts: Sequence[str] = (),
) -> Track:
    """A stream of one medium.

    Args:
        vectors: What the encoder gave, float [t, d].
        times_ms: Where each row begins.
        ends_ms: Where it ends.
        stream: As the model reads it.
        level: `video`: the mean of all rows in the place of them.
        projection: The file that brings vectors to the stream's dimension; None where they have it.
        texts: What was said in each row.

    Raises:
        InputError: They are not of the size that the model or its projection reads, or hold NaN.
    """
    rows = np.asarray(vectors, dtype=np.float32)
    if not np.isfinite(rows).all():
        raise InputError(f"vectors of '{stream.name}' hold NaN or infinity", hint="make them again")
    if projection is not None:
        from loquitur.vision.labels.own.projection import read_projection

        rows = read_projection(projection).apply(rows)
    if rows.ndim != 2 or rows.shape[1] != stream.dimension:
        raise InputError(
            f"'{stream.name}' has {rows.shape[-1]} numbers a row, the model reads"
            f" {stream.dimension}",
            code="LQ-OTHER-STREAMS",
        )
    if level == "video" and len(rows):
        rows = rows.mean(axis=0, dtype=np.float64).astype(np.float32)[None]
        times_ms, ends_ms, texts = times_ms[:1], ends_ms[-1:], ()
    if stream.quantised:
        return Track(
            rows=quantise(rows, stream.low, stream.high),
            times_ms=times_ms, ends_ms=ends_ms, texts=texts,
        )  # fmt: skip
    return Track(rows=rows, times_ms=times_ms, ends_ms=ends_ms, texts=texts)
