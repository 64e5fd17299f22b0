"""`insight transcript`: what was said, window by window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.completing import names
from loquitur.cli.failures import exit_code_of, tell_failure
from loquitur.cli.insight_chapters import write_list
from loquitur.cli.insight_output import TABLES, deliver, files_argument, insight_options
from loquitur.cli.options import take_globals
from loquitur.cli.output import print_json, tell
from loquitur.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.insight.transcripts.analysis import Outcome
    from loquitur.insight.transcripts.result import TranscriptInsight


@click.command(
    "transcript",
    help="What was said, window by window: sentiment, novelty and the moments that stand out, "
    "chapters, pace, terms. FILE is a transcript, captions of any format, words with times, or "
    "text; a folder stands for those in it.",
)
@files_argument
@click.option(
    "--window",
    default="words:300",
    show_default=True,
    metavar="RULE",
    help="words:N, time:5m (90s, 1h), sentence or paragraph.",
)
@click.option(
    "--last",
    type=click.Choice(("merge", "keep")),
    default="merge",
    show_default=True,
    help="A last window shorter than half joins the one before, or stays and is flagged.",
)
@click.option(
    "--engine",
    default="textblob",
    show_default=True,
    metavar="NAME[:MODEL]",
    shell_complete=names(completing.engines("sentiment", "none")),
    help="Of sentiment; none for no sentiment.",
)
@click.option("--video", default="", metavar="ID", help="Of YouTube, for links; else the file's.")
@click.option("--language", default="", metavar="CODE", help="BCP 47; found out if not said.")
@click.option("--chapters/--no-chapters", default=True, help="Look for chapters, or do not.")
@click.option(
    "--chapter-count", type=click.IntRange(1, 1000), metavar="N", help="So many chapters."
)
@click.option(
    "--chapter-list",
    metavar="FILE",
    shell_complete=completing.files,
    help="Write them as YouTube takes them in a description: 0:00 Title. Of one file.",
)
@click.option(
    "--orders",
    type=click.IntRange(99, 10_000),
    default=99,
    show_default=True,
    help="Shuffled orders that each text is held against.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the shuffled orders.")
@click.option(
    "--jobs", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes."
)
@insight_options
@click.pass_context
def transcript(ctx: click.Context, /, **given: Any) -> None:
    """Print or write what windows of transcripts tell."""
    take_globals(ctx, given)
    from loquitur.insight.transcripts.analysis import TranscriptOptions, transcripts

    options = TranscriptOptions(
        window=given["window"], last=given["last"], engine=given["engine"],
        video_id=given["video"], language=given["language"], chapters=given["chapters"],
        chapter_count=given["chapter_count"], orders=given["orders"], seed=given["seed"],
    )  # fmt: skip
    files = _files(given["files"])
    if len(files) > 1 and options.video_id:
        raise UsageError("--video names one video", hint="give one file, or none of --video")
    if given["chapter_list"] and (len(files) > 1 or not options.chapters):
        raise UsageError("--chapter-list is of the chapters of one file")
    found = _Found(transcripts(files, options, jobs=given["jobs"]), given, alone=len(files) == 1)
    if len(files) == 1:
        results = list(found)
        from loquitur.insight.transcripts.result import windows_table

        deliver(results, lambda: windows_table(results), given)
        if given["chapter_list"]:
            write_list(results[0].chapters, Path(given["chapter_list"]))
    else:
        _deliver_many(found, given)
    ctx.exit(found.code)


class _Found:
    """The results of files as they come; those that failed are told, and give the exit code."""

    def __init__(self, outcomes: Iterator[Outcome], given: dict[str, Any], *, alone: bool) -> None:
        self._outcomes, self._given, self._alone = outcomes, given, alone
        self._codes: list[int] = []

    @property
    def code(self) -> int:
        """The exit code, of those that were taken."""
        return exit_code_of(self._codes)

    def __iter__(self) -> Iterator[TranscriptInsight]:
        for outcome in self._outcomes:
            error = outcome.error
            if error is not None and self._alone:
                raise error
            if error is not None:
                tell_failure(error, as_json=self._given["as_json"])
                self._codes.append(error.exit_code)
            elif outcome.result is not None:
                yield outcome.result


def _files(given: Sequence[str]) -> list[str]:
    """The files that names stand for: of a folder those that can be read as captions."""
    from loquitur.captions import caption_files

    return [str(path) for name in given for path in caption_files([name])]


def _deliver_many(found: _Found, given: dict[str, Any]) -> None:
    """One result after another, so that memory does not grow with their number."""
    output = given["output"]
    if output and Path(output).suffix.lower() in TABLES:
        _write_table(found, given)
        return
    if output:
        from loquitur.insight.transcripts.result import windows_table

        results = list(found)
        deliver(results, lambda: windows_table(results), given, listed=True)
    elif given["as_json"]:
        click.echo("[", nl=False)
        for number, result in enumerate(found):
            click.echo("," if number else "", nl=bool(number))
            print_json(result.plain(), line=True)
        click.echo("]")
    else:
        for result in found:
            deliver([result], result.table, given)


def _write_table(found: _Found, given: dict[str, Any]) -> None:
    """All windows in one table, each row as it comes."""
    from loquitur.insight.transcripts.result import columns
    from loquitur.tables import writing

    path = Path(given["output"])
    documents = []
    with writing.writing(path, columns(given["engine"]), guard=given["guard"]) as table:
        for result in found:
            for row in result.rows():
                table.write(row)
            if given["as_json"]:
                documents.append(result.plain())
    tell(f"wrote {path}")
    if given["as_json"]:
        print_json(documents)
