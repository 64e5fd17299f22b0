"""`youtube chat`: a live chat as it happens, what was kept of one, its replay, or a file of one."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.options import everywhere, settings_of, take_globals
from loquitur.cli.output import print_json, tell
from loquitur.cli.video_arguments import VideoCommand
from loquitur.errors import InputError, LoquiturError, QuotaError, UsageError
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    from loquitur.model.chat import ChatMessage
    from loquitur.settings import Settings
    from loquitur.tables.writing import RowWriter
    from loquitur.youtube.livechat.following import News
    from loquitur.youtube.livechat.log import ChatLog
    from loquitur.youtube.livechat.pages import Pages
    from loquitur.youtube.livechat.replay import Replay
    from loquitur.youtube.livechat.tally import Tally
    from loquitur.youtube.livechat.visiting import Visit

_RAW = ".live_chat.json"
_KEPT = "the stream is over: this is what was kept of its live chat (its replay: --replay)"
_SHORT = "it was not followed to its end; what came later is in the replay alone"
_ONCE = "it is live: this is what there is now; --follow goes on until it ends"
_EARLY = "it has not begun: this is what there is now; --follow waits, and goes on until it ends"


@click.command(
    cls=VideoCommand,
    help="A video's live chat as a table: on air through the API, afterwards its replay (no key), "
    "or a file: yt-dlp's live_chat, or answers of the API.",
)
@click.argument("video", metavar="VIDEO|FILE", shell_complete=completing.files)
@click.option(
    "-o", "output", metavar="FILE", shell_complete=completing.files,
    help="Where to: .csv, .jsonl, .parquet, or .live_chat.json for a replay as it is.",
)  # fmt: skip
@click.option("--follow", is_flag=True, help="On air: go on until the chat ends, with a view.")
@click.option("--stream", "way", flag_value="stream", help="Follow by the streaming method alone.")
@click.option("--poll", "way", flag_value="poll", help="Follow by polling alone.")
@click.option("--live", "wanted", flag_value="live", help="The API, whatever the state.")
@click.option("--replay", "wanted", flag_value="replay", help="The replay, over what was kept.")
@click.option(
    "--max-minutes", type=click.FloatRange(min=0, min_open=True), metavar="N",
    help="Follow for so long at most.",
)  # fmt: skip
@click.option(
    "--no-guard", is_flag=True, help="CSV: no apostrophe before text that a spreadsheet would run."
)
@everywhere
@click.pass_context
def chat(ctx: click.Context, /, **given: Any) -> None:
    """Collect a chat and write it."""
    from loquitur.youtube.references import video_id

    given["globals"] = take_globals(ctx, given)
    given["quiet"] = bool(given["globals"]["quiet"])
    path = Path(given["video"])
    is_file = path.is_file()
    if path.name.endswith(".json") and not is_file:
        raise InputError(f"{display(given['video'])}: no such file", code="LQ-INPUT-NO-FILE")
    _check_output(given, is_file=is_file)
    if is_file:
        _read_file(path, given)
        return
    settings = settings_of(given["globals"])
    with _terminable():
        _collect(settings, video_id(given["video"]), given)


@contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM is Ctrl-C here: whoever ends a chat that is followed gets the file as well."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _check_output(given: dict[str, Any], *, is_file: bool) -> None:
    """A wrong suffix is told before anything is spent."""
    from loquitur.tables.writing import form_of

    output = given["output"]
    if output and not output.endswith(_RAW):
        form_of(output)
    if output and output.endswith(_RAW) and (is_file or given["follow"]):
        raise UsageError("only a replay is written as it is", hint="-o FILE.jsonl")
    if given["wanted"] == "replay" and (given["way"] or given["follow"]):
        raise UsageError("a replay is not followed", hint="leave --follow, --stream, --poll out")


def _read_file(path: Path, given: dict[str, Any]) -> None:
    from loquitur.youtube.livechat.pages import open_chat

    replay = open_chat(path)
    tally = _write(replay, given)
    _finish(given, tally, _facts_of(replay), video_id=replay.video_id, source="file", end="ended",
            notes=_remarks(replay, None))  # fmt: skip


def _collect(settings: Settings, ident: str, given: dict[str, Any]) -> None:
    from loquitur.youtube.livechat import visiting

    visit = visiting.decide(settings, ident, wanted=given["wanted"] or "auto")
    if given["output"] and given["output"].endswith(_RAW) and visit.kind != "replay":
        raise UsageError("only a replay is written as it is", hint="-o FILE.jsonl")
    if visit.kind == "replay":
        _replay(settings, visit, given)
    elif visit.kind == "record":
        _record(settings, visit, given)
    else:
        _follow(settings, visit, given)


# --- replays and recordings -----------------------------------------------------------------------


def _replay(settings: Settings, visit: Visit, given: dict[str, Any]) -> None:
    from loquitur.youtube.livechat import visiting

    keep = Path(given["output"]) if (given["output"] or "").endswith(_RAW) else None
    with visiting.replayed(settings, visit, keep=keep) as brought:
        replay, failure = brought.replay, brought.failure
        tally = _counted(replay) if keep else _write(replay, given)
        notes = _remarks(replay, visit.duration_ms)
        _finish(given, tally, _facts_of(replay), video_id=visit.video_id, title=visit.title,
                source="replay", end="failed" if failure else "ended", notes=notes)  # fmt: skip
    if failure is not None:
        raise failure


def _record(settings: Settings, visit: Visit, given: dict[str, Any]) -> None:
    """Without a key a chat on air is recorded by yt-dlp, as long as it is let."""
    from loquitur.youtube.livechat import visiting

    if not given["follow"]:
        raise UsageError(
            f"{visit.video_id} is live, and without a key its chat can only be recorded",
            hint="--follow records until it ends or Ctrl-C; or set LOQUITUR_YOUTUBE_API_KEY",
        )
    if not given["quiet"]:
        tell("recording without a key, by yt-dlp, until the stream ends; Ctrl-C stops it")
    stopped: BaseException | None = None
    try:
        visiting.record(settings, visit)
    except (KeyboardInterrupt, LoquiturError) as exc:
        stopped = exc
    replay = visiting.recorded(settings, visit)
    if replay is not None:
        tally = _write(replay, given)
        _finish(given, tally, _facts_of(replay), video_id=visit.video_id, title=visit.title,
                source="recording", end=_end_of(stopped), notes=_remarks(replay, None))  # fmt: skip
    if stopped is not None:
        raise stopped


def _remarks(replay: Replay | Pages, duration_ms: int | None) -> list[str]:
    from loquitur.youtube.livechat.visiting import remarks

    return remarks(replay.counts, duration_ms)


def _facts_of(replay: Replay | Pages) -> dict[str, Any]:
    counts = replay.counts
    return {
        "duplicates": counts.duplicates, "tickers": counts.tickers, "broken": counts.broken,
        "is_cut": counts.is_cut, "unknown": dict(counts.unknown),
        "last_offset_ms": counts.last_offset_ms,
    }  # fmt: skip


# --- live -----------------------------------------------------------------------------------------


def _follow(settings: Settings, visit: Visit, given: dict[str, Any]) -> None:
    """Follow a chat into its log, and write the log, however following ended."""
    from loquitur.youtube.livechat import visiting
    from loquitur.youtube.livechat.log import ChatLog

    end, notes, stopped = "kept", [_KEPT], None
    with ChatLog(visiting.log_path(settings, visit.video_id), video_id=visit.video_id) as log:
        before = len(log)
        if visit.kind == "follow":
            notes = []
            try:
                end = _followed(settings, visit, log, given)
            except (KeyboardInterrupt, LoquiturError) as exc:
                stopped, end = exc, _end_of(exc)
            if end == "stopped" and not given["follow"]:
                is_early = visit.room is not None and visit.room.state == "upcoming"
                notes.append(_EARLY if is_early else _ONCE)
        elif not log.get("is_over"):
            notes.append(_SHORT)
        is_printed = visit.kind == "follow" and given["follow"] and not given["output"]
        tally = _counted(log) if is_printed else _write(log, given)
        if given["output"]:
            log.wrote(str(Path(given["output"]).resolve()), guard=not given["no_guard"])
        facts = {"new": len(log) - before, "unknown": log.unknown(),
                 "gaps": [[gap.from_us, gap.to_us, gap.why] for gap in log.gaps()]}  # fmt: skip
        _finish(given, tally, facts, video_id=visit.video_id, title=visit.title, source="api",
                end=end, notes=notes)  # fmt: skip
    if stopped is not None:
        raise stopped


def _followed(settings: Settings, visit: Visit, log: ChatLog, given: dict[str, Any]) -> str:
    """Until the chat ends, or once through what there is; rows go to stdout where nothing else."""
    from loquitur.cli.chat_view import ChatView
    from loquitur.youtube.livechat import visiting
    from loquitur.youtube.livechat.following import FollowOptions, ignore
    from loquitur.youtube.livechat.table import row

    is_silent = given["quiet"] or bool(given["as_json"])
    if len(log) and not is_silent:
        tell(f"{len(log):,} messages are there from earlier; going on")
    minutes = given["max_minutes"]
    options = FollowOptions(
        way=given["way"] or "auto",
        most_s=minutes * 60 if minutes else None,
        once=not given["follow"],
    )
    with ExitStack() as stack:
        listen: Callable[[News], None] = ignore
        if given["follow"]:
            listen = view = stack.enter_context(
                ChatView(visit.title, quiet=is_silent, already=len(log))
            )
            if not given["output"]:
                writer = stack.enter_context(_writer(given))

                def listen(news: News) -> None:
                    for message in news.messages:
                        writer.write(row(message))
                    sys.stdout.flush()
                    view(news)

        return visiting.follow_room(settings, visit, log, options=options, listen=listen)


def _end_of(stopped: BaseException | None) -> str:
    if stopped is None:
        return "ended"
    if isinstance(stopped, KeyboardInterrupt):
        return "interrupted"
    return "quota" if isinstance(stopped, QuotaError) else "failed"


# --- what comes out -------------------------------------------------------------------------------


def _writer(given: dict[str, Any]) -> AbstractContextManager[RowWriter]:
    """Rows to the file, or as JSON Lines to stdout."""
    from loquitur.tables.writing import writing
    from loquitur.youtube.livechat.table import COLUMNS

    if given["output"]:
        return writing(Path(given["output"]), COLUMNS, guard=not given["no_guard"])
    return writing(sys.stdout, COLUMNS, form="jsonl")


def _write(messages: Iterable[ChatMessage], given: dict[str, Any]) -> Tally:
    """Write every row; gives what they amount to."""
    from loquitur.youtube.livechat.table import row
    from loquitur.youtube.livechat.tally import Tally

    tally = Tally()
    with _writer(given) as writer:
        for message in messages:
            tally.add((message,))
            writer.write(row(message))
    return tally


def _counted(messages: Iterable[ChatMessage]) -> Tally:
    from loquitur.youtube.livechat.tally import Tally

    tally = Tally()
    tally.add(messages)
    return tally


def _finish(
    given: dict[str, Any],
    tally: Tally,
    facts: dict[str, Any],
    *,
    video_id: str | None,
    source: str,
    end: str,
    notes: list[str],
    title: str = "",
) -> None:
    """The last word: a document on stdout where rows went to a file, lines on stderr else."""
    money = {currency: str(total) for currency, total in sorted(tally.money.items())}
    if given["as_json"] and given["output"]:
        print_json(
            {
                "video_id": video_id, "title": title, "source": source, "end": end,
                "messages": tally.messages, "types": dict(tally.types.most_common()),
                "money": money, "authors": len(tally.authors), "output": given["output"],
                "notes": notes, **facts,
            }
        )  # fmt: skip
        return
    if given["quiet"] or given["as_json"]:
        return
    where = f" in {given['output']}" if given["output"] else ""
    kinds = ", ".join(f"{name} {count:,}" for name, count in tally.types.most_common())
    tell(f"{tally.messages:,} messages{where} ({end}): {kinds or 'none'}")
    if money:
        tell("money: " + ", ".join(f"{currency} {total}" for currency, total in money.items()))
    for note in notes:
        tell(note)
