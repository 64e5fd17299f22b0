"""Engines chosen for a recipe, and loaded ones kept for the next task of this process."""

from __future__ import annotations

import dataclasses
import gc
import importlib.metadata
import json
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from loquitur import registry
from loquitur.codec import canonical
from loquitur.errors import InputError, MissingError
from loquitur.model.work import Engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from loquitur.protocols import Resources


def choose(kind: str, wanted: str, given: Mapping[str, Any], resources: Resources) -> Engine:
    """An engine by name, or `name:model`, resolved to all that a key must know of it.

    Args:
        kind: asr, vad, diarization or emotion.
        wanted: The engine's name, with its model after a colon where one is meant.
        given: Options for it (`--set`), as text or typed.
        resources: Where its models are.

    Raises:
        UsageError: Unknown engine, option or model.
        MissingError: Its package or model is absent.
    """
    name, _, model = wanted.partition(":")
    spec = registry.find(kind, name, resources.environments)
    engine_class = registry.load(spec)
    options = registry.chosen_options(engine_class, model, given, owner=name)
    with _reading(name):
        identity = engine_class.identity(options, resources)
    keyed, tuning = split_options(options)
    return Engine(
        kind=kind,
        name=name,
        version=identity.version,
        model=identity.model,
        model_digest=identity.model_digest,
        options=canonical(keyed),
        # exactly as given: canonical text is composed (NFC), and a folder's name need not be
        tuning=json.dumps(msgspec.to_builtins(tuning), sort_keys=True),
        draft=identity.draft,
    )


def media_engine() -> Engine:
    """What decodes media, as an engine: another PyAV (and FFmpeg in it) may give other sound.

    Raises:
        MissingError: It is not installed.
    """
    try:
        version = importlib.metadata.version("av")
    except importlib.metadata.PackageNotFoundError as exc:
        raise MissingError(
            "the package av is not installed", hint="pip install av", code="LQ-NO-PACKAGE"
        ) from exc
    return Engine(kind="media", name="pyav", version=version)


def known_languages(engine: Engine, resources: Resources) -> tuple[str, ...]:
    """The languages a recogniser's chosen model knows, empty for many; nothing is loaded."""
    engine_class, options = _resolved(engine, resources)
    tell = getattr(engine_class, "languages_of", None)
    with _reading(engine.name):
        languages: tuple[str, ...] = tell(options) if tell else engine_class.languages
    return languages


def gives_times(engine: Engine, resources: Resources) -> bool:
    """Whether a recogniser, as it is set, gives every word a time; nothing is loaded."""
    engine_class, options = _resolved(engine, resources)
    tell = getattr(engine_class, "times", None)
    with _reading(engine.name):
        return tell is None or tell(options) == "words"


def chunking(engine: Engine, resources: Resources) -> dict[str, int]:
    """How a recogniser wants sound cut up, where it differs from what suits most of them.

    Words without times get no sound from beyond a cut: what both sides say of it could not be told
    apart.
    """
    engine_class, _ = _resolved(engine, resources)
    wants = dict(getattr(engine_class, "chunking", {}))
    return wants if gives_times(engine, resources) else {"context_ms": 0} | wants


def must_be_told(engine: Engine, resources: Resources) -> bool:
    """Whether a recogniser cannot find out the language by itself; nothing is loaded."""
    engine_class, options = _resolved(engine, resources)
    tell = getattr(engine_class, "must_be_told", None)
    with _reading(engine.name):
        return tell is not None and bool(tell(options))


def writes_punctuation(engine: Engine, resources: Resources) -> bool:
    """Whether a recogniser's words have punctuation and capitals; nothing is loaded."""
    engine_class, options = _resolved(engine, resources)
    tell = getattr(engine_class, "punctuates", None)
    with _reading(engine.name):
        return tell is None or bool(tell(options))


def writes_text(engine: Engine, resources: Resources) -> bool:
    """Whether an engine of the kind `llm` answers prompts; the others restore punctuation."""
    return hasattr(_resolved(engine, resources)[0], "write")


def needs_key(engine: Engine, resources: Resources) -> str:
    """The variable in which an engine looks for a key that is not there; empty for none."""
    engine_class, options = _resolved(engine, resources)
    tell = getattr(engine_class, "lacks", None)
    return str(tell(options)) if tell else ""


