"""Writing so that a crash at any moment leaves the old state or the new one, never half of one.

The order is: temporary file in the same file system, fsync of the file, rename or link to its
name, fsync of the folder. Between every two system calls stands `point(name)`, which does nothing;
a test replaces it and kills the process there (the counting loop of SQLite's crash tests).

After a failed fsync the kernel may drop the pages and report success next time (PostgreSQL's
"fsyncgate", 2018), so an fsync is never repeated: the temporary file goes and the write fails.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
from typing import TYPE_CHECKING

from loquitur.errors import FullError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER_MODE = 0o700
OBJECT_MODE = 0o400

NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_RIGHT = {errno.EROFS, errno.EACCES, errno.EPERM}
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK}


def point(name: str) -> None:
    """Stand between two system calls; tests put a crash here."""


def write_temporary(path: Path, data: bytes, *, mode: int = OBJECT_MODE) -> None:
    """Create a file that must not exist yet, with its bytes on the disk when this returns.

    Raises:
        FullError: No space, or no right to write.
        StoreError: Any other failure of the disk; nothing is left behind.
    """
    with translated(path, needed_bytes=len(data)):
        point("temporary.create")
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
        try:
            point("temporary.write")
            _write_all(handle, data)
            point("temporary.mode")
            os.fchmod(handle, mode)
            point("temporary.fsync")
            os.fsync(handle)
            point("temporary.close")
        except BaseException:
            os.close(handle)
            discard(path)
            raise
        os.close(handle)


@contextlib.contextmanager
def discarding(temporary: Path) -> Iterator[None]:
    """Remove a temporary file where the block fails to give it its name."""
    try:
        yield
    except BaseException:
        discard(temporary)
        raise


def settle(handle: int) -> None:
    """Make an open file that somebody else wrote permanent: read-only, and on the disk."""
    point("settle.mode")
    os.fchmod(handle, OBJECT_MODE)
    point("settle.fsync")
    os.fsync(handle)
    point("settle.done")


def move_into(temporary: Path, final: Path) -> None:
    """Give a finished temporary file its name, replacing what has it, durably."""
    with translated(final):
        ensure_folder(final.parent)
        point("move.rename")
        os.replace(temporary, final)  # noqa: PTH105
        point("move.folder")
        sync_folder(final.parent)
        point("move.done")


def write_over(path: Path, data: bytes, *, mode: int) -> None:
    """Write or replace a file in one step, for who alone writes in its folder (a lock says so).

    What a process that was killed left of it goes first.

    Raises:
        FullError: No space, or no right to write.
        StoreError: Any other failure of the disk; the old file stays.
    """
    temporary = path.with_name(f".{path.name}.new")
    discard(temporary)
    write_temporary(temporary, data, mode=mode)
    with discarding(temporary):
        move_into(temporary, path)


def link_into(temporary: Path, final: Path) -> bool:
    """Give a finished temporary file its name only if nobody has it yet; the temporary one goes.

    `link` is create-if-absent in one step on POSIX. Where the file system has no hard links, who
    holds the lock of the folder's `.claim` file may look and rename.

    Returns:
        True if this call made the file, False if it was there.
    """
    with translated(final):
        ensure_folder(final.parent)
        point("link.link")
        try:
            os.link(temporary, final, follow_symlinks=False)
            made = True
        except FileExistsError:
            made = False
        except OSError as exc:
            if exc.errno not in _NO_LINKS:
                raise
            made = _rename_if_absent(temporary, final)
        point("link.unlink")
        discard(temporary)
        point("link.folder")
        sync_folder(final.parent)
        point("link.done")
    return made


def ensure_folder(folder: Path) -> None:
    """Make a folder and those above it, each one's entry in its parent permanent."""
    for last in (False, True):
        try:
            os.mkdir(folder, FOLDER_MODE)  # noqa: PTH102 - one system call, between two points
            break
        except FileExistsError:
            return
        except FileNotFoundError:  # the second time it is no parent's lack: /proc says so to all
            if last:
                raise
            ensure_folder(folder.parent)
    point("folder.parent")
    sync_folder(folder.parent)
    point("folder.done")


def sync_folder(folder: Path) -> None:
    """Bring a folder's entries to the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as exc:
        if exc.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems cannot
            raise
    finally:
        os.close(handle)


def discard(path: Path) -> None:
    """Remove a file or folder of our own; nothing happens where there is none."""
    try:
        os.unlink(path)  # noqa: PTH108
    except FileNotFoundError:
        return
    except IsADirectoryError:
        shutil.rmtree(path, ignore_errors=True)
    except OSError as exc:
        if exc.errno == errno.EPERM and path.is_dir():  # what POSIX says for folders
            shutil.rmtree(path, ignore_errors=True)
        elif exc.errno not in _NO_RIGHT:
            raise


def open_lock(path: Path) -> int:
    """A lock file's handle, not locked yet; the file is made where there is none."""
    with translated(path):
        return os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def try_lock(handle: int) -> bool:
    """Take a lock file for this process alone; False where another one has it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def locked(path: Path, *, exclusive: bool) -> Iterator[None]:
    """Hold a lock file while the block runs. The lock dies with the process, never outlives it."""
    handle = open_lock(path)
    try:
        with translated(path):
            fcntl.flock(handle, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def translated(path: Path, *, needed_bytes: int | None = None) -> Iterator[None]:
    """Turn the system's errors into ours, with the path, and the space needed and free."""
    try:
        yield
    except OSError as exc:
        raise translate(exc, path, needed_bytes=needed_bytes) from exc


def translate(exc: OSError, path: Path, *, needed_bytes: int | None = None) -> StoreError:
    """Our error for one of the system's."""
    if exc.errno in NO_SPACE:
        needed = f"{needed_bytes} bytes needed" if needed_bytes is not None else ""
        reason = "file size limit" if exc.errno == errno.EFBIG else "no space left"
        return full_error(path, f"{reason}: {needed}".removesuffix(": "))
    if exc.errno == errno.EROFS:
        return read_only_error(path)
    if exc.errno in _NO_RIGHT:
        return FullError(
            f"{path}: no right to write here ({exc.strerror})",
            hint="choose another place with --store DIR",
        )
    if exc.errno in (errno.EMFILE, errno.ENFILE):
        return StoreError(
            f"{path}: too many open files", hint="raise the limit (ulimit -n), or lower --jobs"
        )
    hint = "check the disk"
    if exc.errno == errno.ENOENT:
        hint = "check the path, or choose another place with --store DIR"
    return StoreError(f"{path}: {exc.strerror or exc}", hint=hint)


def full_error(path: Path, reason: str) -> FullError:
    """What a lack of space gives: where, why, and how much there is."""
    return FullError(
        f"{path}: {reason}, {_free_bytes(path)} bytes free",
        hint="free some space (loquitur store gc), or choose another place with --store DIR",
    )


def read_only_error(path: Path) -> FullError:
    """What a write to a store that may only be read gives."""
    return FullError(
        f"{path}: the store is read-only",
        hint="choose a place that can be written with --store DIR",
    )


def _write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:  # a write may be short without an error, near a limit
        view = view[os.write(handle, view) :]


def _rename_if_absent(temporary: Path, final: Path) -> bool:
    with locked(final.parent / ".claim", exclusive=True):
        if final.exists():
            return False
        os.replace(temporary, final)  # noqa: PTH105
    return True


def _free_bytes(path: Path) -> int | str:
    for folder in (path, *path.parents):
        try:
            return shutil.disk_usage(folder).free
        except OSError:
            continue
    return "unknown"
