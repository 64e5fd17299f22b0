"""The segmentation graph in ONNX Runtime: windows of sound to who of three speaks when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.engines.sessions import Session
from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.speech import loudness
from loquitur.speech.local_speakers import GRID_MS, WINDOW_MS, LocalSpeakers, levels_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from loquitur.model.speech import Activity
    from loquitur.protocols import Samples

_BATCH = 4
_FIRST_SAMPLE = 495  # the middle of what the network's first frame hears, and from frame to frame
_STEP_SAMPLES = 270


class Segmenter:
    """A loaded graph.

    Args:
        path: The graph.
        threads: How many threads it may use.
        hint: The command that mends it.

    Raises:
        MissingError: It is no graph.
    """

    def __init__(self, path: Path, *, threads: int, hint: str) -> None:
        self._session = Session(path, threads=threads, what="the segmentation model", hint=hint)

    def listen(
        self, samples: Samples, activity: Activity, *, hop_ms: int, least: float
    ) -> LocalSpeakers:
        """Who of three speaks when, window by window over the whole sound.

        Args:
            samples: The sound; read once, a few windows at a time.
            activity: Its voice activity, which is weighed in, and its gain.
            hop_ms: Time from one window to the next, a multiple of 20 ms that divides 10 s.
            least: Speech probability of which nothing is made further on: windows that do not
                reach it, whatever the network says, are not heard.

        Raises:
            EngineError: The runtime failed.
        """
        heard = levels_of(activity, samples.offset_ms, samples.end_ms)
        found = LocalSpeakers(heard, offset_ms=samples.offset_ms, hop_ms=hop_ms)
        for group in _batches([n for n in range(found.windows) if found.loudest(n) >= least**2]):
            sounds = [self._read(samples, activity.gain_db, found.start_ms(n)) for n in group]
            scores = self._session.run(np.stack(sounds)[:, None, :])
            at = _frames_on_grid(scores.shape[1])
            for number, log_shares in zip(group, scores, strict=True):
                found.put(number, np.exp(log_shares[at]))
        return found

    def _read(self, samples: Samples, gain_db: float, start_ms: int) -> NDArray[np.float32]:
        sound = loudness.apply(samples.read(start_ms, start_ms + WINDOW_MS), gain_db)
        missing = WINDOW_MS * SAMPLE_RATE_HZ // 1000 - len(sound)
        return np.pad(sound, (0, missing)) if missing else sound


def _batches(numbers: list[int]) -> Iterator[list[int]]:
    for begin in range(0, len(numbers), _BATCH):
        yield numbers[begin : begin + _BATCH]


def _frames_on_grid(count: int) -> NDArray[np.int64]:
    """The network's frame that lies nearest to the middle of each step of the grid."""
    middles = (np.arange(WINDOW_MS // GRID_MS) + 0.5) * GRID_MS * SAMPLE_RATE_HZ / 1000.0
    nearest = np.rint((middles - _FIRST_SAMPLE) / _STEP_SAMPLES).astype(np.int64)
    return np.clip(nearest, 0, count - 1)
