"""The caption tracks of the emulated world: what there is, what becomes of a text that comes in."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from loquitur import formats
from loquitur.emulator.caption_texts import seeds_of, text_of
from loquitur.emulator.population import Population
from loquitur.emulator.shelves import CAPTIONED
from loquitur.errors import LoquiturError, UsageError, near
from loquitur.formats.sniffing import sniff
from loquitur.markup import write

if TYPE_CHECKING:
    import random

    from loquitur.emulator.world import World
    from loquitur.model.captions import CaptionTrack

MOST_BYTES = 104_857_600
MOST_NAME = 150
_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}")
_TAKEN = frozenset({"srt", "sbv", "vtt", "ttml", "srv3", "lrc", "rt", "stl", "scc"})
"""What the service's help lists and this package reads, with the XML of its own editor tools."""
_TIMED = ("srt", "sbv", "vtt", "ttml")
"""What a download converts to here; nothing of this package writes SCC."""
_KEYS = ("seeded", "syncing_lists", "tracks")
_TRACK_KEYS = ("video", "language", "name", "kind", "draft", "channel", "file", "text")
Kind = Literal["standard", "ASR", "forced"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """One track as the service keeps it.

    Args:
        id: Opaque.
        video_id: Whose it is.
        language: As it was given.
        name: As it was given.
        kind: `standard`, `ASR` or `forced`.
        content: The bytes as they came.
        form: What they were found to be; empty where nothing was.
        draft: Whether viewers do not see it.
        updated_us: When it last changed, Unix microseconds on the world's clock.
        failure: `failureReason`; empty where the text is served.
        syncing: How many more lists say `syncing`.
        hidden: It came with `sync=true`: its text never appears.
        audio: `audioTrackType`.
        closed: `isCC`.
    """

    id: str
    video_id: str
    language: str
    name: str
    kind: Kind = "standard"
    content: bytes = b""
    form: str = ""
    draft: bool = False
    updated_us: int = 0
    failure: str = ""
    syncing: int = 0
    hidden: bool = False
    audio: str = "unknown"
    closed: bool = False

    @property
    def status(self) -> str:
        """What a list says of it."""
        if self.hidden or self.syncing > 0:
            return "syncing"
        return "failed" if self.failure else "serving"

    @property
    def last_updated(self) -> str:
        """RFC 3339, in microseconds."""
        at = datetime.fromtimestamp(self.updated_us // 1_000_000, tz=UTC)
        return f"{at:%Y-%m-%dT%H:%M:%S}.{self.updated_us % 1_000_000:06d}Z"

    @property
    def etag(self) -> str:
        """Another one whenever what is told of it is another."""
        told = f"{self.id}:{self.updated_us}:{self.draft}:{self.status}"
        return base64.urlsafe_b64encode(hashlib.sha256(told.encode()).digest()[:20]).decode()[:27]


class CaptionShelf:
    """The tracks of a world, those of a video made up when it is first asked for.

    Args:
        world: Whose plan says what there is; see `emulator.captions`.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        plan = world.plan.get("captions", {})
        if not isinstance(plan, dict):
            raise UsageError("the world's 'captions' must be a table")
        _check_keys(plan, _KEYS, "captions")
        self._seeded = plan.get("seeded", True)
        self._syncing_lists = plan.get("syncing_lists", 0)
        if not isinstance(self._seeded, bool):
            raise UsageError(f"captions.seeded must be true or false, not {self._seeded!r}")
        if not isinstance(self._syncing_lists, int) or self._syncing_lists < 0:
            raise UsageError(f"captions.syncing_lists must count, not {self._syncing_lists!r}")
        self._tracks: dict[str, Shelved] = {}
        self._of_videos: dict[str, dict[str, None]] = {}
        self._ids = (self._ident(count) for count in itertools.count(1))
        self._updated_us = 0
        self._owners: dict[str, str] = {}
        """Of videos that the plan's tracks name and the world does not have."""
        for entry in plan.get("tracks", ()):
            self._shelve_planned(entry)

    def owner(self, video_id: str, actor: str) -> str | None:
        """The channel whose video it is; None where there is none that the actor could know of."""
        population = self._world.room(Population)
        video = population.video(video_id)
        if video is None:
            return self._owners.get(video_id)
        state = population.state(video, self._world.now())
        owner = population.channel_id(video.channel)
        return None if state == "deleted" or (state == "private" and owner != actor) else owner

    def captioned(self, video_id: str, *, otherwise: bool) -> bool:
        """Whether a video has captions that YouTube did not make; `otherwise` before it is known.

        Tracks of a video are made up when they are first asked for, to fit what is said before.
        """
        if video_id not in self._of_videos:
            return otherwise
        tracks = (self._tracks[ident] for ident in self._of_videos[video_id])
        return any(track.kind != "ASR" and not track.draft for track in tracks)

    def tracks(self, video_id: str) -> list[Shelved]:
        """The tracks of a video in the order in which they were made."""
        if video_id not in self._of_videos:
            self._of_videos[video_id] = {}
            if self._seeded:
                self._seed(video_id)
        return [self._tracks[ident] for ident in self._of_videos[video_id]]

    def find(self, ident: str) -> Shelved | None:
        """The track of an id."""
        return self._tracks.get(ident)

    def new_id(self) -> str:
        """An id that no track had."""
        return next(self._ids)

    def put(self, track: Shelved, content: bytes, *, hidden: bool = False) -> Shelved:
        """The track with a text that came in, read by its content and shelved."""
        form, failure = judged(content)
        return self._shelve(
            replace(
                track,
                content=content,
                form=form,
                failure=failure,
                hidden=hidden,
                syncing=self._syncing_lists,
                updated_us=self._moment(),
            )
        )

    def drafted(self, track: Shelved, *, draft: bool) -> Shelved:
        """The track as a draft, or as none."""
        return self._shelve(replace(track, draft=draft, updated_us=self._moment()))

    def looked_at(self, track: Shelved) -> Shelved:
        """The track as this list tells it; the next one is a list further."""
        if track.syncing > 0:
            self._shelve(replace(track, syncing=track.syncing - 1))
        return track

    def remove(self, track: Shelved) -> None:
        """Take a track away for good."""
        del self._tracks[track.id]
        del self._of_videos[track.video_id][track.id]

    def _shelve(self, track: Shelved) -> Shelved:
        self._tracks[track.id] = track
        self._of_videos.setdefault(track.video_id, {})[track.id] = None
        return track

    def _moment(self) -> int:
        """Now in microseconds; later than any moment before."""
        self._updated_us = max(int(self._world.now() * 1_000_000), self._updated_us + 1)
        return self._updated_us

    def _ident(self, count: int) -> str:
        drawn = hashlib.sha256(f"{self._world.seed}:caption:{count}".encode()).digest()
        return "AUieDa" + base64.urlsafe_b64encode(drawn[:26]).decode().rstrip("=")

    def _seed(self, video_id: str) -> None:
        dice = self._world.dice(f"captions:{video_id}")
        video = self._world.room(Population).video(video_id)
        captioned = video is not None and bool(video.flags & CAPTIONED)
        spoken = video.language if video is not None else ""
        length_ms = 1000 * video.duration_s if video is not None else 0
        for kind, language, name, draft in seeds_of(dice, spoken or "en", captioned=captioned):
            planned = Shelved(
                id="", video_id=video_id, language=language, name=name, kind=kind, draft=draft
            )
            text = text_of(dice, language, length_ms=length_ms or None)
            self._shelve_old(planned, text.encode(), dice)

    def _shelve_old(self, planned: Shelved, content: bytes, dice: random.Random) -> None:
        """A track that was there before anybody came."""
        form, failure = judged(content)
        age_us = dice.randrange(86_400, 400 * 86_400) * 1_000_000 + dice.randrange(1_000_000)
        self._shelve(
            replace(
                planned,
                id=self.new_id(),
                content=content,
                form=form,
                failure=failure,
                updated_us=int(self._world.now() * 1_000_000) - age_us,
                audio="primary" if planned.kind == "ASR" else "unknown",
                closed=planned.name == "SDH",
            )
        )

    def _shelve_planned(self, entry: dict[str, Any]) -> None:
        _check_keys(entry, _TRACK_KEYS, "captions.tracks")
        try:
            video_id, language = str(entry["video"]), str(entry["language"])
            name, kind = str(entry.get("name", "")), entry.get("kind", "standard")
            dice = self._world.dice(f"captions:{video_id}:{language}:{name}")
            if "file" in entry:
                content = Path(entry["file"]).read_bytes()
            else:
                content = str(entry.get("text") or text_of(dice, language)).encode()
        except (KeyError, TypeError, AttributeError, OSError) as exc:
            raise UsageError(f"wrong track in the world's captions: {exc!r}") from exc
        if kind not in ("standard", "ASR", "forced"):
            raise UsageError(f"no kind of track in the world's captions: {kind!r}")
        draft = bool(entry.get("draft", False))
        self._owners[video_id] = str(entry.get("channel") or self._world.owners()[0])
        planned = Shelved(
            id="", video_id=video_id, language=language, name=name, kind=kind, draft=draft
        )
        self._shelve_old(planned, content, dice)


def _check_keys(table: dict[str, Any], known: tuple[str, ...], name: str) -> None:
    for key in table:
        if key not in known:
            raise UsageError(f"{name} has no '{key}'", hint=near(str(key), known))


def is_tag(language: str) -> bool:
    """Whether a text has the form of a BCP 47 tag."""
    return bool(_TAG.fullmatch(language))


def judged(content: bytes) -> tuple[str, str]:
    """What a text is by its content, and why it fails; the MIME type that it came with is nothing.

    A text without times is of no known format: the service sets none any more.
    """
    form = sniff(content)
    if form not in formats.FORMATS or not formats.FORMATS[form].reader:
        return "", "unknownFormat"
    if form not in _TAKEN:
        return form, "unsupportedFormat"
    if form in ("srt", "sbv") and not _is_utf8(content):
        return form, "processingFailed"
    track = parsed(content, form)
    return form, "" if track is not None and track.cues else "processingFailed"


def parsed(content: bytes, form: str) -> CaptionTrack | None:
    """The track of some bytes; None where they are not of that format after all."""
    try:
        return formats.read(formats.Document(data=content), form=form)
    except LoquiturError:
        return None


def converted(track: Shelved, form: str, language: str) -> bytes | None:
    """A track in another format or language; None where that cannot be done.

    Nothing is translated here: each text is marked with the language that was asked for.
    """
    target = form or (track.form if track.form in _TIMED else "srt")
    if target not in _TIMED or (language and not is_tag(language)):
        return None
    content = parsed(track.content, track.form)
    if content is None:
        return None
    if language:
        cues = tuple(
            replace(cue, payload=write((f"[{language}] ", *cue.tree), "vtt")[0], notation="vtt")
            for cue in content.cues
        )
        content = replace(content, language=language, cues=cues)
    return formats.write_track(target, content).content


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
