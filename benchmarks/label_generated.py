"""What is to be found in the generated label data, and how fast it is drawn.

    python benchmarks/label_generated.py [--labels 100] [--videos 600] [--seeds 3]

For each seed the GAP@20 of: the prior (label frequencies), who knows the directions of all events
and looks at one stream, or at all (`generated.oracle.Noticing`), and who knows the true labels
(`told`, the ceiling that label noise leaves). By manner: mean average precision of the labels that
are noticed so, for pictures alone and for all streams. And videos a second of processor time, by
level, against the bytes that numpy alone draws as normal numbers in the same run.
"""

from __future__ import annotations

import argparse
from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from loquitur.evaluation.labels.evaluator import Evaluator
from loquitur.vision.labels.examples import Examples
from loquitur.vision.labels.generated import Design, Drawing
from loquitur.vision.labels.generated.design import STREAMS
from loquitur.vision.labels.generated.oracle import Noticing, told
from measuring import timed

_MANNERS = ("seen", "heard", "said", "shown", "joint", "ordered")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=int, default=100)
    parser.add_argument("--videos", type=int, default=600)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    print(f"| seed | prior | {' | '.join(STREAMS)} | all | told |")
    print("| --- |" + " --- |" * 6)
    last: dict[str, dict[str, float]] = {}
    for seed in range(given.seeds):
        drawing = Drawing(Design(seed=seed, labels=given.labels))
        examples = drawing.examples("validate", range(given.videos))
        figures, last = _figures(drawing, examples, given.videos)
        print(f"| {seed} | " + " | ".join(f"{one:.3f}" for one in figures) + " |")
    print("\n| noticed by | " + " | ".join(_MANNERS) + " |\n| --- |" + " --- |" * 6)
    for name, row in last.items():
        cells = (f"{row[one]:.2f}" if one in row else "-" for one in _MANNERS)
        print(f"| {name} | " + " | ".join(cells) + " |")
    _pace(Drawing(Design(labels=given.labels)))


def _figures(
    drawing: Drawing, examples: Examples, videos: int
) -> tuple[list[float], dict[str, dict[str, float]]]:
    hot = np.zeros((len(examples), drawing.design.labels), np.bool_)
    for video in range(len(examples)):
        hot[video, examples.labels_of(video)] = True
    training = [drawing.cast("train", number).given for number in range(2000)]
    counts = np.bincount(np.concatenate(training), minlength=drawing.design.labels)
    prior = np.tile((counts / 2000).astype(np.float32), (len(examples), 1))
    figures, manners = [_gap(prior, examples)], {}
    for name, streams in (*((one, (one,)) for one in STREAMS), ("all", STREAMS)):
        scores = Noticing.learnt(drawing, streams, videos=videos).scores(examples)
        figures.append(_gap(scores, examples))
        manners[name] = _by_manner(drawing, scores, hot)
    truth = told(drawing, examples.video_ids)
    figures.append(_gap(truth, examples))
    manners["told"] = _by_manner(drawing, truth, hot)
    return figures, manners


def _gap(scores: NDArray[np.float32], examples: Examples) -> float:
    evaluator = Evaluator(scores.shape[1])
    most = int(np.diff(examples.label_offsets).max())
    labels = np.full((len(examples), most), -1, np.int64)
    for video in range(len(examples)):
        found = examples.labels_of(video)
        labels[video, : len(found)] = found
    evaluator.add(scores, labels)
    return float(evaluator.result().gap)


def _by_manner(
    drawing: Drawing, scores: NDArray[np.float32], hot: NDArray[np.bool_]
) -> dict[str, float]:
    """Mean average precision of the labels of each manner, of those with five videos or more."""
    found: dict[str, list[float]] = defaultdict(list)
    for label, topic in enumerate(drawing.topics.topics):
        if hot[:, label].sum() < 5:
            continue
        right = hot[np.argsort(-scores[:, label], kind="stable"), label]
        precision = np.cumsum(right) / np.arange(1, len(right) + 1)
        found[topic.manner].append(float(precision[right].mean()))
    return {manner: float(np.mean(each)) for manner, each in found.items()}


def _pace(drawing: Drawing) -> None:
    for stream in STREAMS:
        drawing.sense(stream)
    count = 200
    examples, took = timed(lambda: drawing.examples("train", range(count)))
    seconds = took.cpu_s
    size = sum(stream.rows.nbytes for stream in examples.streams.values())
    rng = np.random.default_rng(0)
    bare = timed(lambda: rng.standard_normal(size, dtype=np.float32))[1].cpu_s
    means = timed(lambda: drawing.examples("train", range(count), level="video"))[1].cpu_s
    print(
        f"\ndrawn: {count / seconds:.0f} videos/s of processor time, {size / seconds / 1e6:.0f}"
        f" MB/s; as many normal numbers of numpy alone take {bare / seconds:.2f} of the time; video"
        f" level {count / means:.0f} videos/s"
    )


if __name__ == "__main__":
    main()
