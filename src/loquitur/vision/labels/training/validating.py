"""How good a net is on videos that it does not learn from: one pass, in bounded memory."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from torch.nn import functional

from loquitur.evaluation.labels import MEASURES, Evaluator
from loquitur.vision.labels.nets.contract import LOGITS, VERTICALS
from loquitur.vision.labels.training.losses import many_hot
from loquitur.vision.labels.vocabulary import genre_labels
from loquitur.vision.training.task import Sample, Validation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from loquitur.vision.labels.feeding.batch import LabelBatch
    from loquitur.vision.labels.nets.config import LabelNetConfig
    from loquitur.vision.labels.vocabulary import LabelVocabulary
    from loquitur.vision.training.task import Tensors

_TEMPERATURES = tuple(2.0 ** (at / 4) for at in range(-6, 9))
"""Of which one is fitted: from 0.35 to 4, and between two of them along a parabola."""
_SHOWN = 3
"""Labels of a sample that are told."""
_COLLAPSED = 0.9


class Judged(Protocol):
    """What is asked of a task that is validated: its videos, and what a net says of them."""

    vocabulary: LabelVocabulary
    config_of_net: LabelNetConfig

    @property
    def genres(self) -> NDArray[np.bool_]:
        """Which label is of which genre, bool [labels, genres]."""

    def validation_batches(self) -> Iterator[LabelBatch]:
        """The videos to judge by."""

    def tensors(self, batch: LabelBatch) -> Tensors:
        """A batch as tensors."""

    def said(self, net: torch.nn.Module, batch: Tensors) -> Mapping[str, torch.Tensor]:
        """The logits of a net, by the names of `nets.contract`."""


def validated(task: Judged, net: torch.nn.Module, *, samples: int) -> Validation:
    """Figures of a net on the validation part; see `TrainingTask.validate`."""
    device = next(net.parameters()).device
    evaluator = Evaluator(task.config_of_net.labels)
    genres = Evaluator(max(1, task.config_of_net.verticals))
    sums = _Sums(device)
    shown: list[Sample] = []
    for batch in task.validation_batches():
        tensors = {name: one.to(device) for name, one in task.tensors(batch).items()}
        with torch.no_grad():
            said = task.said(net, tensors)
        logits = said[LOGITS].float()
        target = many_hot(tensors["labels"], logits.shape[1])
        sums.add(logits, target)
        scores = torch.sigmoid(logits).cpu().numpy()
        if not np.isfinite(scores).all():
            return Validation(metrics={"loss": None}, notices=("its scores are no numbers",))
        evaluator.add(scores, batch.labels)
        if VERTICALS in said:
            found = torch.sigmoid(said[VERTICALS].float()).cpu().numpy()
            genres.add(found, genre_labels(batch.labels, task.genres))
        sums.firsts.update(scores.argmax(1).tolist())
        shown += _samples(task, batch, scores, samples - len(shown))
    return Validation(
        metrics=_metrics(evaluator, genres, sums),
        samples=tuple(shown),
        notices=tuple(sums.notices(task)),
    )


class _Sums:
    """What adds up over the batches, losses by temperature, first labels."""

    def __init__(self, device: torch.device) -> None:
        exact = torch.float32 if device.type == "mps" else torch.float64
        self._losses = torch.zeros(len(_TEMPERATURES), dtype=exact, device=device)
        self._at = _TEMPERATURES.index(1.0)
        self.videos = 0
        self.firsts: Counter[int] = Counter()

    def add(self, logits: torch.Tensor, target: torch.Tensor) -> None:
        for at, temperature in enumerate(_TEMPERATURES):
            self._losses[at] += functional.binary_cross_entropy_with_logits(
                logits / temperature, target, reduction="sum"
            )
        self.videos += len(target)

    def figures(self) -> dict[str, float | None]:
        """Loss a video, and the temperature that fits best."""
        if not self.videos:
            return {"loss": None}
        losses = self._losses.cpu().numpy()
        return {
            "loss": float(losses[self._at]) / self.videos,
            "temperature": _lowest(losses),
        }

    def notices(self, task: Judged) -> list[str]:
        """That a net says the same of all videos."""
        if self.videos < 10 or len(task.vocabulary.labels) < 3:
            return []
        ((label, many),) = self.firsts.most_common(1)
        if many < _COLLAPSED * self.videos:
            return []
        name = task.vocabulary.labels[label].name
        return [f"the first label of {many / self.videos:.0%} of the videos is '{name}'"]


def _lowest(losses: NDArray[np.float64]) -> float | None:
    """The temperature of the least loss (Guo et al. 2017, arXiv 1706.04599), by a parabola."""
    if not np.isfinite(losses).all():
        return None
    at = int(losses.argmin())
    shift = 0.0
    if 0 < at < len(losses) - 1:
        before, here, after = losses[at - 1 : at + 2]
        bend = before - 2 * here + after
        shift = 0.5 * (before - after) / bend if bend > 0 else 0.0
    step = math.log(_TEMPERATURES[1] / _TEMPERATURES[0])
    return float(_TEMPERATURES[at] * math.exp(shift * step))


def _metrics(evaluator: Evaluator, genres: Evaluator, sums: _Sums) -> dict[str, float | None]:
    """The figures of a row, by their names there."""
    metrics: dict[str, float | None] = {}
    if evaluator.videos:
        found = evaluator.result()
        metrics |= {name: getattr(found, name) for name in MEASURES}
        metrics |= {
            "accuracy": found.accuracy,
            "accuracy_of_nothing": found.accuracy_of_nothing,
            "calibration_error": None if found.calibration is None else found.calibration.error,
        }
    if genres.videos:
        metrics["vertical_gap"] = genres.result().gap
    return metrics | sums.figures()


def _samples(
    task: Judged, batch: LabelBatch, scores: NDArray[np.float32], many: int
) -> list[Sample]:
    """The first labels of some videos, and those they have."""
    names = task.vocabulary.labels
    found = []
    for at in range(min(max(0, many), len(batch))):
        firsts = np.argsort(-scores[at], kind="stable")[:_SHOWN]
        has = [int(one) for one in batch.labels[at] if one >= 0]
        found.append(
            Sample(
                clip_id=batch.video_ids[at],
                output=" | ".join(f"{names[one].name} {scores[at, one]:.2f}" for one in firsts),
                references=tuple(names[one].name for one in has),
                score=float(np.mean(scores[at, has])) if has else None,
            )
        )
    return found
