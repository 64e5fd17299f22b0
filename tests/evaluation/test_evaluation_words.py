"""Words against jiwer, and by hand; times of words by hand."""

from __future__ import annotations

import pytest
from evaluation_sides import pair, said, text, timed
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.errors import UsageError
from loquitur.evaluation.counting import Counts, align, count, errors_by_word
from loquitur.evaluation.normalizing import Normalizer, find, plain, primary
from loquitur.evaluation.words import score_words, start_differences

jiwer = pytest.importorskip("jiwer")
NONE = find("none")
SENTENCES = st.lists(st.sampled_from(["a", "b", "c", "dog's", "ü", "七"]), max_size=12)


def score(reference, hypothesis, normalizer=NONE, **options):
    return score_words([pair(text(reference), text(hypothesis))], normalizer, **options)


@settings(derandomize=True, deadline=None)
@given(st.lists(st.tuples(SENTENCES.filter(bool), SENTENCES), min_size=1, max_size=5))
def test_the_same_counts_as_jiwer_over_many_recordings(rows):
    mine = score_words(
        [pair(text(" ".join(a)), text(" ".join(b)), name=str(n)) for n, (a, b) in enumerate(rows)],
        NONE,
    )
    other = jiwer.process_words([" ".join(a) for a, _ in rows], [" ".join(b) for _, b in rows])
    assert mine.counts == Counts(
        hits=other.hits,
        substitutions=other.substitutions,
        deletions=other.deletions,
        insertions=other.insertions,
    )
    assert mine.counts.rate == pytest.approx(other.wer)
    assert mine.raw == mine.counts


@settings(derandomize=True, deadline=None)
@given(SENTENCES.filter(bool), SENTENCES)
def test_the_same_character_errors_as_jiwer(reference, hypothesis):
    joined = "".join(reference), "".join(hypothesis)
    mine = score(" ".join(reference), " ".join(hypothesis), characters=True)
    assert mine.counts.rate == pytest.approx(jiwer.cer(*joined))


@settings(derandomize=True, deadline=None)
@given(SENTENCES, SENTENCES)
def test_an_alignment_has_no_gaps_and_its_errors_are_spread_over_the_words(reference, hypothesis):
    blocks = align(reference, hypothesis)
    at = (0, 0)
    for block in blocks:
        assert (block.reference_start, block.hypothesis_start) == at
        at = (block.reference_end, block.hypothesis_end)
        if block.kind == "equal":
            assert (
                reference[block.reference_start : block.reference_end]
                == hypothesis[block.hypothesis_start : block.hypothesis_end]
            )
    assert at == (len(reference), len(hypothesis))
    if reference:
        assert errors_by_word(blocks, len(reference)).sum() == count(blocks).errors


def test_more_different_words_than_there_are_characters(monkeypatch):
    monkeypatch.setattr("loquitur.evaluation.counting.sys.maxunicode", 2)
    assert count(align(list("abcde"), list("axcd"))) == Counts(hits=3, substitutions=1, deletions=1)


@pytest.mark.parametrize(("heard", "insertions"), [("", 0), ("a b", 2)])
def test_an_empty_reference_is_no_rate(heard, insertions):
    found = score("", heard)
    assert found.counts == Counts(insertions=insertions)
    assert found.counts.rate is None
    assert found.interval.low is None


def test_nothing_heard_is_all_deleted():
    assert score("a b c", "").counts == Counts(deletions=3)
    assert score("a b c", "").counts.rate == 1.0


def test_a_rate_may_exceed_one():
    assert score("a", "b c d").counts.rate == 3.0


def test_errors_belong_to_utterances():
    reference = said(("S", 0, 1000, "a b"), ("S", 1000, 2000, "c d e"), ("S", 2000, 2500, "..."))
    hypothesis = said(("S", 0, 3000, "a x b c d e f"))
    (found,) = score_words([pair(reference, hypothesis)], find("plain")).recordings
    assert found.units == ((1, 2), (1, 3))
    assert found.counts == Counts(hits=5, insertions=2)
    assert found.raw.length == 6


