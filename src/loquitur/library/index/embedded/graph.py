"""A graph of near neighbours over the matrix of vectors, for libraries with very many passages.

Malkov and Yashunin 2020, "Efficient and robust approximate nearest neighbor search using
Hierarchical Navigable Small World graphs", by usearch where it is installed; without it, and for
the rows that are newer than the graph, all rows are compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.library.index.embedded import side
from loquitur.store import writing

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from loquitur.library.index.embedded.matrix import Matrix

NAME = "graph"
LEAST_ROWS = 300_000
"""Up to here all rows are compared: 300,000 of 384 numbers take about 50 ms."""
LEAST = 30_000
"""Rows that are compared beside the graph without harm."""
_NEIGHBOURS, _BREADTH_ADDING, _BREADTH_SEARCHING = 16, 128, 192
_BREADTH_FOR_EACH = 6
"""For each neighbour that is asked for: with 2, a fourth of 100 are missed."""
_BATCH = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A graph over the first rows of a matrix.

    Args:
        state: How far it has come.
        rows: How many rows of the matrix it holds.
        index: usearch's.
    """

    state: side.State
    rows: int
    index: Any


def opened(folder: Path, base: Matrix, known: Graph | None) -> Graph | None:
    """The graph over a matrix; None where there is none, or no usearch."""
    state = side.read(folder, NAME, _key(base))
    if state is None or state.rows > len(base.ids) or find_spec("usearch") is None:
        return None
    if known is not None and known.state == state:
        return known
    path = _file(folder, state)
    if not path.is_file():
        return None
    from usearch.index import Index

    try:
        index = Index.restore(str(path), view=True)
    except (RuntimeError, ValueError):  # not whole: all rows are compared
        return None
    if index is None or len(index) != state.rows or index.ndim != base.rows.shape[1]:
        return None
    return Graph(state=state, rows=state.rows, index=index)


def extend(folder: Path, base: Matrix) -> None:
    """Bring the graph up to the matrix; nothing without usearch.

    Raises:
        StoreError: It cannot be written.
    """
    if find_spec("usearch") is None:
        return
    from usearch.index import Index

    known = side.read(folder, NAME, _key(base))
    index = Index(
        ndim=base.rows.shape[1],
        metric="ip",
        dtype="f16",
        connectivity=_NEIGHBOURS,
        expansion_add=_BREADTH_ADDING,
        expansion_search=_BREADTH_SEARCHING,
    )
    whole = opened(folder, base, None)
    if whole is not None:
        index.load(str(_file(folder, whole.state)))
    done = whole.rows if whole is not None else 0
    for first in range(done, len(base.ids), _BATCH):
        batch = slice(first, min(first + _BATCH, len(base.ids)))
        keys, rows = np.asarray(base.ids[batch], np.uint64), np.asarray(base.rows[batch])
        index.add(keys, rows, threads=1)  # of threads side by side each graph is another one
    state = side.State(
        key=_key(base),
        generation=base.state.generation,
        last=base.state.last,
        serial=known.serial + 1 if known else 1,
        rows=len(base.ids),
    )
    try:
        index.save(str(_file(folder, state)))
    except RuntimeError as exc:  # usearch has none of the system's errors
        raise writing.full_error(
            _file(folder, state), f"the graph cannot be written: {exc}"
        ) from exc
    side.sync(_file(folder, state))
    side.note(folder, NAME, state)
    if known is not None:
        writing.discard(_file(folder, known))


def nearest(graph: Graph, vector: NDArray[np.float32], *, limit: int) -> NDArray[np.int64]:
    """Ids of the nearest rows, nearly all of them."""
    graph.index.expansion_search = max(_BREADTH_SEARCHING, _BREADTH_FOR_EACH * limit)
    matches = graph.index.search(vector, min(limit, graph.rows))
    found: NDArray[np.int64] = np.asarray(matches.keys, np.int64)
    return found


def _key(base: Matrix) -> str:
    return f"{base.state.key} {base.state.serial}"


def _file(folder: Path, state: side.State) -> Path:
    return folder / f"{NAME}-{state.serial}.usearch"
