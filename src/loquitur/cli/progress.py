"""Progress on stderr: bars with rate and time left on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from loquitur.cli.output import tell
from loquitur.pipeline.events import Event, ignore
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.pipeline.events import Listener


@contextmanager
def listening(*, quiet: bool, verbose: int) -> Iterator[Listener]:
    """A listener for the duration of a run.

    Args:
        quiet: Say nothing at all.
        verbose: From 1 on, say what came from the store too.
    """
    if quiet:
        yield ignore
    elif sys.stderr.isatty():
        with _bars() as listener:
            yield listener
    else:
        yield _plain(verbose)


def _plain(verbose: int) -> Listener:
    """One line when a stage begins to work and one when it is done."""

    def listen(event: Event) -> None:
        name = display(event.input.rsplit("/", 1)[-1])
        if event.kind == "done":
            tell(f"{name}: {event.stage} done in {event.seconds:.1f} s")
        elif event.kind == "retry":
            tell(f"{name}: {event.stage}: {event.note}")
        elif event.kind == "cached" and verbose:
            tell(f"{name}: {event.stage} from the store")
        elif event.kind == "start" and verbose:
            tell(f"{name}: {event.stage} ...")

    return listen


class _Bars:
    """One bar per stage that runs; a finished one stays as a line above."""

    def __init__(self, progress: Any) -> None:
        self._progress = progress
        self._bars: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        at = (event.input, event.stage)
        name = display(event.input.rsplit("/", 1)[-1])[:32]
        with self._lock:
            if event.kind in ("start", "progress"):
                self._move(at, f"{name} [bold]{event.stage}[/]", event)
            elif event.kind in ("done", "failed", "retry"):
                bar = self._bars.pop(at, None)
                if bar is not None:
                    self._progress.remove_task(bar)
                if event.kind == "done" and event.seconds >= 0.05:
                    self._print(name, f"{event.stage} {event.seconds:.1f} s")
                elif event.kind == "retry":
                    self._print(name, f"{event.stage}: {event.note}")

    def _move(self, at: tuple[str, str], text: str, event: Event) -> None:
        total = event.total / 1000 if event.total else None
        if at not in self._bars:
            unit = "MB" if event.unit == "bytes" else "x"
            self._bars[at] = self._progress.add_task(text, total=total, unit=unit)
        scale = 1e6 if event.unit == "bytes" else 1e3
        self._progress.update(
            self._bars[at],
            completed=event.done / scale,
            total=event.total / scale if event.total else None,
        )

    def _print(self, name: str, text: str) -> None:
        from rich.text import Text

        self._progress.console.print(Text(f"{name}: {text}", style="dim"))


@contextmanager
def _bars() -> Iterator[Listener]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Speed(ProgressColumn):
        """Media seconds per second (times real time), or megabytes per second."""

        def render(self, task: Any) -> Text:
            if not task.speed:
                return Text("")
            unit = " MB/s" if task.fields.get("unit") == "MB" else "x real time"
            return Text(f"{task.speed:.1f}{unit}", style="cyan")

    columns = (TextColumn("{task.description}"), BarColumn(), Speed(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield _Bars(progress)
