"""Who is who: speakers out of speaker embeddings, with or without a known number.

Two clusterings follow one another. Agglomerative clustering (average linkage on cosine distance,
built with nearest-neighbour chains: F. Murtagh, "A survey of recent advances in hierarchical
clustering algorithms", 1983) starts with rather too many clusters. A Bayesian hidden Markov
model (F. Landini et al., "Bayesian HMM clustering of x-vector sequences", 2022, arXiv 2012.14952,
here with isotropic covariances) then decides: a speaker whose windows are explained nearly as well
by another one loses them, and short flips are smoothed. It is the second that sets the number.

Nothing is random. Memory grows with the number of windows, never with its square: agglomeration
happens in blocks, whose centroids are then clustered.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from loquitur.speech.agglomeration import agglomerate, largest
from loquitur.speech.hmm import HmmOptions, fit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.protocols import SpeakerCount

_FORCED = 0.55


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterOptions:
    """How embeddings become speakers.

    The values were chosen on a broad plateau; `benchmarks/diarization_accuracy.py` shows what
    they give.

    Args:
        start_distance: Cosine distance at which the first clustering stops.
        merge_cosine: Speakers whose mean embeddings are closer than this are one.
        min_speaker_ms: A speaker heard for less is given to the nearest other one.
        forced_distance: Cosine distance of the finer clustering from which speakers are taken
            where more were asked for than were found.
        min_forced_ms: The least that such a speaker says.
        block_windows: How many windows are agglomerated at once.
        block_cosine: Clusters of different blocks closer than this start as one.
        most_speakers: No more are considered unless more are asked for.
        hmm: Options of the second clustering.
    """

    start_distance: float = 0.36
    merge_cosine: float = 0.88
    min_speaker_ms: int = 1000
    forced_distance: float = 0.28
    min_forced_ms: int = 600
    block_windows: int = 1000
    block_cosine: float = 0.90
    most_speakers: int = 24
    hmm: HmmOptions = field(default_factory=HmmOptions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters:
    """One speaker per window.

    Args:
        labels: 0, 1, ... in order of first appearance, shape [n].
        scores: Posterior probability of each label among all speakers, 0..1, shape [n].
        count: The number of speakers.
    """

    labels: NDArray[np.int64]
    scores: NDArray[np.float64]
    count: int


def cluster(
    embeddings: NDArray[np.float32],
    *,
    hop_ms: int,
    speakers: SpeakerCount,
    likely: int = 1,
    options: ClusterOptions | None = None,
) -> Clusters:
    """Assign each window to a speaker.

    Args:
        embeddings: One row per window, in time order, shape [n, d]; any length, zero allowed.
        hop_ms: How much speech one window stands for.
        speakers: Bounds on the number of speakers. A minimum holds as long as there are enough
            windows; a maximum always.
        likely: So many speakers are to be expected from what else is known: where fewer were
            found, more are looked for, and kept if they differ.
        options: Thresholds.

    Returns:
        Labels and scores; for no windows, none.
    """
    options = options or ClusterOptions()
    points = unit(embeddings)
    del embeddings  # the caller kept none of them
    if not len(points):
        return Clusters(labels=np.zeros(0, np.int64), scores=np.zeros(0), count=0)
    least = min(max(1, speakers.minimum or 1), len(points))
    most = max(least, speakers.maximum or max(options.most_speakers, least))
    start = _start(points, options)
    posteriors = _decide(points, start, hop_ms, (least, min(likely, most), most), options)
    return _ordered(posteriors)


def unit(embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows scaled to length 1 as a new array; rows that are zero or not finite become zero."""
    scaled = np.array(embeddings, dtype=np.float32)  # one copy: hours of embeddings are many
    np.nan_to_num(scaled, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    length = np.linalg.norm(scaled, axis=1, keepdims=True)
    scaled /= np.where(length > 1e-6, length, np.ones_like(length))
    return scaled


def _start(points: NDArray[np.float32], options: ClusterOptions) -> NDArray[np.int64]:
    """The first clustering: inside blocks of time, then over the blocks' centroids."""
    size = options.block_windows
    if len(points) <= size:
        return agglomerate(points, distance=options.start_distance)
    labels = np.zeros(len(points), np.int64)
    centroids: list[NDArray[np.float32]] = []
    known = 0
    for begin in range(0, len(points), size):
        block = points[begin : begin + size]
        inside = largest(
            block,
            agglomerate(block, distance=options.start_distance),
            count=options.most_speakers,
        )
        labels[begin : begin + size] = inside + known
        centroids.append(_means(block, inside))
        known += int(inside.max()) + 1
    together = _agglomerate_rounds(np.concatenate(centroids), options)
    return together[labels]


def _agglomerate_rounds(points: NDArray[np.float32], options: ClusterOptions) -> NDArray[np.int64]:
    """Cluster centroids of blocks; in rounds where there are too many for one matrix."""
    size = 2 * options.block_windows
    labels = np.arange(len(points), dtype=np.int64)
    current: NDArray[np.float32] = points
    while True:
        parts = [
            agglomerate(current[begin : begin + size], distance=1.0 - options.block_cosine)
            for begin in range(0, len(current), size)
        ]
        offsets = np.cumsum([0, *(int(part.max()) + 1 for part in parts)])
        step = np.concatenate([part + offset for part, offset in zip(parts, offsets, strict=False)])
        labels = step[labels]
        shrunk = int(offsets[-1]) < len(current)
        current = _means(points, labels)
        if len(parts) == 1 or not shrunk:
            return labels


def _decide(
    points: NDArray[np.float32],
    start: NDArray[np.int64],
    hop_ms: int,
    bounds: tuple[int, int, int],
    options: ClusterOptions,
) -> NDArray[np.float64]:
    """The second clustering, without speakers that are too small or too alike."""
    least, likely, most = bounds
    begin = largest(points, start, count=most)
    posteriors = fit(points, begin, hop_ms=hop_ms, options=options.hmm)
    posteriors = _without_small(posteriors, max(1, round(options.min_speaker_ms / hop_ms)))
    posteriors = _merged(points, posteriors, least, options.merge_cosine)
    if posteriors.shape[1] < max(least, likely):
        posteriors = _grown(points, posteriors, hop_ms, max(least, likely), options)
        posteriors = _merged(points, posteriors, least, options.merge_cosine)
    while posteriors.shape[1] < least:
        posteriors = _moved(posteriors, _odd(points, posteriors.argmax(axis=1)))
    return posteriors


def _grown(
    points: NDArray[np.float32],
    posteriors: NDArray[np.float64],
    hop_ms: int,
    least: int,
    options: ClusterOptions,
) -> NDArray[np.float64]:
    """Posteriors with further speakers that were asked for although nothing called for them.

    Candidates are the clusters of a finer agglomeration inside one speaker each. The best one
    gains most in likeness to its mean by leaving, in units of what chance would give it (the
    root of its size): neither one odd window nor half of a long speech.
    """
    smallest = max(1, round(options.min_forced_ms / hop_ms))
    fine = _start(points, replace(options, start_distance=options.forced_distance))
    while posteriors.shape[1] < least:
        labels = posteriors.argmax(axis=1)
        likeness = np.einsum("ij,ij->i", points, _means(points, labels)[labels])
        pairs = fine * posteriors.shape[1] + labels
        best = 0.0
        chosen: NDArray[np.int64] | None = None
        for pair in np.unique(pairs):
            members = np.flatnonzero(pairs == pair)
            left = int(np.count_nonzero(labels == labels[members[0]])) - len(members)
            if left < smallest or len(members) < smallest:
                continue
            mean = unit(points[members].mean(axis=0, keepdims=True))[0]
            gain = float((points[members] @ mean - likeness[members]).sum()) / len(members) ** 0.5
            if gain > best:
                best, chosen = gain, members
        if chosen is None:
            break
        posteriors = _moved(posteriors, chosen)
    return posteriors


def _odd(points: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The window least like its speaker, of those speakers that have more than one."""
    likeness = np.einsum("ij,ij->i", points, _means(points, labels)[labels])
    alone = np.bincount(labels)[labels] == 1
    return np.array([int(np.argmin(np.where(alone, np.inf, likeness)))])


def _moved(posteriors: NDArray[np.float64], members: NDArray[np.int64]) -> NDArray[np.float64]:
    """Posteriors with a new last speaker who takes some windows with hardly more than even odds."""
    new = np.zeros((len(posteriors), 1))
    new[members] = _FORCED
    posteriors = posteriors.copy()
    posteriors[members] *= 1.0 - _FORCED
    return np.concatenate([posteriors, new], axis=1)


def _without_small(posteriors: NDArray[np.float64], smallest: int) -> NDArray[np.float64]:
    """Posteriors without the speakers that hold fewer windows than wanted; the largest stays."""
    held = np.bincount(posteriors.argmax(axis=1), minlength=posteriors.shape[1])
    keep = held >= smallest
    keep[held.argmax()] = True
    return _normalised(posteriors[:, keep])


def _merged(
    points: NDArray[np.float32], posteriors: NDArray[np.float64], least: int, cosine: float
) -> NDArray[np.float64]:
    """Posteriors after the nearest speakers were joined, as long as they are too near."""
    while posteriors.shape[1] > least:
        labels = posteriors.argmax(axis=1)
        if len(np.unique(labels)) < posteriors.shape[1]:
            posteriors = _without_small(posteriors, 1)
            continue
        means = _means(points, labels)
        likeness = means @ means.T
        np.fill_diagonal(likeness, -1.0)
        one, other = np.unravel_index(int(likeness.argmax()), likeness.shape)
        if likeness[one, other] <= cosine:
            break
        posteriors[:, one] += posteriors[:, other]
        posteriors = np.delete(posteriors, other, axis=1)
    return posteriors


def _ordered(posteriors: NDArray[np.float64]) -> Clusters:
    """Labels renumbered in order of first appearance."""
    best = posteriors.argmax(axis=1)
    present, first = np.unique(best, return_index=True)
    place = np.zeros(posteriors.shape[1], np.int64)
    place[present[np.argsort(first)]] = np.arange(len(present))
    return Clusters(
        labels=place[best], scores=np.clip(posteriors.max(axis=1), 0.0, 1.0), count=len(present)
    )


def _normalised(posteriors: NDArray[np.float64]) -> NDArray[np.float64]:
    total = posteriors.sum(axis=1, keepdims=True)
    even = 1.0 / posteriors.shape[1]
    scaled: NDArray[np.float64] = np.where(
        total > 1e-30, posteriors / np.maximum(total, 1e-30), even
    )
    return scaled


def _means(points: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.float32]:
    """The mean direction of each cluster, unit length, shape [clusters, d]."""
    sums = np.zeros((int(labels.max()) + 1, points.shape[1]), np.float32)
    np.add.at(sums, labels, points)
    return unit(sums)
