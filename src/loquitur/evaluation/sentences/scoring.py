"""From sentences to scores: every measure of a set of predictions, by clip and for all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loquitur.errors import InputError, UsageError, near
from loquitur.evaluation.sentences.cider import ONE_CLIP, DocumentFrequencies
from loquitur.evaluation.sentences.columns import columns_of
from loquitur.evaluation.sentences.diversity import Diversity, diversity
from loquitur.evaluation.sentences.meteor import MeteorOptions
from loquitur.evaluation.sentences.tally import Column, intervals
from loquitur.evaluation.sentences.tokens import tokens_of
from loquitur.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from loquitur.evaluation.intervals import Interval

MEASURES = {
    "bleu1": "BLEU-1",
    "bleu2": "BLEU-2",
    "bleu3": "BLEU-3",
    "bleu4": "BLEU-4",
    "meteor": "METEOR",
    "meteor_delta05": "METEOR d.5",
    "rouge_l": "ROUGE-L",
    "cider_d": "CIDEr-D",
    "cider": "CIDEr",
}
"""Key to what people call it. `cider_d` is what coco-caption prints as CIDEr, 0 to 10; all others
but `cider` are 0 to 1. `meteor` is METEOR 1.5, exact and stem; `meteor_delta05` the same with all
words weighed alike."""
_SHOWN = 80
USUAL = ("bleu1", "bleu2", "bleu3", "bleu4", "meteor", "rouge_l", "cider_d")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipScore:
    """One clip: what was written of it, and each measure of that sentence alone."""

    clip_id: str
    prediction: str
    references: tuple[str, ...]
    values: Mapping[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceScores:
    """Scores of a set of predictions.

    Args:
        values: Measure to the value of all clips; None where it says nothing (see `notices`).
        rows: Clip by clip, in the order of the references.
        diversity: How varied the predictions are.
        missing: Clips with references that nothing was predicted of: they are not scored.
        extra: Predictions of clips without references: not scored either.
        language: BCP 47 tag under which sentences were cut into tokens.
        notices: What a reader of the figures must know.
        columns: Measure to its statistics, for samples and comparisons.
    """

    values: Mapping[str, float | None]
    rows: tuple[ClipScore, ...]
    diversity: Diversity
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    language: str
    notices: tuple[str, ...] = ()
    columns: Mapping[str, Column] = field(default_factory=dict, repr=False, compare=False)
    _intervals: dict[tuple[int, int], Mapping[str, Interval]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def interval(self, measure: str, *, draws: int = 1000, seed: int = 0) -> Interval | None:
        """Where a measure's value lies (95 %), by drawing clips anew; None where it has none."""
        return self.intervals(draws=draws, seed=seed).get(measure)

    def intervals(self, *, draws: int = 1000, seed: int = 0) -> Mapping[str, Interval]:
        """Those of all measures that have a value, by the same drawings; found once."""
        found = self._intervals.get((draws, seed))
        if found is None:
            found = self._intervals[draws, seed] = intervals(self.columns, draws=draws, seed=seed)
        return found

    def lead(
        self, over: SentenceScores, measure: str, *, draws: int = 1000, seed: int = 0
    ) -> Interval | None:
        """Where its lead over other predictions of the same clips lies, by paired drawing.

        Raises:
            ValueError: The two are of different clips.
        """
        if [one.clip_id for one in self.rows] != [one.clip_id for one in over.rows]:
            raise ValueError("a lead is told of predictions of the same clips")
        found = self.leads(over, draws=draws, seed=seed).get(measure)
        return None if found is None else found[1]

    def leads(
        self, over: SentenceScores, *, draws: int = 1000, seed: int = 0
    ) -> dict[str, tuple[float, Interval]]:
        """The lead in each measure over other predictions, of the clips that both describe.

        Its interval says of how many. Empty where they share no clip.
        """
        places = {one.clip_id: at for at, one in enumerate(over.rows)}
        shared = [
            (at, places[one.clip_id]) for at, one in enumerate(self.rows) if one.clip_id in places
        ]
        if not shared:
            return {}
        keys = [key for key in self.columns if key in over.columns]
        mine, other = zip(*shared, strict=True)
        ours = {key: self.columns[key].of(mine) for key in keys}
        theirs = {key: over.columns[key].of(other) for key in keys}
        spans = intervals(ours, theirs, draws=draws, seed=seed)
        return {key: (ours[key].corpus() - theirs[key].corpus(), spans[key]) for key in keys}


