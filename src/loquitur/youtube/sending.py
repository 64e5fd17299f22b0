"""Sending what changes something: once, and where no answer came, looking before sending again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from loquitur.errors import TransientError
from loquitur.youtube.complaints import ExistsError, UnansweredError

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")
_TRIES = 5
_FIRST_WAIT_S = 0.25
_LONGEST_WAIT_S = 30.0


def sent_once(
    send: Callable[[], _T],
    arrived: Callable[[], _T | None],
    *,
    note: Callable[[], None],
    tell: Callable[[str], None] | None = None,
) -> _T:
    """What sending gives, or what is found where its answer was lost.

    Args:
        send: Sends it; never called again before `arrived` said that it is not there.
        arrived: Looks: what is there where it arrived, None where it did not.
        note: Called before each time it is sent.
        tell: Told where an answer was lost.

    Raises:
        ExistsError: It was there before anything was sent.
        LoquiturError: What the calls raise; the last failure after five tries.
    """
    for attempt in range(_TRIES):
        note()
        try:
            return send()
        except ExistsError:
            found = arrived() if attempt else None
            if found is None:
                raise
            return found
        except (UnansweredError, TransientError) as exc:
            if tell is not None:
                tell(f"no good answer ({exc.message}); looking whether it arrived")
            wait_s = getattr(exc, "retry_after_s", None) or _FIRST_WAIT_S * 2**attempt
            time.sleep(min(wait_s, _LONGEST_WAIT_S))
            found = arrived()
            if found is not None:
                return found
            if attempt == _TRIES - 1:
                raise
    raise AssertionError("the last try returns or raises")
