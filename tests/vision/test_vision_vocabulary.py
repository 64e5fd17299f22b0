"""Words as numbers, in every script."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from loquitur.errors import InputError
from loquitur.vision.clips import Clip, Corpus, Sentence
from loquitur.vision.vocabulary import (
    BOS,
    EOS,
    PAD,
    SPECIAL,
    UNK,
    Vocabulary,
    coverage,
    has_words,
    words_of,
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A man's riding -- a Horse!", ["a", "man's", "riding", "a", "horse"]),
        ("It’s rock-n-roll", ["it's", "rock-n-roll"]),
        ("'quoted' -dash- dogs'", ["quoted", "dash", "dogs"]),
        ("snake_case a/b\\c", ["snake", "case", "a", "b", "c"]),
        ("Straße GROẞ", ["straße", "groß"]),
        ("एक आदमी गिटार बजाता है।", ["एक", "आदमी", "गिटार", "बजाता", "है"]),
        ("ஒரு மனிதன்", ["ஒரு", "மனிதன்"]),
        ("می‌رود", ["می‌رود"]),
        ("한 남자가 기타를 친다.", ["한", "남자가", "기타를", "친다"]),
        ("他在彈guitar。", ["他", "在", "彈", "guitar"]),
        ("ギターを弾く", ["ギ", "タ", "ー", "を", "弾", "く"]),
        ("ผู้ชาย", ["ผู้", "ช", "า", "ย"]),
        ("e\u0301te\u0301", ["été"]),
        ("", []),
        (" ... !? \n\t", []),
        ("'-'", []),
        ("\u0301 \u200d", []),
        ("\u0301-a", ["a"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@settings(max_examples=60)
@given(st.text())
@example("İ")
@example("Y\u030a\u035e")
@example("他\u200d-a'b他")
def test_words_are_stable_and_clean(text: str) -> None:
    words = words_of(text)
    assert words_of(" ".join(words)) == words
    assert bool(words) == has_words(text) == any(char.isalnum() for char in text)
    for word in words:
        assert word == word.strip() != ""
        assert word not in SPECIAL
        assert word[0].isalnum()


@settings(max_examples=40)
@given(st.lists(st.text(max_size=30), max_size=10), st.integers(1, 3))
def test_what_is_known_comes_back(texts: list[str], threshold: int) -> None:
    vocabulary = Vocabulary.of(texts, threshold=threshold)
    assert vocabulary == Vocabulary.of_plain(json.loads(json.dumps(vocabulary.plain())))
    assert vocabulary == Vocabulary.of(reversed(texts), threshold=threshold)
    for text in texts:
        numbers = vocabulary.encode(text)
        assert numbers[-1] == EOS
        assert not {PAD, BOS, EOS} & set(numbers[:-1])
        if threshold == 1:
            assert UNK not in numbers
            assert words_of(vocabulary.decode(numbers)) == words_of(text)


def test_the_threshold_and_the_most() -> None:
    texts = ["b b b a a", "c a"]
    assert Vocabulary.of(texts).words == (*SPECIAL, "a", "b", "c")
    assert Vocabulary.of(texts, threshold=2).words == (*SPECIAL, "a", "b")
    assert Vocabulary.of(texts, most=1).words == (*SPECIAL, "a")
    assert Vocabulary.of(texts, threshold=2).encode("c a") == [UNK, 4, EOS]


def test_special_words_in_a_text_are_words() -> None:
    vocabulary = Vocabulary.of(["<pad> <eos> pad"])
    assert vocabulary.encode("<eos> <pad>") == [5, 4, EOS]


def test_decoding_stops_at_the_end() -> None:
    vocabulary = Vocabulary.of(["a man runs", "他跑 fast"])
    assert vocabulary.decode([BOS, *vocabulary.encode("a man"), PAD, 4]) == "a man"
    assert vocabulary.decode(vocabulary.encode("他跑 fast 他")) == "他跑 fast 他"
    assert vocabulary.decode([]) == ""


def corpus() -> Corpus:
    def clip(name: str, split: str, *said: tuple[str, str]) -> Clip:
        sentences = tuple(Sentence(text=text, language=tag) for text, tag in said)
        return Clip(clip_id=name, video_id=name, split=split, sentences=sentences)

    return Corpus(
        name="c",
        clips=(
            clip("1", "train", ("a cat", "en"), ("eine katze", "de")),
            clip("2", "validation", ("a dog dog", "en"), ("...", "en")),
            clip("3", "test", ("secret", "en")),
        ),
    )


def test_words_of_a_corpus_are_those_of_training() -> None:
    assert Vocabulary.of_corpus(corpus(), language="en").words[4:] == ("a", "cat")
    assert Vocabulary.of_corpus(corpus()).words[4:] == ("a", "cat", "eine", "katze")
    with pytest.raises(InputError, match="no sentence in the split 'train'"):
        Vocabulary.of_corpus(corpus(), language="fr")


def test_coverage_counts_what_is_unknown() -> None:
    vocabulary = Vocabulary.of_corpus(corpus(), language="en")
    found = coverage(vocabulary, corpus().of("validation")[0].texts())
    assert (found.sentences, found.wordless, found.words, found.unknown) == (1, 1, 3, 2)
    assert found.unknown_share == pytest.approx(2 / 3)
    assert found.commonest_unknown == (("dog", 2),)
    assert found.longest == 3
    assert coverage(vocabulary, []).unknown_share is None


@pytest.mark.parametrize(
    "value",
    [
        None,
        {"words": ["a"]},
        {"words": [*SPECIAL, "a", "a"]},
        {"words": [*SPECIAL, 3]},
        {"words": [*SPECIAL], "threshold": "x"},
        {"words": [*SPECIAL], "more": 1},
    ],
)
def test_what_is_no_vocabulary_is_refused(value: object) -> None:
    with pytest.raises(InputError, match=r"model\.json: not a vocabulary"):
        Vocabulary.of_plain(value, name="model.json")


def test_long_texts_take_linear_time() -> None:
    begun = time.process_time()
    assert len(words_of("'-" * 100_000)) == 0
    assert len(words_of("a-" * 50_000)) == 1
    assert len(words_of("他a" * 5_000)) == 10_000
    assert len(words_of("word " * 40_000)) == 40_000
    assert time.process_time() - begun < 20
