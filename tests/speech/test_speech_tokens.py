from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.speech.tokens import FRAME_S, OPEN_END_S, SHORTEST_MS, Token, group_tokens, split_text


def _group(*pieces, duration_ms=10_000):
    """Pieces as (text, start frame, frames or None[, log])."""
    tokens = [
        Token(
            text=piece[0],
            start_s=piece[1] * FRAME_S,
            end_s=None if piece[2] is None else (piece[1] + piece[2]) * FRAME_S,
            log_probability=piece[3] if len(piece) > 3 else None,
        )
        for piece in pieces
    ]
    return list(group_tokens(tokens, duration_ms=duration_ms))


def _texts(*texts):
    return [word.text for word in _group(*((text, i, 1) for i, text in enumerate(texts)))]


def test_pieces_become_words_with_the_decoders_spans():
    words = _group((" he", 1, 1), ("llo", 2, 3), (" world", 10, 2))
    assert [(w.text, w.start_ms, w.end_ms) for w in words] == [
        ("hello", 80, 400),
        ("world", 800, 960),
    ]


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["▁he", "llo", "▁wor", "ld"], ["hello", "world"]),
        ([" yes", ",", " no", "."], ["yes,", "no."]),
        ([" yes", " ,", " no", " !"], ["yes,", "no!"]),
        ([" it", "'", "s", " well", "-", "known"], ["it's", "well-known"]),
        ([' "', "hi", '"', " she"], ['"hi"', "she"]),
        ([" one", " –", " two"], ["one –", "two"]),
        ([" –", " one"], ["– one"]),
        ([" ¿", "qué", "?"], ["¿qué?"]),
        ([" 3", ".", "5", " %"], ["3.5", "%"]),
        ([" ", "the", " ", ",", "▁", "end"], ["the,", "end"]),
        (["no", "blank"], ["noblank"]),
        ([" a", "<unk>", " b", "<|nospeech|>", "<|endoftext|>"], ["a", "b"]),
        ([".", " ,", "?"], []),
        ([], []),
    ],
)
def test_spelling(pieces, expected):
    assert _texts(*pieces) == expected


def test_punctuation_gives_a_word_no_time():
    (word,) = _group((" done", 2, 2), (".", 12, 4))
    assert (word.text, word.start_ms, word.end_ms) == ("done.", 160, 320)


def test_a_duration_of_nothing_is_one_frame():
    (word,) = _group((" a", 5, 0))
    assert (word.start_ms, word.end_ms) == (400, 480)


def test_without_durations_a_word_lasts_until_the_next_at_most_400_ms():
    words = _group((" a", 0, None), (" b", 3, None), (" c", 50, None))
    assert [(w.start_ms, w.end_ms) for w in words] == [(0, 240), (240, 640), (4000, 4400)]
    assert words[1].end_ms - words[1].start_ms == round(1000 * OPEN_END_S)


def test_an_end_never_passes_the_next_start():
    words = _group((" a", 0, 9), (" b", 3, 1))
    assert words[0].end_ms == words[1].start_ms == 240


def test_words_are_cut_to_the_chunk():
    words = _group((" a", 0, 1), (" b", 20, 4), duration_ms=1610)
    assert [(w.start_ms, w.end_ms) for w in words] == [(0, 80), (1590, 1610)]
    assert _group((" a", 0, 1), duration_ms=SHORTEST_MS - 1) == []
    assert _group((" a", 0, 1), duration_ms=0) == []


def test_confidence_is_the_geometric_mean_of_posteriors():
    (word,) = _group((" a", 0, 1, math.log(0.5)), ("b", 1, 1, math.log(0.125)))
    assert word.confidence == pytest.approx(0.25)
    assert _group((" a", 0, 1))[0].confidence is None
    assert _group((" a", 0, 1, 0.1))[0].confidence == 1.0
    assert _group((" a", 0, 1, -math.inf))[0].confidence == 0.0
    assert _group((" a", 0, 1, math.nan))[0].confidence is None


_PIECES = st.sampled_from(
    [" the", "▁a", "b", "ing", ".", ",", " -", " ", "▁", "<unk>", '"', " ¿", "’"]
)


@settings(derandomize=True, deadline=None)
@given(
    pieces=st.lists(st.tuples(_PIECES, st.integers(0, 4), st.integers(0, 4)), max_size=40),
    duration_ms=st.integers(0, 4000),
    timed=st.booleans(),
)
def test_words_are_valid_ordered_and_keep_every_letter(pieces, duration_ms, timed):
    frame = 0
    timeline = []
    for text, step, frames in pieces:
        timeline.append((text, frame, frames if timed else None))
        frame += step
    words = _group(*timeline, duration_ms=duration_ms)
    starts = [word.start_ms for word in words]
    assert starts == sorted(starts)
    assert all(0 <= w.start_ms < w.end_ms <= duration_ms for w in words)
    assert all(type(w.start_ms) is int and type(w.end_ms) is int for w in words)
    if duration_ms >= SHORTEST_MS:
        letters = "".join(
            c for text, _, _ in pieces if text != "<unk>" for c in text if c.isalnum()
        )
        assert "".join(c for w in words for c in w.text if c.isalnum()) == letters


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ()),
        (" Hello, world . ", ("Hello,", "world.")),
        ("<|en|> Hello <|notimestamps|> there", ("Hello", "there")),
        ("你好，世界。", ("你", "好，", "世", "界。")),
        ("GPT4を使う", ("GPT4", "を", "使", "う")),
        ("— well — yes", ("— well —", "yes")),
        ("สวัสดี ครับ", ("สวัสดี", "ครับ")),
    ],
)
def test_text_without_times_is_cut_to_words(text, words):
    assert split_text(text) == words


def test_tokens_of_scripts_without_blanks_are_words_of_their_own():
    tokens = [Token(text=t, start_s=i * 0.1) for i, t in enumerate(["你", "好", "，", "OK", "吗"])]
    assert [w.text for w in group_tokens(tokens, duration_ms=2000)] == ["你", "好，", "OK", "吗"]
