"""A folder of shards as it is filled: one process at a time, what is verified, what is half here.

All that is not a shard lies in `.fetch/`: the lock, the plans as they were last seen, the parts of
shards, and `verified.jsonl`: name, MD5, size and time of last change of each shard whose bytes were
read and found right, so that 1.5 TB are not hashed again by every run.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from loquitur.conversion import decoder
from loquitur.errors import FullError, InputError, LockedError, StoreError
from loquitur.store import writing
from loquitur.tables.writing import replacing
from loquitur.text import display
from loquitur.vision.labels.fetching.transfer import md5_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.vision.labels.dataset import Level
    from loquitur.vision.labels.fetching.plan import PlannedShard

_INSIDE = ".fetch"
_VERIFIED = "verified.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A shard that was read whole, and what it was then."""

    name: str
    md5: str
    size_bytes: int
    changed_ns: int


class Place:
    """A folder that shards are fetched into.

    Args:
        folder: Of the shards; made where it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._inside = folder / _INSIDE
        self._verified: dict[str, Verified] = {}
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """The folder is this process's alone while the block runs.

        Raises:
            LockedError: Another process fetches into it.
            FullError: It cannot be made or written.
            InputError: There is something else in its place.
        """
        if self.folder.exists() and not self.folder.is_dir():
            raise InputError(f"{display(str(self.folder))}: is no folder", hint="name a folder")
        with self.told():
            self._inside.mkdir(parents=True, exist_ok=True)
        handle = writing.open_lock(self._inside / "lock")
        try:
            if not writing.try_lock(handle):
                raise LockedError(
                    f"{display(str(self.folder))}: another process fetches into it",
                    hint="wait for it, or name another folder",
                )
            self._verified = {row.name: row for row in self._rows()}
            yield
        finally:
            os.close(handle)

    @contextlib.contextmanager
    def told(self) -> Iterator[None]:
        """The system's errors as ours."""
        try:
            with writing.translated(self.folder):
                yield
        except FullError as exc:
            hint = "free some space, or choose another folder with -o; the same command goes on"
            raise FullError(exc.message, hint=hint) from exc
        except StoreError as exc:
            raise InputError(exc.message, hint="choose another folder with -o") from exc

    def target(self, shard: PlannedShard) -> Path:
        """Where a shard lies."""
        return self.folder / shard.name

    def part(self, shard: PlannedShard) -> Path:
        """Where a shard of these very bytes is collected."""
        return self._inside / f"{shard.name}.{shard.md5}.part"

    def part_bytes(self, shard: PlannedShard) -> int:
        """How much of a shard has come."""
        part = self.part(shard)
        return part.stat().st_size if part.is_file() else 0

    def is_here(self, shard: PlannedShard, *, again: bool = False) -> bool:
        """Whether a shard lies here with the bytes of the plan.

        Args:
            shard: Which.
            again: Read it, also where it was found right before and has not changed since.
        """
        path = self.target(shard)
        try:
            state = path.stat()
        except FileNotFoundError:
            return False
        if not again and self._was_right(shard, state):
            return True
        if md5_of(path) != shard.md5:
            return False
        self.note(shard)
        return True

    def unread_bytes(self, shard: PlannedShard, *, again: bool = False) -> int:
        """How much `is_here` has to read to know; 0 where nothing is here."""
        try:
            state = self.target(shard).stat()
        except FileNotFoundError:
            return 0
        return 0 if not again and self._was_right(shard, state) else state.st_size

    def _was_right(self, shard: PlannedShard, state: os.stat_result) -> bool:
        known = self._verified.get(shard.name)
        if known is None or known.md5 != shard.md5:
            return False
        return (known.size_bytes, known.changed_ns) == (state.st_size, state.st_mtime_ns)

    def note(self, shard: PlannedShard) -> None:
        """Keep that a shard was found right."""
        state = self.target(shard).stat()
        row = Verified(
            name=shard.name,
            md5=shard.md5,
            size_bytes=state.st_size,
            changed_ns=state.st_mtime_ns,
        )
        with self._lock, (self._inside / _VERIFIED).open("a", encoding="utf-8") as file:
            self._verified[shard.name] = row
            file.write(json.dumps(asdict(row)) + "\n")

    def kept_plan(self, level: Level, part: str) -> bytes | None:
        """A part's plan as it was last seen."""
        with contextlib.suppress(FileNotFoundError):
            return self._plan(level, part).read_bytes()
        return None

    def keep_plan(self, level: Level, part: str, data: bytes) -> None:
        """Keep a part's plan."""
        with replacing(self._plan(level, part)) as temporary:
            temporary.write_bytes(data)

    def tidy(self, shards: Sequence[PlannedShard]) -> None:
        """Drop parts of shards that no plan has any more, and rows of the book but the last."""
        names = {shard.name for shard in shards}
        wanted = {self.part(shard).name for shard in shards}
        for path in self._inside.glob("*.part"):
            if path.name.rsplit(".", 2)[0] in names and path.name not in wanted:
                path.unlink(missing_ok=True)
        if self._verified:
            with replacing(self._inside / _VERIFIED) as temporary:
                rows = (json.dumps(asdict(row)) + "\n" for row in self._verified.values())
                temporary.write_text("".join(rows), encoding="utf-8")

    def free_bytes(self) -> int:
        """How much the disk has left."""
        there = next(one for one in (self.folder, *self.folder.parents) if one.exists())
        return shutil.disk_usage(there).free

    def _plan(self, level: Level, part: str) -> Path:
        return self._inside / f"{level}_{part}.json"

    def _rows(self) -> list[Verified]:
        """What earlier runs found; a line that was cut off by the end of one is passed over."""
        rows = decoder(Verified)
        found = []
        with contextlib.suppress(FileNotFoundError), (self._inside / _VERIFIED).open("rb") as file:
            for line in file:
                with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError):
                    found.append(rows.decode(line))
        return found
