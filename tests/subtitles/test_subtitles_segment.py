from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.model.speech import (
    Feeling,
    Provenance,
    Speaker,
    SpokenWord,
    Transcript,
    Utterance,
)
from loquitur.subtitles.graphemes import measure
from loquitur.subtitles.limits import Limits
from loquitur.subtitles.phrases import has_unspaced
from loquitur.subtitles.segment import SegmentOptions, segment

CHECK = settings(derandomize=True, deadline=None, max_examples=60)


def spoken(text: str, start_ms: int, *, word_ms: int = 200, gap_ms: int = 50):
    words, now = [], start_ms
    for part in text.split():
        words.append(SpokenWord(start_ms=now, end_ms=now + word_ms, text=part))
        now += word_ms + gap_ms
    return tuple(words)


def said(words, speaker="SPEAKER_00", label=None) -> Utterance:
    end_ms = max(word.end_ms for word in words)
    feeling = label and Feeling(start_ms=0, end_ms=end_ms, label=label, score=0.5)
    return Utterance(
        start_ms=words[0].start_ms,
        end_ms=end_ms,
        speaker=speaker,
        words=tuple(words),
        feeling=feeling or None,
    )


def transcript_of(*utterances: Utterance, duration_ms: int = 10_000_000, **more) -> Transcript:
    ids = dict.fromkeys(utterance.speaker for utterance in utterances)
    fields = {"speakers": tuple(Speaker(id=one) for one in ids), **more}
    return Transcript(
        media_id="sha256:" + "0" * 64,
        title="",
        language="en",
        duration_ms=duration_ms,
        utterances=utterances,
        **fields,
    )


TOKENS = st.one_of(
    st.text("abcdefg.,!?", min_size=1, max_size=12),
    st.sampled_from(
        ["講演です。", "w" * 50, "漢" * 30, "שלום", "-->", "&amp;", "👩‍👩‍👧", "e\u0301"]
    ),
)
TIMED = st.tuples(TOKENS, st.integers(0, 900), st.integers(1, 9_000))
SAID = st.tuples(
    st.sampled_from(["anna", "bert"]),
    st.sampled_from([None, "calm"]),
    st.lists(TIMED, min_size=1, max_size=60),
)


@st.composite
def transcripts(draw):
    """Utterances whose words rise in start by 0..900 ms and may overlap wildly."""
    now, made = draw(st.integers(0, 500)), []
    for speaker, label, timed in draw(st.lists(SAID, max_size=5)):
        words = []
        for text, step, length in timed:
            now += step
            words.append(SpokenWord(start_ms=now, end_ms=now + length, text=text))
        made.append(said(words, speaker, label))
    return transcript_of(*made, duration_ms=now + 1_000)


LIMITS = [
    Limits(),
    Limits(line_width=16, counting="halves", speed_cps=12, dashes="both-spaced"),
    Limits(line_width=37, line_count=3, gap_ms=0, chain_ms=0, dashes="second"),
    Limits(line_width=60, line_count=1, counting="cells", dashes="none"),
]


@CHECK
@given(transcript=transcripts(), limits=st.sampled_from(LIMITS))
def test_every_word_once_in_order_within_the_limits(transcript, limits):
    track = segment(transcript, limits=limits, dialogues=False)
    words = [word.text for utterance in transcript.utterances for word in utterance.words]
    said = "".join("".join(cue.text.split()) for cue in track.cues)
    starts = [utterance.start_ms for utterance in transcript.utterances]
    if starts == sorted(starts) and not _interleaved(transcript):
        assert said == "".join("".join(words).split())
    assert sorted(said) == sorted("".join("".join(words).split()))
    before = 0
    for cue in track.cues:
        assert before <= cue.start_ms < cue.end_ms <= cue.start_ms + limits.longest_ms
        before = cue.end_ms
        lines = cue.text.split("\n")
        assert len(lines) <= limits.line_count
        for line in lines:
            assert line == line.strip()
            assert measure(line, limits.counting) <= limits.line_width or " " not in line


def _interleaved(transcript) -> bool:
    """Whether cues of one utterance may begin inside another one."""
    ends = [
        max(word.end_ms if has_unspaced(word.text) else word.start_ms for word in utterance.words)
        for utterance in transcript.utterances
    ]
    starts = [utterance.start_ms for utterance in transcript.utterances]
    return any(end >= start for end, start in zip(ends, starts[1:], strict=False))


