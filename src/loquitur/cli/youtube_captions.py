"""`youtube captions`: the tracks of your own videos, read and written."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.groups import Verbs
from loquitur.cli.options import everywhere, with_options
from loquitur.cli.output import print_json, print_table
from loquitur.cli.video_arguments import VideoCommand
from loquitur.cli.youtube_publishing import Counter, agreeing, spending, track_json
from loquitur.cli.youtube_tracks import chosen, track_of, which
from loquitur.errors import RemoteError, UsageError
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loquitur.youtube.caption_files import CaptionFile
    from loquitur.youtube.captions import Track
    from loquitur.youtube.client import Client
    from loquitur.youtube.publications import Backup
    from loquitur.youtube.publishing import Listing

_DRAFT = click.option(
    "--draft/--no-draft", default=None, help="Hidden from viewers, or not any more."
)
_SENDING = (
    click.option(
        "--format", "form", default="", metavar="FMT", help="vtt, srt, sbv, ttml or srv3.",
    ),
    click.option(
        "--media", default="", metavar="FILE", shell_complete=completing.files,
        help="The video's file: no cue may end after it.",
    ),
    click.option("--past-end", is_flag=True, help="Cues may end after the video."),
)  # fmt: skip
_ORIGINAL = "original"


@click.group(cls=Verbs, help="Caption tracks of your own videos. All calls need the owner's login.")
def captions() -> None:
    """Caption tracks."""


def _sending(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of verbs that may send a file, with those of verbs that change tracks."""
    return with_options(spending(command), _SENDING)


@captions.command("list", cls=VideoCommand, help="The tracks of a video (50 units).")
@click.argument("video", metavar="VIDEO")
@everywhere
@click.pass_context
def list_(ctx: click.Context, /, **given: Any) -> None:
    """Print one row per track."""
    from loquitur.youtube.captions import list_tracks
    from loquitur.youtube.references import video_id

    counter, video = Counter.of(ctx, given), video_id(given["video"])
    with counter.client() as client:
        tracks = list_tracks(client, video)
    if counter.as_json:
        print_json({"video_id": video, "tracks": [track_json(track) for track in tracks]})
        return
    if not tracks:
        counter.tell(f"{video} has no caption tracks")
        return
    rows = [
        (
            track.language, track.name, track.kind, _state(track), _when(track.last_updated),
            track.id,
        )
        for track in tracks
    ]  # fmt: skip
    header = ("language", "name", "kind", "state", "updated", "id")
    print_table(header, rows, fit=True, shrinkable=(1,))


@captions.command(
    cls=VideoCommand,
    help="The text of a track (200 units; 250 where the video is named, since its tracks are "
    "listed). In any format that is written here; srt, sbv, vtt, ttml and scc come from YouTube.",
)
@click.argument("what", metavar="VIDEO|TRACK")
@which
@click.option("--format", "form", default="", metavar="FMT", help="original, or a format.")
@click.option("--translate", default="", metavar="CODE", help="Translated by YouTube's machine.")
@click.option(
    "-o", "output", default="", metavar="FILE", shell_complete=completing.files,
    help="Where to write; standard output without it.",
)  # fmt: skip
@everywhere
@click.pass_context
def download(ctx: click.Context, /, **given: Any) -> None:
    """Write a track's text."""
    from loquitur import formats
    from loquitur.delivery import write_file
    from loquitur.youtube.captions import DOWNLOADS, download_track

    counter = Counter.of(ctx, given)
    form = given["form"] or (formats.format_of(Path(given["output"])) if given["output"] else "")
    if form and form not in (_ORIGINAL, *DOWNLOADS):
        formats.find(form)
    with counter.client() as client:
        track_id, track = track_of(client, counter, given)
        served = form if form in DOWNLOADS else "vtt" if form != _ORIGINAL and form else None
        if served == "vtt" and form != "vtt" and not given["translate"]:
            served = None  # the text as it is says more than YouTube's conversion of it
        content = download_track(
            client, track_id, format=served, language=given["translate"] or None
        )
    losses: tuple[str, ...] = ()
    if form and form != _ORIGINAL and form not in DOWNLOADS:
        read = formats.read(formats.Document(data=content))
        written = formats.write_track(form, read)
        content, losses = written.content, written.losses
    for loss in losses:
        counter.tell(f"not carried by {form}: {loss}")
    if given["output"]:
        write_file(Path(given["output"]), content)
    if counter.as_json:
        print_json(
            {
                "track": None if track is None else track_json(track),
                "track_id": track_id,
                "format": form or _ORIGINAL,
                "translated": given["translate"] or None,
                "bytes": len(content),
                "losses": list(losses),
                "output": given["output"] or None,
                "text": None if given["output"] else content.decode("utf-8", "replace"),
            }
        )
    elif given["output"]:
        click.echo(display(given["output"]))
    else:
        click.echo(content, nl=False)


