"""A folder of labelled videos: its `dataset.json`, its shards, by part.

`dataset.json` is of the schema `loquitur/label-data/1`: the fields of `DatasetInfo`, and the shards
with their sizes and counts, for places that cannot be listed (http). A folder without one is read
as YouTube-8M (or AudioSet) where the first record says so.
"""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from loquitur.conversion import decoder
from loquitur.errors import InputError, RemoteError, UsageError
from loquitur.media.transfer import NOT_FOUND_CODE
from loquitur.tables.writing import replacing
from loquitur.text import display
from loquitur.vision.labels.dataset import (
    INDEX,
    PARTS,
    SCHEMA,
    DatasetInfo,
    Level,
    StreamInfo,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SUFFIXES = (".tfrecord", ".tfrecord.gz", ".tfrecord.zz", ".tfrecords", ".safetensors")
"""How shards end; the last one is columns."""
_END = re.compile("|".join(rf"{re.escape(one)}$" for one in SUFFIXES))
_MOST_INDEX_BYTES = 16 << 20
_PLAIN = r"(?!\.{1,2}(?:/|$))[^/\\?\x00-\x1f\x7f]+"
_BELOW = re.compile(rf"{_PLAIN}(/{_PLAIN})?")
"""A shard beside `dataset.json`, or in a folder there."""
_NAME = re.compile(rf"({'|'.join(PARTS)})[^/\\]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardFile:
    """One shard of a data set.

    Args:
        name: Of the file.
        part: `train`, `validate` or `test`; empty where its name says none.
        address: Its path, or its address.
        size_bytes: None where nobody says.
        count: Its records, where the data set says.
        listed_bytes: Its size, where the data set says.
    """

    name: str
    part: str
    address: str
    size_bytes: int | None = None
    count: int | None = None
    listed_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """A shard as `dataset.json` has it: `path` is below the folder."""

    path: str
    size_bytes: int
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    """What `dataset.json` holds."""

    schema: str
    name: str
    level: Level
    streams: tuple[StreamInfo, ...]
    labels: int
    vocabulary: str = ""
    vocabulary_file: str = ""
    notes: tuple[str, ...] = ()
    shards: tuple[_Listed, ...] = ()


_DOCUMENT = decoder(_Document)


def stem_of(name: str) -> str:
    """A shard's name without what says its form."""
    return _END.sub("", name)


def part_of(name: str) -> str:
    """The part that a shard's name says: `train0a.tfrecord` is of `train`; empty for none."""
    found = _NAME.fullmatch(name)
    return found.group(1) if found else ""


def shard_files(folder: str | Path) -> tuple[ShardFile, ...]:
    """The shards in a folder and the folders in it, by name."""
    root = Path(folder).expanduser()
    found = sorted(
        path
        for pattern in ("*", "*/*")
        for path in root.glob(pattern)
        if path.name.endswith(SUFFIXES)
        and not path.name.startswith((".", "projection-"))
        and path.is_file()
    )
    return tuple(map(_shard, found))


def _shard(path: Path) -> ShardFile:
    return ShardFile(
        name=path.name,
        part=part_of(path.name) or part_of(path.parent.name),
        address=str(path),
        size_bytes=path.stat().st_size,
    )


def open_dataset(folder: str | Path) -> tuple[DatasetInfo, tuple[ShardFile, ...]]:
    """What a folder holds, and its shards.

    Args:
        folder: With shards, and `dataset.json` where it is not YouTube-8M as it comes; or that
            file, or one shard. Or the address of such a folder; at a web server, which lists
            nothing, it needs a `dataset.json`.

    Raises:
        InputError: There is no such folder, no shard in it, one shard in two forms, a damaged
            `dataset.json`, or records of which nobody knows what they are.
        RemoteError: A server refuses or fails.
    """
    from loquitur.vision.labels.records import remote

    if isinstance(folder, str) and remote.is_remote(folder):
        return _open_far(folder)
    root = Path(folder).expanduser()
    if not root.exists():
        raise InputError(f"{display(str(folder))}: no such folder")
    if root.name == INDEX:
        root = root.parent
    if root.is_dir():
        shards = shard_files(root)
        _check_forms(shards)
    else:
        shards = (_shard(root),)
    index = _index_of(root if root.is_dir() else root.parent)
    if index is not None:
        info, listed = read_index(index)
        return info, _counted(shards, listed)
    return _recognised(str(folder), shards), shards


def missing_shards(folder: str | Path) -> tuple[str, ...]:
    """The shards that the `dataset.json` in a folder of this machine names and that are not there.

    Raises:
        InputError: It is damaged.
    """
    root = Path(folder).expanduser()
    root = root.parent if root.name == INDEX else root
    if "://" in str(folder) or not (root / INDEX).is_file():
        return ()
    listed = read_index(root / INDEX)[1]
    return tuple(one.path for one in listed if not (root / one.path).is_file())


def _index_of(folder: Path) -> Path | None:
    """The `dataset.json` of a folder; of one that is called as a part is, the one above it too."""
    places = [folder, folder.resolve().parent] if folder.resolve().name in PARTS else [folder]
    return next((one / INDEX for one in places if (one / INDEX).is_file()), None)


def _check_forms(shards: Sequence[ShardFile]) -> None:
    """Raise InputError where a shard lies there twice: each of its videos would count double."""
    stems: dict[str, str] = {}
    for shard in shards:
        stem = stem_of(shard.address)
        if stem in stems:
            raise InputError(
                f"{display(shard.address)}: the same shard lies there as"
                f" {display(stems[stem])}: its videos would count twice",
                hint="move one of the two forms to a folder of its own",
            )
        stems[stem] = shard.name


def _recognised(folder: str, shards: Sequence[ShardFile]) -> DatasetInfo:
    if not shards:
        raise InputError(
            f"{display(folder)}: holds no shards",
            hint="shards are named train....tfrecord; `loquitur label data sample` makes some",
        )
    from loquitur.vision.labels.records.recognising import recognise

    return recognise(shards)


def _open_far(folder: str) -> tuple[DatasetInfo, tuple[ShardFile, ...]]:
    """As `open_dataset`, of an address."""
    from loquitur.vision.labels.records import remote

    name = folder.partition("?")[0].rstrip("/").rpartition("/")[2]
    if name.endswith(SUFFIXES):
        shards: tuple[ShardFile, ...] = (ShardFile(name=name, part=part_of(name), address=folder),)
        return _recognised(folder, shards), shards
    names = remote.shard_names(folder)
    if names is None or INDEX in names:
        where = remote.joined(folder, INDEX)
        info, listed = parse_index(_far_index(where), where)
        return info, tuple(_far(folder, one.path, one) for one in listed)
    shards = tuple(_far(folder, one) for one in names if one.endswith(SUFFIXES))
    return _recognised(folder, shards), shards


def _far_index(where: str) -> bytes:
    from loquitur.vision.labels.records import remote

    try:
        return remote.read_small(where)
    except RemoteError as exc:
        if exc.code != NOT_FOUND_CODE:
            raise
        raise InputError(
            f"{display(where)}: there is nothing, and a web server lists no shards",
            hint="put one beside the shards: `loquitur label data convert` writes it",
        ) from exc


def _far(folder: str, path: str, listed: _Listed | None = None) -> ShardFile:
    from loquitur.vision.labels.records import remote

    name = path.rpartition("/")[2]
    return ShardFile(
        name=name,
        part=part_of(name) or part_of(path.rpartition("/")[0]),
        address=remote.joined(folder, path),
        size_bytes=None if listed is None else listed.size_bytes,
        count=None if listed is None else listed.count,
    )


def shards_of(shards: Iterable[ShardFile], part: str) -> tuple[ShardFile, ...]:
    """The shards of one part, by name.

    Raises:
        UsageError: No such part.
        InputError: There are none of it.
    """
    if part not in PARTS:
        raise UsageError(f"no such part: '{display(part)}'", hint=f"known: {', '.join(PARTS)}")
    shards = tuple(shards)
    found = tuple(one for one in shards if one.part == part)
    if not found:
        there = sorted({one.part or "(no part)" for one in shards})
        raise InputError(
            f"the data set has no part '{part}'",
            hint=f"it has {', '.join(there)}" if there else "it has no shards",
        )
    return found


def read_index(path: Path) -> tuple[DatasetInfo, tuple[_Listed, ...]]:
    """What a `dataset.json` says.

    Raises:
        InputError: It is none, or says what cannot be.
    """
    try:
        if path.stat().st_size > _MOST_INDEX_BYTES:
            raise InputError(f"{display(str(path))}: too large for the index of a data set")
        return parse_index(path.read_bytes(), str(path))
    except OSError as exc:
        raise InputError(f"{display(str(path))}: cannot be read ({exc.strerror})") from exc


def parse_index(data: bytes, where: str) -> tuple[DatasetInfo, tuple[_Listed, ...]]:
    """What the bytes of a `dataset.json` say; see `read_index`."""
    try:
        plain = decoder(dict[str, msgspec.Raw]).decode(data)
        found = _DOCUMENT.decode(data)
    except (msgspec.MsgspecError, RecursionError, OverflowError) as exc:
        raise _refused(where, str(exc)) from exc
    if found.schema != SCHEMA:
        raise _refused(where, f"its schema is '{found.schema[:60]}', expected {SCHEMA}")
    strange = sorted(plain.keys() - {one.name for one in dataclasses.fields(_Document)})
    if strange:
        raise _refused(where, f"{SCHEMA} has no field '{strange[0][:40]}'")
    values = {one.name: getattr(found, one.name) for one in dataclasses.fields(DatasetInfo)}
    info = DatasetInfo(**values)
    _check(info, where)
    for shard in found.shards:
        if not _BELOW.fullmatch(shard.path):
            raise _refused(where, f"a shard does not lie at '{shard.path[:60]}'")
    return info, found.shards


def write_dataset(
    folder: str | Path, info: DatasetInfo, counts: dict[str, int] | None = None
) -> Path:
    """Write `dataset.json` beside the shards that are there.

    Args:
        folder: Of the shards.
        info: What they hold.
        counts: Records by name of the shard, where they are known.

    Raises:
        InputError: What it would say cannot be, or a shard's name is no text.
        FullError: No space, or no right to write there.
    """
    root = Path(folder).expanduser()
    _check(info, str(root / INDEX))
    for one in shard_files(root):
        below = Path(one.address).relative_to(root).as_posix()
        if not _BELOW.fullmatch(below) or below.encode("utf-8", "replace").decode() != below:
            raise _refused(str(root / INDEX), f"it cannot name the shard '{below[:60]}'")
    document: dict[str, Any] = {"schema": SCHEMA, **dataclasses.asdict(info)}
    document["shards"] = [
        {
            "path": Path(one.address).relative_to(root).as_posix(),
            "size_bytes": one.size_bytes,
            "count": (counts or {}).get(one.name),
        }
        for one in shard_files(root)
    ]
    with replacing(root / INDEX) as temporary:
        temporary.write_text(
            json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
    return root / INDEX


def _counted(shards: Sequence[ShardFile], listed: Sequence[_Listed]) -> tuple[ShardFile, ...]:
    """Shards with what is listed of them; a count only where the size is still the same."""
    known = {one.path: one for one in listed}
    found = []
    for shard in shards:
        place = Path(shard.address)
        one = known.get(f"{place.parent.name}/{place.name}") or known.get(place.name)
        if one is not None:
            count = one.count if one.size_bytes == shard.size_bytes else None
            shard = dataclasses.replace(shard, count=count, listed_bytes=one.size_bytes)  # noqa: PLW2901
        found.append(shard)
    return tuple(found)


def _check(info: DatasetInfo, where: str) -> None:
    names = [stream.name for stream in info.streams]
    if not names or len(set(names)) != len(names):
        raise _refused(where, "its streams have no names of their own")
    if info.labels < 0:
        raise _refused(where, f"{info.labels} labels")
    for stream in info.streams:
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", stream.name):
            raise _refused(where, f"a stream is not called '{stream.name[:40]}'")
        if not 1 <= stream.dimension <= 65_536:
            raise _refused(where, f"'{stream.name}' has {stream.dimension} numbers a row")
        bounds = np.array([stream.low, stream.high, stream.rate_hz])
        if not np.isfinite(bounds).all() or stream.low >= stream.high or stream.rate_hz < 0:
            raise _refused(where, f"'{stream.name}' goes from {stream.low} to {stream.high}")
    if info.vocabulary_file and Path(info.vocabulary_file).name != info.vocabulary_file:
        raise _refused(where, "its vocabulary lies beside it, by name alone")


def _refused(where: str, why: str) -> InputError:
    return InputError(
        f"{display(where)}: not the index of a data set of labelled videos: {display(why)}",
        hint="`loquitur label data` writes one",
        code="LQ-INPUT-SCHEMA",
    )
