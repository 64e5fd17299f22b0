"""Sentences that describe clips, held against what people wrote: BLEU, ROUGE-L, CIDEr-D, METEOR.

`score` is the door. Each measure stands in a file of its own, in plain Python, equal to the
implementations that the field reports by (pycocoevalcap, METEOR 1.5): docs/describe-measures.md
says how far and how that was tried. No Java is needed.
"""

from __future__ import annotations

from loquitur.evaluation.sentences.cider import DocumentFrequencies
from loquitur.evaluation.sentences.scoring import (
    MEASURES,
    ClipScore,
    SentenceScores,
    score,
)

__all__ = ["MEASURES", "ClipScore", "DocumentFrequencies", "SentenceScores", "score"]
