"""Ids of videos as arguments: one that begins with `-` is an id and no option."""

from __future__ import annotations

import re

import click

from loquitur.media.urls import is_video_id, watch_url

_WORDS = re.compile(r"--[a-z]+(?:-[a-z]+)*")


class VideoCommand(click.Command):
    """A command whose arguments may be ids of videos.

    One id in 64 begins with `-`. An argument of 11 such characters that is no option of the command
    is handed on as the video's address, which no parser of options can mistake; the order stays.
    What reads as words (`--generatde`) is a mistyped option: one id in ten million does.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The arguments, ids made safe."""
        options = {
            name for item in self.get_params(ctx) for name in (*item.opts, *item.secondary_opts)
        }
        found = [
            watch_url(item) if _is_dashed_id(item) and item not in options else item
            for item in args
        ]
        return super().parse_args(ctx, found)


def _is_dashed_id(argument: str) -> bool:
    return argument.startswith("-") and is_video_id(argument) and _WORDS.fullmatch(argument) is None
