"""What the rooms of this package need of a client: five ways to call a method of the service.

`client.Client` is the one that speaks HTTP. Collectors, publishing and chat take a `Caller`, so
that each call passes through the same ledger, the same checks and the same retries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from loquitur.youtube.methods import Value


class Caller(Protocol):
    """Calls methods of the service by their ids (`videos.list`), parameters by their names.

    Every way raises `errors.UsageError` before anything is sent where the request breaks the
    method's table, `QuotaError` where the ledger or the service says that the bucket is spent,
    `TransientError` where it still failed after all tries, `MissingError` without a key or login,
    and the classes of `complaints` for everything else the service refuses.
    """

    def call(
        self, method_id: str, /, *, body: Mapping[str, Any] | None = None, **given: Value
    ) -> dict[str, Any]:
        """One call; its answer as plain JSON, an empty dict where there is none (204)."""
        ...

    def pages(self, method_id: str, /, **given: Value) -> Iterator[dict[str, Any]]:
        """The answers of a list, page by page, until there is no `nextPageToken`."""
        ...

    def upload(
        self,
        method_id: str,
        /,
        *,
        body: Mapping[str, Any],
        media: bytes,
        media_type: str = "application/octet-stream",
        **given: Value,
    ) -> dict[str, Any]:
        """A resource with a file: multipart up to 1 MB, resumable above.

        It is never sent again once its last byte may have arrived: the caller lists first.

        Raises:
            UnansweredError: The file was sent and no answer came; it may have been taken.
        """
        ...

    def download(self, method_id: str, /, **given: Value) -> bytes:
        """The file behind a method such as `captions.download`."""
        ...

    def stream(self, method_id: str, /, **given: Value) -> Iterator[dict[str, Any]]:
        """The answers of a method that keeps talking (`liveChatMessages.stream`), as they come."""
        ...
