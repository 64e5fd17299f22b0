"""Freeing space: what no result needs goes; on demand also decoded sound, which is cheap to remake.

Collection alone deletes; everything else only adds (restic's rule). It runs in two phases: mark
what the records name, without a lock; then delete under the exclusive lock, in small batches, only
what is unmarked, older than the grace, and older than every lease in force. Before each batch the
records that came since are marked too.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loquitur.errors import CorruptError, FullError
from loquitur.store import listing, writing
from loquitur.store.leases import Claim
from loquitur.store.objects import DIGEST, USE_NS

if TYPE_CHECKING:
    from loquitur.model.work import Record
    from loquitur.store.folder import Store

GRACE_S = 86_400.0
"""A day: longer than any stage runs, so that no result in the making loses an object."""

PARTIAL = "partial"
"""The folder of downloads under way, each in a folder called by the key of its result."""

PARTIAL_GRACE_S = 7 * 86_400.0
"""A week: who has not gone on with a download for so long will not."""

EVICTABLE = (
    ("decode", "samples"),
    *(("separate", f"samples-{channel}") for channel in range(16)),
)
"""(stage, output) pairs that a byte budget may take, cheapest to remake first."""

_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What a collection removed, or would remove in a dry run.

    `kept_bytes` counts the objects that stay; `over_bytes` how far they are above the budget, with
    nothing left that may be evicted.
    """

    dry_run: bool
    records: int
    objects: int
    freed_bytes: int
    evicted: int
    kept_bytes: int
    over_bytes: int
    removed: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class _Marked:
    """What the records say: `owners` of each object, records that are garbage themselves."""

    owners: dict[str, set[str]] = field(default_factory=dict)
    evictable: dict[str, int] = field(default_factory=dict)
    garbage: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)


def collect(
    store: Store,
    *,
    dry_run: bool = False,
    grace_s: float = GRACE_S,
    max_bytes: int | None = None,
) -> Collected:
    """Delete what no result needs, and on demand evict what is cheap to remake.

    Garbage is: objects that no record names, pieces of tasks that are finished, records that have
    lost an object. Downloads that broke off more than a week ago go too.

    Args:
        store: The store.
        dry_run: Only tell what would go.
        grace_s: Objects younger than this stay, for work that is under way.
        max_bytes: Evict decoded sound, least recently used first, until the objects take no more.

    Raises:
        InputError: A newer Loquitur wrote some of the records; only it may collect here.
        FullError: The store is read-only.
    """
    if store.read_only and not dry_run:
        raise writing.read_only_error(store.root)
    marked = _Marked()
    now_ns = time.time_ns()
    limit_ns = min(now_ns - round(grace_s * 1e9), _busy_since_ns(store) or now_ns)
    _mark(store, marked)
    dead_records = sorted(marked.garbage)
    if not dry_run:
        _remove_records(store, dead_records)
    sizes = {digest: store.objects.size_bytes(digest) or 0 for digest in store.objects.names()}
    dead = [
        digest
        for digest in sorted(sizes)
        if digest not in marked.owners and _old(store, digest, limit_ns)
    ]
    kept_bytes = sum(sizes.values()) - sum(sizes[digest] for digest in dead)
    evicted = _choose(store, marked, sizes, kept_bytes, max_bytes)
    if not dry_run:
        dead = _remove_objects(store, marked, dead, limit_ns)
        evicted = [digest for digest in evicted if _evict(store, marked, digest)]
    kept_bytes = sum(sizes.values()) - sum(sizes[digest] for digest in (*dead, *evicted))
    partial_bytes = _sweep_downloads(store, now_ns, dry_run=dry_run)
    return Collected(
        dry_run=dry_run,
        records=len(dead_records) + sum(len(marked.owners[digest]) for digest in evicted),
        objects=len(dead) + len(evicted),
        freed_bytes=sum(sizes.values()) - kept_bytes + partial_bytes,
        evicted=len(evicted),
        kept_bytes=kept_bytes,
        over_bytes=max(0, kept_bytes - max_bytes) if max_bytes is not None else 0,
        removed=(*dead, *evicted),
    )


def _mark(store: Store, marked: _Marked) -> None:
    """Note the outputs of all records not seen yet."""
    for key in store.results.names():
        if key in marked.seen:
            continue
        marked.seen.add(key)
        try:
            record = store.results.load(key)
        except CorruptError:
            continue  # `verify` shows it; a damaged record keeps nothing alive
        if record is None:
            continue
        if _is_garbage(store, record):
            marked.garbage.add(key)
            continue
        for name, digest in record.outputs:
            marked.owners.setdefault(digest, set()).add(key)
            if (record.stage, name) in EVICTABLE:
                marked.evictable[digest] = EVICTABLE.index((record.stage, name))


