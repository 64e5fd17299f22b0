"""The videos of a corpus brought here: each once, however many clips are spans of it.

Fetching is the stage `acquire`: what is in the store is not asked for again. Nothing is cut or
encoded anew; a clip keeps its span in the whole video. What cannot be had is told in a table,
`fetch.jsonl`, a row a clip, and is not asked for again by the next run where it is gone for good.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import shutil
import threading
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from loquitur.api import place_of
from loquitur.conversion import decoder
from loquitur.errors import FullError, InputError, LoquiturError, TransientError
from loquitur.media.sources import classify
from loquitur.media.transfer import GONE_CODES, TOO_LARGE_CODE
from loquitur.media.urls import last_name, media_suffix
from loquitur.pipeline.tasks import acquire_input, recall_input
from loquitur.settings import resolve
from loquitur.tables.writing import replacing
from loquitur.text import display, safe_stem
from loquitur.vision.clips import DRAWN, Corpus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from concurrent.futures import Future

    from loquitur.media.sources import Source
    from loquitur.pipeline.tasks import Acquired, Place
    from loquitur.settings import Settings
    from loquitur.vision.clips import Clip

    Hear = Callable[["Brought", int, int], None]
    """Told each clip's row as it is known, how many are known, and of how many."""

State = Literal["here", "gone", "private", "short", "no-pictures", "failed", "not-asked"]

