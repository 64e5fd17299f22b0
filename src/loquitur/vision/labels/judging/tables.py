"""What came out of a judgement: plain values, and tables for files."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

from loquitur.evaluation.labels import MEASURES
from loquitur.tables.cells import Column
from loquitur.tables.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.evaluation.labels import LabelScores
    from loquitur.evaluation.labels.thresholds import Decision
    from loquitur.tables.cells import Type
    from loquitur.vision.labels.judging.judge import Judged, Judgement

MOST_LABELS = 10_000
"""Of `plain`; a file has all of them."""


def plain(judgement: Judgement, *, labels: bool = False) -> dict[str, Any]:
    """`{"measure": "label", "results": [...], "leads": [...], "notices": [...]}`, not rounded.

    Args:
        judgement: What was measured.
        labels: Whether each result has a list of labels with their average precision.
    """
    return {
        "measure": "label",
        "reference": judgement.truth,
        "vocabulary": judgement.vocabulary.digest,
        "measures": MEASURES,
        "results": [_result(one, judgement, labels=labels) for one in judgement.judged],
        "leads": [
            {
                "name": one.name,
                "over": one.over,
                "values": one.values,
                "clear": {key: one.clear(key) for key in one.values},
                "intervals": _intervals(one.intervals),
            }
            for one in judgement.leads
        ],
        "notices": judgement.told(),
    }


def _result(one: Judged, judgement: Judgement, *, labels: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": one.name,
        "kind": one.kind,
        **scores_document(one.scores),
        "intervals": _intervals(one.intervals),
        "verticals": [dataclasses.asdict(each) for each in one.scores.verticals],
        "genres": None if one.genres is None else {
            **scores_document(one.genres),
            "intervals": _intervals(one.genre_intervals or {}),
            "by_genre": _by_class(one.genres, judgement.vocabulary.verticals),
        },
    }  # fmt: skip
    if one.decision is not None:
        found["said"] = _said(one.decision)
    if labels:
        found["labels"] = _by_class(one.scores, judgement.vocabulary.names)[:MOST_LABELS]
    return found


def _said(decision: Decision) -> dict[str, Any]:
    """What thresholds are worth: of each label its own, and 0.5 for all."""
    keys = ("precision", "recall", "f1", "macro_f1", "labels_a_video", "nothing_said")
    each = {"own": decision.held, "half": decision.half}
    return {
        "aim": str(decision.aim),
        "folds": decision.folds,
        **{name: {key: getattr(one, key) for key in keys} for name, one in each.items()},
    }


def scores_document(scores: LabelScores) -> dict[str, Any]:
    """The figures of a set of labels, by their names."""
    return {
        "videos": scores.videos,
        "unlabelled": scores.unlabelled,
        "classes": scores.classes,
        "classes_measured": int((scores.class_positives > 0).sum()),
        "positives": scores.positives,
        "top": scores.top,
        **{key: getattr(scores, key) for key in MEASURES},
        "precision_at": {str(k): value for k, value in scores.precision_at.items()},
        "recall_at": {str(k): value for k, value in scores.recall_at.items()},
        "accuracy": scores.accuracy,
        "accuracy_of_nothing": scores.accuracy_of_nothing,
        "calibration": None if scores.calibration is None else dataclasses.asdict(
            scores.calibration
        ),
        "calibration_of_all": None if scores.calibration_of_all is None else dataclasses.asdict(
            scores.calibration_of_all
        ),
    }  # fmt: skip


def _intervals(found: dict[str, Any]) -> dict[str, Any]:
    return {key: dataclasses.asdict(one) for key, one in found.items()}


def _by_class(scores: LabelScores, names: Sequence[str]) -> list[dict[str, Any]]:
    """The classes that some video has, commonest first."""
    order = (-scores.class_positives).argsort(kind="stable")
    return [
        {
            "index": int(at),
            "label": names[at],
            "positives": int(scores.class_positives[at]),
            "average_precision": float(scores.average_precision[at]),
        }
        for at in order
        if scores.class_positives[at]
    ]


def summary_table(judgement: Judgement) -> Table:
    """A row for each voice: measures with their intervals, calibration, accuracy; genres."""
    spans = [key + end for key in MEASURES for end in ("", "_low", "_high")]
    columns = [
        *_columns("text", "voice", "kind"),
        *_columns("int", "videos", "classes", "positives"),
        *_columns("float", *spans, "calibration_error", "brier", "accuracy", "accuracy_of_nothing"),
        *_columns("float", *(f"genre_{key}" for key in MEASURES)),
    ]
    rows: list[list[Any]] = []
    for one in judgement.judged:
        scores = one.scores
        row: list[Any] = [one.name, one.kind, scores.videos, scores.classes, scores.positives]
        for key in MEASURES:
            interval = one.intervals[key]
            row += [getattr(scores, key), interval.low, interval.high]
        figures = scores.figures()
        row += [figures.get(key) for key in ("calibration_error", "brier")]
        row += [scores.accuracy, scores.accuracy_of_nothing]
        row += [None if one.genres is None else getattr(one.genres, key) for key in MEASURES]
        rows.append(row)
    return Table.from_rows("measures", columns, rows)


def labels_table(judgement: Judgement) -> Table:
    """A row for each label: number, name, verticals, positives, average precision by voice."""
    names = unique([f"ap_{one.name}" for one in judgement.judged])
    columns = [
        Column(name="index", type="int"),
        *_columns("text", "label", "entity", "verticals"),
        *_columns("int", "positives"),
        *_columns("float", *names),
    ]
    rows = []
    for at, label in enumerate(judgement.vocabulary.labels):
        found = [float(one.scores.average_precision[at]) for one in judgement.judged]
        rows.append(
            [
                at, label.name, label.entity, "|".join(label.verticals),
                int(judgement.judged[0].scores.class_positives[at]),
                *(None if math.isnan(value) else value for value in found),
            ]
        )  # fmt: skip
    return Table.from_rows("labels", columns, rows)


def verticals_table(judgement: Judgement) -> Table:
    """A row for each vertical and voice: its labels' GAP and MAP, its own average precision."""
    columns = [
        *_columns("text", "voice", "vertical"),
        *_columns("int", "labels", "measured", "positives"),
        *_columns("float", "gap", "map"),
        *_columns("int", "videos"),
        *_columns("float", "genre_average_precision"),
    ]
    rows: list[list[Any]] = []
    for one in judgement.judged:
        for at, each in enumerate(one.scores.verticals):
            row: list[Any] = [one.name, each.name, each.labels, each.measured, each.positives,
                              each.gap, each.map]  # fmt: skip
            if one.genres is None or not one.genres.class_positives[at]:
                row += [0, None]
            else:
                row += [int(one.genres.class_positives[at]),
                        float(one.genres.average_precision[at])]  # fmt: skip
            rows.append(row)
    return Table.from_rows("verticals", columns, rows)


def unique(names: Sequence[str]) -> list[str]:
    """Names of columns, numbered where two are the same."""
    found: list[str] = []
    for name in names:
        kept, at = name, 2
        while kept in found:
            kept, at = f"{name}_{at}", at + 1
        found.append(kept)
    return found


def _columns(kind: Type, *names: str) -> list[Column]:
    return [Column(name=name, type=kind) for name in names]
