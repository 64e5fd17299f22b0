"""`insight chat`: a chat or comments, read from a file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.insight_output import PAGES, deliver, insight_options
from loquitur.cli.insight_pseudonyms import pseudonym_key
from loquitur.cli.options import take_globals
from loquitur.errors import UsageError

if TYPE_CHECKING:
    from loquitur.insight.chats.analysis import ChatOptions

_TABLES = ("minutes", "authors", "bursts", "money", "emotes", "flags")
_SPAN = re.compile(r"(\d{1,6})(s|m|h|d)?")
_UNITS_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


@click.command(
    "chat",
    help="A chat (a table of `youtube chat`, yt-dlp's live_chat, answers of the API) or comments: "
    "rate, bursts, authors, sentiment, emotes, money, what looks automated, and how it follows a "
    "transcript. A page (-o FILE.html) has pseudonyms unless --names is given.",
)
@click.argument("file", metavar="FILE", shell_complete=completing.files)
@click.option(
    "--transcript",
    metavar="FILE",
    default="",
    shell_complete=completing.files,
    help="What was said in the video: transcript or captions.",
)
@click.option(
    "--event",
    "events",
    multiple=True,
    metavar="TERM",
    help="A term of the transcript after which the chat may stir.",
)
@click.option(
    "--table",
    "which",
    type=click.Choice(_TABLES),
    default="minutes",
    help="Which table -o FILE.csv|jsonl|parquet writes.",
)
@click.option("--engine", default="chat", metavar="NAME", help="Sentiment engine, or none.")
@click.option("--language", default="", metavar="CODE", help="Of all messages; else found out.")
@click.option("--every", default="", metavar="SPAN", help="Length of a row: 30s, 1m, 1h, 1d.")
@click.option("--start", default="", metavar="TIME", help="When the stream began (ISO 8601, UTC).")
@click.option("--video", default="", metavar="ID", help="Whose chat it is, for links.")
@click.option(
    "--pseudonymise",
    is_flag=True,
    help="Names by keyed hash (LOQUITUR_PSEUDONYM_KEY, --key-file, else a key of this run).",
)
@click.option(
    "--key-file",
    default="",
    metavar="FILE",
    shell_complete=completing.files,
    help="The key of the pseudonyms; made (mode 0600) where it is not there.",
)
@click.option("--names", is_flag=True, help="Leave names in a page as they are.")
@click.option("--burst-scale", type=float, default=2.0, metavar="S", help="Kleinberg's s.")
@click.option("--burst-gamma", type=float, default=1.0, metavar="G", help="Kleinberg's gamma.")
@click.option("--burst-states", type=int, default=2, metavar="K", help="States of the automaton.")
@insight_options
@click.pass_context
def chat(ctx: click.Context, /, **given: Any) -> None:
    """Print or write what a chat tells."""
    globals_ = take_globals(ctx, given)
    start_us = _start_us(given["start"])
    options = _options(given, globals_)
    from loquitur.insight.chats.analysis import chat as analysed

    result = analysed(
        given["file"],
        transcript=given["transcript"],
        video_id=_video(given["video"]),
        start_us=start_us,
        options=options,
    )
    deliver([result], lambda: result.table(given["which"]), given)


def _options(given: dict[str, Any], globals_: dict[str, Any]) -> ChatOptions:
    from loquitur.insight.chats.analysis import ChatOptions

    if given["events"] and not given["transcript"]:
        raise UsageError("--event needs the transcript", hint="add --transcript FILE")
    is_page = str(given["output"] or "").lower().endswith(PAGES)
    if given["names"] and (given["pseudonymise"] or given["key_file"]):
        raise UsageError("--names and --pseudonymise contradict each other", hint="leave one out")
    hidden = bool(given["pseudonymise"] or given["key_file"] or (is_page and not given["names"]))
    key = pseudonym_key(given["key_file"], globals_) if hidden else None
    return ChatOptions(
        engine="" if given["engine"] == "none" else given["engine"],
        language=given["language"], every_ms=_every_ms(given["every"]),
        scale=given["burst_scale"], gamma=given["burst_gamma"], states=given["burst_states"],
        events=tuple(given["events"]), pseudonymise=hidden, key=key,
    )  # fmt: skip


def _every_ms(text: str) -> int:
    if not text:
        return 0
    found = _SPAN.fullmatch(text.strip().lower())
    if found is None or not int(found[1]):
        raise UsageError(f"not a length of time: '{text}'", hint="--every 30s, 1m, 1h or 1d")
    return int(found[1]) * _UNITS_MS[found[2] or "m"]


def _start_us(text: str) -> int | None:
    if not text:
        return None
    from loquitur.tables.cells import read_time

    moment = read_time(text)
    if moment is None:
        raise UsageError(f"not a time: '{text}'", hint="--start 2026-03-01T13:00:00+01:00")
    return round(moment.timestamp() * 1_000_000)


def _video(text: str) -> str:
    if not text:
        return ""
    from loquitur.youtube.references import video_id

    return video_id(text)