TABLE = "fetch.jsonl"
RESERVE_BYTES = 1 << 30
"""So much stays free on the disk: nothing is fetched where there is less."""
LASTING: tuple[State, ...] = ("gone", "private", "no-pictures")
"""What another try does not mend; `again` tries all the same."""
_CLOSED = frozenset(
    f"LQ-REMOTE-{what}"
    for what in ("PRIVATE", "MEMBERS", "AGE", "LOGIN", "PAID", "GEO", "DRM", "REFUSED")
)
_BLOCKED = frozenset({"LQ-REMOTE-BLOCKED", "LQ-REMOTE-RATE"})
"""The site takes us for a robot, or for too many: no more of its videos are asked for."""
_SUFFIXES = {"mov": ".mp4", "matroska": ".mkv", "mpegts": ".ts", "asf": ".wmv"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What became of one clip's video.

    Args:
        clip: The clip's id.
        source: Where its video was to come from.
        state: `here`; `gone`: no more, or never was; `private`: for others only; `short`: it ends
            before the clip does; `no-pictures`; `failed`: perhaps another time; `not-asked`.
        reason: Why, for people; also where a clip that is here was shortened.
        path: Where the video lies; empty where it does not.
        duration_ms: How long the video is; None where nobody knows.
    """

    clip: str
    source: str
    state: State
    reason: str = ""
    path: str = ""
    duration_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A corpus whose videos are here, and a row for each clip that it had."""

    corpus: Corpus
    rows: tuple[Brought, ...]

    def counts(self) -> dict[str, int]:
        """How many clips are in each state."""
        return dict(Counter(row.state for row in self.rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Video:
    """One video: where its bytes are, or why not."""

    state: State
    reason: str = ""
    path: str = ""
    duration_ms: int | None = None


def fetch(
    corpus: Corpus,
    folder: str | Path,
    *,
    settings: Settings | None = None,
    again: bool = False,
    most_bytes: int | None = None,
    reserve_bytes: int = RESERVE_BYTES,
    listener: Hear | None = None,
) -> Fetched:
    """Bring the videos of a corpus into a folder; one that cannot be had stops no other.

    Args:
        corpus: Clips whose sources are YouTube ids, addresses, or files.
        folder: Where they are put, as links to what the store keeps; files stay where they are.
            Several corpora may share it.
        settings: The store, how many at a time (`jobs`), cookies, proxy; those of here where None.
        again: Ask again for what was gone or private.
        most_bytes: No more is fetched than about this; None for no bound.
        reserve_bytes: How much of the disk stays free.
        listener: Told each row as it is known.

    Returns:
        The clips whose videos are here, their sources paths, the others counted as dropped.

    Raises:
        FullError: No room; what came is kept, and the next call goes on.
        InputError: The folder cannot be made.
    """
    settings = settings or resolve().settings
    top = Path(folder).expanduser()
    try:
        top.mkdir(parents=True, exist_ok=True)
        before = _rows_in(top / TABLE)
        table = (top / TABLE).open("a", encoding="utf-8")
    except OSError as exc:
        where = display(str(exc.filename or top))
        raise InputError(f"{where}: {exc.strerror}", hint="choose another folder") from exc
    desk = _Desk(
        top=top.resolve(),
        place=place_of(settings),
        known={} if again else _known(before),
        left_bytes=most_bytes,
        reserve_bytes=reserve_bytes,
    )
    rows: dict[str, Brought] = {}
    groups = _by_source(corpus.clips)
    with table:

        def found(clips: Iterable[Clip], video: _Video) -> None:
            for clip in clips:
                row = _row(clip, video)
                rows[clip.clip_id] = row
                table.write(_line(row))
                if listener is not None:
                    listener(row, len(rows), len(corpus.clips))
            table.flush()

        _bring(groups, desk, settings.jobs, found)
    ordered = tuple(rows[clip.clip_id] for clip in corpus.clips)
    others = {(row.clip, row.source): row for row in before if row.source not in groups}
    with replacing(top / TABLE) as temporary:
        temporary.write_text("".join(map(_line, (*others.values(), *ordered))), encoding="utf-8")
    return Fetched(corpus=_left(corpus, rows), rows=ordered)


def _bring(
    groups: Mapping[str, list[Clip]],
    desk: _Desk,
    jobs: int,
    found: Callable[[Iterable[Clip], _Video], None],
) -> None:
    """Each video, several side by side; rows are told in this thread."""
    with ThreadPoolExecutor(max(1, jobs), thread_name_prefix="fetch") as pool:
        waiting: dict[Future[_Video], list[Clip]] = {}
        try:
            for source, clips in groups.items():
                waiting[pool.submit(desk.video, source)] = clips
            for future in as_completed(waiting):
                found(waiting[future], future.result())
        except BaseException:
            desk.stopped.set()
            for future in waiting:
                future.cancel()
            raise


class _Stopped(Exception):  # noqa: N818 - no error: another video found the disk full
    """Raised inside a download when all of them end."""


class _Desk:
    """What a call works with; `video` runs in several threads."""

    def __init__(
        self,
        *,
        top: Path,
        place: Place,
        known: Mapping[str, Brought],
        left_bytes: int | None,
        reserve_bytes: int,
    ) -> None:
        fetching = dataclasses.replace(place.fetching, pictures=True)
        self._top, self._place = top, dataclasses.replace(place, fetching=fetching)
        self._known, self._left, self._reserve = known, left_bytes, reserve_bytes
        self._lock = threading.Lock()
        self._refused = ""
        self.stopped = threading.Event()

    def video(self, source: str) -> _Video:
        """Where a video is, fetched where it is not here.

        Raises:
            FullError: No room.
        """
        if source.startswith(DRAWN):
            return _Video(state="here", path=source)
        if not source:
            return _Video(state="failed", reason="the corpus names no video")
        before = self._known.get(source)
        if before is not None and before.state in LASTING:
            return _Video(state=before.state, reason=before.reason, duration_ms=before.duration_ms)
        if before is not None and before.state == "here" and Path(before.path).is_file():
            return _Video(state="here", path=before.path, duration_ms=before.duration_ms)
        try:
            asked = classify(source)
            return self._file(asked.path) if asked.path is not None else self._fetched(asked)
        except FullError:
            raise
        except LoquiturError as error:
            return self._failed(error)

    def _file(self, path: Path) -> _Video:
        from loquitur.media.probe import probe

        if not path.is_file():
            return _Video(state="failed", reason=f"{display(str(path))}: not a file")
        found = probe(path)
        if not found.has_video:
            return _Video(state="no-pictures", reason="it has no moving pictures")
        return _Video(state="here", path=str(path.absolute()), duration_ms=found.duration_ms)

    def _fetched(self, asked: Source) -> _Video:
        why, place = self._standing()
        known = recall_input(asked, self._place)
        if known is not None:
            return self._taken(known, asked)
        if why:
            return _Video(state="not-asked", reason=why)
        self._check_room()

        def report(*_: Any) -> None:
            if self.stopped.is_set():
                raise _Stopped

        try:
            acquired = acquire_input((asked, False), place, report=report)
        except _Stopped:
            return _Video(state="not-asked", reason="stopped before")
        with self._lock:
            self._left = None if self._left is None else self._left - acquired.media.size_bytes
        return self._taken(acquired, asked)

    def _standing(self) -> tuple[str, Place]:
        """Why nothing more is asked for, empty where it is; and with what bounds."""
        with self._lock:
            why = self._refused
            if self.stopped.is_set():
                why = "stopped before"
            elif self._left is not None and self._left <= 0:
                why = "as many bytes were fetched as allowed"
            return why, self._bounded(self._left)

    def _taken(self, acquired: Acquired, asked: Source) -> _Video:
        """What the store has, under its name in the folder."""
        if not acquired.media.has_video:
            return _Video(state="no-pictures", reason="it has no moving pictures")
        path = self._linked(acquired, asked)
        return _Video(state="here", path=str(path), duration_ms=acquired.media.duration_ms)

    def _bounded(self, left: int | None) -> Place:
        if left is None:
            return self._place
        most = min(self._place.fetching.max_bytes, left)
        return dataclasses.replace(
            self._place, fetching=dataclasses.replace(self._place.fetching, max_bytes=most)
        )

    def _check_room(self) -> None:
        for folder in (self._place.store, self._top):
            there = next(one for one in (folder, *folder.parents) if one.exists())
            free = shutil.disk_usage(there).free
            if free < self._reserve:
                raise FullError(
                    f"{display(str(folder))}: {free} bytes free, less than {self._reserve} that"
                    " shall stay so",
                    hint="free some space; the same command goes on",
                )

    def _linked(self, acquired: Acquired, asked: Source) -> Path:
        """The store's file under a name in the folder: a link, a copy on another disk."""
        target = self._top / _name(acquired, asked)
        if target.exists() and target.stat().st_size == acquired.media.size_bytes:
            return target
        try:
            target.unlink(missing_ok=True)
            try:
                os.link(acquired.path, target)
            except OSError:
                with replacing(target) as temporary:
                    shutil.copyfile(acquired.path, temporary)
        except OSError as exc:
            raise InputError(
                f"{display(str(target))}: {exc.strerror or exc}", hint="choose another folder"
            ) from exc
        return target

    def _failed(self, error: LoquiturError) -> _Video:
        reason = display(error.message)[:300]
        if error.code in _BLOCKED:
            with self._lock:
                self._refused = reason
        if error.code == TOO_LARGE_CODE and self._left is not None:
            return _Video(state="not-asked", reason="more bytes than are allowed")
        if error.code in GONE_CODES:
            return _Video(state="gone", reason=reason)
        if error.code in _CLOSED and not isinstance(error, TransientError):
            return _Video(state="private", reason=reason)
        return _Video(state="failed", reason=reason)


def _name(acquired: Acquired, asked: Source) -> str:
    """A video's name in the folder: its id on YouTube, else that of its address and a mark."""
    container = acquired.media.container.split(",")[0]
    suffix = media_suffix(asked.url or "") or _SUFFIXES.get(container, f".{container}")
    if asked.video_id:
        return asked.video_id + suffix
    mark = hashlib.sha256(asked.key.encode()).hexdigest()[:8]
    name = Path(last_name(asked.url or "")).stem
    return safe_stem(name, ident=mark) + suffix


def _by_source(clips: Sequence[Clip]) -> dict[str, list[Clip]]:
    """Clips by the video they are cut from, in their order."""
    groups: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        groups[clip.source].append(clip)
    return groups


def _row(clip: Clip, video: _Video) -> Brought:
    """What became of a clip, by what became of its video and by its span in it."""
    state, reason = video.state, video.reason
    if state == "here" and video.duration_ms is not None:
        start_ms = clip.start_ms or 0
        end_ms = video.duration_ms if clip.end_ms is None else clip.end_ms
        there_ms = min(end_ms, video.duration_ms) - start_ms
        if there_ms <= 0 or 2 * there_ms < end_ms - start_ms:
            state, reason = "short", f"the video has {video.duration_ms} ms"
        elif end_ms > video.duration_ms:
            reason = f"ends at {video.duration_ms} ms with its video"
    return Brought(
        clip=clip.clip_id,
        source=clip.source,
        state=state,
        reason=reason,
        path=video.path if state == "here" else "",
        duration_ms=video.duration_ms,
    )


def _left(corpus: Corpus, rows: Mapping[str, Brought]) -> Corpus:
    """The clips whose videos are here."""
    kept: list[Clip] = []
    gone: dict[str, list[str]] = defaultdict(list)
    for clip in corpus.clips:
        row = rows[clip.clip_id]
        if row.state != "here":
            gone[row.state].append(clip.clip_id)
            continue
        end_ms = clip.end_ms
        if end_ms is not None and row.duration_ms is not None:
            end_ms = min(end_ms, row.duration_ms)
        kept.append(dataclasses.replace(clip, source=row.path, end_ms=end_ms))
    left = dataclasses.replace(corpus, clips=tuple(kept))
    for state, names in sorted(gone.items(), key=lambda pair: -len(pair[1])):
        left = left.with_dropped(f"video {state}", names)
    return left


def _line(row: Brought) -> str:
    return json.dumps(dataclasses.asdict(row), ensure_ascii=True) + "\n"


def _rows_in(path: Path) -> list[Brought]:
    """What earlier runs found; a line that was cut off by the end of one is passed over."""
    rows = decoder(Brought)
    found: list[Brought] = []
    with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        for line in file:
            with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError):
                found.append(rows.decode(line))
    return found


def _known(rows: Iterable[Brought]) -> dict[str, Brought]:
    """What is known of each source, the last word of it.

    A clip that its video was too short for says nothing of the video's other clips.
    """
    return {row.source: row for row in rows if row.state != "short"}
