"""`insight sentiment`: polarity and subjectivity of a text, or of the texts of a file."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.completing import names
from loquitur.cli.insight_output import deliver, insight_options
from loquitur.cli.insight_passages import passage_options
from loquitur.cli.options import parameters_of, settings_of, take_globals
from loquitur.errors import InputError, UsageError, near
from loquitur.text import display

if TYPE_CHECKING:
    from loquitur.insight.texts.readings import Reading, Readings

_STAGE = "sentiment"
_PATH = re.compile(
    r"[^\s]*[/\\][^\s]*\.\w{1,8}|\S+\.(?:csv|jsonl?|parquet|txt|srt|vtt|ass|ttml|json3|sbv|md)",
    re.IGNORECASE,
)


@click.command(
    "sentiment",
    help="Polarity (-1 to 1), subjectivity (0 to 1) and coverage of TEXT, or of each text of FILE: "
    "lines, a table with a column of texts, captions, a transcript, a recorded chat; `-` reads "
    "lines. Engines: textblob, vader, chat (slang, emotes, emoji, Korean laughter), spacytextblob, "
    "transformers[:MODEL], onnx:FOLDER.",
)
@click.argument("source", metavar="TEXT|FILE", shell_complete=completing.files)
@click.option(
    "--engine",
    default="",
    metavar="NAME[:MODEL]",
    shell_complete=names(completing.engines("sentiment")),
    help="Scores the texts; textblob, and chat for a recorded chat, if unset.",
)
@passage_options
@click.option("--text", "as_text", is_flag=True, help="The argument is a text, not a file.")
@click.option(
    "--set",
    "parameters",
    multiple=True,
    metavar="sentiment.KEY=VALUE",
    help="An option of the engine: sentiment.model, sentiment.labels, sentiment.device ...",
)
@insight_options
@click.pass_context
def sentiment(ctx: click.Context, /, **given: Any) -> None:
    """Score a text or a file."""
    settings = settings_of(take_globals(ctx, given))
    options = _options(given["parameters"])
    from loquitur.api import place_of
    from loquitur.insight.texts import readings

    chosen = {
        "engine": given["engine"],
        "language": given["language"],
        "window": given["window"],
        "options": options,
        "resources": place_of(settings).resources,
    }
    path = None if given["as_text"] else _path(given["source"])
    found: Reading | Readings
    if path is not None:
        found = readings.sentiment(path, column=given["column"], **chosen)
    elif given["source"] == "-" and not given["as_text"]:
        found = readings.sentiment(_lines(), **chosen)
    else:
        found = readings.sentiment(str(given["source"]), **chosen)
    deliver([found], found.table, given)


def _options(items: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for name, value in parameters_of(items).items():
        stage, _, key = name.partition(".")
        if stage != _STAGE:
            raise UsageError(f"no stage is called '{stage}' here", hint=near(stage, [_STAGE]))
        found[key] = value
    return found


def _path(source: str) -> Path | None:
    """The file that an argument names; None for a text.

    Raises:
        InputError: It reads as the name of a file, and there is none.
    """
    path = Path(source)
    try:
        if path.is_file():
            return path
        is_folder = path.is_dir() and source.strip(".") != ""
    except (OSError, ValueError):  # too long, or a NUL in it: no name of a file
        return None
    if is_folder or _PATH.fullmatch(source):
        what = "is a folder" if is_folder else "there is no such file"
        raise InputError(
            f"{display(source)}: {what}",
            hint="name a file, or add --text to score the words themselves",
        )
    return None


def _lines() -> list[str]:
    data = sys.stdin.buffer.read()
    lines = data.decode("utf-8", "replace").removeprefix("\ufeff").splitlines()
    if not any(line.strip() for line in lines):
        raise InputError("nothing was read from stdin", hint="one text a line is expected")
    return lines
