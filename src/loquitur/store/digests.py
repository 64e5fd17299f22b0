"""Digests of the user's own files, remembered so that a large one is not read twice."""

from __future__ import annotations

import os
import stat
import time
from typing import TYPE_CHECKING, cast

from loquitur.errors import InputError, StoreError
from loquitur.store.objects import digest_of, stamp_of

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from loquitur.store.catalog import Catalog

RACY_NS = 2_000_000_000
"""A file changed less than this ago may change again within the tick of its time stamp: it is not
remembered (what git calls a racily clean entry)."""


def remember(catalog: Catalog, path: Path, status: os.stat_result, digest: str) -> bool:
    """Note the digest of a file as it was at `status`; gives whether it could be noted."""
    if abs(time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns)) < RACY_NS:
        return False
    row = (_name(path), _stamp(status), bytes.fromhex(digest))

    def enter(db: sqlite3.Connection) -> None:
        db.execute("INSERT OR REPLACE INTO digests VALUES (?, ?, ?)", row)

    catalog.write(enter)
    return True


def known(catalog: Catalog, path: Path, status: os.stat_result) -> str | None:
    """The digest noted for a file, None where it is new or has changed since."""
    rows = catalog.read("SELECT stamp, digest FROM digests WHERE path = ?", (_name(path),))
    if rows and rows[0][0] == _stamp(status):
        return cast("bytes", rows[0][1]).hex()
    return None


def identify(catalog: Catalog, path: Path, *, remembering: bool = True) -> str:
    """The sha256 of a user's file, from memory where it has not changed; links are followed.

    Raises:
        InputError: It cannot be read, or is no regular file.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError as exc:
        raise InputError(f"{_shown(path)}: no such file") from exc
    except OSError as exc:
        raise InputError(f"{_shown(path)}: {exc.strerror}") from exc
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{_shown(path)}: not a regular file")
        found = known(catalog, path, status)
        if found is None:
            found = digest_of(handle)
            if stamp_of(os.fstat(handle)) != stamp_of(status):
                raise InputError(f"{_shown(path)}: changed while it was read", hint="try again")
            if remembering:
                try_to_remember(catalog, path, status, found)
    except OSError as exc:
        raise InputError(f"{_shown(path)}: {exc.strerror}") from exc
    finally:
        os.close(handle)
    return found


def try_to_remember(catalog: Catalog, path: Path, status: os.stat_result, digest: str) -> None:
    """Note a digest where that is possible."""
    try:
        remember(catalog, path, status, digest)
    except StoreError:  # only time is lost; whoever writes a result next reports it
        return


def _name(path: Path) -> bytes:
    return os.fsencode(path.absolute())


def _shown(path: Path) -> str:
    return os.fsencode(path).decode(errors="replace")


def _stamp(status: os.stat_result) -> str:
    return ":".join(str(part) for part in stamp_of(status))  # text: an inode may exceed 63 bits
