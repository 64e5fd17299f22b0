"""Edits: what users said of results, `edits/ab/<key>.json`, beside the artifacts it is laid over.

The one kind of thing here that cannot be made again. So it is named by the key of the result it is
about, written whole or not at all, never collected, and where it is damaged it is an error that
says so: captions without the names somebody gave would be wrong without a word. The file carries
the sha256 of its own body:

    {"sha256":"<of the bytes of the edits>","edits":{"schema":"loquitur/speaker-edits/1",...}}
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from loquitur import codec
from loquitur.errors import CorruptError, InputError, StoreError
from loquitur.model.speakers import SpeakerEdits
from loquitur.store import writing
from loquitur.store.listing import Usage
from loquitur.store.objects import DIGEST, blocks, check_digest, files, opened
from loquitur.store.records import size_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_HEAD = b'{"sha256":"'
_NECK = b'","edits":'
_TAIL = b"}\n"
_BODY_AT = len(_HEAD) + 64 + len(_NECK)


class Edits:
    """The folder `edits/` of a store.

    Args:
        root: The store's folder.
        temporary: Gives a new path in the store's `tmp/`, for a suffix.
    """

    def __init__(self, root: Path, temporary: Callable[[str], Path]) -> None:
        self.folder = root / "edits"
        self._quarantine = root / "quarantine"
        self._lock = root / "store.lock"
        self._temporary = temporary

    def path(self, key: str) -> Path:
        """Where the edits of a result lie or would lie.

        Raises:
            StoreError: The key is no sha256.
        """
        check_digest(key)
        return self.folder / key[:2] / f"{key}.json"

    def load(self, key: str) -> SpeakerEdits | None:
        """The edits of a result, None where there are none.

        Raises:
            StoreError: They are damaged.
            InputError: A newer Loquitur wrote them.
        """
        path = self.path(key)
        try:
            with opened(path) as handle:
                data = b"".join(blocks(handle))
        except FileNotFoundError:
            return None
        except CorruptError as exc:
            raise _damaged(path) from exc
        except OSError as exc:
            raise writing.translate(exc, path) from exc
        return _unsealed(data, path)

    def change(
        self, key: str, change: Callable[[SpeakerEdits | None], SpeakerEdits | None]
    ) -> SpeakerEdits | None:
        """Put what `change` makes of a result's edits in their place; None removes them.

        Nobody else changes edits of this store meanwhile, so none are lost.

        Raises:
            StoreError: What is there is damaged.
            FullError: No space, or no right to write.
        """
        path = self.path(key)
        with writing.locked(self._lock, exclusive=True):
            before = self.load(key)
            after = change(before)
            if after == before:
                return after
            if after is None:
                with writing.translated(path):
                    writing.point("edits.remove")
                    writing.discard(path)
                    writing.point("edits.folder")
                    writing.sync_folder(path.parent)
                return None
            temporary = self._temporary("")
            writing.write_temporary(temporary, _sealed(after))
            with writing.discarding(temporary):
                writing.move_into(temporary, path)
        return after

    def keys(self) -> Iterator[str]:
        """The keys of all edits, whatever is in their files."""
        return (path.name[:64] for path in files(self.folder) if self.named(path))

    @staticmethod
    def named(path: Path) -> bool:
        """Whether a file is called, and lies, as edits do."""
        key, dot, suffix = path.name.partition(".")
        fits = DIGEST.fullmatch(key) and path.parent.name == key[:2]
        return bool(fits) and dot + suffix == ".json"

    def damaged(self) -> tuple[str, ...]:
        """The keys of edits that cannot be read."""
        found = []
        for key in self.keys():
            try:
                self.load(key)
            except StoreError:
                found.append(key)
            except InputError:
                continue  # whole, but of a newer Loquitur
        return tuple(found)

    def set_aside(self, key: str) -> None:
        """Move the edits of a result to quarantine, where a person may still read them."""
        with writing.locked(self._lock, exclusive=True), writing.translated(self.path(key)):
            writing.move_into(self.path(key), self._quarantine / f"{key}.edits")

    def usage(self) -> Usage:
        """How many there are, and their bytes."""
        paths = [self.path(key) for key in self.keys()]
        size_bytes = sum(size_of(path) for path in paths)
        return Usage(stage="edits", results=len(paths), parts=0, objects=0, size_bytes=size_bytes)


def _sealed(edits: SpeakerEdits) -> bytes:
    body = codec.encode(edits)
    return _HEAD + hashlib.sha256(body).hexdigest().encode() + _NECK + body + _TAIL


def _unsealed(data: bytes, path: Path) -> SpeakerEdits:
    body = data[_BODY_AT : -len(_TAIL)]
    digest = hashlib.sha256(body).hexdigest().encode()
    if data != _HEAD + digest + _NECK + body + _TAIL:
        raise _damaged(path)
    try:
        return codec.decode(body, SpeakerEdits)
    except InputError as exc:
        if exc.code == "LQ-INPUT-SCHEMA" and exc.hint:  # whole, but from a newer Loquitur
            raise
        raise _damaged(path) from exc


def _damaged(path: Path) -> StoreError:
    return StoreError(
        f"{path}: the names given to speakers are damaged",
        hint="loquitur store verify --repair sets them aside; then give them again",
        code="LQ-STORE-EDITS",
    )
