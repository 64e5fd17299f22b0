"""yt-dlp's HTTP client, kept to addresses of the open internet.

A page may name any address as its video, and a redirect may lead anywhere. The check sits where
the connection is opened, so it holds for pages, redirects, playlists and pieces alike.
"""

from __future__ import annotations

import functools
import socket
from typing import Any

from loquitur.errors import RemoteError
from loquitur.media import addresses


@functools.cache
def guarded_class() -> Any:
    """A YoutubeDL that connects to checked addresses only, over http and https only."""
    import yt_dlp

    class Guarded(yt_dlp.YoutubeDL):  # type: ignore[misc]
        def build_request_director(self, handlers: Any, preferences: Any = None) -> Any:
            return super().build_request_director([_handler_class()], preferences)

    return Guarded


@functools.cache
def _handler_class() -> Any:
    from yt_dlp.networking._urllib import HTTPHandler, UrllibRH

    class GuardedRH(UrllibRH):  # type: ignore[misc]
        _SUPPORTED_URL_SCHEMES = ("http", "https", "data")

        def _create_instance(self, *args: Any, **kwargs: Any) -> Any:
            opener = super()._create_instance(*args, **kwargs)
            opener.handle_open.pop("ftp", None)
            for handler in opener.handlers:
                if isinstance(handler, HTTPHandler):
                    handler._make_conn_class = _guarded  # noqa: SLF001 - where its client opens
            return opener

    return GuardedRH


def _guarded(kind: Any, _: Any) -> Any:
    class Connection(kind):  # type: ignore[misc]
        def connect(self) -> None:
            self._create_connection = _connect
            super().connect()

    return Connection


def _connect(address: tuple[str, int], timeout: Any, *_: Any) -> socket.socket:
    """Open a connection to the first address of a host that may be asked and answers."""
    host, port = address
    try:
        places = addresses.resolve(host, port, allow_private=False)
    except RemoteError as exc:
        # urllib passes on errors of the operating system only.
        raise OSError(exc.message) from exc
    for place in places[:-1]:
        try:
            return socket.create_connection((place, port), timeout)
        except OSError:
            continue
    return socket.create_connection((places[-1], port), timeout)
