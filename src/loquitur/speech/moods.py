"""Moods by name: what many models call them, as one set; long turns in windows; too short, unknown.

Every model has its own labels, most of them those of the corpus it was trained on. `SCHEMES` says
what each means here, and from which publication that comes; the model's own scores are kept beside.
On natural speech even the best tell eight moods apart with a macro-F1 of about 0.43 (Interspeech
2025 challenge, arXiv 2505.22133), so no feeling is ever called more than of medium confidence.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import InputError
from loquitur.model.speech import UNKNOWN_MOOD, Feeling, SpeakerMood
from loquitur.speech.prosody import cut_windows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from loquitur.model.speech import Activity, Turn
    from loquitur.protocols import Samples

UNKNOWN = UNKNOWN_MOOD
MOODS = (
    *("neutral", "calm", "happy", "excited", "surprised"),
    *("sad", "fearful", "disgusted", "angry", "other", UNKNOWN),
)
"""The one set. `excited` and `calm` are arousal without valence, `other` a mood not named here."""

SHORTEST_MS = 1_000
_ACTIVE = 128  # of 255
_SURE = 0.5  # a share of less than this is no more than a hint
_LETTERS = re.compile(r"[^a-z]+")

Scores = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """The labels of one corpus or model family, and what they mean here."""

    source: str
    meaning: Mapping[str, str]


SCHEMES = (
    Scheme(
        source="IEMOCAP, Busso et al. 2008 (SUPERB, SpeechBrain)",
        meaning={
            "neu": "neutral",
            "hap": "happy",
            "exc": "excited",
            "sur": "surprised",
            "sad": "sad",
            "fea": "fearful",
            "dis": "disgusted",
            "ang": "angry",
            "fru": "other",
            "oth": "other",
            "xxx": UNKNOWN,
        },
    ),
    Scheme(
        source="RAVDESS, Livingstone and Russo 2018",
        meaning={
            "neutral": "neutral",
            "calm": "calm",
            "happy": "happy",
            "surprised": "surprised",
            "sad": "sad",
            "fearful": "fearful",
            "disgust": "disgusted",
            "angry": "angry",
        },
    ),
    Scheme(
        source="Ekman 1992 and the nouns of Emo-DB, Burkhardt et al. 2005",
        meaning={
            "neutrality": "neutral",
            "happiness": "happy",
            "joy": "happy",
            "surprise": "surprised",
            "sadness": "sad",
            "fear": "fearful",
            "anxiety": "fearful",
            "anger": "angry",
            "boredom": "other",
            "contempt": "other",
            "love": "other",
        },
    ),
    Scheme(
        source="emotion2vec+, Ma et al. 2023",
        meaning={"disgusted": "disgusted", "other": "other", "others": "other", "unk": UNKNOWN}
        | {"unknown": UNKNOWN, "excited": "excited", "excitement": "excited"},
    ),
)
LETTERS = Scheme(
    source="MSP-Podcast, Lotfian and Busso 2019; only where every label is one of its letters",
    meaning={
        "n": "neutral",
        "h": "happy",
        "u": "surprised",
        "s": "sad",
        "f": "fearful",
        "d": "disgusted",
        "a": "angry",
        "c": "other",
        "o": "other",
        "x": UNKNOWN,
    },
)
DIMENSIONS: Mapping[str, str] = {
    "arousal": "arousal",
    "activation": "arousal",
    "valence": "valence",
    "pleasure": "valence",
    "dominance": "dominance",
}
"""Outputs that are no moods but quantities (Russell 1980; Wagner et al. 2023), each in 0..1."""


def moods_of(labels: Sequence[str], *, model: str) -> tuple[str, ...]:
    """What a model's labels mean here: moods, or the names of quantities.

    Args:
        labels: In the order of its outputs.
        model: Its name, for the message.

    Returns:
        One of `MOODS` for each, or one of arousal, valence, dominance for each.

    Raises:
        InputError: Most of them are no moods: it is a model for something else, or names nothing.

    >>> moods_of(["neu", "hap", "ang", "sad"], model="m")
    ('neutral', 'happy', 'angry', 'sad')
    """
    plain = [_plain(label) for label in labels]
    if plain and all(label in DIMENSIONS for label in plain):
        return tuple(DIMENSIONS[label] for label in plain)
    known: dict[str, str] = {}
    for scheme in SCHEMES:
        known |= scheme.meaning
    if plain and all(label in LETTERS.meaning for label in plain):
        known = dict(LETTERS.meaning)
    found = [known.get(label, "") for label in plain]
    if sum(map(bool, found)) < max(2, len(found) / 2):
        raise InputError(
            f"{model} tells no moods apart: its labels are {', '.join(labels[:6]) or 'not named'}",
            hint="name its outputs in their order: --set emotion.labels=neutral,happy,angry,sad",
            code="LQ-NO-MODEL",
        )
    return tuple(mood or "other" for mood in found)


def is_dimensional(moods: Sequence[str]) -> bool:
    """Whether these are quantities, not moods."""
    return bool(moods) and set(moods) <= set(DIMENSIONS.values())


def _plain(label: str) -> str:
    """A label without case and marks; of two languages (`生气/angry`) the Latin one."""
    return _LETTERS.sub("", label.rpartition("/")[2].lower())


class ByLabels(ABC):
    """An engine whose model gives one score a label: how it reads a whole medium.

    The engine sets the model's own `_labels`, what they mean (`_moods`, see `moods_of`), its name
    for the feelings (`_source`), and the least speech that it hears a mood in.
    """

    _labels: Sequence[str]
    _moods: Sequence[str]
    _source: str
    _shortest_ms: int

    @abstractmethod
    def _classify(self, sound: NDArray[np.float32]) -> Sequence[float]:
        """The model's score of each label for one stretch, as `listen` wants it."""

    def read(
        self, samples: Samples, activity: Activity, turns: Sequence[Turn]
    ) -> Iterator[Feeling]:
        """One feeling per window of 3 to 10 s, at least one per turn, sorted by start.

        Args:
            samples: Sound in media time.
            activity: Voice activity in media time.
            turns: Who speaks when; may overlap.

        Raises:
            EngineError: The model failed, or does not fit into memory.
        """
        return listen(
            samples,
            activity,
            turns,
            self._classify,
            labels=self._labels,
            moods=self._moods,
            source=self._source,
            shortest_ms=self._shortest_ms,
        )


