"""Speakers out of embeddings: made ones, of which the truth is known."""

from __future__ import annotations

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.protocols import SpeakerCount
from loquitur.speech.agglomeration import agglomerate, largest
from loquitur.speech.clustering import ClusterOptions, cluster, unit
from loquitur.speech.hmm import HmmOptions, fit

FREE = SpeakerCount()


def exactly(count):
    return SpeakerCount(minimum=count, maximum=count)


def voices(shares, *, seed=0, noise=0.67, turn=(5, 60), likeness=0.8):
    """Embeddings as GE2E gives them: speakers alike to 0.8, windows to their speaker to 0.7.

    Returns embeddings [n, 256] and true labels [n]; `shares` are windows per speaker.
    """
    rng = np.random.default_rng(seed)
    common = unit(np.abs(rng.standard_normal((1, 256))))
    own = unit(rng.standard_normal((len(shares), 256)))
    means = unit(np.sqrt(likeness) * common + np.sqrt(1 - likeness) * own)
    left, labels = list(shares), []
    while sum(left):
        speaker = int(rng.choice(np.flatnonzero(left)))
        length = min(left[speaker], int(rng.integers(*turn)))
        labels += [speaker] * length
        left[speaker] -= length
    truth = np.array(labels)
    spread = rng.standard_normal((len(truth), 256)) / 16.0
    return (means[truth] + noise * spread).astype(np.float32), truth


def agreement(truth, labels):
    """The share of windows right under the best one-to-one naming."""
    count = max(truth.max(), labels.max()) + 1
    table = np.zeros((count, count), int)
    np.add.at(table, (truth, labels), 1)
    if count <= 6:
        best = max(
            sum(table[i, p[i]] for i in range(count)) for p in itertools.permutations(range(count))
        )
    else:
        best = table.max(axis=1).sum()
    return best / len(truth)


@pytest.mark.parametrize("shares", [(150,), (80, 70), (200, 25), (60, 60, 60), (90, 50, 40, 30)])
@pytest.mark.parametrize("seed", [0, 1])
def test_finds_the_speakers(shares, seed):
    embeddings, truth = voices(shares, seed=seed)
    found = cluster(embeddings, hop_ms=200, speakers=FREE)
    assert found.count == len(shares)
    assert agreement(truth, found.labels) > 0.97


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 9])
def test_a_given_number_is_exact(count):
    embeddings, _truth = voices((70, 50, 40))
    found = cluster(embeddings, hop_ms=200, speakers=exactly(count))
    assert found.count == count
    assert set(found.labels) == set(range(count))


def test_a_given_number_of_equals_the_free_result():
    embeddings, _truth = voices((70, 50, 40))
    free, given_ = (cluster(embeddings, hop_ms=200, speakers=s) for s in (FREE, exactly(3)))
    np.testing.assert_array_equal(free.labels, given_.labels)


def test_bounds():
    embeddings, _truth = voices((70, 50, 40))
    at_most = cluster(embeddings, hop_ms=200, speakers=SpeakerCount(maximum=2))
    at_least = cluster(embeddings, hop_ms=200, speakers=SpeakerCount(minimum=2))
    more = cluster(embeddings, hop_ms=200, speakers=SpeakerCount(minimum=5))
    assert (at_most.count, at_least.count, more.count) == (2, 3, 5)


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_few_windows(count):
    embeddings, _truth = voices((count,))
    assert cluster(embeddings, hop_ms=200, speakers=FREE).count == 1
    forced = cluster(embeddings, hop_ms=200, speakers=exactly(5))
    assert forced.count == min(5, count)


def test_no_windows():
    found = cluster(np.zeros((0, 256), np.float32), hop_ms=200, speakers=FREE)
    assert (found.count, len(found.labels), len(found.scores)) == (0, 0, 0)


@pytest.mark.parametrize("value", [0.0, 1.0, np.nan, np.inf])
@pytest.mark.parametrize("wanted", [FREE, exactly(3)])
def test_all_equal(value, wanted):
    embeddings = np.full((60, 256), value, np.float32)
    found = cluster(embeddings, hop_ms=200, speakers=wanted)
    assert found.count == (wanted.minimum or 1)
    assert np.isfinite(found.scores).all()


def test_some_windows_are_not_numbers():
    embeddings, truth = voices((80, 70))
    embeddings[::10] = np.nan
    found = cluster(embeddings, hop_ms=200, speakers=FREE)
    assert np.isfinite(found.scores).all()
    assert agreement(truth, found.labels) > 0.9


