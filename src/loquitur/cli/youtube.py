"""`youtube`: the service's data, tracks and chats. Each verb is imported when it is chosen."""

from __future__ import annotations

import click

from loquitur.cli.groups import LazyVerbs

# verb -> (where its command is, its line in --help)
VERBS: dict[str, tuple[str, str]] = {
    "auth": ("loquitur.cli.youtube_access:auth", "Log in for calls on your own videos."),
    "quota": ("loquitur.cli.youtube_access:quota", "Spent and left today, per bucket and key."),
    "captions": (
        "loquitur.cli.youtube_captions:captions",
        "Tracks: list, download, upload, update, delete, restore.",
    ),
    "transcript": ("loquitur.cli.youtube_transcript:transcript", "Captions without a key."),
    "search": ("loquitur.cli.youtube_search:search", "Videos of a query, past the limits."),
    "videos": ("loquitur.cli.youtube_tables:videos", "Statistics of videos."),
    "channel": ("loquitur.cli.youtube_tables:channel", "A channel and all its videos."),
    "playlist": ("loquitur.cli.youtube_tables:playlist", "The videos of a playlist."),
    "comments": ("loquitur.cli.youtube_tables:comments", "Comments with all replies."),
    "chat": ("loquitur.cli.youtube_chat:chat", "Live chat as it happens, or replayed."),
    "collections": (
        "loquitur.cli.youtube_collections:collections",
        "What was collected: list, plan, refresh, purge.",
    ),
    "emulate": ("loquitur.cli.youtube_emulate:emulate", "A local server to try things against."),
}


class _YouTube(LazyVerbs):
    """The verbs for YouTube, by name."""

    table = VERBS


@click.group(cls=_YouTube, help="YouTube: data, caption tracks, chats, within the quotas.")
def youtube() -> None:
    """YouTube."""
