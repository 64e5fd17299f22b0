"""detect: sound to voice activity, loudness corrected first, since far speakers are quiet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.model.media import Audio
from loquitur.model.speech import Activity

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from loquitur.protocols import Progress, Samples, Work

VERSION = 1
ENGINE = "vad"
RESULT = Activity
INPUTS = {"audio": "decode"}
BLOCK_MS = 32_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`level`: bring the sound to a common loudness before listening."""

    level: bool = True


def run(work: Work) -> Activity:
    """Speech probabilities of the whole sound, one byte per frame."""
    import numpy as np

    from loquitur.speech.loudness import apply, level_gain_db

    audio = work.take("audio", Audio)
    samples = work.samples(audio)
    gain_db = level_gain_db(samples.blocks(BLOCK_MS)) if work.options.level else 0.0
    heard = (apply(block, gain_db) for block in _told(samples, audio, work.progress))
    pieces = [
        np.rint(piece * 255.0).astype(np.uint8).tobytes() for piece in work.engine.detect(heard)
    ]
    return Activity(
        frame_ms=work.engine.frame_ms,
        offset_ms=audio.offset_ms,
        probabilities=b"".join(pieces),
        gain_db=gain_db,
        engine=work.stamp,
    )


def _told(samples: Samples, audio: Audio, progress: Progress) -> Iterator[NDArray[np.float32]]:
    done_ms = 0
    for block in samples.blocks(BLOCK_MS):
        yield block
        done_ms = min(done_ms + BLOCK_MS, audio.duration_ms)
        progress(done_ms, audio.duration_ms)