@captions.command(
    cls=VideoCommand,
    help="Publish a caption file of any format that is read here: shows what changes and asks; "
    "without a terminal it needs --yes. The track of that language and name is updated where there "
    "is one, after a backup. 50 units to look (250 where the present text is not known here), then "
    "400 to insert or 450 to update.",
)
@click.argument("video", metavar="VIDEO")
@click.argument("file", metavar="FILE", shell_complete=completing.files)
@click.option("--language", default="", metavar="CODE", help="BCP 47; else as the words say.")
@click.option("--name", default="", metavar="NAME", help="What the track is called.")
@_DRAFT
@_sending
@click.pass_context
def upload(ctx: click.Context, /, **given: Any) -> None:
    """Publish a caption file."""
    from loquitur.youtube.publishing import plan_publication
    from loquitur.youtube.references import video_id

    counter, video = Counter.of(ctx, given), video_id(given["video"])
    file = _file(given)
    with counter.client() as client:
        plan = plan_publication(
            client, video, file, publications=counter.publications, name=given["name"],
            draft=given["draft"],
        )  # fmt: skip
        document = counter.publish(client, plan)
    if counter.as_json:
        print_json(document)


@captions.command(
    cls=VideoCommand,
    help="Change a track that is there: its text (FILE), its draft state, or its language or name "
    "(inserted anew, then the old one deleted: 450 units).",
)
@click.argument("video", metavar="VIDEO")
@click.argument("file", required=False, metavar="[FILE]", shell_complete=completing.files)
@which
@_DRAFT
@click.option("--new-language", default="", metavar="CODE", help="Its language from now on.")
@click.option("--new-name", default=None, metavar="NAME", help="Its name from now on.")
@_sending
@click.pass_context
def update(ctx: click.Context, /, **given: Any) -> None:
    """Change a track."""
    from loquitur.youtube.publishing import look
    from loquitur.youtube.references import video_id

    counter, video = Counter.of(ctx, given), video_id(given["video"])
    renamed = bool(given["new_language"]) or given["new_name"] is not None
    if renamed and (given["file"] or given["draft"] is not None):
        raise UsageError("another language or name is a change of its own: do one after the other")
    if not (given["file"] or renamed or given["draft"] is not None):
        raise UsageError("nothing to change", hint="give a FILE, --draft, --new-language ...")
    file = _file(given, "und") if given["file"] else None  # the track's own language counts
    with counter.client() as client:
        listing = look(client, video)
        track = chosen(listing.tracks, given, video)
        if file is not None:
            document = _update_text(client, counter, track, listing, file, given)
        elif renamed:
            document = _rename(client, counter, track, given)
        else:
            document = _set_draft(client, counter, track, given)
    if counter.as_json:
        print_json(document)


