"""An aligner's words held against what the recogniser heard, and cut into parts."""

from __future__ import annotations

import pytest

from loquitur.model.speech import RawWord, Word
from loquitur.speech.placing import Search, in_order, in_parts
from loquitur.speech.windows import Cast, Window
from loquitur.testing import signals
from loquitur.timing import Span

WINDOW = Window(first=0, last=4, start_ms=1_000, end_ms=6_000)
SOUND = signals.ArraySamples(sound=signals.voice(6_000))


class Fixed:
    """An aligner that says the starts it was given."""

    languages = ()
    longest_ms = 15_000

    def __init__(self, *starts):
        self.starts = starts

    def align(self, samples, words, *, language):
        assert len(samples) == 5_000 * 16
        for word, start in zip(words, self.starts, strict=True):
            end = None if start is None else start + 200.0
            yield RawWord(start_ms=start, end_ms=end, text=word, timing="aligned")


def found(aligner, *known):
    """Starts in the window, with how they were found; `known` are starts in media time."""
    spans = tuple(at and Span(start_ms=at, end_ms=at + 300) for at in known)
    laid = Cast(words=("a", "b", "c", "d"), windows=(WINDOW,), known=spans, findings=(), match=1.0)
    search = Search(
        engine=aligner, samples=SOUND, gain_db=0.0, texts=laid.words, language="en", laid=laid
    )
    return [(word.start_ms, word.timing) for word in search.find(WINDOW)]


def test_words_near_what_was_heard_are_the_aligners():
    placed = found(Fixed(100.0, 900.0, 2_000.0, 3_000.0), 1_200, None, 3_300, None)
    assert placed == [(at, "aligned") for at in (100.0, 900.0, 2_000.0, 3_000.0)]


def test_words_far_from_what_was_heard_are_the_recognisers():
    placed = found(Fixed(3_400.0, 3_600.0, 3_700.0, 3_800.0), None, 2_000, 3_000, 4_700)
    assert placed == [
        (None, "interpolated"),  # it would lie behind a word that follows it
        (1_000, "engine"),
        (2_000, "engine"),
        (3_800.0, "aligned"),
    ]


def test_a_lone_word_may_be_another_instance_and_moves_nothing():
    placed = found(Fixed(100.0, 900.0, 2_000.0, 3_000.0), 5_000, None, 3_300, None)
    assert placed == [(at, "aligned") for at in (100.0, 900.0, 2_000.0, 3_000.0)]


def test_where_nothing_is_aligned_what_was_heard_is_taken():
    nothing = Fixed(None, None, None, None)
    assert found(nothing, 1_500, None, None, 4_000)[::3] == [
        (500, "engine"),
        (3_000, "engine"),
    ]
    starts = [start for start, _ in found(nothing, None, None, None, None)]
    assert starts == sorted(starts)
    assert None not in starts


def test_parts_hold_every_window_once():
    windows = [
        Window(first=at, last=at + 1, start_ms=at * 50_000, end_ms=at * 50_000 + 40_000)
        for at in range(7)
    ]
    parts = list(in_parts(windows, part_ms=120_000))
    assert [window for part in parts for window in part] == windows
    assert [len(part) for part in parts] == [2, 2, 2, 1]
    assert list(in_parts([], part_ms=1)) == []


@pytest.mark.parametrize("starts", [[0, 100, 50, 200], [5, 5, 5], []])
def test_starts_never_fall(starts):
    words = [Word(start_ms=at, end_ms=at + 10, text="x") for at in starts]
    ordered = list(in_order(words))
    assert len(ordered) == len(words)
    assert [word.start_ms for word in ordered] == sorted(word.start_ms for word in ordered)
