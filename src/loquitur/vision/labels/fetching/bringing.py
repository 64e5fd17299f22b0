"""YouTube-8M into a folder: what is chosen of it, what is here, what comes, what could not."""

from __future__ import annotations

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from loquitur.errors import FullError, RemoteError, TransientError
from loquitur.media.transfer import DEFAULTS, REAL_TIME, FetchOptions, Pace
from loquitur.text import display
from loquitur.vision.labels.fetching.allowance import Allowance, Claim, LimitReached
from loquitur.vision.labels.fetching.mirrors import Roster
from loquitur.vision.labels.fetching.orders import FetchReport, ShardState, Survey
from loquitur.vision.labels.fetching.place import Place
from loquitur.vision.labels.fetching.plan import share_of
from loquitur.vision.labels.fetching.plans import planned
from loquitur.vision.labels.fetching.sizes import estimate
from loquitur.vision.labels.fetching.transfer import Errand, WrongBytesError, bring

if TYPE_CHECKING:
    from concurrent.futures import Future

    from loquitur.vision.labels.fetching.mirrors import Mirror
    from loquitur.vision.labels.fetching.orders import FetchOrder, State
    from loquitur.vision.labels.fetching.plan import PlannedShard

RESERVE_BYTES = 256 << 20
"""So much stays free on the disk: a run stops before it takes that."""
MOST_SHARD_BYTES = 8 << 30
"""No shard is as large as that: a server that says so is wrong."""
_SHARD_S = 3 * 3600.0


class Listener(Protocol):
    """Told what happens; the methods are called in several threads."""

    def reading(self, shards: int, size_bytes: int) -> None:
        """Shards that are here are read, to know whether they are right; where any are."""

    def surveyed(self, survey: Survey) -> None:
        """What will be done; raises to stop it."""

    def moved(self, name: str, done_bytes: int, total_bytes: int | None) -> None:
        """How much of a shard is here."""

    def settled(self, row: ShardState) -> None:
        """What became of a shard."""


class Unheard:
    """The listener of a caller who does not listen."""

    def reading(self, shards: int, size_bytes: int) -> None:
        """Nothing."""

    def surveyed(self, survey: Survey) -> None:
        """Nothing."""

    def moved(self, name: str, done_bytes: int, total_bytes: int | None) -> None:
        """Nothing."""

    def settled(self, row: ShardState) -> None:
        """Nothing."""


class _Stopped(Exception):  # noqa: N818 - no error: another shard found the disk full
    """Raised inside a download when all of them end."""


