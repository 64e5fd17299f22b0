"""Searches on a net that is written down: what is likeliest is known by trying everything."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loquitur.errors import EngineError, UsageError
from loquitur.vision.decoding import search
from loquitur.vision.decoding.beam import beam
from loquitur.vision.decoding.greedy import greedy
from loquitur.vision.decoding.options import Decoding, parse_decoding
from loquitur.vision.decoding.sampling import draw
from loquitur.vision.decoding.search import decode, padded
from loquitur.vision.vocabulary import BOS, EOS

A, B, C = 4, 5, 6


class Scripted:
    """A net whose next word depends on the words so far: a table, else chance by the seed.

    A clip is one number, its seed; what was written is the state.
    """

    def __init__(self, table=None, *, words=7, sharp=2.0):
        self.table, self.words, self.sharp = table or {}, words, sharp
        self.rows = []

    def begin(self, features, lengths):
        assert (lengths >= 1).all()
        return [(int(clip[0, 0]), ()) for clip in features]

    def scores(self, clip, said):
        if said in self.table:
            shares = np.full(self.words, 1e-9)
            for word, share in self.table[said].items():
                shares[word] = share
            return np.log(shares / shares.sum())
        chance = np.random.default_rng((clip, *said))
        logits = chance.normal(size=self.words) * self.sharp
        return logits - np.log(np.exp(logits).sum())

    def step(self, words, state):
        self.rows.append(len(words))
        after = [
            (clip, said if word == BOS else (*said, int(word)))
            for (clip, said), word in zip(state, words, strict=True)
        ]
        scores = np.array([self.scores(*one) for one in after], dtype=np.float32)
        return scores, after

    def select(self, state, rows):
        return [state[row] for row in rows]

    def log_probability(self, clip, words, finished):
        said, total = (), 0.0
        for word in (*words, EOS) if finished else words:
            total += float(np.float32(self.scores(clip, said)[word]))
            said = (*said, word)
        return total


def clips(*seeds):
    return [np.full((1 + seed % 3, 2), seed, dtype=np.float32) for seed in seeds]


def batch(*seeds):
    return padded(clips(*seeds))


def everything(net, clip, decoding):
    """All sentences there are, with their log-probabilities."""
    for count in range(decoding.least, decoding.most + 1):
        for words in itertools.product(range(4, net.words), repeat=count):
            finished = count < decoding.most
            yield words, finished, net.log_probability(clip, words, finished)


# what greedy walks into: A is likelier first, but then everything is open
TRAP = {
    (): {A: 0.6, B: 0.4},
    (A,): {A: 0.26, B: 0.25, C: 0.25, EOS: 0.24},
    (B,): {C: 0.98, EOS: 0.02},
    (B, C): {EOS: 0.99, A: 0.01},
}


def test_a_beam_finds_what_greedy_walks_past():
    net = Scripted(TRAP)
    (first,) = greedy(net, *batch(0), Decoding(most=3))
    assert first.words[0] == A
    (found,) = beam(net, *batch(0), Decoding(by="beam", width=3, most=3))
    assert found[0].words == (B, C)
    assert found[0].finished
    assert found[0].log_probability == pytest.approx(np.log(0.4 * 0.98 * 0.99), abs=1e-5)
    assert found[0].length == 3
    assert found[0].score == pytest.approx(found[0].log_probability / 3)


@pytest.mark.parametrize("power", [0.0, 0.7, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_a_wide_beam_finds_the_optimum(seed, power):
    net = Scripted()
    decoding = Decoding(by="beam", width=100, most=4, length_power=power)
    (likeliest,) = greedy(net, *batch(seed), decoding)
    (found,) = beam(net, *batch(seed), decoding)
    wanted = max(
        total / (len(words) + finished) ** power
        for words, finished, total in everything(net, seed, decoding)
        if total >= likeliest.log_probability - 1e-9
        and total / (len(words) + finished) >= likeliest.score - 1e-9
    )
    assert found[0].normalised(power) == pytest.approx(wanted, abs=1e-6)


@given(
    seeds=st.lists(st.integers(0, 10_000), min_size=1, max_size=6),
    width=st.integers(1, 6),
    power=st.sampled_from([0.0, 0.5, 0.7, 1.0]),
    most=st.integers(1, 6),
    sharp=st.floats(0.1, 6),
)
def test_a_beam_is_never_below_greedy(seeds, width, power, most, sharp):
    """In sum, a word, and by its own rank; and each says truly how likely it is."""
    net = Scripted(sharp=sharp)
    decoding = Decoding(by="beam", width=width, most=most, length_power=power)
    ones = greedy(net, *batch(*seeds), decoding)
    for seed, one, others in zip(seeds, ones, beam(net, *batch(*seeds), decoding), strict=True):
        best = others[0]
        assert best.log_probability >= one.log_probability
        assert best.score >= one.score
        for each in (0.0, 0.3, power, 1.0):
            assert best.normalised(each) >= one.normalised(each) - 1e-9
        assert 1 <= len(others) <= width
        assert len({(other.words, other.finished) for other in others}) == len(others)
        for other in others:
            truth = net.log_probability(seed, other.words, other.finished)
            assert other.log_probability == pytest.approx(truth, abs=1e-4)
            assert other.finished or len(other.words) == most
            assert set(other.words) <= set(range(4, 7))


@given(
    seeds=st.lists(st.integers(0, 99), min_size=2, max_size=7),
    rows=st.integers(1, 9),
    by=st.sampled_from(["greedy", "beam", "sample"]),
)
def test_how_clips_are_batched_changes_nothing(seeds, rows, by):
    decoding = Decoding(by=by, width=3, count=2, most=5, temperature=0.8, top_k=3, seed=3)
    together = decode(Scripted(), clips(*seeds), decoding)
    assert decode(Scripted(), clips(*seeds), decoding, rows=rows) == together
    if by != "sample":  # whose chance hangs on the place
        alone = [decode(Scripted(), clips(seed), decoding)[0] for seed in seeds]
        assert alone == together


def test_long_clips_are_read_in_small_batches(monkeypatch):
    """Else 256 clips of a thousand frames would be read at once, in gigabytes."""
    monkeypatch.setattr(search, "NUMBERS", 60)

    class Watched(Scripted):
        def begin(self, features, lengths):
            shapes.append(features.shape)
            return super().begin(features, lengths)

    shapes = []
    lengths = [10, 1, 40, 9, 1, 2, 10]
    given = [np.full((length, 2), at, dtype=np.float32) for at, length in enumerate(lengths)]
    found = decode(Watched(), given, rows=4)
    assert shapes == [(3, 2, 2), (3, 10, 2), (1, 40, 2)]
    monkeypatch.undo()
    assert found == decode(Scripted(), given)


def test_what_is_finished_is_not_stepped_again():
    ends = {(): {EOS: 0.9, A: 0.1}}
    net = Scripted(ends)
    greedy(net, *batch(0, 0, 0), Decoding(least=0))
    assert net.rows == [3]


def test_a_sentence_without_an_end_is_whole():
    """The chapter's code cuts such a sentence to one word."""
    forever = {(A,) * count: {A: 0.9, B: 0.1} for count in range(9)}
    net = Scripted(forever)
    for by in ("greedy", "beam"):
        ((one, *_),) = decode(net, clips(0), Decoding(by=by, most=8))
        assert one.words == (A,) * 8
        assert not one.finished
        assert one.length == 8
        assert one.log_probability == pytest.approx(8 * np.log(0.9), abs=1e-5)


