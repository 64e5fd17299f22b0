"""Whose voice it is, by the GE2E encoder: the mean of embeddings of windows over the speech.

Windows of 1.6 s are what the encoder was trained on (Wan et al., ICASSP 2018). Spans are strung
together first, so that short turns count too. Every voice is brought to the level at which the
encoder tells speakers apart at best (`speech.embedding.even_level`), by its own median: how far
somebody sits from the microphone says nothing of who it is. `benchmarks/voice_accuracy.py` holds
the figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from loquitur.engines.ge2e import graph
from loquitur.engines.ge2e.encoder import Encoder
from loquitur.errors import UsageError
from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.protocols import Identity, Resources, Samples
from loquitur.speech import loudness
from loquitur.speech.embedding import FRAME_MS, MELS, even_level, mel_frames, reference_energy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from loquitur.model.speech import Activity
    from loquitur.timing import Span

_VERSION = "1"
_MODEL = "ge2e"
_NAMES = ("", _MODEL)
_FRAME_SAMPLES = SAMPLE_RATE_HZ * FRAME_MS // 1000
_FAINT = 1e-9  # mel power of digital silence and of rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class Ge2eOptions:
    """How to listen to a voice.

    Args:
        model: The encoder; there is one.
        window_ms: How much sound one embedding hears.
        hop_ms: Time from one window to the next.
    """

    model: str = _MODEL
    window_ms: int = 1600
    hop_ms: int = 400

    def __post_init__(self) -> None:
        if self.model not in _NAMES:
            raise ValueError(f"ge2e has no model {self.model[:40]!r}, only {_MODEL}")
        if not 400 <= self.window_ms <= 5000 or not 50 <= self.hop_ms <= 5000:
            raise ValueError("window_ms goes from 400 to 5000, hop_ms from 50 to 5000")


class Ge2e:
    """The embedded voice encoder. Fits `loquitur.protocols.VoiceEncoder` and `Pullable`."""

    Options: ClassVar[type] = Ge2eOptions

    def __init__(self, options: Ge2eOptions, resources: Resources) -> None:
        """Load the graph.

        Raises:
            MissingError: It is not in the model cache, with the command that brings it.
        """
        self._options = options
        self._encoder = Encoder(resources.models, threads=resources.threads)

    @classmethod
    def identity(cls, options: Ge2eOptions, resources: Resources) -> Identity:
        """The version of the method and the digest of the graph."""
        return Identity(
            version=_VERSION, model=_MODEL, model_digest=graph.checked_digest(resources.models)
        )

    @classmethod
    def pull(cls, model: str, resources: Resources, tell: Callable[[str], None]) -> None:
        """Bring the graph, which is the diarizer's too, into the model cache."""
        if model not in _NAMES:
            raise UsageError(f"ge2e has no model {model[:40]!r}", hint=f"its model is {_MODEL}")
        graph.pull(resources.models, offline=resources.offline, tell=tell)

    @classmethod
    def location(cls, model: str, resources: Resources) -> Path:
        """The folder of the graph, its licence and the note of its origin."""
        return graph.graph_path(resources.models).parent

    def embed(
        self, samples: Samples, activity: Activity, spans: Sequence[Span]
    ) -> NDArray[np.float32]:
        """The embedding of the voice in the spans, shape [256]; zeros where nothing sounds."""
        windows = self._windows(samples, activity.gain_db, spans)
        loud = windows[windows.max(axis=(1, 2), initial=0.0) > _FAINT]
        if not len(loud):
            return np.zeros(graph.WIDTH, np.float32)
        embeddings = np.nan_to_num(self._encoder.embed(even_level(loud, reference_energy(loud))))
        mean: NDArray[np.float64] = embeddings.mean(axis=0, dtype=np.float64)
        length = float(np.linalg.norm(mean))
        unit = mean / length if length > 1e-6 else np.zeros_like(mean)
        return unit.astype(np.float32)

    def _windows(
        self, samples: Samples, gain_db: float, spans: Sequence[Span]
    ) -> NDArray[np.float32]:
        """Mel frames of windows over the spans strung together, shape [n, frames, 40].

        Where there is less than a window of sound, all of it is the only window.
        """
        pieces = [np.zeros((0, MELS), np.float32)]
        for span in spans:
            sound = loudness.apply(samples.read(span.start_ms, span.end_ms), gain_db)
            pieces.append(mel_frames(sound)[: len(sound) // _FRAME_SAMPLES])
        mels = np.concatenate(pieces)
        frames = min(self._options.window_ms // FRAME_MS, len(mels))
        if not frames:
            return np.zeros((0, 1, MELS), np.float32)
        step = self._options.hop_ms // FRAME_MS
        starts = range(0, len(mels) - frames + 1, step)
        return np.stack([mels[start : start + frames] for start in starts])