def _is_garbage(store: Store, record: Record) -> bool:
    if not store.results.complete(record):
        return True
    return bool(record.part_of) and store.results.sound(record.part_of) is not None


def _old(store: Store, digest: str, limit_ns: int) -> bool:
    """Whether an object was written, or last put again, before a time."""
    try:
        return os.lstat(store.objects.path(digest)).st_ctime_ns < limit_ns
    except FileNotFoundError:
        return False


def _choose(
    store: Store,
    marked: _Marked,
    sizes: dict[str, int],
    kept_bytes: int,
    max_bytes: int | None,
) -> list[str]:
    """The objects to evict, so that no more than `max_bytes` stay; none that may be in use."""
    if max_bytes is None:
        return []
    busy_ns = _busy_since_ns(store)
    candidates = []
    for digest, order in marked.evictable.items():
        used_ns = _idle_since_ns(store, digest, busy_ns) if digest in sizes else None
        if used_ns is not None:
            candidates.append((order, used_ns, digest))
    chosen = []
    for _, _, digest in sorted(candidates):
        if kept_bytes <= max_bytes:
            break
        chosen.append(digest)
        kept_bytes -= sizes[digest]
    return chosen


def _busy_since_ns(store: Store) -> int | None:
    """When the oldest lease in force was taken, a second earlier; None where there is none."""
    lease_s = store.leases.oldest_s()
    return None if lease_s is None else time.time_ns() - round((lease_s + 1.0) * 1e9)


def _idle_since_ns(store: Store, digest: str, busy_ns: int | None) -> int | None:
    """When an object was last used, None where it is gone or the holder of a lease may use it.

    Uses are noted once in `USE_NS`: what was noted up to that long before a lease may be in use.
    """
    try:
        status = os.lstat(store.objects.path(digest))
    except FileNotFoundError:
        return None
    used_ns = max(status.st_atime_ns, status.st_mtime_ns)
    if busy_ns is not None and not (used_ns < busy_ns - USE_NS and status.st_ctime_ns < busy_ns):
        return None
    return used_ns


def _evict(store: Store, marked: _Marked, digest: str) -> bool:
    """Delete an object and the records that name it, unless work that may use it has begun."""
    keys = sorted(marked.owners[digest])
    with writing.locked(store.root / "store.lock", exclusive=True):
        if _idle_since_ns(store, digest, _busy_since_ns(store)) is None:
            return False
        for key in keys:
            store.results.remove(key)
        store.objects.remove(digest)
    with contextlib.suppress(FullError):  # the index is brought in step when there is room
        listing.drop(store.catalog, keys)
    return True


def _remove_records(store: Store, keys: list[str]) -> None:
    for start in range(0, len(keys), _BATCH):
        some = keys[start : start + _BATCH]
        with contextlib.suppress(FullError):  # the index is brought in step when there is room
            listing.drop(store.catalog, some)
        with writing.locked(store.root / "store.lock", exclusive=True):
            for key in some:
                store.results.remove(key)


def _remove_objects(store: Store, marked: _Marked, dead: list[str], limit_ns: int) -> list[str]:
    removed = []
    for start in range(0, len(dead), _BATCH):
        with writing.locked(store.root / "store.lock", exclusive=True):
            _mark(store, marked)
            for digest in dead[start : start + _BATCH]:
                if digest not in marked.owners and _old(store, digest, limit_ns):
                    store.objects.remove(digest)
                    removed.append(digest)
    return removed


def _sweep_downloads(store: Store, now_ns: int, *, dry_run: bool) -> int:
    """Remove downloads nobody has gone on with for a week; gives their bytes.

    The right to go on with one is taken first, so that none vanishes under a writer's hands.
    """
    freed_bytes = 0
    with contextlib.suppress(FileNotFoundError):
        for folder in sorted((store.root / PARTIAL).iterdir()):
            if not DIGEST.fullmatch(folder.name):
                continue  # none of ours
            status = [os.lstat(path) for path in (folder, *folder.rglob("*"))]
            newest_ns = max(item.st_mtime_ns for item in status)
            if now_ns - newest_ns < PARTIAL_GRACE_S * 1e9:
                continue
            if not dry_run:
                claim = store.leases.claim(folder.name)
                if not isinstance(claim, Claim):
                    continue
                shutil.rmtree(folder, ignore_errors=True)
                store.leases.release(claim)
            freed_bytes += sum(item.st_size for item in status if stat.S_ISREG(item.st_mode))
    return freed_bytes
