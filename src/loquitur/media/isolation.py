"""Running `loquitur.media.worker` and making one error of whatever happens to it.

A damaged file can crash, hang or exhaust a decoder in ways no `except` sees. So foreign files are
read in a child with bounded memory, processor time and output, which is killed when it stays
silent. Its answers are JSON, checked against the type that is due: nothing of it is unpickled.
"""

from __future__ import annotations

import json
import queue
import signal
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, TypeVar

import msgspec

import loquitur.errors
from loquitur.conversion import convert
from loquitur.errors import EngineError, InputError, LoquiturError
from loquitur.media.containers import shown
from loquitur.media.running import Piece, Running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

T = TypeVar("T")

WORKER = (sys.executable, "-P", "-m", "loquitur.media.worker")
"""The child's command; -P keeps a module that lies beside the media from being imported."""

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


def film_limits(path: Path) -> Limits:
    """The bounds of a child that decodes pictures: four times the processor time of sound."""
    return Limits(processor_s=4 * Limits().bounds(_size_bytes(path))["processor_s"])


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
        operation: `probe`, `decode`, `film`: one of those the worker knows.
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
        EngineError: The worker itself does not run, or sends what it must not.
    """
    with Child(command) as child:
        stream = Stream(most_bytes=0, child=child)
        heard = stream_isolated(
            operation, path, request, into=into, limits=limits, stream=stream, tell=tell
        )
        return next(one for one in heard if not isinstance(one, Piece))


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
        self._idle: Running | None = None

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        if self._idle is not None:
            self._idle.end()
            self._idle = None

    def take(self) -> Running:
        """A worker that waits for a request."""
        running, self._idle = self._idle, None
        if running is not None and running.is_alive():
            return running
        if running is not None:
            running.end()
        return Running(self._command)

    def give_back(self, running: Running) -> None:
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
    line = json.dumps({**asked, "more": stream.child is not None})
    answer = None
    try:
        running.ask(line, most_bytes=stream.most_bytes, ahead=stream.ahead)
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


def _result(answer: dict[str, Any], path: Path, into: type[T]) -> T:
    if "error" in answer:
        raise _revived(answer["error"])
    try:
        return convert(answer.get("result"), into)
    except msgspec.ValidationError as error:
        raise EngineError(f"{shown(path)}: the media worker gave no result: {error}") from error


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
