"""`subs segment`: captions cut anew, from words with times or from captions that read badly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.caption_files import Desk, filing
from loquitur.cli.completing import names
from loquitur.cli.options import settings_of

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command(
    help="Cut FILE anew: every word once, cues and lines where they read best. FILE has words with "
    "times (a transcript of loquitur, json3, ctm, a JSON list of [text, start_s, end_s], JSON of "
    "Whisper, WhisperX, Deepgram, AssemblyAI), or captions, whose words share a cue's time."
)
@click.argument("file", metavar="FILE", shell_complete=completing.files)
@click.option(
    "--rules",
    default="netflix",
    show_default=True,
    metavar="NAME",
    shell_complete=names(completing.rules),
    help="The guideline, or a TOML file of your own.",
)
@click.option("--audience", default="", metavar="NAME", help="adult, children, sdh ... as it has.")
@click.option("--fps", type=float, default=24.0, metavar="F", help="For limits in frames.")
@click.option("--max-chars", type=float, metavar="N", help="Characters on a line.")
@click.option("--max-lines", type=int, metavar="N", help="Lines of a cue.")
@click.option("--max-cps", type=float, metavar="N", help="Characters a second.")
@click.option(
    "--dialogues/--no-dialogues",
    default=True,
    help="Two speakers of a short exchange in one cue, behind dashes.",
)
@click.option("--karaoke", is_flag=True, help="Each word with its moment before it (WebVTT).")
@click.option(
    "--punctuate", is_flag=True, help="Set marks and capitals where there are none (English)."
)
@click.option(
    "--media",
    metavar="FILE",
    shell_complete=completing.files,
    help="The medium: starts and ends heed the cuts of its pictures.",
)
@filing
@click.pass_context
def segment(ctx: click.Context, /, **given: Any) -> None:
    """Write the new captions, and tell how many there are."""
    from loquitur import subtitling
    from loquitur.errors import UsageError
    from loquitur.subtitles.segment import SegmentOptions

    desk = Desk(ctx, given)
    try:
        options = SegmentOptions(
            rules=given["rules"],
            audience=given["audience"],
            fps=given["fps"],
            max_chars=given["max_chars"],
            max_lines=given["max_lines"],
            max_cps=given["max_cps"],
            dialogues=given["dialogues"],
            karaoke=given["karaoke"],
        )
    except ValueError as exc:
        raise UsageError(str(exc).partition(": SegmentOptions")[0]) from exc
    track = subtitling.resegment(
        given["file"],
        options=options,
        reading=desk.reading,
        punctuate=given["punctuate"],
        cuts=_cuts(desk, given["media"]),
    )
    for one in track.diagnostics:
        if one.code.startswith("words."):
            desk.tell(one.message)
    lines = sum(cue.text.count("\n") + 1 for cue in track.cues)
    desk.report(track, rules=given["rules"], language=track.language, lines=lines)


def _cuts(desk: Desk, media: str | None) -> Sequence[int]:
    if not media:
        return ()
    from loquitur import artifacts

    return artifacts.cuts(media, settings=settings_of(desk.globals)).cuts_ms
