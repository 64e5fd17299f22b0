"""Tasks in worker processes, each with a pipe: a killed worker loses only its own task.

`ProcessPoolExecutor` breaks as a whole when one worker dies (corrupt media and memory shortage do
kill workers), hence this small pool: the dead worker is replaced, its task tried again, and given
up as poison after `DEATHS` deaths. Workers are spawned, since forking beside ONNX Runtime's or
FFmpeg's threads deadlocks.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from loquitur.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

DEATHS = 3


@dataclass(slots=True)
class _Call:
    function: Callable[..., Any]
    args: tuple[Any, ...]
    report: Callable[..., None]
    future: Future[Any] = field(default_factory=Future)


class ProcessExecutor:
    """Some spawned processes; each is driven by one thread here."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._cancelled = threading.Event()
        self._living: set[SpawnProcess] = set()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._drive, name=f"loquitur-driver-{n}", daemon=True)
            for n in range(workers)
        ]
        for thread in self._threads:
            thread.start()

    def submit(
        self, call: Callable[..., Any], *args: Any, report: Callable[..., None]
    ) -> Future[Any]:
        """See `Executor.submit`."""
        item = _Call(call, args, report)
        self._calls.put(item)
        return item.future

    def shutdown(self, *, cancel: bool) -> None:
        """See `Executor.shutdown`; a cancelled worker is ended at once."""
        if cancel:
            self._cancelled.set()
            with self._lock:
                for process in self._living:
                    process.kill()
        for _ in self._threads:
            self._calls.put(None)
        for thread in self._threads:
            thread.join()

    def _drive(self) -> None:
        process: SpawnProcess | None = None
        pipe: Connection | None = None
        while (item := self._calls.get()) is not None:
            if self._cancelled.is_set() or not item.future.set_running_or_notify_cancel():
                item.future.cancel()
                continue
            deaths = 0
            while True:
                if process is None or pipe is None:
                    process, pipe = self._spawn()
                try:
                    _converse(pipe, item)
                    break
                except (EOFError, OSError):
                    code = self._bury(process)
                    process = pipe = None
                    deaths += 1
                    if deaths >= DEATHS or self._cancelled.is_set():
                        item.future.set_exception(_poison(deaths, code))
                        break
        if process is not None and pipe is not None:
            pipe.close()
            self._bury(process)

    def _spawn(self) -> tuple[SpawnProcess, Connection]:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, os.getpid()), daemon=False)
        with self._lock:
            process.start()
            self._living.add(process)
            if self._cancelled.is_set():
                process.kill()  # `shutdown` came in between and did not see it
        theirs.close()
        return process, ours

    def _bury(self, process: SpawnProcess) -> int | None:
        process.join(timeout=10)
        if process.is_alive():
            process.kill()
            process.join()
        with self._lock:
            self._living.discard(process)
        return process.exitcode


def _converse(pipe: Connection, item: _Call) -> None:
    """Send one call and take its reports and its outcome."""
    pipe.send((item.function, item.args))
    while True:
        kind, payload = pipe.recv()
        if kind == "report":
            item.report(*payload)
        elif kind == "result":
            item.future.set_result(payload)
            return
        else:
            item.future.set_exception(payload)
            return


def _poison(deaths: int, code: int | None) -> EngineError:
    reason = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
    return EngineError(
        f"a worker process died {deaths} times on this task ({reason})",
        hint="the medium may be damaged, or memory too small; try --jobs 1 --executor local",
        code="LQ-WORKER-DIED",
    )


def _work(pipe: Connection, parent: int) -> None:
    """The worker's loop: one call after another until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means

    def report(*news: Any) -> None:
        if os.getppid() != parent:
            os._exit(1)  # orphaned: nobody is left to take the result
        pipe.send(("report", news))

    while True:
        try:
            function, args = pipe.recv()
        except EOFError:
            return
        try:
            outcome = ("result", function(*args, report=report))
        except Exception as exc:  # noqa: BLE001 - the worker's boundary
            outcome = ("error", _portable(exc))
        pipe.send(outcome)


def _portable(error: Exception) -> Exception:
    """The error itself where it pickles, else its words."""
    import pickle

    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes, a moment old
    except Exception:  # noqa: BLE001 - a stranger's error may do anything when it is made again
        return EngineError(f"{type(error).__name__}: {error}")
    return error
