"""The near end of a worker process: start it, talk with it, end it.

A worker is one interpreter of an engine's environment, running `pipeline.host`. It dies with this
process: its input closes then, and on Linux the kernel ends it at once, even where a library holds
the interpreter's lock.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import loquitur
from loquitur.environments import wire
from loquitur.errors import EngineError, MissingError

if TYPE_CHECKING:
    from collections.abc import Callable

START_S = 120.0
BEAT_S = 0.5
IDLE_S = 600.0  # a worker that nobody asks for so long ends; the next call starts another
_TAIL_BYTES = 4096

# Our source is put in place by hand, so that nothing else of this installation comes along.
_BOOTSTRAP = """
import sys
if sys.version_info < (3, 11):
    sys.exit("Python 3.11 or newer is needed, not " + sys.version.split()[0])
import importlib.util
place = sys.argv[1]
spec = importlib.util.spec_from_file_location(
    "loquitur", place + "/__init__.py", submodule_search_locations=[place])
module = importlib.util.module_from_spec(spec)
sys.modules["loquitur"] = module
spec.loader.exec_module(module)
try:
    from loquitur.pipeline.host import main
except ImportError as error:
    sys.exit("it lacks " + (error.name or str(error)))
main(int(sys.argv[2]), float(sys.argv[3]))
"""


class LostError(Exception):
    """The worker is gone; says how."""


class SaidError(Exception):
    """The worker answered with an error, and is ready for more."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


def interpreter_of(place: str) -> Path:
    """The interpreter that a setting means: itself, or that of a virtual environment's folder.

    Raises:
        MissingError: There is none.
    """
    path = Path(place)
    if not path.is_dir():
        candidates = [path]
    else:
        candidates = [path / "bin" / "python", path / "Scripts" / "python.exe"]
    for candidate in candidates:
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    raise MissingError(f"no Python interpreter at {place}", code="LQ-NO-ENVIRONMENT")


class Worker:
    """One running worker. Talks with one caller at a time.

    Args:
        place: An interpreter, or the folder of a virtual environment.

    Raises:
        MissingError: There is no interpreter, or it lacks what a worker needs.
        EngineError: It does not answer as a worker.
    """

    def __init__(self, place: str) -> None:
        self.place = place
        self._frames: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._child, life = _start(interpreter_of(place))
        self._end = weakref.finalize(self, _end, self._child, life)
        self._talk = _Talk(self._child.stderr)
        pump = threading.Thread(target=_pump, args=(self._child.stdout, self._frames), daemon=True)
        pump.start()
        try:
            self.python, self.prefix = self._greeted()
        except BaseException:
            self.kill()
            raise

    def _greeted(self) -> tuple[str, str]:
        """The version and the prefix of the worker's Python; the handshake."""
        try:
            head, _ = self._next(START_S, None)
        except LostError as exc:
            raise MissingError(
                f"no worker can run in {self.place}: {self._talk.last() or exc}",
                hint="an environment needs Python 3.11 or newer, msgspec and numpy",
                code="LQ-NO-ENVIRONMENT",
            ) from exc
        hello = head.get("hello")
        wanted = {"protocol": wire.PROTOCOL, "version": loquitur.__version__}
        if not isinstance(hello, dict) or not wanted.items() <= hello.items():
            raise EngineError(
                f"the worker in {self.place} speaks another protocol: {str(head)[:100]}",
                hint="Loquitur was changed while it ran; start it again",
                code="LQ-WORKER-PROTOCOL",
            )
        self._talk.pass_on()
        return str(hello["python"]), str(hello["prefix"])

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._end.alive and self._child.poll() is None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._child.pid

    def kill(self) -> None:
        """End it now; its memory is free when this returns."""
        self._end()

    def converse(
        self,
        request: dict[str, Any],
        handles: Handles,
        packer: wire.Packer,
        beat: Callable[[], None] | None = None,
    ) -> Iterator[tuple[str, Any]]:
        """Send a request; gives ("stream", None) where items follow, each "item", and "done".

        What the worker asks meanwhile is answered from `handles`.

        Args:
            request: With its values packed.
            handles: What the worker may ask of.
            packer: Holds the arrays of the request.
            beat: Called twice a second while nothing comes; what it raises comes out here.

        Raises:
            SaidError: The worker answered with an error.
            LostError: It is gone.
        """
        self._send(request, packer.body)
        while True:
            head, body = self._next(None, beat)
            if "ask" in head:
                answer = wire.Packer()
                self._send(handles.answer(head, body, answer), answer.body)
            elif "error" in head:
                raise SaidError(wire.revived_error(head["error"]))
            elif "done" in head:
                yield "done", wire.unpack(head["done"], body)
                return
            elif "item" in head:
                yield "item", wire.unpack(head["item"], body)
            else:
                yield "stream", None

    def _send(self, head: dict[str, Any], body: bytes) -> None:
        assert self._child.stdin is not None
        try:
            wire.write(self._child.stdin, head, body)
        except (OSError, ValueError) as exc:  # a closed file is a ValueError
            raise LostError(self._fate()) from exc

    def _next(
        self, most_s: float | None, beat: Callable[[], None] | None
    ) -> tuple[dict[str, Any], bytearray]:
        waited_s = 0.0
        while True:
            try:
                found = self._frames.get(timeout=BEAT_S)
            except queue.Empty:
                waited_s += BEAT_S
                if most_s is not None and waited_s >= most_s:
                    raise LostError(f"no answer within {most_s:.0f} s") from None
                if beat is not None:
                    beat()
                continue
            if isinstance(found, tuple):
                return found
            raise LostError(self._fate()) from found

    def _fate(self) -> str:
        """How it ended, in words."""
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(timeout=5)
        code = self._child.poll()
        if code is None:
            return "it closed its pipes"
        self._talk.finish()
        if code < 0:
            why = "; the machine may be out of memory" if -code == signal.SIGKILL else ""
            return f"killed by signal {-code}{why}"
        return f"exit code {code}" + (f": {self._talk.last()}" if self._talk.last() else "")


