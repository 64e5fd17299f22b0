from __future__ import annotations

import dataclasses
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loquitur import formats
from loquitur.model.media import MediaRef
from loquitur.model.speakers import Enrolment, Person, SpeakerEdits, Voice, Voices
from loquitur.model.speech import (
    EngineStamp,
    Feeling,
    Feelings,
    Speaker,
    Turn,
    Turns,
    Word,
    Words,
)
from loquitur.speech.naming import Matching, Naming, naming_of, ranked, renamed, retagged
from loquitur.speech.weaving import weave
from loquitur.subtitles.segment import segment

STAMP = EngineStamp(name="ge2e", version="1")
MATCHING = Matching(threshold=0.8, margin=0.05)
LABELS = ["SPEAKER_00", "SPEAKER_01", "SPEAKER_02"]
ZERO, ONE, TWO = LABELS


def edits(names=(), merges=()):
    return SpeakerEdits(
        turns="0", names=tuple(dict(names).items()), merges=tuple(dict(merges).items())
    )


def unit(*values):
    length = sum(value * value for value in values) ** 0.5
    return tuple(value / length for value in values)


def voices(**heard):
    found = [
        Voice(speaker=f"SPEAKER_0{name[1:]}", embedding=unit(*value), speech_ms=5000)
        for name, value in heard.items()
    ]
    return Voices(voices=tuple(found), engine=STAMP)


def person(name, *heard):
    enrolments = tuple(
        Enrolment(
            embedding=unit(*value),
            speech_ms=5000,
            media_id="sha256:0",
            title="",
            speaker=ZERO,
            when="",
        )
        for value in heard
    )
    return Person(name=name, engine=STAMP, enrolments=enrolments)


def naming(heard, *known, given=None):
    return naming_of(LABELS, given, voices=heard, known=known, matching=MATCHING)


# --- by the user's word ---


def test_nothing_said_is_nothing_done():
    assert naming_of(LABELS, None) == Naming()


def test_names_and_merges():
    found = naming_of(LABELS, edits({ZERO: "Host", TWO: "Guest"}, {ONE: ZERO}))
    assert [found.called(label) for label in LABELS] == ["Host", "Host", "Guest"]
    assert found.root(ONE) == ZERO


def test_a_merged_speaker_keeps_the_name_that_somebody_gave():
    assert naming_of(LABELS, edits({ONE: "Host"}, {ONE: ZERO})).called(ZERO) == "Host"
    both = edits({ONE: "Guest", ZERO: "Host"}, {ONE: ZERO})
    assert naming_of(LABELS, both).called(ONE) == "Host"


def test_edits_of_labels_that_are_not_there_are_no_matter():
    found = naming_of([ZERO], edits({TWO: "Host"}, {ONE: TWO}))
    assert (dict(found.names), dict(found.into)) == ({}, {})


# --- by voice ---


def test_a_known_voice_names_a_speaker_and_says_so():
    found = naming(voices(s0=(1, 0, 0), s1=(0, 1, 0)), person("Ann", (1, 0.1, 0)))
    assert dict(found.names) == {ZERO: "Ann"}
    assert found.scores[ZERO] == pytest.approx(0.995, abs=0.001)
    assert found.notes == ("SPEAKER_00 is named Ann by voice (likeness 1.00)",)


def test_who_is_not_near_enough_stays_unnamed_without_a_word():
    found = naming(voices(s0=(1, 1, 0)), person("Ann", (1, 0, 0)))
    assert found == Naming()


def test_two_known_voices_that_are_alike_name_nobody():
    found = naming(voices(s0=(1, 0, 0)), person("Ann", (1, 0.1, 0)), person("Bea", (1, 0, 0.1)))
    assert not found.names
    assert "Ann (1.00)" in found.notes[0]
    assert "Bea (1.00)" in found.notes[0]


def test_two_speakers_alike_to_one_known_voice_are_both_unnamed():
    found = naming(voices(s0=(1, 0.1, 0), s1=(1, 0, 0.1)), person("Ann", (1, 0, 0)))
    assert not found.names
    assert found.notes[0].startswith("nobody is named Ann")


