"""Which of a video's tracks is meant: the options that say it, and the choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from loquitur.cli.options import with_options
from loquitur.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loquitur.cli.youtube_publishing import Counter
    from loquitur.youtube.captions import Track
    from loquitur.youtube.client import Client

_WHICH = (
    click.option("--language", default="", metavar="CODE", help="Of which language, BCP 47."),
    click.option("--name", default=None, metavar="NAME", help="Of which name."),
    click.option("--track", "track_id", default="", metavar="ID", help="Or by its id."),
)


def which(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which track is meant."""
    return with_options(command, _WHICH)


def track_of(client: Client, counter: Counter, given: dict[str, Any]) -> tuple[str, Track | None]:
    """The id of the track that is meant, and the track where it was looked for in its video.

    Raises:
        InputError: That is neither a video nor the id of a track.
        UsageError: None is meant, or several are.
    """
    from loquitur.youtube.captions import list_tracks
    from loquitur.youtube.references import video_id

    if given["track_id"]:
        return given["track_id"], None
    try:
        video = video_id(given["what"])
    except InputError:
        if "/" in given["what"] or len(given["what"]) < 16:
            raise
        return given["what"], None
    track = chosen(list_tracks(client, video), given, video)
    if track.kind != "standard":
        counter.tell(f"{video} has no such track of its own; this is {track.label}")
    return track.id, track


def chosen(tracks: Sequence[Track], given: dict[str, Any], video: str) -> Track:
    """The one track that is meant.

    Raises:
        UsageError: None is, or several are.
    """
    from loquitur.youtube.captions import same_language

    language, name, ident = given["language"], given["name"], given["track_id"]
    found = [
        track
        for track in tracks
        if (not ident or track.id == ident)
        and (not language or same_language(track.language, language))
        and (name is None or track.name == name)
    ]
    for kind in ("standard", "forced", "ASR"):
        of_kind = [track for track in found if track.kind == kind]
        exact = [track for track in of_kind if track.language.lower() == language.lower()]
        usual = [track for track in exact or of_kind if not track.name]
        if len(of_kind) > 1 and language and name is None and len(usual) == 1:
            return usual[0]
        if of_kind:
            found = exact or of_kind
            break
    if len(found) == 1:
        return found[0]
    there = ", ".join(track.label for track in tracks) or "none"
    if not found:
        raise UsageError(f"{video} has no such caption track", hint=f"there are: {there}")
    several = ", ".join(track.label for track in found)
    raise UsageError(
        f"several tracks of {video} are meant: {several}",
        hint="say which with --language and --name, or --track",
    )
