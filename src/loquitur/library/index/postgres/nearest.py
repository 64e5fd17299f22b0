"""Vectors on the server: pgvector's half precision, exact while they are few, HNSW beyond.

Vectors have length 1, so their inner product is the cosine. Half precision moves it by less than
0.001. HNSW is Malkov and Yashunin 2016 (arXiv 1603.09320), as pgvector has it.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.errors import MissingError
from loquitur.library.index import agreement
from loquitur.library.index.contract import Scored
from loquitur.library.index.postgres import rows, schema
from loquitur.library.index.postgres.conditions import condition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.library.index.postgres.addresses import Address
    from loquitur.model.library import Encoding, Filters

APPROXIMATE = 200_000
"""Vectors from which an index of near ones is made; below, comparing with all is fast enough."""
LONGEST = 4_000
"""Numbers of a vector that HNSW takes in half precision (pgvector 0.8, README)."""
INDEX = "vectors_near"
_MISSING_EXTENSION = "58P01", "0A000", "42501"
"""No file of that extension, not supported here, no right to create it."""
_LEAST_SEARCHED, _MOST_SEARCHED = 200, 1_000
"""Bounds of `hnsw.ef_search`."""


def encoding_of(db: Any, address: Address) -> Encoding | None:
    """Whose vectors the library holds.

    Raises:
        CorruptError: What it says of them cannot be read.
    """
    note = schema.about(db, "encoding")
    return agreement.encoding_of(note, place=address.shown, library=address.shown)


def record(db: Any, encoding: Encoding, address: Address) -> None:
    """Make the place for a model's vectors, and note whose they are.

    Raises:
        MissingError: The server has no pgvector.
    """
    types = _add_types(db, address)
    db.execute("DROP TABLE IF EXISTS vectors")
    db.execute(
        "CREATE TABLE vectors (passage integer PRIMARY KEY REFERENCES passages (id),"
        f" vector {types}.halfvec({int(encoding.dimension)}) NOT NULL)"
    )
    db.execute("ALTER TABLE vectors ALTER COLUMN vector SET STORAGE PLAIN")
    db.execute("INSERT INTO about VALUES ('encoding', %s)", (agreement.noted(encoding),))


def _types_in(db: Any) -> str:
    """The schema, quoted, in which this database has pgvector's types; empty where it has none."""
    row = db.execute(
        "SELECT quote_ident(nspname) FROM pg_extension e JOIN pg_namespace n"
        " ON n.oid = e.extnamespace JOIN pg_type t ON t.typnamespace = n.oid"
        " WHERE extname = 'vector' AND typname = 'halfvec'"
    ).fetchone()
    return str(row[0]) if row else ""


def _add_types(db: Any, address: Address) -> str:
    """Add pgvector to the database where it is not there yet; the schema of its types, quoted.

    Raises:
        MissingError: The server does not have it, or an older one, or we have no right to.
    """
    from psycopg import Error

    if found := _types_in(db):
        return found
    try:
        with db.transaction():
            db.execute("CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public")
    except Error as exc:
        if exc.sqlstate not in _MISSING_EXTENSION:
            raise
        raise MissingError(
            f"{address.shown}: no search by meaning, this database has no pgvector",
            hint="install pgvector on the server and have its owner run CREATE EXTENSION vector;"
            " or --embedding none, for words alone",
        ) from exc
    if found := _types_in(db):
        return found
    raise MissingError(
        f"{address.shown}: no search by meaning, the pgvector of this database is too old",
        hint="pgvector 0.8 is needed: have its owner update it and run ALTER EXTENSION vector"
        " UPDATE; or --embedding none, for words alone",
    )


def forget(db: Any) -> None:
    """Drop all vectors, and whose they were."""
    db.execute("DROP TABLE IF EXISTS vectors")
    db.execute("UPDATE totals SET vectors = 0")
    db.execute("DELETE FROM about WHERE name = 'encoding'")