@captions.command(
    cls=VideoCommand,
    help="Delete a track, after a backup of it (50 units to look, 200 to download the text where "
    "it is not known here, 50 to delete).",
)
@click.argument("video", metavar="VIDEO")
@which
@agreeing
@click.pass_context
def delete(ctx: click.Context, /, **given: Any) -> None:
    """Delete a track."""
    from loquitur.youtube.captions import list_tracks
    from loquitur.youtube.references import video_id
    from loquitur.youtube.replacing import DELETED, check_own, remove

    counter, video = Counter.of(ctx, given), video_id(given["video"])
    backup: Backup | None = None
    with counter.client() as client:
        track = chosen(list_tracks(client, video), given, video)
        check_own(track, DELETED)
        counter.say(f"{video}: {track.label}: delete (track {track.id})")
        counter.say("units: 50 spent on looking, 50 to delete, 200 where its text must be read")
        if counter.agreed(f"delete the {track.label} track?"):
            backup = remove(client, track, publications=counter.publications, tell=counter.tell)
            counter.say(f"deleted; backup {backup.number} has it")
        else:
            counter.not_done()
    if counter.as_json:
        print_json(
            {
                "video_id": video,
                "track": track_json(track),
                "deleted": backup is not None,
                "backup": None if backup is None else backup.number,
            }
        )


@captions.command(
    cls=VideoCommand,
    help="Put back what was replaced or deleted from here: the newest backup, or the one named.",
)
@click.argument("video", metavar="VIDEO")
@click.option("--backup", "number", type=click.IntRange(1), metavar="N", help="Which one.")
@click.option("--list", "listed", is_flag=True, help="The backups of the video; costs nothing.")
@click.option("--language", default="", metavar="CODE", help="Of which track.")
@click.option("--name", default=None, metavar="NAME", help="Of which track.")
@spending
@click.pass_context
def restore(ctx: click.Context, /, **given: Any) -> None:
    """Put a backup back."""
    from loquitur.youtube.references import video_id
    from loquitur.youtube.replacing import backups_of, plan_restoring

    counter, video = Counter.of(ctx, given), video_id(given["video"])
    which: dict[str, Any] = {"language": given["language"], "name": given["name"]}
    if given["listed"]:
        _list_backups(counter, video, backups_of(counter.publications, video, **which))
        return
    with counter.client() as client:
        backup, plan = plan_restoring(
            client, video, publications=counter.publications, number=given["number"], **which
        )
        counter.say(f"backup {backup.number} of {_clock(backup.at)}, {backup.size_bytes:,} bytes")
        document = counter.publish(client, plan)
    if counter.as_json:
        print_json({"backup": _backup_json(backup), **document})


