"""`insight voices`: who speaks how long, how the floor changes, who answers whom, in what mood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from loquitur.cli.failures import exit_code_of, tell_failure
from loquitur.cli.insight_output import deliver, files_argument, insight_options
from loquitur.cli.options import take_globals
from loquitur.errors import LoquiturError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.insight.conversation.floor import Limits
    from loquitur.insight.conversation.talk import Talk


@click.command(
    "voices",
    help="Speaking time, turns, words per minute, pauses and gaps, interruptions, overlap, who "
    "answers whom, moods over time: of transcripts (JSON of `loquitur run`), captions with voices, "
    "RTTM, STM, SegLST. Several files make one table.",
)
@files_argument
@click.option("--recording", default="", metavar="NAME", help="Only this one of a file's several.")
@click.option(
    "--video", "video_id", default="", metavar="ID", help="Of YouTube, to which moments link."
)
@click.option("--language", default="", metavar="CODE", help="BCP 47 tag of the text.")
@click.option(
    "--pause",
    type=click.IntRange(1, 10_000),
    default=200,
    show_default=True,
    metavar="MS",
    help="Shorter silences of a speaker are no pauses.",
)
@click.option(
    "--backchannel",
    type=click.IntRange(1, 60_000),
    default=1000,
    show_default=True,
    metavar="MS",
    help="Shorter speech inside another's takes no floor.",
)
@click.option(
    "--terminal",
    type=click.IntRange(0, 60_000),
    default=400,
    show_default=True,
    metavar="MS",
    help="Shorter overlaps at the end of a turn are no interruptions.",
)
@insight_options
@click.pass_context
def voices(ctx: click.Context, /, **given: Any) -> None:
    """Measure conversations."""
    take_globals(ctx, given)
    from loquitur.insight.conversation.floor import Limits
    from loquitur.insight.conversation.tables import speakers_table

    limits = Limits(
        pause_ms=given["pause"], short_ms=given["backchannel"], terminal_ms=given["terminal"]
    )
    talks: list[Talk] = []
    codes: list[int] = []
    for path in given["files"]:
        try:
            talks += _measured(path, given, limits)
        except LoquiturError as exc:
            if len(given["files"]) == 1:
                raise
            tell_failure(exc, as_json=given["as_json"])
            codes.append(exc.exit_code)
    if talks:
        deliver(talks, lambda: speakers_table(talks), given)
    ctx.exit(exit_code_of(codes))


def _measured(path: str, given: dict[str, Any], limits: Limits) -> Sequence[Talk]:
    from loquitur.errors import UsageError, near
    from loquitur.insight.conversation.analysis import conversations, measure_all
    from loquitur.text import display

    found = conversations(path, video_id=given["video_id"], language=given["language"])
    wanted = given["recording"]
    chosen = [one for one in found if wanted in ("", one.spoken.title)]
    if not chosen:
        raise UsageError(
            f"{display(path)} has no recording '{display(wanted)}'",
            hint=near(wanted, [one.spoken.title for one in found]),
        )
    return measure_all(chosen, limits=limits)