@CHECK
@given(transcript=transcripts())
def test_alone_a_cue_has_one_voice(transcript):
    track = segment(transcript, dialogues=False)
    said: dict[str, str] = {}
    for utterance in transcript.utterances:
        label = f" ({utterance.feeling.label})" if utterance.feeling else ""
        voice = utterance.speaker + label
        said[voice] = said.get(voice, "") + "".join(word.text for word in utterance.words)
    for cue in track.cues:
        (node,) = cue.tree
        text = "".join(cue.text.split())
        assert all(char in said[node.annotation] for char in text)


@CHECK
@given(transcript=transcripts())
def test_speakers_share_a_cue_only_behind_dashes(transcript):
    for cue in segment(transcript).cues:
        voices = [item.annotation for item in cue.tree if not isinstance(item, str)]
        if len(voices) > 1:
            assert len(voices) == 2
            assert [line[0] for line in cue.text.split("\n")] == ["-", "-"]
            assert voices[0] != voices[1]


def test_breaks_after_sentences_then_commas_then_pauses():
    text = (
        "This is the first sentence of the talk that we gave. "
        "And here, before anything else is said about it, comes another one of them."
    )
    cues = segment(transcript_of(said(spoken(text, 0)))).cues
    assert cues[0].text.replace("\n", " ") == "This is the first sentence of the talk that we gave."
    assert cues[1].text == (
        "And here, before anything else is said\nabout it, comes another one of them."
    )
    plain = spoken("one two three four five six seven eight nine ten six ten", 0, gap_ms=10)
    late = spoken("eleven twelve thirteen fourteen", plain[-1].end_ms + 700, gap_ms=10)
    cues = segment(transcript_of(said(plain + late))).cues
    assert cues[-1].text.split()[0] == "eleven"


def test_nothing_is_parted_that_belongs_together():
    text = (
        "We met Dr. Anna Weber of the University of Oxford in the spring of 1997 and she told us "
        "that a hundred and twenty kilometers of pipe had been laid before the end of the year."
    )
    lines = [
        line
        for cue in segment(transcript_of(said(spoken(text, 0)))).cues
        for line in cue.text.split("\n")
    ]
    lasts = {line.split()[-1] for line in lines}
    assert not lasts & {
        "Dr.",
        "Anna",
        "of",
        "the",
        "a",
        "and",
        "that",
        "in",
        "had",
        "hundred",
        "twenty",
    }
    assert "".join(lines).count("kilometers") == 1


def test_a_pause_of_two_seconds_begins_a_cue():
    words = spoken("one two", 0) + spoken("three", 2_450) + spoken("four", 4_649)
    cues = segment(transcript_of(said(words))).cues
    assert [cue.text for cue in cues] == ["one two", "three four"]


def test_no_cue_is_longer_than_seven_seconds():
    slow = spoken("a b c d e f g h", 0, word_ms=1_500, gap_ms=0)
    cues = segment(transcript_of(said(slow))).cues
    assert [cue.end_ms - cue.start_ms <= 7_000 for cue in cues] == [True, True]
    drawl = (SpokenWord(start_ms=0, end_ms=20_000, text="Aaaah"),)
    (cue,) = segment(transcript_of(said(drawl))).cues
    assert (cue.start_ms, cue.end_ms) == (0, 7_000)


def test_short_cues_stay_into_free_time_only():
    anna = said(spoken("Yes.", 1_000, word_ms=100), "anna")
    bert = said(spoken("No.", 1_300, word_ms=100), "bert")
    both = transcript_of(anna, bert, duration_ms=1_900)
    cues = segment(both, dialogues=False).cues
    # before its word by two frames at most, and only while nobody else is on screen
    assert [(cue.start_ms, cue.end_ms) for cue in cues] == [(917, 1_217), (1_300, 1_900)]
    (cue,) = segment(transcript_of(anna)).cues
    assert (cue.start_ms, cue.end_ms) == (1_000, 1_833)


def test_a_short_exchange_is_one_cue_of_two_lines():
    anna = said(spoken("Is it raining again?", 1_000), "anna", "calm")
    bert = said(spoken("Yes.", 2_100, word_ms=100), "bert")
    late = said(spoken("We stay at home then.", 2_350), "anna")
    track = segment(transcript_of(anna, bert, late))
    first, second = track.cues
    assert first.payload == "<v anna (calm)>-Is it raining again?</v>\n<v bert>-Yes.</v>"
    assert (first.start_ms, second.text) == (967, "We stay at home then.")
    alone = segment(transcript_of(anna, bert, late), limits=Limits(dashes="none")).cues
    assert [cue.text for cue in alone] == ["Is it raining again?", "Yes.", "We stay at home then."]
    dutch = segment(transcript_of(anna, bert, late), limits=Limits(dashes="second-spaced")).cues
    assert dutch[0].text == "Is it raining again?\n- Yes."