def test_the_nearer_of_two_speakers_has_the_name():
    found = naming(voices(s0=(1, 0.7, 0), s1=(1, 0.1, 0)), person("Ann", (1, 0, 0)))
    assert dict(found.names) == {ONE: "Ann"}
    assert "SPEAKER_00 sounds like Ann too (0.82), unnamed" in found.notes


def test_the_users_word_stands_above_a_voice():
    heard, ann = voices(s0=(1, 0, 0), s1=(0, 1, 0)), person("Ann", (1, 0, 0))
    assert naming(heard, ann, given=edits({ZERO: "Bea"})).called(ZERO) == "Bea"
    assert naming(heard, ann, given=edits({ZERO: ""})).called(ZERO) == ZERO
    # somebody else has that name already
    assert naming(heard, ann, given=edits({ONE: "ann"})).called(ZERO) == ZERO


def test_merged_speakers_have_one_voice():
    heard = voices(s0=(1, 0.2, 0), s1=(1, -0.2, 0))
    ann = person("Ann", (1, 0, 0))
    assert not naming(heard, ann).names
    merged = naming(heard, ann, given=edits((), {ONE: ZERO}))
    assert dict(merged.names) == {ZERO: "Ann"}
    assert merged.scores[ZERO] == pytest.approx(1.0)


def test_likeness_is_the_mean_over_what_was_enrolled():
    known = person("Ann", (1, 0, 0), (0.6, 0.8, 0))
    ((score, name),) = ranked((2.0, 0.0, 0.0), [known])
    assert (score, name) == (pytest.approx(0.8), "Ann")
    opposite = person("Ann", (1, 0, 0), (-1, 0, 0))
    assert ranked((1.0, 0.0, 0.0), [opposite])[0][0] == pytest.approx(0.0)


# --- laid over a transcript ---


def woven(turns, words, feelings=()):
    media = MediaRef(
        media_id="sha256:0", title="", source="", size_bytes=0, container="wav", tracks=(),
        has_video=False, duration_ms=60_000,
    )  # fmt: skip
    return weave(
        Words(
            words=tuple(
                Word(start_ms=start, end_ms=start + 100, text=f"w{start}") for start in words
            ),
            language="en",
            engine=STAMP,
        ),
        Turns(
            turns=tuple(
                Turn(start_ms=start, end_ms=end, speaker=label) for start, end, label in turns
            ),
            engine=STAMP,
        ),
        Feelings(feelings=tuple(feelings), engine=STAMP) if feelings else None,
        media=media,
    )


THREE = woven(
    [(0, 1000, ZERO), (1000, 2000, ONE), (2000, 3000, TWO), (9000, 9900, ONE)],
    [100, 400, 1100, 1500, 2100, 9100],
)
MERGED = Naming(into={ONE: ZERO}, names={ZERO: "Ann"})


def test_neighbouring_utterances_of_merged_speakers_are_joined():
    found = renamed(THREE, MERGED, pause_ms=2000)
    assert [(item.speaker, item.text) for item in found.utterances] == [
        (ZERO, "w100 w400 w1100 w1500"),
        (TWO, "w2100"),
        (ZERO, "w9100"),
    ]
    assert found.speakers == (Speaker(id=ZERO, name="Ann"), Speaker(id=TWO))
    assert (found.utterances[0].start_ms, found.utterances[0].end_ms) == (100, 1600)


def test_a_pause_and_a_mood_keep_them_apart():
    apart = woven([(0, 1000, ZERO), (5000, 6000, ONE)], [100, 5100])
    assert len(renamed(apart, MERGED, pause_ms=2000).utterances) == 2
    assert len(renamed(apart, MERGED, pause_ms=9000).utterances) == 1
    moods = [
        Feeling(start_ms=start, end_ms=start + 1000, label=label, score=1.0, speaker=speaker)
        for start, label, speaker in ((0, "calm", ZERO), (1000, "angry", ONE))
    ]
    felt = woven([(0, 1000, ZERO), (1000, 2000, ONE)], [100, 1100], moods)
    found = renamed(felt, MERGED, pause_ms=2000).utterances
    assert [item.feeling.label for item in found] == ["calm", "angry"]
    assert {item.feeling.speaker for item in found} == {ZERO}


