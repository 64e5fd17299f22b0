"""A script on what was heard: windows that hold every word once, and what is left out."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.model.speech import EngineStamp, Passage, Word, Words
from loquitur.speech.windows import cast, of_passages, of_times
from loquitur.timing import Span

STAMP = EngineStamp(name="made", version="1")
VOCABULARY = [f"word{chr(97 + at // 26)}{chr(97 + at % 26)}" for at in range(400)]


def text(count, seed):
    rng = random.Random(seed)
    return [rng.choice(VOCABULARY) for _ in range(count)]


def heard(words, *, start_ms=1_000, pace_ms=350, wrong=0.0, seed=0, pause_at=(), pause_ms=2_500):
    """What a recogniser makes of words said at a pace: some misheard, pauses before some."""
    rng = random.Random(seed)
    made = []
    at_ms = start_ms
    for at, word in enumerate(words):
        at_ms += pause_ms if at in pause_at else 0
        said = rng.choice(["mumble", "", "er"]) if rng.random() < wrong else word
        if said:
            made.append(Word(start_ms=at_ms, end_ms=at_ms + pace_ms - 30, text=said))
        at_ms += pace_ms
    return Words(words=tuple(made), language="en", engine=STAMP), at_ms + 1_000


def check(laid, end_ms):
    """Every word in one window, windows in order, apart, inside the sound."""
    places = [at for window in laid.windows for at in range(window.first, window.last)]
    assert places == list(range(len(laid.words)))
    reached = 0
    for window in laid.windows:
        assert reached <= window.start_ms < window.end_ms <= end_ms
        reached = window.end_ms


def holds_its_words(laid, truth):
    """The share of words whose true start lies in their window."""
    inside = [
        window.start_ms <= truth[laid.words[at]] < window.end_ms
        for window in laid.windows
        for at in range(window.first, window.last)
        if laid.words[at] in truth
    ]
    return sum(inside) / len(inside)


def test_a_script_that_fits_is_cut_into_windows():
    words = [f"{word}{at}" for at, word in enumerate(text(600, 1))]
    found, end_ms = heard(words, wrong=0.3)
    truth = {word: 1_000 + at * 350 for at, word in enumerate(words)}
    laid = cast(words, found, bounds=Span(start_ms=0, end_ms=end_ms))
    check(laid, end_ms)
    assert laid.words == tuple(words)
    assert laid.findings == ()
    assert laid.match > 0.55
    assert max(window.span.duration_ms for window in laid.windows) <= 26_000
    assert holds_its_words(laid, truth) > 0.99


def test_a_passage_that_is_not_said_is_left_out_and_told():
    words, unsaid = text(300, 2), [f"never{at}" for at in range(40)]
    found, end_ms = heard(words, wrong=0.2)
    script = [*words[:150], *unsaid, *words[150:]]
    laid = cast(script, found, bounds=Span(start_ms=0, end_ms=end_ms))
    check(laid, end_ms)
    assert not set(laid.words) & set(unsaid)
    assert len(laid.words) >= 290
    (finding,) = laid.findings
    assert (finding.guard, finding.action) == ("script", "removed")
    assert "never20" in finding.text
    assert abs(finding.start_ms - (1_000 + 150 * 350)) < 2_000


def test_speech_that_is_not_in_the_script_stays_out_of_the_windows():
    said = [f"{word}{at}" for at, word in enumerate(text(400, 3))]
    script = [*said[:150], *said[250:]]
    found, end_ms = heard(said, wrong=0.1)
    laid = cast(script, found, bounds=Span(start_ms=0, end_ms=end_ms))
    check(laid, end_ms)
    assert laid.words == tuple(script)
    (finding,) = [item for item in laid.findings if item.action == "flagged"]
    assert said[200] in finding.text or finding.text.endswith("...")
    gap = (1_000 + 155 * 350, 1_000 + 245 * 350)
    assert not any(w.start_ms < gap[0] and w.end_ms > gap[1] for w in laid.windows)
    truth = {word: 1_000 + at * 350 for at, word in enumerate(said)}
    assert holds_its_words(laid, truth) > 0.98


def test_an_excerpt_finds_its_place_in_a_long_script():
    script = [f"{word}{at}" for at, word in enumerate(text(3_000, 4))]
    found, end_ms = heard(script[1_000:1_100])
    laid = cast(script, found, bounds=Span(start_ms=0, end_ms=end_ms))
    check(laid, end_ms)
    assert laid.match > 0.95
    assert set(script[1_000:1_100]) <= set(laid.words)
    assert len(laid.words) < 130


def test_one_chance_match_throws_no_text_away():
    """A wrong anchor would say that all the words before it have no time to be said."""
    words = [f"true{at}x" for at in range(40)]
    found, end_ms = heard([*words[30:33], *["mumble"] * 20, *words[33:40]], start_ms=500)
    laid = cast(words, found, bounds=Span(start_ms=0, end_ms=end_ms))
    check(laid, end_ms)
    removed = [item for item in laid.findings if item.action == "removed"]
    assert not removed or len(laid.words) >= 10


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["one", "two", "three", "forty", "5", "of", "the", "a"]), max_size=60),
    st.lists(st.sampled_from(["one", "two", "three", "five", "of", "the", "a"]), max_size=60),
    st.integers(10, 600),
)
def test_any_script_on_anything_heard(script, said, pace_ms):
    found, end_ms = heard(said, pace_ms=pace_ms + 31)
    laid = cast(script, found, bounds=Span(start_ms=0, end_ms=end_ms))
    check(laid, end_ms)
    left = list(script)
    for word in laid.words:  # in order, none twice
        del left[: left.index(word) + 1]
    assert 0.0 <= laid.match <= 1.0


def test_words_with_times_are_cut_at_pauses():
    found, end_ms = heard(text(200, 5), pause_at=(50, 120))
    windows = of_times(found.words, end_ms=end_ms)
    assert windows[0].first == 0
    assert {50, 120} <= {window.first for window in windows}
    for window in windows:
        for word in found.words[window.first : window.last]:
            assert window.start_ms <= word.start_ms < word.end_ms <= window.end_ms
    assert of_times((), end_ms=1_000) == ()


def test_passages_with_a_guess_in_them_are_windows():
    words = tuple(
        Word(start_ms=at * 500, end_ms=at * 500 + 400, text="x", timing=timing)
        for at, timing in enumerate(["engine", "engine", "interpolated", "engine"])
    )
    passages = (
        Passage(start_ms=0, end_ms=1_000, count=2),
        Passage(start_ms=1_000, end_ms=2_000, count=2),
    )
    (window,) = of_passages(Words(words=words, language="en", engine=STAMP, passages=passages))
    assert (window.first, window.last, window.start_ms, window.end_ms) == (2, 4, 1_000, 2_000)
    with pytest.raises(ValueError, match="add up"):
        Words(words=words, language="en", engine=STAMP, passages=passages[:1])