def add(db: Any, passages: Sequence[int], vectors: NDArray[np.float32]) -> None:
    """Put in the vectors of passages, shape [n, d]."""
    db.execute("UPDATE totals SET vectors = vectors + %s", (len(vectors),))
    head = struct.pack(">hh", vectors.shape[1], 0)  # as halfvec_recv reads it
    packed = vectors.astype(">f2")
    with (
        db.cursor() as cursor,
        cursor.copy("COPY vectors (passage, vector) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(["int4", "bytea"])
        for passage, vector in zip(passages, packed, strict=True):
            copy.write_row((passage, head + vector.tobytes()))


def remove(db: Any, passages: Sequence[int]) -> None:
    """Take the vectors of passages out."""
    if exists(db):
        gone = db.execute("DELETE FROM vectors WHERE passage = ANY(%s)", (list(passages),)).rowcount
        db.execute("UPDATE totals SET vectors = vectors - %s", (gone,))


def read(db: Any, passages: Sequence[int]) -> NDArray[np.float32] | None:
    """The vectors of passages, shape [n, d]; None where one has none."""
    if not passages or not exists(db):
        return None
    found: dict[int, bytes] = dict(
        db.execute(
            "SELECT passage, vector FROM vectors WHERE passage = ANY(%s)",
            (list(passages),),
            binary=True,
        ).fetchall()
    )
    if any(passage not in found for passage in passages):
        return None
    each = [np.frombuffer(found[passage], ">f2", offset=4) for passage in passages]
    return np.stack(each).astype(np.float32)


def nearest(
    db: Any, vector: NDArray[np.float32], address: Address, *, filters: Filters, limit: int
) -> tuple[Scored, ...]:
    """The passages whose vectors are nearest, the best first, equals by id.

    Raises:
        UsageError: The vector is not as long as those it holds.
    """
    known = encoding_of(db, address)
    if known is None:
        return ()
    agreement.check_asked(vector, known, place=address.shown)
    if limit < 1:
        return ()
    types = _types_in(db).replace("%", "%%")
    extra, values = condition(filters)
    source = "vectors n"
    if extra:
        source += f" JOIN {rows.FROM} ON p.id = n.passage WHERE {extra}"
    if is_indexed(db):
        searched = min(max(_LEAST_SEARCHED, 2 * limit), _MOST_SEARCHED)
        db.execute(f"SET LOCAL hnsw.ef_search = {searched}")
        db.execute("SET LOCAL hnsw.iterative_scan = strict_order")
    by = f"n.vector OPERATOR({types}.<#>) %s::{types}.halfvec"
    text = "[" + ",".join(f"{value:.6g}" for value in vector.tolist()) + "]"
    found = db.execute(
        f"WITH nearest AS MATERIALIZED (SELECT passage, {by} AS distance"
        f" FROM {source} ORDER BY {by} LIMIT %s)"
        " SELECT passage, -distance FROM nearest ORDER BY distance, passage",
        (text, *values, text, limit),
    ).fetchall()
    return tuple(Scored(id=passage, score=float(score)) for passage, score in found)


def exists(db: Any) -> bool:
    """Whether there is a place for vectors."""
    return bool(db.execute("SELECT to_regclass('vectors') IS NOT NULL").fetchone()[0])


def is_indexed(db: Any) -> bool:
    """Whether near ones are found without comparing with all."""
    row = db.execute(
        "SELECT coalesce((SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)),"
        " false)",
        (INDEX,),
    ).fetchone()
    return bool(row[0])


def due(db: Any, address: Address) -> str:
    """The statement that makes an index of near ones, where there are so many; else empty."""
    encoding = encoding_of(db, address)
    if encoding is None or encoding.dimension > LONGEST or is_indexed(db):
        return ""
    if db.execute("SELECT vectors FROM totals").fetchone()[0] < APPROXIMATE:
        return ""
    kind = f"{_types_in(db)}.halfvec_ip_ops"
    return f"CREATE INDEX IF NOT EXISTS {INDEX} ON vectors USING hnsw (vector {kind})"