@pytest.mark.parametrize("by", ["greedy", "beam", "sample"])
def test_special_words_are_never_written(by):
    liar = {(): {0: 0.4, 1: 0.3, 3: 0.2, A: 0.06, B: 0.04}, (A,): {3: 0.9, EOS: 0.1}}
    ((one, *_),) = decode(Scripted(liar), clips(0), Decoding(by=by, most=4))
    assert set(one.words) <= {A, B, C}
    # the mass of what may not be said stays out of no sum
    assert one.log_probability < np.log(0.11)


@pytest.mark.parametrize("by", ["greedy", "beam", "sample"])
def test_shortest_length(by):
    early = {(A,) * count: {EOS: 0.9, A: 0.1} for count in range(9)}
    for least in (0, 1, 3):
        decoding = Decoding(by=by, least=least, most=6, top_k=1)
        ((one, *_),) = decode(Scripted(early), clips(0), decoding)
        assert one.words == (A,) * least


@pytest.mark.parametrize("by", ["greedy", "beam", "sample"])
@pytest.mark.parametrize("run", [1, 2, 3])
def test_no_run_twice(by, run):
    parrot = Scripted(sharp=6.0)
    decoding = Decoding(by=by, most=12, no_repeat=run)
    for one in (each for found in decode(parrot, clips(*range(20)), decoding) for each in found):
        runs = [one.words[at : at + run] for at in range(len(one.words) - run + 1)]
        assert len(set(runs)) == len(runs)


