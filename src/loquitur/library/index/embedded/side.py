"""Files beside a library that make it fast where it is large; any of them may be deleted.

What they hold is copied from the library, and each notes how far it has come: the highest id it
holds, and the generation whose removals it knows. What is newer is looked up in the library itself,
so an old side file gives the same answers as a new one. It is brought up to date by who writes; one
that is of another library, of other rules or of another embedding is no side file at all.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from loquitur.store import writing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

_SUFFIX = "-side"
_PATIENCE = 25
"""A small change does not pay for what is lacking, until it is so many times the least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How far a side file has come.

    Args:
        key: Of what it is a copy, and by which rules.
        generation: Of the library, whose removals it knows.
        last: The highest id that it holds.
        serial: The number of its files.
        rows: How many it holds, those that are gone since it was made along with them.
    """

    key: str
    generation: int
    last: int
    serial: int = 1
    rows: int = 0


def folder_of(library: Path) -> Path:
    """Where the side files of a library lie."""
    return library.with_name(library.name + _SUFFIX)


def discard(library: Path) -> None:
    """Delete all side files of a library."""
    with writing.translated(folder_of(library)):
        shutil.rmtree(folder_of(library), ignore_errors=True)


def read(folder: Path, name: str, key: str) -> State | None:
    """How far a side file has come; None where there is none of that key."""
    try:
        state = State(**json.loads((folder / f"{name}.json").read_bytes()))
    except (OSError, ValueError, TypeError):
        return None  # whatever stands there is no side file, and is made anew
    return state if state.key == key else None


def note(folder: Path, name: str, state: State) -> None:
    """Write down how far a side file has come, after what it holds is on the disk."""
    temporary = folder / f"{name}.json.{os.getpid()}"
    writing.discard(temporary)
    writing.write_temporary(temporary, json.dumps(asdict(state)).encode())
    writing.move_into(temporary, folder / f"{name}.json")


@contextlib.contextmanager
def alone(folder: Path, name: str) -> Iterator[bool]:
    """Whether this process is the one that brings a side file up to date, for the block."""
    with writing.translated(folder):
        writing.ensure_folder(folder)
    handle = writing.open_lock(folder / f"{name}.lock")
    try:
        yield writing.try_lock(handle)
    finally:
        os.close(handle)


def gone(db: sqlite3.Connection, state: State) -> list[tuple[int, int]]:
    """The ranges of ids that went since, of those that a side file holds; both ends included."""
    query = "SELECT first, last FROM gone WHERE generation > ? AND first <= ? ORDER BY first"
    return list(db.execute(query, (state.generation, state.last)))


def lacking(db: sqlite3.Connection, last: int) -> int:
    """How many passages have higher ids."""
    query = "SELECT coalesce(sum(last - first + 1), 0) FROM parts WHERE first > ?"
    return int(db.execute(query, (last,)).fetchone()[0])


def sync(path: Path) -> None:
    """Bring a file to the disk."""
    with writing.translated(path), path.open("rb") as file:
        os.fsync(file.fileno())


def is_due(lacking: int, *, own: int, least: int) -> bool:
    """Whether who has put in `own` passages brings in what is lacking."""
    return lacking >= least and (2 * own >= lacking or lacking >= _PATIENCE * least)
