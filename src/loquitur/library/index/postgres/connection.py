"""One connection to a library's server: opened late, opened again when it broke, errors as ours."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from loquitur.errors import (
    CorruptError,
    FullError,
    LockedError,
    LoquiturError,
    MissingError,
    RemoteError,
    StoreError,
)
from loquitur.library.index.agreement import cure
from loquitur.library.index.postgres import schema
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Callable

    from loquitur.library.index.postgres.addresses import Address

T = TypeVar("T")

READ_TIMEOUT_MS = 60_000
"""A search that takes longer is given up, so that it does not occupy the server for ever."""
WAIT_MS = 120_000
"""How long a writer waits for another one."""
_CONNECT_S = 10
_LOCK = "loquitur library "
_NOT_LET_IN = "28000"
_REFUSED = (
    ("the database system is", "57P03"), ("too many clients", "53300"),
    ("too many connections", "53300"), ("remaining connection slots", "53300"),
)  # fmt: skip
"""What a server says that is up and takes nobody (PostgreSQL 18, src/backend/utils/init)."""


class Server:
    """A library's connection; threads take turns, a forked child opens its own.

    Args:
        address: Where it is.
        makes: Whether the library is made where there is none.

    Raises:
        MissingError: The driver is not installed.
    """

    def __init__(self, address: Address, *, makes: bool = True) -> None:
        try:
            import psycopg
        except ImportError as exc:
            raise MissingError(
                "a library on a PostgreSQL server needs psycopg",
                hint='pip install "loquitur[postgres]"',
            ) from exc
        self.address = address
        self._makes = makes
        self._driver: Any = psycopg
        self._db: Any = None
        self._pid = os.getpid()
        self._turn = threading.RLock()
        self._inherited: list[Any] = []

    def read(self, work: Callable[[Any], T]) -> T:
        """What `work` gives of one snapshot; once more where the connection broke."""

        def within(db: Any) -> T:
            db.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                found = work(db)
            except BaseException:
                _rollback(db)
                raise
            db.execute("COMMIT")
            return found

        return self._run(within)

    def ask(self, work: Callable[[Any], T]) -> T:
        """What `work` gives by a single statement; once more where the connection broke."""
        return self._run(work)

    def write(self, work: Callable[[Any], T]) -> T:
        """What `work` gives in a transaction of its own, after those of other writers.

        It is called again where the connection broke, so it must give the same when done twice.
        """

        def within(db: Any) -> T:
            with db.transaction():
                db.execute(f"SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = {WAIT_MS}")
                name = _LOCK + self.address.schema
                db.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (name,))
                db.execute("SET LOCAL lock_timeout = 0")
                return work(db)

        return self._run(within)

    def outside(self, statement: str) -> None:
        """A statement that no transaction may hold: VACUUM."""

        def alone(db: Any) -> None:
            db.execute("SET statement_timeout = 0")
            try:
                db.execute(statement)
            finally:
                db.execute(f"SET statement_timeout = {READ_TIMEOUT_MS}")

        self._run(alone)

    def close(self) -> None:
        """Close the connection; the next call opens it again."""
        self._leave_parent()
        with self._turn:
            if self._db is not None:
                self._db.close()
                self._db = None

    def _run(self, work: Callable[[Any], T]) -> T:
        self._leave_parent()
        with self._turn:
            is_second = False
            while True:
                try:
                    if self._db is None:
                        self._db = self._connected()
                    return work(self._db)
                except self._driver.Error as exc:
                    broke = self._db is not None and self._db.closed
                    if broke:
                        self._db = None
                    if not broke or is_second:
                        raise self._translated(exc) from exc
                    is_second = True

    def _connected(self) -> Any:
        db = self._driver.connect(
            self.address.conninfo,
            autocommit=True,
            connect_timeout=_CONNECT_S,
            application_name="loquitur",
            client_encoding="utf8",
            prepare_threshold=None,  # plans made for few passages are bad for many; and poolers
        )
        try:
            self._prepare(db)
        except BaseException:
            db.close()
            raise
        return db

    def _prepare(self, db: Any) -> None:
        identifier = self._driver.sql.Identifier(self.address.schema).as_string(db)
        # nothing but the library's own tables: what others keep in `public` is never meant
        path = f"{identifier}, pg_catalog"
        db.execute(
            "SELECT set_config('search_path', %s, false), set_config('jit', 'off', false),"
            " set_config('statement_timeout', %s, false), set_config('DateStyle', 'ISO', false)",
            (path, str(READ_TIMEOUT_MS)),
        )
        version = schema.version_of(db, self.address.schema)
        schema.check_version(version, self.address)
        if version < schema.VERSION and self._makes:
            with db.transaction():
                db.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (_LOCK,))
                schema.migrate(db, self.address)

    def _leave_parent(self) -> None:
        """After a fork: leave the parent's connection alone, even unclosed, and open an own one."""
        if self._pid != os.getpid():
            self._pid = os.getpid()
            self._turn = threading.RLock()
            if self._db is not None:
                self._inherited.append(self._db)
                self._db = None

    def _translated(self, exc: Any) -> LoquiturError:
        return translated(exc, self.address.shown)


def translated(exc: Any, shown: str) -> LoquiturError:
    """Our error for one of the server's, its address without secrets."""
    state = getattr(exc, "sqlstate", None) or ""
    said = display(" ".join(str(exc).split())[:300])
    if not state and "FATAL:" in said:  # psycopg gives no state of connections that are refused
        state = next((state for words, state in _REFUSED if words in said), _NOT_LET_IN)
    if not state or state[:2] == "08" or state in ("57P01", "57P02", "57P03"):
        return RemoteError(
            f"{shown}: the server cannot be reached: {said or type(exc).__name__}",
            hint="is it running, and are host, port and database right?",
        )
    if state[:2] == _NOT_LET_IN[:2] or state == "3D000":
        return RemoteError(
            f"{shown}: the server lets nobody in so: {said}",
            hint="passwords come from PGPASSWORD, ~/.pgpass or a service file;"
            " createdb makes a database",
        )
    if state[:2] == "53":
        if state == "53100":
            return FullError(f"{shown}: no space left on the server", hint="nothing was changed")
        return RemoteError(f"{shown}: the server has no room: {said}", hint="try again later")
    if state in ("55P03", "40001", "40P01"):
        return LockedError(
            f"{shown}: another writer has been at it for {WAIT_MS // 1000} s", hint="try again"
        )
    if state == "57014":
        return StoreError(
            f"{shown}: given up after {READ_TIMEOUT_MS // 1000} s",
            hint="fewer or rarer words, or filters",
        )
    if state in ("42501", "25006"):
        return StoreError(
            f"{shown}: no right to write there: {said}", hint="ask the database's owner"
        )
    if state[:2] in ("42", "22", "23", "XX"):
        kind = CorruptError if state[:2] in ("42", "XX") else StoreError
        return kind(
            f"{shown}: the library does not fit: {said}",
            hint=f"loquitur library verify, then {cure(shown)}",
        )
    return StoreError(f"{shown}: {said}", hint="see the server's log")


def _rollback(db: Any) -> None:
    """End a failed transaction where the connection still can."""
    if not db.closed:
        db.execute("ROLLBACK")
