"""Where a task runs: in this process's threads, or in worker processes.

Both have the shape of `concurrent.futures`: `submit` gives a Future, `shutdown` ends them. What is
submitted is a picklable top-level function that takes `report` as its last keyword argument.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Protocol

from loquitur.errors import UsageError, near

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

EXECUTORS = {
    "local": "loquitur.pipeline.executors.local:LocalExecutor",
    "processes": "loquitur.pipeline.executors.processes:ProcessExecutor",
}


class Executor(Protocol):
    """Runs calls side by side."""

    @property
    def workers(self) -> int:
        """How many calls run at once."""

    def submit(
        self, call: Callable[..., Any], *args: Any, report: Callable[..., None]
    ) -> Future[Any]:
        """Run `call(*args, report=report)` somewhere; its outcome arrives in the Future.

        `report` is called here, on any thread, with what the call reports there.
        """

    def shutdown(self, *, cancel: bool) -> None:
        """End the workers; with `cancel`, stop what runs, at its next report at the latest."""


def create(name: str, workers: int) -> Executor:
    """The executor of a name.

    Raises:
        UsageError: There is none of that name; near names are offered.
    """
    if name not in EXECUTORS:
        raise UsageError(f"no executor is called '{name}'", hint=near(name, EXECUTORS))
    module, _, kind = EXECUTORS[name].partition(":")
    executor: Executor = getattr(importlib.import_module(module), kind)(workers)
    return executor
