"""A client that is ready: endpoint, credentials, ledger and patience, from the settings."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from loquitur.errors import InputError
from loquitur.youtube import costs, logins
from loquitur.youtube.client import Client
from loquitur.youtube.clocks import ServiceClock
from loquitur.youtube.credentials import checked_endpoint, given_credentials
from loquitur.youtube.ledger import FILE_NAME, Ledger
from loquitur.youtube.purse import Purse
from loquitur.youtube.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from loquitur.settings import Settings
    from loquitur.youtube.logins import StoredLogin
    from loquitur.youtube.retrying import Patience

FOLDER = "youtube"
"""Of the store: what was spent, and what was collected."""


def open_client(settings: Settings, *, patience: Patience | None = None) -> Client:
    """A client for the service of these settings; close it, or use it in a `with`.

    Nothing is sent and nothing is needed yet: a missing key is told by the first call.

    Args:
        settings: Endpoint, proxy, store, limits.
        patience: How failures are waited out; five more tries by default.

    Raises:
        UsageError: The endpoint is no address, or a limit no number.
        MissingError: What is set as a key is none.
    """
    clock = ServiceClock()
    wire = open_wire(settings, clock)
    login, problem = None, None
    try:
        login = saved_login(settings, wire.endpoint, clock)
    except InputError as exc:
        problem = exc  # told where a login is needed: keys work without
    credentials = given_credentials(wire, login, problem)
    purse = Purse(credentials, open_ledger(settings, clock=clock), look=wire.look)
    return Client(purse=purse, wire=wire, patience=patience)


def service_now(settings: Settings) -> Callable[[], float]:
    """The time by which rows are old: the machine's; that of a service that stands in, its own.

    Args:
        settings: Whose endpoint may be on another time; it is asked, and need not answer.

    Returns:
        A clock, Unix seconds.
    """
    clock = ServiceClock()
    if settings.youtube_endpoint:
        with closing(open_wire(settings, clock)) as wire:
            wire.look()
    return clock.now


def open_wire(settings: Settings, clock: ServiceClock) -> Wire:
    """The way to the service of the settings, or to what stands in for it.

    Raises:
        UsageError: The endpoint is no address.
    """
    endpoint = checked_endpoint(settings.youtube_endpoint)
    return Wire(endpoint, clock=clock, proxy=settings.proxy, offline=settings.offline)


def saved_login(settings: Settings, endpoint: str, clock: ServiceClock) -> StoredLogin | None:
    """The login that `youtube auth` saved for an endpoint, ready to be used; None for none.

    Raises:
        InputError: Its file is damaged.
    """
    saved = logins.load(endpoint)
    if saved is None:
        return None
    return logins.StoredLogin(saved, clock=clock, proxy=settings.proxy)


def open_ledger(settings: Settings, *, clock: ServiceClock | None = None) -> Ledger:
    """The ledger of the settings' store.

    Args:
        settings: Store and limits.
        clock: By which days are counted; the machine's by default.

    Raises:
        UsageError: A limit is no number.
    """
    return Ledger(
        settings.store / FOLDER / FILE_NAME,
        limits=costs.limits(settings.youtube_limits),
        now=(clock or ServiceClock()).now,
    )
