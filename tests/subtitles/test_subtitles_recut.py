from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.markup import Node
from loquitur.model.captions import CaptionTrack, Cue
from loquitur.subtitles.graphemes import measure
from loquitur.subtitles.limits import Limits
from loquitur.subtitles.recut import recut, words_of
from loquitur.subtitles.units import TimedText

CHECK = settings(derandomize=True, deadline=None, max_examples=60)


def track_of(*cues: tuple[int, int, str], language: str = "en") -> CaptionTrack:
    return CaptionTrack(
        language=language,
        cues=tuple(Cue(start_ms=start, end_ms=end, payload=text) for start, end, text in cues),
    )


def plain(words: str, word_ms: int = 300) -> list[TimedText]:
    return [
        TimedText(start_ms=word_ms * i, end_ms=word_ms * i + word_ms, text=text)
        for i, text in enumerate(words.split())
    ]


PAYLOADS = st.lists(
    st.sampled_from(
        [
            "Hello there.", "<v Ann>So,", "we</v> went", "<i>very</i>", "Quoi\u00a0?",
            "<b>far &amp; <i>wide</i></b>", "\n", " ", "<00:00:01.500>", "word" * 12,
            "「聞き方」を", "知る。", "漢" * 60, "?", "« Oui", ">>", "-",
        ]
    ),
    min_size=1, max_size=12,
).map(" ".join)  # fmt: skip


@st.composite
def tracks(draw):
    now, cues = 0, []
    for payload in draw(st.lists(PAYLOADS, min_size=1, max_size=6)):
        now += draw(st.integers(0, 1_500))
        cues.append((now, now + draw(st.integers(-100, 4_000)), payload))
    return track_of(*cues, language=draw(st.sampled_from(["en", "ja", "zh", "fr", ""])))


@CHECK
@given(track=tracks(), karaoke=st.booleans())
def test_every_letter_once_in_order_within_the_limits(track, karaoke):
    words = words_of(track)
    assert [word.start_ms for word in words] == sorted(word.start_ms for word in words)
    limits = Limits(line_width=20)
    cues = recut(words, limits=limits, language=track.language, inner_times=karaoke)
    letters = "".join("".join(cue.text.split()) for cue in track.cues)
    assert "".join("".join(cue.text.split()) for cue in cues) == letters
    before = 0
    for cue in cues:
        assert before <= cue.start_ms < cue.end_ms <= cue.start_ms + limits.longest_ms
        before = cue.end_ms
        lines = cue.text.split("\n")
        assert len(lines) <= 2
        assert all(measure(line) <= 20 or " " not in line for line in lines)


def test_words_share_the_time_of_their_cue_by_letters():
    words = words_of(track_of((1_000, 2_000, "one three"), (3_000, 3_500, "four")))
    assert [(word.text, word.start_ms, word.end_ms) for word in words] == [
        ("one", 1_000, 1_375),
        ("three", 1_375, 2_000),
        ("four", 3_000, 3_500),
    ]


def test_a_cue_that_stays_while_the_next_is_said_has_its_time_until_then():
    words = words_of(track_of((0, 4_000, "one two"), (2_000, 6_000, "three")))
    assert [word.start_ms for word in words] == [0, 1_000, 2_000]
    both = track_of((0, 4_000, "<v Ann>one two"), (2_000, 6_000, "<v Bea>three"))
    assert [word.end_ms for word in words_of(both)] == [2_000, 4_000, 6_000]


def test_moments_voices_and_tags_stay_with_their_words():
    payload = "<v Ann>one <00:00:01.800><i>two three</i></v>\nfour"
    words = words_of(track_of((1_000, 3_000, payload)))
    assert [(word.text, word.start_ms, word.voice) for word in words] == [
        ("one", 1_000, "Ann"),
        ("two", 1_800, "Ann"),
        ("three", 2_100, "Ann"),
        ("four", 2_600, ""),
    ]
    assert [word.tags for word in words] == [(), (Node(tag="i"),), (Node(tag="i"),), ()]
    first, second = recut(words, language="en")
    assert first.payload == "<v Ann>one <i>two three</i></v>"
    assert second.payload == "four"


def test_a_tag_inside_a_word_parts_no_word():
    assert [word.text for word in words_of(track_of((0, 900, "<i>un</i>believable")))] == [
        "unbelievable"
    ]


def test_karaoke_marks_each_word_by_its_moment():
    words = words_of(track_of((0, 1_200, "one two <b>four</b>")))
    (cue,) = recut(words, language="en", inner_times=True)
    assert cue.payload == "one <00:00:00.360>two <b><00:00:00.720>four</b>"


def test_the_sign_for_another_speaker_begins_a_cue():
    cues = recut(plain(">> Is it true? >> It is."), language="en")
    assert [cue.text for cue in cues] == [">> Is it true?", ">> It is."]


def test_chinese_lines_join_and_japanese_keep_a_space():
    for tag, text in (("zh", "机器非常准确"), ("ja", "すべて安全 完璧だ")):
        cut = "机器非常\n准确" if tag == "zh" else "すべて安全\n完璧だ"
        track = track_of((0, 3_000, cut), language=tag)
        (cue,) = recut(words_of(track), limits=Limits(line_width=42), language=tag)
        assert cue.text == text


@pytest.mark.parametrize("width", range(14, 40, 3))
def test_marks_that_stand_alone_stay_with_their_word(width):
    text = "Comment allez-vous aujourd'hui ? Il a crié « au loup » – hier soir !"
    cues = recut(plain(text), limits=Limits(line_width=width), language="fr")
    lines = [line for cue in cues for line in cue.text.split("\n")]
    assert " ".join(lines) == text
    assert not any(line[0] in "?»–!" or line[-1] == "«" for line in lines)


def test_no_words_no_cues():
    assert recut((), language="en") == ()
    assert recut(words_of(track_of((0, 100, "  \n "))), language="en") == ()


def test_a_word_ends_after_it_begins():
    with pytest.raises(ValueError, match="not a span"):
        TimedText(start_ms=2, end_ms=1, text="x")
