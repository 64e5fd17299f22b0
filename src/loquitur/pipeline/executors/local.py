"""Tasks in threads of this process: no start-up cost, shared models."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Cancelled(Exception):  # noqa: N818 - not an error: the user asked for it
    """Raised inside a task at its next report after a cancelled shutdown."""


class LocalExecutor:
    """A pool of threads; a cancelled task ends at its next report."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="loquitur")
        self._cancelled = threading.Event()

    def submit(
        self, call: Callable[..., Any], *args: Any, report: Callable[..., None]
    ) -> Future[Any]:
        """See `Executor.submit`."""

        def checked(*news: Any) -> None:
            if self._cancelled.is_set():
                raise Cancelled
            report(*news)

        return self._pool.submit(call, *args, report=checked)

    def shutdown(self, *, cancel: bool) -> None:
        """See `Executor.shutdown`."""
        if cancel:
            self._cancelled.set()
        self._pool.shutdown(wait=True, cancel_futures=cancel)
