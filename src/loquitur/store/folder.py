"""A store: one folder in which everything that was worked out is found again.

```
store.json          format version        objects/ab/<sha256>       bytes, named by themselves
index.sqlite        a cache, rebuildable  results/ab/<key>.json     records of finished tasks
store.lock          collection vs. work   tmp/                      files being written
index.lock          opening of the index  quarantine/               what was found damaged
youtube/   what is collected and spent    edits/ab/<key>.json       what users said of results
```

Writing goes object, record, index; reading the other way round. Whatever crashes in between
leaves something that counts as "not done" and is mended by doing it again. POSIX systems only.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur.errors import CorruptError, LockedError, StoreError, UsageError
from loquitur.store import digests, listing, writing
from loquitur.store.catalog import Catalog
from loquitur.store.edits import Edits
from loquitur.store.leases import Claim, Holder, Leases
from loquitur.store.objects import Objects
from loquitur.store.owners import Owner, myself
from loquitur.store.parts import StoredParts
from loquitur.store.records import Records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from loquitur.model.speakers import SpeakerEdits
    from loquitur.model.work import Record
    from loquitur.store.listing import Usage

FORMAT = 1
LARGE_BYTES = 64 << 20
_FOLDERS = ("objects", "results", "tmp", "quarantine")
_OWN = {*_FOLDERS, "edits", "youtube", "store.json", "store.lock", "index.lock"}
_STALE_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The answer to `Store.lease`: a finished `record`, or the right to make it where it is None.

    `attempt` is 1, or more where owners before us died over the task.
    """

    key: str
    record: Record | None
    attempt: int = 1


