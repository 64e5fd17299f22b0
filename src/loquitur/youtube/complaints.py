"""What the service refuses, as errors of our own: one class for each thing to do about it.

`classification.classify` makes them from an answer. Each carries the `reason` that decided, the
HTTP `status` (0 where there was no answer) and its `kind`, and all of them pickle.
"""

from __future__ import annotations

from typing import Any, ClassVar

from loquitur.errors import InputError, LoquiturError, QuotaError, RemoteError, TransientError


class ComplaintError(LoquiturError):
    """What every refusal of the service has.

    Args:
        message: What was refused and why, in one line.
        hint: What to do about it.
        code: Stable identifier.
        reason: What the service calls it (`commentsDisabled`), empty where it said nothing.
        status: HTTP; 0 where no answer came.
        method_id: What was called, empty where that is not known.
        more: What a class keeps besides.
    """

    kind: ClassVar[str] = "Unknown"

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        code: str = "",
        reason: str = "",
        status: int = 0,
        method_id: str = "",
        **more: Any,
    ) -> None:
        super().__init__(message, hint=hint, code=code, **more)
        self.reason = reason
        self.status = status
        self.method_id = method_id


class BucketEmptyError(ComplaintError, QuotaError):
    """A daily bucket is spent; never retried, the work goes on when it comes back.

    Args:
        message: Which bucket.
        bucket: Its name (`costs.BUCKETS`).
        resets_at: When it comes back, Unix seconds.
        project: The fingerprint of the project, empty where it is not known.
        more: Of `ComplaintError`.
    """

    kind = "BucketEmpty"
    default_code = "LQ-YOUTUBE-BUCKET"

    def __init__(
        self, message: str, *, bucket: str, resets_at: float, project: str = "", **more: Any
    ) -> None:
        super().__init__(message, **more)
        self.bucket = bucket
        self.resets_at = resets_at
        self.project = project


class ThrottledError(ComplaintError, TransientError):
    """Too many calls in a short time; `retry_after_s` is the wait the service asked for."""

    kind = "Throttled"
    default_code = "LQ-YOUTUBE-THROTTLED"


class UnavailableError(ComplaintError, TransientError):
    """The service or the way there failed for the moment."""

    kind = "Transient"
    default_code = "LQ-YOUTUBE-UNAVAILABLE"


class KeyProblemError(ComplaintError, RemoteError):
    """The key or the app is refused: wrong, restricted, expired, or the API is not enabled."""

    kind = "KeyProblem"
    default_code = "LQ-YOUTUBE-KEY"


class LoginNeededError(ComplaintError, RemoteError):
    """The login is missing, over, or does not reach that far."""

    kind = "LoginNeeded"
    default_code = "LQ-YOUTUBE-LOGIN"


class NotYoursError(ComplaintError, RemoteError):
    """Who is logged in may not do that: the video or channel is somebody else's."""

    kind = "NotYours"
    default_code = "LQ-YOUTUBE-NOT-YOURS"


class GoneError(ComplaintError, RemoteError):
    """The video, channel, track or comment does not exist, or is not public."""

    kind = "Missing"
    default_code = "LQ-YOUTUBE-GONE"


class ClosedError(ComplaintError, RemoteError):
    """What was asked for is switched off or over.

    Args:
        message: What.
        closing: `disabled`, `ended` or `hidden`.
        more: Of `ComplaintError`.
    """

    kind = "Closed"
    default_code = "LQ-YOUTUBE-CLOSED"

    def __init__(self, message: str, *, closing: str = "disabled", **more: Any) -> None:
        super().__init__(message, **more)
        self.closing = closing


class ExistsError(ComplaintError, RemoteError):
    """It is there already: list, then update."""

    kind = "Exists"
    default_code = "LQ-YOUTUBE-EXISTS"


class RefusedInputError(ComplaintError, InputError):
    """The service refuses what it was given: a parameter, a file, a page token."""

    kind = "BadInput"
    default_code = "LQ-YOUTUBE-INPUT"


class UnknownRefusalError(ComplaintError, RemoteError):
    """An answer that says nothing known; all of it is kept.

    Args:
        message: Its beginning.
        body: The whole body, without secrets.
        more: Of `ComplaintError`.
    """

    kind = "Unknown"
    default_code = "LQ-YOUTUBE-UNKNOWN"

    def __init__(self, message: str, *, body: str = "", **more: Any) -> None:
        super().__init__(message, **more)
        self.body = body


class UnansweredError(ComplaintError, RemoteError):
    """A file or a change was sent and no answer came: it may have been taken.

    It is not sent again blindly: whoever sent it looks first.
    """

    kind = "Unanswered"
    default_code = "LQ-YOUTUBE-UNANSWERED"
