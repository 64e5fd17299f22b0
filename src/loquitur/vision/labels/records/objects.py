"""Shards in object stores, through fsspec: `s3://`, `gs://`, and `memory://` of this process.

fsspec comes with the package; the client of a store (s3fs, gcsfs) does not. Credentials are its
own affair: environment, files, the machine's role.
"""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

from loquitur.errors import InputError, MissingError, RemoteError, TransientError
from loquitur.media.transfer import REAL_TIME
from loquitur.text import display
from loquitur.vision.labels.records.blocks import SPAN_BYTES, Blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    from loquitur.media.transfer import Pace

    T = TypeVar("T")

CLIENTS = {"s3": "s3fs", "gs": "gcsfs", "memory": "fsspec"}
"""The package that speaks to the store of a scheme."""
_RETRIES = 5


class ObjectSource:
    """A file in an object store (`sources.ByteSource`).

    Args:
        address: `s3://BUCKET/KEY`, `gs://BUCKET/KEY`, `memory://PATH`.
        pace: The clock and how to wait.

    Raises:
        InputError: There is no such file.
        MissingError: The store's client is not installed.
        RemoteError: It refuses; `TransientError` where it still failed after all retries.
    """

    span_bytes = SPAN_BYTES

    def __init__(self, address: str, *, pace: Pace = REAL_TIME) -> None:
        self.address = display(address)
        self._pace = pace
        self._files, self._path = located(address)
        info = self._patiently(lambda: self._files.info(self._path))
        size = info.get("size")
        if info.get("type") == "directory" or not isinstance(size, int):
            raise InputError(f"{self.address}: is no file of records")
        self.size = size
        self.version = f"{_version_of(info)}-{size}"
        self._blocks = Blocks(size, self._range)

    def read(self, offset: int, length: int) -> bytes:
        """Bytes from a place on; fewer where the file ends.

        Raises:
            RemoteError: The store refused, went away, or has another file there by now.
        """
        return self._blocks.read(offset, length)

    def close(self) -> None:
        """Forget what was read."""
        self._blocks.clear()

    def _range(self, begin: int, end: int) -> bytes:
        data = self._patiently(lambda: self._files.cat_file(self._path, start=begin, end=end))
        if len(data) != end - begin:
            raise RemoteError(
                f"{self.address}: {len(data)} bytes of {end - begin}: the file changed while it was"
                " read",
                hint="run it again",
            )
        return bytes(data)

    def _patiently(self, call: Callable[[], T]) -> T:
        failures = 0
        while True:
            try:
                with _told(self.address):
                    return call()
            except TransientError:
                failures += 1
                if failures > _RETRIES:
                    raise
                self._pace.sleep(self._pace.backoff_s(failures))


def located(address: str) -> tuple[Any, str]:
    """The file system of an address, and the path in it.

    Raises:
        InputError: No address of a store that is known.
        MissingError: The store's client is not installed.
        RemoteError: The client cannot be made.
    """
    import fsspec

    scheme, _, rest = address.partition("://")
    scheme = scheme.lower()
    if scheme not in CLIENTS or not rest.strip("/"):
        raise InputError(f"{display(address)}: no address of an object store")
    try:
        with _told(display(address)):
            files = fsspec.filesystem(scheme)
    except ImportError as exc:
        raise MissingError(
            f"{scheme}:// needs {CLIENTS[scheme]}", hint=f"pip install {CLIENTS[scheme]}"
        ) from exc
    return files, rest if scheme != "memory" else f"/{rest.lstrip('/')}"


def names_in(address: str) -> tuple[str, ...]:
    """The names of the files directly below an address, sorted.

    Raises:
        InputError: There is no such folder.
        RemoteError: The store refuses or fails.
    """
    files, path = located(address.rstrip("/"))
    with _told(display(address)):
        entries = files.ls(path, detail=True)
    found = (one["name"].rstrip("/") for one in entries if one.get("type") == "file")
    return tuple(sorted(name.rpartition("/")[2] for name in found))


def _version_of(info: dict[str, Any]) -> str:
    """What changes with the file: the store's own tag, else its time."""
    for name in ("ETag", "etag", "md5Hash", "generation", "LastModified", "mtime", "created"):
        if info.get(name):
            return str(info[name]).strip('"')
    return ""


@contextlib.contextmanager
def _told(shown: str) -> Iterator[None]:
    """What the clients raise, as ours."""
    try:
        yield
    except FileNotFoundError as exc:
        raise InputError(f"{shown}: no such file") from exc
    except (IsADirectoryError, NotADirectoryError) as exc:
        raise InputError(f"{shown}: is no file of records") from exc
    except PermissionError as exc:
        raise RemoteError(
            f"{shown}: the store refuses to give it", hint="check the credentials of its client"
        ) from exc
    except _strange() as exc:
        raise TransientError(
            f"{shown}: the store failed ({display(str(exc) or type(exc).__name__)[:200]})",
            hint="check the network and the credentials, then try again",
        ) from exc


def _strange() -> tuple[type[Exception], ...]:
    """What fails on the way: OSError, and what the clients that are loaded raise beside it."""
    named = (
        ("botocore.exceptions", "BotoCoreError"),
        ("aiohttp", "ClientError"),
        ("gcsfs.retry", "HttpError"),
        ("google.auth.exceptions", "GoogleAuthError"),
    )
    found = (getattr(sys.modules.get(module), name, None) for module, name in named)
    kinds = (one for one in found if isinstance(one, type) and issubclass(one, Exception))
    return (OSError, *kinds)
