"""Progress on stderr: bars with rate and time left on a terminal, plain lines elsewhere."""

from __future__ import annotations

import datetime
import math
import sys
import threading
import time
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from loquitur.cli.output import called, tell
from loquitur.pipeline.events import Event, ignore
from loquitur.text import counted, display

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from loquitur.pipeline.events import Listener

    Aside = Callable[[], AbstractContextManager[None]]


SETTLED_S = 1.0
_WAITING = "another process is at it; waiting"


@contextmanager
def listening(*, quiet: bool, verbose: int) -> Iterator[tuple[Listener, Aside]]:
    """A listener for the duration of a run, and what takes its bars aside while others print.

    Args:
        quiet: Say nothing at all.
        verbose: From 1 on, say what came from the store too.
    """
    if quiet:
        yield ignore, nullcontext
    elif sys.stderr.isatty():
        bars = _Bars()
        try:
            yield bars, bars.aside
        finally:
            bars.close()
    else:
        yield _plain(verbose), nullcontext


class Teller:
    """Says now and then how far a long work is, in lines.

    Args:
        unit: What is counted, in the singular.
        quiet: Say nothing at all.
        every_s: The least time between two lines.
    """

    def __init__(self, unit: str, *, quiet: bool, every_s: float = 10.0) -> None:
        self._unit, self._quiet, self._every_s = unit, quiet, every_s
        self._last = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        """So many of so many are done."""
        now = time.monotonic()
        if self._quiet or now - self._last < self._every_s:
            return
        self._last = now
        tell(f"{done} of {counted(total, self._unit)}")


def notifying(aside: Aside, *, quiet: bool) -> Callable[[str], None] | None:
    """Who tells a line beside the progress that is drawn; nobody where it is to be quiet."""
    return None if quiet else partial(_tell_aside, aside)


def _tell_aside(aside: Aside, line: str) -> None:
    with aside():
        tell(line)


def _plain(verbose: int) -> Listener:
    """One line when a stage begins to work and one when it is done."""
    waiting: set[tuple[str, str]] = set()

    def listen(event: Event) -> None:
        name = called(event.input).rsplit("/", 1)[-1]
        if event.kind == "done":
            tell(f"{name}: {event.stage} done in {event.seconds:.1f} s")
        elif event.kind == "retry":
            tell(f"{name}: {event.stage}: {event.note}")
        elif event.kind == "waiting" and (event.input, event.stage) not in waiting:
            waiting.add((event.input, event.stage))
            tell(f"{name}: {event.stage}: {_WAITING}")
        elif event.kind == "cached" and verbose:
            tell(f"{name}: {event.stage} from the store")
        elif event.kind == "start" and verbose:
            tell(f"{name}: {event.stage} ...")

    return listen


class _Bars:
    """One bar per stage that runs; a finished one stays as a line above.

    Nothing is drawn before a stage works: questions come first, and stored results need no bar.
    """

    def __init__(self) -> None:
        self._progress: Any = None
        self._bars: dict[tuple[str, str], Any] = {}
        self._waiting: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        at = (event.input, event.stage)
        name = called(event.input).rsplit("/", 1)[-1][:32]
        with self._lock, suppress(OSError):  # a terminal that went away stops no work
            if event.kind in ("start", "progress"):
                self._move(at, name, event)
            elif event.kind == "waiting" and at not in self._waiting:
                self._waiting.add(at)
                self._print(f"{name}: {event.stage}: {_WAITING}")
            elif event.kind in ("done", "failed", "retry"):
                bar = self._bars.pop(at, None)
                if bar is not None:
                    self._progress.remove_task(bar)
                if event.kind == "done" and event.seconds >= 0.05:
                    self._print(f"{name}: {event.stage} {event.seconds:.1f} s")
                elif event.kind == "retry":
                    self._print(f"{name}: {event.stage}: {event.note}")

    @contextmanager
    def aside(self) -> Iterator[None]:
        """The bars are off the screen until the block ends; the next news draws new ones.

        New ones, since a display that is started again erases the lines it stood on before.
        """
        with self._lock:
            if self._progress is not None:
                with suppress(OSError):
                    self._progress.stop()
                self._progress = None
                self._bars.clear()
            yield

    def close(self) -> None:
        """Take the bars off the screen."""
        with self._lock, suppress(OSError):
            if self._progress is not None:
                self._progress.stop()

    def _move(self, at: tuple[str, str], name: str, event: Event) -> None:
        from rich.markup import escape

        if self._progress is None:
            self._progress = _drawn()
            self._progress.start()
        if at not in self._bars:
            unit = "MB" if event.unit == "bytes" else "x"
            text = f"{escape(name)} [bold]{event.stage}[/]"
            self._bars[at] = self._progress.add_task(text, total=None, unit=unit)
        scale = 1e6 if event.unit == "bytes" else 1e3
        task = self._progress.tasks[self._progress.task_ids.index(self._bars[at])]
        resumed = (task.elapsed or 0.0) < SETTLED_S  # what comes at once was kept by an earlier run
        self._progress.update(
            self._bars[at],
            completed=event.done / scale,
            total=event.total / scale if event.total else None,
            **({"base": event.done / scale} if resumed else {}),
        )

    def _print(self, text: str) -> None:
        if self._progress is None:
            tell(text)
            return
        from rich.text import Text

        self._progress.console.print(Text(display(text), style="dim"))


def rate(task: Any) -> float | None:
    """Units per second: of late, or from the start while too little has come to say of late.

    A recogniser tells of a whole chunk at once: a short clip would never show its rate otherwise.
    """
    if task.speed:
        return float(task.speed)
    done = task.completed - task.fields.get("base", 0.0)
    return done / task.elapsed if done > 0 and (task.elapsed or 0.0) >= SETTLED_S else None


def _drawn() -> Any:
    """The bars on stderr; what else is printed takes them `aside`."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn
    from rich.text import Text

    class Speed(ProgressColumn):
        """Media seconds per second (times real time), or megabytes per second."""

        def render(self, task: Any) -> Text:
            speed = rate(task)
            if not speed:
                return Text("")
            unit = " MB/s" if task.fields.get("unit") == "MB" else "x real time"
            return Text(f"{speed:.1f}{unit}", style="cyan")

    class Left(ProgressColumn):
        """The time left, at the rate shown."""

        max_refresh = 0.5

        def render(self, task: Any) -> Text:
            speed = rate(task)
            if not speed or task.total is None:
                return Text("-:--:--", style="cyan")
            left = max(0, math.ceil((task.total - task.completed) / speed))
            return Text(str(datetime.timedelta(seconds=left)), style="cyan")

    columns = (TextColumn("{task.description}"), BarColumn(), Speed(), Left())
    return Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        speed_estimate_period=300.0,
    )
