from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from loquitur.errors import InputError
from loquitur.model.speech import Feeling, Turn
from loquitur.speech import moods
from loquitur.testing.signals import ArraySamples, activity, voice

SOUND = ArraySamples(sound=voice(30_000), offset_ms=1000)


def heard(turns, scores, *, labels=("neu", "hap", "ang", "sad"), spans=None, **more):
    """Feelings of a classifier that always says the same, and what it was given, in ms."""
    lengths = []

    def classify(sound):
        assert sound.dtype == np.float32
        lengths.append(len(sound) // 16)
        return scores

    made = [Turn(start_ms=a, end_ms=b, speaker=who) for a, b, who in turns]
    spoken = activity(
        spans or [(turn.start_ms, turn.end_ms) for turn in made],
        duration_ms=30_000,
        offset_ms=1000,
    )
    found = moods.listen(
        SOUND,
        spoken,
        made,
        classify,
        labels=labels,
        moods=moods.moods_of(labels, model="m"),
        source="test",
        **more,
    )
    return list(found), lengths


@pytest.mark.parametrize(
    ("labels", "meaning"),
    [
        (["neu", "hap", "ang", "sad"], ["neutral", "happy", "angry", "sad"]),
        (["angry", "calm", "disgust", "fearful"], ["angry", "calm", "disgusted", "fearful"]),
        (["ANG", "DIS", "FEA", "HAP"], ["angry", "disgusted", "fearful", "happy"]),
        (["anger", "joy", "sadness", "love"], ["angry", "happy", "sad", "other"]),
        (["生气/angry", "其他/other", "<unk>"], ["angry", "other", "unknown"]),
        (["A", "S", "H", "U", "N", "X"], ["angry", "sad", "happy", "surprised", "neutral"]),
        (["arousal", "dominance", "valence"], ["arousal", "dominance", "valence"]),
        (["angry", "happy", "whatever"], ["angry", "happy", "other"]),
    ],
)
def test_labels_of_many_models(labels, meaning):
    assert list(moods.moods_of(labels, model="m"))[: len(meaning)] == meaning


@pytest.mark.parametrize(
    "labels", [["LABEL_0", "LABEL_1", "LABEL_2"], ["yes", "no", "up", "down"], ["male"], []]
)
def test_a_model_for_something_else_is_refused(labels):
    with pytest.raises(InputError, match="tells no moods apart") as caught:
        moods.moods_of(labels, model="m")
    assert "emotion.labels" in caught.value.hint


def test_every_meaning_is_a_mood():
    for scheme in (*moods.SCHEMES, moods.LETTERS):
        assert scheme.source
        assert set(scheme.meaning.values()) <= set(moods.MOODS), scheme.source


def test_raw_scores_are_kept_beside_the_one_set():
    (feeling,), _ = heard([(2000, 6000, "A")], [0.1, 0.2, 0.6, 0.1])
    assert feeling.raw == (("neu", 0.1), ("hap", 0.2), ("ang", 0.6), ("sad", 0.1))
    assert (feeling.label, feeling.confidence, feeling.source) == ("angry", "medium", "test")
    assert dict(feeling.scores) == pytest.approx(
        {"neutral": 0.1, "happy": 0.2, "sad": 0.1, "angry": 0.6}
    )
    assert feeling.score == max(score for _, score in feeling.scores)
    assert (feeling.arousal, feeling.valence) == (None, None)


def test_labels_that_mean_the_same_are_added_up():
    (feeling,), _ = heard(
        [(2000, 6000, "A")], [0.3, 0.3, 0.4], labels=("happy", "happiness", "sad")
    )
    assert (feeling.label, feeling.confidence) == ("happy", "medium")
    assert len(feeling.raw) == 3


def test_a_narrow_lead_is_of_low_confidence():
    (feeling,), _ = heard([(2000, 6000, "A")], [0.4, 0.2, 0.2, 0.2])
    assert (feeling.label, feeling.confidence) == ("neutral", "low")


def test_long_turns_are_cut_into_windows():
    feelings, lengths = heard([(2000, 27_000, "A")], [1.0, 0, 0, 0])
    assert feelings[0].start_ms == 2000
    assert feelings[-1].end_ms == 27_000
    assert all(a.end_ms == b.start_ms for a, b in itertools.pairwise(feelings))
    assert all(3000 <= length <= 10_000 for length in lengths)
    assert len(lengths) == len(feelings) >= 3


def test_too_short_is_unknown_and_not_asked():
    feelings, lengths = heard([(2000, 2900, "A"), (4000, 5200, "B")], [1.0, 0, 0, 0])
    assert [feeling.label for feeling in feelings] == ["unknown", "neutral"]
    assert lengths == [1200]
    short = feelings[0]
    assert (short.scores, short.raw, short.confidence) == ((("unknown", 1.0),), (), "low")
    feelings, _ = heard([(2000, 2900, "A")], [1.0, 0, 0, 0], shortest_ms=500)
    assert feelings[0].label == "neutral"


def test_a_turn_in_which_nobody_speaks_is_unknown():
    feelings, lengths = heard([(2000, 8000, "A")], [1.0, 0, 0, 0], spans=[(20_000, 21_000)])
    assert [feeling.label for feeling in feelings] == ["unknown"]
    assert lengths == []


def test_a_classifier_that_gives_no_numbers_knows_nothing():
    (feeling,), _ = heard([(2000, 6000, "A")], [math.nan] * 4)
    assert feeling.label == "unknown"


@pytest.mark.parametrize(
    ("arousal", "label"), [(0.1, "calm"), (0.5, "neutral"), (0.9, "excited"), (1.3, "excited")]
)
def test_quantities_stay_quantities(arousal, label):
    names = ("arousal", "dominance", "valence")
    (feeling,), _ = heard([(2000, 6000, "A")], [arousal, 0.4, 0.3], labels=names)
    assert (feeling.label, feeling.valence) == (label, 0.3)
    assert feeling.arousal == min(1.0, arousal)
    assert dict(feeling.raw) == {"arousal": arousal, "dominance": 0.4, "valence": 0.3}
    assert sum(score for _, score in feeling.scores) == pytest.approx(1.0)


def test_turns_that_overlap_come_sorted():
    feelings, _ = heard([(9000, 12_000, "B"), (2000, 20_000, "A")], [1.0, 0, 0, 0])
    starts = [feeling.start_ms for feeling in feelings]
    assert starts == sorted(starts)
    assert {feeling.speaker for feeling in feelings} == {"A", "B"}


def test_a_speaker_over_all():
    def feeling(start_ms, end_ms, scores, **more):
        label, score = max(scores, key=lambda pair: pair[1])
        given = {"speaker": "A"} | more
        return Feeling(
            start_ms=start_ms, end_ms=end_ms, label=label, score=score, scores=scores, **given
        )

    found = moods.summarize(
        [
            feeling(0, 3000, (("happy", 0.8), ("sad", 0.2)), arousal=0.8),
            feeling(3000, 4000, (("happy", 0.0), ("sad", 1.0)), arousal=0.4),
            feeling(4000, 9000, (("unknown", 1.0),)),
            feeling(0, 1000, (("unknown", 1.0),), speaker="B"),
            feeling(0, 1000, (("sad", 1.0),), speaker=None),
        ]
    )
    assert found.keys() == {"A"}
    mood = found["A"]
    assert (mood.label, mood.heard_ms, mood.valence) == ("happy", 4000, None)
    assert dict(mood.scores) == pytest.approx({"happy": 0.6, "sad": 0.4})
    assert mood.arousal == pytest.approx(0.7)
    assert mood.score == mood.scores[0][1]
