"""A set of features as it is made: clip by clip, going on where it stopped, failures listed."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import LoquiturError, StoreError, UsageError
from loquitur.media.isolation import Children
from loquitur.store import writing
from loquitur.text import display
from loquitur.vision import clip_frames, encoders
from loquitur.vision.features import feeding, shards
from loquitur.vision.features.sets import (
    SetInfo,
    half,
    open_set,
    read_info,
    write_info,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from loquitur.model.vision import Fitting, FrameBatch, Sampling
    from loquitur.vision.clips import Clip

    Frames = Callable[[Clip], Iterator[FrameBatch]]

FAILURES = "failures.jsonl"
_LOCK = ".lock"
_PIECE = 64
"""Frames that come out of a decoding child together."""
_PART = 256
"""Frames that are handed on at once, at most."""
_SHARD_BYTES = 64 << 20
_SHARD_S = 60.0
"""A shard is closed once it is so large, or so old: that much an interruption can lose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A clip without features, and why."""

    clip_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a call made.

    Args:
        clips: Clips that have features now and had none before.
        frames: Of these clips.
        kept: Clips that had features already.
        failures: Those that have none.
        warnings: What was lost of clips that have some.
        encode_s: Wall time in which the encoder looked.
        wait_s: Wall time in which it waited for frames, the first clip's apart.
    """

    clips: int
    frames: int
    kept: int
    failures: tuple[Failure, ...]
    warnings: tuple[Failure, ...]
    encode_s: float
    wait_s: float

    @property
    def busy(self) -> float | None:
        """The share of its time in which the encoder was kept busy; None where it saw nothing."""
        whole = self.encode_s + self.wait_s
        return self.encode_s / whole if whole else None


