"""The folder of a run: its records, its two checkpoints, and who may write there.

```
config.json      every option, the data's digests, versions
metrics.jsonl    one row an epoch
samples.jsonl    what the net made of some clips, after each evaluation
last/ best/      the net in its own form; last/ also holds the state of the training
loss.svg ...     curves
tensorboard/     events
```

A checkpoint is a whole folder. It is written beside the old one and then takes its name, so there
is no moment in which none is whole: where a crash comes between the two renames, `settle` ends
what was begun. Records are cut back to where the checkpoint was made, since what follows is done
again.
"""

from __future__ import annotations

import contextlib
import json
import os
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from loquitur.conversion import convert
from loquitur.errors import FullError, InputError, LockedError, StoreError
from loquitur.store import writing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

CONFIG = "config.json"
METRICS = "metrics.jsonl"
SAMPLES = "samples.jsonl"
LAST = "last"
BEST = "best"
SCHEMA = "loquitur/run/1"
_WRITTEN = (METRICS, SAMPLES, LAST, BEST)
_LOCK = ".lock"
_BRING_BACK = "bring the file back, or train in another folder"
_NEW, _OLD = ".new", ".old"
_FILE_MODE = 0o644
_FOLDER_MODE = 0o755
_GARBLED = (UnicodeDecodeError, msgspec.DecodeError, msgspec.ValidationError, RecursionError)


class _Place(msgspec.Struct):
    """What every row of the metrics says of itself."""

    epoch: Annotated[int, msgspec.Meta(ge=1, le=1 << 53)]


