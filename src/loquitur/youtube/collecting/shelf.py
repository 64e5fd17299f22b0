"""All collections of a store: what there is, how old it is, what goes when it is too old."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loquitur.errors import LockedError, UsageError, near
from loquitur.store import writing
from loquitur.youtube.collecting.collection import Collection
from loquitur.youtube.collecting.job import SUFFIX, folder
from loquitur.youtube.collecting.listings import ITEM
from loquitur.youtube.collecting.videos import ASKED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

BARE = (ASKED, ITEM)
"""Kinds that hold an id and nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A collection, as a list shows it.

    Args:
        name: Its own.
        about: Its job: verb, arguments, endpoint.
        rows: How many rows of each kind.
        runs: How many runs.
        done: Whether the last run is done.
        oldest_s: When its oldest row was collected, Unix seconds; None where it has none.
        newest_s: When its newest row was collected.
        outputs: The files that its rows were written to.
        size_bytes: Of the file.
        busy: Whether a process is at it; then the rest is not known.
    """

    name: str
    about: dict[str, Any]
    rows: dict[str, int]
    runs: int
    done: bool
    oldest_s: float | None
    newest_s: float | None
    outputs: tuple[str, ...]
    size_bytes: int
    busy: bool = False


def names(store: Path) -> list[str]:
    """The names of all collections, sorted."""
    place = folder(store)
    with writing.translated(place):
        found = sorted(place.glob("*" + SUFFIX)) if place.is_dir() else []
    return [path.name.removesuffix(SUFFIX) for path in found]


def chosen(store: Path, given: tuple[str, ...], *, more: Sequence[str] = ()) -> list[str]:
    """The collections that are meant: by name or its beginning; all where none is given.

    Args:
        store: Whose collections.
        given: Names, or parts of them.
        more: Names of what may be meant as well.

    Raises:
        UsageError: A name that no collection, or more than one, has.
    """
    known = [*names(store), *more]
    if not given:
        return known
    found = []
    for text in given:
        fitting = [name for name in known if name == text] or [
            name for name in known if text and (name.startswith(text) or text in name)
        ]
        if len(fitting) != 1:
            what = "no collection" if not fitting else f"{len(fitting)} collections"
            hint = near(text, fitting or known) or "see `loquitur youtube collections list`"
            raise UsageError(f"{what} called '{text[:60]}'", hint=hint)
        found += fitting
    return list(dict.fromkeys(found))


def path_of(store: Path, name: str) -> Path:
    """The file of a collection."""
    return folder(store) / (name + SUFFIX)


def entries(store: Path, now: Callable[[], float]) -> Iterator[Entry]:
    """Every collection of a store."""
    for name in names(store):
        yield entry(store, name, now)


def entry(store: Path, name: str, now: Callable[[], float]) -> Entry:
    """One of them."""
    path = path_of(store, name)
    try:
        with Collection(path, now=now) as collection:
            return described(collection)
    except LockedError:
        return Entry(
            name=name, about={}, rows={}, runs=0, done=False, oldest_s=None, newest_s=None,
            outputs=(), size_bytes=path.stat().st_size, busy=True,
        )  # fmt: skip


def described(collection: Collection) -> Entry:
    """An open collection, as a list shows it."""
    runs = collection.runs()
    kinds = {kind: count for kind, count in collection.kinds().items() if kind not in BARE}
    oldest, newest = collection.ages()
    return Entry(
        name=collection.path.name.removesuffix(SUFFIX),
        about=dict(collection.about),
        rows=kinds,
        runs=len(runs),
        done=bool(runs and runs[-1].finished_s),
        oldest_s=oldest,
        newest_s=newest,
        outputs=tuple(path for path, _, _, _ in collection.outputs()),
        size_bytes=collection.path.stat().st_size,
    )


def stale_files(collection: Collection, before_s: float) -> list[str]:
    """The files that hold rows which were collected before a time."""
    oldest, _ = collection.ages()
    if oldest is None or oldest >= before_s:
        return []
    return [path for path, written, count, _ in collection.outputs() if count and written >= oldest]


def forget(store: Path, name: str) -> None:
    """Remove a collection with all its rows.

    Raises:
        LockedError: A process is at it.
    """
    path = path_of(store, name)
    with Collection(path):
        for suffix in ("-wal", "-shm", "-journal", ""):
            writing.discard(path.with_name(path.name + suffix))
    writing.discard(path.with_suffix(".lock"))
