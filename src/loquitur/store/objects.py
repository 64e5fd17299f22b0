"""Objects: immutable bytes named by their own sha256, `objects/ab/abcdef...`.

Whoever has the name can prove the bytes. Small objects are verified on every read. Large ones
that are mapped (decoded sound) are verified by `check`: once per process, and again whenever size,
times or inode differ from those at which they were last found right.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
import time
from typing import TYPE_CHECKING

from loquitur.errors import CorruptError, StoreError
from loquitur.store import writing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DIGEST = re.compile(r"[0-9a-f]{64}")
_BLOCK_BYTES = 1 << 20
USE_NS = 3_600 * 10**9
"""How far the noted time of an object's last use may lie behind the true one: an hour."""


class Objects:
    """The folders `objects/` and `quarantine/` of a store.

    Args:
        root: The store's folder.
        temporary: Gives a new path in the store's `tmp/`, for a suffix.
    """

    def __init__(self, root: Path, temporary: Callable[[str], Path]) -> None:
        self.folder = root / "objects"
        self._quarantine = root / "quarantine"
        self._lock = root / "store.lock"
        self._temporary = temporary
        self._right: dict[str, tuple[int, ...]] = {}  # digest -> stamp at which bytes were right

    def path(self, digest: str) -> Path:
        """Where an object lies or would lie; says nothing of its existence or bytes.

        Raises:
            StoreError: The name is no sha256.
        """
        check_digest(digest)
        return self.folder / digest[:2] / digest

    def has(self, digest: str) -> bool:
        """Whether there is such an object (its bytes are not looked at)."""
        return self.size_bytes(digest) is not None

    def size_bytes(self, digest: str) -> int | None:
        """An object's size, None where there is none."""
        try:
            status = os.lstat(self.path(digest))
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise writing.translate(exc, self.path(digest)) from exc
        return status.st_size if stat.S_ISREG(status.st_mode) else None

    def put(self, data: bytes) -> str:
        """Store bytes; the same bytes are stored once.

        Raises:
            FullError: No space, or no right to write.
        """
        digest = hashlib.sha256(data).hexdigest()
        with writing.locked(self._lock, exclusive=False):
            if self._keep(digest, len(data)):
                return digest
            temporary = self._temporary("")
            writing.write_temporary(temporary, data)
            with writing.discarding(temporary):
                self._name(temporary, digest)
        return digest

    def adopt(self, path: Path) -> str:
        """Store a finished file of the store's `tmp/` by moving it; nothing is copied.

        Raises:
            FullError: No space, or no right to write.
            CorruptError: It is not a regular file.
        """
        with writing.translated(path), opened(path) as handle:
            size_bytes = os.fstat(handle).st_size
            digest = digest_of(handle)
            with writing.locked(self._lock, exclusive=False):
                if self._keep(digest, size_bytes):
                    writing.discard(path)
                    return digest
                writing.settle(handle)
                self._name(path, digest)
        return digest

    def read(self, digest: str) -> bytes:
        """An object's bytes, verified.

        Raises:
            CorruptError: The bytes do not match the name, or the object is not there.
        """
        path = self.path(digest)
        with self._found(digest), opened(path) as handle:
            pieces = list(blocks(handle))
        data = b"".join(pieces)
        if hashlib.sha256(data).hexdigest() != digest:
            raise corrupt(path)
        return data

    def check(self, digest: str, *, again: bool = False) -> Path:
        """The path of an object whose bytes were verified, for mapping it into memory.

        The file's bytes are hashed once per process, and again where its stamp has changed.

        Args:
            digest: The object's name.
            again: Hash it whatever was found before.

        Raises:
            CorruptError: The bytes do not match the name, or the object is not there.
        """
        path = self.path(digest)
        with self._found(digest), opened(path) as handle:
            stamp = stamp_of(os.fstat(handle))
            if not again and self._right.get(digest) == stamp:
                return path
            if digest_of(handle) != digest:
                raise corrupt(path)
            self._right[digest] = stamp
        return path

    def names(self) -> Iterator[str]:
        """The names of all objects, in no order."""
        return (path.name for path in files(self.folder) if self.named(path))

    @staticmethod
    def named(path: Path) -> bool:
        """Whether a file is called, and lies, as an object does."""
        return bool(DIGEST.fullmatch(path.name)) and path.parent.name == path.name[:2]

    def trust(self, digest: str, status: os.stat_result) -> None:
        """Take an object's bytes as right for as long as its file stays as it is at `status`."""
        self._right[digest] = stamp_of(status)

    def use(self, digest: str) -> None:
        """Note that an object was used in this hour, for the order of eviction."""
        path = self.path(digest)
        now_ns = time.time_ns()
        with contextlib.suppress(OSError):  # collected meanwhile, or not ours to touch
            status = os.lstat(path)
            if now_ns - status.st_atime_ns < USE_NS:
                return
            known = self._right.get(digest) == stamp_of(status)
            os.utime(path, ns=(now_ns, status.st_mtime_ns), follow_symlinks=False)
            if known:
                self._right[digest] = stamp_of(os.lstat(path))

    def quarantine(self, digest: str) -> None:
        """Move an object whose bytes are wrong out of the way. It must be called under the lock."""
        writing.move_into(self.path(digest), self._quarantine / f"{digest}.object")

    def remove(self, digest: str) -> int:
        """Delete an object, under the exclusive lock; gives its size in bytes."""
        size_bytes = self.size_bytes(digest) or 0
        writing.point("object.remove")
        writing.discard(self.path(digest))
        return size_bytes

    def _keep(self, digest: str, size_bytes: int) -> bool:
        """Whether the right bytes are there already; if so, they count as fresh for collection."""
        if self.size_bytes(digest) != size_bytes:
            return False
        try:
            path = self.check(digest)
        except CorruptError:
            return False  # what is there is wrong, and is replaced
        status = os.lstat(path)
        with writing.translated(path):
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))  # renews its ctime
        self._right[digest] = stamp_of(os.lstat(path))
        writing.point("object.kept")
        return True

    def _name(self, temporary: Path, digest: str) -> None:
        path = self.path(digest)
        writing.move_into(temporary, path)
        self._right[digest] = stamp_of(os.lstat(path))

    @contextlib.contextmanager
    def _found(self, digest: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as exc:
            raise CorruptError(
                f"{self.path(digest)}: the object is missing", hint="run again: it is made anew"
            ) from exc
        except OSError as exc:
            raise writing.translate(exc, self.path(digest)) from exc


def check_digest(digest: str) -> None:
    """Refuse what is no sha256 in lower-case hexadecimal, before a path is made of it.

    Raises:
        StoreError: It is none.
    """
    if not DIGEST.fullmatch(digest):
        raise StoreError(f"not a sha256: {digest[:80]!r}")


@contextlib.contextmanager
def opened(path: Path) -> Iterator[int]:
    """A descriptor of a regular file, opened without following a link.

    Raises:
        CorruptError: It is a link or another kind of thing.
        OSError: As the system says.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as exc:
        if path.is_symlink():
            raise CorruptError(f"{path}: a link, where only files belong") from exc
        raise
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise CorruptError(f"{path}: not a regular file")
        yield handle
    finally:
        os.close(handle)


def blocks(handle: int) -> Iterator[bytes]:
    """The bytes of an open file from its start."""
    at = 0
    while block := os.pread(handle, _BLOCK_BYTES, at):
        at += len(block)
        yield block


def digest_of(handle: int) -> str:
    """The sha256 of an open file's bytes."""
    state = hashlib.sha256()
    for block in blocks(handle):
        state.update(block)
    return state.hexdigest()


def stamp_of(status: os.stat_result) -> tuple[int, ...]:
    """What changes whenever a file's bytes are changed through the file system."""
    return (
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_ino,
        status.st_dev,
    )


def files(folder: Path) -> Iterator[Path]:
    """The files one level below a folder, links left out."""
    for shard in sorted(_names(folder, folders=True)):
        for name in _names(folder / shard, folders=False):
            yield folder / shard / name


def _names(folder: Path, *, folders: bool) -> list[str]:
    try:
        with writing.translated(folder), os.scandir(folder) as entries:
            return [
                entry.name
                for entry in entries
                if (entry.is_dir if folders else entry.is_file)(follow_symlinks=False)
            ]
    except StoreError:
        if folder.exists():
            raise
        return []  # it never was there, or went meanwhile


def corrupt(path: Path) -> CorruptError:
    """The error for bytes that do not match their name."""
    return CorruptError(
        f"{path}: the bytes do not match the name",
        hint="run again: it is made anew; loquitur store verify looks for more",
    )
