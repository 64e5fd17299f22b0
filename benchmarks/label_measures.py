"""The measures of labels: against the starter code's numbers, at size, and over a million videos.

    python benchmarks/label_measures.py [--fixture ../shared/data/vision/gap_fixture.json]

1. 1, 2 and 4 million videos of 20 predictions, a thousand at a time, each in a process of its own:
   seconds of processor, and memory above what Python, numpy and the first batch have. Beside them
   as many as fit, all in memory (`memory_mb` of 100,000).
2. GAP@20, Hit@1, PERR and MAP beside what the evaluation code of google/youtube-8m says of the
   fixture's predictions, and what a mean over batches of 16 says in the place of GAP.
3. 4,000 videos x 3,862 labels: seconds of processor for all measures, at once and in batches of
   128, beside one sort of all scores (`numpy.argsort`, what the shortest program does) in the same
   process.
4. Intervals of the four measures (1,000 draws) and of a difference, seconds.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from loquitur.evaluation.labels import MEASURES, Evaluator
from loquitur.evaluation.labels.columns import padded
from loquitur.evaluation.labels.drawing import differences, intervals
from loquitur.evaluation.labels.evaluator import MEMORY_MB

_LABELS = 3862


_ALL_MB = 100_000


def main() -> int:
    """Print it; 1 where a number is off by 1e-9, or memory or seconds are too many."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fixture", type=Path, default=None)
    parser.add_argument("--videos", type=int, nargs="+", default=[10**6, 2 * 10**6, 4 * 10**6])
    parser.add_argument("--child", type=float, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(streamed(given.videos[0], given.child)))
        return 0
    most = max(measured(videos) for videos in given.videos)
    off = held(given.fixture) if given.fixture else 0.0
    seconds = sized()
    return 0 if off <= 1e-9 and seconds <= 1.0 and most <= MEMORY_MB else 1


def measured(videos: int) -> float:
    """MB at most, of an evaluator as it is made where nothing is said."""
    found = {}
    for memory in (MEMORY_MB, _ALL_MB):
        child = [sys.executable, __file__, "--videos", str(videos), "--child", str(memory)]
        found[memory] = json.loads(subprocess.run(child, check=True, stdout=subprocess.PIPE).stdout)
    names = {MEMORY_MB: f"{MEMORY_MB} MB", _ALL_MB: "all in memory"}
    for memory, one in found.items():
        print(
            f"{videos:,} videos of 20 predictions, {names[memory]}:"
            f" {one['taking']:.1f} s to take them, {one['result']:.1f} s for the result;"
            f" {one['kept']:.0f} MB kept, {one['most']:.0f} MB at most; GAP {one['gap']:.6f}"
        )
    bounded, free = found[MEMORY_MB], found[_ALL_MB]
    ratio = (bounded["taking"] + bounded["result"]) / (free["taking"] + free["result"])
    off = max(abs(bounded[key] - free[key]) for key in MEASURES)
    print(f"  {ratio:.2f} of the seconds; measures off by {off:.1e}")
    return float(bounded["most"])


def held(path: Path) -> float:
    """The largest difference from the starter code's numbers."""
    fixture = json.loads(path.read_text())
    scores, labels = np.array(fixture["predictions"]), padded(fixture["labels"])
    evaluator = Evaluator(fixture["classes"])
    evaluator.add(scores, labels)
    found = evaluator.result()
    off = {key: abs(getattr(found, key) - fixture[key]) for key in MEASURES}
    print(f"fixture: {', '.join(f'{key} off by {value:.1e}' for key, value in off.items())}")
    means = []
    for first in range(0, len(scores), 16):
        one = Evaluator(fixture["classes"])
        one.add(scores[first : first + 16], labels[first : first + 16])
        means.append(one.result().gap)
    print(f"  GAP {found.gap:.4f}; mean over batches of 16: {np.mean(means):.4f}")
    return max(off.values())


def sized() -> float:
    """Seconds of all measures of 4,000 x 3,862."""
    rng = np.random.default_rng(0)
    labels = np.sort(np.minimum(rng.zipf(1.5, (4000, 3)), _LABELS) - 1, axis=1)
    held = np.zeros((4000, _LABELS), np.float32)
    np.put_along_axis(held, labels, 1, axis=1)
    noise = rng.normal(size=held.shape).astype(np.float32)
    scores = 1 / (1 + np.exp(5 - 7 * held - 1.5 * noise))
    start = time.process_time()
    np.argsort(-scores, axis=1)
    sort = time.process_time() - start
    print(f"4,000 x {_LABELS:,}: one argsort {sort:.2f} s")
    spent = 0.0
    for name, step in (("at once", 4000), ("batches of 128", 128)):
        start = time.process_time()
        evaluator = Evaluator(_LABELS)
        for first in range(0, 4000, step):
            evaluator.add(scores[first : first + step], labels[first : first + step])
        found = evaluator.result()
        spent = time.process_time() - start
        print(f"  {name}: {spent:.2f} s, {spent / sort:.2f} of the sort; GAP {found.gap:.4f}")
    other = Evaluator(_LABELS)
    other.add(np.clip(scores + 0.01 * noise, 0, 1), labels)
    start = time.process_time()
    intervals(evaluator.pooled(), _LABELS)
    middle = time.process_time()
    differences(evaluator.pooled(), [other.pooled()], _LABELS)
    end = time.process_time()
    print(f"  intervals {middle - start:.2f} s, of a difference {end - middle:.2f} s")
    return spent


def streamed(videos: int, memory_mb: float) -> dict[str, float]:
    """Memory and seconds of a stream of lists."""
    rng = np.random.default_rng(0)
    evaluator = Evaluator(_LABELS, memory_mb=memory_mb)
    before = spent = 0.0
    for _ in range(videos // 1000):
        predicted = rng.integers(0, 193, (1000, 20)) * 20 + np.arange(20)
        scores = rng.random((1000, 20), dtype=np.float32)
        before = before or _memory_mb()
        start = time.process_time()
        evaluator.add_lists(predicted, scores, predicted[:, :3])
        spent += time.process_time() - start
    kept = _memory_mb() - before
    start = time.process_time()
    found = evaluator.result()
    return {
        "taking": spent,
        "result": time.process_time() - start,
        "kept": kept,
        "most": _memory_mb() - before,
        **{key: getattr(found, key) for key in MEASURES},
    }


def _memory_mb() -> float:
    """The peak of this program; `getrusage` has the peak of what started it too."""
    text = Path("/proc/self/status").read_text()
    return int(text.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    sys.exit(main())
