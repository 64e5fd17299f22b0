"""Publishing captions: plan, then spend.

```python
publications = Publications(settings.store)
plan = plan_publication(caller, "dQw4w9WgXcQ", track, publications=publications)
print(plan.action, plan.difference, plan.units)      # nothing was changed yet
done = carry_out(caller, plan, publications=publications)
```

A plan lists the tracks (50 units) and, where the present text is not known from here, downloads it
(200) for the diff and the backup. What was last published is remembered with the track's
`lastUpdated`, so the same again costs the list and changes nothing.

Carrying out backs up what is replaced, notes each step on the disk before it is taken, and sends
once. Where no answer came the tracks are listed before anything else: a new track or a newer
`lastUpdated` is success, otherwise it had not arrived and is sent again. A process killed at any
moment leaves the old track or the new one; the next plan finds out which.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from loquitur.errors import RemoteError
from loquitur.youtube.caption_diff import Difference, difference
from loquitur.youtube.caption_files import CaptionFile, caption_file, hold_within, read_back
from loquitur.youtube.captions import (
    Track,
    called,
    check_name,
    check_video_id,
    download_track,
    insert_track,
    list_tracks,
    listed_again,
    matching,
    same_language,
    update_track,
)
from loquitur.youtube.complaints import (
    ComplaintError,
    ExistsError,
    GoneError,
    RefusedInputError,
)
from loquitur.youtube.costs import cost
from loquitur.youtube.publications import Attempt
from loquitur.youtube.sending import sent_once
from loquitur.youtube.spending import Counted
from loquitur.youtube.values import count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loquitur.model.captions import CaptionTrack
    from loquitur.youtube.caller import Caller
    from loquitur.youtube.publications import Publications, Slot

Action = Literal["insert", "update", "state", "nothing"]
WAITS_S = (3.0, 10.0, 30.0)
"""When to look whether a text is served, seconds after the look before; each look is a list."""
_FRESH_S = 120.0
"""Tracks that were listed so long ago are listed once more before anything is made of them."""
METHODS = {"insert": "captions.insert", "update": "captions.update", "state": "captions.update"}
"""Which call does what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The tracks of a video at a moment.

    Args:
        tracks: As the service listed them.
        at: When, monotonic seconds.
        units: What that took, and is not told of any plan yet.
    """

    tracks: tuple[Track, ...]
    at: float
    units: int = 0

    @property
    def fresh(self) -> bool:
        """Whether it is young enough to plan with."""
        return _is_fresh(self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What publishing a text would do, and cost.

    Args:
        video_id: Where.
        language: The code that is sent, or that the track has which is updated.
        name: Of the track.
        action: `insert` a track, `update` its text, change its draft `state` alone, or `nothing`.
        file: What is sent.
        draft: Whether it becomes a draft; None to leave that as it is.
        present: The track of that language and name, None where there is none.
        present_digest: The sha256 of its text, which is kept here; empty where it has none to read.
        difference: What changes in it; None where there is no text to compare with.
        spent: Units that planning took, with those of the listing that it was given.
        units: Units that carrying it out takes.
        notices: What the user should know, one line each.
        seen: The last attempt on this track when it was planned.
        planned_at: When the tracks were listed, monotonic seconds.
    """

    video_id: str
    language: str
    name: str
    action: Action
    file: CaptionFile
    draft: bool | None
    present: Track | None
    present_digest: str
    difference: Difference | None
    spent: int
    units: int
    notices: tuple[str, ...] = ()
    seen: Attempt | None = None
    planned_at: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What came of it.

    Args:
        plan: What was planned.
        changed: Whether anything was sent.
        track: The track as it is now.
        status: `serving`, `syncing`, `failed`, or `unknown` where waiting ended before it was told.
        backup: The number of the backup of what was replaced, None where nothing was.
        units: Units that were spent after the plan.
    """

    plan: Publication
    changed: bool
    track: Track
    status: str
    backup: int | None = None
    units: int = 0


def look(caller: Caller, video_id: str, before: Listing | None = None) -> Listing:
    """The tracks of a video now (50 units): to be handed to `plan_publication`.

    Args:
        caller: Who calls.
        video_id: Of the video.
        before: An earlier look at it: taken where it is fresh, else its units are added.

    Raises:
        InputError: That is no video id.
        LoquiturError: What the call raises.
    """
    if before is not None and before.fresh:
        return before
    at, counted = time.monotonic(), Counted(caller)
    tracks = list_tracks(counted, video_id)
    units = counted.units + (before.units if before is not None else 0)
    return Listing(tracks=tracks, at=at, units=units)


def plan_publication(  # noqa: PLR0913 - each is a thing a user may want to say
    caller: Caller,
    video_id: str,
    captions: CaptionTrack | bytes | CaptionFile,
    *,
    publications: Publications,
    language: str = "",
    name: str = "",
    draft: bool | None = None,
    format: str = "",  # noqa: A002 - the command line's word
    duration_ms: int | None = None,
    listing: Listing | None = None,
) -> Publication:
    """What publishing captions would do: 50 units, 250 where the present text must be downloaded.

    Where the video's length is not given it is asked for: 1 of the bucket of statistics.

    Args:
        caller: Who calls.
        video_id: Where to.
        captions: A track, the bytes of a caption file, or one that is made ready.
        publications: What was published from here before.
        language: BCP 47 tag; empty for what the captions say.
        name: Of the track.
        draft: Whether viewers do not see it; None to leave a present track as it is.
        format: What is sent; see `caption_files.caption_file`.
        duration_ms: How long the video is; None to ask the service, 0 where that is no matter.
        listing: The video's tracks from `look`, which saves listing them again unless it is older
            than two minutes; its units are told as spent.

    Raises:
        InputError: YouTube would refuse the file, the language, the name or the id, before anything
            is spent; or the captions are longer than the video, before anything is sent.
        LoquiturError: What the calls raise.
    """
    check_video_id(video_id)
    check_name(name)
    if isinstance(captions, CaptionFile):
        file = captions
    else:
        file = caption_file(captions, language=language, format=format, duration_ms=duration_ms)
    counted = Counted(caller)
    slot = publications.slot(video_id, file.language, name)
    seen = slot.attempt()
    listing = look(caller, video_id, listing)
    present = matching(listing.tracks, file.language, name)
    beside = _beside(listing.tracks, file.language, present)
    notices = [*file.notices, *beside, *_broken_off(seen)]
    digest, changes = "", None
    if present is not None:
        digest, unread = known_text(counted, slot, present)
        notices += unread
        changes = _changes(slot, digest, file, present)
    action = _action(file, draft, present, digest, changes)
    if file.unmeasured and action in ("insert", "update"):
        notices += _measured(counted, video_id, file)
    return Publication(
        video_id=video_id,
        language=present.language if present is not None else file.language,
        name=name,
        action=action,
        file=file,
        draft=draft,
        present=present,
        present_digest=digest,
        difference=changes,
        spent=listing.units + counted.units,
        units=0 if action == "nothing" else cost(METHODS[action]).units,
        notices=tuple(notices),
        seen=seen,
        planned_at=listing.at,
    )


def carry_out(
    caller: Caller,
    plan: Publication,
    *,
    publications: Publications,
    waits_s: Sequence[float] = (),
    tell: Callable[[str], None] | None = None,
) -> Published:
    """Do what was planned, once: insert, update, or nothing.

    Args:
        caller: Who calls.
        plan: From `plan_publication`.
        publications: Where backups, journal and texts are kept.
        waits_s: When to look whether the text is served (50 units each); empty for not at all.
        tell: Told what takes long, one line each.

    Raises:
        RemoteError: The tracks are no longer as they were planned for; nothing was sent.
        LockedError: Another process kept changing the same track.
        LoquiturError: What the calls raise.
    """
    counted = Counted(caller)
    slot = publications.slot(plan.video_id, plan.language, plan.name)
    with slot.locked(tell=tell):
        done = _still_to_do(counted, plan, slot)
        if done is not None:
            return replace(done, units=counted.units)
        backup = None
        _note(slot, plan, "planned")
        if plan.action == "update" and plan.present is not None:
            made = slot.back_up(plan.present, plan.present_digest, reason="update")
            backup = made.number
            _note(slot, plan, "backed-up")
        slot.keep_text(plan.file.content)
        track = _sent(counted, plan, slot, tell)
        slot.remember(track, plan.file.digest)
        _note(slot, plan, "verified")
    track, status = watched(counted, track, waits_s, tell)
    return Published(
        plan=plan, changed=True, track=track, status=status, backup=backup, units=counted.units
    )


def known_text(caller: Caller, slot: Slot, track: Track) -> tuple[str, list[str]]:
    """The digest of a track's text, downloaded (200 units) where it is not known; and what to tell.

    The digest is empty where the service has no text of it to give.
    """
    known = slot.known()
    if known is not None and known.is_of(track) and slot.has_text(known.digest):
        return known.digest, []
    try:
        content = download_track(caller, track.id)
    except (GoneError, RefusedInputError) as exc:
        return "", [f"the text of the {track.label} track cannot be read ({exc.reason}): no backup"]
    digest = slot.keep_text(content)
    slot.remember(track, digest)
    return digest, []


def watched(
    caller: Caller,
    track: Track,
    waits_s: Sequence[float],
    tell: Callable[[str], None] | None = None,
) -> tuple[Track, str]:
    """A track and its status, looked at after each wait until it is served or failed."""
    if not waits_s:
        return track, track.status
    for wait_s in waits_s:
        if tell is not None:
            tell(f"looking in {wait_s:g} s whether it is served")
        time.sleep(wait_s)
        now = listed_again(caller, track)
        if now is not None and now.status != "syncing":
            return now, now.status
    return track, "unknown"


def _still_to_do(caller: Counted, plan: Publication, slot: Slot) -> Published | None:
    """None where the plan holds; what there is where it is done already.

    Raises:
        RemoteError: The tracks are no longer as they were planned for.
    """
    if plan.action == "nothing" and plan.present is not None:
        return Published(plan=plan, changed=False, track=plan.present, status=plan.present.status)
    if _is_fresh(plan.planned_at) and slot.attempt() == plan.seen:
        return None
    now, before = _present_now(caller, plan), plan.present
    if now is None and before is None:
        return None
    if now is not None and before is not None and now.last_updated == before.last_updated:
        return None
    known = slot.known()
    if now is not None and known is not None and known.is_of(now):
        as_wanted = plan.draft is None or plan.draft == now.is_draft
        if known.digest == plan.file.digest and as_wanted:
            return Published(plan=plan, changed=False, track=now, status=now.status)
    raise _changed_meanwhile(plan, now)


def _is_fresh(at: float) -> bool:
    return time.monotonic() - at < _FRESH_S


def _present_now(caller: Counted, plan: Publication) -> Track | None:
    """The track of the plan's language and name as it is now (50 units)."""
    return matching(list_tracks(caller, plan.video_id), plan.language, plan.name)


