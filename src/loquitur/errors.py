"""Every error Loquitur raises on purpose.

```
LoquiturError(message, *, hint="", code="LQ...")          exit code
├─ UsageError      unknown option, engine, profile          2   near names offered
├─ MissingError    package, model, credential               3   hint: the command to type
├─ InputError      media, format, table, schema             4   file, place, found, expected
├─ RemoteError     service, reason                          5
│  ├─ TransientError   worth another try                    5   the only kind that is retried
│  └─ QuotaError       the service's budget is spent        5
├─ StoreError                                               1
│  ├─ CorruptError     bytes do not match their name        1
│  ├─ LockedError      another process holds the work       1
│  └─ FullError        no space, or no right to write       1
└─ EngineError     third-party failure, raised `from exc`   1
```

All of them pickle, since they cross process borders. No error is signalled by None.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable


class LoquiturError(Exception):
    """The root of the tree: a message for people, a hint that says what to do, a stable code.

    Args:
        message: What went wrong and where, in one line.
        hint: What to do about it, in one line; may be empty.
        code: A stable identifier (`LQ-...`); the class's own when empty.
    """

    exit_code: ClassVar[int] = 1
    default_code: ClassVar[str] = "LQ-FAILED"

    def __init__(self, message: str, *, hint: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code or self.default_code

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.message, dict(self.__dict__)))

    def __str__(self) -> str:
        return self.message


def _rebuild(kind: type[LoquiturError], message: str, state: dict[str, Any]) -> LoquiturError:
    error = kind.__new__(kind)
    Exception.__init__(error, message)
    error.__dict__.update(state)
    return error


class UsageError(LoquiturError):
    """The caller asked for something that does not exist or contradicts itself."""

    exit_code = 2
    default_code = "LQ-USAGE"


class MissingError(LoquiturError):
    """A package, model or credential is not there; the hint is the command that brings it."""

    exit_code = 3
    default_code = "LQ-MISSING"


class InputError(LoquiturError):
    """The given media, file or document cannot be used as it is."""

    exit_code = 4
    default_code = "LQ-INPUT"


class RemoteError(LoquiturError):
    """A remote service refused or failed."""

    exit_code = 5
    default_code = "LQ-REMOTE"


class TransientError(RemoteError):
    """A remote failure that another try may mend.

    Args:
        message: What went wrong.
        hint: What to do if it stays so.
        code: Stable identifier.
        retry_after_s: The wait the service asked for in seconds, or None.
    """

    default_code = "LQ-TRANSIENT"

    def __init__(
        self, message: str, *, hint: str = "", code: str = "", retry_after_s: float | None = None
    ) -> None:
        super().__init__(message, hint=hint, code=code)
        self.retry_after_s = retry_after_s


class QuotaError(RemoteError):
    """The service's budget is spent; more tries now only make it worse."""

    default_code = "LQ-QUOTA"


class StoreError(LoquiturError):
    """The store cannot do what was asked."""

    default_code = "LQ-STORE"


class CorruptError(StoreError):
    """Stored bytes do not match the name they were stored under."""

    default_code = "LQ-STORE-CORRUPT"


class LockedError(StoreError):
    """Another living process holds the work and did not finish it in time."""

    default_code = "LQ-STORE-LOCKED"


class FullError(StoreError):
    """The store cannot be written: the disk is full or the folder is read-only."""

    default_code = "LQ-STORE-FULL"


class EngineError(LoquiturError):
    """A third-party engine failed; the cause is chained."""

    default_code = "LQ-ENGINE"


def near(name: str, known: Iterable[str]) -> str:
    """A hint that offers the names nearest to a wrong one.

    Args:
        name: What was asked for.
        known: What there is.

    Returns:
        `did you mean 'x' or 'y'?`, or the whole list where nothing is near.

    >>> near("whispr", ["whisper", "pocketsphinx"])
    "did you mean 'whisper'?"
    """
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    if close:
        return "did you mean " + " or ".join(f"'{item}'" for item in close) + "?"
    return "known: " + ", ".join(names) if names else ""
