"""What a handler gets and gives: a request that fits the method's table, and a reply."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from loquitur.emulator.world import World
    from loquitur.youtube.methods import Method


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A call that passed the gate: known method, valid parameters, paid for, allowed.

    Args:
        method: Which method is called.
        given: Its parameters as text, defaults filled in; repeated ones joined with commas.
        named: The parameters that came with it, those that were filled in left out.
        resource: The JSON that came with it, empty where none did.
        media: The file that came with an upload, None where none did.
        media_type: What the upload says that the file is.
        actor: The channel id that the access token speaks for, None for an API key alone.
        world: What is true in this world.
        now: The time of the world's clock, Unix seconds in UTC.
        address: The server's own address, `http://127.0.0.1:PORT`.
    """

    method: Method
    given: dict[str, str]
    world: World
    now: float
    address: str
    named: frozenset[str] = frozenset()
    resource: dict[str, Any] = field(default_factory=dict)
    media: bytes | None = None
    media_type: str = ""
    actor: str | None = None

    def values(self, name: str) -> list[str]:
        """The values of a repeated parameter; empty where it was not given."""
        return [item for item in self.given.get(name, "").split(",") if item]

    @property
    def parts(self) -> list[str]:
        """The parts of the resource that were asked for."""
        return self.values("part")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What goes back.

    Args:
        status: HTTP.
        body: JSON, or the bytes of a file; None for an empty answer.
        pieces: Instead of a body: what is sent piece by piece over a connection kept open.
        headers: Beside those of the server.
    """

    status: int = 200
    body: dict[str, Any] | bytes | None = None
    pieces: Iterator[bytes] | None = None
    headers: dict[str, str] = field(default_factory=dict)


Handler: TypeAlias = Callable[[Request], Reply]


class Refusal(Exception):  # noqa: N818 - it is an answer, not a failure of ours
    """An error body of the service, raised by a handler.

    Args:
        status: HTTP.
        reason: Of `errors[].reason`.
        message: For people.
        domain: Of `errors[].domain`.
        location: The parameter it is about, empty where none.
        rpc: `error.status`, empty where the real service gives none.
        details: `error.details[]`.
    """

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        *,
        domain: str = "youtube",
        location: str = "",
        rpc: str = "",
        details: tuple[dict[str, Any], ...] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.domain = domain
        self.location = location
        self.rpc = rpc
        self.details = details
