"""Speaker turns by pyannote's segmentation, CAM++ embeddings and clustering, all without torch.

Three answers are joined. The segmentation (windows of 10 s) says where somebody speaks, where two
do, and which moments near each other are one speaker's own. CAM++ hears whose voice it is, in the
1.2 s that are nearest to a moment and purely of its speaker. Clustering over the whole file
(`speech.clustering`) says who is who. Where two speak at once the moment is heard twice, once for
each; both voices are clustered together. As many speakers as one window tells apart there are at
least.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from loquitur.engines.campplus.encoder import Encoder
from loquitur.engines.pyannet import origin
from loquitur.engines.pyannet.segmenter import Segmenter
from loquitur.engines.weights import combined
from loquitur.errors import UsageError
from loquitur.protocols import Identity, Resources, Samples, SpeakerCount
from loquitur.speech import exclusive, fbank, loudness
from loquitur.speech.activity import RegionOptions, regions
from loquitur.speech.clustering import ClusterOptions, cluster
from loquitur.speech.hmm import HmmOptions
from loquitur.speech.local_speakers import GRID_MS, WINDOW_MS
from loquitur.speech.overlaps import renamed, told_apart
from loquitur.speech.turns import bounded_hop_ms, cells, groups, turns_of
from loquitur.timing import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from loquitur.model.speech import Activity, Turn
    from loquitur.speech.local_speakers import LocalSpeakers
    from loquitur.speech.turns import Cell

_VERSION = "1"
_MODEL = "pyannote-3.0+campplus"
_NAMES = ("", _MODEL)
_PIECE_MS = 60_000
_REACH_MS = 3000  # how far from a moment its speaker may be heard
_IMPURE_MS = 1000
_OVERLAP_ENDS = 0.67  # of the probability at which it begins
_OVERLAP_GAP_MS = 100
# of CAM++ embeddings of 1.2 s (within and between: measured on far-field meetings)
_CLUSTERING = ClusterOptions(
    start_distance=0.58,
    merge_cosine=0.75,
    block_cosine=0.75,
    forced_distance=0.45,
    hmm=HmmOptions(within=0.616, between=0.24),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PyannetOptions:
    """How finely to listen.

    Args:
        model: Segmentation and encoder; there is one pair.
        segmentation_hop_ms: Time from one window of 10 s to the next.
        window_ms: How much sound one embedding hears.
        hop_ms: Time from one embedding to the next; longer where `most_windows` asks for it.
        most_windows: Upper bound on the number of embeddings, which bounds memory.
        onset: Speech probability at which a region begins, 0..1.
        offset: Speech probability under which it ends.
        min_silence_ms: Shorter gaps in speech are filled.
        overlap: Probability from which two speak at once, 0..1.
        least_ms: So long must a speaker be heard in one window to be counted.
        caution: How much evidence a speaker must bring to be told apart; higher finds fewer.
    """

    model: str = _MODEL
    segmentation_hop_ms: int = 2500
    window_ms: int = 1200
    hop_ms: int = 500
    most_windows: int = 60_000
    onset: float = 0.20
    offset: float = 0.10
    min_silence_ms: int = 500
    overlap: float = 0.20
    least_ms: int = 500
    caution: float = 10.0

    def __post_init__(self) -> None:
        if self.model not in _NAMES:
            raise ValueError(f"pyannet has no model {self.model[:40]!r}, only {_MODEL}")
        if not 400 <= self.window_ms <= 5000 or not 50 <= self.hop_ms <= 2000:
            raise ValueError("window_ms goes from 400 to 5000, hop_ms from 50 to 2000")
        if not 100 <= self.segmentation_hop_ms <= WINDOW_MS or self.segmentation_hop_ms % GRID_MS:
            raise ValueError(f"segmentation_hop_ms goes from 100 to 10000, in steps of {GRID_MS}")
        if self.most_windows < 100 or not self.caution > 0.0 or self.least_ms < 0:
            raise ValueError("most_windows is 100 or more, caution above 0, least_ms 0 or more")
        if not 0.0 < self.overlap <= 1.0:
            raise ValueError(f"overlap goes from 0 to 1, not {self.overlap}")


class Pyannet:
    """The neural diarizer of the core. Fits `loquitur.protocols.Diarizer` and `Pullable`."""

    Options: ClassVar[type] = PyannetOptions

    def __init__(self, options: PyannetOptions, resources: Resources) -> None:
        """Load both graphs.

        Raises:
            MissingError: They are not in the model cache, with the command that brings them.
        """
        self._options = options
        for model in (origin.SEGMENTATION, origin.CAMPPLUS):
            origin.checked_digest(resources.models, model)
        self._segmenter = Segmenter(
            origin.SEGMENTATION.path(resources.models),
            threads=resources.threads,
            hint=origin.COMMAND,
        )
        self._encoder = Encoder(
            origin.CAMPPLUS.path(resources.models),
            threads=resources.threads,
            hint=origin.COMMAND,
        )

    @classmethod
    def identity(cls, options: PyannetOptions, resources: Resources) -> Identity:
        """The version of the method and the digest of both graphs."""
        both = (origin.SEGMENTATION, origin.CAMPPLUS)
        digests = [origin.checked_digest(resources.models, model) for model in both]
        return Identity(version=_VERSION, model=_MODEL, model_digest=combined(digests))

    @classmethod
    def pull(cls, model: str, resources: Resources, tell: Callable[[str], None]) -> None:
        """Bring both graphs into the model cache; sound ones are kept."""
        if model not in _NAMES:
            raise UsageError(f"pyannet has no model {model[:40]!r}", hint=f"its model is {_MODEL}")
        origin.pull(resources.models, offline=resources.offline, tell=tell)

    @classmethod
    def location(cls, model: str, resources: Resources) -> Path:
        """The folder of the graphs, their licences and the notes of their origin."""
        return origin.folder(resources.models)

    def diarize(
        self, samples: Samples, activity: Activity, *, speakers: SpeakerCount
    ) -> Iterator[Turn]:
        """Turns in media time, sorted by start, overlaps kept; none where nobody speaks.

        A turn's score is the mean posterior probability of its speaker among all speakers of the
        file; None where only one was found, since nothing was weighed.
        """
        options = self._options
        local = self._segmenter.listen(
            samples, activity, hop_ms=options.segmentation_hop_ms, least=options.offset
        )
        speech = regions(local.speech(activity), options=_speech_options(options))
        hop_ms = bounded_hop_ms(speech, options.hop_ms, most=options.most_windows)
        grid = cells(speech, hop_ms=hop_ms, from_ms=samples.offset_ms, until_ms=samples.end_ms)
        if not grid:
            return
        at_once = regions(local.overlap(speech, activity), options=_overlap_options(options))
        shared = cells(at_once, hop_ms=hop_ms, from_ms=samples.offset_ms, until_ms=samples.end_ms)
        voices = np.concatenate(
            [
                self._embed(samples, activity.gain_db, some, local, rank)
                for rank, some in enumerate((grid, shared))
            ]
        )
        found = cluster(
            voices,
            hop_ms=hop_ms,
            speakers=speakers,
            likely=local.likely(speech, least_ms=options.least_ms),
            options=replace(_CLUSTERING, hmm=replace(_CLUSTERING.hmm, caution=options.caution)),
        )
        first, second = told_apart(voices, found, grid, shared)
        beside = turns_of(shared[: len(second.labels)], second, gap_ms=_OVERLAP_GAP_MS)
        yield from renamed(exclusive.merge(turns_of(grid, first), beside))

    def _embed(
        self,
        samples: Samples,
        gain_db: float,
        grid: list[Cell],
        local: LocalSpeakers,
        rank: int,
    ) -> NDArray[np.float32]:
        """One embedding per cell, of its first or second speaker, shape [n, width]."""
        count = self._options.window_ms // fbank.FRAME_MS
        found = [np.zeros((0, self._encoder.width), np.float32)]
        for group in groups(grid, within_ms=_PIECE_MS):
            start_ms = max(samples.offset_ms, group[0].start_ms - _REACH_MS)
            end_ms = min(samples.end_ms, group[-1].end_ms + _REACH_MS)
            frames = fbank.fbank(loudness.apply(samples.read(start_ms, end_ms), gain_db))
            times_ms = start_ms + np.arange(len(frames)) * fbank.FRAME_MS + fbank.MIDDLE_MS
            pieces = [_piece(frames, times_ms, cell, local, rank, count) for cell in group]
            found.append(self._encoder.embed(np.stack(pieces)))
        return np.concatenate(found)


def _piece(
    frames: NDArray[np.float32],
    times_ms: NDArray[np.int64],
    cell: Cell,
    local: LocalSpeakers,
    rank: int,
    count: int,
) -> NDArray[np.float32]:
    """The frames that are nearest to a cell and purely of its speaker, in time order.

    A moment that is not the speaker's at all is as far away as one of theirs 1 s further off.
    Where there are fewer frames than wanted they are repeated; nothing where there are none.
    """
    first, last = np.searchsorted(times_ms, (cell.start_ms - _REACH_MS, cell.end_ms + _REACH_MS))
    near_ms = times_ms[first:last]
    if not len(near_ms):
        return np.zeros((count, fbank.BANDS), np.float32)
    pure = local.purity(Span(start_ms=cell.start_ms, end_ms=cell.end_ms), rank, near_ms)
    far_ms = np.abs(near_ms - cell.centre_ms) + _IMPURE_MS * (1.0 - pure)
    chosen = np.sort(np.argsort(far_ms, kind="stable")[:count])
    return np.resize(frames[first:last][chosen], (count, fbank.BANDS))


def _speech_options(options: PyannetOptions) -> RegionOptions:
    return RegionOptions(
        onset=options.onset, offset=options.offset, min_silence_ms=options.min_silence_ms
    )


def _overlap_options(options: PyannetOptions) -> RegionOptions:
    return RegionOptions(onset=options.overlap, offset=options.overlap * _OVERLAP_ENDS)
