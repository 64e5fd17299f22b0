"""A set of features as it is written: by one process at a time, of one encoder and sampling."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from loquitur.errors import StoreError, UsageError
from loquitur.store import writing
from loquitur.text import display
from loquitur.vision import encoders
from loquitur.vision.features import shards
from loquitur.vision.features.making import Maker, Written
from loquitur.vision.features.sets import SetInfo, open_set, read_info, write_info

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from loquitur.model.vision import Sampling
    from loquitur.vision.clips import Clip

_LOCK = ".lock"


def write_set(
    folder: Path,
    clips: Sequence[Clip],
    encoder: encoders.Encoder,
    sampling: Sampling,
    *,
    jobs: int = 1,
    tell: Callable[[int, int], None] | None = None,
) -> Written:
    """Make the features of clips, of those that have none yet.

    A clip is made anew where its pictures, or its span of them, are others than before.

    Args:
        folder: Of the set; made where it is missing.
        clips: Each is looked at once, whatever happens to the others.
        encoder: What looks.
        sampling: Which frames of each clip.
        jobs: Clips decoded side by side.
        tell: Told how many clips are done, of how many.

    Raises:
        UsageError: The set holds features of another encoder or sampling.
        StoreError: Another process writes it; or the disk is full or cannot be written.
        EngineError: The encoder failed as such.
    """
    with _alone(folder):
        known = _prepared(folder, _info(encoder, sampling))
        maker = Maker(
            folder=folder,
            encoder=encoder,
            sampling=sampling,
            known=known,
            tell=tell or _silent,
        )
        return maker.run(clips, jobs)


def add_rows(folder: Path, info: SetInfo, rows: Sequence[shards.Row]) -> None:
    """Put features that are made already into a set, those that are there as they are left out.

    Raises:
        UsageError: The set holds features of another encoder or sampling.
        StoreError: Another process writes it; or the disk is full or cannot be written.
    """
    with _alone(folder):
        known = _prepared(folder, info)
        fresh = [row for row in rows if known.get(row.clip_id) != row.fingerprint]
        if fresh:
            shards.write_shard(shards.next_shard(folder), fresh)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """A set's folder, made where it is missing, which nobody else writes meanwhile."""
    with writing.translated(folder):
        folder.mkdir(parents=True, exist_ok=True)
    handle = writing.open_lock(folder / _LOCK)
    try:
        if not writing.try_lock(handle):
            raise StoreError(
                f"{display(str(folder))} is being written by another process",
                hint="wait for it, or take another folder",
                code="LQ-BUSY",
            )
        yield
    finally:
        os.close(handle)


def _info(encoder: encoders.Encoder, sampling: Sampling) -> SetInfo:
    return SetInfo(
        encoder=encoder.stamp,
        dimension=encoder.dimension,
        sampling=sampling,
        preprocessing=encoder.engine.preprocessing,
        wanted=encoder.wanted,
    )


def _silent(done: int, total: int) -> None:
    del done, total


def _prepared(folder: Path, info: SetInfo) -> dict[str, str]:
    """The clips that a set has, by fingerprint; its index is written where there is none."""
    there = read_info(folder)
    if there is None:
        write_info(folder, info)
        return {}
    encoders.check_alike(
        info.encoder, there.encoder, what=f"the features in {display(str(folder))}"
    )
    if there.sampling != info.sampling:
        raise UsageError(
            f"the features in {display(str(folder))} are of other frames: {there.sampling}",
            hint="take another folder, or the same --by, --count and --rate",
            code="LQ-OTHER-SAMPLING",
        )
    return open_set(folder).fingerprints