def test_labels_scores_and_input():
    embeddings, _truth = voices((60, 50, 40))
    before = embeddings.copy()
    found = cluster(embeddings, hop_ms=200, speakers=FREE)
    again = cluster(embeddings, hop_ms=200, speakers=FREE)
    np.testing.assert_array_equal(embeddings, before)
    np.testing.assert_array_equal(found.labels, again.labels)
    np.testing.assert_array_equal(found.scores, again.scores)
    _, first = np.unique(found.labels, return_index=True)
    assert list(first) == sorted(first), "numbered by first appearance"
    assert ((found.scores > 0) & (found.scores <= 1)).all()


def test_scores_fall_where_voices_are_alike():
    clear, _ = voices((80, 80), likeness=0.5)
    alike, _ = voices((80, 80), likeness=0.86, noise=0.8)
    scores = [
        cluster(item, hop_ms=200, speakers=exactly(2)).scores.mean() for item in (clear, alike)
    ]
    assert scores[0] > scores[1]


@pytest.mark.slow
def test_long_sound_keeps_its_speakers_and_its_memory():
    embeddings, truth = voices((9000, 6000, 3000, 2000), turn=(20, 200))
    tracemalloc.start()
    found = cluster(embeddings, hop_ms=200, speakers=FREE)
    _now, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.count == 4
    assert agreement(truth, found.labels) > 0.98
    assert peak_bytes < 6 * embeddings.nbytes  # a full affinity would be 80 times as large


def test_blocks_agree_with_one_piece():
    embeddings, truth = voices((300, 250, 200))
    blocks = cluster(
        embeddings, hop_ms=200, speakers=FREE, options=ClusterOptions(block_windows=100)
    )
    assert blocks.count == 3
    assert agreement(truth, blocks.labels) > 0.97


def naive(points, distance):
    """The closest pair of clusters again and again, by definition."""
    groups = [[index] for index in range(len(points))]
    apart = 1.0 - points @ points.T
    while len(groups) > 1:
        means = [
            (apart[np.ix_(a, b)].mean(), i, j)
            for (i, a), (j, b) in itertools.combinations(enumerate(groups), 2)
        ]
        nearest, i, j = min(means)
        if nearest > distance:
            break
        groups[i] += groups.pop(j)
    return {frozenset(group) for group in groups}


@given(st.integers(1, 24), st.integers(0, 10_000), st.floats(0.05, 1.2))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_agglomeration_is_average_linkage(count, seed, distance):
    points = unit(np.random.default_rng(seed).standard_normal((count, 5)))
    labels = agglomerate(points, distance=distance)
    groups = {frozenset(np.flatnonzero(labels == label).tolist()) for label in set(labels)}
    assert groups == naive(points.astype(np.float64), distance)
    _, first = np.unique(labels, return_index=True)
    assert list(first) == sorted(first)


def test_largest_keeps_the_large():
    points = unit(np.array([[1, 0], [1, 0.1], [0, 1], [0, 1], [0.1, 1], [1, 0.5]]))
    labels = largest(points, np.array([0, 0, 1, 1, 1, 2]), count=2)
    assert labels.tolist() == [0, 0, 1, 1, 1, 0]


def test_hmm_starves_a_speaker_nobody_needs():
    embeddings, truth = voices((100,))
    points = unit(embeddings)
    guess = np.arange(100) // 50
    posteriors = fit(points, guess, hop_ms=200, options=HmmOptions())
    assert posteriors.shape == (100, 1)
    assert len(truth) == 100


def test_hmm_smooths_a_flip():
    embeddings, truth = voices((60, 60), turn=(60, 61), noise=0.6)
    guess = truth.copy()
    guess[[10, 30, 90]] = 1 - guess[[10, 30, 90]]
    posteriors = fit(unit(embeddings), guess, hop_ms=200, options=HmmOptions())
    np.testing.assert_allclose(posteriors.sum(axis=1), 1.0, atol=1e-9)
    assert (posteriors.argmax(axis=1) == truth).mean() > 0.98


def test_more_speakers_are_kept_where_they_are_likely_and_differ():
    """Two speakers who are too much alike to be found: kept if expected, unless they are one."""
    rng = np.random.default_rng(4)
    means = np.eye(8)[:2]

    def heard(likeness):
        centre = np.sqrt(likeness) * np.eye(8)[7]
        own = np.sqrt(1.0 - likeness) * means
        return [centre + one + 0.05 * rng.standard_normal((40, 8)) for one in own]

    options = ClusterOptions(start_distance=1.5, merge_cosine=0.75)
    far, near = (np.concatenate(heard(likeness)).astype(np.float32) for likeness in (0.5, 0.9))
    free = SpeakerCount()
    for points in (far, near):
        assert cluster(points, hop_ms=200, speakers=free, options=options).count == 1
    assert cluster(far, hop_ms=200, speakers=free, likely=2, options=options).count == 2
    assert cluster(near, hop_ms=200, speakers=free, likely=2, options=options).count == 1
    one = SpeakerCount(maximum=1)
    assert cluster(far, hop_ms=200, speakers=one, likely=2, options=options).count == 1
