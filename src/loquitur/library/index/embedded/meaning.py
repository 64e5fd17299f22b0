"""The nearest passages by cosine: exactly, or through a graph where there are very many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.library.index.contract import Scored
from loquitur.library.index.embedded import graph, matrix, side
from loquitur.library.index.embedded.filtering import condition

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from numpy.typing import NDArray

    from loquitur.library.index.embedded.graph import Graph
    from loquitur.library.index.embedded.matrix import Matrix
    from loquitur.model.library import Filters


class Meaning:
    """The vectors of a library, as one process reads them.

    Args:
        folder: Where the side files lie.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._matrix: Matrix | None = None
        self._graph: Graph | None = None

    def nearest(
        self,
        db: sqlite3.Connection,
        vector: NDArray[np.float32],
        *,
        key: str,
        filters: Filters,
        limit: int,
    ) -> tuple[Scored, ...]:
        """The nearest of the passages that a reader sees, ties by id."""
        if limit <= 0:
            return ()
        base = self._matrix = matrix.opened(self._folder, key, len(vector), self._matrix)
        allowed = _allowed(db, filters)
        ids: list[NDArray[np.int64]] = []
        scores: list[NDArray[np.float32]] = []
        if base is not None:
            dropped = side.gone(db, base.state)
            linked = None
            if allowed is None and len(base.ids) > graph.LEAST_ROWS:
                linked = self._graph = graph.opened(self._folder, base, self._graph)
            found = _compared(base, vector, allowed, dropped, linked, limit)
            ids.append(found[0])
            scores.append(found[1])
        for some, rows in matrix.batches(db, after=base.state.last if base else 0):
            ids.append(some)
            scores.append(np.where(_among(some, allowed), matrix.cosines(rows, vector), -np.inf))
        return _best(ids, scores, limit)

    def forget(self) -> None:
        """Let go of the files."""
        self._matrix, self._graph = None, None


def _allowed(db: sqlite3.Connection, filters: Filters) -> NDArray[np.int64] | None:
    """The ids that filters let through, ascending; None where they let all."""
    wanted, values = condition(filters)
    if not wanted:
        return None
    rows = db.execute(f"SELECT p.id FROM passages p WHERE 1{wanted} ORDER BY p.id", values)
    return np.fromiter((row[0] for row in rows), np.int64)


def _compared(
    base: Matrix,
    vector: NDArray[np.float32],
    allowed: NDArray[np.int64] | None,
    dropped: list[tuple[int, int]],
    linked: Graph | None,
    limit: int,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Ids and scores of all that are allowed, or of the nearest that the graph knows."""
    if allowed is not None:
        at = np.searchsorted(base.ids, allowed)
        at = at[at < len(base.ids)]
        at = at[np.isin(base.ids[at], allowed, assume_unique=True)]
        ids: NDArray[np.int64] = np.asarray(base.ids[at])
        scores = matrix.cosines(base.rows[at], vector)
    elif linked is not None:
        went = sum(last - first + 1 for first, last in dropped)
        near = graph.nearest(linked, vector, limit=limit + min(went, limit))
        rest = slice(linked.rows, None)
        at = np.searchsorted(base.ids, near)
        ids = np.concatenate([near, base.ids[rest]])
        scores = np.concatenate(
            [matrix.cosines(base.rows[at], vector), matrix.cosines(base.rows[rest], vector)]
        )
        for first, last in dropped:
            scores[(ids >= first) & (ids <= last)] = -np.inf
        return ids, scores
    else:
        ids, scores = base.ids, matrix.cosines(base.rows, vector)
    for where in matrix.places(ids, dropped):
        scores[where] = -np.inf
    return ids, scores


def _among(ids: NDArray[np.int64], allowed: NDArray[np.int64] | None) -> NDArray[np.bool_]:
    return np.ones(len(ids), bool) if allowed is None else np.isin(ids, allowed)


def _best(
    ids: list[NDArray[np.int64]], scores: list[NDArray[np.float32]], limit: int
) -> tuple[Scored, ...]:
    if not ids:
        return ()
    known, values = np.concatenate(ids), np.concatenate(scores)
    if len(values) > 4 * limit:  # all that are at least as good as the last one, ties along
        worst = np.partition(values, len(values) - limit)[len(values) - limit]
        kept = values >= worst
        known, values = known[kept], values[kept]
    order = np.lexsort((known, -values))[:limit]
    return tuple(
        Scored(id=int(known[at]), score=float(values[at])) for at in order if values[at] != -np.inf
    )
