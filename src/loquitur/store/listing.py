"""What the index knows of results: added when published, brought in step, counted, found."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from loquitur.errors import CorruptError, InputError, UsageError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from loquitur.model.work import Record
    from loquitur.store.catalog import Catalog
    from loquitur.store.objects import Objects
    from loquitur.store.records import Records

_BATCH = 2000  # rows a transaction: others wait for a tenth of a second at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one stage keeps in a store. `parts` are resumable pieces of unfinished or old work."""

    stage: str
    results: int
    parts: int
    objects: int
    size_bytes: int


def add(catalog: Catalog, objects: Objects, found: list[Record]) -> None:
    """Enter records into the index, in place of older rows of theirs."""
    results = []
    outputs: list[tuple[bytes, bytes, str, int]] = []
    for record in found:
        key = bytes.fromhex(record.key)
        part_of = bytes.fromhex(record.part_of) if record.part_of else None
        results.append(
            (
                *(key, record.stage, record.media_id, record.engine, record.title),
                *(record.started, record.seconds, part_of),
            )
        )
        outputs.extend(
            (bytes.fromhex(digest), key, name, objects.size_bytes(digest) or 0)
            for name, digest in record.outputs
        )
    keys = [row[:1] for row in results]

    def enter(db: sqlite3.Connection) -> None:
        db.executemany("DELETE FROM outputs WHERE key = ?", keys)
        db.executemany("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?)", results)
        db.executemany("INSERT OR REPLACE INTO outputs VALUES (?, ?, ?, ?)", outputs)

    catalog.write(enter)


def drop(catalog: Catalog, keys: list[str]) -> None:
    """Take records out of the index."""
    blobs = [(bytes.fromhex(key),) for key in keys]

    def remove(db: sqlite3.Connection) -> None:
        db.executemany("DELETE FROM outputs WHERE key = ?", blobs)
        db.executemany("DELETE FROM results WHERE key = ?", blobs)

    catalog.write(remove)


def refresh(catalog: Catalog, records: Records, objects: Objects) -> int:
    """Bring the index in step with the record files; gives how many rows were added or dropped.

    Damaged records and those of a newer Loquitur are left out.
    """
    there = set(records.names())
    known = {cast("bytes", row[0]).hex() for row in catalog.read("SELECT key FROM results")}
    gone = sorted(known - there)
    changed = len(gone)
    for some in _batches(gone):
        drop(catalog, some)
    for some in _batches(sorted(there - known)):
        found = [record for record in (load(records, key) for key in some) if record is not None]
        add(catalog, objects, found)
        changed += len(found)
    return changed


def rebuild(catalog: Catalog, records: Records, objects: Objects) -> int:
    """Forget all rows and make them anew; gives their number."""

    def forget(db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM outputs")
        db.execute("DELETE FROM results")

    catalog.write(forget)
    return refresh(catalog, records, objects)


def usage(catalog: Catalog) -> tuple[Usage, ...]:
    """Counts and bytes of each stage, sorted by name; an object counts once in a stage."""
    counts = catalog.read(
        "SELECT stage, sum(part_of IS NULL), sum(part_of IS NOT NULL) FROM results GROUP BY stage"
    )
    sizes = {
        row[0]: (cast("int", row[1]), cast("int", row[2]))
        for row in catalog.read(
            "SELECT stage, count(*), sum(bytes) FROM (SELECT DISTINCT stage, object, bytes"
            " FROM outputs JOIN results USING (key)) GROUP BY stage"
        )
    }
    return tuple(
        Usage(
            stage=str(stage),
            results=cast("int", results),
            parts=cast("int", parts),
            objects=sizes.get(stage, (0, 0))[0],
            size_bytes=sizes.get(stage, (0, 0))[1],
        )
        for stage, results, parts in sorted(counts, key=lambda row: str(row[0]))
    )


def find(catalog: Catalog, prefix: str) -> list[str]:
    """The keys of results whose key, output or media begins with a prefix, oldest first.

    Raises:
        UsageError: The prefix is not hexadecimal.
    """
    text = prefix.lower().removeprefix("sha256:")
    if not text or len(text) > 64 or text.strip("0123456789abcdef"):
        raise UsageError(
            f"not the beginning of a key, digest or media id: {prefix[:70]!r}",
            hint="hexadecimal digits; loquitur store ls shows them",
        )
    low, high = bytes.fromhex(text.ljust(64, "0")), bytes.fromhex(text.ljust(64, "f"))
    media = f"sha256:{text}"
    rows = catalog.read(
        "SELECT key FROM results WHERE key BETWEEN ? AND ? OR (media >= ? AND media < ?)"
        " OR key IN (SELECT key FROM outputs WHERE object BETWEEN ? AND ?) ORDER BY started, key",
        (low, high, media, media + "g", low, high),
    )
    return [cast("bytes", row[0]).hex() for row in rows]


def newest(catalog: Catalog, stage: str, media_id: str = "") -> list[str]:
    """The keys of a stage's results, the last made first; of one medium where it is named."""
    rows = catalog.read(
        "SELECT key FROM results WHERE stage = ? AND part_of IS NULL AND (? = '' OR media = ?)"
        " ORDER BY started DESC, key",
        (stage, media_id, media_id),
    )
    return [cast("bytes", row[0]).hex() for row in rows]


def parts_of(catalog: Catalog, key: str) -> list[str]:
    """The keys of a task's resumable pieces."""
    rows = catalog.read("SELECT key FROM results WHERE part_of = ?", (bytes.fromhex(key),))
    return [cast("bytes", row[0]).hex() for row in rows]


def load(records: Records, key: str) -> Record | None:
    """A record that can be read, None for a damaged one or one of a newer Loquitur."""
    try:
        return records.load(key)
    except (CorruptError, InputError):
        return None


def _batches(keys: list[str]) -> Iterator[list[str]]:
    pending = iter(keys)
    while some := list(itertools.islice(pending, _BATCH)):
        yield some
