"""One span of a film to one sentence: its frames fetched, and shown to a describer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from loquitur.media.frames import sample
from loquitur.model.vision import Description, Fitting, Geometry, Sampling

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from loquitur.media.isolation import Child
    from loquitur.protocols import Describer
    from loquitur.timing import Span


def described(
    path: Path,
    span: Span,
    engine: Describer,
    *,
    to_the_end: bool,
    cuts_ms: Sequence[int],
    child: Child,
    warn: Callable[[str], None],
) -> Description | None:
    """The sentence of one span; None where it has no picture, or nothing was written of it.

    Args:
        path: The film.
        span: Which part of it.
        engine: What writes.
        to_the_end: Look at the very last frame, wherever it is.
        cuts_ms: Where shots begin, for an engine that wants frames of each.
        child: Decodes; kept from span to span.
        warn: Told what was lost.

    Raises:
        InputError: The film cannot be read.
        EngineError: The engine failed.
    """
    usual: Sampling = getattr(engine, "sampling", None) or Sampling(count=engine.frames)
    sized = engine.sized
    fitting: Fitting | None = getattr(engine, "fitting", None)
    geometry = Geometry(width_px=sized[0], height_px=sized[1]) if sized else None
    batches = sample(
        path,
        replace(
            usual,
            start_ms=span.start_ms or None,
            end_ms=None if to_the_end else span.end_ms,
        ),
        geometry=fitting or geometry,
        cuts_ms=cuts_ms,
        isolated=child,
        warn=warn,
    )
    fit = None if fitting else getattr(engine, "fitted", None)
    times_ms: list[int] = []
    pictures = []
    for batch in batches:
        times_ms += batch.times_ms
        pictures.append(fit(batch.pixels) if fit else batch.pixels)
    if not times_ms:
        warn(f"no picture could be seen from {span.start_ms} to {span.end_ms} ms")
        return None
    run = getattr(engine, "describe_fitted", None) if fit or fitting else None
    first, *others = (run or engine.describe)(np.concatenate(pictures), times_ms)
    if not first.text.strip():
        warn(f"nothing was written of {span.start_ms} to {span.end_ms} ms")
        return None
    return Description(
        start_ms=span.start_ms,
        end_ms=span.end_ms,
        text=first.text,
        score=first.score,
        frames_ms=tuple(dict.fromkeys(times_ms)),
        alternatives=tuple(others),
    )