class Store:
    """A store in a folder. Threads may share one; a process opens its own (or unpickles one).

    Use `Store.open`. Nothing is kept open but the index, from the first time it is needed.
    """

    def __init__(self, root: Path, *, read_only: bool, ttl_s: float) -> None:
        self.root = root
        self.read_only = read_only
        self.objects = Objects(root, self._new_path)
        self.results = Records(root, self.objects, self._new_path)
        self._edits = Edits(root, self._new_path)
        self.catalog = Catalog(root, read_only=read_only)
        self.leases = Leases(self.catalog, ttl_s=ttl_s)
        self._ttl_s = ttl_s

    def __reduce__(self) -> tuple[object, ...]:
        return (_reopen, (self.root, self.read_only, self._ttl_s))

    @classmethod
    def open(cls, root: Path, *, read_only: bool = False, ttl_s: float = 60.0) -> Store:
        """The store in a folder, made where there is none.

        A folder that cannot be written is opened for reading.

        Args:
            root: The folder.
            read_only: Never write, even where it would be possible.
            ttl_s: How long a lease lasts without a heartbeat.

        Raises:
            StoreError: A newer Loquitur made it, or there is none and none may be made.
            UsageError: The folder holds other things.
            FullError: It cannot be made.
        """
        root = Path(os.path.abspath(root))  # noqa: PTH100 - links stay as they are
        with writing.translated(root):
            exists = root.is_dir()
            if root.exists() and not exists:
                raise UsageError(f"{root}: not a folder", hint="choose another one with --store")
            made = (root / "store.json").exists()
        if exists and not _writable(root):
            read_only = True
        if read_only and not made:
            raise StoreError(f"{root}: no store here", hint="choose another one with --store DIR")
        if not read_only:
            _prepare(root, exists=exists)
        _check_format(root / "store.json")
        store = cls(root, read_only=read_only, ttl_s=ttl_s)
        if not read_only:
            store.sweep()
        return store

    # --- objects ---

    def put(self, data: bytes) -> str:
        """Store bytes; gives their sha256. The same bytes are stored once.

        Raises:
            FullError: No space, or no right to write.
        """
        self._writing()
        return self.objects.put(data)

    @contextlib.contextmanager
    def temporary(self, suffix: str = "") -> Iterator[Path]:
        """A path in the store's `tmp/` to write a large result to, for `adopt` afterwards.

        Nothing lies there yet. What is left at the end is removed, and so is whatever has a longer
        name that begins with it (downloaders write such).

        Raises:
            FullError: The block ran out of space.
        """
        self._writing()
        path = self._new_path(suffix)
        try:
            yield path
        except OSError as exc:
            if exc.errno in writing.NO_SPACE:
                raise writing.translate(exc, path) from exc
            raise
        finally:
            stem = path.name.removesuffix(suffix)
            for entry in path.parent.glob(f"{stem}*"):
                writing.discard(entry)

    def adopt(self, path: Path) -> str:
        """Move a finished file of `temporary` to its place as an object; gives its sha256.

        Raises:
            FullError: No space, or no right to write.
        """
        self._writing()
        return self.objects.adopt(path)

    def has(self, digest: str) -> bool:
        """Whether there is such an object; its bytes are not looked at."""
        return self.objects.has(digest)

    def read(self, digest: str) -> bytes:
        """An object's bytes, verified. A damaged one goes to quarantine, so its work is redone.

        Raises:
            CorruptError: The bytes do not match the name, or the object is not there.
        """
        try:
            return self.objects.read(digest)
        except CorruptError:
            self.set_aside(digest)
            raise

    def check(self, digest: str) -> Path:
        """The path of a verified object, to map it: hashed once per process and after any change.

        One of `LARGE_BYTES` or more that another process found right, and whose size, times and
        inode are still the same, is not hashed again (decoded sound of ten hours takes seconds).

        Raises:
            CorruptError: The bytes do not match the name, or the object is not there.
        """
        path = self.objects.path(digest)
        large = (self.objects.size_bytes(digest) or 0) >= LARGE_BYTES
        status = os.lstat(path) if large else None
        known = status is not None and digests.known(self.catalog, path, status) == digest
        try:
            if status is not None and known:
                self.objects.trust(digest, status)
            self.objects.check(digest)
        except CorruptError:
            self.set_aside(digest)
            raise
        if not self.read_only:
            self.objects.use(digest)
            if large and not known:
                digests.try_to_remember(self.catalog, path, os.lstat(path), digest)
        return path

    def path(self, digest: str) -> Path:
        """Where an object lies, unverified; see `check`."""
        return self.objects.path(digest)

    # --- results ---

    def record(self, key: str) -> Record | None:
        """The record of a finished task, None where it is not done.

        Not done is also: the record is damaged (it goes to quarantine), or an object is missing.

        Raises:
            InputError: A newer Loquitur wrote it.
        """
        try:
            record = self.results.load(key)
        except CorruptError:
            if not self.read_only:
                self.results.clear(key)
            return None
        return record if record is not None and self.results.complete(record) else None

    def publish(self, record: Record) -> Record:
        """Record a finished task unless it has a record; gives the one that counts.

        Raises:
            CorruptError: An output is not in the store.
            FullError: No space, or no right to write.
        """
        self._writing()
        winner, _ = self.results.publish(record)
        listing.add(self.catalog, self.objects, [winner])
        return winner

    def retire(self, key: str, *, fresh: bool = True) -> None:
        """Forget a result and its pieces (it has none without `fresh`), to be made anew."""
        self._drop(key, also=(key,), fresh=fresh)

    def retire_parts(self, key: str) -> None:
        """Forget the pieces of a task, to be made anew; its result stays, if there is one."""
        self._drop(key)

    def _drop(self, key: str, also: tuple[str, ...] = (), *, fresh: bool = True) -> None:
        self._writing()
        if fresh:
            self.refresh()  # the index is a cache: a piece it has lost would be taken again
        gone = [*listing.parts_of(self.catalog, key), *also]
        listing.drop(self.catalog, gone)
        with writing.locked(self.root / "store.lock", exclusive=True):
            for name in gone:
                self.results.remove(name)

    def records(self) -> Iterator[Record]:
        """All records that can be read, whether complete or not, in order of their keys' digits."""
        for key in self.results.names():
            record = listing.load(self.results, key)
            if record is not None:
                yield record

    def parts(self, task: str, *, stage: str = "", media_id: str = "") -> StoredParts:
        """The resumable pieces of a task, for a long stage to fetch."""
        return StoredParts(self, task, stage=stage, media_id=media_id)

    def newest(self, stage: str, *, media_id: str = "") -> Record | None:
        """The last made of a stage's results that are whole, of one medium where it is named."""
        return next(self.of_stage(stage, media_id=media_id), None)

    def of_stage(self, stage: str, *, media_id: str = "", fresh: bool = True) -> Iterator[Record]:
        """The results of a stage that are whole, the last made first.

        Args:
            stage: Its name.
            media_id: Of this medium alone.
            fresh: Bring the index in step first, which looks at every record's name; without it
                what another process made in a crash may be missing.
        """
        if fresh:
            self.refresh()
        for key in listing.newest(self.catalog, stage, media_id):
            if (record := self.record(key)) is not None:
                yield record

    @property
    def edits(self) -> Edits:
        """What users said of results: never collected, never made again, kept when set aside."""
        return self._edits

    def change_edits(
        self, key: str, change: Callable[[SpeakerEdits | None], SpeakerEdits | None]
    ) -> SpeakerEdits | None:
        """Change the edits of a result; see `Edits.change`.

        Raises:
            FullError: No space, or no right to write.
        """
        self._writing()
        return self._edits.change(key, change)

    # --- leases ---

    @contextlib.contextmanager
    def lease(
        self,
        key: str,
        *,
        wait_s: float | None = None,
        waiting: Callable[[Holder], None] | None = None,
    ) -> Iterator[Lease]:
        """Do a task once among all processes: a finished record, or the right to make it.

        Where another one is at it, this waits until its record appears, or it dies or stops
        giving signs of life; then the right is ours.

            with store.lease(key) as lease:
                record = lease.record or store.publish(make())

        Args:
            key: The task's key.
            wait_s: Give up after this long; None waits for ever.
            waiting: Told who is at it, every second or more often; it may raise to stop waiting.

        Raises:
            LockedError: It took longer than `wait_s`.
            FullError: No space, or no right to write.
        """
        claim, record = self._claim_or_record(key, wait_s, waiting)
        try:
            yield Lease(key=key, record=record, attempt=claim.attempt if claim else 1)
        finally:
            if claim is not None:
                self.leases.release(claim)

    def _claim_or_record(
        self, key: str, wait_s: float | None, waiting: Callable[[Holder], None] | None
    ) -> tuple[Claim | None, Record | None]:
        give_up = None if wait_s is None else time.monotonic() + wait_s
        pause_s = 0.02
        while (record := self.record(key)) is None:
            self._writing()
            answer = self.leases.claim(key)
            if isinstance(answer, Claim):
                record = self.record(key)  # its owner may have finished just before
                if record is None:
                    return answer, None
                self.leases.release(answer)
                break
            if waiting is not None:
                waiting(answer)
            if give_up is not None and time.monotonic() >= give_up:
                raise LockedError(
                    f"process {answer.pid} on {answer.host} has been at this work for"
                    f" {answer.held_s:.0f} s",
                    hint="wait for it, or end it: the work then goes on here",
                )
            time.sleep(pause_s * random.uniform(0.7, 1.0))  # noqa: S311 - only to spread them
            pause_s = min(1.0, pause_s * 1.5)
        return None, record

    # --- the user's files, listings ---

    def digest(self, path: Path) -> str:
        """The sha256 of a user's file; one that has not changed is not read again.

        Raises:
            InputError: It cannot be read, or is no regular file.
        """
        return digests.identify(self.catalog, path, remembering=not self.read_only)

    def known_digest(self, path: Path, status: os.stat_result) -> str | None:
        """The digest remembered for a file, None where it is new or has changed."""
        return digests.known(self.catalog, path, status)

    def refresh(self) -> int:
        """Bring the index in step with the records; gives how many rows changed."""
        return listing.refresh(self.catalog, self.results, self.objects)

    def rebuild(self) -> int:
        """Make the index anew from the records; gives their number."""
        return listing.rebuild(self.catalog, self.results, self.objects)

    def usage(self) -> tuple[Usage, ...]:
        """What each stage keeps here, in counts and bytes."""
        self.refresh()
        edits = self._edits.usage()
        return (*listing.usage(self.catalog), *((edits,) if edits.results else ()))

    def find(self, prefix: str) -> tuple[Record, ...]:
        """The records whose key, output or media begins with these hexadecimal digits.

        Raises:
            UsageError: The prefix is not hexadecimal.
        """
        self.refresh()
        found = (listing.load(self.results, key) for key in listing.find(self.catalog, prefix))
        return tuple(record for record in found if record is not None)

    def sweep(self) -> int:
        """Remove what dead writers left in `tmp/`; gives how many entries that were."""
        removed = 0
        folder = self.root / "tmp"
        with writing.translated(folder), os.scandir(folder) as entries:
            for entry in entries:
                if _abandoned(entry):
                    writing.discard(Path(entry.path))
                    removed += 1
        return removed

    def close(self) -> None:
        """Close the index; the store may be used again afterwards."""
        self.catalog.close()

    def _new_path(self, suffix: str) -> Path:
        me = myself()
        name = f"{me.place}-{me.pid}-{me.start}-{secrets.token_hex(8)}{suffix}"
        return self.root / "tmp" / name

    def _writing(self) -> None:
        if self.read_only:
            raise writing.read_only_error(self.root)

    def set_aside(self, digest: str) -> None:
        """Move an object out of the way if it is still damaged when nobody else is working."""
        if self.read_only:
            return
        with writing.locked(self.root / "store.lock", exclusive=True):
            try:
                self.objects.check(digest, again=True)
            except CorruptError:
                if self.objects.has(digest):
                    self.objects.quarantine(digest)


