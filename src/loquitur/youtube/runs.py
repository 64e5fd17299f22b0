"""Publishing what a run made: its captions, and those of each translation."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from loquitur.errors import InputError
from loquitur.model.captions import CaptionTrack
from loquitur.youtube.caption_files import CaptionFile, caption_file, file_at
from loquitur.youtube.captions import called
from loquitur.youtube.costs import cost
from loquitur.youtube.publications import Publications
from loquitur.youtube.publishing import (
    WAITS_S,
    Listing,
    Publication,
    Published,
    carry_out,
    look,
    plan_publication,
)
from loquitur.youtube.references import video_id as video_id_of
from loquitur.youtube.sessions import open_client

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.settings import Settings
    from loquitur.youtube.caller import Caller


class Made(Protocol):
    """What a run gives (`loquitur.Result`): captions, their translations, the medium."""

    @property
    def track(self) -> CaptionTrack | None:
        """The captions."""

    @property
    def translations(self) -> Sequence[Any]:
        """Each with its `language` and its `track`."""

    @property
    def media(self) -> Any:
        """With its `duration_ms`; None where nothing came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One track: what was planned, and what came of it.

    Args:
        plan: What publishing it would do.
        done: What was done; None where it was not to be.
    """

    plan: Publication
    done: Published | None = None

    def __repr__(self) -> str:
        plan, done = self.plan, self.done
        state = f"{plan.units} units, not done"
        if done is not None:
            state = f"{done.status}, {plan.spent + done.units} units"
        track = called(plan.language, plan.name)
        return f"<Outcome {plan.video_id}: {track}: {plan.action}, {state}>"


def publish(  # noqa: PLR0913 - the facade: one keyword for each thing a user may want to say
    made: Made | CaptionTrack | str | Path,
    video: str,
    *,
    yes: bool = False,
    language: str = "",
    name: str = "",
    draft: bool | None = None,
    format: str = "",  # noqa: A002 - the command line's word
    wait: bool = False,
    settings: Settings | None = None,
    caller: Caller | None = None,
) -> tuple[Outcome, ...]:
    """Publish captions as tracks of a video of your own: planned only, unless `yes`.

    Planning takes 50 units, and 200 for each present text that is not known here; publishing a
    track 400 where there is none of its language and name, else 450. The same again takes the 50.

    Args:
        made: What `run` gave (its translations are published too), a track, or a caption file.
        video: The id or address of the video.
        yes: Whether it is done; otherwise nothing is changed.
        language: BCP 47 tag of the captions; empty for what they say. Not for translations.
        name: Of the track.
        draft: Whether viewers do not see it; None to leave a present track as it is.
        format: What is sent: `vtt`, `srt`, `sbv`, `ttml` or `srv3`.
        wait: Whether to look after 3, 10 and 30 s whether the text is served (50 units each).
        settings: Resolved settings; those of this place where None.
        caller: Who calls; a client of the settings where None.

    Raises:
        InputError: There are no captions, or YouTube would refuse them; nothing was sent.
        LoquiturError: Whatever stopped it; see `loquitur.errors`.
    """
    from loquitur.settings import resolve

    settings = settings or resolve().settings
    ident = video_id_of(video)
    files = list(files_of(made, language=language, format=format))
    kept = Publications(settings.store)
    waits_s = WAITS_S if wait else ()
    found: list[Outcome] = []
    with open_client(settings) if caller is None else nullcontext(caller) as client:
        for plan in plans(client, ident, files, publications=kept, name=name, draft=draft):
            done = carry_out(client, plan, publications=kept, waits_s=waits_s) if yes else None
            found.append(Outcome(plan=plan, done=done))
    return tuple(found)


def plans(
    caller: Caller,
    video_id: str,
    files: Sequence[CaptionFile],
    *,
    publications: Publications,
    name: str = "",
    draft: bool | None = None,
    listing: Listing | None = None,
) -> Iterator[Publication]:
    """What publishing each file would do, one after the other: each may be carried out in between.

    The tracks are listed once for all of them, and the first plan tells what that took.

    Args:
        caller: Who calls.
        video_id: Where to.
        files: What is to be sent.
        publications: What was published from here before.
        name: Of the tracks.
        draft: Whether viewers do not see them; None to leave present tracks as they are.
        listing: An earlier look at the tracks; see `publishing.look`.

    Raises:
        LoquiturError: What `plan_publication` raises.
    """
    for file in files:
        listing = look(caller, video_id, listing)
        yield plan_publication(
            caller, video_id, file, publications=publications, name=name, draft=draft,
            listing=listing,
        )  # fmt: skip
        listing = replace(listing, units=0)


def planned_units(tracks: int) -> tuple[int, int]:
    """The least and most units that so many tracks take: all there already, all replaced unseen."""
    listing = cost("captions.list").units
    each = cost("captions.download").units + cost("captions.update").units
    return listing, listing + tracks * each


def files_of(
    made: Made | CaptionTrack | str | Path,
    *,
    language: str = "",
    format: str = "",  # noqa: A002
) -> Iterator[CaptionFile]:
    """The files that publishing would send, each held against YouTube's rules.

    Raises:
        InputError: There are no captions, or YouTube would refuse them.
    """
    if isinstance(made, str | Path):
        yield file_at(Path(made), language=language, format=format)
        return
    if isinstance(made, CaptionTrack):
        yield caption_file(made, language=language, format=format)
        return
    if made.track is None:
        raise InputError("there are no captions to publish", hint="let it run to its captions")
    duration_ms = (made.media.duration_ms or None) if made.media is not None else None
    yield caption_file(made.track, language=language, format=format, duration_ms=duration_ms)
    for item in made.translations:
        if item.track is not None:
            track = replace(item.track, language=item.language)
            yield caption_file(track, format=format, duration_ms=duration_ms)