def _update_text(
    client: Client, counter: Counter, track: Track, listing: Listing, file: CaptionFile,
    given: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    from loquitur.youtube.publishing import plan_publication
    from loquitur.youtube.replacing import check_own

    check_own(track, "replaced")
    file = dataclasses.replace(file, language=track.language)
    plan = plan_publication(
        client, track.video_id, file, publications=counter.publications, name=track.name,
        draft=given["draft"], listing=listing,
    )  # fmt: skip
    return counter.publish(client, plan)


def _rename(
    client: Client, counter: Counter, track: Track, given: dict[str, Any]
) -> dict[str, Any]:
    from loquitur.youtube.captions import called
    from loquitur.youtube.publishing import WAITS_S
    from loquitur.youtube.replacing import check_own, rename

    check_own(track, "renamed")
    language, name = given["new_language"] or track.language, given["new_name"]
    shown = called(language, track.name if name is None else name)
    counter.say(f"{track.video_id}: {track.label} becomes {shown}")
    counter.say(
        "units: 50 spent on looking; 400 to insert and 50 to delete, 100 to look, 200 where its "
        "text must be read"
    )
    counter.tell("YouTube cannot rename a track: it is inserted anew, then the old one is deleted")
    document: dict[str, Any] = {"video_id": track.video_id, "track": track_json(track)}
    if not counter.agreed("insert it anew and delete the old one?"):
        counter.not_done()
        return {**document, "renamed": None}
    done = rename(
        client, track, publications=counter.publications, language=language, name=name,
        waits_s=WAITS_S if counter.wait else (), tell=counter.tell,
    )  # fmt: skip
    if done.status == "failed":
        raise RemoteError(
            f"{track.video_id}: YouTube could not read the {done.track.label} captions "
            f"({done.track.failure_reason or 'no reason given'}); the {track.label} track is still "
            "there",
            hint=f"`loquitur youtube captions delete {track.video_id} --track {done.track.id}` "
            "takes the new one away",
            code="LQ-YOUTUBE-CAPTIONS-FAILED",
        )
    counter.say(f"track {done.track.id} is {done.status}; the old one is deleted")
    return {**document, "renamed": track_json(done.track)}


def _set_draft(
    client: Client, counter: Counter, track: Track, given: dict[str, Any]
) -> dict[str, Any]:
    from loquitur.youtube.replacing import check_own, set_draft

    check_own(track, "made a draft")
    becomes = "a draft" if given["draft"] else "shown to viewers"
    document: dict[str, Any] = {"video_id": track.video_id, "track": track_json(track)}
    if track.is_draft == given["draft"]:
        counter.say(f"{track.video_id}: {track.label}: nothing to do, it is {becomes} already")
        return {**document, "changed": None}
    counter.say(f"{track.video_id}: {track.label}: {becomes}")
    counter.say("units: 50 spent on looking, 450 to update")
    if not counter.agreed("change that?"):
        counter.not_done()
        return {**document, "changed": None}
    now = set_draft(client, track, draft=given["draft"], publications=counter.publications)
    counter.say(f"track {now.id} is {_state(now)}")
    return {**document, "changed": track_json(now)}


def _file(given: dict[str, Any], unsaid: str = "") -> CaptionFile:
    """The file that was named, ready to be sent; `unsaid` is its language where nothing says it."""
    from loquitur.formats.document import language_in
    from loquitur.youtube.caption_files import file_at

    path, duration_ms = Path(given["file"]), None
    if given["past_end"]:
        duration_ms = 0
    elif given["media"]:
        from loquitur.media.probe import probe

        duration_ms = probe(Path(given["media"])).duration_ms
    return file_at(
        path,
        language=given["language"] or language_in(path) or unsaid,
        format=given["form"],
        duration_ms=duration_ms,
    )


def _list_backups(counter: Counter, video: str, found: Sequence[Backup]) -> None:
    if counter.as_json:
        print_json({"video_id": video, "backups": [_backup_json(backup) for backup in found]})
        return
    if not found:
        counter.tell(f"no backup of {video} is kept here")
        return
    rows = [
        (
            backup.number, _clock(backup.at), backup.track.language, backup.track.name,
            backup.reason, f"{backup.size_bytes:,}" if backup.digest else "no text",
        )
        for backup in found
    ]  # fmt: skip
    print_table(("backup", "made", "language", "name", "before", "bytes"), rows)


def _backup_json(backup: Backup) -> dict[str, Any]:
    return {
        "number": backup.number,
        "at": dt.datetime.fromtimestamp(backup.at, tz=dt.UTC).isoformat(timespec="seconds"),
        "reason": backup.reason,
        "bytes": backup.size_bytes,
        "sha256": backup.digest or None,
        "track": track_json(backup.track),
    }


def _state(track: Track) -> str:
    state = f"{track.status} ({track.failure_reason})" if track.failure_reason else track.status
    return f"{state}, draft" if track.is_draft else state


def _when(text: str) -> str:
    return text[:16].replace("T", " ")


def _clock(at: float) -> str:
    return f"{dt.datetime.fromtimestamp(at, tz=dt.UTC):%Y-%m-%d %H:%M} UTC"