def test_the_joined_utterance_feels_as_its_longest_part():
    moods = [
        Feeling(start_ms=start, end_ms=start + 1000, label="calm", score=score, speaker=speaker)
        for start, score, speaker in ((0, 0.5, ZERO), (1000, 0.7, ONE))
    ]
    felt = woven([(0, 1000, ZERO), (1000, 2000, ONE)], [100, 1100, 1800], moods)
    (found,) = renamed(felt, MERGED, pause_ms=2000).utterances
    assert (found.feeling.score, found.feeling.speaker) == (0.7, ZERO)


def test_nobody_speaks_over_himself():
    both = woven([(0, 1000, ZERO), (0, 1000, ONE), (0, 1000, TWO)], [100])
    (found,) = renamed(both, MERGED, pause_ms=2000).utterances
    assert found.words[0].overlap == (TWO,)


@given(
    st.lists(st.tuples(st.integers(1, 3000), st.sampled_from(LABELS)), min_size=1, max_size=8),
    st.sampled_from([{}, {ONE: ZERO}, {ZERO: TWO}, {ONE: ZERO, TWO: ZERO}]),
)
def test_every_word_stays_once_and_in_order(lengths, into):
    ends = list(itertools.accumulate(length for length, _ in lengths))
    turns = [(end - length, end, label) for end, (length, label) in zip(ends, lengths, strict=True)]
    transcript = woven(turns, range(0, ends[-1], 150))
    found = renamed(transcript, Naming(into=into), pause_ms=2000)
    before = [(word.text, word.start_ms) for item in transcript.utterances for word in item.words]
    assert [(w.text, w.start_ms) for item in found.utterances for w in item.words] == before
    assert {item.speaker for item in found.utterances} <= set(LABELS) - set(into)
    for one, other in itertools.pairwise(found.utterances):
        # what the weaving would have joined is joined
        gap_ms = other.start_ms - one.end_ms
        assert one.speaker != other.speaker or gap_ms >= 2000


def test_a_transcript_given_no_names_is_the_same():
    assert renamed(THREE, Naming(), pause_ms=2000) == THREE


# --- and over captions ---


def test_voice_tags_say_the_names_and_keep_the_mood():
    mood = Feeling(start_ms=0, end_ms=1000, label="calm", score=1.0, speaker=ZERO)
    track = segment(woven([(0, 1000, ZERO)], [100], [mood]))
    found = retagged(track, [ZERO], Naming(names={ZERO: "Ann"}))
    assert found.cues[0].tree[0].annotation == "Ann (calm)"
    assert dataclasses.replace(found, cues=track.cues) == track


def test_one_label_may_begin_another():
    labels = ["S", "S (x)"]
    track = segment(woven([(0, 1000, "S"), (1000, 2000, "S (x)")], [100, 1100]))
    found = retagged(track, labels, Naming(names={"S": "Ann", "S (x)": "Bea"}))
    assert [cue.tree[0].annotation for cue in found.cues] == ["Ann", "Bea"]


HOSTILE = ["<b>Ann</b>", "Ann --> Bea", "a > b & c", "**Ann**", "{\\an8}Ann", "Ann: [x](y)", "O'1"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_a_name_in_every_format(name):
    names = Naming(names={ZERO: name})
    transcript = renamed(woven([(0, 1000, ZERO)], [100]), names, pause_ms=2000)
    track = retagged(segment(woven([(0, 1000, ZERO)], [100])), [ZERO], names)
    plain = woven([(0, 1000, ZERO)], [100])
    for form in formats.names():
        content = formats.write(form, transcript, track)
        usual = formats.write(form, plain, segment(plain))
        if content.data:
            continue  # a document of Word: its own tests look inside
        text, usual = content.text, usual.text
        assert text.count("\n") == usual.count("\n"), form
        if form in ("vtt", "srt", "premiere"):  # an arrow would make a cue of it
            assert text.count("-->") == usual.count("-->"), form
        if form in ("vtt", "srt", "premiere", "ttml", "srv3", "md"):
            assert "<b>Ann" not in text, form
