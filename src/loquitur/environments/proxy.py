"""Stands in for an engine that runs in an environment of its own: its class, its options, itself.

To the pipeline these look like any engine. Nothing is known here of any kind of engine: which
methods and attributes there are is asked in the environment, so whatever a protocol offers works.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from loquitur.environments import process, wire
from loquitur.environments.process import Handles, LostError, SaidError, Worker
from loquitur.errors import EngineError, LoquiturError, MissingError

if TYPE_CHECKING:
    from loquitur.builtin import EngineSpec
    from loquitur.protocols import Identity, Resources

TRIES = 2  # a worker that dies twice of the same call will die again


@cache
def stand_in(spec: EngineSpec) -> StandIn:
    """What stands for the class of an engine; one for each engine and place."""
    return StandIn(spec)


def missing_there(spec: EngineSpec) -> tuple[str, ...]:
    """The packages an engine needs and its environment lacks.

    Raises:
        LoquiturError: The environment is no environment.
    """
    request = {"do": "missing", "names": list(spec.needs)}
    return tuple(_answer(spec, request, Handles(), wire.Packer()))


class StandIn:
    """In the place of an engine's class, whose environment is asked.

    Raises:
        LoquiturError: On first use, what the environment says: no worker runs there, or the
            engine cannot be loaded.
    """

    def __init__(self, spec: EngineSpec) -> None:
        self.spec = spec
        self.__name__ = self.__qualname__ = f"{spec.kind}.{spec.name}"

    def __reduce__(self) -> tuple[Any, ...]:
        return stand_in, (self.spec,)

    def __repr__(self) -> str:
        return f"<{self.__name__} in {self.spec.environment}>"

    @cached_property
    def description(self) -> dict[str, Any]:
        """What the environment says of the engine's class."""
        found: dict[str, Any] = self._ask("describe")
        return found

    @cached_property
    def Options(self) -> type:  # noqa: N802 - the protocol's name
        """A dataclass with the fields of the engine's options.

        The environment converts and checks values: only there are their types known.
        """
        return _options_class(self)

    def identity(self, options: Any, resources: Resources) -> Identity:
        """See `protocols.Engine.identity`; asked in the environment."""
        found: Identity = self.class_call("identity", options, resources)
        return found

    def __call__(self, options: Any, resources: Resources) -> RemoteEngine:
        """The engine, loaded in a worker of its own."""
        return RemoteEngine(self, options, resources)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self.description["attributes"]:
            return self.description["attributes"][name]
        if name in self.description["methods"]:
            return lambda *args: self.class_call(name, *args)
        raise AttributeError(f"{self.__name__} has no `{name}`")

    def class_call(self, method: str, *args: Any) -> Any:
        """A method of the class, run in the environment."""
        takes_options = bool(args) and isinstance(args[0], self.Options)
        given = values_of(args[0]) if takes_options else {}
        rest = args[1:] if takes_options else args
        return self._ask("class", rest, given, method=method, takes_options=takes_options)

    def normal(self, given: dict[str, Any]) -> dict[str, Any]:
        """Complete option values for some that were given, as the engine itself reads them."""
        found: dict[str, Any] = self._ask("options", (), given)
        return found

    def head(self, do: str, given: dict[str, Any], packer: wire.Packer) -> dict[str, Any]:
        """The common part of a request about this engine."""
        spec = self.spec
        return {"do": do, "kind": spec.kind, "name": spec.name, "options": packer.pack(given)}

    def translated(self, error: Exception) -> Exception:
        """An error of the environment, with what to do about it here."""
        if isinstance(error, MissingError) and error.code in ("LQ-NO-PACKAGE", "LQ-NO-ENVIRONMENT"):
            error.hint = f"loquitur engines env {self.spec.kind}.{self.spec.name} --create"
        return error

    def _ask(
        self, do: str, args: tuple[Any, ...] = (), given: dict[str, Any] | None = None, **more: Any
    ) -> Any:
        packer, handles = wire.Packer(), Handles()
        request = self.head(do, given or {}, packer)
        request["args"] = [handles.pack(_alone(item), packer) for item in args]
        return _answer(self.spec, request | more, handles, packer)


def _answer(
    spec: EngineSpec, request: dict[str, Any], handles: Handles, packer: wire.Packer
) -> Any:
    """The answer of a worker without an engine in it."""
    try:
        with process.borrowed(spec.environment) as worker:
            for kind, value in worker.converse(request, handles, packer):
                if kind == "done":
                    return value
    except SaidError as exc:
        raise stand_in(spec).translated(exc.error) from exc
    except LostError as exc:
        raise _died(spec, exc) from exc
    except LoquiturError as exc:
        raise stand_in(spec).translated(exc) from exc.__cause__
    raise EngineError(f"no answer from {spec.environment}")


