"""`insight voices`: the floor held against figures made another way, and against bad input."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import loquitur as lq
from loquitur.errors import InputError, UsageError
from loquitur.insight.conversation.analysis import conversations
from loquitur.insight.conversation.answering import answers_of, chi2_above, evenness
from loquitur.insight.conversation.feelings import mood_curve, window_for
from loquitur.insight.conversation.floor import Limits, floor_of, united
from loquitur.insight.conversation.floor import shared as together_of
from loquitur.insight.conversation.talk import laughs_in, measure
from loquitur.insight.spoken.fragments import Fragment, Spoken
from loquitur.insight.unevenness import gini
from loquitur.model.speech import Feeling, SpokenWord


def said(start, end, speaker=None, text="", **more):
    return Fragment(start_ms=start, end_ms=end, speaker=speaker, text=text, **more)


def spoken(*fragments, **more):
    return Spoken(name="x", title="x", fragments=tuple(fragments), source="transcript", **more)


def feeling(start, end, label, arousal=None, valence=None):
    return Feeling(
        start_ms=start, end_ms=end, label=label, score=0.5, arousal=arousal, valence=valence,
        source="model",
    )  # fmt: skip


stretches = st.lists(
    st.tuples(st.integers(0, 300), st.integers(1, 80)).map(lambda one: (one[0], one[0] + one[1])),
    max_size=8,
)


@given(st.dictionaries(st.sampled_from("abcd"), stretches, max_size=4))
def test_time_together_is_that_of_a_grid_of_milliseconds(given_speech):
    speech = {who: united(own) for who, own in given_speech.items()}
    grid = {who: np.zeros(400, bool) for who in speech}
    for who, own in speech.items():
        for start, end in own:
            grid[who][start:end] = True
    count = sum((one.astype(int) for one in grid.values()), np.zeros(400, int))
    together, overlapped = together_of(speech)
    spoken_at = np.flatnonzero(count)
    if len(spoken_at):
        inside = count[spoken_at[0] : spoken_at[-1] + 1]
        assert {n: ms for n, ms in together.items() if ms} == {
            int(n): int((inside == n).sum()) for n in np.unique(inside)
        }
    for who, one in grid.items():
        assert overlapped[who] == int((one & (count > 1)).sum())


@given(st.dictionaries(st.sampled_from("abcd"), stretches, max_size=4))
def test_every_stretch_is_in_a_turn_or_inside_anothers(given_speech):
    limits = Limits(pause_ms=10, short_ms=40, terminal_ms=15)
    floor = floor_of(given_speech, limits)
    units = sum(len(united(own, bridged_ms=10)) for own in given_speech.values())
    inside = [one for one in floor.entries if one.kind != "successful"]
    in_turns = sum(1 + len(turn.pauses_ms) for turn in floor.turns)
    assert units == in_turns + len(inside)
    assert len(floor.transfers) == max(0, len(floor.turns) - 1)
    for before, after, transfer in zip(floor.turns, floor.turns[1:], floor.transfers, strict=False):
        assert (transfer.before, transfer.after) == (before.speaker, after.speaker)
        assert transfer.before != transfer.after
        assert transfer.offset_ms == after.start_ms - before.end_ms
        assert before.end_ms < after.end_ms
    for turn in floor.turns:
        assert turn.duration_ms == turn.speaking_ms + sum(turn.pauses_ms)
        assert all(ms >= 10 for ms in turn.pauses_ms)


def test_what_became_of_speech_that_began_in_anothers():
    floor = floor_of(
        {
            "a": [(0, 10_000), (20_000, 25_000), (40_000, 44_000)],
            "b": [
                (3_000, 3_400),  # mhm
                (5_000, 7_000),  # a try
                (8_000, 12_000),  # takes the floor two seconds before the end
                (24_700, 27_000),  # foresaw the end
                (43_000, 44_500),  # long enough, 1 s before the end
            ],
        }
    )
    kinds = [(one.start_ms, one.kind) for one in floor.entries]
    assert kinds == [
        (3_000, "backchannel"), (5_000, "unsuccessful"), (8_000, "successful"),
        (43_000, "successful"),
    ]  # fmt: skip
    assert [one.offset_ms for one in floor.transfers] == [-2_000, 8_000, -300, 13_000, -1_000]


def test_of_those_who_begin_together_the_longest_has_the_floor():
    floor = floor_of({"a": [(0, 500)], "b": [(0, 3_000)]})
    assert [turn.speaker for turn in floor.turns] == ["b"]
    assert [one.kind for one in floor.entries] == ["backchannel"]


def rttm_sums(path):
    sums: dict[str, int] = {}
    for line in path.read_text().splitlines():
        fields = line.split()
        if fields and fields[0] == "SPEAKER":
            start, length = float(fields[3]), float(fields[4])
            # ends as the reader rounds them
            ms = int((start + length) * 1000 + 0.5 + 1e-6) - int(start * 1000 + 0.5 + 1e-6)
            sums[fields[7]] = sums.get(fields[7], 0) + ms
    return sums


def test_speaking_times_are_the_sums_of_the_reference(shared_data_of_meetings):
    for path in shared_data_of_meetings:
        talk = lq.insight.voices(path)
        assert {one.name: one.speaking_ms for one in talk.speakers} == rttm_sums(path), path
        assert sum(one.share for one in talk.speakers) == pytest.approx(1)


@pytest.fixture
def shared_data_of_meetings(shared):
    found = sorted((shared / "speech" / "meetings").glob("*.rttm"))
    assert len(found) >= 5
    return found


def test_the_sample_and_its_reference():
    talk = lq.insight.voices("samples/harbour_dialogue.rttm")
    assert [(one.name, one.turns) for one in talk.speakers] == [("Peter", 6), ("Mary", 6)]
    assert talk.plain()["floor_transfer_offset"]["median_ms"] == 450
    assert [entry.kind for entry in talk.floor.entries] == ["successful"]


def test_several_recordings_in_one_file(tmp_path):
    path = tmp_path / "two.stm"
    path.write_text("A 1 ann 0 2 hello there\nA 1 bob 2.5 4 yes\nB 1 ann 0 1 again\nB 1 ann 2 2\n")
    first, second = conversations(path)
    assert (first.spoken.title, second.spoken.title) == ("A", "B")
    assert second.notes == ("Stretches without length that were left out: 1.",)
    with pytest.raises(InputError, match="has 2 recordings: A, B"):
        lq.insight.voices(path)
    assert lq.insight.voices(path, recording="A").speakers[0].words_per_min == 60
    with pytest.raises(UsageError, match="no recording 'C'"):
        lq.insight.voices(path, recording="C")


def test_seglst_under_the_general_suffix(tmp_path):
    path = tmp_path / "meeting.json"
    segment = {"session_id": "m", "speaker": "ann", "start_time": "0.5", "end_time": "2"}
    path.write_text(json.dumps([segment | {"words": "well well"}]))
    assert lq.insight.voices(path).speakers[0].speaking_ms == 1500
    path.write_text(json.dumps([{"session_id": "m", "speaker": "ann", "words": "well"}]))
    with pytest.raises(InputError, match="has no times"):
        lq.insight.voices(path)


def test_one_speaker_none_and_nothing():
    one = measure(spoken(said(0, 4000, "ann", "so it is"), said(5000, 6000, "ann", "yes")))
    assert one.speakers[0].share == 1
    assert (one.evenness, one.gini) == (None, 0)
    assert "One speaker, ann" in one.account().says[0]
    none = measure(spoken(said(0, 4000, None, "so it is"), said(5000, 6000, None, "yes")))
    assert none.speakers == ()
    assert (none.unnamed_ms, none.silence_ms) == (5000, 1000)
    assert "No speaker is named" in none.account().says[0]
    assert len(none.table()) == 0
    empty = measure(spoken())
    assert empty.account().says == ("Nothing is said in it.",)
    for talk in (one, none, empty):
        json.dumps(talk.plain(), allow_nan=False)


def test_cues_of_no_length_are_no_speech(tmp_path):
    path = tmp_path / "zero.vtt"
    path.write_text(
        "WEBVTT\n\n00:01.000 --> 00:01.000\n<v Ann>zero\n\n"
        "00:02.000 --> 00:01.000\n<v Bob>back\n\n00:03.000 --> 00:04.000\n<v Ann>one\n"
    )
    talk = lq.insight.voices(path)
    assert [(one.name, one.speaking_ms) for one in talk.speakers] == [("Ann", 1000)]
    assert talk.notes == ("Stretches without length that were left out: 2.",)


def test_overlapping_utterances_of_one_speaker_count_once():
    talk = measure(spoken(said(0, 3000, "a", "one"), said(1000, 2000, "a", "two"),
                          said(2500, 4000, "b", "three")))  # fmt: skip
    assert [(one.name, one.speaking_ms) for one in talk.speakers] == [("a", 3000), ("b", 1500)]
    assert talk.overlap_ms == 500
    assert len(talk.floor.turns) == 2


def test_words_show_pauses_that_utterances_hide():
    words = tuple(
        SpokenWord(start_ms=at, end_ms=at + 300, text="word") for at in (0, 400, 1500, 1900)
    )
    hidden = measure(spoken(said(0, 2200, "a", "word word word word")))
    shown = measure(spoken(said(0, 2200, "a", "word word word word", words=words)))
    assert hidden.speakers[0].pauses_ms == ()
    assert shown.speakers[0].pauses_ms == (800,)
    assert shown.speakers[0].speaking_ms == 1400
    assert shown.speakers[0].words_per_min == pytest.approx(4 * 60_000 / 1400)
    assert any("no times" in line for line in hidden.account().limits)


def test_overlap_that_only_the_transcript_tells():
    words = (SpokenWord(start_ms=0, end_ms=500, text="a", overlap=("b",)),
             SpokenWord(start_ms=500, end_ms=900, text="b"))  # fmt: skip
    assert measure(spoken(said(0, 900, "a", "a b", words=words))).overlap_ms == 500


def test_ends_that_are_no_ends_tell_no_pauses():
    known = spoken(said(0, 3000, "a", "x"), said(4000, 5000, "b", "y"))
    talk = measure(replace(known, pauses_known=False))
    assert (talk.silence_ms, talk.offsets_ms) == (None, ())
    assert next(talk.table().rows())["pauses"] is None
    assert talk.plain()["floor_transfer_offset"] is None


def test_moods_are_weighted_by_time_and_unknown_is_no_mood():
    talk = measure(
        spoken(
            said(0, 6000, "a", "x", feeling=feeling(0, 6000, "happy", 0.8)),
            said(6000, 8000, "a", "y", feeling=feeling(6000, 8000, "sad", 0.4)),
            said(8000, 9000, "a", "z", feeling=feeling(8000, 9000, "unknown", 0.1)),
            said(9000, 10_000, "a", "w"),
            said(20_000, 21_000, "b", "v", feeling=feeling(0, 1, "wistful")),
        )
    )
    mood = talk.speakers[0].mood
    assert mood.shares == (("happy", 0.75), ("sad", 0.25))
    assert (mood.known_ms, mood.unknown_ms) == (8000, 2000)
    assert (mood.arousal, mood.valence) == (pytest.approx(0.7), None)
    assert talk.strange_moods == ("wistful",)
    assert talk.speakers[1].curve is None
    curve = talk.speakers[0].curve
    assert (curve.arousal, curve.valence) == ((pytest.approx(0.7), None, None), (None,) * 3)
    row = next(talk.table().rows())
    assert (row["mood"], row["mood_share"], row["mood_known_share"]) == ("happy", 0.75, 0.8)
    assert row["valence_mean"] is None


def test_a_curve_shares_an_utterance_between_windows():
    own = [
        said(5000, 15_000, "a", "x", feeling=feeling(5000, 15_000, "calm", 0.5)),
        said(15_000, 20_000, "a", "y", feeling=feeling(15_000, 20_000, "excited", 1.0)),
    ]
    curve = mood_curve(own, start_ms=0, end_ms=30_000, window_ms=10_000)
    assert curve.arousal == (0.5, 0.75, None)
    assert [window_for(ms) for ms in (1, 600_000, 36_000_000)] == [10_000, 10_000, 600_000]


def test_answers_against_scipy_and_by_hand():
    scipy_stats = pytest.importorskip("scipy.special")
    for value, degrees in ((0.0, 1), (3.0, 5), (40.0, 6), (7.7, 1), (900.0, 11)):
        assert chi2_above(value, degrees) == pytest.approx(scipy_stats.chdtrc(degrees, value))
    even = answers_of([("a", "b"), ("b", "a")] * 3, ["a", "b"])
    assert even.counts == even.expected == ((0, 3), (3, 0))
    assert even.p is None
    ring = answers_of([("a", "b"), ("b", "c"), ("c", "a")] * 20, ["a", "b", "c"])
    assert ring.expected[0] == pytest.approx((0, 10, 10))
    assert ring.degrees == 1
    assert ring.p < 1e-6


def test_shares_of_time():
    assert gini([10, 10, 10]) == pytest.approx(0)
    assert gini([0, 0, 30]) == pytest.approx(2 / 3)
    assert evenness([1, 0, 0]) == 0
    assert evenness([1, 1, 2]) == pytest.approx(1.5 / np.log2(3))


def test_marks_of_laughter_are_no_words():
    text = "[laughter] that was good (lacht) 웃음 (웃음) (笑)"
    assert laughs_in(text) == 4
    assert laughs_in("(Lachlan) *the slaughter* [risk]") == 0
    talk = measure(spoken(said(0, 1000, "a", text)))
    assert (talk.speakers[0].laughs, talk.speakers[0].words) == (4, 4)


def test_laughter_that_stands_beside_the_words(tmp_path):
    track = tmp_path / "a.vtt"
    track.write_text(
        "WEBVTT\n\n00:00.000 --> 00:02.000\n<v Ann>well [laughs] yes\n\n"
        "00:02.000 --> 00:03.000\n<v Bob>no\n"
    )
    assert {one.name: one.laughs for one in lq.insight.voices(track).speakers} == {
        "Ann": 1, "Bob": 0,
    }  # fmt: skip
    turns = tmp_path / "a.rttm"
    row = "SPEAKER m 1 0 2 <NA> <NA> ann <NA> <NA>\n"
    turns.write_text(row + "NON-LEX m 1 1 0.5 <NA> laugh ann <NA> <NA>\n")
    assert lq.insight.voices(turns).speakers[0].laughs == 1
    turns.write_text(row)
    assert lq.insight.voices(turns).speakers[0].laughs is None


def long_talk(hours):
    """Three who answer one another, with words."""
    found = []
    for at in range(hours * 1200):
        start = at * 3000
        words = tuple(
            SpokenWord(start_ms=start + i * 280, end_ms=start + i * 280 + 250, text="word")
            for i in range(9)
        )
        found.append(
            said(
                start,
                start + 2500,
                f"speaker {at * at % 7 % 3}",
                "word " * 9,
                words=words,
                feeling=feeling(start, start + 2500, "calm", 0.3),
            )
        )
    return spoken(*found)


@pytest.mark.slow
def test_ten_hours_take_ten_times_as_long_as_one():
    short, long = long_talk(1), long_talk(10)
    took = []
    for one in (short, long):
        best = min(_timed(one) for _ in range(3))
        took.append(best)
    assert took[1] < 20 * took[0]


def _timed(one):
    started = time.perf_counter()
    measure(one).account()
    return time.perf_counter() - started


def test_laughter_of_several_recordings_stays_apart(tmp_path):
    turns = tmp_path / "two.rttm"
    rows = [f"SPEAKER {name} 1 0 5 <NA> <NA> ann <NA> <NA>\n" for name in ("m", "n", "o")]
    laugh = "NON-LEX n 1 1 0.5 <NA> laugh ann <NA> <NA>\n"
    turns.write_text("".join([*rows, laugh, laugh]))
    found = [lq.insight.voices(turns, recording=name).speakers[0].laughs for name in "mno"]
    assert found == [None, 2, None]
