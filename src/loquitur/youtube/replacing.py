"""Tracks taken away, put back, and given another language or name: never without a backup.

The service cannot change a track's language or name. `rename` inserts the text under the new ones
first and deletes the old track afterwards, so that viewers have one at every moment.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loquitur.errors import InputError, UsageError
from loquitur.youtube.caption_files import stored_file
from loquitur.youtube.captions import (
    STANDARD,
    Track,
    check_language,
    delete_track,
    listed_again,
    same_language,
    update_track,
)
from loquitur.youtube.complaints import GoneError
from loquitur.youtube.publications import Attempt
from loquitur.youtube.publishing import carry_out, known_text, plan_publication, watched
from loquitur.youtube.sending import sent_once
from loquitur.youtube.spending import Counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loquitur.youtube.caller import Caller
    from loquitur.youtube.publications import Backup, Publications, Slot
    from loquitur.youtube.publishing import Publication, Published


DELETED = "deleted"
FORCED = "forced"


def remove(
    caller: Caller,
    track: Track,
    *,
    publications: Publications,
    tell: Callable[[str], None] | None = None,
) -> Backup:
    """Delete a track once a backup of it is on the disk (50 units, 250 where it is downloaded).

    Args:
        caller: Who calls.
        track: As `list_tracks` gave it.
        publications: Where the backup is kept.
        tell: Told what takes long, one line each.

    Raises:
        UsageError: It is the service's own (ASR).
        LockedError: Another process kept changing it.
        LoquiturError: What the calls raise.
    """
    check_own(track, DELETED)
    slot = publications.slot(track.video_id, track.language, track.name)
    with slot.locked(tell=tell):
        digest, unread = known_text(caller, slot, track)
        if unread and tell is not None:
            tell(unread[0])
        backup = slot.back_up(track, digest, reason="delete")
        _delete(caller, track, slot, tell)
        slot.forget()
        _note(slot, track, "verified")
    return backup


def plan_restoring(
    caller: Caller,
    video_id: str,
    *,
    publications: Publications,
    number: int | None = None,
    language: str = "",
    name: str | None = None,
) -> tuple[Backup, Publication]:
    """What putting a backup back would do: the bytes as they were, over what is there now.

    Args:
        caller: Who calls.
        video_id: Of the video.
        publications: Where backups are kept.
        number: Which backup; None for the newest.
        language: Of which track; empty for whichever was replaced last.
        name: Of which track; None for any.

    Raises:
        UsageError: There is no such backup.
        InputError: It has no text.
        CorruptError: It is damaged.
    """
    slot, backup = _chosen(publications, video_id, number=number, language=language, name=name)
    if not backup.digest:
        raise InputError(
            f"backup {backup.number} of {backup.track.label} has no text: the service had none to "
            "give when it was made"
        )
    content = slot.text(backup.digest)
    file = stored_file(content, backup.track.language)
    plan = plan_publication(
        caller, video_id, file, publications=publications, name=backup.track.name,
        draft=backup.track.is_draft,
    )  # fmt: skip
    if backup.track.kind != STANDARD:
        told = f"it was a {backup.track.kind} track and comes back as a standard one"
        plan = replace(plan, notices=(*plan.notices, told))
    return backup, plan


def backups_of(
    publications: Publications, video_id: str, *, language: str = "", name: str | None = None
) -> tuple[Backup, ...]:
    """The backups of a video's tracks, the newest first.

    Raises:
        CorruptError: One of them is damaged.
    """
    found = [
        backup
        for slot in publications.slots(video_id)
        if _is(slot, language, name)
        for backup in slot.backups()
    ]
    return tuple(sorted(found, key=lambda backup: backup.at, reverse=True))


def rename(
    caller: Caller,
    track: Track,
    *,
    publications: Publications,
    language: str = "",
    name: str | None = None,
    waits_s: Sequence[float] = (),
    tell: Callable[[str], None] | None = None,
) -> Published:
    """Another language or name for a track: inserted anew, then the old one deleted.

    450 units, 50 for each look, and 200 where the text must be read. The old track stays where the
    service could not read the new one, whose status is `failed` then.

    Args:
        caller: Who calls.
        track: As `list_tracks` gave it.
        publications: Where backups are kept.
        language: The new language; empty for the same.
        name: The new name; None for the same.
        waits_s: When to look whether the text is served; see `publishing.carry_out`.
        tell: Told what takes long, one line each.

    Raises:
        UsageError: Nothing would change, there is a track of that language and name, or it is the
            service's own.
        InputError: Its text cannot be read, so it cannot be put elsewhere.
        LoquiturError: What the calls raise.
    """
    counted = Counted(caller)
    check_own(track, "renamed")
    to_language, to_name = language or track.language, track.name if name is None else name
    check_language(to_language)
    if same_language(to_language, track.language) and to_name == track.name:
        raise UsageError(
            f"the {track.label} track has that language and name already",
            hint="codes of one meaning (iw and he, zh-CN and zh-Hans) are one language here",
        )
    slot = publications.slot(track.video_id, track.language, track.name)
    digest, unread = known_text(counted, slot, track)
    if not digest:
        raise InputError(unread[0])
    file = stored_file(slot.text(digest), to_language)
    plan = plan_publication(
        counted, track.video_id, file, publications=publications, name=to_name,
        draft=track.is_draft,
    )  # fmt: skip
    if plan.present is not None and plan.action != "nothing":
        raise UsageError(
            f"{track.video_id} has another {plan.present.label} track already",
            hint="upload to that one, then delete this one",
        )
    done = carry_out(counted, plan, publications=publications, waits_s=waits_s, tell=tell)
    if done.changed and not waits_s:
        # The answer to an insert always says `serving`: a text that cannot be read shows in a list.
        before = counted.units
        now, status = watched(counted, done.track, (0.0,))
        units = done.units + counted.units - before
        done = replace(done, track=now, status=status, units=units)
    if done.status != "failed":
        remove(counted, track, publications=publications, tell=tell)
    return done


def set_draft(caller: Caller, track: Track, *, draft: bool, publications: Publications) -> Track:
    """A track as a draft, or shown to viewers (450 units); its text stays as it is.

    Args:
        caller: Who calls.
        track: As `list_tracks` gave it.
        draft: What it shall be.
        publications: Where what is known of the track is kept.

    Raises:
        UsageError: It is so already, or it is the service's own.
        LoquiturError: What the call raises.
    """
    check_own(track, "made a draft")
    if track.is_draft == draft:
        state = "a draft" if draft else "no draft"
        raise UsageError(f"the {track.label} track is {state} already")
    slot = publications.slot(track.video_id, track.language, track.name)
    with slot.locked():
        known = slot.known()

        def arrived() -> Track | None:
            now = listed_again(caller, track)
            return now if now is not None and now.is_draft == draft else None

        changed = sent_once(
            lambda: update_track(caller, track.id, draft=draft),
            arrived,
            note=lambda: _note(slot, track, "sent", action="state"),
        )
        _note(slot, track, "verified", action="state")
        if known is not None and known.is_of(track):
            slot.remember(changed, known.digest)
    return changed


def check_own(track: Track, deed: str) -> None:
    """Hold that a track is one that may be changed from here; forced ones are only deleted.

    Raises:
        UsageError: It is not.
    """
    if track.kind == FORCED and deed != DELETED:
        raise UsageError(
            f"the {track.label} track cannot be {deed} from here: what is sent becomes a standard "
            "track",
            hint="change it in YouTube Studio",
        )
    if track.kind not in (STANDARD, FORCED):
        raise UsageError(
            f"the {track.label} track is made by YouTube: it cannot be {deed}",
            hint="upload a track of that language; viewers get it before YouTube's own",
        )


def _delete(caller: Caller, track: Track, slot: Slot, tell: Callable[[str], None] | None) -> None:
    """Delete once; where no answer came, look whether it is gone before it is tried again."""

    def gone() -> bool | None:
        return True if listed_again(caller, track) is None else None

    def send() -> bool:
        try:
            delete_track(caller, track.id)
        except GoneError:  # it was listed before: a try beneath this one, or somebody, did it
            return True
        return True

    sent_once(send, gone, note=lambda: _note(slot, track, "sent"), tell=tell)


def _note(slot: Slot, track: Track, state: str, *, action: str = "delete") -> None:
    slot.note(Attempt(state=state, action=action, before=(track.id, track.last_updated)))


def _chosen(
    publications: Publications, video_id: str, *, number: int | None, language: str,
    name: str | None,
) -> tuple[Slot, Backup]:  # fmt: skip
    pairs = [
        (slot, backup)
        for slot in publications.slots(video_id)
        if _is(slot, language, name)
        for backup in slot.backups()
        if number is None or backup.number == number
    ]
    if not pairs:
        which = f"no backup {number}" if number is not None else "no backup"
        of = f" of its {language} track" if language else ""
        raise UsageError(
            f"there is {which} of {video_id}{of}",
            hint="`loquitur youtube captions restore VIDEO --list` lists them",
        )
    if number is not None and len({slot.folder for slot, _ in pairs}) > 1:
        raise UsageError(
            f"several tracks of {video_id} have a backup {number}",
            hint="say which with --language and --name",
        )
    return max(pairs, key=lambda pair: pair[1].at)


def _is(slot: Slot, language: str, name: str | None) -> bool:
    return (not language or same_language(slot.language, language)) and (
        name is None or slot.name == name
    )
