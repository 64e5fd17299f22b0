"""The calls a worker runs: acquire an input, run a task, run one again.

They are picklable, import-only and repeatable. Correctness rests on results being created only if
absent; leases merely save double work.
"""

from __future__ import annotations

import dataclasses
import datetime
import os
import platform
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur import stages
from loquitur.codec import encode, stage_key
from loquitur.errors import StoreError
from loquitur.media.transfer import FetchOptions
from loquitur.model.media import MediaRef
from loquitur.model.work import Record, Task
from loquitur.pipeline.engines import EnginePool
from loquitur.pipeline.work import StoreWork
from loquitur.protocols import Resources
from loquitur.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from loquitur.media.sources import Source
    from loquitur.stages.acquire import Found

# Loaded engines live as long as their process: state of the worker, not of the library's results.
_POOL = EnginePool()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where and under what limits a worker works; nothing in it may change a result."""

    store: Path
    resources: Resources
    fetching: FetchOptions = dataclasses.field(default_factory=FetchOptions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A task's result is in the store under `key`; `seconds` is 0 where it was there before.

    `changed` tells that it was made again and is another than before.
    """

    key: str
    cached: bool
    seconds: float
    changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquired:
    """An input is here: what it is, and where its bytes lie."""

    key: str
    media: MediaRef
    path: str
    engine: str
    cached: bool
    seconds: float


def open_store(root: Path) -> Store:
    """This process's store at a folder, opened once, and again where the folder was deleted."""
    place = Path(os.path.abspath(root))  # noqa: PTH100 - links stay as they are
    if not os.path.exists(place / "store.json"):  # noqa: PTH110 - `Store.open` says why not
        _opened.cache_clear()
    return _opened(place)


@lru_cache(maxsize=8)
def _opened(place: Path) -> Store:
    return Store.open(place)


def recall_input(source: Source, place: Place) -> Acquired | None:
    """An input that the store knows without any reading: None where there is work to do."""
    from loquitur.stages.acquire import recall

    found = recall(source, open_store(place.store), place.fetching)
    return None if found is None else _acquired(found, seconds=0.0)


def acquire_input(
    argument: tuple[Source, bool], place: Place, *, report: Callable[..., None]
) -> Acquired:
    """Bring one input here and say what it is; see `stages.acquire`."""
    from loquitur.stages.acquire import acquire

    source, force = argument
    began = time.monotonic()
    found = acquire(
        source,
        open_store(place.store),
        place.fetching,
        force=force,
        report=report,
    )
    return _acquired(found, seconds=0.0 if found.cached else time.monotonic() - began)


def _acquired(found: Found, *, seconds: float) -> Acquired:
    if found.media is None:
        raise StoreError(f"the record {found.key[:12]} vanished", hint="run it again")
    return Acquired(
        key=found.key,
        media=found.media,
        path=found.path,
        engine=found.engine,
        cached=found.cached,
        seconds=seconds,
    )


def run_task(task: Task, place: Place, *, report: Callable[..., None]) -> Finished:
    """The task's result in the store, made now if it is not there.

    Raises:
        LoquiturError: The stage failed, or the store cannot be written.
    """
    store = open_store(place.store)
    if store.record(task.key) is not None:
        return Finished(key=task.key, cached=True, seconds=0.0)
    with store.lease(task.key, waiting=lambda _: report("waiting")) as lease:
        if lease.record is not None:
            return Finished(key=task.key, cached=True, seconds=0.0)
        report("start")
        record = _make(task, place, store, report)
    return Finished(key=record.key, cached=False, seconds=record.seconds)


def remake_task(
    argument: tuple[Task, Record], place: Place, *, report: Callable[..., None]
) -> Finished:
    """A task's result made again: the old one stays in the store until the new one is whole.

    Args:
        argument: The task, and the result that is not to be taken any more.
        place: Where the store is.
        report: Told how it goes.

    Raises:
        LoquiturError: The stage failed, or the store cannot be written; the old result is there.
    """
    task, old = argument
    store = open_store(place.store)
    # The task's own key has its result, so the right to make it again is held under another.
    again = stage_key(
        stage=task.stage, stage_version=task.stage_version, inputs=(("again", task.key),)
    )
    with store.lease(again, waiting=lambda _: report("waiting")):
        if store.record(task.key) not in (None, old):
            return Finished(key=task.key, cached=True, seconds=0.0)  # another was at it
        report("start")
        store.retire_parts(task.key)
        record = _make(task, place, store, report, replaces=True)
    return Finished(
        key=record.key,
        cached=False,
        seconds=record.seconds,
        changed=record.outputs != old.outputs,
    )


def _make(
    task: Task,
    place: Place,
    store: Store,
    report: Callable[..., None],
    *,
    replaces: bool = False,
) -> Record:
    began = time.monotonic()
    started = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    stage = stages.load(task.stage)
    with StoreWork(task, stage, store, place.resources, _POOL, report) as work:
        artifact = stage.run(work)
        outputs = (("artifact", store.put(encode(artifact))), *work.adopted)
    engine = task.engine
    if replaces:
        store.retire(task.key)
    return store.publish(
        Record(
            key=task.key,
            stage=task.stage,
            stage_version=task.stage_version,
            outputs=outputs,
            inputs=task.inputs,
            engine=engine.name if engine else "",
            engine_version=engine.version if engine else "",
            model=engine.model if engine else "",
            model_digest=engine.model_digest if engine else "",
            options=task.options,
            media_id=task.media.media_id,
            title=task.media.title,
            started=started,
            seconds=round(time.monotonic() - began, 3),
            host=platform.node(),
        )
    )
