"""What engines behind an address share: addresses and keys, bounded answers, what a refusal says.

The address may be inside the own network, and on this machine: unlike the address of a medium, it
is no stranger's but the user's own choice, and most such servers run next door. Redirects are not
followed, so the server cannot lead elsewhere; a key is sent to that address alone.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from loquitur.errors import MissingError, QuotaError, RemoteError, TransientError, UsageError
from loquitur.media import transfer
from loquitur.settings import secret
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import httpx

CONNECT_S = 10.0
_SHOWN = 200


def check_address(base_url: str) -> None:
    """Hold that an option is an address that may be kept.

    Raises:
        ValueError: It is none, or holds a secret.
    """
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("base_url is no http or https address")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("base_url holds a password, a query or a fragment: it is kept in keys")


def check_timeout(timeout_s: float) -> None:
    """Hold that an answer may take some time, and not more than an hour.

    Raises:
        ValueError: It may not.
    """
    if not 0.0 < timeout_s <= 3600.0:
        raise ValueError(f"timeout_s is not within 0..3600: {timeout_s}")


def key_of(variable: str, base_url: str, *, option: str) -> str:
    """The key in a variable of the environment; empty where there is none.

    Args:
        variable: Its name; empty for no key.
        base_url: Where it would be sent.
        option: What to set for no key, for the hint.

    Raises:
        UsageError: It would cross the internet in clear text.
    """
    key = secret(variable) if variable else ""
    if not all("!" <= sign <= "~" for sign in key):  # an error further down would print it
        raise UsageError(f"the key in {variable} holds signs that no key has")
    if key and not is_inside(base_url) and not base_url.startswith("https://"):
        raise UsageError(
            f"the key of {variable} would travel in clear text to {display(base_url)}",
            hint=f"use https, or {option} for no key",
        )
    return key


def is_inside(url: str) -> bool:
    """Whether an address is this machine's or the own network's, by its looks: nothing is asked."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local")) or "." not in host


def check_online(base_url: str, *, offline: bool, option: str) -> None:
    """Hold that an address may be asked now.

    Raises:
        UsageError: It is outside while offline.
    """
    if offline and not is_inside(base_url):
        raise UsageError(
            f"offline, and {display(base_url)} is not in the own network",
            hint=f"go online, or take another {option}",
        )


def client(timeout_s: float) -> httpx.Client:
    """A client for one address.

    Args:
        timeout_s: The longest that the server may be silent.
    """
    import httpx

    # the environment's proxies and netrc are not ours to read, and may not see the key
    return httpx.Client(
        follow_redirects=False,
        trust_env=False,
        timeout=httpx.Timeout(timeout_s, connect=CONNECT_S),
    )


def bearing(key: str) -> dict[str, str]:
    """The headers that bring a key; none for none."""
    return {"Authorization": f"Bearer {key}"} if key else {}


@contextlib.contextmanager
def translated(shown: str, *, key: str, slow: str, down: str) -> Iterator[None]:
    """Turns the failures of a connection into our errors, also while an answer is read.

    Args:
        shown: The address, for people.
        key: The key that is sent; it is in no message.
        slow: What to do where it takes too long.
        down: What to do where nobody is there.

    Raises:
        TransientError: The server is not reached, too slow, or breaks off.
    """
    import httpx

    try:
        yield
    except httpx.TimeoutException as exc:
        raise too_slow(shown, slow) from exc
    except httpx.ConnectError as exc:
        raise TransientError(
            f"no server is reached at {shown}", hint=down, code="LQ-REMOTE-DOWN"
        ) from exc
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        why = without(str(exc) or type(exc).__name__, key)
        raise TransientError(f"{shown}: the connection failed ({why})") from exc


def gathered(
    pieces: Iterable[bytes], *, deadline: float, shown: str, most_bytes: int, hint: str
) -> bytes:
    """The whole answer, in time and not endless.

    Args:
        pieces: Of the body, as they come.
        deadline: By `time.monotonic`.
        shown: The address, for people.
        most_bytes: More than this is no answer.
        hint: What to do where it takes too long.
    """
    return b"".join(
        bounded(pieces, deadline=deadline, shown=shown, most_bytes=most_bytes, hint=hint)
    )


def bounded(
    pieces: Iterable[bytes], *, deadline: float, shown: str, most_bytes: int, hint: str
) -> Iterator[bytes]:
    """An answer's pieces as they come, in time and not endless; see `gathered`.

    Raises:
        RemoteError: It has more than so many bytes.
        TransientError: It is not over in time.
    """
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > most_bytes:
            raise RemoteError(f"{shown} answers without end", code="LQ-REMOTE-ANSWER")
        if time.monotonic() > deadline:
            raise too_slow(shown, hint)
        yield piece


def too_slow(shown: str, hint: str) -> TransientError:
    """The error for an answer that does not come in time."""
    return TransientError(f"{shown} did not answer in time", hint=hint, code="LQ-REMOTE-DEADLINE")


def refusal(
    status: int,
    said: str,
    headers: Mapping[str, str],
    *,
    shown: str,
    key: str,
    variable: str,
    hints: Mapping[int, str],
) -> Exception:
    """What a status other than 200 means, and what to do.

    Args:
        status: Of HTTP.
        said: The server's own words, without the key.
        headers: With its `Retry-After`.
        shown: The address, for people.
        key: The key that was sent; empty for none.
        variable: Where a key is looked for.
        hints: What to do, by status.
    """
    message = f"{shown} answers {status}" + (f": {said}" if said else "")
    if status in (401, 403) and not key:
        return MissingError(
            f"{shown} wants a key",
            hint=f"set {variable} in the environment, or in a .env file",
            code="LQ-NO-KEY",
        )
    known = dict.fromkeys((401, 403), f"it refuses the key of {variable}") | dict(hints)
    if status in (408, 425, 429) or status >= 500:
        return TransientError(
            message,
            hint="try again later; finished parts are kept",
            retry_after_s=transfer.retry_after_s(headers.get("retry-after") or ""),
        )
    return RemoteError(message, hint=known.get(status, ""))


def refusal_in(
    status: int,
    body: bytes,
    headers: Mapping[str, str],
    *,
    shown: str,
    key: str,
    variable: str,
    hints: Mapping[int, str],
) -> Exception:
    """As `refusal`, by the whole answer; a spent budget, as OpenAI tells it, is told apart."""
    said = without(reason(body), key)
    if status == 429 and b"insufficient_quota" in body:
        return QuotaError(
            f"{shown}: {said}", hint="more tries do not help: see your plan and billing there"
        )
    return refusal(status, said, headers, shown=shown, key=key, variable=variable, hints=hints)


def without(text: str, key: str) -> str:
    """What a server says, on one line, without the key that it may have repeated."""
    plain = text.replace(key, "***") if key else text
    return display(" ".join(plain.split()))[:_SHOWN]


def beginning(body: bytes) -> str:
    """The first words of an answer."""
    return body[:_SHOWN].decode("utf-8", "replace")


def reason(body: bytes) -> str:
    """What a server says is wrong: OpenAI's, FastAPI's, Ollama's and whisper.cpp's forms of it."""
    try:
        answer: Any = json.loads(body)
    except (ValueError, RecursionError):
        return beginning(body)
    if isinstance(answer, dict):
        error = answer.get("error", answer.get("detail", answer.get("message", "")))
        error = error.get("message", error) if isinstance(error, dict) else error
        return error if isinstance(error, str) else json.dumps(error)
    return beginning(body)
