"""What a second sounds like, without any model: how loud each band is, and how much it varies.

Mean and standard deviation over a second of 64 log-mel bands (`speech.mel_bands`): 128 numbers, as
many as YouTube-8M has of VGGish, but no semantics. Speech, music, noise and silence lie apart;
what is played, or who barks, a net has to make of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from loquitur.engines import windows as shapes
from loquitur.protocols import Identity, Resources
from loquitur.speech import mel_bands

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERSION = "1"
"""Of these rules."""
_AT_ONCE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class LogMelOptions:
    """Options of the engine.

    Args:
        step_ms: Time from one vector to the next.
    """

    step_ms: int = 1000

    def __post_init__(self) -> None:
        if not 100 <= self.step_ms <= 60_000:
            raise ValueError("step_ms goes from 100 to 60000")


class LogMel:
    """Statistics of log-mel bands (`loquitur.protocols.AudioEncoder`).

    Args:
        options: See `LogMelOptions`.
        resources: Unused.
    """

    Options: ClassVar[type] = LogMelOptions
    dimension: int = 2 * mel_bands.BANDS
    window_ms: int = mel_bands.PATCH_MS

    def __init__(self, options: LogMelOptions, resources: Resources) -> None:
        del resources
        self.step_ms = options.step_ms

    @classmethod
    def identity(cls, options: LogMelOptions, resources: Resources) -> Identity:
        """The version of these rules."""
        del options, resources
        return Identity(version=VERSION)

    def encode(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Vectors [n, 128] of windows [n, samples]: 64 means, 64 standard deviations.

        Raises:
            InputError: They are no windows of sound.
        """
        shapes.check(windows)
        found = np.zeros((len(windows), self.dimension), dtype=np.float32)
        for first in range(0, len(windows), _AT_ONCE):
            frames = mel_bands.log_mel(windows[first : first + _AT_ONCE])
            found[first : first + _AT_ONCE, : mel_bands.BANDS] = frames.mean(axis=1)
            found[first : first + _AT_ONCE, mel_bands.BANDS :] = frames.std(axis=1)
        return found