def write_set(
    folder: Path,
    clips: Iterable[Clip],
    encoder: encoders.Encoder,
    sampling: Sampling,
    *,
    frames: Frames | None = None,
    base: Path | None = None,
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
        frames: Gives the frames of a clip; `clip_frames.frames_of` where None.
        base: To which relative sources are relative.
        jobs: Clips decoded side by side.
        tell: Told how many clips are done, of how many.

    Raises:
        UsageError: The set holds features of another encoder or sampling.
        StoreError: Another process writes it; or the disk is full or cannot be written.
        EngineError: The encoder failed as such.
    """
    with _alone(folder):
        known = _prepared(folder, _info(encoder, sampling))
        maker = _Maker(
            folder=folder,
            encoder=encoder,
            frames=frames,
            sampling=sampling,
            known=known,
            base=base,
            tell=tell or _silent,
        )
        return maker.run(tuple(clips), jobs)


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
            shards.write_shard(_next_shard(folder), fresh)


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


def _next_shard(folder: Path) -> Path:
    taken = [path.stem for path in folder.glob(f"clips-*{shards.SUFFIX}")]
    numbers = [int(name[6:]) for name in taken if name[6:].isdecimal()]
    return folder / f"clips-{max(numbers, default=-1) + 1:05d}{shards.SUFFIX}"


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


@dataclass(slots=True, kw_only=True)
class _Maker:
    """One call of `write_set`."""

    folder: Path
    encoder: encoders.Encoder
    frames: Frames | None
    sampling: Sampling
    known: dict[str, str]
    base: Path | None
    tell: Callable[[int, int], None]
    rows: list[shards.Row] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    warnings: list[Failure] = field(default_factory=list)
    since: float = field(default_factory=time.monotonic)
    clips: int = 0
    frame_count: int = 0
    ready: bool = False
    encode_s: float = 0.0
    wait_s: float = 0.0

    def run(self, clips: tuple[Clip, ...], jobs: int) -> Written:
        """Make what is not there yet."""
        todo: dict[str, tuple[Clip, str]] = {}
        for clip in {clip.clip_id: clip for clip in clips}.values():
            try:
                fingerprint = clip_frames.digest_of(clip, self.base)
            except LoquiturError as exc:
                self._fail(clip, exc)
                continue
            if self.known.get(clip.clip_id) != fingerprint:
                todo[clip.clip_id] = (clip, fingerprint)
        kept = len(clips) - len(todo) - len(self.failures)
        try:
            self._make(todo, jobs, total=len(clips))
        finally:
            self._flush()
            self._list_failures()
        return Written(
            clips=self.clips,
            frames=self.frame_count,
            kept=kept,
            failures=tuple(self.failures),
            warnings=tuple(self.warnings),
            encode_s=self.encode_s,
            wait_s=self.wait_s,
        )

    def _make(self, todo: dict[str, tuple[Clip, str]], jobs: int, *, total: int) -> None:
        engine = self.encoder.engine
        most = encoders.STRETCH if engine.motion else getattr(engine, "batch_size", encoders.BATCH)
        group, done = _Group(most=most), total - len(todo)
        clips = (clip for clip, _ in todo.values())
        with (
            Children(threads=1 if jobs > 1 else None) as children,
            self._feeder(clips, children, jobs, part=min(most, _PART)) as feeder,
        ):
            for feed in feeder:
                made = _Made(clip=feed.clip)
                for part in self._arriving(made, feed):
                    if not group.takes(part):
                        self._look(group)
                    group.add(made, part)
                    if group.full:
                        self._look(group)
                if made.failed is not None:
                    group.drop(made)
                elif engine.motion:  # which must not see the next clip beside this one
                    self._look(group)
                group.waiting.append(made)
                done += self._close(group, todo)
                self.tell(done, total)
            self._look(group)
            done += self._close(group, todo)
            self.tell(done, total)

    def _feeder(
        self, clips: Iterator[Clip], children: Children, jobs: int, *, part: int
    ) -> feeding.Feeder:
        """What decodes clips ahead; they come as the encoder takes them where nobody else does."""
        engine, frames = self.encoder.engine, self.frames
        if frames is not None:
            fit = partial(encoders.fitted, engine)
            return feeding.Feeder(clips, frames, fit, jobs=jobs, part=part)
        fitting = encoders.fitting_of(engine)
        self.ready = fitting is not None
        frames = partial(self._decoded, children, fitting)
        return feeding.Feeder(clips, frames, None, jobs=jobs, part=part)

    def _decoded(
        self, children: Children, fitting: Fitting | None, clip: Clip
    ) -> Iterator[FrameBatch]:
        """Frames out of a child that is kept for the next clip, as the encoder takes them."""

        def warn(line: str) -> None:
            self.warnings.append(Failure(clip_id=clip.clip_id, reason=line))

        with children.lent() as child:
            yield from clip_frames.frames_of(
                clip,
                self.sampling,
                geometry=fitting,
                folder=self.base,
                batch=_PIECE,
                child=child,
                warn=warn,
            )

    def _arriving(self, made: _Made, feed: feeding.Feed) -> Iterator[feeding.Part]:
        """The parts of a clip; what stopped them is noted, and stops no other clip."""
        try:
            yield from self._timed(feed.parts())
        except LoquiturError as exc:
            made.failed = exc

    def _timed(self, parts: Iterator[feeding.Part]) -> Iterator[feeding.Part]:
        """The parts, and how long they were waited for."""
        while True:
            began = time.monotonic()
            part = next(parts, None)
            if self.encode_s:  # the first clip cannot be there before it is decoded
                self.wait_s += time.monotonic() - began
            if part is None:
                return
            yield part

    def _look(self, group: _Group) -> None:
        """Let the encoder see what is gathered, and hand each clip its vectors."""
        if not group.parts:
            return
        began = time.monotonic()
        vectors = encoders.encode(
            self.encoder.engine, [part.pictures for _, part in group.parts], ready=self.ready
        )
        self.encode_s += time.monotonic() - began
        at = 0
        for made, part in group.parts:
            made.times.extend(part.times_ms)
            made.vectors.append(vectors[at : at + len(part.times_ms)])
            made.due -= 1
            at += len(part.times_ms)
        group.parts.clear()

    def _close(self, group: _Group, todo: dict[str, tuple[Clip, str]]) -> int:
        """Keep the clips all of which was seen; how many are done with."""
        done = 0
        while group.waiting and not group.waiting[0].due:
            made = group.waiting.pop(0)
            done += 1
            if made.failed is not None:
                self._fail(made.clip, made.failed)
            else:
                self._keep(made, todo[made.clip.clip_id][1])
        size = sum(row.matrix.nbytes for row in self.rows)
        if size >= _SHARD_BYTES or time.monotonic() - self.since > _SHARD_S:
            self._flush()
        return done

    def _keep(self, made: _Made, fingerprint: str) -> None:
        clip_id = made.clip.clip_id
        vectors = made.vectors or [np.zeros((0, self.encoder.dimension), np.float32)]
        try:
            matrix = half(np.concatenate(vectors), clip_id, dimension=self.encoder.dimension)
        except LoquiturError as exc:
            self._fail(made.clip, exc)
            return
        self.rows.append(
            shards.Row(
                clip_id=clip_id,
                fingerprint=fingerprint,
                times_ms=np.asarray(made.times, dtype=np.int64),
                matrix=matrix,
            )
        )
        self.clips += 1
        self.frame_count += len(matrix)

    def _fail(self, clip: Clip, exc: LoquiturError) -> None:
        reason = exc.message + (f" ({exc.hint})" if exc.hint else "")
        self.failures.append(Failure(clip_id=clip.clip_id, reason=reason))

    def _flush(self) -> None:
        self.since = time.monotonic()
        if not self.rows:
            return
        shards.write_shard(_next_shard(self.folder), self.rows)
        self.rows.clear()

    def _list_failures(self) -> None:
        """`failures.jsonl`: what this call could not do; gone where there is nothing of it."""
        path = self.folder / FAILURES
        if not self.failures:
            writing.discard(path)
            return
        lines = [
            json.dumps({"clip": one.clip_id, "reason": one.reason}, ensure_ascii=False)
            for one in self.failures
        ]
        temporary = self.folder / f".{FAILURES}.{os.getpid()}.new"
        writing.discard(temporary)
        text = "\n".join(lines) + "\n"
        writing.write_temporary(temporary, text.encode("utf-8", "backslashreplace"), mode=0o644)
        with writing.discarding(temporary):
            writing.move_into(temporary, path)


@dataclass(slots=True, kw_only=True, eq=False)
class _Made:
    """A clip under way: `due` parts of it are gathered and not yet seen."""

    clip: Clip
    times: list[int] = field(default_factory=list)
    vectors: list[NDArray[np.float32]] = field(default_factory=list)
    due: int = 0
    failed: LoquiturError | None = None


@dataclass(slots=True, kw_only=True)
class _Group:
    """What the encoder is shown at once: parts of one clip, or of several where motion is unseen.

    `waiting` are clips all of whose parts came, in their order.
    """

    most: int
    parts: list[tuple[_Made, feeding.Part]] = field(default_factory=list)
    waiting: list[_Made] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Whether it is time to look."""
        return sum(len(part.times_ms) for _, part in self.parts) >= self.most

    def takes(self, part: feeding.Part) -> bool:
        """Whether a part can stand beside those gathered."""
        if not self.parts:
            return True
        count = sum(len(one.times_ms) for _, one in self.parts) + len(part.times_ms)
        same = self.parts[0][1].pictures.shape[1:] == part.pictures.shape[1:]
        return same and count <= self.most

    def add(self, made: _Made, part: feeding.Part) -> None:
        """Gather a part of a clip."""
        self.parts.append((made, part))
        made.due += 1

    def drop(self, made: _Made) -> None:
        """Forget a clip that failed."""
        self.parts = [(one, part) for one, part in self.parts if one is not made]
        made.due = 0
