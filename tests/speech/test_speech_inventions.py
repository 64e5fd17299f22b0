"""Guards against invented text: loops, closings, words away from every voice, impossible rates."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loquitur.model.speech import RawWord, Word
from loquitur.speech.hearing import HearOptions, hear, to_hear, voice_in
from loquitur.speech.inventions import GuardOptions, Voice, inspect, is_looping, is_sparse
from loquitur.testing import signals
from loquitur.timing import Span

ALL = GuardOptions()
SPAN = Span(start_ms=10_000, end_ms=40_000)
SPOKEN = Voice(span=SPAN, regions=(SPAN,), frames=b"\xff" * 938, frame_ms=32)
SILENT = Voice(span=SPAN, regions=(), frames=bytes(938), frame_ms=32)
MUSIC = Voice(  # the detector wavers, and calls a bit of it speech
    span=SPAN,
    regions=(Span(start_ms=12_000, end_ms=13_000),),
    frames=bytes([100]) * 938,
    frame_ms=32,
)


def said(text, *, start_ms=12_000, pace_ms=300, timing="engine"):
    """A word every `pace_ms`."""
    return [
        Word(
            start_ms=start_ms + at * pace_ms,
            end_ms=start_ms + (at + 1) * pace_ms - 20,
            text=word,
            timing=timing,
        )
        for at, word in enumerate(text.split())
    ]


def texts(words):
    return " ".join(word.text for word in words)


def kept(text, voice=SPOKEN, *, language="en", options=ALL, **more):
    words, found = inspect(said(text, **more), voice, language=language, options=options)
    return texts(words), [(item.guard, item.action, item.text) for item in found]


def test_speech_passes_untouched():
    text = "no no no I said no and then very very very slowly it went away and away and away"
    words = said(text)
    assert inspect(words, SPOKEN, language="en", options=ALL) == (tuple(words), ())
    assert not is_looping(words)


@pytest.mark.parametrize(
    ("loop", "times"),
    [("you", 8), ("thank you", 6), ("I'm going to", 5), ("to be a bad person", 4)],
)
def test_a_loop_is_cut_to_its_first_time(loop, times):
    text, found = kept(f"and so {' '.join([loop] * times)} then", pace_ms=200)
    assert text == f"and so {loop} then"
    assert found == [("loops", "removed", " ".join([loop] * (times - 1)))]
    assert is_looping(said(f"and so {' '.join([loop] * times)}", pace_ms=200))
    fewer, found = kept(f"and so {' '.join([loop] * (times - 1))} then", pace_ms=200)
    assert (fewer.split().count(loop.split()[0]), found) == (times - 1, [])


def test_case_and_punctuation_hide_no_loop():
    assert kept("No, no. No! NO no no? no no yes")[0] == "No, yes"


def test_a_loop_inside_a_word_of_a_script_without_blanks():
    text, found = kept("ご視聴" + "ありがとう" * 9 + "さん", language="ja")
    assert text == "ご視聴ありがとうさん"
    assert found[0][:2] == ("loops", "removed")


def test_to_count_is_no_loop():
    text = " ".join(f"number {at}" for at in range(12)) + " 1 2 3 4 5 6 7 8 9 10"
    assert kept(text) == (text, [])


def test_text_that_compresses_is_doubted():
    """A loop that changes a little each time is no exact repetition."""
    text = " ".join(f"and then he said number {at % 3} to the old man" for at in range(12))
    words = said(text, pace_ms=150)
    assert is_looping(words)
    same, found = inspect(words, SPOKEN, language="en", options=ALL)
    assert texts(same) == text
    assert [(item.guard, item.action) for item in found] == [("loops", "flagged")]


@pytest.mark.parametrize("voice", [SILENT, MUSIC])
@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Thanks for watching!", "en"), ("Subtitles by the Amara.org community", "en-GB"),
        ("Untertitel im Auftrag des ZDF, 2017", "de"), ("ご視聴ありがとうございました。", "ja"),
        ("Субтитры сделал DimaTorzok", "ru"), ("Merci d'avoir regardé cette vidéo !", "und"),
    ],
)  # fmt: skip
def test_a_closing_on_silence_or_music_is_removed(text, language, voice):
    left, found = kept(text, voice, language=language)
    assert left == ""
    assert ("closings", "removed", text) in found


@pytest.mark.parametrize("text", ["Thanks for watching!", "Thank you.", "Bye."])
def test_a_closing_that_is_spoken_stays(text):
    assert kept(text) == (text, [])


def test_only_the_closing_goes_and_only_of_its_language():
    voice = Voice(
        span=SPAN,
        regions=(Span(start_ms=12_000, end_ms=13_200),),
        frames=b"\xff" * 100 + bytes(838),
        frame_ms=32,
    )
    words = [*said("so we agreed then"), *said("Thank you for watching.", start_ms=20_000)]
    left, _ = inspect(words, voice, language="en", options=ALL)
    assert texts(left) == "so we agreed then"
    assert len(inspect(words, voice, language="ja", options=ALL)[0]) == len(words)


def test_a_closing_without_times_is_judged_by_the_whole_chunk():
    short = Voice(
        span=SPAN,
        regions=(Span(start_ms=12_000, end_ms=12_200),),
        frames=b"\xff" * 938,
        frame_ms=32,
    )
    closing = said("Subtitles by the Amara.org community", timing="interpolated")
    assert inspect(closing, short, language="en", options=ALL)[0] == ()
    assert len(inspect(closing, SPOKEN, language="en", options=ALL)[0]) == 5


def test_words_away_from_every_voice_are_flagged_and_stay():
    voice = Voice(
        span=SPAN, regions=(Span(start_ms=12_000, end_ms=13_000),), frames=b"", frame_ms=32
    )
    words = [*said("here we are"), *said("out there alone", start_ms=20_000)]
    left, found = inspect(words, voice, language="en", options=GuardOptions(closings=False))
    assert left == tuple(words)
    (finding,) = found
    assert (finding.guard, finding.action, finding.text) == (
        "outside",
        "flagged",
        "out there alone",
    )
    assert (finding.start_ms, finding.end_ms) == (20_000, 20_880)


def test_more_than_a_mouth_can_say_is_flagged():
    voice = Voice(
        span=SPAN, regions=(Span(start_ms=12_000, end_ms=12_500),), frames=b"\xff" * 9, frame_ms=32
    )
    words = said("this is a long sentence in half a second of voice", pace_ms=45)
    left, found = inspect(words, voice, language="en", options=ALL)
    assert left == tuple(words)
    assert [(item.guard, item.action) for item in found] == [("rate", "flagged")]


def test_a_word_of_many_seconds_is_shortened():
    words = [Word(start_ms=12_000, end_ms=25_000, text="so")]
    (word,), _ = inspect(words, SPOKEN, language="en", options=ALL)
    assert (word.start_ms, word.end_ms) == (12_000, 15_000)


def test_each_guard_has_its_switch():
    off = GuardOptions(loops=False, closings=False, outside=False, rate=False)
    words = said("you " * 20 + "Thanks for watching", pace_ms=40)
    assert inspect(words, SILENT, language="en", options=off) == (tuple(words), ())


@given(st.lists(st.sampled_from(["a", "b", "thank", "you", "no", "…"]), max_size=40))
def test_nothing_is_added_and_nothing_moves(chosen):
    words = said(" ".join(chosen))
    left, found = inspect(words, SPOKEN, language="en", options=ALL)
    assert [word for word in words if word in left] == list(left)
    removed = sum(len(item.text.split()) for item in found if item.action == "removed")
    assert len(left) + removed == len(words)
    assert inspect(left, SPOKEN, language="en", options=ALL)[0] == left


def test_the_table_of_closings_is_whole():
    text = resources.files("loquitur.speech").joinpath("closings.toml").read_text(encoding="utf-8")
    for language, entry in tomllib.loads(text).items():
        assert 2 <= len(language) <= 3
        assert entry.keys() == {"phrases", "sources"}
        assert all(entry.values())
        assert len(set(entry["phrases"])) == len(entry["phrases"])


class Stubborn:
    """Loops until the attempt that it is told; notes what it was asked."""

    languages = ("en",)

    def __init__(self, works_at, attempts=3):
        self.works_at, self.attempts, self.asked = works_at, attempts, []

    def transcribe(self, samples, *, language):
        return self.words(0)

    def transcribe_again(self, samples, *, language, attempt):
        self.asked.append(attempt)
        return None if attempt > self.attempts else self.words(attempt)

    def words(self, attempt):
        text = "all is well" if attempt == self.works_at else "you " * 12
        for at, word in enumerate(text.split()):
            yield RawWord(start_ms=2_000 + at * 300, end_ms=2_250 + at * 300, text=word)


def hear_with(engine, voice, *, language, options):
    sound = signals.silence(30_000)
    said = engine.transcribe(sound, language=language)
    return hear(engine, said, lambda: sound, voice, language=language, options=options)


@pytest.mark.parametrize(
    ("works_at", "attempts", "asked", "text", "actions"),
    [
        (0, 3, [], "all is well", []),
        (2, 3, [1, 2], "all is well", ["retried"]),
        (9, 3, [1, 2, 3], "you", ["removed"]),
        (9, 1, [1, 2], "you", ["removed"]),
    ],
)
def test_a_loop_is_heard_again_where_the_engine_can(works_at, attempts, asked, text, actions):
    engine = Stubborn(works_at, attempts)
    heard = hear_with(engine, SPOKEN, language="en", options=GuardOptions(omissions=False))
    assert engine.asked == asked
    assert texts(heard.words) == text
    assert [item.action for item in heard.findings] == actions


class Curt(Stubborn):
    """Ends after two words until the attempt that it is told."""

    def words(self, attempt):
        many = "and here is all of what was said in this long stretch of speech" * 2
        for at, word in enumerate((many if attempt == self.works_at else "and so").split()):
            yield RawWord(start_ms=2_000 + at * 300, end_ms=2_250 + at * 300, text=word)


@pytest.mark.parametrize(
    ("works_at", "guards", "asked", "count", "actions"),
    [
        (0, ALL, [], 27, []),
        (1, ALL, [1], 27, [("omissions", "retried")]),
        (3, ALL, [1, 2, 3], 27, [("omissions", "retried")]),
        (9, ALL, [1, 2, 3], 2, []),
        (1, GuardOptions(omissions=False), [], 2, []),
    ],
)
def test_speech_without_words_is_heard_again(works_at, guards, asked, count, actions):
    engine = Curt(works_at)
    span = Span(start_ms=0, end_ms=20_000)
    voice = Voice(span=span, regions=(span,), frames=b"\xff" * 625, frame_ms=32)
    heard = hear_with(engine, voice, language="en", options=guards)
    assert (engine.asked, len(heard.words)) == (asked, count)
    assert [(item.guard, item.action) for item in heard.findings] == actions


class Silent(Stubborn):
    """Says nothing at first, then a word that nobody said, then nothing."""

    def words(self, attempt):
        if attempt == 1:
            yield RawWord(start_ms=2_000, end_ms=2_250, text="You")


def test_music_taken_for_a_voice_gets_no_word_by_being_heard_again():
    engine = Silent(9)
    span = Span(start_ms=0, end_ms=20_000)
    voice = Voice(span=span, regions=(span,), frames=b"\xff" * 625, frame_ms=32)
    heard = hear_with(engine, voice, language="en", options=ALL)
    assert (engine.asked, heard.words, heard.findings) == ([1, 2, 3], (), ())


def test_a_script_without_blanks_is_not_sparse():
    span = Span(start_ms=0, end_ms=10_000)
    voice = Voice(span=span, regions=(span,), frames=b"\xff" * 313, frame_ms=32)
    thai = Word(start_ms=0, end_ms=9_000, text="\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35" * 12)
    assert not is_sparse([thai], voice)
    assert is_sparse([Word(start_ms=0, end_ms=9_000, text="and")], voice)


def test_nothing_is_heard_again_where_the_guard_is_off():
    engine = Stubborn(2)
    off = GuardOptions(loops=False, omissions=False)
    heard = hear_with(engine, SPOKEN, language="en", options=off)
    assert (engine.asked, len(heard.words)) == ([], 12)


def test_silence_is_heard_only_where_its_guard_is_off():
    activity = signals.activity([(2_000, 4_000)], duration_ms=10_000)
    samples = signals.ArraySamples(sound=signals.silence(10_000))
    spoken = to_hear(activity, samples, HearOptions())
    assert len(spoken) == 1
    assert abs(spoken[0].start_ms - 2_000) <= 32
    everything = to_hear(activity, samples, HearOptions(guard_silence=False))
    assert everything == (Span(start_ms=0, end_ms=10_000),)
    voice = voice_in(activity, spoken, Span(start_ms=1_000, end_ms=3_000))
    assert voice.share(2_200, 2_900) == 1.0
    assert voice.share(1_000, 1_900) == 0.0
    assert voice_in(activity, spoken, Span(start_ms=8_000, end_ms=9_000)).regions == ()
