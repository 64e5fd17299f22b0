"""What was published from here: texts, what is known of tracks, journals and backups, on the disk.

```
<store>/youtube/publications/<video>-<digest>/<digest of language and name>/
    slot.json       which video, language and name          texts/<sha256>     the bytes
    known.json      the text of the track as last seen      backups/0001.json  what was replaced
    journal.json    the last attempt and how far it came    lock
```

Everything is written whole or not at all and is on the disk when a call returns, a backup before
what it backs up is replaced. Nothing here is a cache of stages, and `store gc` leaves it alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import time
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

from loquitur.errors import CorruptError, LockedError
from loquitur.store import writing
from loquitur.store.owners import Owner, myself
from loquitur.youtube.captions import Track, called, comparable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_Kept = TypeVar("_Kept", "Known", "Attempt")
FOLDER = ("youtube", "publications")
_BESIDE = ".new-"
_LOOK_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The text that a track had at a moment.

    Args:
        track_id: Which track.
        last_updated: As the service told it then.
        digest: The sha256 of the text.
        draft: Whether it was a draft.
    """

    track_id: str
    last_updated: str
    digest: str
    draft: bool

    def is_of(self, track: Track) -> bool:
        """Whether the track has not changed since."""
        return (self.track_id, self.last_updated) == (track.id, track.last_updated)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A track as it was before it was replaced or deleted.

    Args:
        number: From 1, in the order of time.
        at: When it was made, Unix seconds.
        reason: `update` or `delete`.
        track: What the service told of it.
        digest: The sha256 of its text; empty where it had none that could be read.
        size_bytes: Of its text.
    """

    number: int
    at: float
    reason: str
    track: Track
    digest: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """How far an attempt to change a track came: `planned`, `backed-up`, `sent` or `verified`.

    Args:
        state: The last of these.
        action: `insert`, `update`, `state` or `delete`.
        digest: The sha256 of the text that was to be sent; empty for none.
        before: What was known of the track before: its id and `lastUpdated`; empty for no track.
        at: When the state was reached, Unix seconds.
    """

    state: str
    action: str
    digest: str = ""
    before: tuple[str, str] | None = None
    at: float = 0.0


class Slot:
    """What is kept of one language and name of one video.

    Args:
        folder: Where.
        video_id: The video.
        language: BCP 47 tag; those of one meaning share a slot.
        name: Of the track.
    """

    def __init__(self, folder: Path, *, video_id: str, language: str, name: str) -> None:
        self.folder = folder
        self.video_id = video_id
        self.language = language
        self.name = name

    @contextlib.contextmanager
    def locked(
        self, *, wait_s: float = 60.0, tell: Callable[[str], None] | None = None
    ) -> Iterator[None]:
        """Hold the right to change this track from this machine; it dies with the process.

        Raises:
            LockedError: Another process held it all the time.
            StoreError: The store cannot be written.
        """
        with writing.translated(self.folder):
            writing.ensure_folder(self.folder)
        handle = writing.open_lock(self.folder / "lock")
        try:
            self._take(handle, wait_s, tell)
            self._sweep()
            yield
        finally:
            os.close(handle)

    def _take(self, handle: int, wait_s: float, tell: Callable[[str], None] | None) -> None:
        end, shown = time.monotonic() + wait_s, called(self.language, self.name)
        told = False
        while True:
            with writing.translated(self.folder):
                if writing.try_lock(handle):
                    return
            if not told and tell is not None:
                tell(f"another process is changing the {shown} track; waiting for it")
                told = True
            if time.monotonic() >= end:
                raise LockedError(
                    f"another process has been changing the {shown} track of "
                    f"{self.video_id} for more than {wait_s:.0f} s",
                    hint="wait for it, then run this again",
                )
            time.sleep(_LOOK_S)

    # --- texts ---

    def keep_text(self, content: bytes) -> str:
        """Keep some bytes; gives their sha256."""
        digest = hashlib.sha256(content).hexdigest()
        place = self.folder / "texts" / digest
        if not place.exists():
            self._write(place, content)
        return digest

    def text(self, digest: str) -> bytes:
        """The bytes of a digest.

        Raises:
            CorruptError: They are gone or damaged.
        """
        place = self.folder / "texts" / digest
        try:
            content = place.read_bytes()
        except OSError as exc:
            raise CorruptError(f"{place}: the kept text cannot be read ({exc.strerror})") from exc
        if hashlib.sha256(content).hexdigest() != digest:
            raise CorruptError(f"{place}: the kept text is damaged", hint="check the disk")
        return content

    def has_text(self, digest: str) -> bool:
        """Whether the bytes of a digest are here and whole."""
        try:
            self.text(digest)
        except CorruptError:
            return False
        return True

    # --- what is known of the track ---

    def known(self) -> Known | None:
        """What was last seen of the track; None where nothing was, or it is damaged."""
        return _loaded(self.folder / "known.json", Known)

    def remember(self, track: Track, digest: str) -> None:
        """Keep what text a track has now."""
        known = Known(
            track_id=track.id, last_updated=track.last_updated, digest=digest, draft=track.is_draft
        )
        if known != self.known():
            self._write_json("known.json", asdict(known))

    def forget(self) -> None:
        """There is no such track any more."""
        with writing.translated(self.folder):
            writing.discard(self.folder / "known.json")

    # --- attempts ---

    def attempt(self) -> Attempt | None:
        """The last attempt to change the track; None where there was none, or it is damaged."""
        found = _loaded(self.folder / "journal.json", Attempt)
        if found is None or found.before is None:
            return found
        return Attempt(**{**asdict(found), "before": tuple(found.before)})

    def note(self, attempt: Attempt) -> None:
        """Write how far an attempt came, before what comes next is done."""
        self._identify()
        self._write_json("journal.json", asdict(attempt) | {"at": time.time()})

    # --- backups ---

    def backups(self) -> tuple[Backup, ...]:
        """What was replaced, the newest first.

        Raises:
            CorruptError: One of them cannot be read.
        """
        folder = self.folder / "backups"
        names = sorted((path.name for path in folder.glob("[0-9]*.json")), reverse=True)
        return tuple(self._backup(folder / name) for name in names)

    def back_up(self, track: Track, digest: str, *, reason: str) -> Backup:
        """Keep a track before it is replaced; once for each state that it had."""
        before = self.backups()
        if before and before[0].track == track and before[0].digest == digest:
            return before[0]
        self._identify()
        size = len(self.text(digest)) if digest else 0
        backup = Backup(
            number=before[0].number + 1 if before else 1,
            at=time.time(),
            reason=reason,
            track=track,
            digest=digest,
            size_bytes=size,
        )
        self._write_json(f"backups/{backup.number:04d}.json", asdict(backup))
        return backup

    def _backup(self, path: Path) -> Backup:
        try:
            found = json.loads(path.read_bytes())
            return Backup(**{**found, "track": Track(**found["track"])})
        except (OSError, ValueError, TypeError, KeyError) as exc:
            raise CorruptError(
                f"{path}: the backup cannot be read ({type(exc).__name__})", hint="check the disk"
            ) from exc

    def _identify(self) -> None:
        if not (self.folder / "slot.json").exists():
            self._write_json(
                "slot.json",
                {"video_id": self.video_id, "language": self.language, "name": self.name},
            )

    def _write_json(self, name: str, document: dict[str, Any]) -> None:
        text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
        self._write(self.folder / name, text.encode())

    def _write(self, place: Path, content: bytes) -> None:
        with writing.translated(place):
            writing.ensure_folder(place.parent)
        me = myself()
        unique = f"{me.place}-{me.pid}-{me.start}-{secrets.token_hex(4)}"
        beside = self.folder / f"{_BESIDE}{unique}"
        writing.write_temporary(beside, content)
        with writing.discarding(beside):
            writing.move_into(beside, place)

    def _sweep(self) -> None:
        """Remove what killed processes of this machine left half written."""
        for left in self.folder.glob(f"{_BESIDE}*"):
            with contextlib.suppress(ValueError):  # somebody else's name
                place, pid, start, _ = left.name.removeprefix(_BESIDE).split("-")
                if Owner(place=place, pid=int(pid), start=int(start)).dead:
                    with writing.translated(left):
                        writing.discard(left)


class Publications:
    """All that was published from a store.

    Args:
        store: The store's folder.
    """

    def __init__(self, store: Path) -> None:
        self.folder = store.joinpath(*FOLDER)

    def slot(self, video_id: str, language: str, name: str = "") -> Slot:
        """What is kept of one track."""
        key = hashlib.sha256(f"{comparable(language)}\0{name}".encode()).hexdigest()[:16]
        return Slot(self._of_video(video_id) / key, video_id=video_id, language=language, name=name)

    def slots(self, video_id: str) -> tuple[Slot, ...]:
        """What is kept of the tracks of a video."""
        found = []
        for path in sorted(self._of_video(video_id).glob("*/slot.json")):
            try:
                told = json.loads(path.read_bytes())
                found.append(
                    Slot(
                        path.parent, video_id=video_id, language=told["language"], name=told["name"]
                    )
                )
            except (OSError, ValueError, KeyError) as exc:
                raise CorruptError(f"{path}: cannot be read", hint="check the disk") from exc
        return tuple(found)

    def _of_video(self, video_id: str) -> Path:
        """Ids that differ by case alone have folders of their own on every disk."""
        mark = hashlib.sha256(video_id.encode()).hexdigest()[:8]
        return self.folder / f"{video_id.lstrip('-')}-{mark}"


def _loaded(path: Path, kind: type[_Kept]) -> _Kept | None:
    """What a file of ours says; None where there is none that can be read."""
    try:
        found = json.loads(path.read_bytes())
        return kind(**{item.name: found[item.name] for item in fields(kind)})
    except (OSError, ValueError, TypeError, KeyError):
        return None
