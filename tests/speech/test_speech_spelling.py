"""Words as a model hears them: figures, signs, unknown characters, scripts without blanks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loquitur.speech.ctc import WILDCARD
from loquitur.speech.numerals import cardinal, spoken
from loquitur.speech.pronunciation import pronounce
from loquitur.speech.spelling import Vocabulary, pieces, split_text

LETTERS = Vocabulary(
    columns={sign: at + 1 for at, sign in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ'")},
    blank=0,
    delimiter=28,
)
SUBWORDS = Vocabulary(
    columns={
        piece: at for at, piece in enumerate(("▁", "▁the", "▁th", "e", "▁a", "s", "t", "h", "o"))
    },
    blank=9,
)
VOWELS = {"AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"}
PHONES = VOWELS | {"CH", "DH", "HH", "JH", "NG", "SH", "TH", "ZH", *"BDFGKLMNPRSTVWYZ"}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("7", "seven"), ("21st", "twenty first"), ("1984", "nineteen eighty four"),
        ("2024", "twenty twenty four"), ("2005", "two thousand five"), ("1900", "nineteen hundred"),
        ("2,500", "two thousand five hundred"), ("3.14", "three point one four"),
        ("1990s", "nineteen nineties"), ("50%", "fifty percent"), ("$5", "five dollars"),
        ("007", "zero zero seven"), ("R&D", "R and D"), ("-5", "minus five"),
        ("40th", "fortieth"), ("1,000,000", "one million"), ("hello", "hello"), ("", ""),
        ("1" * 20, " ".join(["one"] * 20)), ("v2.0.1", "v two point zero point one"),
    ],
)  # fmt: skip
def test_figures_as_words(written, said):
    assert spoken(written) == said


@given(st.integers(0, 10**15 - 1))
def test_every_number_can_be_said(number):
    assert all(word.isalpha() for word in cardinal(number).split())


def columns(word, language="en"):
    return LETTERS.spell(word, language)


def letters(text):
    return [LETTERS.delimiter if sign == " " else LETTERS.columns[sign] for sign in text.upper()]


def test_words_are_spelt_in_the_models_letters():
    assert columns("Hello,") == letters("hello")
    assert columns("don\u2019t") == letters("don't")
    assert columns("Café") == letters("cafe")
    assert columns("21-year-old") == letters("twenty one year old")
    assert columns("“quoted”") == letters("quoted")


def test_unknown_characters_are_wildcards():
    assert columns("日本", "ja") == [WILDCARD]
    assert columns("aжb", "ru") == [*letters("a"), WILDCARD, *letters("b")]
    assert columns("12", "de") == [WILDCARD]  # figures are English words in English alone
    assert columns("—") == []
    assert columns("'") == []


def test_the_fewest_pieces_spell_a_word():
    assert SUBWORDS.spell("these", "en") == [1, 5, 3]
    assert SUBWORDS.spell("to", "en") == [0, 6, 8]
    assert SUBWORDS.spell("THE", "en") == [1]
    assert SUBWORDS.spell("zest", "en") == [0, WILDCARD, 3, 5, 6]


@given(st.text(max_size=30))
def test_any_text_can_be_spelt(text):
    for vocabulary in (LETTERS, SUBWORDS):
        spelt = vocabulary.spell(text, "en")
        assert vocabulary.blank not in spelt
        assert all(column == WILDCARD or column >= 0 for column in spelt)
    pieces(text, "en")
    words = split_text(text)
    assert [sign for sign in "".join(words) if sign.isalnum()] == [
        sign for sign in text if sign.isalnum()
    ]
    assert all(word == word.strip() and word for word in words)


def test_scripts_without_blanks_are_split_at_punctuation():
    words = split_text("今日はいい天気です。でも、明日は雨がたくさん降るでしょうか")
    assert words[:2] == ["今日はいい天気です。", "でも、"]
    assert all(len(word) <= 14 for word in words)
    assert pieces("天気。", "ja") == ["天", "気"]
    assert split_text("안녕 하세요") == ["안녕", "하세요"]
    assert "".join(split_text("ก็ได้ครับผมชื่อสมชายมาจากเมืองไทย")) == "ก็ได้ครับผมชื่อสมชายมาจากเมืองไทย"


def test_what_says_nothing_goes_with_the_word_before():
    assert split_text("Well - yes... * no") == ["Well -", "yes... *", "no"]
    assert split_text("- - a") == ["a"]
    assert split_text(" \n ") == []


def test_words_are_compared_by_what_is_said():
    assert pieces("Twenty-One!", "en") == pieces("21", "en") == ["twenty", "one"]
    assert pieces("Don’t", "en") == pieces("don't", "en")
    assert pieces("ÉTÉ", "fr") == pieces("été", "fr")


@pytest.mark.parametrize(
    ("word", "said"),
    [("frobnitz", "F R AA B N IH T Z"), ("nlp", "EH N EH L P IY"), ("x'yzzy", None), ("日本", "")],
)
def test_new_words_can_be_said(word, said):
    assert said is None or pronounce(word) == said


@given(st.text("abcdefghijklmnopqrstuvwxyz'", max_size=20))
def test_a_pronunciation_is_of_known_phones(word):
    assert set(pronounce(word).split()) <= PHONES
    assert bool(pronounce(word)) == any(sign.isalpha() for sign in word)
