"""Agglomerative clustering with average linkage on cosine distance, in plain numpy.

Nearest-neighbour chains need O(n^2) time and one n x n matrix (F. Murtagh, "A survey of recent
advances in hierarchical clustering algorithms", The Computer Journal 26, 1983). They find the
same tree as merging the closest pair each time, since average linkage never makes a merged
cluster closer to a third one than both its parts were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def agglomerate(points: NDArray[np.float32], *, distance: float) -> NDArray[np.int64]:
    """Join the nearest clusters until the nearest are further apart than a distance.

    Args:
        points: Unit vectors, shape [n, d], n >= 1. Needs n * n * 4 bytes.
        distance: Mean cosine distance (1 - cosine) between two clusters that still joins them.

    Returns:
        Labels 0, 1, ... in order of first appearance, shape [n].
    """
    merges = _chain(points)
    roots = np.arange(len(points))
    for one, other, height in merges:
        if height <= distance:
            roots[_root(roots, other)] = _root(roots, one)
    return _renumbered(np.array([_root(roots, item) for item in range(len(points))]))


def largest(
    points: NDArray[np.float32], labels: NDArray[np.int64], *, count: int
) -> NDArray[np.int64]:
    """Keep the largest clusters only; members of others go to the kept one most like them.

    Args:
        points: Unit vectors, shape [n, d].
        labels: Cluster of each, all of 0..max used, shape [n].
        count: How many to keep at most.

    Returns:
        Labels 0, 1, ... in order of first appearance, shape [n].
    """
    sizes = np.bincount(labels)
    if len(sizes) <= count:
        return labels
    keep = np.argsort(-sizes, kind="stable")[:count]
    place = np.full(len(sizes), -1)
    place[keep] = np.arange(count)
    kept = place[labels]
    means = np.stack([points[kept == item].mean(axis=0) for item in range(count)])
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)
    homeless = kept < 0
    kept[homeless] = (points[homeless] @ means.T).argmax(axis=1)
    return _renumbered(kept)


def _chain(points: NDArray[np.float32]) -> list[tuple[int, int, float]]:
    """All n - 1 merges as (kept, absorbed, height), in the order found, not sorted by height."""
    count = len(points)
    apart = 1.0 - points @ points.T
    np.fill_diagonal(apart, np.inf)
    sizes = np.ones(count)
    alive = np.ones(count, dtype=bool)
    merges: list[tuple[int, int, float]] = []
    chain: list[int] = []
    while len(merges) < count - 1:
        if not chain:
            chain.append(int(np.argmax(alive)))
        tip = chain[-1]
        near = int(np.argmin(apart[tip]))
        if len(chain) > 1 and apart[tip, chain[-2]] <= apart[tip, near]:
            near = chain[-2]  # of equals the one before, or the chain would go round in circles
        if len(chain) < 2 or near != chain[-2]:
            chain.append(near)
            continue
        del chain[-2:]
        keep, gone = min(tip, near), max(tip, near)
        merges.append((keep, gone, float(apart[keep, gone])))
        _join(apart, sizes, keep, gone)
        alive[gone] = False
    return merges


def _join(apart: NDArray[np.float32], sizes: NDArray[np.float64], keep: int, gone: int) -> None:
    """Replace two rows by their mean weighted by size (Lance and Williams, average linkage)."""
    total = sizes[keep] + sizes[gone]
    row = (sizes[keep] * apart[keep] + sizes[gone] * apart[gone]) / total
    row[[keep, gone]] = np.inf
    apart[keep] = row
    apart[:, keep] = row
    apart[gone] = np.inf
    apart[:, gone] = np.inf
    sizes[keep] = total


def _root(roots: NDArray[np.int64], item: int) -> int:
    while roots[item] != item:
        roots[item] = roots[roots[item]]
        item = int(roots[item])
    return item


def _renumbered(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same clusters, numbered in order of first appearance."""
    values, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    order = np.empty(len(values), np.int64)
    order[np.argsort(first)] = np.arange(len(values))
    renumbered: NDArray[np.int64] = order[inverse.reshape(-1)]
    return renumbered