def _changed_meanwhile(plan: Publication, now: Track | None) -> RemoteError:
    """The error of a track that somebody else changed after it was looked at."""
    what = f"it was last changed at {now.last_updated}" if now is not None else "it is gone"
    return RemoteError(
        f"{plan.video_id}: somebody else changed the {called(plan.language, plan.name)} track "
        f"meanwhile ({what}); nothing was sent over it",
        hint="run it again: it is held against what is there now",
        code="LQ-YOUTUBE-CHANGED",
    )


def _sent(
    caller: Counted, plan: Publication, slot: Slot, tell: Callable[[str], None] | None
) -> Track:
    """Send, and where no answer came look first; the track as it is then."""
    try:
        return sent_once(
            lambda: _send(caller, plan),
            lambda: _arrived(caller, plan),
            note=lambda: _note(slot, plan, "sent"),
            tell=tell,
        )
    except ExistsError:
        raise _changed_meanwhile(plan, _present_now(caller, plan)) from None


def _send(caller: Counted, plan: Publication) -> Track:
    content = plan.file.content
    if plan.action == "insert":
        return insert_track(
            caller,
            plan.video_id,
            content,
            language=plan.language,
            name=plan.name,
            draft=bool(plan.draft),
        )
    assert plan.present is not None
    if plan.action == "state":
        return update_track(caller, plan.present.id, draft=plan.draft)
    return update_track(caller, plan.present.id, content, draft=plan.draft)


