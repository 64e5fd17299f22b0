"""Which network addresses may be asked: those of the open internet, nothing inside.

An address in a page or a redirect is a stranger's wish. Answering it for `localhost`, the own
network or a cloud's metadata service would lend the stranger our place (server-side request
forgery). Names are resolved here, once, and the connection goes to the address that was checked,
so that a second answer of the name server changes nothing.
"""

from __future__ import annotations

import ipaddress
import socket

from loquitur.errors import InputError, RemoteError, TransientError
from loquitur.media.transfer import PRIVATE_CODE
from loquitur.text import display

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv4 inside IPv6, RFC 6052."""

_HINT = "check the network connection and the name"


class PrivateAddressError(OSError):
    """A host that lies inside the own network; an OSError so that HTTP clients pass it on."""


def resolve(host: str, port: int, *, allow_private: bool) -> list[str]:
    """The addresses of a host that may be asked, in the order to try them.

    Args:
        host: A name in ASCII or an address.
        port: The port that will be asked.
        allow_private: True where any address will do.

    Raises:
        PrivateAddressError: Every address of it lies inside.
        TransientError: No name server answers.
        RemoteError: Nobody knows the name.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError, OverflowError) as exc:
        raise unresolved(host, exc) from exc
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    allowed = [each for each in addresses if allow_private or is_global(each)]
    if not allowed:
        raise PrivateAddressError(f"{display(host)} is not an address of the open internet")
    return allowed


def is_global(address: str) -> bool:
    """True for an address of the open internet.

    IPv4 inside IPv6 (mapped, 6to4, Teredo, NAT64) is judged by the IPv4 address.

    >>> [is_global(each) for each in ("1.1.1.1", "10.0.0.1", "::ffff:127.0.0.1", "100.64.0.1")]
    [True, False, False, False]
    """
    try:
        parsed = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = _ipv4_inside(parsed)
        if inner is not None:
            return _is_global(inner)
    return _is_global(parsed)


def private(shown_url: str) -> InputError:
    """The error for an address inside the own network."""
    return InputError(
        f"{shown_url}: the address lies inside a private network and is not asked",
        hint="if you trust it: --allow-private",
        code=PRIVATE_CODE,
    )


def unresolved(host: str, exc: Exception) -> RemoteError:
    """The error for a name without an address: transient where no name server answers."""
    shown = display(host)
    if isinstance(exc, socket.gaierror) and exc.errno in {socket.EAI_AGAIN, socket.EAI_FAIL}:
        return TransientError(f"no name server answers for {shown}", hint=_HINT)
    return RemoteError(f"no host is called {shown}", hint=_HINT, code="LQ-REMOTE-NO-HOST")


def _is_global(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved


def _ipv4_inside(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour
