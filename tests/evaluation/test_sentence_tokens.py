"""Tokens as Stanford's tokenizer cuts them in coco-caption (what it answered stands here)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.evaluation.sentences.tokens import PUNCTUATION, tokens_of


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("A man isn't running, he's WALKING!", "a man is n't running he 's walking"),
        ('two dogs (one black) run -- fast... and "quoted" text',
         "two dogs -lrb- one black -rrb- run fast and quoted text"),
        ("it costs $3,000.50 at 10:30 p.m. in the U.S. today",
         "it costs $ 3,000.50 at 10:30 p.m. in the u.s. today"),
        ("man/woman and/or a black-and-white", "man/woman and/or a black-and-white"),
        ("I cannot, gonna gotta wanna go", "i can not gon na got ta wan na go"),
        ("the dogs' owner's hat ; rock 'n' roll", "the dogs owner 's hat rock 'n' roll"),
        ("50% of 3/4 cups & salt * star", "50 % of 3/4 cups & salt * star"),
        ("don’t “smart” quotes – en — em…", "do n't smart quotes en em"),
        ("e-mail me@x.com http://a.b/c?d=e 1st '90s", "e-mail me@x.com http://a.b/c?d=e 1st '90s"),
        ("hello,world no.space.after end.", "hello world no.space.after end"),
        ("Mr. Smith dr. no", "mr. smith dr. no"),
        ("three-year-old boy's 5'10\" tall", "three-year-old boy 's 5 10 tall"),
    ],
)  # fmt: skip
def test_tokens_are_those_of_stanford(text: str, tokens: str) -> None:
    assert " ".join(tokens_of(text)) == tokens


@pytest.mark.parametrize(
    ("text", "language", "tokens"),
    [
        ("一个人在跑。", "zh", "一 个 人 在 跑"),
        ("男の人", "ja", "男 の 人"),
        ("Der Hund läuft über die Straße.", "de", "der hund läuft über die straße"),
        ("😀 !!! \u200b", "en", ""),
        ("☕\ufe0f 👩\u200d👧", "en", "☕"),
        ("एक आदमी घोड़े पर।", "hi", "एक आदमी घोड़े पर"),
        ("שָׁלוֹם עולם", "he", "שָׁלוֹם עולם"),
        ("ผู้ชายขี่ม้า", "th", "ผู้ ช า ย ขี่ ม้ า"),
        ("İstanbul'da ISI", "tr", "istanbul'da ısı"),
        ("İstanbul'a", "en", "istanbul'a"),
    ],
)
def test_other_scripts(text: str, language: str, tokens: str) -> None:
    assert " ".join(tokens_of(text, language)) == tokens


@settings(max_examples=30)
@given(st.text(max_size=80))
def test_any_text_gives_tokens_without_blanks_or_punctuation(text: str) -> None:
    for token in tokens_of(text):
        assert token
        assert not any(sign.isspace() for sign in token)
        assert token not in PUNCTUATION


@settings(max_examples=30)
@given(st.lists(st.sampled_from(("a", "man", "dogs", "t-shirt", "café")), max_size=12))
def test_plain_words_stay_what_they_are(words: list[str]) -> None:
    assert list(tokens_of(" ".join(words))) == words