class Handles:
    """What stays on this side and is asked for by number: sound, streams of blocks, listeners."""

    def __init__(self) -> None:
        self._held: list[Any] = []
        self.consumed = False

    def pack(self, value: Any, packer: wire.Packer) -> Any:
        """A value for a request: a handle where it can only be asked for."""
        if hasattr(value, "read") and hasattr(value, "blocks"):
            bounds = {"offset_ms": int(value.offset_ms), "end_ms": int(value.end_ms)}
            return {"$": "samples", "of": self._hold(value), **bounds}
        if isinstance(value, Iterator) or (
            isinstance(value, Iterable)
            and not isinstance(value, (str, bytes, bytearray, list, tuple, dict))
            and not hasattr(value, "__array__")
        ):
            return {"$": "blocks", "of": self._hold(iter(value))}
        if callable(value) and not isinstance(value, type):
            return {"$": "listener", "of": self._hold(value)}
        return packer.pack(value)

    def answer(self, head: dict[str, Any], body: bytearray, packer: wire.Packer) -> dict[str, Any]:
        """The answer to one question of the worker's."""
        held = self._held[head["ask"]]
        args = wire.unpack(head["args"], body)
        if head["what"] == "next":
            self.consumed = True
            block = next(held, None)
            return {"end": True} if block is None else {"answer": packer.pack(block)}
        if head["what"] == "blocks":
            return {"answer": self._hold(held.blocks(*args))}
        if head["what"] == "read":
            return {"answer": packer.pack(held.read(*args))}
        if head["what"] == "tell":
            held(*args)
            return {"answer": None}
        raise wire.WireError(f"a question nobody answers: {head['what']!r}")

    def _hold(self, value: Any) -> int:
        self._held.append(value)
        return len(self._held) - 1


_spare: dict[str, Worker] = {}  # at most one for each place, without an engine in it


@contextmanager
def borrowed(place: str) -> Iterator[Worker]:
    """A worker in which no engine is loaded; kept for the next who asks unless it failed."""
    worker = take(place)
    try:
        yield worker
    except SaidError:
        _keep(worker)
        raise
    except BaseException:
        worker.kill()
        raise
    _keep(worker)


def take(place: str) -> Worker:
    """A worker in which no engine is loaded, to have and to end."""
    spare = _spare.pop(place, None)
    return spare if spare is not None and spare.alive else Worker(place)


def _keep(worker: Worker) -> None:
    if _spare.setdefault(worker.place, worker) is not worker:
        worker.kill()


def _start(interpreter: Path) -> tuple[subprocess.Popen[bytes], int]:
    """The process, and the end of a pipe that closes when this process ends, however it does."""
    source = str(Path(loquitur.__file__).parent)
    theirs, ours = os.pipe()
    on_windows = sys.platform == "win32"
    life = "-1" if on_windows else str(theirs)
    try:
        child = subprocess.Popen(  # noqa: S603 - an interpreter that the settings name
            [str(interpreter), "-I", "-c", _BOOTSTRAP, source, life, str(IDLE_S)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=() if on_windows else (theirs,),
            start_new_session=True,  # an interrupt of the terminal is this process's to handle
        )
    except OSError as exc:
        os.close(ours)
        raise MissingError(
            f"cannot start {interpreter}: {exc.strerror or exc}", code="LQ-NO-ENVIRONMENT"
        ) from exc
    finally:
        os.close(theirs)
    return child, ours


def _end(child: subprocess.Popen[bytes], life: int) -> None:
    child.kill()
    child.wait()
    os.close(life)
    with suppress(OSError):  # what was not sent yet is for nobody
        if child.stdin is not None:
            child.stdin.close()


def _pump(stdout: IO[bytes], frames: queue.SimpleQueue[Any]) -> None:
    """Move frames to the queue; an exception, or None for the end, is the last that comes."""
    end: Exception | None = None
    try:
        frame = wire.read(stdout, skip=True)
        while frame is not None:
            frames.put(frame)
            frame = wire.read(stdout)
    except (wire.WireError, OSError, ValueError) as exc:
        end = exc
    stdout.close()
    frames.put(end)


class _Talk:
    """What a worker and its libraries say: passed on to our stderr, its end kept for messages."""

    def __init__(self, stderr: IO[bytes] | None) -> None:
        assert stderr is not None
        self._stderr = stderr
        self._tail = b""
        self._passing = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def pass_on(self) -> None:
        """From now on, and what was said before."""
        with self._lock:
            self._passing = True
            _say(self._tail)

    def last(self) -> str:
        """The last line."""
        with self._lock:
            lines = self._tail.decode("utf-8", "replace").strip().splitlines()
        return lines[-1].strip()[:300] if lines else ""

    def finish(self) -> None:
        """Wait for the rest; a child of the worker's may hold the pipe open, so not for long."""
        self._thread.join(timeout=1)

    def _listen(self) -> None:
        while piece := self._stderr.read1(_TAIL_BYTES):  # type: ignore[attr-defined]
            with self._lock:
                self._tail = (self._tail + piece)[-_TAIL_BYTES:]
                if self._passing:
                    _say(piece)
        self._stderr.close()


def _say(piece: bytes) -> None:
    with suppress(OSError):  # nobody listens
        os.write(2, piece)
