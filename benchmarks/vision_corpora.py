"""How fast a corpus is read and how fast batches are made of it, each beside the plain way.

    python benchmarks/vision_corpora.py [--rows 200000] [--clips 256]

Rows are those of MSVD's table, made by rule; the plain way is Python's csv reader alone, which
keeps nothing. The bars: at most 25 times the plain way, and time that grows with the rows (twice
as many take at most 2.6 times as long).

Batches are of S2VT's size (80 frames of 4096 numbers, float16, normalised); the plain way is the
same arithmetic on arrays at hand. The bar: at most 1.5 times the plain way.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from loquitur.vision.batches import ClipBatches
from loquitur.vision.clips import Clip, Sentence
from loquitur.vision.corpora import read
from loquitur.vision.vocabulary import Vocabulary
from measuring import peak_mb, stopwatch

HEAD = "VideoID,Start,End,WorkerID,Source,AnnotationTime,Language,Description\n"
ROW = 'mv{:09d},{},{},{},clean,4,English,"a man, who rides horse number {}"\n'
FRAMES, WIDTH, BATCH = 80, 4096, 32


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--clips", type=int, default=256)
    given = parser.parse_args()
    return 0 if all([_reading(given.rows), _batching(given.clips)]) else 1


def _reading(rows: int) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        times = []
        for many in (rows // 2, rows):
            path = Path(folder) / "video_corpus.csv"
            with path.open("w") as file:
                file.write(HEAD)
                file.writelines(ROW.format(k // 40, k % 3, k % 3 + 5, k, k) for k in range(many))
            with stopwatch() as took:
                clips = len(read(path).clips)
            times.append(took.cpu_s)
        with stopwatch() as took, path.open(newline="") as file:
            sum(1 for _ in csv.reader(file))
        plain_s = took.cpu_s
    each_s = rows / times[1]
    print(f"{rows} rows, {clips} clips: {each_s:,.0f} rows a CPU second, {peak_mb():.0f} MB")
    print(f"  csv.reader alone {rows / plain_s:,.0f}: {times[1] / plain_s:.1f} times as long (25)")
    print(f"  twice the rows take {times[1] / times[0]:.2f} times as long (2.6)")
    return times[1] <= 25 * plain_s and times[1] <= 2.6 * times[0]


class _Shelf:
    """Features in memory."""

    def __init__(self) -> None:
        chance = np.random.default_rng(0)
        self.matrices = [chance.normal(size=(FRAMES, WIDTH)).astype(np.float16) for _ in range(16)]

    def get(self, clip_id: str) -> tuple[NDArray[np.int64], NDArray[np.float16]]:
        return np.arange(FRAMES), self.matrices[int(clip_id) % 16]


def _batching(many: int) -> bool:
    shelf = _Shelf()
    clips = [
        Clip(
            clip_id=str(k),
            video_id=str(k),
            sentences=tuple(Sentence(text=f"a man rides horse {k} {n}") for n in range(20)),
        )
        for k in range(many)
    ]
    words = Vocabulary.of(text for clip in clips for text in clip.texts())
    mean, std = np.zeros(WIDTH, np.float32), np.ones(WIDTH, np.float32)
    batches = ClipBatches(shelf, clips, words, batch=BATCH, statistics=(mean, std))
    ours_s = plain_s = 0.0
    for number in range(3):  # in turns, so that a busy machine slows both
        with stopwatch() as took:
            count = sum(len(one) for one in batches.epoch(number))
        ours_s += took.cpu_s
        with stopwatch() as took:
            for first in range(0, many, BATCH):
                some = [shelf.matrices[k % 16] for k in range(first, min(first + BATCH, many))]
                array = np.empty((len(some), FRAMES, WIDTH), np.float32)
                for k, matrix in enumerate(some):
                    array[k] = matrix
                array -= mean
                array /= std + np.float32(0.05)
        plain_s += took.cpu_s
    print(f"batches of {BATCH} x {FRAMES} x {WIDTH}: {3 * count / ours_s:,.0f} clips a CPU second")
    print(f"  arithmetic alone {3 * many / plain_s:,.0f}: {ours_s / plain_s:.2f} times (1.5)")
    return ours_s <= 1.5 * plain_s


if __name__ == "__main__":
    raise SystemExit(main())
