"""Several voices over the same videos: figures, intervals, differences from the first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.evaluation.labels import LabelScores
from loquitur.evaluation.labels.drawing import differences, intervals
from loquitur.evaluation.labels.mistakes import mistakes_of
from loquitur.evaluation.labels.thresholds import decide
from loquitur.evaluation.labels.tradeoff import precision_by_recall
from loquitur.vision.labels.judging.measuring import Measuring

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.evaluation.intervals import Interval
    from loquitur.evaluation.labels.mistakes import Mistakes
    from loquitur.evaluation.labels.pool import Pooled
    from loquitur.evaluation.labels.thresholds import Aim, Decision
    from loquitur.vision.labels.judging.truths import Ground
    from loquitur.vision.labels.judging.voices import Voice
    from loquitur.vision.labels.vocabulary import LabelVocabulary

_MOST_NOTICES = 50


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """One voice, measured.

    Args:
        name: What it is called.
        kind: `model`, `file` or `baseline`.
        scores: Over labels.
        intervals: Of `MEASURES`.
        genres: Over verticals; None where the vocabulary has none, or no video has one.
        genre_intervals: Of `MEASURES`, alike.
        notices: What a reader must know.
        mistakes: Where it goes wrong; None where nobody asked.
        decision: From which scores on labels are said; None where nobody asked.
        tradeoff: Recall and precision, threshold by threshold; with `mistakes`.
    """

    name: str
    kind: str
    scores: LabelScores
    intervals: dict[str, Interval]
    genres: LabelScores | None = None
    genre_intervals: dict[str, Interval] | None = None
    notices: tuple[str, ...] = ()
    mistakes: Mistakes | None = None
    decision: Decision | None = None
    tradeoff: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """What a voice has more than the first, by measure, with intervals over the same draws."""

    name: str
    over: str
    values: dict[str, float]
    intervals: dict[str, Interval]

    def clear(self, measure: str) -> bool:
        """Whether the interval leaves 0 out."""
        one = self.intervals[measure]
        return one.low is not None and one.high is not None and (one.low > 0 or one.high < 0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judgement:
    """All of it.

    Args:
        truth: What was held against: its name.
        vocabulary: The labels.
        judged: In the order in which they were named.
        leads: Of all but the first.
        notices: What a reader must know of what was held against.
        video_ids: Of the videos with labels, in the order of `WorstVideo.row`; empty where nobody
            asked for mistakes.
    """

    truth: str
    vocabulary: LabelVocabulary
    judged: tuple[Judged, ...]
    leads: tuple[Lead, ...]
    notices: tuple[str, ...] = ()
    video_ids: tuple[str, ...] = ()

    def told(self) -> list[str]:
        """Everything a reader must know, each once."""
        lines = [*self.notices]
        lines += [text for one in self.judged for text in one.notices]
        return list(dict.fromkeys(lines))[:_MOST_NOTICES]


def judge(
    ground: Ground,
    voices: Sequence[Voice],
    *,
    draws: int = 1000,
    seed: int = 0,
    mistakes: bool = False,
    aim: Aim | None = None,
) -> Judgement:
    """Measure voices.

    Args:
        ground: What holds.
        voices: At least one; the others are held against the first.
        draws: Of intervals, at most.
        seed: Of their drawing, and of the folds of thresholds.
        mistakes: Look for labels taken for one another, and for videos told worst.
        aim: Fit thresholds for this.

    Raises:
        InputError: No video has a label, or what a voice says cannot be measured.
    """
    vocabulary = ground.labels()
    judged: list[Judged] = []
    pools: list[Pooled] = []
    for voice in voices:
        measuring = Measuring(vocabulary)
        told = voice.say(measuring, ground)
        scores = measuring.labels.result()
        pools.append(measuring.labels.pooled())
        genres = genre_intervals = None
        if measuring.genres is not None and measuring.genres.videos:
            genres = measuring.genres.result()
            genre_intervals = intervals(
                measuring.genres.pooled(), genres.classes, draws=draws, seed=seed
            )
        judged.append(
            Judged(
                name=voice.name,
                kind=voice.kind,
                scores=scores,
                intervals=intervals(pools[-1], len(vocabulary), draws=draws, seed=seed),
                genres=genres,
                genre_intervals=genre_intervals,
                notices=told,
                mistakes=mistakes_of(pools[-1], len(vocabulary)) if mistakes else None,
                tradeoff=precision_by_recall(pools[-1]) if mistakes else (),
                decision=decide(pools[-1], len(vocabulary), aim, seed=seed) if aim else None,
            )
        )
    found = differences(pools[0], pools[1:], len(vocabulary), draws=draws, seed=seed)
    leads = tuple(
        Lead(
            name=one.name,
            over=judged[0].name,
            values={key: getattr(one.scores, key) - getattr(judged[0].scores, key) for key in each},
            intervals=each,
        )
        for one, each in zip(judged[1:], found, strict=True)
    )
    notices = list(ground.notices)
    if judged[0].scores.unlabelled:
        notices.append(
            f"{judged[0].scores.unlabelled} of {len(ground.truth)} videos have no label: left out"
        )
    return Judgement(
        truth=ground.truth.name,
        vocabulary=vocabulary,
        judged=tuple(judged),
        leads=leads,
        notices=tuple(notices),
        video_ids=_labelled(ground) if mistakes else (),
    )


def _labelled(ground: Ground) -> tuple[str, ...]:
    """The videos that are measured: those with labels."""
    rows = np.flatnonzero((ground.truth.labels >= 0).any(axis=1))
    return tuple(ground.truth.video_ids[row] for row in rows.tolist())
