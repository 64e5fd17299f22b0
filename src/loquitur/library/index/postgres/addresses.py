"""The address of a library on a server: libpq's own URL with `library=NAME` or `schema=NAME` added.

`postgresql://anna@db.example.org/talks?library=course&sslmode=verify-full` is the library `course`
in the database `talks`. Everything else is libpq's (PostgreSQL 18, 32.1.1.2 "Connection URIs"),
which also finds passwords: in `PGPASSWORD`, `~/.pgpass` or a service file. In an address a password
would end in shell histories and logs, so none is taken there.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from loquitur.errors import UsageError
from loquitur.text import display

SCHEMES = ("postgresql", "postgres")
LIBRARY = "library"
"""The library of an address that names none."""
_PREFIX = "loquitur_"
_LONGEST = 63
"""Bytes of a name on a server (NAMEDATALEN - 1); longer ones would be cut without a word."""
_SECRET = ("password", "sslpassword", "oauth_client_secret", "passwd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a library is on a server.

    Args:
        conninfo: What libpq connects by; it holds no secret.
        schema: The library's schema.
        shown: The address as people may see it.
    """

    conninfo: str
    schema: str
    shown: str


def address_of(url: str) -> Address:
    """The server and the schema of `postgresql://...`.

    Raises:
        UsageError: It is no such address, names no schema a server can hold, or has a password.
    """
    try:
        parts = urlsplit(url)
        secret = parts.password
        options = _options(parts.query)
    except ValueError as exc:
        raise UsageError(f"no address of a server: {_shown(url)}", hint=_EXAMPLE) from exc
    is_cut = "#" in url or "@" in parts.path  # by a password that is not written %23, %2F
    if parts.scheme not in SCHEMES or is_cut:
        raise UsageError(f"no address of a server: {_shown(url)}", hint=_EXAMPLE)
    if secret or any(name.lower() in _SECRET for name, _ in options):
        raise UsageError(
            "a password stands in the address of a library",
            hint="put it into ~/.pgpass, a service file or PGPASSWORD, and leave it out there",
        )
    named = [name for name, _ in options if name in ("library", "schema")]
    own = {name: value for name, value in options if name in named}
    if len(named) > 1:
        raise UsageError("an address names one library, or one schema")
    schema = own["schema"] if "schema" in own else _PREFIX + own.get("library", LIBRARY)
    if not own.get("schema", own.get("library", LIBRARY)).strip() or "\0" in schema:
        raise UsageError("the address names an empty library", hint=_EXAMPLE)
    if (
        schema.startswith("pg_")
        or schema == "$user"
        or len(schema.encode("utf-8", "replace")) > _LONGEST
    ):
        raise UsageError(
            f"no name for a library on a server: '{display(schema)}'",
            hint=f"at most {_LONGEST - len(_PREFIX)} bytes, and not beginning with pg_",
        )
    others = "&".join(
        f"{quote(name, safe='')}={quote(value, safe='/:')}"
        for name, value in options
        if name not in own
    )
    plain = f"{parts.scheme}://{parts.netloc}{parts.path}" + (f"?{others}" if others else "")
    name, value = next(iter(own.items()), ("library", LIBRARY))
    shown = f"{plain}{'&' if others else '?'}{name}={quote(value, safe='')}"
    return Address(conninfo=plain, schema=schema, shown=display(shown))


def _options(query: str) -> list[tuple[str, str]]:
    """The names and values behind the `?`, as libpq reads them: a plus is a plus.

    Raises:
        ValueError: Something there has no value.
    """
    pairs = [one.partition("=") for one in query.split("&")] if query else []
    if not all(mark for _, mark, _ in pairs):
        raise ValueError("a name without a value")
    return [(unquote(name), unquote(value)) for name, _, value in pairs]


_EXAMPLE = "postgresql://USER@HOST/DATABASE?library=NAME"


def _shown(url: str) -> str:
    """An address that could not be read, without what may be a secret."""
    scheme, mark, rest = url.partition("://")
    return display(f"{scheme}{mark}{rest.rpartition('@')[2].partition('?')[0]}"[:80])
