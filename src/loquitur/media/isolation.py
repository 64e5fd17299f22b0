"""Running `loquitur.media.worker` and making one error of whatever happens to it.

A damaged file can crash, hang or exhaust a decoder in ways no `except` sees. So foreign files are
read in a child with bounded memory, processor time and output, which is killed when it stays
silent. Its answers are JSON, checked against the type that is due: nothing of it is unpickled.
"""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, TypeVar

import msgspec

import loquitur.errors
from loquitur.conversion import convert
from loquitur.errors import EngineError, InputError, LoquiturError
from loquitur.media.containers import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

T = TypeVar("T")

WORKER = (sys.executable, "-P", "-m", "loquitur.media.worker")
"""The child's command; -P keeps a module that lies beside the media from being imported."""

_LINE_BYTES = 16 << 20
_PIPE_BYTES = 1 << 20
"""A pipe holds 64 KiB on Linux where nobody asks for more, a sixteenth of this."""
_PIECE_START = b'{"piece": '
_DAMAGED_HINT = "the file is probably damaged: fetch or export it again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What reading one foreign file may take. No limit changes a result, only whether there is one.

    Args:
        memory_bytes: Address space of the child (4 GiB; decoding takes about 0.1 GB of memory).
        quiet_s: The child is ended when it reports nothing for so long.
        processor_s: Processor time; None for 10 minutes and 1 s for every 100 kB of the file
            (ten hours of sound take about 80 s).
        most_ms: More sound than this (100 h) is refused.
    """

    memory_bytes: int = 4 << 30
    quiet_s: float = 60.0
    processor_s: int | None = None
    most_ms: int = 100 * 3_600_000

    def bounds(self, size_bytes: int) -> dict[str, int]:
        """The child's resource limits for a file of a size."""
        processor_s = self.processor_s or 600 + size_bytes // 100_000
        file_bytes = self.most_ms * 32 + (1 << 20)
        return {
            "memory_bytes": self.memory_bytes,
            "processor_s": processor_s,
            "file_bytes": file_bytes,
        }


