"""Rows to CSV, JSON Lines and Parquet as they come: memory does not grow with their number.

The target is replaced in one step when all rows are there; until then the old file stays. Parquet
goes through pieces on the disk, which polars joins without holding them all.
"""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import errno
import json
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol, TextIO

from loquitur.errors import FullError, InputError, MissingError, UsageError, near
from loquitur.tables.cells import Cell, Column, as_json, as_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

FORMS = {"csv": "csv", "jsonl": "jsonl", "ndjson": "jsonl", "parquet": "parquet", "pq": "parquet"}
"""Suffix to format."""

_PIECE_ROWS = 5_000
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NO_RIGHT = (errno.EACCES, errno.EPERM, errno.EROFS)
POLARS_HINT = 'pip install "loquitur[tables]"'


class RowWriter(Protocol):
    """Takes rows, one by one."""

    def write(self, row: Sequence[Cell]) -> None:
        """A row: one cell for each column, in their order."""
        ...


def form_of(path: Path | str) -> str:
    """The format that a file's suffix names.

    Raises:
        UsageError: It names none; the known ones are said.
    """
    suffix = Path(path).suffix.lower().lstrip(".")
    if suffix not in FORMS:
        hint = near(suffix, FORMS) if suffix else "end its name in .csv, .jsonl or .parquet"
        raise UsageError(f"{path}: not a format of tables: '.{suffix}'", hint=hint)
    return FORMS[suffix]


@contextlib.contextmanager
def writing(
    target: Path | TextIO, columns: Sequence[Column], *, form: str = "", guard: bool = True
) -> Iterator[RowWriter]:
    """A writer of rows; the target has them all when the block ends, or is as it was before.

    Args:
        target: A file, whose suffix names the format; or an open text stream.
        columns: Of the rows.
        form: `csv`, `jsonl` or `parquet`, over the suffix; a stream gets `csv` without it.
        guard: Put an apostrophe before text that a spreadsheet would run (CSV alone).

    Raises:
        UsageError: The suffix names no format, or the stream cannot take it.
        MissingError: Parquet without polars.
        FullError: No space, or no right to write there.
        InputError: There is no such place.
    """
    if not isinstance(target, Path):
        if form == "parquet":
            raise UsageError("Parquet is no text", hint="write it to a file: -o FILE.parquet")
        yield _text_writer(target, columns, form or "csv", guard=guard)
        return
    form = form or form_of(target)
    if form == "parquet":
        with replacing(target) as temporary, _parquet_writer(temporary, columns) as writer:
            yield writer
        return
    with replacing(target) as temporary, _opened(temporary) as file:
        yield _text_writer(file, columns, form, guard=guard)


def write(
    target: Path | TextIO,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Cell]],
    *,
    form: str = "",
    guard: bool = True,
) -> int:
    """Write rows as `writing` does; how many they were."""
    count = 0
    with writing(target, columns, form=form, guard=guard) as writer:
        for row in rows:
            writer.write(row)
            count += 1
    return count


def _text_writer(
    file: IO[str], columns: Sequence[Column], form: str, *, guard: bool
) -> _CsvWriter | _LineWriter:
    return _LineWriter(file, columns) if form == "jsonl" else _CsvWriter(file, columns, guard)


class _CsvWriter:
    def __init__(self, file: IO[str], columns: Sequence[Column], guard: bool) -> None:
        self._columns = columns
        self._guard = guard
        self._write = csv.writer(file, lineterminator="\n").writerow
        self._write([column.name for column in columns])

    def write(self, row: Sequence[Cell]) -> None:
        self._write(
            [
                as_text(column, cell, guard=self._guard)
                for column, cell in zip(self._columns, row, strict=True)
            ]
        )


class _LineWriter:
    def __init__(self, file: IO[str], columns: Sequence[Column]) -> None:
        self._names = [column.name for column in columns]
        self._file = file

    def write(self, row: Sequence[Cell]) -> None:
        line = {name: as_json(cell) for name, cell in zip(self._names, row, strict=True)}
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")


class _PieceWriter:
    """Collects rows and puts each full piece on the disk."""

    def __init__(self, folder: Path, columns: Sequence[Column]) -> None:
        self._folder = folder
        self._columns = columns
        self._rows: list[tuple[Cell, ...]] = []
        self.pieces: list[Path] = []

    def write(self, row: Sequence[Cell]) -> None:
        self._rows.append(tuple(row))
        if len(self._rows) >= _PIECE_ROWS:
            self.flush()

    def flush(self) -> None:
        """Put what is collected on the disk; the first piece is there even without rows."""
        if not self._rows and self.pieces:
            return
        from loquitur.tables.frames import polars_frame

        data = list(zip(*self._rows, strict=True)) or [()] * len(self._columns)
        path = self._folder / f"{len(self.pieces):06d}.arrow"
        polars_frame(self._columns, data).write_ipc(path)
        self.pieces.append(path)
        self._rows = []


@contextlib.contextmanager
def _parquet_writer(target: Path, columns: Sequence[Column]) -> Iterator[_PieceWriter]:
    try:
        import polars
    except ImportError as exc:
        raise MissingError("Parquet needs polars", hint=POLARS_HINT) from exc
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        writer = _PieceWriter(folder, columns)
        yield writer
        writer.flush()
        metadata = {
            "loquitur.columns": json.dumps([dataclasses.asdict(column) for column in columns])
        }
        try:
            polars.scan_ipc(writer.pieces, glob=False).sink_parquet(target, metadata=metadata)
        except polars.exceptions.PolarsError as exc:
            raise FullError(f"{target.parent}: Parquet was not written: {exc}") from exc
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A file beside the target that takes its place where the block succeeds.

    What is no plain file (a pipe, `/dev/null`) is written as it stands.
    """
    target = target.expanduser()
    with _told(target):
        if target.is_dir():
            raise InputError(f"{target}: is a folder", hint="give a file name")
        if target.exists() and not stat.S_ISREG(target.stat().st_mode):
            yield target
            return
        target = target.resolve()  # a link stays a link, to the new file
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:80]}.", dir=target.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            temporary.chmod(_mode_for(target))
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def _mode_for(target: Path) -> int:
    """The rights of the file that is replaced; of a new one those that the umask leaves."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    with path.open("w", encoding="utf-8", newline="") as file:
        yield file
        file.flush()


@contextlib.contextmanager
def _told(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        if exc.errno in _NO_ROOM:
            raise FullError(f"{target}: no space left", hint="free some, and run it again") from exc
        if exc.errno in _NO_RIGHT:
            hint = "choose another place with -o"
            raise FullError(f"{target}: may not be written", hint=hint) from exc
        raise InputError(f"{target}: {exc.strerror or exc}", hint="choose another place") from exc