def _arrived(caller: Counted, plan: Publication) -> Track | None:
    """The track where what was sent arrived, None where it did not.

    Raises:
        RemoteError: The track that was to be updated is gone.
    """
    now = _present_now(caller, plan)
    if plan.present is None:
        return now
    if now is None or now.id != plan.present.id:
        raise _changed_meanwhile(plan, now)
    if plan.action == "state" and now.is_draft == plan.draft:
        return now
    return now if now.last_updated != plan.present.last_updated else None


def _measured(caller: Caller, video_id: str, file: CaptionFile) -> list[str]:
    """Hold that no cue ends after the video, as the service tells its length; what is to be said.

    It costs no unit of the shared bucket. A private video's is not told to a key, and that of a
    stream which has not ended to nobody.

    Raises:
        InputError: One does.
    """
    try:
        answer = caller.call("videos.batchGetStats", part="contentDetails", id=video_id)
    except ComplaintError as exc:
        return [f"not held against the length of the video, which was not told: {exc.message}"]
    for item in answer.get("items", ()):
        duration_ms = count(item.get("contentDetails", {}).get("durationMillis"))
        if duration_ms:
            hold_within(file.track, duration_ms)
    return []


def _action(
    file: CaptionFile,
    draft: bool | None,
    present: Track | None,
    digest: str,
    changes: Difference | None,
) -> Action:
    if present is None:
        return "insert"
    same = bool(digest) and (digest == file.digest or (changes is not None and changes.same))
    if not same or present.status == "failed":
        return "update"
    return "nothing" if draft is None or draft == present.is_draft else "state"