def test_pieces_of_captions_are_one_text():
    shout = Normalizer(name="x", source="", apply=lambda text: text.replace("twenty one", "21"))
    rows = (("", 0, 1000, "twenty"), ("", 1000, 2000, "one"))
    assert score_words([pair(said(*rows, whole=False), text("21"))], shout).counts.rate == 0.0
    assert score_words([pair(said(*rows), text("21"))], shout).counts.errors == 2
    assert score_words([pair(said(*rows, whole=False), text("21"))], shout).interval.unit == (
        "recording"
    )


def test_word_times_by_hand():
    reference = timed((0, "Hello,"), (500, "big"), (1000, "world"), (1500, "—"), (2000, "again"))
    hypothesis = timed((40, "hello"), (900, "world!"), (2250, "Again"))
    times = score_words([pair(reference, hypothesis)], NONE).times
    assert (times.words, times.matched, times.coverage) == (4, 3, 0.75)
    assert times.mean_ms == pytest.approx((40 + 100 + 250) / 3)
    assert times.median_ms == 100
    assert times.p95_ms == pytest.approx(235)
    assert times.bias_ms == pytest.approx((40 - 100 + 250) / 3)
    assert (times.within_100_ms, times.within_200_ms) == (
        pytest.approx(2 / 3),
        pytest.approx(2 / 3),
    )


def test_word_times_where_none_matches_and_where_there_are_none():
    none_right = score_words([pair(timed((0, "a")), timed((0, "b")))], NONE).times
    assert (none_right.matched, none_right.mean_ms, none_right.coverage) == (0, None, 0.0)
    assert score("a", "a").times is None
    apart, words = start_differences(timed((0, "a")), text("a"))
    assert (len(apart), words) == (0, 0)


def test_intervals_are_the_same_for_the_same_seed():
    rows = [("S", n, n + 1, "a b c d") for n in range(40)]
    heard = [("S", n, n + 1, "a b c d" if n % 3 else "a x") for n in range(40)]
    sides = [pair(said(*rows), said(*heard))]
    first, again, other = (score_words(sides, NONE, seed=seed).interval for seed in (1, 1, 2))
    assert first == again != other
    assert first.low < score_words(sides, NONE).counts.rate < first.high
    assert (first.unit, first.units) == ("utterance", 40)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("Hello, World!", "hello world"),
        ("the dogs' owner’s “don't”", "the dogs owner's don't"),
        ("well-known 3.5 €", "well known 3 5"),
        ("snake_case\u00a0x", "snake case x"),
        ("नमस्ते दुनिया।", "नमस्ते दुनिया"),
        ("U\u0308ber", "\u00fcber"),
        ("'tis rock 'n' roll", "tis rock n roll"),
        ("", ""),
    ],
)
def test_plain(given, wanted):
    assert plain(given) == wanted


@settings(derandomize=True, deadline=None)
@given(st.text(max_size=40))
def test_plain_twice_is_plain(text):
    assert plain(plain(text)) == plain(text)


def test_normalisers_by_name():
    assert find("none").words(" A,  b ") == ["A,", "b"]
    with pytest.raises(UsageError, match="no normaliser is called 'englisch'") as caught:
        find("englisch")
    assert "english" in caught.value.hint
    assert [primary(tag) for tag in ("en-US", "zh_Hant", "", "auto")] == ["en", "zh", "en", "en"]


def test_whisper_s_normalisers():
    pytest.importorskip("whisper_normalizer")
    english = find("auto", language="en-GB")
    assert english.name == "english"
    assert english.source.startswith("whisper-normalizer ")
    heard = "Um, Mr. Smith's colour isn't [noise] twenty-one!"
    assert english.words(heard) == ["mister", "smith", "is", "color", "is", "not", "21"]
    hindi = find("auto", language="hi")
    assert hindi.name == "basic"
    assert hindi.words("नमस्ते, (हँसी) दुनिया") == ["नमस्ते", "दुनिया"]
