"""Speaker turns by GE2E d-vectors in ONNX Runtime and clustering in numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from loquitur.engines.ge2e import graph
from loquitur.engines.ge2e.encoder import Encoder
from loquitur.errors import UsageError
from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.protocols import Identity, Resources, Samples, SpeakerCount
from loquitur.speech import loudness
from loquitur.speech.activity import RegionOptions, regions
from loquitur.speech.clustering import ClusterOptions, cluster
from loquitur.speech.embedding import FRAME_MS, even_level, mel_frames, reference_energy
from loquitur.speech.hmm import HmmOptions
from loquitur.speech.turns import Cell, bounded_hop_ms, cells, groups, turns_of
from loquitur.timing import to_samples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from loquitur.model.speech import Activity, Turn

_VERSION = "1"
_MODEL = "ge2e"
_NAMES = ("", _MODEL)
_PIECE_MS = 60_000
_PROBES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class DVectorOptions:
    """How finely to listen.

    Args:
        model: The encoder; there is one.
        window_ms: How much sound one embedding hears.
        hop_ms: Time from one embedding to the next; longer where `most_windows` asks for it.
        most_windows: Upper bound on the number of embeddings, which bounds memory.
        onset: Speech probability at which a region begins, 0..1.
        offset: Speech probability under which it ends.
        min_silence_ms: Shorter gaps in speech are filled.
        pad_ms: Added on both sides of a region of speech.
        caution: How much evidence a speaker must bring to be told apart; higher finds fewer.
    """

    model: str = _MODEL
    window_ms: int = 1200
    hop_ms: int = 200
    most_windows: int = 30_000
    onset: float = 0.35
    offset: float = 0.20
    min_silence_ms: int = 500
    pad_ms: int = 120
    caution: float = 5.0

    def __post_init__(self) -> None:
        if self.model not in _NAMES:
            raise ValueError(f"dvector has no model {self.model[:40]!r}, only {_MODEL}")
        if not 400 <= self.window_ms <= 5000 or not 50 <= self.hop_ms <= 2000:
            raise ValueError("window_ms goes from 400 to 5000, hop_ms from 50 to 2000")
        if self.most_windows < 100 or not self.caution > 0.0:
            raise ValueError("most_windows is 100 or more, caution above 0")


class DVector:
    """The embedded diarizer. Fits `loquitur.protocols.Diarizer` and `Pullable`."""

    Options: ClassVar[type] = DVectorOptions

    def __init__(self, options: DVectorOptions, resources: Resources) -> None:
        """Load the graph.

        Raises:
            MissingError: It is not in the model cache, with the command that brings it.
        """
        self._options = options
        self._encoder = Encoder(resources.models, threads=resources.threads)

    @classmethod
    def identity(cls, options: DVectorOptions, resources: Resources) -> Identity:
        """The version of the method and the digest of the graph."""
        return Identity(
            version=_VERSION, model=_MODEL, model_digest=graph.checked_digest(resources.models)
        )

    @classmethod
    def pull(cls, model: str, resources: Resources, tell: Callable[[str], None]) -> None:
        """Bring the graph into the model cache; a sound one is kept."""
        if model not in _NAMES:
            raise UsageError(f"dvector has no model {model[:40]!r}", hint=f"its model is {_MODEL}")
        graph.pull(resources.models, offline=resources.offline, tell=tell)

    @classmethod
    def location(cls, model: str, resources: Resources) -> Path:
        """The folder of the graph, its licence and the note of its origin."""
        return graph.graph_path(resources.models).parent

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
        hop_ms = bounded_hop_ms(speech, options.hop_ms, most=options.most_windows)
        grid = cells(speech, hop_ms=hop_ms, from_ms=samples.offset_ms, until_ms=samples.end_ms)
        if not grid:
            return
        found = cluster(
            self._embed(samples, activity.gain_db, grid),
            hop_ms=hop_ms,
            speakers=speakers,
            options=ClusterOptions(hmm=HmmOptions(caution=options.caution)),
        )
        yield from turns_of(grid, found)

    def _embed(self, samples: Samples, gain_db: float, grid: list[Cell]) -> NDArray[np.float32]:
        """One embedding per cell, of the window centred on it, shape [n, 256]."""
        frames = self._options.window_ms // FRAME_MS
        probes = grid[:: max(1, len(grid) // _PROBES)]
        heard = [_windows(samples, gain_db, [cell], frames) for cell in probes]
        reference = reference_energy(np.concatenate(heard))
        embeddings = np.zeros((len(grid), graph.WIDTH), np.float32)
        done = 0
        for group in groups(grid, within_ms=_PIECE_MS):
            windows = _windows(samples, gain_db, group, frames)
            embeddings[done : done + len(group)] = self._encoder.embed(
                even_level(windows, reference)
            )
            done += len(group)
        return embeddings


def _windows(
    samples: Samples, gain_db: float, group: list[Cell], frames: int
) -> NDArray[np.float32]:
    """Mel frames of the window around each cell, shape [cells, frames, 40]."""
    half_ms = frames * FRAME_MS // 2
    start_ms = group[0].centre_ms - half_ms
    end_ms = group[-1].centre_ms + half_ms + FRAME_MS
    mels = mel_frames(_read(samples, gain_db, start_ms, end_ms))
    firsts = [(cell.centre_ms - half_ms - start_ms) // FRAME_MS for cell in group]
    return np.stack([mels[first : first + frames] for first in firsts])


def _read(samples: Samples, gain_db: float, start_ms: int, end_ms: int) -> NDArray[np.float32]:
    """Amplified samples of a range that may begin before media time 0; silence there."""
    sound = loudness.apply(samples.read(max(0, start_ms), end_ms), gain_db)
    return np.pad(sound, (to_samples(max(0, -start_ms), SAMPLE_RATE_HZ), 0))
