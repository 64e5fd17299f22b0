"""monitor: the sound of each channel to who speaks on it, what it hears of the others left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.errors import InputError
from loquitur.model.media import SAMPLE_RATE_HZ, Channels
from loquitur.model.speech import Activity, Lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from loquitur.protocols import Samples, Work

    Array = NDArray[np.float32]

VERSION = 1
ENGINE = "vad"
RESULT = Lines
INPUTS = {"channels": "separate"}
BLOCK_FRAMES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How channels are listened to.

    Args:
        level: Bring each channel to a common loudness before listening.
        crosstalk: Leave out what a channel hears of the others.
        margin_db: Own speech is so much louder than what the channel hears of another.
    """

    level: bool = True
    crosstalk: bool = True
    margin_db: float = 9.0


def run(work: Work) -> Lines:
    """Speech probabilities of each channel, one byte per frame; 0 where another one is heard.

    Raises:
        InputError: Two channels are one sound.
    """
    import numpy as np

    from loquitur.speech.crosstalk import CrosstalkOptions, own_speech

    sounds = [work.samples(audio) for audio in work.take("channels", Channels).channels]
    levels_db, notes = _compared(sounds, work)
    listened = [_listened(sounds, channel, work) for channel in range(len(sounds))]
    probabilities = np.stack([heard for _, heard in listened])
    silent = [number for number, row in enumerate(probabilities, 1) if row.max(initial=0.0) < 0.5]
    notes += [f"nobody speaks on channel {number}" for number in silent]
    if work.options.crosstalk:
        options = CrosstalkOptions(margin_db=work.options.margin_db)
        probabilities *= own_speech(levels_db, probabilities, options=options)
    lines = (
        Activity(
            frame_ms=work.engine.frame_ms,
            offset_ms=sound.offset_ms,
            probabilities=np.rint(row * 255.0).astype(np.uint8).tobytes(),
            gain_db=gain_db,
            engine=work.stamp,
        )
        for sound, (gain_db, _), row in zip(sounds, listened, probabilities, strict=True)
    )
    return Lines(lines=tuple(lines), notes=tuple(notes))


def _compared(sounds: Sequence[Samples], work: Work) -> tuple[Array, list[str]]:
    """The level of each frame of each channel, shape [channels, frames], and what is odd."""
    import numpy as np

    from loquitur.speech.crosstalk import ALIKE, SAME, Likeness, frame_levels_db

    likeness = Likeness(len(sounds))
    frame_ms = work.engine.frame_ms
    blocks = zip(*(sound.blocks(BLOCK_FRAMES * frame_ms) for sound in sounds), strict=True)
    levels = []
    for number, block in enumerate(blocks, 1):
        together = np.stack(block)
        likeness.add(together)
        levels.append(frame_levels_db(together, frame_ms * SAMPLE_RATE_HZ // 1000))
        _tell(work, sounds, 0, number)
    for one, other in likeness.pairs(SAME):
        raise InputError(
            f"channels {one + 1} and {other + 1} are the same sound: nobody has one of their own",
            hint="leave out diarize.by=channel: a diarizer tells the speakers of a mix apart",
            code="LQ-CHANNELS",
        )
    notes = [
        f"channels {one + 1} and {other + 1} hear much the same: speakers may be mixed up"
        for one, other in likeness.pairs(ALIKE)
    ]
    return np.concatenate(levels, axis=1), notes


def _listened(sounds: Sequence[Samples], channel: int, work: Work) -> tuple[float, Array]:
    """The gain that one channel gets, and the speech probabilities it then has."""
    import numpy as np

    from loquitur.speech.loudness import apply, level_gain_db

    block_ms = BLOCK_FRAMES * work.engine.frame_ms
    sound = sounds[channel]
    gain_db = level_gain_db(sound.blocks(block_ms)) if work.options.level else 0.0

    def heard() -> Iterator[Array]:
        for number, block in enumerate(sound.blocks(block_ms), 1):
            yield apply(block, gain_db)
            _tell(work, sounds, channel + 1, number)

    return gain_db, np.concatenate(list(work.engine.detect(heard())))


def _tell(work: Work, sounds: Sequence[Samples], passed: int, blocks: int) -> None:
    """Say how far it is: all channels are compared first, then each is listened to."""
    length_ms = sounds[0].end_ms - sounds[0].offset_ms
    done_ms = min(blocks * BLOCK_FRAMES * work.engine.frame_ms, length_ms)
    work.progress(passed * length_ms + done_ms, (1 + len(sounds)) * length_ms)
