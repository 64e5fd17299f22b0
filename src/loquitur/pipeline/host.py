"""The far end of a worker process: an engine in an environment of its own, asked through pipes.

Started by `environments.process`, never by hand. One request is worked on at a time, in the order
in which they come; frames and values are those of `environments.wire`.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import platform
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import loquitur
from loquitur import registry
from loquitur.environments import wire
from loquitur.errors import EngineError, LoquiturError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray


def main(life: int, idle_s: float) -> None:
    """Answer requests until the input closes, or none comes for long.

    Args:
        life: Reading end of a pipe that nobody writes to and that closes with the parent; -1 where
            there is none.
        idle_s: Nobody asked for so long: the memory is given back.
    """
    answers = os.fdopen(os.dup(1), "wb")
    requests = os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)  # whatever a library prints must not be taken for an answer
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a descriptor is wanted
        os.dup2(nothing.fileno(), 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    _follow_parent(life)
    pipe = _Pipe(requests, answers)
    hello = {
        "protocol": wire.PROTOCOL,
        "version": loquitur.__version__,
        "python": platform.python_version(),
        "prefix": sys.prefix,
    }
    pipe.send({"hello": hello})
    desk = _Desk(pipe)
    while (request := pipe.request(idle_s)) is not None:
        desk.serve(*request)
    sys.stdout.flush()
    os._exit(0)  # libraries' threads and exit handlers have nothing left to say


def _follow_parent(life: int) -> None:
    """End with the parent, even while a library holds the interpreter's lock.

    The reader of requests sees the end too, but only when it is let run; the signal ends the
    process by default, whatever it does. Where pipes send none, the reader is all there is.
    """
    if life < 0:
        return
    try:
        import fcntl
    except ImportError:
        return
    with suppress(OSError, AttributeError):
        fcntl.fcntl(life, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(life, fcntl.F_SETFL, fcntl.fcntl(life, fcntl.F_GETFL) | os.O_ASYNC)


class _Pipe:
    """Both directions. A thread reads, so that the parent's end is noticed in the midst of work."""

    def __init__(self, requests: IO[bytes], answers: IO[bytes]) -> None:
        self._requests = requests
        self._answers = answers
        self._asked: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._answered: queue.SimpleQueue[Any] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                frame = wire.read(self._requests)
            except (wire.WireError, OSError):
                frame = None
            if frame is None:
                os._exit(1)  # nobody is left to take a result
            (self._asked if "do" in frame[0] else self._answered).put(frame)

    def request(self, most_s: float) -> Any:
        """The next request, None where none comes in time."""
        try:
            return self._asked.get(timeout=most_s)
        except queue.Empty:
            return None

    def send(self, head: Mapping[str, Any], body: bytes = b"") -> None:
        """Send a frame; there is no point in going on where nobody takes it."""
        try:
            wire.write(self._answers, head, body)
        except OSError:
            os._exit(1)

    def send_value(self, name: str, value: Any) -> None:
        """Send a frame with one value.

        Raises:
            EngineError: It is of a kind that does not travel.
        """
        packer = wire.Packer()
        try:
            plain = packer.pack(value)
        except TypeError as exc:
            raise EngineError(f"an engine in its own environment: {exc}") from exc
        self.send({name: plain}, packer.body)

    def ask(self, handle: int, what: str, *args: Any) -> tuple[dict[str, Any], bytearray]:
        """Have the parent do something with what it holds, and give its answer."""
        packer = wire.Packer()
        self.send({"ask": handle, "what": what, "args": packer.pack(args)}, packer.body)
        answer: tuple[dict[str, Any], bytearray] = self._answered.get()
        return answer


