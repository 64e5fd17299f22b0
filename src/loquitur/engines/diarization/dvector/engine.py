"""Speaker turns by GE2E d-vectors in ONNX Runtime and clustering in numpy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from loquitur.engines.diarization.dvector import ge2e
from loquitur.errors import EngineError, MissingError, UsageError
from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.protocols import Identity, Resources, Samples, SpeakerCount
from loquitur.speech import loudness
from loquitur.speech.activity import RegionOptions, regions
from loquitur.speech.clustering import ClusterOptions, cluster
from loquitur.speech.embedding import FRAME_MS, level, mel_frames
from loquitur.speech.turns import Cell, cells, turns_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from loquitur.model.speech import Activity, Turn
    from loquitur.timing import Span

_VERSION = "1"
_MODEL = "ge2e"
_BATCH = 64
_PIECE_MS = 60_000
_PROBES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class DVectorOptions:
    """How finely to listen.

    Args:
        window_ms: How much sound one embedding hears.
        hop_ms: Time from one embedding to the next; longer where `most_windows` asks for it.
        most_windows: Upper bound on the number of embeddings, which bounds memory.
        onset: Speech probability at which a region begins, 0..1.
        offset: Speech probability under which it ends.
        min_silence_ms: Shorter gaps in speech are filled.
        pad_ms: Added on both sides of a region of speech.
        caution: How much evidence a speaker must bring to be told apart; higher finds fewer.
    """

    window_ms: int = 1200
    hop_ms: int = 200
    most_windows: int = 60_000
    onset: float = 0.35
    offset: float = 0.20
    min_silence_ms: int = 500
    pad_ms: int = 120
    caution: float = 4.0
    threads: int = field(default=0, metadata={"keyed": False})

    def __post_init__(self) -> None:
        if not 400 <= self.window_ms <= 5000 or not 50 <= self.hop_ms <= 2000:
            raise UsageError("dvector: window_ms goes from 400 to 5000, hop_ms from 50 to 2000")
        if self.most_windows < 100 or not self.caution > 0.0:
            raise UsageError("dvector: most_windows is 100 or more, caution above 0")


class DVector:
    """The embedded diarizer. Fits `loquitur.protocols.Diarizer` and `Pullable`."""

    Options: ClassVar[type] = DVectorOptions

    def __init__(self, options: DVectorOptions, resources: Resources) -> None:
        """Load the graph.

        Raises:
            MissingError: It is not in the model cache, with the command that brings it.
        """
        ge2e.checked_digest(resources.models)
        self._options = options
        self._session = _session(resources, options.threads or resources.threads)

    @classmethod
    def identity(cls, options: DVectorOptions, resources: Resources) -> Identity:
        """The version of the method and the digest of the graph."""
        return Identity(
            version=_VERSION, model=_MODEL, model_digest=ge2e.checked_digest(resources.models)
        )

    @classmethod
    def pull(cls, model: str, resources: Resources, tell: Callable[[str], None]) -> None:
        """Bring the graph into the model cache; a sound one is kept."""
        if model not in ("", _MODEL, "dvector"):
            raise UsageError(f"dvector has no model {model[:40]!r}", hint=f"its model is {_MODEL}")
        ge2e.pull(resources.models, offline=resources.offline, tell=tell)

    def diarize(
        self, samples: Samples, activity: Activity, *, speakers: SpeakerCount
    ) -> Iterator[Turn]:
        """Turns in media time, sorted by start; none where nobody speaks.

        A turn's score is the mean posterior probability of its speaker among all speakers of
        the file; None where only one was found, since nothing was weighed.
        """
        options = self._options
        speech = regions(
            activity,
            options=RegionOptions(
                onset=options.onset,
                offset=options.offset,
                min_silence_ms=options.min_silence_ms,
                pad_ms=options.pad_ms,
            ),
        )
        hop_ms = _hop_ms(speech, options)
        grid = cells(speech, hop_ms=hop_ms, until_ms=samples.end_ms)
        if not grid:
            return
        embeddings = self._embed(samples, activity.gain_db, grid)
        found = cluster(
            embeddings, hop_ms=hop_ms, speakers=speakers, options=_cluster_options(options)
        )
        yield from turns_of(grid, found)

    def _embed(self, samples: Samples, gain_db: float, grid: list[Cell]) -> NDArray[np.float32]:
        """One embedding per cell, of the window centred on it, shape [n, 256]."""
        gain = _gain(self._windows(samples, gain_db, grid[:: max(1, len(grid) // _PROBES)]))
        embeddings = np.zeros((len(grid), ge2e.WIDTH), np.float32)
        batch: list[NDArray[np.float32]] = []
        done = 0
        for window in self._windows(samples, gain_db, grid):
            batch.append(window)
            if len(batch) == _BATCH or done + len(batch) == len(grid):
                mels = level(np.stack(batch), gain)
                embeddings[done : done + len(batch)] = self._run(mels)
                done += len(batch)
                batch.clear()
        return embeddings

    def _windows(
        self, samples: Samples, gain_db: float, grid: list[Cell]
    ) -> Iterator[NDArray[np.float32]]:
        """Mel frames of the window around each cell; sound is read in pieces of a minute."""
        frames = self._options.window_ms // FRAME_MS
        half_ms = frames * FRAME_MS // 2
        piece = np.zeros((0, ge2e.MELS), np.float32)
        piece_start_ms = piece_end_ms = 0
        for cell in grid:
            start_ms = cell.centre_ms - half_ms
            if not piece_start_ms <= start_ms <= piece_end_ms - 2 * half_ms:
                piece_start_ms = start_ms
                piece_end_ms = start_ms + _PIECE_MS
                piece = _mels(samples, gain_db, piece_start_ms, piece_end_ms)
            first = (start_ms - piece_start_ms) // FRAME_MS
            yield piece[first : first + frames]

    def _run(self, mels: NDArray[np.float32]) -> NDArray[np.float32]:
        from onnxruntime.capi.onnxruntime_pybind11_state import Fail, RuntimeException

        try:
            (embeddings,) = self._session.run(None, {"mels": mels})
        except (Fail, RuntimeException) as exc:
            raise EngineError(f"the speaker model failed: {str(exc)[:200]}") from exc
        found: NDArray[np.float32] = embeddings
        return found
