"""Which shards a conversion has written already: `.converted.jsonl` in their folder, a line each.

A shard stays where the source, how it was converted and what lies there are the same as they were
written down: so a conversion that was stopped, by whatever, goes on with the next shard.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from loquitur.conversion import decoder
from loquitur.errors import LockedError
from loquitur.store import writing
from loquitur.tables.writing import replacing
from loquitur.text import display
from loquitur.vision.labels.records.framing import Problem
from loquitur.vision.labels.records.sources import open_source

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from loquitur.vision.labels.dataset import DatasetInfo

BOOK, LOCK = ".converted.jsonl", ".converted.lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One shard that was written.

    Args:
        name: Of the new file.
        source: The address of the one it was made of.
        version: Of the source (`sources.ByteSource.version`).
        how: The digest of the form, of what the new shards hold, and of what is left out.
        size_bytes: Of the new file.
        changed_ns: When it was written.
        videos: In it.
        problems: What of the source is left out.
    """

    name: str
    source: str
    version: str
    how: str
    size_bytes: int
    changed_ns: int
    videos: int
    problems: tuple[Problem, ...] = ()


class Book:
    """What was written into a folder.

    Args:
        folder: Of the new shards.
        form: Which one they are converted to.
        info: What they hold.
        keep_going: Whether damaged records are left out.
    """

    def __init__(self, folder: Path, form: str, info: DatasetInfo, *, keep_going: bool) -> None:
        self._path = folder / BOOK
        self._folder = folder
        told = f"{form} {keep_going} {info!r}"
        self._how = hashlib.sha256(told.encode("utf-8", "surrogateescape")).hexdigest()
        self._rows = {row.name: row for row in self._read()}

    @property
    def is_there(self) -> bool:
        """Whether a conversion began in this folder before."""
        return self._path.is_file()

    @contextlib.contextmanager
    def held(self, names: Collection[str]) -> Iterator[None]:
        """The folder is this conversion's alone while the block runs.

        What a kill left half written of the new shards goes; a line that it cut off, too.

        Args:
            names: Of the new shards.

        Raises:
            LockedError: Another process converts into it.
            FullError: No space, or no right to write there.
        """
        with writing.translated(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
        handle = writing.open_lock(self._folder / LOCK)
        try:
            if not writing.try_lock(handle):
                raise LockedError(
                    f"{display(str(self._folder))}: another process converts into it",
                    hint="wait for it, or name another folder",
                )
            with replacing(self._path) as temporary:
                rows = (json.dumps(asdict(row)) + "\n" for row in self._rows.values())
                temporary.write_text("".join(rows), encoding="utf-8")
            for name in names:
                for path in self._folder.glob(f".{glob.escape(name[:80])}.*"):
                    path.unlink(missing_ok=True)
            yield
        finally:
            os.close(handle)

    def found(self, name: str, source: str) -> Written | None:
        """What is written down of a shard that need not be made again; None where it must."""
        row = self._rows.get(name)
        if row is None or (row.source, row.how) != (source, self._how):
            return None
        try:
            state = (self._folder / name).stat()
        except OSError:
            return None
        is_same = (row.size_bytes, row.changed_ns) == (state.st_size, state.st_mtime_ns)
        return row if is_same and row.version and row.version == version_of(source) else None

    def note(
        self, name: str, source: str, version: str, videos: int, problems: tuple[Problem, ...]
    ) -> None:
        """Write down that a shard is there; where that cannot be, it is made again another time."""
        state = (self._folder / name).stat()
        row = Written(
            name=name,
            source=source,
            version=version,
            how=self._how,
            size_bytes=state.st_size,
            changed_ns=state.st_mtime_ns,
            videos=videos,
            problems=problems,
        )
        self._rows[name] = row
        with contextlib.suppress(OSError), self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(row)) + "\n")

    def _read(self) -> list[Written]:
        """The lines; one that was cut off by the end of a run is passed over."""
        rows = decoder(Written)
        found = []
        with contextlib.suppress(OSError), self._path.open("rb") as file:
            for line in file:
                with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError):
                    found.append(rows.decode(line))
        return found


def version_of(address: str) -> str:
    """Which version of a file lies at an address; empty where nobody says."""
    source = open_source(address)
    try:
        return source.version
    finally:
        source.close()