def run_isolated(
    operation: str,
    path: Path,
    request: dict[str, Any],
    *,
    into: type[T],
    limits: Limits,
    tell: Callable[[int, int], None] | None = None,
    command: Sequence[str] = WORKER,
) -> T:
    """Have the worker read a file.

    Args:
        operation: `probe` or `decode`.
        path: The file.
        request: What else the operation wants to know.
        into: The dataclass of the result.
        limits: The child's bounds.
        tell: Hears done and total ms; what it raises ends the child and comes out here.
        command: The child's command line.

    Returns:
        The worker's result.

    Raises:
        InputError: The worker says so, or crashed, hung or asked for too much.
        LoquiturError: Another one that the worker sent.
        EngineError: The worker itself does not run.
    """
    bounds = limits.bounds(_size_bytes(path))
    line = json.dumps({"operation": operation, "path": str(path), "limits": bounds, **request})
    with tempfile.TemporaryFile() as complaints:
        child = _start(command, complaints)
        lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        pump = threading.Thread(target=_pump, args=(child.stdout, lines), daemon=True)
        pump.start()
        try:
            _ask(child, line)
            answer = _listen(lines, path, limits, tell)
            if answer is None:
                raise _died(child.wait(), path, bounds, complaints)
        finally:
            _end(child, pump)
    return _result(answer, path, into)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Something large that a worker sends before its last word: what it is, and its bytes."""

    header: Any
    content: bytearray


class Child:
    """A worker that is kept from one file to the next, which saves its start (0.3 s).

    It is a context manager, for one thread at a time. A worker that crashed, was cut short or left
    is replaced by the next call; limits hold for each file.

    Args:
        command: The child's command line.
        threads: That decode a film in it; one is cheapest where several films are decoded side by
            side. None for as many as there are processors, four at most.
    """

    def __init__(self, command: Sequence[str] = WORKER, *, threads: int | None = None) -> None:
        self._command = command
        self.threads = threads
        self._idle: _Running | None = None

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        if self._idle is not None:
            self._idle.end()
            self._idle = None

    def take(self) -> _Running:
        """A worker that waits for a request."""
        running, self._idle = self._idle, None
        if running is not None and running.is_alive():
            return running
        if running is not None:
            running.end()
        return _Running(self._command)

    def give_back(self, running: _Running) -> None:
        """Keep a worker that has answered wholly."""
        if self._idle is not None:
            self._idle.end()
        self._idle = running


class Children:
    """Workers that are kept, as many as callers ask at once; a context that ends them.

    Args:
        threads: That decode a film in each; see `Child`.
    """

    def __init__(self, *, threads: int | None = None) -> None:
        self._threads = threads
        self._free: queue.SimpleQueue[Child] = queue.SimpleQueue()

    def __enter__(self) -> Children:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(queue.Empty):
            while True:
                self._free.get_nowait().__exit__()

    @contextmanager
    def lent(self) -> Iterator[Child]:
        """A worker for one thread, given back at the end of the block, whatever came of it."""
        try:
            child = self._free.get_nowait()
        except queue.Empty:
            child = Child(threads=self._threads)
        try:
            yield child
        finally:
            self._free.put(child)


class _Running:
    """A worker, what it complains of, and the thread that reads what it sends."""

    def __init__(self, command: Sequence[str]) -> None:
        self.complaints: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - until the end
        self.child = _start(command, self.complaints)
        self.come: queue.Queue[bytes | Piece] = queue.Queue(maxsize=1)
        self._over = threading.Event()
        self.flow = _Flow(self.child.stdout, self.come, self._over)
        self._pump = threading.Thread(target=self.flow.run, daemon=True)
        self._pump.start()

    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return self.child.poll() is None and self.come.empty()

    def end(self) -> None:
        """Kill it."""
        self._over.set()
        _end(self.child, self._pump)
        self.complaints.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """How pieces come.

    Args:
        most_bytes: A larger piece is refused.
        ahead: How many pieces are read before they are asked for.
        child: A worker to ask, which is kept; None for one of this call's own.
    """

    most_bytes: int
    ahead: int = 1
    child: Child | None = None


def stream_isolated(
    operation: str,
    path: Path,
    request: dict[str, Any],
    *,
    into: type[T],
    limits: Limits,
    stream: Stream,
    tell: Callable[[int, int], None] | None = None,
) -> Iterator[Piece | T]:
    """Have the worker read a file, and take what it makes piece by piece.

    Some pieces are read from the pipe while the caller works on the one before; then the worker
    waits for a caller who is slow. Closing the iterator ends the worker.

    Args:
        operation: `frames`.
        path: The file.
        request: What else the operation wants to know.
        into: The dataclass of the last word.
        limits: The child's bounds.
        stream: How pieces come.
        tell: Hears done and total ms; what it raises ends the child and comes out here.

    Yields:
        Pieces, then the worker's result.

    Raises:
        InputError: The worker says so, or crashed, hung or asked for too much.
        LoquiturError: Another one that the worker sent.
        EngineError: The worker itself does not run, or sends what it must not.
    """
    bounds = limits.bounds(_size_bytes(path))
    asked = {"operation": operation, "path": str(path), "limits": bounds, **request}
    running = (stream.child or Child()).take()
    running.flow.most_bytes, running.come.maxsize = stream.most_bytes, max(1, stream.ahead)
    answer = None
    try:
        _ask(running.child, json.dumps({**asked, "more": stream.child is not None}))
        while answer is None or "progress" in answer:
            heard = _next(running.come, path, limits)
            if isinstance(heard, Piece):
                yield heard
                continue
            answer = _word(heard, tell)
            if answer is None and heard:
                raise EngineError(f"{shown(path)}: the media worker sent what it must not")
            if answer is None:
                raise _died(running.child.wait(), path, bounds, running.complaints)
        if stream.child is not None:
            stream.child.give_back(running)
    finally:
        if stream.child is None or answer is None or "progress" in answer:
            running.end()
    yield _result(answer, path, into)


class _Flow:
    """Moves lines and pieces from a pipe to a queue; an empty line marks the end."""

    def __init__(
        self,
        stdout: IO[bytes] | None,
        come: queue.Queue[bytes | Piece],
        over: threading.Event,
    ) -> None:
        self._stdout = stdout
        self._come = come
        self._over = over
        self.most_bytes = 0

    def run(self) -> None:
        """Move all there is."""
        while not self._over.is_set():
            line = self._stdout.readline(_LINE_BYTES)  # type: ignore[union-attr]
            piece = self._piece(line) if line.startswith(_PIECE_START) else line
            self._put(piece)
            if isinstance(piece, bytes) and not piece.endswith(b"\n"):
                return

    def _piece(self, line: bytes) -> bytes | Piece:
        """The piece that a line announces; an empty line where it is not wholly there.

        A line that announces none, or too large a one, is given back without its end.
        """
        try:
            header, size = json.loads(line)["piece"]
        except (ValueError, TypeError, KeyError):
            return _PIECE_START
        if not isinstance(size, int) or not 0 <= size <= self.most_bytes:
            return _PIECE_START
        content = bytearray(size)
        got, place = 0, memoryview(content)
        while got < size:
            count = self._stdout.readinto(place[got:])  # type: ignore[union-attr]
            if not count:
                return b""
            got += count
        return Piece(header=header, content=content)

    def _put(self, item: bytes | Piece) -> None:
        while not self._over.is_set():
            try:
                self._come.put(item, timeout=0.05)
            except queue.Full:
                continue
            return


def _next(come: queue.Queue[bytes | Piece], path: Path, limits: Limits) -> bytes | Piece:
    try:
        return come.get(timeout=limits.quiet_s)
    except queue.Empty:
        raise _hangs(path, limits) from None


def _size_bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0  # the worker says what is wrong with it


def _ask(child: subprocess.Popen[bytes], line: str) -> None:
    with suppress(BrokenPipeError):
        child.stdin.write(line.encode("ascii") + b"\n")  # type: ignore[union-attr]
        child.stdin.flush()  # type: ignore[union-attr]


def _result(answer: dict[str, Any], path: Path, into: type[T]) -> T:
    if "error" in answer:
        raise _revived(answer["error"])
    try:
        return convert(answer.get("result"), into)
    except msgspec.ValidationError as error:
        raise EngineError(f"{shown(path)}: the media worker gave no result: {error}") from error


def _start(command: Sequence[str], complaints: IO[bytes]) -> subprocess.Popen[bytes]:
    try:
        child = subprocess.Popen(  # noqa: S603 our own command
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints
        )
    except OSError as error:
        raise EngineError(f"cannot start the media worker: {error.strerror}") from error
    if sys.platform == "linux" and child.stdout is not None:
        import fcntl

        with suppress(OSError):  # a bound of the user's: then pieces come in smaller bites
            fcntl.fcntl(child.stdout, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return child


def _end(child: subprocess.Popen[bytes], pump: threading.Thread) -> None:
    child.kill()
    child.wait()
    pump.join()  # the child's end of the pipe is closed, so it ends
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()


def _listen(
    lines: queue.SimpleQueue[bytes],
    path: Path,
    limits: Limits,
    tell: Callable[[int, int], None] | None,
) -> dict[str, Any] | None:
    """The worker's last word, or None where it ended without one."""
    while True:
        try:
            line = lines.get(timeout=limits.quiet_s)
        except queue.Empty:
            raise _hangs(path, limits) from None
        answer = _word(line, tell)
        if answer is None or "progress" not in answer:
            return answer


