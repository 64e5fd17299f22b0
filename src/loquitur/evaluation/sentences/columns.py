"""Each measure over the clips, as what a corpus adds up."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from loquitur.evaluation.sentences import bleu, meteor
from loquitur.evaluation.sentences.cider import Cider
from loquitur.evaluation.sentences.rouge import rouge_l
from loquitur.evaluation.sentences.tally import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.evaluation.sentences.cider import DocumentFrequencies

    Pairs = Sequence[tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]]
    Floats = NDArray[np.float64]

_METEOR = {"meteor": 0.75, "meteor_delta05": 0.5}


def columns_of(
    pairs: Pairs,
    measures: Sequence[str],
    *,
    frequencies: DocumentFrequencies,
    weighing: meteor.MeteorOptions,
) -> dict[str, Column]:
    """The measures that say something of these clips: no CIDEr where frequencies are of one.

    Args:
        pairs: Of each clip the tokens of its sentence, and of its references.
        measures: Keys of `scoring.MEASURES`.
        frequencies: In how many clips each n-gram stands.
        weighing: METEOR's language and function words.
    """
    made: dict[str, Column] = {}
    blues = [key for key in measures if key.startswith("bleu")]
    if blues:
        rows = np.array([bleu.statistics(*pair) for pair in pairs], dtype=np.float64)
        for key in blues:
            order = int(key[-1])
            combine = partial(_bleu, order=order)
            made[key] = Column(values=bleu.combine(rows, order), statistics=rows, combine=combine)
    for key in measures:
        if key in _METEOR:
            made[key] = _meteor(pairs, dataclasses.replace(weighing, delta=_METEOR[key]))
    if "rouge_l" in measures:
        made["rouge_l"] = Column.mean(np.array([rouge_l(*pair) for pair in pairs]))
    for key in measures:
        if key.startswith("cider") and frequencies.clips > 1:
            cider = Cider(frequencies, plain=key == "cider")
            made[key] = Column.mean(np.array([cider.score(*pair) for pair in pairs]))
    return made


def _bleu(sums: Floats, _: int, *, order: int) -> Floats:
    return bleu.combine(sums, order)


def _meteor(pairs: Pairs, options: meteor.MeteorOptions) -> Column:
    scorer = meteor.Meteor(options)
    found = [scorer.score(*pair) for pair in pairs]
    return Column(
        values=np.array([one.value for one in found]),
        statistics=np.array([one.statistics for one in found], dtype=np.float64),
        combine=partial(_formula, delta=options.weight()),
    )


def _formula(sums: Floats, _: int, *, delta: float) -> Floats:
    return meteor.formula(sums, delta)
