"""Inputs taken one by one, without holding up the work on those before."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")


class Supply(Generic[T]):
    """The items of an iterable, which may keep one waiting (lines of a terminal, a playlist).

    Nothing is taken before it is asked for, and never more than one. Where there is work to do
    meanwhile, a thread does the waiting.
    """

    def __init__(self, items: Iterable[T]) -> None:
        self._items = iter(items)
        self._asked: Future[T | None] | None = None
        self._spent = False

    @property
    def asked(self) -> frozenset[Future[T | None]]:
        """What to wait for beside other things: it is done when `take` has something to tell."""
        return frozenset() if self._asked is None else frozenset({self._asked})

    def take(self, *, patient: bool) -> T | None:
        """The next item; None where there is none any more or, if not `patient`, none yet.

        Whatever the iterable raises is raised here.
        """
        if self._spent:
            return None
        if self._asked is None:
            if patient:
                return self._noted(next(self._items, None))
            self._asked = self._ask()
        if not patient and not self._asked.done():
            return None
        asked, self._asked = self._asked, None
        return self._noted(asked.result())

    def _noted(self, item: T | None) -> T | None:
        self._spent = item is None
        return item

    def _ask(self) -> Future[T | None]:
        future: Future[T | None] = Future()

        def pull() -> None:
            try:
                item = next(self._items, None)
            except BaseException as exc:  # noqa: BLE001 - raised where the item is taken
                future.set_exception(exc)
            else:
                future.set_result(item)

        # a daemon, since nothing ends the wait for a line that never comes
        threading.Thread(target=pull, name="loquitur-inputs", daemon=True).start()
        return future
