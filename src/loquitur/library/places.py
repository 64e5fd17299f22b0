"""Where libraries lie: a name in the folder of libraries, a file, or a PostgreSQL server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur.errors import UsageError

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
            f"no name for a library: '{name}'", hint="letters, digits, blanks, - _ ., or a path"
        )
    return settings.libraries / f"{name}{SUFFIX}"


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