class _Desk:
    """Does what requests say."""

    def __init__(self, pipe: _Pipe) -> None:
        self._pipe = pipe
        self._engine: Any = None

    def serve(self, head: dict[str, Any], body: bytearray) -> None:
        """Work on one request and answer it."""
        try:
            found = getattr(self, f"_do_{head['do']}")(head, body)
            if isinstance(found, Iterator):
                self._pipe.send({"stream": True})
                for item in found:
                    self._pipe.send_value("item", item)
                found = None
            self._pipe.send_value("done", found)
        except (Exception, SystemExit) as exc:  # noqa: BLE001 - the worker's boundary
            self._pipe.send({"error": wire.plain_error(_said(exc, head))})

    def _do_missing(self, head: dict[str, Any], body: bytearray) -> list[str]:
        del body
        return [name for name in head["names"] if importlib.util.find_spec(name) is None]

    def _do_describe(self, head: dict[str, Any], body: bytearray) -> dict[str, Any]:
        del body
        kind = _kind(head)
        return {
            "options": [
                {"name": item.name, "keyed": bool(item.metadata.get("keyed", True))}
                for item in dataclasses.fields(kind.Options)
            ],
            "defaults": _values(kind.Options()),
            "methods": [name for name, item in _public(kind) if callable(item)],
            "attributes": _attributes(_public(kind)),
        }

    def _do_options(self, head: dict[str, Any], body: bytearray) -> dict[str, Any]:
        return _values(_options(_kind(head), head, body))

    def _do_class(self, head: dict[str, Any], body: bytearray) -> Any:
        """Call a method of the class; arguments that are options come as their values."""
        kind = _kind(head)
        args = [self._unpacked(item, body) for item in head["args"]]
        if head["takes_options"]:
            args.insert(0, _options(kind, head, body))
        return getattr(kind, head["method"])(*args)

    def _do_open(self, head: dict[str, Any], body: bytearray) -> dict[str, Any]:
        kind = _kind(head)
        resources = wire.unpack(head["resources"], body)
        self._engine = kind(_options(kind, head, body), resources)
        own = getattr(self._engine, "__dict__", {}).items()
        public = [(name, item) for name, item in own if not name.startswith("_")]
        return _attributes([*_public(kind), *public])

    def _do_call(self, head: dict[str, Any], body: bytearray) -> Any:
        args = [self._unpacked(item, body) for item in head["args"]]
        named = {name: self._unpacked(item, body) for name, item in head["named"].items()}
        return getattr(self._engine, head["method"])(*args, **named)

    def _unpacked(self, plain: Any, body: bytearray) -> Any:
        """An argument; what the parent keeps is stood for."""
        mark = plain.get("$") if isinstance(plain, dict) else None
        if mark == "samples":
            return _Samples(self._pipe, plain["of"], plain["offset_ms"], plain["end_ms"])
        if mark == "blocks":
            return _blocks(self._pipe, plain["of"])
        if mark == "listener":
            return _Listener(self._pipe, plain["of"])
        return wire.unpack(plain, body)


@dataclass(frozen=True, slots=True)
class _Samples:
    """The parent's sound, read piece by piece (`loquitur.protocols.Samples`)."""

    pipe: _Pipe
    handle: int
    offset_ms: int
    end_ms: int

    def read(self, start_ms: int, end_ms: int) -> NDArray[np.float32]:
        head, body = self.pipe.ask(self.handle, "read", int(start_ms), int(end_ms))
        found: NDArray[np.float32] = wire.unpack(head["answer"], body)
        return found

    def blocks(self, length_ms: int) -> Iterator[NDArray[np.float32]]:
        head, _ = self.pipe.ask(self.handle, "blocks", int(length_ms))
        return _blocks(self.pipe, head["answer"])


@dataclass(frozen=True, slots=True)
class _Listener:
    """Something of the parent's that is told a line."""

    pipe: _Pipe
    handle: int

    def __call__(self, line: str) -> None:
        self.pipe.ask(self.handle, "tell", line)


def _blocks(pipe: _Pipe, handle: int) -> Iterator[NDArray[np.float32]]:
    while True:
        head, body = pipe.ask(handle, "next")
        if head.get("end"):
            return
        yield wire.unpack(head["answer"], body)


def _kind(head: Mapping[str, Any]) -> Any:
    return registry.load(registry.find(head["kind"], head["name"]))


def _options(kind: Any, head: Mapping[str, Any], body: bytearray) -> Any:
    given = wire.unpack(head["options"], body)
    return registry.options_of(kind.Options, given, owner=head["name"])


def _values(options: Any) -> dict[str, Any]:
    return {item.name: getattr(options, item.name) for item in dataclasses.fields(options)}


def _public(kind: type) -> list[tuple[str, Any]]:
    """What a class offers by name, its options aside."""
    names = [name for name in dir(kind) if not name.startswith("_") and name != "Options"]
    return [(name, getattr(kind, name)) for name in names]


def _attributes(found: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of an engine's attributes those that are plain: its languages, the length of its frames."""
    kept: dict[str, Any] = {}
    for name, item in found:
        try:
            wire.Packer().pack(item)
        except TypeError:
            continue
        kept[name] = item
    return kept


def _said(error: BaseException, head: Mapping[str, Any]) -> LoquiturError:
    """The error as one of our tree, its traceback as a note."""
    trace = "".join(traceback.format_exception(error))
    if not isinstance(error, LoquiturError):
        words = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        engine = f"the {head.get('kind')} engine '{head.get('name')}'"
        error = EngineError(f"{engine} failed in its environment: {words}")
    error.add_note(f"in the environment {sys.prefix}:\n{trace}")
    return error
