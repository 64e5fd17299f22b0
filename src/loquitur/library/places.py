"""Where libraries lie: a name in the folder of libraries, a file, or a PostgreSQL server."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur.errors import UsageError, near
from loquitur.text import display

if TYPE_CHECKING:
    from loquitur.library.index.contract import Index
    from loquitur.settings import Settings

SUFFIX = ".library"
_NAME = re.compile(r"[\w][\w .-]{0,79}")
_SERVERS = ("postgresql://", "postgres://")


def place_of(name: str, settings: Settings) -> Path | str:
    """The file of a library by its name or path, or the address of its server.

    Raises:
        UsageError: That is no name.
    """
    name = name or settings.library
    if name.startswith(_SERVERS):
        return name
    if name.endswith(SUFFIX) or "/" in name or "\\" in name:
        return Path(name)
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"no name for a library: '{display(name)}'",
            hint="letters, digits, blanks, - _ ., or a path",
        )
    return settings.libraries / f"{name}{SUFFIX}"


def identity_of(name: str, settings: Settings) -> str:
    """What a library is known by in the store: its name, its file's path, its server's address.

    Raises:
        UsageError: That is no name, or an address with a password.
    """
    place = place_of(name, settings)
    if isinstance(place, str):
        from loquitur.library.index.postgres.addresses import address_of

        return unicodedata.normalize("NFC", address_of(place).shown)
    folder = settings.libraries.absolute()
    path = Path(os.path.abspath(place))  # noqa: PTH100 - links stay as they are
    known = path.name.removesuffix(SUFFIX) if path.parent == folder else str(path)
    return unicodedata.normalize("NFC", known.encode("utf-8", "replace").decode())


def exists(place: Path | str) -> bool:
    """Whether there is a library at a place; none is made.

    Raises:
        LoquiturError: A server cannot be asked.
    """
    if isinstance(place, Path):
        return place.is_file()
    from loquitur.library.index.postgres import exists as is_on_server

    return is_on_server(place)


def no_library(name: str, settings: Settings) -> UsageError:
    """What to say where there is none of a name; near ones are offered."""
    found = settings.libraries.glob(f"*{SUFFIX}") if settings.libraries.is_dir() else ()
    known = sorted(path.name.removesuffix(SUFFIX) for path in found if path.is_file())
    wanted = name or settings.library
    is_near = known and not wanted.startswith(_SERVERS)
    return UsageError(
        f"there is no library '{display(wanted)}'",
        hint=near(wanted, known) if is_near else "loquitur library add FILE... makes one",
    )


def open_index(place: Path | str) -> Index:
    """The index at a place; made where there is none.

    Raises:
        MissingError: A server's driver is not installed.
        StoreError: It cannot be opened, or a newer version of this package made it.
    """
    if isinstance(place, Path):
        from loquitur.library.index.embedded import EmbeddedIndex

        return EmbeddedIndex(place)
    from loquitur.library.index.postgres import PostgresIndex

    return PostgresIndex(place)
