"""Whose voice it is, by CAM++: the mean of embeddings of windows over the speech.

Spans are strung together first, so that short turns count too. The mean over time is taken from
each window's bands, so how far somebody sits from the microphone is no matter.
`benchmarks/voice_accuracy.py` holds the figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from loquitur.engines.campplus.encoder import Encoder
from loquitur.engines.pyannet import origin
from loquitur.errors import UsageError
from loquitur.protocols import Identity, Resources, Samples
from loquitur.speech import fbank, loudness
from loquitur.speech.clustering import unit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from loquitur.model.speech import Activity
    from loquitur.timing import Span

_VERSION = "1"
_MODEL = "campplus-zh-en"
_NAMES = ("", _MODEL)
_LEAST_FRAMES = 10
_FAINT = -15.0  # log power of a band: what digital silence and rounding stay under
# Two voices of one person are alike to 0.5 and more here, where other encoders say 0.8. A share
# that all voices have in common brings likeness to the scale on which the stages decide.
_COMMON = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class CampplusOptions:
    """How to listen to a voice.

    Args:
        model: The encoder; there is one.
        window_ms: How much sound one embedding hears.
        hop_ms: Time from one window to the next.
    """

    model: str = _MODEL
    window_ms: int = 3000
    hop_ms: int = 1500

    def __post_init__(self) -> None:
        if self.model not in _NAMES:
            raise ValueError(f"campplus has no model {self.model[:40]!r}, only {_MODEL}")
        if not 400 <= self.window_ms <= 20_000 or not 50 <= self.hop_ms <= 20_000:
            raise ValueError("window_ms goes from 400 to 20000, hop_ms from 50 to 20000")


class Campplus:
    """The finer voice encoder. Fits `loquitur.protocols.VoiceEncoder` and `Pullable`."""

    Options: ClassVar[type] = CampplusOptions

    def __init__(self, options: CampplusOptions, resources: Resources) -> None:
        """Load the graph.

        Raises:
            MissingError: It is not in the model cache, with the command that brings it.
        """
        self._options = options
        origin.checked_digest(resources.models, origin.CAMPPLUS)
        self._encoder = Encoder(
            origin.CAMPPLUS.path(resources.models),
            threads=resources.threads,
            hint=origin.COMMAND,
        )

    @classmethod
    def identity(cls, options: CampplusOptions, resources: Resources) -> Identity:
        """The version of the method and the digest of the graph."""
        digest = origin.checked_digest(resources.models, origin.CAMPPLUS)
        return Identity(version=_VERSION, model=_MODEL, model_digest=digest)

    @classmethod
    def pull(cls, model: str, resources: Resources, tell: Callable[[str], None]) -> None:
        """Bring the graph, and the diarizer's with it, into the model cache."""
        if model not in _NAMES:
            raise UsageError(f"campplus has no model {model[:40]!r}", hint=f"its model is {_MODEL}")
        origin.pull(resources.models, offline=resources.offline, tell=tell)

    @classmethod
    def location(cls, model: str, resources: Resources) -> Path:
        """The folder of the graph, its licence and the note of its origin."""
        return origin.folder(resources.models)

    def embed(
        self, samples: Samples, activity: Activity, spans: Sequence[Span]
    ) -> NDArray[np.float32]:
        """The embedding of the voice in the spans, shape [193]; zeros where nothing sounds."""
        windows = self._windows(samples, activity.gain_db, spans)
        loud = windows[windows.max(axis=(1, 2), initial=-np.inf) > _FAINT]
        if not len(loud):
            return np.zeros(self._encoder.width + 1, np.float32)
        mean = unit(self._encoder.embed(loud)).mean(axis=0, dtype=np.float64)
        own = unit(mean[None].astype(np.float32))[0] * np.float32(np.sqrt(1.0 - _COMMON))
        return np.append(own, np.float32(np.sqrt(_COMMON)))

    def _windows(
        self, samples: Samples, gain_db: float, spans: Sequence[Span]
    ) -> NDArray[np.float32]:
        """Bands of windows over the spans strung together, shape [n, frames, 80].

        Where there is less than a window of sound, all of it is the only window.
        """
        pieces = [np.zeros((0, fbank.BANDS), np.float32)]
        for span in spans:
            sound = loudness.apply(samples.read(span.start_ms, span.end_ms), gain_db)
            pieces.append(fbank.fbank(sound))
        bands = np.concatenate(pieces)
        frames = min(self._options.window_ms // fbank.FRAME_MS, len(bands))
        if frames < _LEAST_FRAMES:
            return np.zeros((0, 1, fbank.BANDS), np.float32)
        step = self._options.hop_ms // fbank.FRAME_MS
        starts = range(0, len(bands) - frames + 1, step)
        return np.stack([bands[start : start + frames] for start in starts])