def vendor_of(engine: Engine, resources: Resources) -> str:
    """Whose prices hold for an engine, empty where nobody knows; nothing is loaded."""
    engine_class, options = _resolved(engine, resources)
    tell = getattr(engine_class, "vendor", None)
    return str(tell(options)) if tell else ""


def split_options(options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Options that can change a result, and those that cannot."""
    keyed: dict[str, Any] = {}
    tuning: dict[str, Any] = {}
    for item in dataclasses.fields(options):
        target = keyed if item.metadata.get("keyed", True) else tuning
        target[item.name] = getattr(options, item.name)
    return keyed, tuning


class EnginePool:
    """Loaded engines, lent to one task at a time; at most one idle engine of a kind is kept.

    A model may take seconds to load and gigabytes to hold: the next task of the same engine takes
    the idle one, a task of another engine of the kind replaces it. An engine in a worker of its
    own gives its memory back when it is dropped.
    """

    def __init__(self) -> None:
        self._idle: dict[str, tuple[Engine, str, Any]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def lend(
        self, engine: Engine, resources: Resources, beat: Callable[[], None] | None = None
    ) -> Iterator[Any]:
        """The loaded engine for the duration of a task; dropped where the task fails.

        Args:
            engine: Which.
            resources: As the machine lends them.
            beat: Called twice a second while an engine in a worker of its own is waited for; what
                it raises ends the call and the worker.
        """
        place = _place(engine, resources)
        with self._lock:
            kept = self._idle.pop(engine.kind, None)
        if kept and kept[:2] == (engine, place):
            loaded = kept[2]
        else:
            if kept:
                _drop(kept[2])
                kept = None  # else the old model stays in memory while the new one is loaded
                _release()
            loaded = _open(engine, resources)
        remote = bool(place)
        try:
            if remote:
                loaded.beat = beat
            yield loaded
        except BaseException:
            _drop(loaded)
            raise
        if remote:
            loaded.beat = None
        with self._lock:
            before = self._idle.pop(engine.kind, None)
            self._idle[engine.kind] = (engine, place, loaded)
        if before:
            _drop(before[2])


def _release() -> None:
    """Give back what dropped engines held.

    Models hold themselves in circles, so that only a collection ends them; of those on torch, of
    which there are none before one ran, torch keeps the memory.
    """
    gc.collect()
    runtime = sys.modules.get("loquitur.engines.runtime")
    if runtime is not None:
        runtime.release()


def _drop(loaded: Any) -> None:
    """Let go of an engine; its worker, where it has one, ends now."""
    proxy = sys.modules.get("loquitur.environments.proxy")
    if proxy is not None and isinstance(loaded, proxy.RemoteEngine):
        loaded.close()


def _place(engine: Engine, resources: Resources) -> str:
    """The environment of its own in which an engine runs, empty for this one."""
    return dict(resources.environments).get(f"{engine.kind}.{engine.name}", "")


def _open(engine: Engine, resources: Resources) -> Any:
    engine_class, options = _resolved(engine, resources)
    return opened(engine_class, options, resources, name=engine.name)


def opened(engine_class: Any, options: Any, resources: Resources, *, name: str) -> Any:
    """An engine, loaded.

    Raises:
        InputError: Its model's files may not be read.
        LoquiturError: Whatever else the engine says.
    """
    with _reading(name):
        return engine_class(options, resources)


@contextmanager
def _reading(name: str) -> Iterator[None]:
    """Files of a model that may not be looked at are the user's to see to, not a defect of ours."""
    try:
        yield
    except OSError as exc:
        where = exc.filename or "its model"
        raise InputError(
            f"{name}: {where} cannot be read: {exc.strerror or exc}",
            hint="look at the rights of that file and of the folders above it",
            code="LQ-NO-MODEL",
        ) from exc


def _resolved(engine: Engine, resources: Resources) -> tuple[Any, Any]:
    """The class of an engine, and its complete options."""
    engine_class = registry.load(registry.find(engine.kind, engine.name, resources.environments))
    given = {**json.loads(engine.options), **json.loads(engine.tuning)}
    return engine_class, registry.options_of(engine_class.Options, given, owner=engine.name)
