"""What a threshold for each label is worth, and whether folds tell the truth of it.

    python benchmarks/label_thresholds.py [--seeds 5] [--videos 6000] [--labels 60]

A generated set (video level) for each seed: logistic regression is fitted on the training part,
thresholds for the best F1, or for a precision, on the validation part; what is said is measured
there by folds, and on the test part, which nobody saw. `0.5` is that score for every label. Prints
means and standard deviations over the seeds, and seconds of the processor for 200,000 videos of 20
predictions.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from loquitur.evaluation.labels import Evaluator, ranking
from loquitur.evaluation.labels.mistakes import mistakes_of
from loquitur.evaluation.labels.thresholds import HALF, aim_of, decide, figures_of
from loquitur.vision.labels.feeding.sharded import open_data
from loquitur.vision.labels.generated import Design, write_sample
from loquitur.vision.labels.generated.writing import Sample
from loquitur.vision.labels.judging import ground_of_data
from loquitur.vision.labels.judging.floors import floors
from loquitur.vision.labels.judging.measuring import Measuring

if TYPE_CHECKING:
    from loquitur.evaluation.labels.pool import Pooled

_AIMS = ("f1", "precision=0.8", "precision=0.9")
_KEYS = ("precision", "recall", "f1", "macro_f1", "nothing_said")


def main() -> int:
    """Print a table; 1 where thresholds gain nothing on the unseen part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--videos", type=int, default=6000)
    parser.add_argument("--labels", type=int, default=60)
    given = parser.parse_args()
    found: dict[tuple[str, str], list[list[float]]] = {}
    for seed in range(given.seeds):
        known, unseen = pools(seed, given.videos, given.labels)
        for text in _AIMS:
            decision = decide(known, given.labels, aim_of(text), seed=seed)
            cuts = decision.thresholds.values
            told = ranking.scores_in(unseen.keys) >= cuts[ranking.labels_in(unseen.keys)]
            half = ranking.scores_in(unseen.keys) >= HALF
            rows = {
                "validation, folds": decision.held,
                "test": figures_of(unseen, told, given.labels),
                "test, 0.5": figures_of(unseen, half, given.labels),
            }
            for name, one in rows.items():
                values = [getattr(one, key) or 0.0 for key in _KEYS]
                found.setdefault((text, name), []).append(values)
    print(f"{'':34}{''.join(f'{key:>18}' for key in _KEYS)}")
    for (text, name), values in found.items():
        middle, spread = np.mean(values, axis=0), np.std(values, axis=0)
        cells = [f"{a:.3f} ± {b:.3f}" for a, b in zip(middle, spread, strict=True)]
        print(f"{text:15}{name:19}{''.join(f'{cell:>18}' for cell in cells)}")
    measure_time()
    gained = np.mean(found["f1", "test"], axis=0) - np.mean(found["f1", "test, 0.5"], axis=0)
    return 0 if gained[_KEYS.index("f1")] > 0 else 1


def pools(seed: int, videos: int, labels: int) -> tuple[Pooled, Pooled]:
    """What logistic regression says of the validation part and of the test part."""
    sizes = {"rgb": 64, "audio": 32, "words": 32, "least_rows": 20, "most_rows": 40}
    design = Design(labels=labels, seed=seed, **sizes)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "set")
        write_sample(place, Sample(design=design, videos=videos, level="video", split=(40, 30, 30)))
        with open_data(place) as data:
            voice = next(one for one in floors(data) if one.name == "logistic")
            for part in ("validate", "test"):
                ground = ground_of_data(data, part, place=str(place))
                measuring = Measuring(ground.labels())
                voice.say(measuring, ground)
                found.append(measuring.labels.pooled())
    return found[0], found[1]


def measure_time() -> None:
    """Seconds of 200,000 videos of 20 predictions out of 3,862 labels."""
    rng = np.random.default_rng(0)
    evaluator = Evaluator(3862)
    for _ in range(200):
        predicted = np.argsort(rng.random((1000, 200)), axis=1)[:, :20] * 19 + rng.integers(0, 19)
        truth = np.concatenate((predicted[:, :2], rng.integers(3801, 3862, (1000, 1))), axis=1)
        evaluator.add_lists(predicted, rng.random((1000, 20)), truth)
    pool = evaluator.pooled()
    for name, work in (
        ("thresholds", lambda: decide(pool, 3862, aim_of("f1"))),
        ("mistakes", lambda: mistakes_of(pool, 3862)),
    ):
        start = time.process_time()
        work()
        print(f"{name}, 200,000 videos: {time.process_time() - start:.2f} s of processor")


if __name__ == "__main__":
    sys.exit(main())