def _changes(slot: Slot, digest: str, file: CaptionFile, present: Track) -> Difference | None:
    """What changes against the present text; None where there is none that is read here."""
    if not digest:
        return None
    old = read_back(slot.text(digest), present.language)
    if not old.cues:
        return None
    before, after = f"{present.label} as it is", f"{file.language} as it would be"
    return difference(old, file.track, before=before, after=after)


def _beside(tracks: Sequence[Track], language: str, present: Track | None) -> list[str]:
    """What is said of the tracks of that language that are there."""
    told = []
    if present is not None and present.language.lower() != language.lower():
        told.append(
            f"the track is called '{present.language}' there, which is the same language as "
            f"'{language}': it keeps that"
        )
    others = [one for one in tracks if same_language(one.language, language) and one != present]
    if any(one.kind == "ASR" for one in others):
        told.append("YouTube's own track (ASR) stays as it is; viewers get this one before it")
    told += [f"the {one.label} track stays as it is" for one in others if one.kind != "ASR"]
    if present is not None and present.status == "failed":
        told.append(f"YouTube could not read the present text ({present.failure_reason})")
    return told


def _broken_off(seen: Attempt | None) -> list[str]:
    if seen is None or seen.state == "verified":
        return []
    how = f"{seen.action}, {seen.state}"
    return [f"an earlier run stopped in the middle ({how}); what there is now is what counts"]


def _note(slot: Slot, plan: Publication, state: str) -> None:
    before = None if plan.present is None else (plan.present.id, plan.present.last_updated)
    slot.note(Attempt(state=state, action=plan.action, digest=plan.file.digest, before=before))
