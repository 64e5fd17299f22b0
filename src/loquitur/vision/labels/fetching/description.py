"""What a fetched folder holds: its `dataset.json`, the names of its labels.

Of YouTube-8M it is known what its shards hold. A mirror of somebody else's may have a
`dataset.json` beside its plans, and then that is taken.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur.errors import InputError, LoquiturError, RemoteError, UsageError
from loquitur.tables.writing import replacing
from loquitur.text import display
from loquitur.vision.labels.dataset import INDEX, YOUTUBE_8M, YOUTUBE_8M_MEANS
from loquitur.vision.labels.dataset_files import parse_index, read_index, write_dataset
from loquitur.vision.labels.fetching.mirrors import VOCABULARY
from loquitur.vision.labels.fetching.plans import small_file
from loquitur.vision.labels.vocabulary_files import read_vocabulary

if TYPE_CHECKING:
    from loquitur.media.transfer import FetchOptions, Pace
    from loquitur.vision.labels.dataset import DatasetInfo
    from loquitur.vision.labels.fetching.mirrors import Mirror
    from loquitur.vision.labels.fetching.orders import FetchOrder
    from loquitur.vision.labels.vocabulary import LabelVocabulary

_MOST_BYTES = 64 << 20


def check_level(folder: Path, order: FetchOrder) -> None:
    """Hold that a folder has no shards of another level.

    Raises:
        UsageError: It has.
        InputError: Its `dataset.json` is damaged.
    """
    index = folder / INDEX
    if not index.is_file():
        return
    info, _ = read_index(index)
    if info.level != order.level:
        raise UsageError(
            f"{display(str(folder))} holds shards of the {info.level} level",
            hint=f"another folder for those of the {order.level} level: -o DIR",
        )


def check_vocabulary(vocabulary: Path, order: FetchOrder) -> None:
    """Hold that a file has YouTube-8M's labels, before anything of it is fetched.

    Raises:
        InputError: It has not, or is no vocabulary.
    """
    labels = len(read_vocabulary(vocabulary))
    if not order.mirrors[0].trusted and labels != YOUTUBE_8M.labels:
        raise _another_version(vocabulary, labels, YOUTUBE_8M.labels)


def describe_folder(
    folder: Path,
    order: FetchOrder,
    *,
    vocabulary: Path | None,
    options: FetchOptions,
    pace: Pace,
) -> tuple[DatasetInfo, tuple[str, ...]]:
    """Write `dataset.json` beside fetched shards, and the vocabulary.

    Args:
        folder: Of the shards.
        order: What was fetched.
        vocabulary: A file of the labels' names; where None, the one that is there already, else it
            is fetched, and lacking it is no error.
        options: Proxy, retries.
        pace: The clock and how to wait.

    Returns:
        What the folder holds, and what a user should know.

    Raises:
        InputError: The vocabulary is none, or has another number of labels than the data set.
        FullError: No room.
    """
    mirror = order.mirrors[0]
    allowed = options.allow_private or mirror.trusted
    options = dataclasses.replace(options, allow_private=allowed)
    info, counts = _info(folder, mirror, order, options, pace)
    notes: list[str] = []
    labels = _labels(folder, mirror, vocabulary, options, pace, notes)
    if labels is not None:
        if mirror.trusted and vocabulary is None and not info.vocabulary:
            info = dataclasses.replace(info, labels=len(labels))  # its own word
        if len(labels) != info.labels or info.vocabulary not in ("", labels.digest):
            raise _another_version(vocabulary or folder / VOCABULARY, len(labels), info.labels)
        if vocabulary is not None and vocabulary.resolve() != (folder / VOCABULARY).resolve():
            _put(folder / VOCABULARY, vocabulary.read_bytes())
        info = dataclasses.replace(info, vocabulary=labels.digest, vocabulary_file=VOCABULARY)
    write_dataset(folder, info, counts)
    return info, tuple(notes)


def _another_version(vocabulary: Path, labels: int, expected: int) -> InputError:
    return InputError(
        f"{display(str(vocabulary))}: {labels} labels, which are not the {expected} of the data"
        " set",
        hint="it is of another version; --vocabulary FILE names the right one",
    )


def _info(
    folder: Path, mirror: Mirror, order: FetchOrder, options: FetchOptions, pace: Pace
) -> tuple[DatasetInfo, dict[str, int]]:
    """What the shards hold, and how many records each, where the mirror says so."""
    if not mirror.trusted:
        return (YOUTUBE_8M if order.level == "frame" else YOUTUBE_8M_MEANS), {}
    url = f"{mirror.plans}/{INDEX}"
    try:
        data = small_file(url, options=options, pace=pace, most_bytes=_MOST_BYTES)
    except RemoteError:  # an exact copy of YouTube-8M has none; or it is away today
        if (folder / INDEX).is_file():
            info, listed = read_index(folder / INDEX)
            return info, {Path(one.path).name: one.count for one in listed if one.count is not None}
        return (YOUTUBE_8M if order.level == "frame" else YOUTUBE_8M_MEANS), {}
    info, listed = parse_index(data, url)
    if info.level != order.level:
        raise UsageError(f"{mirror.name} has shards of the {info.level} level")
    return info, {Path(one.path).name: one.count for one in listed if one.count is not None}


def _labels(
    folder: Path,
    mirror: Mirror,
    given: Path | None,
    options: FetchOptions,
    pace: Pace,
    notes: list[str],
) -> LabelVocabulary | None:
    target = folder / VOCABULARY
    if given is not None:
        return read_vocabulary(given)
    if target.is_file():
        return read_vocabulary(target)
    try:
        data = small_file(mirror.vocabulary, options=options, pace=pace, most_bytes=_MOST_BYTES)
        _put(target, data)
        return read_vocabulary(target)
    except (RemoteError, InputError) as error:
        target.unlink(missing_ok=True)
        notes.append(_without(error))
        return None


def _without(error: LoquiturError) -> str:
    return (
        f"no vocabulary ({error.message}): labels have numbers and no names;"
        " --vocabulary FILE names one"
    )


def _put(target: Path, data: bytes) -> None:
    with replacing(target) as temporary:
        temporary.write_bytes(data)