def fetch_shards(
    order: FetchOrder,
    folder: str | Path,
    *,
    options: FetchOptions = DEFAULTS,
    listener: Listener | None = None,
    pace: Pace = REAL_TIME,
    dry_run: bool = False,
) -> FetchReport:
    """Bring the shards of an order into a folder, each whole and verified, or not at all.

    What is here with the right MD5 is not asked for; what was cut goes on where it stopped, also
    after the process was killed. A shard whose bytes here are not those of the plan is replaced,
    and only once the right ones have come.

    Args:
        order: What is wanted.
        folder: Where; made where it is missing.
        options: Proxy, rate, retries; `allow_private` for mirrors in the own network.
        listener: Told what happens.
        pace: The clock and how to wait.
        dry_run: Look only.

    Raises:
        RemoteError: No plan can be had.
        InputError: A plan that is none, or the folder is none.
        FullError: The disk has not the room for what is chosen, or became full.
        LockedError: Another process fetches into the folder.
    """
    listener = listener or Unheard()
    rate = options.rate_limit_bytes_s
    options = dataclasses.replace(
        options,
        max_bytes=MOST_SHARD_BYTES,
        timeout_s=min(options.timeout_s, _SHARD_S),
        rate_limit_bytes_s=max(1, rate // order.parallel) if rate else None,
    )
    place = Place(Path(folder).expanduser())
    with place.held():
        desk = _Desk(order, place, options, listener, pace)
        survey, here, missing = desk.look()
        listener.surveyed(survey)
        if dry_run:
            rows = [_row(shard, "not-asked") for shard in missing]
        else:
            _check_room(survey, place)
            rows = _brought(desk, missing, order.parallel)
        place.tidy(desk.planned)
    states = {(row.part, row.name): row for row in (*here, *rows)}
    ordered = (states[shard.part, shard.name] for shard in desk.chosen)
    return FetchReport(survey=survey, rows=tuple(ordered))


def _check_room(survey: Survey, place: Place) -> None:
    needed = survey.coming_bytes + RESERVE_BYTES
    if survey.coming_bytes and survey.free_bytes < needed:
        raise FullError(
            f"{display(str(place.folder))}: about {survey.coming_bytes / 1e9:.2f} GB are to come,"
            f" {survey.free_bytes / 1e9:.2f} GB are free",
            hint="take a share (--shard 1,100), a bound (--limit-bytes), or another disk",
        )


def _brought(desk: _Desk, missing: list[PlannedShard], parallel: int) -> list[ShardState]:
    """Each shard, several side by side."""
    rows = []
    with ThreadPoolExecutor(parallel, thread_name_prefix="fetch") as pool:
        waiting: list[Future[ShardState]] = [pool.submit(desk.shard, shard) for shard in missing]
        try:
            for future in as_completed(waiting):
                rows.append(future.result())
                desk.listener.settled(rows[-1])
        except BaseException:
            desk.stopped.set()
            for future in waiting:
                future.cancel()
            raise
    return rows


class _Desk:
    """What a run works with; `shard` runs in several threads."""

    def __init__(
        self,
        order: FetchOrder,
        place: Place,
        options: FetchOptions,
        listener: Listener,
        pace: Pace,
    ) -> None:
        self.listener, self.stopped = listener, threading.Event()
        self.planned: tuple[PlannedShard, ...] = ()
        self.chosen: tuple[PlannedShard, ...] = ()
        self._order, self._place, self._options, self._pace = order, place, options, pace
        self._roster = Roster(order.mirrors)
        self._allowance = Allowance(order.limit_bytes)

    def look(self) -> tuple[Survey, list[ShardState], list[PlannedShard]]:
        """The plans, what is here of what they say, and what is not."""
        order = self._order
        found = [
            planned(self._place, order.level, part, order.mirrors, self._options, self._pace)
            for part in order.parts
        ]
        self.planned = tuple(shard for one in found for shard in one.shards)
        self.chosen = tuple(shard for one in found for shard in share_of(one.shards, *order.share))
        with self._place.told():
            unread = [self._place.unread_bytes(one, again=order.verify) for one in self.chosen]
            if any(unread):
                self.listener.reading(sum(map(bool, unread)), sum(unread))
            with ThreadPoolExecutor(order.parallel, thread_name_prefix="verify") as pool:
                right = list(pool.map(self._is_here, self.chosen))
            pairs = list(zip(self.chosen, right, strict=True))
            here = [
                _row(shard, "here", size_bytes=self._place.target(shard).stat().st_size)
                for shard, is_right in pairs
                if is_right
            ]
        missing = [shard for shard, is_right in pairs if not is_right]
        urls = [order.mirrors[0].shard_url(order.level, shard) for shard in missing]
        survey = Survey(
            chosen=len(self.chosen),
            here=len(here),
            changed=tuple(name for one in found for name in one.changed),
            foreign=self._foreign(),
            estimate=estimate(
                urls,
                order.level,
                options=self._asking(order.mirrors[0]),
                pace=self._pace,
                parallel=order.parallel,
            ),
            begun_bytes=sum(self._place.part_bytes(shard) for shard in missing),
            limit_bytes=order.limit_bytes,
            free_bytes=self._place.free_bytes(),
            notes=tuple(one.note for one in found if one.note),
        )
        return survey, here, missing

    def shard(self, shard: PlannedShard) -> ShardState:
        """Bring one shard from whichever mirror has it.

        Raises:
            FullError: No room.
        """
        reason = ""
        for number, mirror in self._roster.order():
            if self.stopped.is_set():
                return _row(shard, "not-asked", reason="stopped before")
            if self._roster.is_lost:
                return _row(shard, "not-asked", reason="no mirror answered of late")
            try:
                size = self._from(mirror, shard)
            except _Stopped:
                return _row(shard, "not-asked", reason="stopped before")
            except FullError:
                self.stopped.set()  # nobody begins another
                raise
            except LimitReached:
                return _row(shard, "not-asked", reason="beyond the bound of bytes")
            except RemoteError as error:
                if isinstance(error, TransientError | WrongBytesError):
                    self._roster.note(number, worked=False)
                reason = display(error.message)[:300]
                continue
            self._roster.note(number, worked=True)
            self._place.note(shard)
            return _row(shard, "fetched", size_bytes=size, mirror=mirror.name)
        return _row(shard, "failed", reason=reason)

    def _from(self, mirror: Mirror, shard: PlannedShard) -> int:
        claim = Claim(self._allowance)

        def admit(begin: int, total: int | None) -> None:
            coming = 0 if total is None else total - begin
            free = self._place.free_bytes()
            if free < coming + RESERVE_BYTES:
                raise FullError(
                    f"{display(str(self._place.folder))}: {shard.name} has {coming} bytes more,"
                    f" {free} are free, {RESERVE_BYTES} of which stay so"
                )
            claim.expect(begin, total)

        def progress(done_bytes: int, total_bytes: int | None) -> None:
            if self.stopped.is_set():
                raise _Stopped
            claim.came(done_bytes)
            self.listener.moved(shard.name, done_bytes, total_bytes)

        errand = Errand(
            url=mirror.shard_url(self._order.level, shard),
            part=self._place.part(shard),
            target=self._place.target(shard),
            md5=shard.md5,
            options=self._asking(mirror),
            pace=self._pace,
            admit=admit,
            progress=progress,
        )
        try:
            with self._place.told():
                return bring(errand)
        finally:
            claim.close()

    def _asking(self, mirror: Mirror) -> FetchOptions:
        trusted = self._options.allow_private or mirror.trusted
        return dataclasses.replace(self._options, allow_private=trusted)

    def _is_here(self, shard: PlannedShard) -> bool:
        return self._place.is_here(shard, again=self._order.verify)

    def _foreign(self) -> tuple[str, ...]:
        known = {shard.name for shard in self.planned}
        names = (path.name for path in self._place.folder.glob("*.tfrecord*"))
        parts = tuple(self._order.parts)
        return tuple(sorted(n for n in names if n.startswith(parts) and n not in known))


def _row(
    shard: PlannedShard, state: State, *, size_bytes: int = 0, reason: str = "", mirror: str = ""
) -> ShardState:
    return ShardState(
        part=shard.part,
        name=shard.name,
        state=state,
        size_bytes=size_bytes,
        reason=reason,
        mirror=mirror,
    )