def _word(line: bytes, tell: Callable[[int, int], None] | None) -> dict[str, Any] | None:
    """What a line of the worker's says, None where it says nothing; progress is told."""
    try:
        answer = json.loads(line)
    except ValueError:
        return None
    if not isinstance(answer, dict):
        return None
    if "progress" in answer and tell is not None:
        done_ms, total_ms = convert(answer["progress"], tuple[int, int])
        tell(done_ms, total_ms)
    return answer


def _hangs(path: Path, limits: Limits) -> InputError:
    return InputError(
        f"{shown(path)}: reading it made no progress for {limits.quiet_s:.0f} s",
        hint=_DAMAGED_HINT,
        code="LQ-MEDIA-HANGS",
    )


def _pump(stdout: IO[bytes], lines: queue.SimpleQueue[bytes]) -> None:
    """Move lines to the queue; an empty one marks the end."""
    line = b"\n"
    while line.endswith(b"\n"):
        line = stdout.readline(_LINE_BYTES)
        lines.put(line)


def _revived(error: list[str]) -> LoquiturError:
    name, message, hint, code = (str(item) for item in error)
    kind = getattr(loquitur.errors, name, LoquiturError)
    if not (isinstance(kind, type) and issubclass(kind, LoquiturError)):
        kind = LoquiturError
    return kind(message, hint=hint, code=code)


def _died(status: int, path: Path, bounds: dict[str, int], complaints: IO[bytes]) -> LoquiturError:
    if status < 0:
        if -status == signal.SIGXCPU:
            text = f"reading it took more than {bounds['processor_s']} s of processor time"
        elif -status == signal.SIGKILL:
            text = "the reader was killed; the machine may be out of memory"
        else:
            text = f"the decoder crashed on it ({signal.Signals(-status).name})"
        return InputError(f"{shown(path)}: {text}", hint=_DAMAGED_HINT, code="LQ-MEDIA-CRASH")
    complaints.seek(0)
    words = complaints.read(1 << 16).decode("utf-8", "replace").strip().splitlines()
    return EngineError(
        f"{shown(path)}: the media worker ended with status {status}"
        + (f": {words[-1][:200]}" if words else ""),
        hint="run `loquitur doctor`",
    )