def test_two_who_begin_together_share_a_cue_or_the_time():
    both = [said(spoken("Hello.", 500, word_ms=400), who) for who in ("anna", "bert")]
    (cue,) = segment(transcript_of(*both)).cues
    assert (cue.start_ms, cue.text) == (500, "-Hello.\n-Hello.")
    cues = segment(transcript_of(*both), dialogues=False).cues
    assert [(cue.start_ms, cue.end_ms) for cue in cues] == [(500, 1_333), (1_416, 2_249)]


def test_many_who_begin_together_keep_rising_starts_without_room():
    crowd = [said(spoken("Hey.", 500), f"s{index}") for index in range(3)]
    late = said(spoken("Stop.", 501), "late")
    cues = segment(transcript_of(*crowd, late), dialogues=False).cues
    assert [cue.start_ms for cue in cues] == [417, 501, 502, 503]
    assert [cue.end_ms for cue in cues] == [501, 502, 503, 1_336]


def test_voice_has_the_name_where_known_and_the_feeling_where_there_is_one():
    first, second = said(spoken("Hi.", 0), "a", "calm"), said(spoken("Hi.", 3_000), "b")
    speakers = (Speaker(id="a", name="Ada <L>"), Speaker(id="b"))
    cues = segment(transcript_of(first, second, speakers=speakers)).cues
    assert [cue.tree[0].annotation for cue in cues] == ["Ada <L> (calm)", "b"]


def test_draft_quality_is_noted():
    stamps = (
        Provenance(stage="transcribe", engine="pocketsphinx", version="5", draft=True),
        Provenance(stage="diarize", engine="dvector", version="1"),
    )
    track = segment(transcript_of(said(spoken("Hi.", 0)), provenance=stamps, notes=("More.",)))
    assert track.notes == ("Draft quality: made by pocketsphinx; check before use.", "More.")
    assert segment(transcript_of(said(spoken("Hi.", 0)))).notes == ()


def test_a_word_longer_than_a_line_is_kept_whole():
    url = "https://example.org/" + "x" * 60
    cues = segment(transcript_of(said(spoken(f"See {url} now", 0)))).cues
    assert url in [line for cue in cues for line in cue.text.split("\n")]


def test_white_space_inside_a_word_cannot_break_the_layout():
    words = (SpokenWord(start_ms=0, end_ms=900, text="two\r\n\r\nlines\u2028more"),)
    (cue,) = segment(transcript_of(said(words))).cues
    assert cue.text == "two lines more"


def test_karaoke_has_a_moment_before_each_further_word():
    (cue,) = segment(transcript_of(said(spoken("one two three", 0))), karaoke=True).cues
    assert cue.payload == ("<v SPEAKER_00>one <00:00:00.250>two <00:00:00.500>three</v>")
    assert cue.text == "one two three"


def test_japanese_words_meet_without_spaces():
    words = tuple(
        SpokenWord(start_ms=300 * i, end_ms=300 * i + 300, text=text)
        for i, text in enumerate(["機械の", "声を", "聞くんだ。", "Loquitur", "で", "見る"])
    )
    made = transcript_of(said(words))
    cues = segment(dataclasses.replace(made, language="ja")).cues
    assert (
        "".join(cue.text for cue in cues).replace("\n", "") == "機械の声を聞くんだ。Loquitur で見る"
    )
    assert all(measure(line, "halves") <= 13 for cue in cues for line in cue.text.split("\n"))


def test_options_stand_over_the_guideline():
    options = SegmentOptions(max_chars=32, max_lines=1, max_cps=15)
    limits = options.limits("en")
    assert (limits.line_width, limits.line_count, limits.speed_cps) == (32, 1, 15)
    assert SegmentOptions().limits("ja").line_width == 13
    assert SegmentOptions(rules="bbc").limits("en").line_width == 37
    assert SegmentOptions(rules="bbc").digest != SegmentOptions().digest
    with pytest.raises(ValueError, match="positive"):
        SegmentOptions(max_chars=0)
