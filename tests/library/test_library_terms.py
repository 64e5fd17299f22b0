"""Terms: the same for a passage and a query, in any script, each where it stands in the text."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from loquitur.library.terms import terms, tokens, words

LANGUAGES = ("und", "en", "fr", "de", "ar", "el", "tr", "hi", "zh")
TEXTS = st.text(
    st.sampled_from(
        "aÀéßİıΣςjJ'\u2019-,1 0東京ｶﾞ한국\u1112\u1161\u11abกำที่👍🏽🇰🇷كِتَאבָ\u200d\u200cिह\u0301"
    )
    | st.characters(),
    max_size=30,
) | st.text(st.sampled_from("aBc'\"_-., \t012"), max_size=30)


@settings(max_examples=80, deadline=None)
@given(TEXTS, st.sampled_from(LANGUAGES))
@example("ΟΔΟΣ", "el")
@example("A''s 1,000,a'_b 1.000,000 12,3456", "fr")
@example("ｶﾞｲﾄﾞ", "zh")
@example("\u1112\u1161\u11ab", "und")
def test_both_ways_of_reading_agree(text, language):
    found = [*tokens(text, language=language)]
    assert [token.term for token in found] == terms(text, language=language)
    assert all(0 <= token.start < token.end <= len(text) for token in found)
    assert [token.start for token in found] == sorted(token.start for token in found)


@pytest.mark.parametrize(
    ("text", "query", "language"),
    [
        ("dell'arte", "arte", "it"), ("l\u2019homme", "homme", "fr"), ("don't", "dont", "en"),
        ("1,000", "1000", "und"), ("Straße", "strasse", "de"), ("Łódź", "lodz", "pl"),
        ("İstanbul", "istanbul", "tr"), ("ОДИН ещё", "еще", "ru"), ("كِتَابٌ", "كتاب", "ar"),
        ("שָׁלוֹם", "שלום", "he"), ("ｶﾞｲﾄﾞ", "ガイド", "ja"), ("👍🏽", "👍", "und"),
        ("co\u00adoperate", "cooperate", "en"), ("می\u200cروم", "میروم", "fa"),
        ("ΟΔΟΣ", "οδός", "el"), ("Café", "cafe", "und"), ("ＡＢＣ", "abc", "und"),
    ],
)  # fmt: skip
def test_what_is_written_otherwise_is_one_term(text, query, language):
    assert terms(query, language=language)[-1] in terms(text, language=language)


@pytest.mark.parametrize(
    ("text", "query"),
    [("東京都知事", "京都"), ("量子力学的", "力学"), ("한국어문법", "국어"), ("ประเทศไทย", "ไทย"),
     ("ພາສາລາວ", "ລາວ"), ("ភាសាខ្មែរ", "ភាសា")],
)  # fmt: skip
def test_words_are_found_in_longer_runs(text, query):
    found, wanted = terms(text), terms(query)
    assert any(found[at : at + len(wanted)] == wanted for at in range(len(found) - len(wanted) + 1))


def test_words_as_typed_stand_where_they_stood():
    text = "The “e-mail” of 東京, 1,000 times"
    found = [*words(text)]
    assert [word.text for word in found] == ["the", "e", "mail", "of", "東京", "1,000", "times"]
    assert [text[word.start : word.end] for word in found] == [
        "The", "e", "mail", "of", "東京", "1,000", "times",
    ]  # fmt: skip
    assert [word.run for word in found].count(True) == 1


def test_threads_do_not_stem_into_each_other():
    endings = ("s", "ing", "ed", "ly", "ness", "ational", "fulness", "ization")
    words = [f"{chr(97 + at % 26)}run{at}al{ending}" for at in range(400) for ending in endings]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            found = [*threads.map(lambda _: terms(" ".join(words), language="en"), range(4))]
    finally:
        sys.setswitchinterval(interval)
    alone = [terms(f"{word} \u00e9", language="en")[0] for word in words]
    assert all(each == alone for each in found)