class RunFolder:
    """A folder in which a net is trained.

    Args:
        path: Of the folder; it is made where it is absent.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """The folder is this process's alone while the block runs.

        Raises:
            LockedError: Another process trains here.
            FullError: The folder cannot be made or written.
            InputError: There is something else in its place.
        """
        with self.told():
            if self.path.exists() and not self.path.is_dir():
                raise InputError(f"{self.path}: is no folder", hint="name a folder for the run")
            self.path.mkdir(parents=True, exist_ok=True)
        handle = writing.open_lock(self.path / _LOCK)
        try:
            if not writing.try_lock(handle):
                raise LockedError(
                    f"{self.path}: another process trains here",
                    hint="wait for it, or name another folder",
                )
            self.settle()
            yield
        finally:
            os.close(handle)

    def settle(self) -> None:
        """End or undo what a crash left half done."""
        with self.told():
            for name in (LAST, BEST):
                place = self.path / name
                new, old = self._beside(name)
                if not place.exists() and old.exists():
                    # the new one was whole before the old one lost its name
                    (new if new.exists() else old).replace(place)
                for left in (new, old):
                    writing.discard(left)
            for left in self.path.glob(f".*{_NEW}"):
                writing.discard(left)

    def check_free(self) -> None:
        """Hold that a new run may begin here, and overwrites nothing.

        Raises:
            InputError: Something of a run lies here, and no configuration says of which.
        """
        found = [name for name in _WRITTEN if (self.path / name).exists()]
        if found and not (self.path / CONFIG).exists():
            raise InputError(
                f"{self.path}: has '{found[0]}', but no {CONFIG} that says of which run",
                hint=f"bring {CONFIG} back, or name another folder",
            )

    def write_config(self, config: Mapping[str, Any]) -> None:
        """Keep what the run is made with."""
        document = {"schema": SCHEMA, **config}
        text = json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n"
        self.write(CONFIG, text.encode("utf-8", "backslashreplace"))

    def read_config(self) -> dict[str, Any] | None:
        """What the run was made with, None where there is no run yet.

        Raises:
            InputError: It is not ours.
        """
        document = read_json(self.path / CONFIG)
        if document is None:
            return None
        if document.get("schema") != SCHEMA:
            raise InputError(
                f"{self.path / CONFIG}: is not of a run", hint=f"expected schema {SCHEMA}"
            )
        return document

    def write(self, name: str, data: bytes) -> None:
        """Write or replace a file in one step."""
        with self.told():
            writing.write_over(self.path / name, data, mode=_FILE_MODE)

    @contextlib.contextmanager
    def replacing(self, name: str) -> Iterator[Path]:
        """An empty folder, which takes the place of `last` or `best` when the block ends.

        Whatever fails in the block, the old one stays as it was.
        """
        new, old = self._beside(name)
        place = self.path / name
        with self.told():
            writing.discard(new)
            writing.discard(old)
            new.mkdir(mode=_FOLDER_MODE)
            try:
                yield new
                _sync(new)
                writing.point("checkpoint.whole")
            except BaseException:
                writing.discard(new)
                raise
            if place.exists():
                place.replace(old)
            writing.point("checkpoint.between")
            new.replace(place)
            writing.sync_folder(self.path)
            writing.point("checkpoint.done")
            writing.discard(old)

    def sizes(self) -> dict[str, int]:
        """How long the records are, in bytes: what a checkpoint remembers."""
        return {name: _size(self.path / name) for name in (METRICS, SAMPLES)}

    def cut(self, sizes: Mapping[str, int]) -> None:
        """Take off the records what came after a checkpoint.

        Raises:
            InputError: They are shorter than the checkpoint says, or damaged before its place.
        """
        for name in (METRICS, SAMPLES):
            path, size = self.path / name, sizes.get(name, 0)
            found = _size(path)
            if found < size:
                raise InputError(
                    f"{path}: {found} bytes, but the checkpoint was made after {size}",
                    hint=_BRING_BACK,
                )
            if size and not self._ends_line(path, size):
                raise InputError(
                    f"{path}: is damaged: byte {size} ends no line, where the checkpoint was made",
                    hint=_BRING_BACK,
                )
            if found > size:
                with self.told(), path.open("r+b") as file:
                    file.truncate(size)
                    os.fsync(file.fileno())

    def check_whole(self) -> None:
        """Hold that nothing of a run is lost where it has to begin anew: it has no `last`.

        One that was stopped in its first epoch has none, and at most one row.

        Raises:
            InputError: It had epochs behind it.
        """
        if (self.path / LAST).exists():
            return
        with self.told():
            path = self.path / METRICS
            rows = path.read_bytes().count(b"\n") if path.exists() else 0
        if rows > 1:
            kept = f"; '{BEST}' holds its best model" if (self.path / BEST).exists() else ""
            raise InputError(
                f"{self.path}: has {rows} epochs behind it, but no '{LAST}' from which it could go"
                f" on{kept}",
                hint=f"bring '{LAST}' back, or name another folder to begin anew",
            )

    def append(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows to a record, on the disk when this returns."""
        if not rows:
            return
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        with self.told(), (self.path / name).open("ab") as file:
            file.write(text.encode("utf-8", "backslashreplace"))
            file.flush()
            os.fsync(file.fileno())

    def rows(self, name: str = METRICS) -> list[dict[str, Any]]:
        """The rows of a record; a last one that is torn is left out.

        Raises:
            InputError: It cannot be read, or one before it is garbled.
        """
        data = _content(self.path / name)
        if data is None:
            return []
        found = []
        for number, line in enumerate(data.split(b"\n")[:-1], 1):
            try:
                row = convert(msgspec.json.decode(line), dict[str, Any])
                if name == METRICS:
                    convert(row, _Place)
            except _GARBLED as exc:
                raise InputError(
                    f"{self.path / name}, line {number}: is no row",
                    hint="JSON objects, a line each; " + _BRING_BACK,
                ) from exc
            found.append(row)
        return found

    def _ends_line(self, path: Path, size: int) -> bool:
        with self.told(), path.open("rb") as file:
            file.seek(size - 1)
            return file.read(1) == b"\n"

    @contextlib.contextmanager
    def told(self) -> Iterator[None]:
        """Turn what a disk says into one line of ours."""
        try:
            yield
        except OSError as exc:
            raise self._error(writing.translate(exc, self.path)) from exc
        except FullError as exc:
            raise self._error(exc) from exc

    def _error(self, error: StoreError) -> StoreError:
        hint = "make room or choose another place; the last checkpoint stays, and the same command"
        hint += " goes on from it"
        return type(error)(error.message, hint=hint) if isinstance(error, FullError) else error

    def _beside(self, name: str) -> tuple[Path, Path]:
        return self.path / f".{name}{_NEW}", self.path / f".{name}{_OLD}"


def read_json(path: Path) -> dict[str, Any] | None:
    """A file's JSON object, None where there is no file.

    Raises:
        InputError: It is not one.
    """
    data = _content(path)
    if data is None:
        return None
    try:
        return convert(msgspec.json.decode(data), dict[str, Any])
    except _GARBLED as exc:
        raise InputError(f"{path}: is no JSON object ({exc})") from exc


def _content(path: Path) -> bytes | None:
    """A file's bytes, None where there is no file."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as exc:
        raise InputError(f"{path}: {exc.strerror or exc}") from exc


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _sync(folder: Path) -> None:
    """Bring a folder's files to the disk."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
    writing.sync_folder(folder)
