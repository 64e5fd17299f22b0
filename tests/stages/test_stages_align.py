"""The stages around words without times: what transcription keeps of them, and what align makes."""

from __future__ import annotations

import dataclasses

import pytest
from test_stages_work import AUDIO, END_MS, STAMP, Parts, Work, activity

from loquitur import stages
from loquitur.errors import InputError
from loquitur.model.speech import Passage, RawWord, Word, Words

SPOKEN = activity((2_000, 8_000), (12_000, 18_000))


class Mute:
    """A recogniser without word times."""

    languages = ("en",)

    def transcribe(self, samples, *, language):
        for text in ("alpha", "beta", "gamma"):
            yield RawWord(start_ms=None, end_ms=None, text=text)


class Ruler:
    """An aligner that puts a word every half second, and notes how much it heard each time."""

    languages = ()
    longest_ms = 15_000

    def __init__(self, found=True):
        self.found, self.calls = found, []

    def align(self, samples, words, *, language):
        self.calls.append((len(samples) // 16, list(words), language))
        for at, word in enumerate(words):
            start = at * 500.0 if self.found else None
            end = at * 500.0 + 400.0 if self.found else None
            yield RawWord(start_ms=start, end_ms=end, text=word, timing="aligned")


def transcribed():
    inputs = {"audio": AUDIO, "activity": SPOKEN}
    return stages.load("transcribe").run(Work("transcribe", Mute(), inputs, context_ms=0))


def aligned(words, engine=None, parts=None, texts=None, **options):
    inputs = {"audio": AUDIO, "activity": SPOKEN, "words": words}
    work = Work("align", engine or Ruler(), inputs, parts, **options)
    work.text = (texts or {}).__getitem__
    return stages.load("align").run(work)


def test_words_without_times_are_kept_by_passage():
    words = transcribed()
    assert [passage.count for passage in words.passages] == [3, 3]
    assert {word.timing for word in words.words} == {"interpolated"}
    first, second = words.passages
    assert first.start_ms < 2_100
    assert second.end_ms > 17_900
    assert first.end_ms <= second.start_ms


def test_each_passage_is_aligned_alone():
    engine = Ruler()
    words = transcribed()
    found = aligned(words, engine)
    assert [call[1] for call in engine.calls] == [["alpha", "beta", "gamma"]] * 2
    assert [word.text for word in found.words] == [word.text for word in words.words]
    assert {word.timing for word in found.words} == {"aligned"}
    starts = [word.start_ms for word in found.words]
    base = [passage.start_ms for passage in words.passages]
    assert starts == [base[0] + at for at in (0, 500, 1_000)] + [
        base[1] + at for at in (0, 500, 1_000)
    ]
    assert found.passages == ()


def test_a_finished_part_is_not_aligned_again():
    words, parts = transcribed(), Parts()
    once = aligned(words, parts=parts)
    engine = Ruler()
    assert aligned(words, engine, parts) == once
    assert engine.calls == []


def test_words_with_times_stay_unless_all_are_asked_for():
    timed = tuple(
        Word(start_ms=3_000 + at * 700, end_ms=3_400 + at * 700, text=text, confidence=0.25)
        for at, text in enumerate(("one", "two"))
    )
    words = Words(words=timed, language="en", engine=STAMP)
    assert aligned(words).words == timed
    found = aligned(words, always=True)
    assert {word.timing for word in found.words} == {"aligned"}
    assert {word.confidence for word in found.words} == {0.25}  # of what was said, not of when
    mixed = Words(
        words=(timed[0], dataclasses.replace(timed[1], timing="interpolated")),
        language="en",
        engine=STAMP,
        passages=(
            Passage(start_ms=3_000, end_ms=3_500, count=1),
            Passage(start_ms=3_500, end_ms=5_000, count=1),
        ),
    )
    assert [word.timing for word in aligned(mixed).words] == ["engine", "aligned"]


def test_an_aligner_that_finds_nothing_leaves_words_shared_out():
    found = aligned(transcribed(), Ruler(found=False))
    assert {word.timing for word in found.words} == {"interpolated"}
    assert len(found.words) == 6


def test_nothing_heard_nothing_aligned():
    words = Words(words=(), language="und", engine=STAMP)
    for options in ({}, {"always": True}):
        assert aligned(words, **options).words == ()


def heard(text):
    return Words(
        words=tuple(
            Word(start_ms=2_000 + at * 400, end_ms=2_350 + at * 400, text=word)
            for at, word in enumerate(text.split())
        ),
        language="en",
        engine=STAMP,
    )


def test_a_script_takes_the_place_of_what_was_heard():
    script = "Once upon a midnight dreary, while I pondered, weak and weary,"
    found = aligned(
        heard("once upon a mid night dreary while i wandered weak and weary"),
        texts={"f00d": script},
        script="f00d",
    )
    assert " ".join(word.text for word in found.words) == script
    assert 0.5 < found.match < 1.0
    assert all(word.end_ms <= END_MS for word in found.words)


def test_a_script_of_another_sound_is_refused_with_its_score():
    words = heard("four score and seven years ago our fathers brought forth")
    texts = {"f00d": "It was the best of times, it was the worst of times in every season"}
    with pytest.raises(InputError, match="not of this sound: 0%") as caught:
        aligned(words, texts=texts, script="f00d")
    assert caught.value.code == "LQ-NOT-THIS-TEXT"
    found = aligned(words, texts=texts, script="f00d", least_match=0)
    assert "check that it is of this sound" in found.notes[0]


@pytest.mark.parametrize("value", [-0.1, 1.1])
def test_a_share_is_a_share(value):
    with pytest.raises(ValueError, match="least_match"):
        stages.load("align").options(least_match=value)
