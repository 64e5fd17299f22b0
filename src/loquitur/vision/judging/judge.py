"""All voices against the references of a split."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loquitur.evaluation.sentences import score
from loquitur.evaluation.sentences.comparing import Aids
from loquitur.evaluation.sentences.scoring import USUAL
from loquitur.vision.clips import Corpus
from loquitur.vision.judging.baselines import people
from loquitur.vision.judging.voices import Voice
from loquitur.vision.shapes import SCHEME, SlotFigures, slot_figures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loquitur.evaluation.intervals import Interval
    from loquitur.evaluation.sentences import SentenceScores
    from loquitur.vision.clips import Clip

CEILING = "one person against the others"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One voice on one split.

    Args:
        name: Of the voice.
        kind: `model`, `file` or `baseline`.
        split: Of the clips; empty for all of them.
        scores: What was measured.
        slots: What is right of generated clips; None of others.
        further: What programs in Java said: `meteor_full`, `spice`.
        notices: What a reader of the figures must know.
    """

    name: str
    kind: str
    split: str
    scores: SentenceScores
    slots: SlotFigures | None = None
    further: Mapping[str, float] = field(default_factory=dict)
    notices: tuple[str, ...] = ()

    def slot(self, key: str) -> float | None:
        """A share of `slots` by its name; None where there is none."""
        value: float | None = None if self.slots is None else getattr(self.slots, key)
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """By how much a voice leads over the first one of its split, clip by clip."""

    name: str
    over: str
    split: str
    measure: str
    value: float
    interval: Interval

    @property
    def clear(self) -> bool:
        """Whether the interval leaves 0 out."""
        low, high = self.interval.low, self.interval.high
        return low is not None and high is not None and (low > 0 or high < 0)

    def seen(self, digits: int = 3) -> bool:
        """Whether it does so in a table of so many digits."""
        low, high = self.interval.low or 0.0, self.interval.high or 0.0
        return self.clear and (round(low, digits) > 0 or round(high, digits) < 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """All voices on all splits that were asked for.

    Args:
        judged: In the order of the splits, then of the voices.
        measures: Keys of `scoring.MEASURES`.
        language: BCP 47 tag of the sentences.
        seed: Of intervals.
    """

    judged: tuple[Judged, ...]
    measures: tuple[str, ...]
    language: str
    seed: int = 0

    def leads(self, *, draws: int = 1000) -> tuple[Lead, ...]:
        """Of each voice over the first of its split, on the clips that both describe."""
        found: list[Lead] = []
        firsts: dict[str, Judged] = {}
        for one in self.judged:
            first = firsts.setdefault(one.split, one)
            if one is first or one.name == CEILING:
                continue
            leads = one.scores.leads(first.scores, draws=draws, seed=self.seed)
            found += [
                Lead(name=one.name, over=first.name, split=one.split, measure=measure,
                     value=leads[measure][0], interval=leads[measure][1])
                for measure in self.measures
                if measure in leads
            ]  # fmt: skip
        return tuple(found)


def judge(
    splits: Mapping[str, Sequence[Clip]],
    voices: Sequence[Voice],
    *,
    measures: Sequence[str] = USUAL,
    language: str = "en",
    corpus: Corpus | None = None,
    aids: Aids | None = None,
    ceiling: bool = False,
    seed: int = 0,
) -> Judgement:
    """Ask every voice of every split's clips, and measure what it says.

    Args:
        splits: Name of a split to its clips, with references.
        voices: Whom to ask.
        measures: Keys of `scoring.MEASURES`.
        language: BCP 47 tag: of sentences that tell their language only those in it count.
        corpus: Of which the splits are: its training sentences tell what is novel, and what is
            said of its other clips is no stray prediction.
        aids: Programs in Java that are asked too, and lists that replace ours.
        ceiling: Also hold the first reference of each clip against its others.
        seed: Of intervals.

    Raises:
        InputError: A voice cannot speak, or says nothing of these clips.
    """
    aids = aids or Aids()
    words, frequencies = aids.words(), aids.document_frequencies(language)
    known = corpus or Corpus(name="", clips=())
    training = [text for clip in known.of("train") for text in clip.texts(language)]
    others = {clip.clip_id for clip in known.clips}
    found: list[Judged] = []
    for split, clips in splits.items():
        references = {clip.clip_id: clip.texts(language) for clip in clips}
        generated = {clip.clip_id: name for clip in clips if (name := scene_of(clip))}
        asked: list[tuple[Voice, Mapping[str, Sequence[str]]]] = [
            (one, references) for one in voices
        ]
        if ceiling:
            said = people(clips, language)
            if said:
                rest = {one: references[one][1:] for one in said}
                asked.append((_person(said), rest))
        for voice, wanted in asked:
            predictions, notices = voice.say(clips)
            predictions = {
                one: text for one, text in predictions.items() if one in wanted or one not in others
            }
            scores = score(
                wanted, predictions, measures=measures, language=language, training=training,
                function_words=words, document_frequencies=frequencies,
            )  # fmt: skip
            judged = [one.clip_id for one in scores.rows]
            sources = {one: generated[one] for one in judged if one in generated}
            found.append(
                Judged(
                    name=voice.name, kind=voice.kind, split=split, scores=scores,
                    slots=slot_figures(sources, predictions) if sources else None,
                    further=aids.values(scores),
                    notices=(*notices, *(() if voice.kind == "baseline" else scores.notices)),
                )
            )  # fmt: skip
    return Judgement(judged=tuple(found), measures=tuple(measures), language=language, seed=seed)


def scene_of(clip: Clip) -> str:
    """The name of what a generated clip shows; empty for other clips.

    A film of a generated clip still has that name as its video's.
    """
    names = (clip.source, clip.video_id)
    return next((name for name in names if name.startswith(SCHEME)), "")


def _person(said: dict[str, str]) -> Voice:
    return Voice(name=CEILING, say=lambda _: (said, ()), kind="baseline")