def listen(
    samples: Samples,
    activity: Activity,
    turns: Sequence[Turn],
    classify: Callable[[NDArray[np.float32]], Sequence[float]],
    *,
    labels: Sequence[str],
    moods: Sequence[str],
    source: str,
    shortest_ms: int = SHORTEST_MS,
) -> Iterator[Feeling]:
    """Feelings of turns by a model that hears one stretch of sound at a time.

    Turns of more than 10 s are cut into windows of 3 to 10 s where the voice is least active. A
    window with less than `shortest_ms` of speech is `unknown`, and the model is not asked.

    Args:
        samples: Sound in media time.
        activity: Voice activity in media time.
        turns: Who speaks when; may overlap.
        classify: Given float32, 16 kHz mono, shape [n], the model's score of each label: shares
            that sum to 1, or quantities of about 0..1.
        labels: The model's own names of its outputs.
        moods: What they mean (`moods_of`).
        source: The method, for the feelings.
        shortest_ms: The least speech that a mood can be heard in.

    Yields:
        Feelings in media time, sorted by start, at least one for each turn.
    """
    windows = sorted(
        (start_ms, end_ms, turn.speaker)
        for turn in turns
        for start_ms, end_ms in cut_windows(turn.start_ms, turn.end_ms, activity)
    )
    gain = np.float32(10.0 ** (activity.gain_db / 20.0))
    for start_ms, end_ms, speaker in windows:
        raw: Scores = ()
        if _spoken_ms(activity, start_ms, end_ms) >= shortest_ms:
            scores = classify(samples.read(start_ms, end_ms) * gain)
            raw = tuple((str(a), float(b)) for a, b in zip(labels, scores, strict=True))
        shares = _shares(raw, moods)
        label, score = max(shares, key=lambda pair: pair[1])
        sizes = dict(zip(moods, (score for _, score in raw), strict=False))
        yield Feeling(
            start_ms=start_ms,
            end_ms=end_ms,
            label=label,
            score=score,
            scores=shares,
            arousal=_unit(sizes.get("arousal")),
            valence=_unit(sizes.get("valence")),
            source=source,
            confidence="medium" if raw and score >= _SURE and label != UNKNOWN else "low",
            speaker=speaker,
            raw=raw,
        )


