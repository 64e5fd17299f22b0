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
import sys
import threading
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, Any

from loquitur.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

DEATHS = 3

_starting = threading.Lock()  # of all executors: the environment is the process's


class _LostError(Exception):
    """The worker at the other end of the pipe is gone."""


@dataclass(slots=True)
class _Call:
    function: Callable[..., Any]
    args: tuple[Any, ...]
    report: Callable[..., None]
    future: Future[Any] = field(default_factory=Future)


@dataclass(frozen=True, slots=True)
class _Worker:
    process: SpawnProcess
    pipe: Connection


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
        worker: _Worker | None = None
        while (item := self._calls.get()) is not None:
            if self._cancelled.is_set() or not item.future.set_running_or_notify_cancel():
                item.future.cancel()
                continue
            worker = self._serve(item, worker)
        if worker is not None:
            worker.pipe.close()
            self._bury(worker.process)

    def _serve(self, item: _Call, worker: _Worker | None) -> _Worker | None:
        """Do one call, and give back the worker that is left; its Future ends, whatever happens."""
        deaths = 0
        while True:
            try:
                worker = worker or self._spawn()
                kind, payload = _converse(worker.pipe, item.function, item.args, item.report)
            except _LostError:
                assert worker is not None  # it was spoken to
                code = self._bury(worker.process)
                worker.pipe.close()
                worker = None
                deaths += 1
                if deaths >= DEATHS or self._cancelled.is_set():
                    item.future.set_exception(_poison(deaths, code))
                    return None
            except BaseException as exc:  # noqa: BLE001 - a listener's, or no process to be had
                if worker is not None:  # it is in the midst of the call
                    worker.process.kill()
                    worker.pipe.close()
                    self._bury(worker.process)
                item.future.set_exception(exc)
                return None
            else:
                if kind == "result":
                    item.future.set_result(payload)
                else:
                    item.future.set_exception(payload)
                return worker

    def _spawn(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        try:
            ours, theirs = context.Pipe()
            with theirs:
                process = context.Process(target=_work, args=(theirs, os.getpid()), daemon=False)
                with self._lock:
                    _start(process)
                    self._living.add(process)
                    if self._cancelled.is_set():
                        process.kill()  # `shutdown` came in between and did not see it
        except OSError as exc:
            raise EngineError(
                f"cannot start a worker process: {exc.strerror or exc}",
                hint="the machine is short of processes, files or memory; try --executor local",
                code="LQ-WORKER-START",
            ) from exc
        return _Worker(process, ours)

    def _bury(self, process: SpawnProcess) -> int | None:
        process.join(timeout=10)
        if process.is_alive():
            process.kill()
            process.join()
        with self._lock:
            self._living.discard(process)
        return process.exitcode


def _start(process: SpawnProcess) -> None:
    """Start a worker that imports nothing from the folder it happens to be in.

    It is `python -c`, which looks there first; its own path comes from here a moment later. The
    same is true of multiprocessing's resource tracker, which the first start brings up. Where
    this process has the safe path already, multiprocessing passes that on. Until the worker ignores
    it, an interrupt is held back: the tracker comes first, since its start lifts that again.
    """
    with _starting:
        if not sys.flags.safe_path:
            os.putenv("PYTHONSAFEPATH", "1")
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        try:
            resource_tracker.ensure_running()
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            if not sys.flags.safe_path:
                os.unsetenv("PYTHONSAFEPATH")


def _converse(
    pipe: Connection,
    function: Callable[..., Any],
    args: tuple[Any, ...],
    report: Callable[..., None],
) -> tuple[str, Any]:
    """Send one call, pass its reports on, and give its outcome.

    Raises:
        _LostError: The worker is gone. What `report` raises comes out as it is.
    """
    try:
        pipe.send((function, args))
    except OSError as exc:
        raise _LostError from exc
    while True:
        try:
            kind, payload = pipe.recv()
        except (EOFError, OSError) as exc:
            raise _LostError from exc
        if kind != "report":
            return kind, payload
        report(*payload)


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
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    with suppress(OSError):
        os.dup2(2, 1)  # stdout is the parent's data; whatever an engine prints is talk
    threading.Thread(target=_follow_parent, daemon=True).start()

    def report(*news: Any) -> None:
        if os.getppid() != parent:
            os._exit(1)  # orphaned: nobody is left to take the result
        try:
            pipe.send(("report", news))
        except OSError:
            os._exit(1)

    while True:
        try:
            function, args = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            outcome = ("result", function(*args, report=report))
        except Exception as exc:  # noqa: BLE001 - the worker's boundary
            outcome = ("error", _portable(exc))
        try:
            pipe.send(outcome)
        except OSError:
            return  # nobody is left to take it


def _follow_parent() -> None:
    """End with the parent, however that ended, and whatever is being worked on."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _portable(error: Exception) -> Exception:
    """The error itself where it pickles, else its words; its traceback and causes as a note."""
    import pickle
    import traceback

    trace = "in a worker process:\n" + "".join(traceback.format_exception(error))
    try:
        error.add_note(trace)
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes, a moment old
    except Exception:  # noqa: BLE001 - a stranger's error may do anything when it is made again
        error = EngineError(f"{type(error).__name__}: {error}")
        error.add_note(trace)
    return error
