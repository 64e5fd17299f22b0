"""Measures of labels: how well scores rank what a video is about.

`Evaluator` takes batches and gives `LabelScores`: GAP@20, Hit@1, PERR, MAP and what goes with them.
Numbers and arrays only: files are read in `predictions.py`, names come from a vocabulary.
"""

from __future__ import annotations

from loquitur.evaluation.labels.evaluator import TOP, Evaluator
from loquitur.evaluation.labels.scores import CUTS, MEASURES, LabelScores

__all__ = ["CUTS", "MEASURES", "TOP", "Evaluator", "LabelScores"]