def summarize(feelings: Sequence[Feeling]) -> dict[str, SpeakerMood]:
    """How each speaker felt over all: means weighted by length, without what is unknown.

    Args:
        feelings: In any order; those without a speaker are left out.

    Returns:
        By speaker, those of whom any mood is known.
    """
    heard: dict[str, list[Feeling]] = {}
    for feeling in feelings:
        if feeling.speaker is not None and feeling.label != UNKNOWN:
            heard.setdefault(feeling.speaker, []).append(feeling)
    found = {}
    for speaker, own in heard.items():
        shares: dict[str, float] = {}
        for feeling in own:
            for mood, share in feeling.scores or ((feeling.label, 1.0),):
                length_ms = feeling.end_ms - feeling.start_ms
                shares[mood] = shares.get(mood, 0.0) + share * length_ms
        shares.pop(UNKNOWN, None)
        whole = sum(shares.values())
        if not whole:
            continue
        ranked = sorted(shares.items(), key=lambda pair: (-pair[1], pair[0]))
        scores = tuple((mood, share / whole) for mood, share in ranked)
        found[speaker] = SpeakerMood(
            label=scores[0][0],
            score=scores[0][1],
            scores=scores,
            heard_ms=sum(feeling.end_ms - feeling.start_ms for feeling in own),
            arousal=_mean([(f.arousal, f.end_ms - f.start_ms) for f in own]),
            valence=_mean([(f.valence, f.end_ms - f.start_ms) for f in own]),
        )
    return found


def _mean(values: Sequence[tuple[float | None, int]]) -> float | None:
    """The mean of those that are known, weighted; None where none is."""
    known = [(value, weight) for value, weight in values if value is not None]
    total = sum(weight for _, weight in known)
    return sum(value * weight for value, weight in known) / total if total else None


def _spoken_ms(activity: Activity, start_ms: int, end_ms: int) -> int:
    """How much of `[start_ms, end_ms)` is speech, to a frame."""
    active = np.frombuffer(activity.probabilities, dtype=np.uint8) >= _ACTIVE
    first = max(0, (start_ms - activity.offset_ms) // activity.frame_ms)
    last = max(first, -((activity.offset_ms - end_ms) // activity.frame_ms))
    spoken = int(active[first:last].sum()) * activity.frame_ms
    return min(spoken, end_ms - start_ms)


def _shares(raw: Scores, moods: Sequence[str]) -> Scores:
    """A distribution over moods that sums to 1, in the order of `MOODS`."""
    if not raw:
        return ((UNKNOWN, 1.0),)
    if is_dimensional(moods):
        return _from_arousal(dict(zip(moods, (score for _, score in raw), strict=True)))
    totals: dict[str, float] = {}
    for mood, (_, score) in zip(moods, raw, strict=True):
        totals[mood] = totals.get(mood, 0.0) + max(0.0, score)
    whole = sum(totals.values())
    if not whole > 0.0:  # NaN is not
        return ((UNKNOWN, 1.0),)
    return tuple((mood, totals[mood] / whole) for mood in MOODS if mood in totals)


def _from_arousal(sizes: Mapping[str, float]) -> Scores:
    """Calm, neutral, excited out of arousal alone: all calm at 0, all excited at 1."""
    arousal = _unit(sizes.get("arousal"))
    if arousal is None:
        return ((UNKNOWN, 1.0),)
    calm, excited = max(0.0, 1.0 - 2.0 * arousal), max(0.0, 2.0 * arousal - 1.0)
    return (("neutral", 1.0 - calm - excited), ("calm", calm), ("excited", excited))


def _unit(value: float | None) -> float | None:
    """Held in 0..1; None for nothing and for what is no number."""
    if value is None or value != value:  # noqa: PLR0124 - NaN alone differs from itself
        return None
    return min(1.0, max(0.0, value))
