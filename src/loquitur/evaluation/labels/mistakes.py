"""Where predictions go wrong: labels taken for one another, and videos told worst.

Of a video with n labels its n highest scores are looked at, as PERR does. Where one of its labels
is not among them, and one that it has not is, the one was taken for the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.evaluation.labels import ranking

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.evaluation.labels.pool import Pooled

MOST_PAIRS = 1000
MOST_VIDEOS = 200
_SAID = 3
_AT_ONCE = 1 << 17


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """A label that was missed where another stood in its place.

    Args:
        held: The number of the label that a video has.
        said: That of the one in its place.
        videos: In how many.
        holding: How many videos have the first and not the second.
    """

    held: int
    said: int
    videos: int
    holding: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstVideo:
    """A video of which something wrong is said more surely than what is right.

    Args:
        row: Its place among the videos with labels.
        margin: The highest score of a wrong label, less the highest of a right one (0 where that
            is not among the highest 20).
        held: The numbers of its labels.
        said: The highest scores: number and score, highest first.
    """

    row: int
    margin: float
    held: tuple[int, ...]
    said: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistakes:
    """What goes wrong.

    Args:
        confusions: Most frequent first, at most 1,000.
        worst: Surest mistakes first, at most 200.
        missed: How many labels of videos are not among as many highest scores.
    """

    confusions: tuple[Confusion, ...]
    worst: tuple[WorstVideo, ...]
    missed: int


def mistakes_of(pool: Pooled, classes: int) -> Mistakes:
    """Labels taken for one another, and the videos told worst.

    Args:
        pool: Predictions of each video, highest score first.
        classes: Size of the vocabulary.
    """
    codes: list[NDArray[np.int64]] = []
    missed = 0
    margins = np.full(pool.videos, -np.inf)
    first_key = np.concatenate(([0], np.cumsum(pool.listed, dtype=np.int64)))
    first_label = np.concatenate(([0], np.cumsum(pool.label_counts, dtype=np.int64)))
    for first in range(0, pool.videos, _AT_ONCE):  # pairs of all videos at once would be large
        piece = slice(first, min(first + _AT_ONCE, pool.videos))
        keys = pool.keys[first_key[first] : first_key[piece.stop]]
        held = pool.labels[first_label[first] : first_label[piece.stop]].astype(np.int64)
        listed, counts = pool.listed[piece], pool.label_counts[piece]
        margins[piece] = _margins(keys, listed)
        pairs, gone = _pairs(keys, listed, held, counts, classes)
        codes.append(pairs)
        missed += gone
    found, many = np.unique(np.concatenate(codes), return_counts=True)
    best = np.argsort(-many, kind="stable")[:MOST_PAIRS]
    wrong = np.flatnonzero(margins > 0)
    wrong = wrong[np.argsort(-margins[wrong], kind="stable")[:MOST_VIDEOS]]
    return Mistakes(
        confusions=_confusions(found[best], many[best], pool, classes),
        worst=tuple(
            WorstVideo(
                row=int(row),
                margin=float(margins[row]),
                held=tuple(pool.labels[first_label[row] : first_label[row + 1]].tolist()),
                said=_said(pool.keys[first_key[row] : first_key[row + 1]][:_SAID]),
            )
            for row in wrong.tolist()
        ),
        missed=missed,
    )


def _said(keys: ranking.Keys) -> tuple[tuple[int, float], ...]:
    labels, scores = ranking.labels_in(keys).tolist(), ranking.scores_in(keys).tolist()
    return tuple(zip(labels, scores, strict=True))


def _margins(keys: ranking.Keys, listed: NDArray[Any]) -> NDArray[np.float64]:
    """Of each video the highest wrong score less the highest right one."""
    video = np.repeat(np.arange(len(listed)), listed)
    scores, hits = ranking.scores_in(keys).astype(np.float64), ranking.hits_in(keys)
    right, wrong = np.zeros(len(listed)), np.zeros(len(listed))
    np.maximum.at(right, video[hits], scores[hits])
    np.maximum.at(wrong, video[~hits], scores[~hits])
    return wrong - right


def _pairs(
    keys: ranking.Keys,
    listed: NDArray[Any],
    held: NDArray[np.int64],
    counts: NDArray[Any],
    classes: int,
) -> tuple[NDArray[np.int64], int]:
    """Every missed label with every one in its place, and how many are missed.

    Returns:
        The pairs as held * classes + said; the number of missed labels.
    """
    videos = len(listed)
    video = np.repeat(np.arange(videos), listed)
    rank = np.arange(len(keys)) - np.repeat(np.cumsum(listed) - listed, listed)
    looked = (rank < counts[video]) & (ranking.scores_in(keys) > 0)
    labels, hits = ranking.labels_in(keys), ranking.hits_in(keys)
    holder = np.repeat(np.arange(videos), counts)
    told = (video * classes + labels)[looked & hits]
    gone = ~np.isin(holder * classes + held, told, assume_unique=True)
    missing, missing_of = held[gone], holder[gone]
    wrong, wrong_of = labels[looked & ~hits], video[looked & ~hits]
    many = np.bincount(wrong_of, minlength=videos)
    begins = np.cumsum(many) - many
    times = many[missing_of]
    within = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
    place = np.repeat(begins[missing_of], times) + within
    return np.repeat(missing, times) * classes + wrong[place], len(missing)


def _confusions(
    codes: NDArray[np.int64], many: NDArray[np.int64], pool: Pooled, classes: int
) -> tuple[Confusion, ...]:
    positives = np.bincount(pool.labels, minlength=classes)
    both = _together(codes, pool, classes)
    return tuple(
        Confusion(
            held=code // classes,
            said=code % classes,
            videos=int(count),
            holding=int(positives[code // classes]) - with_it,
        )
        for code, count, with_it in zip(codes.tolist(), many.tolist(), both, strict=True)
    )


def _together(codes: NDArray[np.int64], pool: Pooled, classes: int) -> list[int]:
    """How many videos have both labels of each pair."""
    holder = np.repeat(np.arange(pool.videos), pool.label_counts)
    order = np.argsort(pool.labels, kind="stable")
    edges = np.searchsorted(pool.labels[order], np.arange(classes + 1))
    owners = holder[order]

    def of(label: int) -> NDArray[Any]:
        return owners[edges[label] : edges[label + 1]]

    return [
        len(np.intersect1d(of(code // classes), of(code % classes), assume_unique=True))
        for code in codes.tolist()
    ]
