"""What a stage is handed: its inputs from the store, its engine, its resumable parts."""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from loquitur.codec import decode
from loquitur.errors import CorruptError, InputError
from loquitur.media.pcm import MappedSamples
from loquitur.model.speech import EngineStamp
from loquitur.registry import options_of
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Self

    from loquitur.model.media import Audio, MediaRef
    from loquitur.model.work import Task
    from loquitur.pipeline.engines import EnginePool
    from loquitur.protocols import Resources
    from loquitur.stages import Stage
    from loquitur.store import Store

T = TypeVar("T")


class StoreWork:
    """The `Work` of one task over a store; a context that gives the engine back at its end."""

    def __init__(
        self,
        task: Task,
        stage: Stage,
        store: Store,
        resources: Resources,
        pool: EnginePool,
        report: Callable[..., None],
    ) -> None:
        self._task = task
        self._store = store
        self._resources = resources
        self._pool = pool
        self._report = report
        self._inputs = dict(task.inputs)
        self._engine: Any = None
        self._media_read = False
        self._told = (0, 0)
        self._open = ExitStack()
        self.adopted: list[tuple[str, str]] = []
        given = {**json.loads(task.options), **json.loads(task.tuning)}
        self.options = options_of(stage.options, given, owner=stage.name)
        self.parts = store.parts(task.key, stage=task.stage, media_id=task.media.media_id)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.__exit__(kind, error, trace)

    @property
    def engine(self) -> Any:
        """The task's engine, lent from the pool on first use."""
        if self._engine is None:
            if self._task.engine is None:
                raise ValueError(f"stage {self._task.stage} was planned without an engine")
            lent = self._pool.lend(self._task.engine, self._resources, self._beat)
            self._engine = self._open.enter_context(lent)
        return self._engine

    @property
    def stamp(self) -> EngineStamp:
        """The engine's name and version, for the artifact."""
        engine = self._task.engine
        if engine is None:
            raise ValueError(f"stage {self._task.stage} was planned without an engine")
        return EngineStamp(
            name=engine.name,
            version=engine.version,
            model=engine.model,
            model_digest=engine.model_digest,
            options=engine.options,
            draft=engine.draft,
        )

    @property
    def media(self) -> MediaRef:
        """The medium all of this is about."""
        return self._task.media

    @property
    def media_path(self) -> Path:
        """Where the medium's bytes lie; they are the ones its name says.

        Raises:
            CorruptError: The store's own copy is damaged; the next try fetches it again.
            InputError: The user's file has changed since it was examined.
        """
        self._media_read = True
        return self._check_media()

    def _check_media(self) -> Path:
        path, digest = Path(self._task.media_path), self._task.media.digest
        if path == self._store.path(digest):
            return self._store.check(digest)
        if self._store.digest(path) != digest:
            raise InputError(
                f"{display(str(path))}: changed while it was worked on", hint="run it again"
            )
        return path

    def progress(self, done_ms: int, total_ms: int) -> None:
        """Report how far the stage is; raises where the run is cancelled."""
        self._told = (done_ms, total_ms)
        self._report("progress", done_ms, total_ms)

    def _beat(self) -> None:
        """Say once more how far the stage is: a cancelled run ends a task where it reports."""
        self._report("progress", *self._told)

    def has(self, name: str) -> bool:
        """Whether the plan gives this input."""
        return name in self._inputs

    def take(self, name: str, kind: type[T]) -> T:
        """An input artifact by its parameter name.

        Raises:
            CorruptError: Its bytes are gone or changed; the next run makes them again.
        """
        return load_artifact(self._store, self._inputs[name], kind)

    def samples(self, audio: Audio) -> MappedSamples:
        """The decoded sound of an audio artifact, its bytes checked once per process."""
        return MappedSamples(self._store.check(audio.samples), audio)

    def object(self, digest: str) -> Path:
        """Where an object lies that an input artifact names, its bytes checked once per process.

        Raises:
            CorruptError: It is gone or changed; the next run makes it again.
        """
        return self._store.check(digest)

    def text(self, digest: str) -> str:
        """A text that was put into the store beforehand; the task's record keeps it from now on.

        Raises:
            CorruptError: It is gone or changed.
        """
        self.adopted.append(("text", digest))
        return self._store.read(digest).decode("utf-8")

    @contextmanager
    def temporary(self, suffix: str = "") -> Iterator[Path]:
        """A file to fill inside the store; gone afterwards unless adopted."""
        with self._store.temporary(suffix) as path:
            yield path

    def adopt(self, path: Path, name: str) -> str:
        """Keep a filled temporary file as the task's output `name`; returns its sha256.

        Raises:
            CorruptError: The medium's own copy in the store was damaged meanwhile.
            InputError: The user's file has changed while it was read.
        """
        if self._media_read:
            self._check_media()
        digest = self._store.adopt(path)
        self.adopted.append((name, digest))
        return digest


def load_artifact(store: Store, key: str, kind: type[T]) -> T:
    """The artifact recorded under a key.

    Raises:
        CorruptError: It is not there (any more), or its bytes do not match their name.
    """
    record = store.record(key)
    if record is None:
        raise CorruptError(
            f"the store holds no result under {key[:12]}",
            hint="run the same command again; what is missing is made again",
        )
    return decode(store.read(dict(record.outputs)["artifact"]), kind)
