"""acquire: a path or URL to a medium. The one stage that is keyed by what the user gave.

A local file is named by its content and stays where it is; what a URL gives is kept in the store,
so that it is never fetched again and works offline afterwards.
"""

from __future__ import annotations

import dataclasses
import datetime
import platform
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.codec import canonical, decode, encode, stage_key
from loquitur.errors import InputError, LoquiturError
from loquitur.media.urls import shown
from loquitur.model.media import MediaRef
from loquitur.model.work import Record
from loquitur.store.collect import PARTIAL
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from loquitur.media.probe import Probe
    from loquitur.media.sources import Source
    from loquitur.media.transfer import FetchOptions
    from loquitur.store import Store

STAGE = "acquire"
VERSION = 1
FILE = "file"
CONTENT = "content"
_WHOLE = "http"
"""The extractor that brings a file as it is, with its pictures, whatever was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An input's key and, where it is here, its medium and where the bytes lie.

    `digest` is that of a local file, from which its key was made; empty for an address.
    """

    key: str
    engine: str
    media: MediaRef | None
    path: str
    cached: bool
    digest: str = ""


def preview(source: Source, found: Found) -> MediaRef | None:
    """What a local file is, before anything is written; None for an address not fetched yet.

    Raises:
        InputError: It is no medium.
    """
    if found.media is not None or source.path is None:
        return found.media
    from loquitur.media.probe import probe

    return _reference(probe(source.path), found.digest, source.path)


def identify(source: Source, store: Store, options: FetchOptions, *, anew: bool = False) -> Found:
    """What is known of an input without fetching or writing anything.

    An address that was fetched with its pictures is known to whoever needs its sound alone, and
    the other way round where all of the file came. `anew` heeds what was asked for alone.

    Raises:
        InputError: A local file cannot be read.
    """
    if source.path is not None:
        digest = store.digest(source.path)
        key = stage_key(stage=STAGE, stage_version=VERSION, inputs=((CONTENT, digest),))
        record = store.record(key)
        media = None if record is None else _named(_load(store, record), source)
        engine, path = FILE, str(source.path)
    else:
        digest = ""
        key, record = _of_address(source, store, options, anew=anew)
        media = None if record is None else _load(store, record)
        engine = "url" if record is None else record.engine
        path = "" if media is None else str(store.path(media.digest))
    return Found(
        key=key,
        engine=engine,
        media=media,
        path=path,
        cached=record is not None,
        digest=digest,
    )


def _of_address(
    source: Source, store: Store, options: FetchOptions, *, anew: bool
) -> tuple[str, Record | None]:
    """The key of an address, and the record that serves it."""
    own, other = (
        stage_key(
            stage=STAGE,
            stage_version=VERSION,
            options=canonical({"url": source.key, "pictures": pictures}),
        )
        for pictures in (options.pictures, not options.pictures)
    )
    record = store.record(own)
    if record is None and not anew:
        known = store.record(other)
        if known is not None and (not options.pictures or known.engine == _WHOLE):
            return other, known
    return own, record


def recall(source: Source, store: Store, options: FetchOptions) -> Found | None:
    """An input whose medium is known without reading a byte of it, None for any other."""
    if source.path is not None:
        try:
            if store.known_digest(source.path, source.path.stat()) is None:
                return None
        except OSError:
            return None  # `acquire` says what is wrong with it
    found = identify(source, store, options)
    return found if found.cached else None


def acquire(
    source: Source,
    store: Store,
    options: FetchOptions,
    *,
    force: bool,
    report: Callable[..., None],
) -> Found:
    """The medium of an input, fetched and examined where the store does not know it.

    Args:
        source: What the user gave.
        store: Where media and what is known of them are kept.
        options: How to fetch.
        force: Fetch or examine again, whatever the store has.
        report: Told `("start")`, and `("progress", done, total, "bytes")` of a download.

    Raises:
        InputError: Not a medium, or damaged beyond use.
        RemoteError: It cannot be fetched.
        FullError: No room for it.
    """
    found = identify(source, store, options, anew=force)
    if found.cached and not force:
        return found
    # A result that is made again stays until the new one is here, so its own key is not leased.
    with store.lease(
        _again(found.key) if found.cached else found.key, waiting=lambda _: report("waiting")
    ) as lease:
        if lease.record is not None:
            return identify(source, store, options)
        report("start")
        began = time.monotonic()
        make = _examine if source.path is not None else _fetch
        record = make(source, found, store, options, report)
        if found.cached:
            store.retire(found.key)
        store.publish(dataclasses.replace(record, seconds=round(time.monotonic() - began, 3)))
    return dataclasses.replace(identify(source, store, options, anew=force), cached=False)


