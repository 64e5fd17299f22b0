"""All vectors of a library as one matrix in a file, mapped into memory and compared exactly.

`vectors-N.f32` has a row for each passage, `vectors-N.ids` its id, ascending. Rows are only ever
added; what went is skipped, and where that is much, both files are written anew with the next N.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from loquitur.library.index.embedded import schema, side
from loquitur.library.index.embedded.changing import floats
from loquitur.store import writing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

NAME = "vectors"
LEAST = 2000
"""Vectors that are read from the library for every query without harm."""
_BATCH = 4000
_MOST_GONE = 0.25
_SAMPLE = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """The vectors of the passages up to an id.

    Args:
        state: How far it has come.
        ids: Of the passages, ascending, shape [n].
        rows: Their vectors, shape [n, d].
    """

    state: side.State
    ids: NDArray[np.int64]
    rows: NDArray[np.float32]


def opened(folder: Path, key: str, dimension: int, known: Matrix | None) -> Matrix | None:
    """The matrix of a library; None where there is none, or where its files are not whole."""
    state = side.read(folder, NAME, key)
    if state is None or not state.rows:
        return None
    if known is not None and known.state == state:
        return known
    rows, ids = _files(folder, state)
    try:
        if rows.stat().st_size < 4 * dimension * state.rows or ids.stat().st_size < 8 * state.rows:
            return None
        return Matrix(
            state=state,
            ids=np.memmap(ids, dtype="<i8", mode="r", shape=(state.rows,)),
            rows=np.memmap(rows, dtype="<f4", mode="r", shape=(state.rows, dimension)),
        )
    except OSError:  # another process has just written them anew
        return None


def extend(db: sqlite3.Connection, folder: Path, key: str, dimension: int) -> None:
    """Bring the files up to the state of the library that a reader sees.

    Raises:
        StoreError: They cannot be written.
    """
    known = opened(folder, key, dimension, None)
    generation = int(schema.about(db, "generation"))
    state = known.state if known else side.State(key=key, generation=generation, last=0)
    if known is not None:
        went = sum(len(known.ids[where]) for where in places(known.ids, side.gone(db, state)))
        if went > _MOST_GONE * state.rows:
            state = side.State(key=key, generation=generation, last=0, serial=state.serial + 1)
    rows, ids = _files(folder, state)
    with writing.translated(rows), rows.open("ab") as matrix, ids.open("ab") as numbers:
        matrix.truncate(4 * dimension * state.rows)  # what a killed one has left
        numbers.truncate(8 * state.rows)
        for found, vectors in batches(db, after=state.last):
            matrix.write(vectors.astype("<f4").tobytes())
            numbers.write(found.astype("<i8").tobytes())
            state = replace(state, last=int(found[-1]), rows=state.rows + len(found))
    for path in (rows, ids):
        side.sync(path)
    side.note(folder, NAME, state)
    if known is not None and known.state.serial != state.serial:
        for path in _files(folder, known.state):
            writing.discard(path)


def batches(
    db: sqlite3.Connection, *, after: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Ids and vectors of the passages with higher ids, ascending."""
    cursor = db.execute("SELECT id, data FROM vectors WHERE id > ? ORDER BY id", (after,))
    while found := cursor.fetchmany(_BATCH):
        yield np.array([row[0] for row in found], np.int64), floats([row[1] for row in found])


def cosines(rows: NDArray[np.float32], vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """The dot product of each row with a vector, each by itself.

    Not by BLAS: this is as fast as memory gives the rows, and several threads that wait for each
    other on a busy machine were five times slower.
    """
    found: NDArray[np.float32] = np.einsum("ij,j->i", rows, vector)
    return found


def places(ids: NDArray[np.int64], ranges: list[tuple[int, int]]) -> list[slice]:
    """Where in ascending ids ranges of them stand; both ends of a range included."""
    return [
        slice(int(np.searchsorted(ids, first)), int(np.searchsorted(ids, last, side="right")))
        for first, last in ranges
    ]


def _files(folder: Path, state: side.State) -> tuple[Path, Path]:
    return folder / f"{NAME}-{state.serial}.f32", folder / f"{NAME}-{state.serial}.ids"


def agrees(db: sqlite3.Connection, base: Matrix) -> bool:
    """Whether some of its rows, and the ids of all, are the library's."""
    kept = np.ones(len(base.ids), bool)
    for where in places(base.ids, side.gone(db, base.state)):
        kept[where] = False
    ids = np.asarray(base.ids[kept])
    rows = db.execute("SELECT id FROM vectors WHERE id <= ? ORDER BY id", (base.state.last,))
    if not np.array_equal(ids, np.fromiter((row[0] for row in rows), np.int64)):
        return False
    places_of = np.flatnonzero(kept)[:: max(1, len(ids) // _SAMPLE)]
    for at in places_of:
        query = "SELECT data FROM vectors WHERE id = ?"
        row = db.execute(query, (int(base.ids[at]),)).fetchone()
        if not np.array_equal(base.rows[at], floats([row[0]])[0]):
            return False
    return True