@pytest.mark.parametrize("by", ["greedy", "beam", "sample"])
def test_where_nothing_may_be_said_the_sentence_ends(by):
    decoding = Decoding(by=by, least=3, no_repeat=1, most=6)
    ((one, *_),) = decode(Scripted(words=5), clips(0), decoding)  # one word, and three are wanted
    assert one.words == (A,)
    assert np.isfinite(one.log_probability)


def test_sampling_draws_by_probability():
    scores = np.log(np.array([[1e-12, 1e-12, 0.2, 1e-12, 0.5, 0.3]]))
    points = (np.arange(1000) + 0.5) / 1000

    def shares(**options):
        drawn = draw(scores.repeat(1000, 0), points, Decoding(by="sample", **options))
        return [float((drawn == word).mean()) for word in (4, 5, 2)]

    assert shares() == pytest.approx([0.5, 0.3, 0.2], abs=0.002)
    assert shares(top_k=2) == pytest.approx([0.625, 0.375, 0], abs=0.002)
    assert shares(top_p=0.6) == pytest.approx([0.625, 0.375, 0], abs=0.002)
    assert shares(top_p=0.49) == [1, 0, 0]
    squares = np.array([0.25, 0.09, 0.04])
    assert shares(temperature=0.5) == pytest.approx(squares / squares.sum(), abs=0.002)
    assert shares(temperature=0.01) == [1, 0, 0]
    last = draw(scores, np.array([1 - 1e-16]), Decoding(by="sample"))
    assert last[0] in (0, 1, 2, 3)


@pytest.mark.parametrize("temperature", [5e-324, 1e-300, 1e-12])
@pytest.mark.parametrize("shift", [0.0, -80.0, -3e38])
def test_sampling_near_temperature_nought_is_greedy(temperature, shift):
    scores = np.array([[-np.inf, -np.inf, -3, -np.inf, -2, -1]], dtype=np.float32)
    scores += np.float32(shift)
    likeliest = np.flatnonzero(scores[0] == scores[0].max())  # at -3e38 three are alike
    points = np.linspace(0, 1, 50, endpoint=False)
    found = draw(scores.repeat(50, 0), points, Decoding(by="sample", temperature=temperature))
    assert set(found.tolist()) == set(likeliest.tolist())


def test_sampling_with_the_smallest_share_is_greedy():
    decoding = Decoding(by="sample", top_p=5e-324)
    scores = np.log(np.array([[1e-12, 1e-12, 0.3, 1e-12, 0.3, 0.4]], dtype=np.float32))
    assert set(draw(scores.repeat(50, 0), np.linspace(0, 1, 50, endpoint=False), decoding)) == {5}


def test_sampling_by_seed():
    def said(seed):
        decoding = Decoding(by="sample", seed=seed, count=4, most=5)
        return [one.words for one in decode(Scripted(sharp=0.5), clips(1), decoding)[0]]

    assert said(1) == said(1)
    assert said(1) != said(2)
    assert len(set(said(1))) > 1


def test_nan_is_refused():
    broken = Scripted({(): {A: np.nan}})
    with pytest.raises(EngineError, match="NaN"):
        decode(broken, clips(0))


def test_what_a_user_types():
    assert parse_decoding("greedy") == Decoding()
    assert parse_decoding(" beam:10", most=7) == Decoding(by="beam", width=10, most=7)
    assert parse_decoding("beam").width == 5
    assert parse_decoding("sample:0.7") == Decoding(by="sample", temperature=0.7)
    for wrong in ("bean", "beam:0", "beam:x", "beam:", "greedy:3", "sample:nan", "", "beam:101"):
        with pytest.raises(UsageError):
            parse_decoding(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"width": 0},
        {"least": 5, "most": 4},
        {"most": 0, "least": 0},
        {"temperature": 0.0},
        {"top_p": 0.0},
        {"top_p": 1.1},
        {"length_power": -1},
        {"no_repeat": -1},
        {"count": 0},
    ],
)
def test_searches_that_are_none(wrong):
    with pytest.raises(ValueError):
        Decoding(**wrong)


def test_no_clips():
    assert decode(Scripted(), []) == []