def score(
    references: Mapping[str, Sequence[str]],
    predictions: Mapping[str, str],
    *,
    measures: Sequence[str] = USUAL,
    language: str = "en",
    document_frequencies: DocumentFrequencies | None = None,
    training: Iterable[str] = (),
    function_words: frozenset[str] | None = None,
) -> SentenceScores:
    """Hold one sentence of each clip against the sentences people wrote of it.

    Clips that one side lacks are named and left out: a reference without a prediction changes no
    figure, and is never counted as a zero.

    Args:
        references: Clip to its sentences; clips without any are left out.
        predictions: Clip to the one sentence that is judged; empty ones count, with 0.
        measures: Keys of `MEASURES`.
        language: BCP 47 tag of the sentences.
        document_frequencies: Of another corpus, for CIDEr-D; None takes the references' own.
        training: Sentences a model was trained on: then the share of novel ones is told.
        function_words: METEOR's, in the place of our own list.

    Raises:
        UsageError: A measure does not exist.
        InputError: No clip stands on both sides.
    """
    check_measures(measures)
    described, wordless = _described(references, language)
    clips = [clip for clip in described if clip in predictions]
    if not clips:
        raise InputError(
            f"no clip stands on both sides: {len(described)} with references, {len(predictions)} "
            "with predictions",
            hint="are the ids of both files the same?",
        )
    said = tuple(tokens_of(predictions[clip], language) for clip in clips)
    wanted = tuple(described[clip] for clip in clips)
    frequencies = document_frequencies or DocumentFrequencies.of(wanted)
    columns = columns_of(
        list(zip(said, wanted, strict=True)),
        measures,
        frequencies=frequencies,
        weighing=MeteorOptions(language=language, function_words=function_words),
    )
    missing = tuple(clip for clip in described if clip not in predictions)
    extra = tuple(clip for clip in predictions if clip not in described)
    varied = diversity(said, wanted, [tokens_of(one, language) for one in training])
    notices = _notices(missing, extra, varied, clips=len(described), wordless=wordless)
    if frequencies.clips < 2 and len(columns) < len(set(measures)):
        notices.insert(0, ONE_CLIP)
    return SentenceScores(
        values={key: columns[key].corpus() if key in columns else None for key in measures},
        rows=tuple(
            ClipScore(
                clip_id=clip,
                prediction=predictions[clip],
                references=tuple(references[clip]),
                values={
                    key: float(columns[key].values[at]) if key in columns else None
                    for key in measures
                },
            )
            for at, clip in enumerate(clips)
        ),
        diversity=varied,
        missing=missing,
        extra=extra,
        language=language,
        notices=tuple(notices),
        columns=columns,
    )


def check_measures(measures: Sequence[str]) -> None:
    """Whether all measures exist.

    Raises:
        UsageError: One does not.
    """
    for key in measures:
        if key not in MEASURES:
            raise UsageError(f"not a measure: '{key}'", hint=near(key, MEASURES))


def _described(
    references: Mapping[str, Sequence[str]], language: str
) -> tuple[dict[str, tuple[tuple[str, ...], ...]], int]:
    """The tokens of each clip's references; and how many references have no word."""
    cut = {
        clip: [tokens_of(one, language) for one in sentences]
        for clip, sentences in references.items()
    }
    wordless = sum(not one for sentences in cut.values() for one in sentences)
    kept = {clip: tuple(filter(None, sentences)) for clip, sentences in cut.items()}
    return {clip: sentences for clip, sentences in kept.items() if sentences}, wordless


def _notices(
    missing: Sequence[str],
    extra: Sequence[str],
    varied: Diversity,
    *,
    clips: int,
    wordless: int,
) -> list[str]:
    notices: list[str] = []
    if missing:
        notices.append(
            f"{len(missing)} of {counted(clips, 'clip')} with references without a prediction: "
            f"not scored ('{missing[0]}' is the first)"
        )
    if extra:
        notices.append(
            f"{counted(len(extra), 'prediction')} of clips without references: left out "
            f"('{extra[0]}' is the first)"
        )
    if varied.empty:
        notices.append(
            f"{varied.empty} of {counted(varied.sentences, 'prediction')} without a word"
        )
    if varied.collapsed:
        notices.append(
            f"{(varied.commonest_share or 0):.0%} of the predictions are one sentence "
            f"('{varied.commonest[:_SHOWN]}'): the model has collapsed, or its features are wrong"
        )
    if wordless:
        notices.append(f"{counted(wordless, 'reference')} without a word: left out")
    return notices
