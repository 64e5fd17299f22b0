"""Looking for damage: every object is hashed again, every record read and followed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.errors import CorruptError, InputError
from loquitur.store import listing, writing
from loquitur.store.objects import files

if TYPE_CHECKING:
    from collections.abc import Callable

    from loquitur.store.folder import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was looked at and what was found.

    `bad` are objects whose bytes do not match their name; `missing` are (key, output, digest) of
    records that have lost an object; `corrupt` are keys of damaged records; `newer` are keys of
    records that a newer Loquitur wrote; `strange` are files that do not belong where they lie;
    `orphans` are objects that no record names, which is not damage (`collect` takes them);
    `edits` counts what users said of results, `bad_edits` are the keys of those that are damaged.
    """

    objects: int
    size_bytes: int
    records: int
    bad: tuple[str, ...]
    missing: tuple[tuple[str, str, str], ...]
    corrupt: tuple[str, ...]
    newer: tuple[str, ...]
    strange: tuple[str, ...]
    orphans: tuple[str, ...]
    repaired: bool
    edits: int = 0
    bad_edits: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether nothing is damaged."""
        return not (self.bad or self.missing or self.corrupt or self.strange or self.bad_edits)


def verify(
    store: Store,
    *,
    repair: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Verified:
    """Hash every object and read every record.

    Args:
        store: The store.
        repair: Move what is damaged to `quarantine/` and drop the records that lean on it, so that
            it is made anew. Edits and originals are kept there, not deleted.
        progress: Told the bytes hashed, and all bytes.

    Raises:
        FullError: `repair` of a read-only store.
    """
    if repair and store.read_only:
        raise writing.read_only_error(store.root)
    sizes = {name: store.objects.size_bytes(name) or 0 for name in store.objects.names()}
    bad = _bad_objects(store, sizes, progress)
    missing, corrupt, newer = [], [], []
    named: set[str] = set()
    count = 0
    for key in store.results.names():
        count += 1
        try:
            record = store.results.load(key)
        except CorruptError:
            corrupt.append(key)
            continue
        except InputError:
            newer.append(key)
            continue
        for name, digest in record.outputs if record is not None else ():
            named.add(digest)
            if digest in sizes or store.has(digest):
                continue
            if os.path.lexists(store.results.path(key)):  # else both were collected meanwhile
                missing.append((key, name, digest))
    report = Verified(
        objects=len(sizes),
        size_bytes=sum(sizes.values()),
        records=count,
        bad=tuple(bad),
        missing=tuple(missing),
        corrupt=tuple(corrupt),
        newer=tuple(newer),
        strange=tuple(_strange_files(store)),
        orphans=tuple(sorted(sizes.keys() - named)),
        repaired=repair,
        edits=len(tuple(store.edits.keys())),
        bad_edits=store.edits.damaged(),
    )
    if repair:
        _repair(store, report)
    return report


def _bad_objects(
    store: Store, sizes: dict[str, int], progress: Callable[[int, int], None] | None
) -> list[str]:
    bad = []
    done, total = 0, sum(sizes.values())
    for name in sorted(sizes):
        try:
            store.objects.check(name, again=True)
        except CorruptError:
            if store.has(name):  # else it was collected meanwhile
                bad.append(name)
        done += sizes[name]
        if progress is not None:
            progress(done, total)
    return bad


def _strange_files(store: Store) -> list[str]:
    found = [path for path in files(store.objects.folder) if not store.objects.named(path)]
    found += [
        path
        for path in files(store.results.folder)
        if not store.results.named(path) and path.name != ".claim"
    ]
    found += [path for path in files(store.edits.folder) if not store.edits.named(path)]
    return [str(path.relative_to(store.root)) for path in found]


def _repair(store: Store, report: Verified) -> None:
    for digest in report.bad:
        store.set_aside(digest)
    for key in report.bad_edits:
        store.edits.set_aside(key)
    for name in report.strange:
        path = store.root / name
        with writing.translated(path):
            writing.move_into(path, store.root / "quarantine" / f"{path.name}.strange")
    for key in store.results.names():
        try:
            record = store.results.load(key)
        except CorruptError:
            record = None
        except InputError:
            continue
        if record is None or not store.results.complete(record):
            listing.drop(store.catalog, [key])
            store.results.clear(key)
    store.refresh()
