"""Result records: one small JSON file per stage key, `results/ab/<key>.json`, made only if absent.

Two runs of one key may give different bytes where an engine is not deterministic; the first
published record wins, and that turns work done twice into one result. A record whose objects are
not all there means "not done". The file carries the sha256 of its own body, since its name is a
key and not its digest:

    {"sha256":"<of the bytes of the record>","record":{"schema":"loquitur/record/1",...}}
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from loquitur import codec
from loquitur.errors import CorruptError, InputError
from loquitur.model.work import Record
from loquitur.store import writing
from loquitur.store.objects import blocks, check_digest, corrupt, files, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from loquitur.store.objects import Objects

_HEAD = b'{"sha256":"'
_NECK = b'","record":'
_TAIL = b"}\n"
_BODY_AT = len(_HEAD) + 64 + len(_NECK)


class Records:
    """The folder `results/` of a store.

    Args:
        root: The store's folder.
        objects: Where the outputs lie.
        temporary: Gives a new path in the store's `tmp/`, for a suffix.
    """

    def __init__(self, root: Path, objects: Objects, temporary: Callable[[str], Path]) -> None:
        self.folder = root / "results"
        self._quarantine = root / "quarantine"
        self._lock = root / "store.lock"
        self._objects = objects
        self._temporary = temporary

    def path(self, key: str) -> Path:
        """Where a record lies or would lie.

        Raises:
            StoreError: The key is no sha256.
        """
        check_digest(key)
        return self.folder / key[:2] / f"{key}.json"

    def load(self, key: str) -> Record | None:
        """A record as it stands in its file, None where there is none.

        Raises:
            CorruptError: The file is damaged.
            InputError: A newer Loquitur wrote it.
        """
        path = self.path(key)
        try:
            with opened(path) as handle:
                data = b"".join(blocks(handle))
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise writing.translate(exc, path) from exc
        return _unwrap(data, key, path)

    def complete(self, record: Record) -> bool:
        """Whether all objects of a record are there."""
        return all(self._objects.has(digest) for _, digest in record.outputs)

    def publish(self, record: Record) -> tuple[Record, bool]:
        """Make a record if there is none; gives the one that counts and whether it is this one.

        A record that is damaged, or has lost an object, gives way.

        Raises:
            CorruptError: An output is not in the store.
            FullError: No space, or no right to write.
        """
        data = _wrap(record)
        path = self.path(record.key)
        while True:
            with writing.locked(self._lock, exclusive=False):
                for name, digest in record.outputs:
                    if not self._objects.has(digest):
                        raise CorruptError(
                            f"{self._objects.path(digest)}: output '{name}' of {record.stage} is"
                            " not in the store",
                            hint="run again: it is made anew",
                        )
                if not path.exists():
                    temporary = self._temporary("")
                    writing.write_temporary(temporary, data)
                    with writing.discarding(temporary):
                        if writing.link_into(temporary, path):
                            return record, True
                there = self.sound(record.key)
            if there is not None:
                return there, False
            self.clear(record.key)

    def sound(self, key: str) -> Record | None:
        """A record that can be used: whole, and all its objects there.

        Raises:
            InputError: A newer Loquitur wrote it.
        """
        try:
            record = self.load(key)
        except CorruptError:
            return None
        return record if record is not None and self.complete(record) else None

    def clear(self, key: str) -> None:
        """Take a record that cannot be used out of the way: to quarantine where it is damaged."""
        with writing.locked(self._lock, exclusive=True):
            try:
                record = self.load(key)
            except CorruptError:
                writing.move_into(self.path(key), self._quarantine / f"{key}.record")
                return
            if record is not None and not self.complete(record):
                self.remove(key)

    def remove(self, key: str) -> None:
        """Delete a record, durably; nothing happens where there is none."""
        path = self.path(key)
        with writing.translated(path):
            writing.point("record.remove")
            writing.discard(path)
            writing.point("record.folder")
            if path.parent.exists():
                writing.sync_folder(path.parent)

    def names(self) -> Iterator[str]:
        """The keys of all record files, whatever is in them, sorted by their first two digits."""
        return (path.name[:64] for path in files(self.folder) if self.named(path))

    @staticmethod
    def named(path: Path) -> bool:
        """Whether a file is called, and lies, as a record does."""
        key, dot, suffix = path.name.partition(".")
        return _is_digest(key) and dot + suffix == ".json" and path.parent.name == key[:2]


def size_of(path: Path) -> int:
    """A file's size in bytes, 0 where there is none."""
    try:
        return os.lstat(path).st_size
    except FileNotFoundError:
        return 0


def _wrap(record: Record) -> bytes:
    check_digest(record.key)
    for _, digest in record.outputs:
        check_digest(digest)
    body = codec.encode(record)
    return _HEAD + hashlib.sha256(body).hexdigest().encode() + _NECK + body + _TAIL


def _unwrap(data: bytes, key: str, path: Path) -> Record:
    body = data[_BODY_AT : -len(_TAIL)]
    if (
        not data.startswith(_HEAD)
        or not data.endswith(_TAIL)
        or data[len(_HEAD) : _BODY_AT] != hashlib.sha256(body).hexdigest().encode() + _NECK
    ):
        raise corrupt(path)
    try:
        record = codec.decode(body, Record)
    except InputError as exc:
        if exc.code == "LQ-INPUT-SCHEMA" and exc.hint:  # whole, but from a newer Loquitur
            raise
        raise corrupt(path) from exc
    if record.key != key or not all(_is_digest(digest) for _, digest in record.outputs):
        raise corrupt(path)
    return record


def _is_digest(text: str) -> bool:
    return len(text) == 64 and not text.strip("0123456789abcdef")
