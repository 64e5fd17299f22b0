"""Features of many clips as they are made: frames come, are gathered, looked at, kept in shards."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import InputError, LoquiturError
from loquitur.media.isolation import Children
from loquitur.store import writing
from loquitur.vision import clip_frames, encoders
from loquitur.vision.features import feeding, shards
from loquitur.vision.features.sets import half

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from loquitur.model.vision import Fitting, FrameBatch, Sampling
    from loquitur.vision.clips import Clip

FAILURES = "failures.jsonl"
_PIECE = 64
"""Frames that come out of a decoding child together."""
_PART = 256
"""Frames that are handed on at once, at most."""
_SHARD_BYTES = 64 << 20
_SHARD_S = 60.0
"""A shard is closed once it is so large, or so old: that much an interruption can lose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A clip without features, why, and the exit code of that error."""

    clip_id: str
    reason: str
    exit_code: int = InputError.exit_code


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


@dataclass(slots=True, kw_only=True)
class Maker:
    """One call of `write_set`.

    Args:
        folder: Of the set, which nobody else writes.
        encoder: What looks.
        sampling: Which frames of each clip.
        known: The clips that are there, by fingerprint.
        tell: Told how many clips are done, of how many.

    The rest is how far it is.
    """

    folder: Path
    encoder: encoders.Encoder
    sampling: Sampling
    known: Mapping[str, str]
    tell: Callable[[int, int], None]
    rows: list[shards.Row] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    warnings: list[Failure] = field(default_factory=list)
    since: float = field(default_factory=time.monotonic)
    clips: int = 0
    frame_count: int = 0
    encode_s: float = 0.0
    wait_s: float = 0.0

    @property
    def fitting(self) -> Fitting | None:
        """How the encoder takes frames; None where it takes them as they are."""
        return encoders.fitting_of(self.encoder.engine)

    def run(self, clips: Sequence[Clip], jobs: int) -> Written:
        """Make what is not there yet."""
        due = {clip.clip_id: clip for clip in clips}
        todo: dict[str, tuple[Clip, str]] = {}
        for clip in due.values():
            try:
                fingerprint = clip_frames.digest_of(clip)
            except LoquiturError as exc:
                self._fail(clip, exc)
                continue
            if self.known.get(clip.clip_id) != fingerprint:
                todo[clip.clip_id] = (clip, fingerprint)
        kept = len(due) - len(todo) - len(self.failures)
        try:
            self._make(todo, jobs, total=len(due))
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
        most = encoders.most_at_once(engine)
        group, done = _Group(most=most), total - len(todo)
        clips = (clip for clip, _ in todo.values())
        with (
            Children(threads=1 if jobs > 1 else None) as children,
            feeding.Feeder(
                clips, partial(self._decoded, children), jobs=jobs, part=min(most, _PART)
            ) as feeder,
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

    def _decoded(self, children: Children, clip: Clip) -> Iterator[FrameBatch]:
        """Frames out of a child that is kept for the next clip, as the encoder takes them."""

        def warn(line: str) -> None:
            self.warnings.append(Failure(clip_id=clip.clip_id, reason=line))

        with children.lent() as child:
            yield from clip_frames.frames_of(
                clip,
                self.sampling,
                geometry=self.fitting,
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
            self.encoder.engine,
            [part.pictures for _, part in group.parts],
            ready=self.fitting is not None,
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
        self.failures.append(Failure(clip_id=clip.clip_id, reason=reason, exit_code=exc.exit_code))

    def _flush(self) -> None:
        self.since = time.monotonic()
        if not self.rows:
            return
        shards.write_shard(shards.next_shard(self.folder), self.rows)
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
        text = "\n".join(lines) + "\n"
        writing.write_over(path, text.encode("utf-8", "backslashreplace"), mode=0o644)


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
