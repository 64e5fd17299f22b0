from __future__ import annotations

import pytest

from loquitur.insight.tokens import tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("नमस्ते दुनिया।", ["नमस्ते", "दुनिया"]),  # vowel signs are no letters, but of the word
        ("مَرحَبًا بالعالم", ["مَرحَبًا", "بالعالم"]),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            ["\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"],
        ),
        ("สวัสดี", ["สว", "วั", "ัส", "สด", "ดี"]),
        ("안녕하세요 여러분", ["안녕하세요", "여러분"]),
        ("It\u2019s a CAFE\u0301", ["it's", "a", "café"]),
        ("東京都 Tower", ["東京", "京都", "tower"]),
        ("\u2764\ufe0f\u200d\U0001f525 hi 1\ufe0f\u20e3", ["hi", "1"]),
        ("\u0301 \u200d", []),
    ],
)
def test_words_of_any_script(text, expected):
    assert tokens(text) == expected
