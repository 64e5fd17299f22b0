from __future__ import annotations

import pytest

from loquitur.subtitles.graphemes import graphemes, measure
from loquitur.subtitles.layout import break_lines, ends_phrase, ends_sentence, reaches, width
from loquitur.subtitles.limits import Limits


def lines_of(text: str, line_width: int = 42) -> list[str]:
    return break_lines(text, limits=Limits(line_width=line_width), language="en")


def test_lines_break_where_it_reads_best():
    assert lines_of("It was the best of times it was the worst of times") == [
        "It was the best of times",
        "it was the worst of times",
    ]
    assert lines_of("short\nthing") == ["short thing"]
    assert lines_of("") == []
    assert lines_of("We stayed at home today. And where were you all?") == [
        "We stayed at home today.",
        "And where were you all?",
    ]
    assert lines_of(
        "He went to the United States of America because of his wife and children."
    ) == [
        "He went to the United States of America",
        "because of his wife and children.",
    ]
    assert lines_of("one two three four", 5) == ["one", "two", "three", "four"]


def test_a_word_longer_than_a_line_has_its_own():
    url = "https://example.org/" + "x" * 60
    assert lines_of(f"See {url} now") == ["See", url, "now"]


def test_what_fits_on_a_line():
    assert reaches([3, 3, 3, 50], 7) == [2, 3, 3, 4]


def test_widths_and_ends():
    assert (width("ab"), width("漢字"), width("e\u0301"), width("ﬁ")) == (2, 4, 1, 1)
    assert [ends_sentence(one) for one in ("Mr.", "J.", "3.5", "end.", "終。", "so?»", "a…")] == [
        *(False, False, False),
        *(True, True, True, True),
    ]
    assert ends_sentence("bzw.")
    assert not ends_sentence("bzw.", "de")
    assert [ends_phrase(one) for one in ("so,", "so", "well--", "これ、")] == [
        True,
        False,
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("e\u0301a", 2),
        ("क्षि", 1),
        ("नमस्ते", 3),
        ("น้ำ", 1),
        ("สวัสดี", 4),
        ("👩‍👩‍👧👍🏽", 2),
        ("🇫🇷🇩🇪🇮", 3),
        ("각각", 1 + 1),
        ("한국어", 3),
        ("a\u200d\u200fb", 2),
        ("שָׁלוֹם", 4),
        ("\r\n", 1),
    ],
)
def test_grapheme_clusters(text, count):
    assert len(graphemes(text)) == count
    assert "".join(graphemes(text)) == text


def test_lengths_as_guidelines_count():
    assert measure("한국어 a!") == 6
    assert measure("한국어 a!", "halves") == 4.5
    assert measure("한국어 a!", "cells") == 9
    assert measure("\u200fשלום\u200e") == 4
    assert measure("abc", "halves") == 1.5
