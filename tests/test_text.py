import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.text import STEM_MAX_BYTES, display, grapheme_count, graphemes, safe_stem


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("A plain title", "A plain title"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..", "untitled"),
        (".", "untitled"),
        ("", "untitled"),
        ("   \t\r\n ", "untitled"),
        ("\x00\x1b\x7f\x9f", "untitled"),
        ('a/b\\c:d*e?f"g<h>i|j', "a_b_c_d_e_f_g_h_i_j"),
        (".hidden", "hidden"),
        ("ends with dots... ", "ends with dots"),
        ("two\nlines\tand\ttabs", "two lines and tabs"),
        ("CON", "_CON"),
        ("con.mp4", "_con.mp4"),
        ("Con .x", "_Con .x"),
        ("lpt9.tar.gz", "_lpt9.tar.gz"),
        ("COM¹", "_COM¹"),
        ("console", "console"),
        ("com10", "com10"),
        ("photo\u202egnp.exe", "photognp.exe"),
        ("\u2066iso\u2069lated\ufeff", "isolated"),
        ("cafe\u0301", "caf\u00e9"),
        ("caf\udce9", "caf_"),
        ("👨‍👩‍👧 at the zoo", "👨‍👩‍👧 at the zoo"),
        ("می‌خواهم", "می‌خواهم"),
        ("-rf", "-rf"),
    ],
)
def test_a_title_becomes_one_safe_name(title, stem):
    assert safe_stem(title) == stem


def test_the_identifier_fits_behind_a_long_title():
    stem = safe_stem("é" * 400, ident="dQw4w9WgXcQ")
    assert stem.endswith(" [dQw4w9WgXcQ]")
    assert len(stem.encode()) in (STEM_MAX_BYTES - 1, STEM_MAX_BYTES)


def test_a_hostile_identifier_is_made_safe_and_short():
    stem = safe_stem("t", ident="../" * 200)
    assert "/" not in stem
    assert len(stem.encode()) <= 80


def test_a_cut_never_splits_a_character():
    for length in range(150, 260):
        stem = safe_stem("a" * length + "😀" * 20)
        assert len(stem.encode()) <= STEM_MAX_BYTES
        assert set(stem) <= {"a", "😀"}


anything = st.text(st.characters(), max_size=300) | st.text(
    st.sampled_from('/\\:*?"<>|. \u200d\u202e\u0301\udce9conCON\n'), max_size=300
)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(title=anything, ident=st.just("") | st.text(st.characters(), max_size=100))
def test_every_name_is_safe(title, ident):
    stem = safe_stem(title, ident=ident)
    assert stem
    assert len(stem.encode()) <= STEM_MAX_BYTES
    assert not set(stem) & set('/\\:*?"<>|')
    assert not stem.startswith((".", " "))
    assert not stem.endswith((".", " "))
    assert not {unicodedata.category(char) for char in stem} & {"Cc", "Cs", "Zl", "Zp"}
    assert unicodedata.is_normalized("NFC", stem)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(title=anything)
def test_a_second_pass_changes_nothing(title):
    assert safe_stem(safe_stem(title)) == safe_stem(title)


def test_a_hostile_length_is_no_work():
    # Sorting this many combining marks takes minutes where the whole text is normalised.
    marks = "\u0315\u0300\u05ae\u0316" * 250_000
    assert len(safe_stem("a" + marks).encode()) <= STEM_MAX_BYTES


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("naïve 😀 日本", "naïve 😀 日本"),
        ("\x1b[2Jgone", "\ufffd[2Jgone"),
        ("a\r\nb", "a\ufffd\ufffdb"),
        ("caf\udce9.mp4", "caf\ufffd.mp4"),
        ("x\u202ey\u2028z", "x\ufffdy\ufffdz"),
    ],
)
def test_display_is_one_harmless_line(text, shown):
    assert display(text) == shown
    display(text).encode()


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0), ("talk", 4), ("a b\n", 3), ("e\u0301", 1), ("é", 1), ("नमस्ते", 3), ("क्षमा", 2),
        ("นี้", 1), ("น้ำ", 1), ("각", 1), ("\u1100\u1161\u11a8", 1), ("🇰🇷🇩🇪", 2), ("👩‍👩‍👧", 1),
        ("👍🏽", 1), ("a\u200eb\u200b\ufeff", 2), ("שָׁלוֹם", 4), ("日本", 2), ("\x07a", 1),
    ],
)  # fmt: skip
def test_characters_as_readers_count_them(text, count):
    assert grapheme_count(text) == count
    assert "".join(graphemes(text)) == text
