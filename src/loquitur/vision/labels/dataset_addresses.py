"""A folder of labelled videos at an address: what its `dataset.json` lists, or what a store lists.

The web lists nothing: there `dataset.json` is needed. An object store lists its files, so a folder
of YouTube-8M as it comes is enough.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from loquitur.errors import InputError, RemoteError
from loquitur.media.transfer import NOT_FOUND_CODE, PRIVATE_CODE
from loquitur.media.urls import shown
from loquitur.text import display
from loquitur.vision.labels.dataset import INDEX
from loquitur.vision.labels.dataset_files import SUFFIXES, ShardFile, parse_index, part_of
from loquitur.vision.labels.records.recognising import recognise
from loquitur.vision.labels.records.remote import joined, read_small, shard_names

if TYPE_CHECKING:
    from loquitur.vision.labels.dataset import DatasetInfo


def open_address(folder: str) -> tuple[DatasetInfo, tuple[ShardFile, ...]]:
    """What lies at an address, and its shards; see `dataset_files.open_dataset`.

    Args:
        folder: Of one of `records.remote.SCHEMES`.

    Raises:
        InputError: No data set lies there, or a damaged `dataset.json`.
        RemoteError: The server refuses or fails.
    """
    where = joined(folder, INDEX)
    data = _index(where)
    if data is not None:
        info, listed = parse_index(data, where)
        shards = tuple(
            ShardFile(
                name=path.name,
                part=part_of(path.name) or part_of(path.parent.name),
                address=joined(folder, str(path)),
                size_bytes=one.size_bytes,
                count=one.count,
            )
            for one in listed
            for path in (_below(one.path, where),)
        )
        if not shards:
            raise InputError(
                f"{display(where)} lists no shards",
                hint="write it again where they lie: `loquitur label data convert` does",
            )
        return info, tuple(sorted(shards, key=lambda one: one.name))
    names = shard_names(folder)
    if names is None:
        raise InputError(
            f"{shown(folder)}: holds no {INDEX}, and the web does not list files",
            hint="put one beside the shards: `loquitur label data convert` writes it",
        )
    found = tuple(
        ShardFile(name=name, part=part_of(name), address=joined(folder, name))
        for name in names
        if name.endswith(SUFFIXES)
    )
    if not found:
        raise InputError(f"{shown(folder)}: holds no shards")
    return recognise(found), found


def _index(where: str) -> bytes | None:
    """The bytes of a `dataset.json`; None where there is none."""
    try:
        return read_small(where)
    except InputError as exc:
        if exc.code == PRIVATE_CODE:
            raise
        return None
    except RemoteError as exc:
        if exc.code != NOT_FOUND_CODE:
            raise
        return None


def _below(name: str, where: str) -> PurePosixPath:
    """A path as an index lists it; nothing above the index, nothing with a query.

    Raises:
        InputError: It leads elsewhere.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.name or {"?", "#", "\\"} & set(name):
        raise InputError(
            f"{display(where)} lists '{display(name)[:60]}', which is not below it",
            code="LQ-INPUT-SCHEMA",
        )
    return path