def _reopen(root: Path, read_only: bool, ttl_s: float) -> Store:
    return Store.open(root, read_only=read_only, ttl_s=ttl_s)


def _writable(root: Path) -> bool:
    return os.access(root, os.W_OK | os.X_OK) and not os.statvfs(root).f_flag & os.ST_RDONLY


def _prepare(root: Path, *, exists: bool) -> None:
    """Make the folders and the format file; each step may have been done before, or by others."""
    if exists and not (root / "store.json").exists():
        with writing.translated(root), os.scandir(root) as entries:
            strange = sorted({entry.name for entry in entries} - _OWN)
        if strange:
            raise UsageError(
                f"{root}: not a store, and not empty (there is {strange[0]!r})",
                hint="choose an empty folder, or one that does not exist, with --store DIR",
            )
    with writing.translated(root):
        if not exists:
            writing.ensure_folder(root)
        for name in _FOLDERS:
            writing.ensure_folder(root / name)
    if not (root / "store.json").exists():
        me = myself()
        temporary = root / "tmp" / f"{me.place}-{me.pid}-{me.start}-{secrets.token_hex(8)}"
        writing.write_temporary(temporary, json.dumps({"format": FORMAT}).encode() + b"\n")
        writing.link_into(temporary, root / "store.json")


def _check_format(path: Path) -> None:
    try:
        found = json.loads(path.read_bytes())["format"]
        known = isinstance(found, int) and found <= FORMAT
    except OSError as exc:
        raise writing.translate(exc, path) from exc
    except (ValueError, KeyError, TypeError) as exc:
        raise CorruptError(
            f"{path}: not the format file of a store",
            hint=f'where this is a store, make it {{"format": {FORMAT}}} again',
        ) from exc
    if not known:
        raise StoreError(
            f"{path}: store format {str(found)[:20]}, this Loquitur reads up to {FORMAT}",
            hint="upgrade (pip install -U loquitur), or choose another folder with --store DIR",
        )


def _abandoned(entry: os.DirEntry[str]) -> bool:
    """Whether a temporary file's writer is surely dead, or cannot be known and was long ago."""
    parts = entry.name.split("-")
    try:
        writer = Owner(place=parts[0], pid=int(parts[1]), start=int(parts[2]))
        if writer.dead:
            return True
        age_s = time.time() - entry.stat(follow_symlinks=False).st_mtime
    except FileNotFoundError:
        return False  # its writer has just finished
    except (ValueError, IndexError):
        return _older(entry)
    return not writer.alive and age_s > _STALE_S


def _older(entry: os.DirEntry[str]) -> bool:
    try:
        return time.time() - entry.stat(follow_symlinks=False).st_mtime > _STALE_S
    except FileNotFoundError:
        return False
