"""What was said, gathered to windows."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.errors import UsageError
from loquitur.insight.spoken import captions
from loquitur.insight.spoken.fragments import Fragment, Spoken
from loquitur.insight.spoken.reading import read_spoken
from loquitur.insight.spoken.windows import parse_window, windows_of
from loquitur.insight.tokens import tokens
from loquitur.model.captions import CaptionTrack, Cue
from loquitur.model.speech import SpokenWord

SEED = Path(__file__).resolve().parents[3] / "shared/data/seeds/equivariant_2bP_KuBrXSc.en.json"


def said(*fragments, **known):
    return Spoken(name="a", title="a", fragments=fragments, **known)


def line(start_ms, end_ms, text, **known):
    return Fragment(start_ms=start_ms, end_ms=end_ms, text=text, **known)


def cut(spoken, rule, **how):
    return windows_of(spoken, parse_window(rule, **how))


def talk(count, each=10):
    words = [f"w{at}" for at in range(count)]
    return said(
        *(
            line(at * 100, (at + each) * 100, " ".join(words[at : at + each]))
            for at in range(0, count, each)
        )
    )


@pytest.mark.parametrize(
    ("text", "kind", "words", "span_ms"),
    [
        ("words:300", "words", 300, None),
        ("words", "words", 300, None),
        ("time:5m", "time", None, 300_000),
        ("time", "time", None, 300_000),
        ("time:90s", "time", None, 90_000),
        ("time:1.5h", "time", None, 5_400_000),
        ("time:1:30", "time", None, 90_000),
        (" Sentence ", "sentence", None, None),
        ("paragraph", "paragraph", None, None),
    ],
)
def test_windows_as_people_type_them(text, kind, words, span_ms):
    rule = parse_window(text)
    assert rule.kind == kind
    assert words in (None, rule.words)
    assert span_ms in (None, rule.span_ms)


@pytest.mark.parametrize(
    "text",
    ["", "words:", "words:0", "words:-3", "words:1e3", "words:\u0663", "time:5", "time:", "time:0s",
     "time:99h", "time:5m:3", "sentence:3", "chapter", "words300", "time:1:99", "x" * 10_000],
)  # fmt: skip
def test_windows_that_are_none(text):
    if text == "time:1:99":
        assert parse_window(text).span_ms == 159_000
        return
    with pytest.raises(UsageError) as caught:
        parse_window(text)
    assert "words:300, time:5m" in caught.value.hint
    assert len(caught.value.message) < 120


@pytest.mark.skipif(not SEED.exists(), reason="the shared data is not here")
def test_the_course_windows():
    spoken = read_spoken(SEED)
    by_words = cut(spoken, "words:300")
    assert [window.words for window in by_words] == [300] * 9 + [151]
    by_time = cut(spoken, "time:5m")
    assert [window.words for window in by_time] == [788, 734, 764, 565]
    assert by_time[1].url == "https://youtu.be/2bP_KuBrXSc?t=302"
    every = tokens(" ".join(fragment.text for fragment in spoken.fragments))
    for rule in ("words:300", "words:7", "time:10s", "sentence", "paragraph"):
        assert tokens(" ".join(window.text for window in cut(spoken, rule))) == every, rule


@pytest.mark.skipif(not SEED.exists(), reason="the shared data is not here")
def test_sentences_get_their_marks_back():
    found = cut(read_spoken(SEED), "sentence")
    assert found[0].text == "Hello, and welcome back to another video on this channel recently."
    assert sum(window.text[-1] in ".?!" for window in found) > 0.95 * len(found)
    assert 5 < sum(window.words for window in found) / len(found) < 30


def test_a_short_last_window_joins_the_one_before_or_is_flagged():
    assert [one.words for one in cut(talk(640), "words:300")] == [300, 340]
    kept = cut(talk(640), "words:300", last="keep")
    assert [(one.words, one.short) for one in kept] == [(300, False), (300, False), (40, True)]
    assert [one.words for one in cut(talk(760), "words:300")] == [300, 300, 160]
    assert [one.words for one in cut(talk(640), "time:30s", last="keep")] == [300, 300, 40]
    assert [one.words for one in cut(talk(640), "time:30s")] == [300, 340]


def test_a_cue_whose_words_have_no_times_is_not_cut_by_time():
    spoken = said(line(0, 8000, "a b"), line(8000, 14_000, "c d e f"), line(14_000, 20_000, "g"))
    assert [one.text for one in cut(spoken, "time:10s")] == ["a b c d e f", "g"]


def test_words_with_times_are():
    words = tuple(
        SpokenWord(start_ms=8000 + 1000 * at, end_ms=8900 + 1000 * at, text=text)
        for at, text in enumerate("cdef")
    )
    spoken = said(line(0, 8000, "a b"), line(8000, 12_000, "c d e f", words=words))
    found = cut(spoken, "time:10s", last="keep")
    assert [one.text for one in found] == ["a b c d", "e f"]
    assert (found[1].start_ms, found[1].end_ms) == (10_000, 11_900)
    assert [one.fragments for one in found] == [(0, 2), (1, 2)]


def test_a_window_without_words_is_none():
    spoken = said(line(0, 1000, "a"), line(65_000, 66_000, "b"))
    assert [one.text for one in cut(spoken, "time:10s", last="keep")] == ["a", "b"]
    assert cut(said(), "words:300") == ()


def test_times_are_interpolated_by_letters():
    found = cut(said(line(0, 1000, "aaaa bbbb cc")), "words:2", last="keep")
    assert [(one.start_ms, one.end_ms) for one in found] == [(0, 800), (800, 1000)]


def test_words_of_several_tokens_are_cut_between_them():
    found = cut(said(line(0, 1000, "the so-called net")), "words:2")
    assert [one.text for one in found] == ["the so-", "called net"]


@pytest.mark.parametrize("text", ["東京都は大きい。", "สวัสดีครับ", "Tower東京 so-called"])
def test_scripts_without_blanks_are_cut_between_characters(text):
    found = cut(said(line(0, 1000, text)), "words:3", last="keep")
    assert "".join(one.text for one in found).replace(" ", "") == text.replace(" ", "")
    assert all(one.words <= 3 for one in found)


def test_sentences_end_at_marks_and_speakers_not_at_titles():
    spoken = said(
        line(0, 2000, "Dr. Wu paid 3.14 dollars. Really?", speaker="Ann"),
        line(2000, 3000, "yes she did", speaker="Bob"),
        language="en",
    )
    found = cut(spoken, "sentence")
    assert [one.text for one in found] == ["Dr. Wu paid 3.14 dollars.", "Really?", "yes she did"]
    assert [one.speaker for one in found] == ["Ann", "Ann", "Bob"]
    japanese = said(line(0, 1000, "猫である。名前は無い。"), language="ja")
    assert [one.text for one in cut(japanese, "sentence")] == ["猫である。", "名前は無い。"]


def test_a_sentence_without_any_end_is_cut_all_the_same():
    bare = said(*(line(at * 1000, at * 1000 + 1000, f"xa{at} xb xc xd xe") for at in range(100)),
                language="xx", pauses_known=False)  # fmt: skip
    assert all(one.words <= 120 for one in cut(bare, "sentence"))


def test_paragraphs_part_at_pauses_speakers_and_subjects():
    first = "The harbour lights shine over ships and sailors at the pier tonight again."
    other = "Sugar flour butter and eggs make cakes that bakers sell every morning here."
    texts = [first] * 6 + [other] * 6
    calm = [line(at * 5000, at * 5000 + 5000, text) for at, text in enumerate(texts)]
    found = cut(said(*calm, language="en"), "paragraph")
    assert [one.fragments for one in found] == [(0, 6), (6, 12)]
    paused = [line(at * 5000 + 4000 * (at >= 3), at * 5000 + 5000 + 4000 * (at >= 3), first)
              for at in range(6)]  # fmt: skip
    assert [one.fragments for one in cut(said(*paused), "paragraph")] == [(0, 3), (3, 6)]
    two = [line(at * 5000, at * 5000 + 5000, first, speaker="AB"[at > 3]) for at in range(6)]
    assert [one.speaker for one in cut(said(*two), "paragraph")] == ["A", "B"]


texts_ = st.lists(
    st.sampled_from(["so", "it's", "so-called", "a.", "東京都", "—", "x?", "étude", "3.5"]),
    min_size=1, max_size=8,
).map(" ".join)  # fmt: skip


@settings(max_examples=60)
@given(
    st.lists(texts_, max_size=8), st.sampled_from(["words:3", "time:2s", "sentence", "paragraph"])
)
def test_every_sign_is_in_one_window_in_order(texts, rule):
    fragments = [line(at * 700, at * 700 + 900, text) for at, text in enumerate(texts)]
    found = cut(said(*fragments, language="xx", pauses_known=False), rule)
    signs = "".join("".join(texts).split()).rstrip(".").lower()
    kept = "".join("".join(one.text for one in found).split()).lower()
    assert "".join(kept.split(".")) == "".join(signs.split("."))  # marks come back in sentences
    assert all(one.start_ms < one.end_ms for one in found)
    assert [one.start_ms for one in found] == sorted(one.start_ms for one in found)


cues = st.builds(
    Cue,
    start_ms=st.integers(-1, 9).map(lambda at: at * 500),
    end_ms=st.integers(-1, 12).map(lambda at: at * 500),
    payload=st.lists(
        st.sampled_from(["a", "it's", "50%", "x?", "-", ">>", "[Music]", "Ann:", "y\nz", "&amp;"]
                        + ["word"] * 8), max_size=3,
    ).map(" ".join),
    notation=st.sampled_from(["plain", "vtt", "srt"]),
)  # fmt: skip


@given(st.lists(cues, max_size=6))
def test_bare_captions_are_read_as_cleaning_reads_them(found):
    track = CaptionTrack(language="en", cues=tuple(found))
    quick = captions.fragments_of_track(track)
    try:
        plain, captions._plain = captions._plain, lambda _: None
        assert captions.fragments_of_track(track) == quick
    finally:
        captions._plain = plain
