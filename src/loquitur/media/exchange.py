"""One question to a web server: to a checked address, within a deadline, over few redirects."""

from __future__ import annotations

import contextlib
import functools
import http.cookiejar
import math
import socket
import ssl
import threading
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loquitur.errors import InputError, MissingError, RemoteError, TransientError
from loquitur.media import addresses, transfer
from loquitur.media.urls import parse, shown
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx

    from loquitur.media.transfer import FetchOptions, Pace

_MAX_REDIRECTS = 5
_CONNECT_S = 10.0
_STALL_S = 30.0
_LONGEST_S = 1e6
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_AGENT = "Mozilla/5.0 (compatible; Loquitur)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said: header names in lower case, the body as raw chunks, undecoded."""

    status: int
    headers: dict[str, str]
    url: str
    chunks: Iterator[bytes]

    @property
    def encoding(self) -> str:
        """How the body is encoded, in lower case; `identity` where it comes as it is."""
        return self.headers.get("content-encoding", "").strip().lower() or "identity"

    @property
    def length(self) -> int | None:
        """How many bytes the server says the body has, encoded as it comes; None for no word."""
        said = self.headers.get("content-length", "")
        return int(said) if said.isascii() and said.isdigit() and len(said) <= 20 else None

    def refusal(self, shown_url: str) -> RemoteError:
        """The error for a status that brings nothing, with the wait the server asks for."""
        after_s = transfer.retry_after_s(self.headers.get("retry-after", ""))
        return transfer.refusal(self.status, shown_url, retry_after_s=after_s)

    def check_identity(self, shown_url: str) -> None:
        """Refuse an encoded body, of which bytes and sizes are not those of the file.

        Raises:
            RemoteError: It is encoded.
        """
        if self.encoding != "identity":
            raise RemoteError(f"{shown_url}: the server compresses what it was asked for as is")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """The moment on a clock at which a download must be over."""

    at: float
    pace: Pace

    @property
    def left_s(self) -> float:
        """The seconds that are left, never negative."""
        return max(0.0, self.at - self.pace.now())

    def wait(self, error: TransientError, failures: int, *, longest_s: float = math.inf) -> None:
        """Wait before another try: as long as the server asks for, or longer after more failures.

        Args:
            error: Why the last try failed.
            failures: How many have failed in a row.
            longest_s: The most seconds worth waiting.

        Raises:
            TransientError: The error itself, where the wait is beyond that or the time left.
        """
        wait_s = max(error.retry_after_s or 0.0, self.pace.backoff_s(failures))
        if wait_s > min(longest_s, self.left_s):
            raise error
        self.pace.sleep(wait_s)

    def passed(self, url: str) -> RemoteError:
        """The error for a download that took too long."""
        return RemoteError(
            f"{shown(url)}: not here within the time that was given",
            hint="run it again: it goes on where it stopped",
            code="LQ-REMOTE-DEADLINE",
        )


@contextlib.contextmanager
def ask(
    url: str, *, headers: Mapping[str, str], options: FetchOptions, deadline: Deadline
) -> Iterator[Answer]:
    """Send one GET and follow at most 5 redirects, each checked like the first address.

    Cookies and passwords go only to the hosts they belong to.

    Raises:
        InputError: An address that is malformed or lies inside the own network.
        RemoteError: The host does not exist, its certificate is wrong, it redirects in circles.
        TransientError: The network failed.
    """
    with contextlib.ExitStack() as stack:
        transport = stack.enter_context(_transport(options))
        watchdog = stack.enter_context(_Watchdog(deadline.left_s))
        first = url
        for _ in range(_MAX_REDIRECTS + 1):
            own = dict(headers) | _credentials(url, first, options)
            response = _send(transport, url, own, options, deadline, watchdog)
            stack.callback(response.close)
            location = response.headers.get("location")
            if response.status_code not in _REDIRECTS or not location:
                yield Answer(
                    status=response.status_code,
                    headers={name.lower(): value for name, value in response.headers.items()},
                    url=url,
                    chunks=_chunks(response, url, deadline),
                )
                return
            url = _redirected(url, location)
        raise RemoteError(f"{shown(first)}: redirected more than {_MAX_REDIRECTS} times")


def _send(
    transport: httpx.HTTPTransport,
    url: str,
    headers: dict[str, str],
    options: FetchOptions,
    deadline: Deadline,
    watchdog: _Watchdog,
) -> httpx.Response:
    import httpx

    target = httpx.URL(url)
    host = target.raw_host.decode("ascii")
    port = target.port or (443 if target.scheme == "https" else 80)
    headers = {
        "Host": target.netloc.decode("ascii"),
        "User-Agent": _AGENT,
        "Accept": "*/*",
        "Accept-Encoding": "identity",
    } | headers
    connect_s = max(0.01, min(_CONNECT_S, deadline.left_s))
    read_s = max(0.01, min(_STALL_S, deadline.left_s))
    extensions = {
        "timeout": {"connect": connect_s, "read": read_s, "write": read_s, "pool": connect_s},
        "sni_hostname": host,
        "trace": watchdog.trace,
    }
    places = _places(url, host, port, options)
    for place in places:
        pinned = target.copy_with(host=place, userinfo=b"", fragment=None)
        request = httpx.Request("GET", pinned, headers=headers, extensions=extensions)
        try:
            return transport.handle_request(request)
        except (httpx.ConnectError, httpx.ConnectTimeout) as exc:
            if place == places[-1] or deadline.left_s <= 0 or _is_certificate(exc):
                raise _translate(exc, url, deadline) from exc
        except httpx.TransportError as exc:
            raise _translate(exc, url, deadline) from exc
    raise AssertionError("a host without an address is an error of its own")


