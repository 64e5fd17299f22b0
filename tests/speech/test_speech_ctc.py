"""Forced alignment against every path there is, and over ten hours in bounded memory."""

from __future__ import annotations

import itertools
import tracemalloc
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.speech.ctc import WILDCARD, Placed, SearchOptions, align, log_softmax

BLANK = 0


def made_of(path, *, columns=6, sure=6.0, seed=0):
    """Emissions that say a path of columns, with some noise."""
    logits = np.random.default_rng(seed).standard_normal((len(path), columns)).astype(np.float32)
    logits[np.arange(len(path)), path] += sure
    return log_softmax(logits)


def best_by_force(emissions, tokens, blank=BLANK):
    """The best score over all label paths that collapse to the tokens, by trying each."""
    columns = emissions.shape[1]
    best = -np.inf
    for path in itertools.product(range(columns), repeat=len(emissions)):
        said = [label for label, _ in itertools.groupby(path) if label != blank]
        if said == list(tokens):
            best = max(best, float(sum(emissions[t, label] for t, label in enumerate(path))))
    return best


def score_of(emissions, tokens, placed, blank=BLANK):
    """The score of the path that the places describe."""
    labels = np.full(len(emissions), blank)
    for token, place in zip(tokens, placed, strict=True):
        labels[place.start : place.end] = token
    return float(emissions[np.arange(len(emissions)), labels].sum()), labels


@settings(max_examples=150, deadline=None)
@given(
    frames=st.integers(1, 6),
    tokens=st.lists(st.integers(1, 2), min_size=1, max_size=4),
    seed=st.integers(0, 10_000),
    blocks=st.integers(1, 4),
)
def test_agrees_with_brute_force(frames, tokens, seed, blocks):
    logits = np.random.default_rng(seed).standard_normal((frames, 3)).astype(np.float32) * 2
    emissions = log_softmax(logits)
    pieces = [emissions[at : at + blocks] for at in range(0, frames, blocks)]
    placed = align(pieces, tokens, blank=BLANK)
    best = best_by_force(emissions, tokens)
    if placed is None:
        assert best == -np.inf
        return
    score, labels = score_of(emissions, tokens, placed)
    said = [int(label) for label, _ in itertools.groupby(labels) if label != BLANK]
    assert said == tokens
    assert score == pytest.approx(best, abs=1e-4)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(2, 40))
def test_a_band_wider_than_the_path_strays_changes_nothing(seed, count):
    random = np.random.default_rng(seed)
    tokens = random.integers(1, 6, count).tolist()
    path = []
    for token in tokens:
        path += [BLANK] * int(random.integers(1, 4)) + [token] * int(random.integers(1, 3))
    emissions = made_of([*path, BLANK], seed=seed)
    whole = align([emissions], tokens, blank=BLANK)
    narrow = SearchOptions(band_states=24, lag_frames=16)
    assert align([emissions], tokens, blank=BLANK, options=narrow) == whole


def test_finds_the_path_it_was_made_of():
    path = [0, 1, 1, 0, 0, 2, 3, 3, 0, 3, 0]
    placed = align([made_of(path)], [1, 2, 3, 3], blank=BLANK)
    assert [(place.start, place.end) for place in placed] == [(1, 3), (5, 6), (6, 8), (9, 10)]
    assert all(place.log_probability < 0 for place in placed)


def test_an_unknown_character_takes_what_is_said_there():
    path = [0, 1, 0, 4, 4, 5, 0, 2, 0]
    placed = align([made_of(path)], [1, WILDCARD, WILDCARD, 2], blank=BLANK)
    first, one, other, last = ((place.start, place.end) for place in placed)
    assert (first, last) == ((1, 2), (7, 8))
    assert (one[0], other[1]) == (3, 6)
    assert one[1] == other[0]  # where one sound ends and the next begins cannot be known


def test_text_that_does_not_fit_gives_nothing():
    assert align([made_of([1, 2])], [1, 2, 3], blank=BLANK) is None
    assert align([made_of([1, 1])], [1, 1], blank=BLANK) is None  # alike: a blank must be between
    assert align([], [1], blank=BLANK) is None
    assert align([made_of([1])], [], blank=BLANK) == []
    silent = np.full((4, 3), -np.inf, dtype=np.float32)
    silent[:, BLANK] = 0.0
    assert align([silent], [1], blank=BLANK) is None


@pytest.mark.parametrize("tokens", [[BLANK], [-2], [6]])
def test_what_is_no_token_is_refused(tokens):
    with pytest.raises(ValueError, match=r"token"):
        align([made_of([0, 0, 0])], tokens, blank=BLANK)


def test_log_softmax_leaves_log_probabilities_alone():
    values = log_softmax(np.random.default_rng(0).standard_normal((5, 7)).astype(np.float32))
    assert np.allclose(np.exp(values).sum(axis=-1), 1.0, atol=1e-5)
    assert np.allclose(log_softmax(values), values, atol=1e-5)


def long_text(count, seed=0):
    """Tokens, and the frame at which each begins: about six frames a token, pauses between."""
    random = np.random.default_rng(seed)
    tokens = random.integers(1, 32, count)
    lengths = random.integers(3, 9, count) + 50 * (random.random(count) < 0.01)
    return tokens, np.concatenate([[0], np.cumsum(lengths)])


def spoken(tokens, edges, block=5_000, columns=32):
    """Emissions of the tokens, made block by block: no more than a block is ever held."""
    total = int(edges[-1])
    for first in range(0, total, block):
        last = min(total, first + block)
        frames = np.arange(first, last)
        token = np.searchsorted(edges, frames, side="right") - 1
        early = frames - edges[token] < 2
        label = np.where(early, tokens[token], BLANK)
        noise = np.random.default_rng(first).standard_normal((last - first, columns))
        noise[np.arange(last - first), label] += 7.0
        yield log_softmax(noise.astype(np.float32))


@pytest.mark.slow
def test_memory_does_not_grow_with_the_text():
    options = SearchOptions(band_states=512, lag_frames=512)
    peaks = []
    for count in (500, 2_000):
        tokens, edges = long_text(count)
        tracemalloc.start()
        blocks = spoken(tokens, edges, block=500)
        placed = align(blocks, tokens.tolist(), blank=BLANK, options=options)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        starts = np.array([place.start for place in placed])
        assert np.median(np.abs(starts - edges[:-1])) == 0
        assert np.percentile(np.abs(starts - edges[:-1]), 99) <= 1
    frames = long_text(2_000)[1][-1] - long_text(500)[1][-1]
    assert peaks[1] - peaks[0] < 128 * frames, "a few numbers a frame, not a column"


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_ten_hours():
    """1.8 million frames of 20 ms, 300,000 letters, in the default band; in a process of its own.

    Its whole memory is counted, with the interpreter's: tracing allocations takes thrice as long.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as own:
        late, peak_bytes = own.submit(aligned_for_hours, 300_000).result()
    assert late <= 1
    assert peak_bytes < 500e6


def aligned_for_hours(count):
    """By how many frames 99 of 100 starts are off at most; the memory at its height."""
    tokens, edges = long_text(count)
    assert edges[-1] > 1_750_000
    placed = align(spoken(tokens, edges), tokens.tolist(), blank=BLANK)
    assert isinstance(placed[0], Placed)
    starts = np.array([place.start for place in placed])
    status = Path("/proc/self/status").read_text()
    peak_bytes = int(status.partition("VmHWM:")[2].split()[0]) * 1024
    return float(np.percentile(np.abs(starts - edges[:-1]), 99)), peak_bytes