class RemoteEngine:
    """An engine loaded in a worker; its public methods are called there.

    What a method yields comes as it is made. A stream that is broken off ends its worker, which is
    how a call is cancelled; the next call starts another. A worker that dies is started once more,
    where nothing was heard of it yet.
    """

    def __init__(self, kind: StandIn, options: Any, resources: Resources) -> None:
        self._kind = kind
        self._options = values_of(options)
        self._resources = _alone(resources)
        self._idle: list[Worker] = []
        self.beat: Callable[[], None] | None = None
        worker, self._attributes = self._open()
        self._idle.append(worker)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._attributes:
            return self._attributes[name]
        if name in self._kind.description["methods"]:
            return lambda *args, **named: self._call(name, args, named)
        raise AttributeError(f"{self._kind.__name__} has no `{name}`")

    def close(self) -> None:
        """End the worker: its memory is free when this returns."""
        while self._idle:
            self._idle.pop().kill()

    def _call(self, method: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        events = self._events(method, args, named)
        kind, value = next(events)
        if kind == "stream":
            return (item for kind, item in events if kind == "item")
        return value

    def _events(
        self, method: str, args: tuple[Any, ...], named: dict[str, Any]
    ) -> Iterator[tuple[str, Any]]:
        """What comes of one call: ("stream", None) and items, or ("done", value)."""
        tries, begun, heard = 0, False, False
        while True:
            packer, handles = wire.Packer(), Handles()
            request = self._kind.head("call", {}, packer) | {"method": method}
            request["args"] = [handles.pack(item, packer) for item in args]
            request["named"] = {key: handles.pack(item, packer) for key, item in named.items()}
            worker = self._borrow()
            try:
                for kind, value in worker.converse(request, handles, packer, self._beat):
                    if kind == "done":
                        self._give_back(worker)
                    heard = heard or kind == "item"
                    if kind != "stream" or not begun:
                        begun = True
                        yield kind, value
            except SaidError as exc:
                self._give_back(worker)
                raise self._kind.translated(exc.error) from exc
            except LostError as exc:
                worker.kill()
                tries += 1
                if heard or handles.consumed or tries >= TRIES:
                    raise _died(self._kind.spec, exc) from exc
            except BaseException:
                worker.kill()
                raise
            else:
                return

    def _beat(self) -> None:
        if self.beat is not None:
            self.beat()

    def _borrow(self) -> Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.alive:
                return worker
        return self._open()[0]

    def _give_back(self, worker: Worker) -> None:
        if self._idle:  # two calls were under way at once
            worker.kill()
        else:
            self._idle.append(worker)

    def _open(self) -> tuple[Worker, dict[str, Any]]:
        """A worker with the engine loaded, and the engine's attributes."""
        packer = wire.Packer()
        request = self._kind.head("open", self._options, packer)
        request["resources"] = packer.pack(self._resources)
        spec = self._kind.spec
        try:
            worker = process.take(spec.environment)
        except LoquiturError as exc:
            raise self._kind.translated(exc) from exc.__cause__
        try:
            for kind, value in worker.converse(request, Handles(), packer, self._beat):
                if kind == "done":
                    return worker, value
        except SaidError as exc:
            worker.kill()
            raise self._kind.translated(exc.error) from exc
        except LostError as exc:
            worker.kill()
            raise _died(spec, exc) from exc
        except BaseException:
            worker.kill()
            raise
        raise EngineError(f"no answer from {spec.environment}")


def values_of(options: Any) -> dict[str, Any]:
    """The values of an options dataclass by name."""
    return {item.name: getattr(options, item.name) for item in dataclasses.fields(options)}


def _alone(value: Any) -> Any:
    """Resources without the map of environments: a worker starts no worker."""
    if dataclasses.is_dataclass(value) and hasattr(value, "environments"):
        return dataclasses.replace(value, environments=())  # type: ignore[type-var]
    return value


def _died(spec: EngineSpec, error: LostError) -> EngineError:
    return EngineError(
        f"the worker of the {spec.kind} engine '{spec.name}' died: {error}",
        hint=f"its environment is {spec.environment}; what it said is above",
        code="LQ-WORKER-DIED",
    )


def _options_class(kind: StandIn) -> type:
    """A frozen dataclass with the engine's option fields, normalised by the engine."""
    described = kind.description
    defaults = described["defaults"]
    known: dict[str, dict[str, Any]] = {_mark(defaults): defaults}

    def normalise(self: Any) -> None:
        given = values_of(self)
        mark = _mark(given)
        if mark not in known:
            known[mark] = kind.normal(given)
        for name, value in known[mark].items():
            object.__setattr__(self, name, value)

    def reduce(self: Any) -> tuple[Any, ...]:
        return _options_again, (kind.spec, values_of(self))

    fields: list[Any] = [
        (
            item["name"],
            Any,
            dataclasses.field(default=defaults[item["name"]], metadata={"keyed": item["keyed"]}),
        )
        for item in described["options"]
    ]
    return dataclasses.make_dataclass(
        "Options",
        fields,
        namespace={"__post_init__": normalise, "__reduce__": reduce},
        frozen=True,
        kw_only=True,
    )


def _options_again(spec: EngineSpec, given: dict[str, Any]) -> Any:
    return stand_in(spec).Options(**given)


def _mark(values: dict[str, Any]) -> str:
    """What tells equal values from others: 1 and True and "1" are not the same."""
    return json.dumps(values, sort_keys=True, default=repr)
