"""What is measured of labels, as a result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from loquitur.evaluation.labels.calibration import Calibration

MEASURES = {
    "gap": "GAP@20",
    "hit_at_one": "Hit@1",
    "perr": "PERR",
    "map": "MAP",
}
"""The four of YouTube-8M, and how papers write them."""
CUTS = (1, 3, 5, 10, 20)
"""Of precision and recall at k."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupScore:
    """The labels of one vertical, within the same pooled predictions.

    Args:
        name: Of the vertical.
        labels: How many labels belong to it.
        measured: How many of them some video has.
        positives: How often they stand in the truth.
        gap: Average precision over the pooled predictions of its labels; None without positives.
        map: Mean over `measured` labels; None without positives.
    """

    name: str
    labels: int
    measured: int
    positives: int
    gap: float | None
    map: float | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelScores:
    """Measures over a whole set; 0 is worst and 1 best where nothing else is said.

    Args:
        videos: How many count: those with labels.
        unlabelled: How many were left out for having no labels.
        classes: Size of the vocabulary.
        top: How many predictions of a video are pooled.
        positives: How many labels the videos have.
        gap: Global average precision: over the predictions of all videos pooled.
        hit_at_one: Share of videos whose highest score is right.
        perr: Precision among as many predictions as a video has labels, mean over videos.
        map: Mean of `average_precision` over the classes that have positives.
        average_precision: float64 [classes]; NaN where no video has the label.
        class_positives: int64 [classes].
        precision_at: k to the share of right ones among the k highest, mean over videos.
        recall_at: k to the share of a video's labels among the k highest, mean over videos.
        accuracy: Share of pairs of video and label on the right side of 0.5.
        accuracy_of_nothing: What a model that never says anything has of it.
        calibration: Of the pooled predictions: what a user sees.
        calibration_of_all: Of every pair; None where some scores were lists.
        verticals: By genre, where the vocabulary has them.
    """

    videos: int
    unlabelled: int
    classes: int
    top: int
    positives: int
    gap: float
    hit_at_one: float
    perr: float
    map: float
    average_precision: NDArray[np.float64]
    class_positives: NDArray[np.int64]
    precision_at: dict[int, float]
    recall_at: dict[int, float]
    accuracy: float
    accuracy_of_nothing: float
    calibration: Calibration | None
    calibration_of_all: Calibration | None = None
    verticals: tuple[GroupScore, ...] = ()

    def figures(self) -> dict[str, float]:
        """The figures for a row of a table: those of `MEASURES`, calibration, accuracy."""
        found = {"gap": self.gap, "hit_at_one": self.hit_at_one, "perr": self.perr, "map": self.map}
        if self.calibration is not None:
            found["calibration_error"] = self.calibration.error
        if self.calibration_of_all is not None:
            found["brier"] = self.calibration_of_all.brier
        found["accuracy"] = self.accuracy
        found["accuracy_of_nothing"] = self.accuracy_of_nothing
        return found
