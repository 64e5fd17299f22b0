"""Addresses of shards, which ones are read, and by what."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from loquitur.errors import InputError, RemoteError
from loquitur.media.transfer import options_of
from loquitur.media.urls import parse, shown
from loquitur.settings import resolve
from loquitur.text import display
from loquitur.vision.labels.records.objects import CLIENTS, ObjectSource, names_in
from loquitur.vision.labels.records.web import WebSource

if TYPE_CHECKING:
    from pathlib import Path

    from loquitur.vision.labels.records.sources import ByteSource

WEB = ("http", "https")
SCHEMES = (*WEB, *CLIENTS)
"""Nothing else is opened: an address is a stranger's word."""
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_MOST_SMALL = 64 << 20


def is_remote(address: str | Path) -> bool:
    """Whether it is an address, of whatever scheme, and no path.

    >>> is_remote("s3://bucket/train00.tfrecord"), is_remote("data/train00.tfrecord")
    (True, False)
    """
    return isinstance(address, str) and _ADDRESS.match(address) is not None


def open_remote(address: str) -> ByteSource:
    """The bytes of a file at an address.

    Args:
        address: Of one of `SCHEMES`.

    Raises:
        InputError: Another scheme, or nothing is there.
        MissingError: The client of an object store is not installed.
        RemoteError: The server refuses or fails, or nothing may be fetched here.
    """
    scheme = _scheme_of(address)
    if scheme not in WEB:
        return ObjectSource(address)
    options = options_of(resolve().settings)
    if options.offline:
        raise RemoteError(
            f"{shown(address)}: fetching is switched off",
            hint="run it without the offline setting",
            code="LQ-REMOTE-OFFLINE",
        )
    return WebSource(parse(address), options)


def joined(folder: str, name: str) -> str:
    """The address of a file below an address.

    >>> joined("s3://bucket/data/", "dataset.json")
    's3://bucket/data/dataset.json'
    >>> joined("https://example.org/data?key=1", "train 1#.tfrecord")
    'https://example.org/data/train%201%23.tfrecord?key=1'
    """
    before, mark, query = folder.partition("?")
    if _scheme_of(folder) in WEB:
        name = quote(name)
    return f"{before.rstrip('/')}/{name}{mark}{query}"


def beside(address: str, suffix: str) -> str:
    """The address of a file that is called as another is, with something behind its name.

    >>> beside("https://example.org/a.tfrecord?key=1", ".idx")
    'https://example.org/a.tfrecord.idx?key=1'
    """
    before, mark, query = address.partition("?")
    return f"{before}{suffix}{mark}{query}"


def read_small(address: str) -> bytes:
    """A file of few bytes at an address, whole: `dataset.json`, a vocabulary.

    Raises:
        InputError: Nothing is there, or it has more than 64 MiB.
        RemoteError: The server refuses or fails.
    """
    source = open_remote(address)
    try:
        if source.size > _MOST_SMALL:
            raise InputError(f"{source.address}: {source.size} bytes, too many for such a file")
        return bytes(source.read(0, source.size))
    finally:
        source.close()


def shard_names(folder: str) -> tuple[str, ...] | None:
    """The names of the files below an address; None where its server lists none (the web).

    Raises:
        InputError: There is no such folder, or another scheme.
        RemoteError: The store refuses or fails.
    """
    return None if _scheme_of(folder) in WEB else names_in(folder)


def _scheme_of(address: str) -> str:
    match = _ADDRESS.match(address)
    scheme = match[1].lower() if match else ""
    if scheme not in SCHEMES:
        known = ", ".join(f"{one}://" for one in SCHEMES)
        raise InputError(
            f"{display(scheme)}:// is not read: {shown(address)}", hint=f"a path, or {known}"
        )
    return scheme