def _places(url: str, host: str, port: int, options: FetchOptions) -> list[str]:
    if options.proxy:
        literal = host.strip("[]")
        inside = host == "localhost" or (_is_literal(literal) and not addresses.is_global(literal))
        if inside and not options.allow_private:
            raise addresses.private(shown(url))
        return [literal]
    try:
        return addresses.resolve(host.strip("[]"), port, allow_private=options.allow_private)
    except addresses.PrivateAddressError as exc:
        raise addresses.private(shown(url)) from exc


def _is_literal(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()


def _chunks(response: httpx.Response, url: str, deadline: Deadline) -> Iterator[bytes]:
    import httpx

    try:
        for chunk in response.iter_raw():
            if deadline.left_s <= 0:
                raise deadline.passed(url)
            yield chunk
    except httpx.TransportError as exc:
        raise _translate(exc, url, deadline) from exc


def _translate(exc: httpx.TransportError, url: str, deadline: Deadline) -> RemoteError:
    if deadline.left_s <= 0:
        return deadline.passed(url)
    reason = display(str(exc)) or type(exc).__name__
    if _is_certificate(exc):
        return RemoteError(
            f"{shown(url)}: its certificate is not trusted", hint=reason, code="LQ-REMOTE-TLS"
        )
    return TransientError(
        f"{shown(url)}: the connection failed ({reason})", hint="check the network, then try again"
    )


def _is_certificate(exc: httpx.TransportError) -> bool:
    return "CERTIFICATE_VERIFY_FAILED" in str(exc)


def _redirected(url: str, location: str) -> str:
    import httpx

    try:
        return parse(str(httpx.URL(url).join(location)))
    except (httpx.InvalidURL, InputError) as exc:
        raise RemoteError(
            f"{shown(url)}: redirects to what is no web address: {display(location)[:80]}"
        ) from exc


def _credentials(url: str, first: str, options: FetchOptions) -> dict[str, str]:
    """The cookies for this address, and the password in the first address for its own origin."""
    import httpx

    headers: dict[str, str] = {}
    if options.cookies_file is not None:
        bare = str(httpx.URL(url).copy_with(userinfo=b""))
        request = urllib.request.Request(bare)  # noqa: S310 - only asked for its cookies
        _cookies(options).add_cookie_header(request)
        cookie = request.get_header("Cookie")
        if cookie:
            headers["Cookie"] = cookie
    origin, here = httpx.URL(first), httpx.URL(url)
    same = (origin.scheme, origin.host, origin.port) == (here.scheme, here.host, here.port)
    if origin.userinfo and same:
        login = httpx.BasicAuth(origin.username, origin.password)
        request_with_login = next(login.auth_flow(httpx.Request("GET", here)))
        headers["Authorization"] = request_with_login.headers["Authorization"]
    return headers


def _cookies(options: FetchOptions) -> http.cookiejar.MozillaCookieJar:
    jar = http.cookiejar.MozillaCookieJar(str(options.cookies_file))
    try:
        jar.load(ignore_discard=True, ignore_expires=True)
    except (OSError, UnicodeError) as exc:
        raise InputError(
            f"{display(str(options.cookies_file))}: cannot be read as a cookie file",
            hint="export it in the Netscape format (cookies.txt)",
        ) from exc
    for cookie in jar:
        # Browsers write a cookie that lasts as long as the session with the expiry 0.
        if cookie.expires == 0:
            cookie.expires = None
    return jar


def _transport(options: FetchOptions) -> httpx.HTTPTransport:
    import httpx

    # No connection is kept: it would be found by address, and its certificate was checked for
    # another name.
    limits = httpx.Limits(max_keepalive_connections=0)
    try:
        proxy = httpx.Proxy(options.proxy) if options.proxy else None
        return httpx.HTTPTransport(verify=_tls(), trust_env=False, limits=limits, proxy=proxy)
    except ImportError as exc:
        raise MissingError(
            "a SOCKS proxy needs the package socksio", hint="pip install 'httpx[socks]'"
        ) from exc
    except (ValueError, httpx.InvalidURL) as exc:
        raise InputError("the proxy's address is malformed", hint="http://host:port") from exc


@functools.cache
def _tls() -> ssl.SSLContext:
    """The certificates of the system, and those of certifi for systems that have none."""
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


class _Watchdog:
    """Cuts the connection when the time is up, even while a server drips out its headers."""

    def __init__(self, left_s: float) -> None:
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(min(left_s, _LONGEST_S), self._cut)
        self._timer.daemon = True

    def __enter__(self) -> _Watchdog:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Note each connection as it opens; called by httpx for every step it takes."""
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._sockets.append(info["return_value"].get_extra_info("socket"))

    def _cut(self) -> None:
        for each in self._sockets:
            # One that is closed already needs no cutting.
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
