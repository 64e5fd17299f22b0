"""The plans of an order: asked for anew by each run, and held against those of the last one."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.errors import InputError, RemoteError, TransientError
from loquitur.media.exchange import Deadline, ask
from loquitur.media.urls import shown
from loquitur.vision.labels.fetching.plan import MOST_PLAN_BYTES, PlannedShard, parse_plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.media.transfer import FetchOptions, Pace
    from loquitur.vision.labels.dataset import Level
    from loquitur.vision.labels.fetching.mirrors import Mirror
    from loquitur.vision.labels.fetching.place import Place

_LONGEST_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPart:
    """The plan of a part.

    Args:
        shards: By name.
        changed: Names whose MD5 is another one than in the plan of the last run, or that are new or
            gone since.
        note: What a user should know, else empty.
    """

    shards: tuple[PlannedShard, ...]
    changed: tuple[str, ...] = ()
    note: str = ""


def planned(
    place: Place,
    level: Level,
    part: str,
    mirrors: Sequence[Mirror],
    options: FetchOptions,
    pace: Pace,
) -> PlannedPart:
    """The plan of a part, from the first mirror that gives one; else the one of the last run.

    Raises:
        RemoteError: None can be had, and there was none before.
        InputError: What came is no plan, from every mirror.
    """
    kept = place.kept_plan(level, part)
    before = _of_before(kept, level, part)
    error: RemoteError | InputError | None = None
    for url, is_trusted in dict.fromkeys(
        (one.plan_url(level, part), one.trusted) for one in mirrors
    ):
        asking = dataclasses.replace(options, allow_private=options.allow_private or is_trusted)
        try:
            data = small_file(url, options=asking, pace=pace, most_bytes=MOST_PLAN_BYTES)
            shards = parse_plan(data, level, part, where=shown(url))
        except (RemoteError, InputError) as exc:
            error = exc
            continue
        place.keep_plan(level, part, data)
        return PlannedPart(shards=shards, changed=_changed(before, shards))
    if before is None or isinstance(error, InputError):
        assert error is not None, "there is a mirror"
        raise error
    note = f"the plan of {part} cannot be had; that of the last run is taken ({error})"
    return PlannedPart(shards=before, note=note)


def small_file(url: str, *, options: FetchOptions, pace: Pace, most_bytes: int) -> bytes:
    """A file of few bytes, whole, tried again where it may help.

    Raises:
        TransientError: The network or server still failed after all retries.
        RemoteError: The server refuses, or has more than `most_bytes`.
    """
    deadline = Deadline(at=pace.now() + _LONGEST_S, pace=pace)
    failures = 0
    while True:
        try:
            return _asked(url, options, deadline, most_bytes)
        except TransientError as error:
            failures += 1
            if failures > options.retries:
                raise
            deadline.wait(error, failures)


def _asked(url: str, options: FetchOptions, deadline: Deadline, most_bytes: int) -> bytes:
    found = bytearray()
    with ask(url, headers={}, options=options, deadline=deadline) as answer:
        if answer.status != 200:
            raise answer.refusal(shown(url))
        answer.check_identity(shown(url))
        for chunk in answer.chunks:
            found += chunk
            if len(found) > most_bytes:
                raise RemoteError(f"{shown(url)}: more than {most_bytes} bytes")
    return bytes(found)


def _of_before(kept: bytes | None, level: Level, part: str) -> tuple[PlannedShard, ...] | None:
    if kept is None:
        return None
    try:
        return parse_plan(kept, level, part, where="the plan of the last run")
    except InputError:  # damaged since: as if there were none
        return None


def _changed(
    before: tuple[PlannedShard, ...] | None, now: tuple[PlannedShard, ...]
) -> tuple[str, ...]:
    if before is None:
        return ()
    old, new = ({one.name: one.md5 for one in shards} for shards in (before, now))
    return tuple(sorted(name for name in old | new if old.get(name) != new.get(name)))