def about(error: InputError, path: Path, address: str) -> InputError:
    """An error about a file of the store, told with the address the file came from."""
    message = error.message.replace(display(str(path)), shown(address))
    return InputError(message, hint=error.hint, code=error.code)


def _again(key: str) -> str:
    """The key under which the right to make a result again is held."""
    return stage_key(stage=STAGE, stage_version=VERSION, inputs=(("again", key),))


def _examine(
    source: Source, found: Found, store: Store, options: FetchOptions, report: Callable[..., None]
) -> Record:
    """The record of a local file, which is still the one that its key was made of.

    Raises:
        InputError: It is no medium, or has changed since.
    """
    del options, report
    from loquitur.media.probe import probe

    if source.path is None:
        raise ValueError("a local source has a path")
    media = _reference(probe(source.path), found.digest, source.path)
    if store.digest(source.path) != found.digest:
        raise InputError(
            f"{display(str(source.path))}: changed while it was examined", hint="run it again"
        )
    return _record(found.key, FILE, store, media)


def _fetch(
    source: Source, found: Found, store: Store, options: FetchOptions, report: Callable[..., None]
) -> Record:
    """The record of what a URL gave; the bytes become an object of the store."""
    from loquitur.media.fetch import fetch
    from loquitur.media.probe import probe

    url = source.url or source.given
    folder = store.root / PARTIAL / found.key
    try:
        fetched = fetch(
            url,
            folder,
            options=options,
            progress=lambda done, total: report("progress", done, total or 0, "bytes"),
        )
    except LoquiturError:
        with suppress(OSError):
            folder.rmdir()  # where nothing came; what came is taken up by the next run
        raise
    try:
        probed = probe(fetched.path)
    except InputError as exc:
        shutil.rmtree(folder, ignore_errors=True)  # all of it came, and it is no medium
        raise about(exc, fetched.path, url) from exc
    digest = store.adopt(fetched.path)
    shutil.rmtree(folder, ignore_errors=True)
    media = dataclasses.replace(
        _reference(probed, digest, store.path(digest)),
        title=display(fetched.title),
        source=fetched.source,
        video_id=fetched.video_id,
        uploader=fetched.uploader,
        published=fetched.published,
        notes=tuple(display(note) for note in fetched.notes),
    )
    record = _record(found.key, fetched.extractor, store, media)
    return dataclasses.replace(record, outputs=(*record.outputs, (CONTENT, digest)))


def _reference(probed: Probe, digest: str, path: Path) -> MediaRef:
    return MediaRef(
        media_id=f"sha256:{digest}",
        title=display(path.stem),
        source=display(str(path)),
        size_bytes=path.stat().st_size,
        container=probed.container,
        tracks=probed.tracks,
        has_video=probed.has_video,
        duration_ms=probed.duration_ms,
    )


def _named(media: MediaRef, source: Source) -> MediaRef:
    """The medium under the name it has this time: one file may have many."""
    if source.path is None:
        return media
    return dataclasses.replace(
        media, title=display(source.path.stem), source=display(str(source.path))
    )


def _record(key: str, engine: str, store: Store, media: MediaRef) -> Record:
    return Record(
        key=key,
        stage=STAGE,
        stage_version=VERSION,
        outputs=(("artifact", store.put(encode(media))),),
        engine=engine,
        media_id=media.media_id,
        title=media.title,
        started=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        host=platform.node(),
    )


def _load(store: Store, record: Record) -> MediaRef:
    return decode(store.read(dict(record.outputs)["artifact"]), MediaRef)
