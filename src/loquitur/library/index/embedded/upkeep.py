"""Side files brought up to date, by who has put in a good deal or asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.library.index.contract import Finding
from loquitur.library.index.embedded import graph, inverted, matrix, schema, side
from loquitur.model.library import Encoding

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path


def words_key(db: sqlite3.Connection) -> str:
    """What a side index of words must be a copy of."""
    return f"{schema.about(db, 'key')} {schema.about(db, 'terms')}"


def vectors_key(db: sqlite3.Connection) -> str:
    """What a matrix of vectors must be a copy of."""
    return " ".join(schema.about(db, name) for name in ("key", "vectors", "encoding"))


def extend(
    db: sqlite3.Connection,
    folder: Path,
    encoding: Encoding | None,
    *,
    own: int,
    is_last: bool,
) -> None:
    """Bring in what is lacking, where that is due.

    Args:
        db: Of a reader.
        folder: Where the side files lie.
        encoding: Whose vectors there are.
        own: Passages that this process has put in.
        is_last: Whether this process is done: the graph, which takes longest, waits for that.

    Raises:
        StoreError: They cannot be written.
    """
    if encoding is not None:
        key = vectors_key(db)
        state = side.read(folder, matrix.NAME, key)
        if side.lacking(db, state.last if state else 0) >= matrix.LEAST:
            with side.alone(folder, matrix.NAME) as is_mine:
                if is_mine:
                    matrix.extend(db, folder, key, encoding.dimension)
        if is_last:
            _extend_graph(folder, key, encoding.dimension, own)
    key = words_key(db)
    state = side.read(folder, inverted.NAME, key)
    lacks = side.lacking(db, state.last if state else 0)
    least = inverted.LEAST if state else inverted.LEAST_ROWS
    if side.is_due(lacks, own=own, least=least):
        with side.alone(folder, inverted.NAME) as is_mine:
            if is_mine:
                inverted.extend(db, folder, key)


def _extend_graph(folder: Path, key: str, dimension: int, own: int) -> None:
    base = matrix.opened(folder, key, dimension, None)
    if base is None or len(base.ids) <= graph.LEAST_ROWS:
        return
    known = graph.opened(folder, base, None)
    lacks = len(base.ids) - (known.rows if known else 0)
    if not side.is_due(lacks, own=own, least=graph.LEAST):
        return
    with side.alone(folder, graph.NAME) as is_mine:
        if is_mine:
            graph.extend(folder, base)


def verify(db: sqlite3.Connection, folder: Path, encoding: Encoding | None) -> Iterator[Finding]:
    """What of the side files is not what the library holds."""
    if encoding is not None:
        base = matrix.opened(folder, vectors_key(db), encoding.dimension, None)
        if base is not None and not matrix.agrees(db, base):
            yield Finding(code="side", message="the matrix of vectors is not the library's")
    words = inverted.opened(folder, words_key(db), None)
    if words is not None and not inverted.agrees(db, words):
        yield Finding(code="side", message="the side index of words is not the library's")
