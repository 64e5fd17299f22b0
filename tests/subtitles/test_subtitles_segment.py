from __future__ import annotations

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
from loquitur.subtitles.layout import break_lines, ends_sentence, width
from loquitur.subtitles.segment import SegmentOptions, segment

CHECK = settings(derandomize=True, deadline=None, max_examples=120)


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


@CHECK
@given(transcript=transcripts())
def test_every_word_once_in_order_within_the_limits(transcript):
    options = SegmentOptions()
    track = segment(transcript, options=options)
    words = [word.text for utterance in transcript.utterances for word in utterance.words]
    assert " ".join(cue.text for cue in track.cues).split() == " ".join(words).split()
    before = 0
    for cue in track.cues:
        assert before <= cue.start_ms < cue.end_ms <= cue.start_ms + options.longest_ms
        before = cue.end_ms
        lines = cue.text.split("\n")
        assert len(lines) <= 2
        for line in lines:
            assert width(line) <= 42 or " " not in line


@CHECK
@given(transcript=transcripts())
def test_a_cue_has_one_voice_and_begins_with_its_utterance(transcript):
    track = segment(transcript)
    voices = [(cue.tree[0].annotation, len(cue.text.split())) for cue in track.cues]
    for utterance in transcript.utterances:
        label = f" ({utterance.feeling.label})" if utterance.feeling else ""
        left = len(" ".join(word.text for word in utterance.words).split())
        while left:
            voice, count = voices.pop(0)
            assert voice == utterance.speaker + label
            left -= count
            assert left >= 0
    assert not voices


def test_breaks_after_sentences_then_commas_then_pauses():
    text = (
        "This is the first sentence of the talk that we gave. "
        "And here, before anything else is said about it, comes another one of them."
    )
    cues = segment(transcript_of(said(spoken(text, 0)))).cues
    assert cues[0].text.replace("\n", " ") == "This is the first sentence of the talk that we gave."
    plain = spoken("one two three four five six seven eight nine ten six ten", 0, gap_ms=10)
    late = spoken("eleven twelve thirteen fourteen", plain[-1].end_ms + 700, gap_ms=10)
    cues = segment(transcript_of(said(plain + late))).cues
    assert cues[-1].text.split()[0] == "eleven"


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
    cues = segment(transcript_of(anna, bert, duration_ms=1_900)).cues
    assert [(cue.start_ms, cue.end_ms) for cue in cues] == [(1_000, 1_300), (1_300, 1_900)]
    (cue,) = segment(transcript_of(anna)).cues
    assert (cue.start_ms, cue.end_ms) == (1_000, 1_833)


def test_two_who_begin_together_share_the_time():
    both = [said(spoken("Hello.", 500, word_ms=400), who) for who in ("anna", "bert")]
    cues = segment(transcript_of(*both)).cues
    assert [(cue.start_ms, cue.end_ms) for cue in cues] == [(500, 1_333), (1_333, 2_166)]


def test_many_who_begin_together_keep_rising_starts_without_room():
    crowd = [said(spoken("Hey.", 500), f"s{index}") for index in range(3)]
    late = said(spoken("Stop.", 501), "late")
    cues = segment(transcript_of(*crowd, late)).cues
    assert [cue.start_ms for cue in cues] == [500, 501, 502, 503]
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


def lines_of(text: str, line_width: int = 42) -> list[str]:
    return break_lines(text.split(), line_width)


def test_lines_are_balanced_and_bottom_heavy():
    assert lines_of("It was the best of times it was the worst of times") == [
        "It was the best of times",
        "it was the worst of times",
    ]
    assert lines_of("short") == ["short"]
    top, bottom = lines_of("aaaa bbbbbbbb cccc dddddddd eeee ffffffff gggg")
    assert len(top) <= len(bottom)
    # After a comma or a sentence, even where the halves would be closer to equal elsewhere.
    assert lines_of("Not at all, I would rather that we stayed home.")[0] == "Not at all,"
    assert lines_of("We stayed at home today. And where were you all?") == [
        "We stayed at home today.",
        "And where were you all?",
    ]
    assert lines_of("one two three four", 5) == ["one", "two", "three", "four"]


def test_a_word_longer_than_a_line_is_kept_whole():
    url = "https://example.org/" + "x" * 60
    assert break_lines(["See", url, "now"], 42) == ["See", url, "now"]
    cues = segment(transcript_of(said(spoken(f"See {url} now", 0)))).cues
    assert url in [line for cue in cues for line in cue.text.split("\n")]


def test_widths_and_sentence_ends():
    assert (width("ab"), width("漢字"), width("e\u0301"), width("ﬁ")) == (2, 4, 1, 1)
    assert [ends_sentence(one) for one in ("Mr.", "J.", "3.5", "end.", "終。", "so?»")] == [
        *(False, False, False),
        *(True, True, True),
    ]


def test_white_space_inside_a_word_cannot_break_the_layout():
    words = (SpokenWord(start_ms=0, end_ms=900, text="two\r\n\r\nlines\u2028more"),)
    (cue,) = segment(transcript_of(said(words))).cues
    assert cue.text == "two lines more"


def test_options_refuse_nonsense():
    with pytest.raises(ValueError, match="positive"):
        SegmentOptions(line_width=0)
    with pytest.raises(ValueError, match="below"):
        SegmentOptions(longest_ms=100)
