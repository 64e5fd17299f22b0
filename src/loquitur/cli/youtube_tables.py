"""`youtube videos|channel|playlist|comments`: what the service knows, as tables."""

from __future__ import annotations

from typing import Any

import click

from loquitur.cli.video_arguments import VideoCommand
from loquitur.cli.youtube_jobs import Errand, identifiers, job_options

_FROM = "ids, addresses, files of them (a table or lines), `-` for standard input"
_MOST = click.option(
    "--max", "most", type=click.IntRange(1), metavar="N", help="About so many each."
)
_DETAILS = click.option(
    "--no-details",
    is_flag=True,
    help="What the list says alone, without statistics: half the calls.",
)


@click.command(cls=VideoCommand, help=f"Statistics of videos, 50 a call. ID: {_FROM}.")
@click.argument("given", nargs=-1, required=True, metavar="ID...")
@click.option(
    "--numbers",
    is_flag=True,
    help="Counts, date and length alone, from a bucket of their own (500,000 videos a day).",
)
@job_options
@click.pass_context
def videos(ctx: click.Context, /, **given: Any) -> None:
    """Collect videos."""
    from loquitur.youtube.collecting.videos import VideosOrder

    errand = Errand(ctx, given)
    wanted = identifiers(given["given"], "video_id")
    errand.run(VideosOrder(given=wanted, numbers=given["numbers"], endpoint=errand.endpoint))


@click.command(
    cls=VideoCommand,
    help=f"All videos of channels, out of their uploads. ID: {_FROM}; handles too, and addresses "
    "of videos.",
)
@click.argument("given", nargs=-1, required=True, metavar="ID...")
@_MOST
@_DETAILS
@click.option("--videos/--no-videos", default=True, help="Their videos, or a row for each channel.")
@job_options
@click.pass_context
def channel(ctx: click.Context, /, **given: Any) -> None:
    """Collect channels."""
    from loquitur.youtube.collecting.channels import ChannelsOrder
    from loquitur.youtube.references import channel_reference

    errand = Errand(ctx, given)
    wanted = [channel_reference(text) for text in identifiers(given["given"], "channel_id")]
    errand.run(
        ChannelsOrder(
            given=wanted,
            videos=given["videos"],
            details=not given["no_details"],
            most=given["most"],
            endpoint=errand.endpoint,
        )
    )


@click.command(cls=VideoCommand, help=f"The videos of playlists, in their order. ID: {_FROM}.")
@click.argument("given", nargs=-1, required=True, metavar="ID...")
@_MOST
@_DETAILS
@job_options
@click.pass_context
def playlist(ctx: click.Context, /, **given: Any) -> None:
    """Collect playlists."""
    from loquitur.youtube.collecting.playlists import PlaylistsOrder
    from loquitur.youtube.references import playlist_id

    errand = Errand(ctx, given)
    wanted = [playlist_id(text) for text in identifiers(given["given"], "playlist_id")]
    errand.run(
        PlaylistsOrder(
            given=wanted,
            details=not given["no_details"],
            most=given["most"],
            endpoint=errand.endpoint,
        )
    )


@click.command(
    cls=VideoCommand, help=f"Comments of videos, threads with all their replies. ID: {_FROM}."
)
@click.argument("given", nargs=-1, required=True, metavar="ID...")
@_MOST
@job_options
@click.pass_context
def comments(ctx: click.Context, /, **given: Any) -> None:
    """Collect comments."""
    from loquitur.youtube.collecting.comments import CommentsOrder

    errand = Errand(ctx, given)
    wanted = identifiers(given["given"], "video_id")
    errand.run(CommentsOrder(given=wanted, most=given["most"], endpoint=errand.endpoint))
