"""A file of a chat as columns: tables, yt-dlp's `live_chat`, saved answers of the API.

A chat that is still being written ends in the middle of a line; that line is left out and told.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loquitur.conversion import decoder
from loquitur.errors import InputError
from loquitur.formats.sniffing import sniff
from loquitur.insight.chats.columns import Chat, polars
from loquitur.insight.chats.shaping import Raw, shape
from loquitur.insight.column_names import ALIASES, present
from loquitur.tables.frames import polars_frame
from loquitur.tables.reading import separator_in
from loquitur.text import display
from loquitur.youtube.livechat.pages import Pages, open_chat
from loquitur.youtube.livechat.replay import named_id
from loquitur.youtube.livechat.table import COLUMNS, row

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = 65_536
_LONGEST_TAIL = 16 * 1024**2
"""Bytes; a last line longer than this is no line of a chat."""
_CHUNK = 20_000
_COMMENTS = ("comment_id", "textDisplay")
"""Columns that tell comments from a chat."""
_CAPTIONS = frozenset({"srt", "vtt", "sbv", "ass", "ttml", "srv3", "scc", "lrc", "json3", "stl"})
_CUT = "The file ends in the middle of a line, which is left out: run the same command again later."
_decode = decoder(object).decode


def read_columns(path: str | Path, *, video_id: str = "", start_us: int | None = None) -> Chat:
    """A chat out of a file, column by column.

    Args:
        path: A table (`.csv`, `.jsonl`, `.parquet`) of `loquitur youtube chat` or `comments`, or
            with columns under other usual names; yt-dlp's `live_chat.json`; answers of the API.
        video_id: Whose chat it is, where the file does not say.
        start_us: When the stream began, microseconds since 1970, UTC, where it does not either.

    Raises:
        InputError: It cannot be read, or is no chat.
        MissingError: polars is not installed.
    """
    path = Path(path)
    polars()
    name = display(path.name)
    try:
        with path.open("rb") as file:
            head = file.readline(_LONGEST_TAIL)  # a line may hold a message of 100 KB
            head += file.read(max(0, _HEAD - len(head)))
    except OSError as exc:
        raise InputError(f"{display(str(path))}: cannot be read: {exc.strerror}") from exc
    form = _form(path, head)
    if form == "parquet":
        raw = Raw(name=name, frame=_parquet(path))
    elif form == "csv":
        raw = _csv(path, name)
    elif form == "jsonl":
        raw = _jsonl(path, name)
    else:
        raw = _chat_file(path, name)
    known = video_id or raw.video_id or named_id(path)
    raw = Raw(
        name=name, frame=raw.frame, source=raw.source, guarded=raw.guarded, video_id=known,
        counts=raw.counts, remarks=raw.remarks,
    )  # fmt: skip
    return shape(raw, start_us=start_us)


def _form(path: Path, head: bytes) -> str:
    """What kind of file it is: its content decides where JSON may be several things."""
    suffix = path.suffix.lower()
    if head.startswith(b"PAR1"):
        return "parquet"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] in (b"{", b"["):
        first = text.partition(b"\n")[0]
        return "jsonl" if _is_row(first) else _no_captions(path, head, "chat")
    if suffix in (".parquet", ".pq"):
        raise InputError(f"{display(path.name)}: not Parquet")
    if not text:
        if suffix == ".csv":
            raise InputError(
                f"{display(path.name)}: no header", hint="expected a first line of column names"
            )
        return "jsonl" if suffix in (".jsonl", ".ndjson") else "chat"
    return _no_captions(path, head, "csv")


def _is_row(line: bytes) -> bool:
    """Whether a line of JSON is a row of a table, not an action or an answer of the service."""
    try:
        entry = _decode(line)
    except ValueError:
        return False
    if not isinstance(entry, dict) or "replayChatItemAction" in entry or "kind" in entry:
        return False
    ours = present(list(entry))
    is_flat = not any(isinstance(value, dict) for value in entry.values())
    return is_flat and ("text" in ours or "author_name" in ours)


def _no_captions(path: Path, head: bytes, form: str) -> str:
    found = sniff(head)
    is_named = path.suffix.lower().lstrip(".") in _CAPTIONS
    if found in _CAPTIONS or (is_named and found != "json"):
        kind = found if found in _CAPTIONS else path.suffix.lower().lstrip(".")
        raise InputError(
            f"{display(path.name)}: these are captions ({kind}), not a chat",
            hint="loquitur insight transcript FILE reads captions; "
            "insight chat takes them as --transcript FILE beside a chat",
        )
    return form


# --- tables ---------------------------------------------------------------------------------------


def _parquet(path: Path) -> Any:
    pl = polars()
    try:
        names = pl.read_parquet_schema(path)
        return pl.read_parquet(path, columns=_wanted(list(names)))
    except pl.exceptions.PolarsError as exc:
        raise _unread(path, exc) from exc


def _wanted(names: list[str]) -> list[str]:
    """The columns that are read: those we know, or all for the error to name."""
    found = list(dict.fromkeys(present(names).values()))
    kept = [name for name in names if name in found]
    extra: list[str] = [name for name in _COMMENTS if name in names and name not in kept]
    return kept + extra if "text" in present(names) else names


def _csv(path: Path, name: str) -> Raw:
    pl = polars()
    data: Any = path
    counts = {}
    remarks: tuple[str, ...] = ()
    between = _between(path)
    cut = _cut_at(path, between)
    if cut is not None:
        data = io.BytesIO(path.read_bytes()[:cut])
        counts["cut"] = 1
        remarks = (_CUT,)
    try:
        names = pl.read_csv(path, n_rows=0, infer_schema=False, separator=between).columns
        frame = pl.read_csv(data, infer_schema=False, columns=_wanted(names), separator=between)
    except pl.exceptions.PolarsError as exc:
        raise _unread(path, exc) from exc
    return Raw(name=name, frame=frame, guarded=True, counts=counts, remarks=remarks)


def _between(path: Path) -> str:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return separator_in(file.readline(_HEAD))


def _cut_at(path: Path, between: str) -> int | None:
    """Where the last line of CSV begins, if it has no end and is not whole; else None."""
    with path.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(max(0, size - _LONGEST_TAIL))
        tail = file.read()
        if tail.endswith((b"\n", b"\r")) or not tail:
            return None
        file.seek(0)
        header = file.readline()
        quotes = sum(block.count(b'"') for block in _blocks(file, size - len(tail), len(header)))
    if len(header) == size:
        return None
    quotes += header.count(b'"') if size > len(tail) else 0
    # a line feed parts rows where an even number of quotes stands before it
    odd = (quotes + tail.count(b'"')) % 2
    end = len(tail)
    while True:
        at = tail.rfind(b"\n", 0, end)
        if at < 0:
            return None
        odd = (odd + tail.count(b'"', at, end)) % 2
        end = at
        if not odd:
            break
    last = tail[end + 1 :].decode("utf-8", "replace")
    cells = next(csv.reader([last], delimiter=between, strict=False), [])
    columns = next(csv.reader([header.decode("utf-8", "replace")], delimiter=between), [])
    is_whole = last.count('"') % 2 == 0 and len(cells) == len(columns)
    return None if is_whole else size - len(tail) + end + 1


def _blocks(file: Any, until: int, start: int) -> Iterator[bytes]:
    file.seek(start)
    at = start
    while at < until and (block := file.read(min(1 << 20, until - at))):
        at += len(block)
        yield block


def _jsonl(path: Path, name: str) -> Raw:
    """Rows of JSON Lines; where some cannot be read, line by line, those counted."""
    pl = polars()
    data = path.read_bytes()
    counts: dict[str, int] = {}
    remarks: tuple[str, ...] = ()
    if data and not data.endswith(b"\n"):
        border = data.rfind(b"\n") + 1
        try:
            _decode(data[border:])
        except ValueError:
            data = data[:border]
            counts["cut"] = 1
            remarks = (_CUT,)
    names = list(_first_names(data))
    if not data.strip():
        remarks += ("There is nothing in the file yet.",)
        names = ["text"]
    schema = {one: pl.List(pl.String) if one == "emotes" else pl.String for one in _wanted(names)}
    try:
        # a schema of texts takes numbers and truths as texts, so one odd value spoils nothing
        frame = pl.read_ndjson(io.BytesIO(data), schema=schema, ignore_errors=True)
    except pl.exceptions.PolarsError:
        frame, broken = _line_by_line(data, list(schema))
        counts["broken"] = broken
        remarks += (f"{broken:,} lines are no rows and are left out.",) if broken else ()
    return Raw(name=name, frame=frame, counts=counts, remarks=remarks)


def _first_names(data: bytes) -> dict[str, None]:
    """The names in the first rows of JSON Lines: a row need not have them all."""
    names: dict[str, None] = {}
    at = 0
    for _ in range(1_000):
        end = data.find(b"\n", at)
        line = data[at : end if end >= 0 else len(data)]
        try:
            entry = _decode(line)
        except ValueError:
            entry = None
        if isinstance(entry, dict):
            names |= dict.fromkeys(entry)
        if end < 0:
            break
        at = end + 1
    return names


def _line_by_line(data: bytes, names: list[str]) -> tuple[Any, int]:
    pl = polars()
    frames, broken = [], 0
    lines = io.BytesIO(data)
    while chunk := lines.readlines(1 << 22):
        rows: list[dict[str, Any]] = []
        for line in chunk:
            if not line.strip():
                continue
            try:
                entry = _decode(line)
            except ValueError:
                entry = None
            if isinstance(entry, dict):
                rows.append(entry)
            else:
                broken += 1
        frames.append(
            pl.DataFrame({n: [_plain(r.get(n)) for r in rows] for n in names},
                         schema=dict.fromkeys(names, pl.String))
        )  # fmt: skip
    return (pl.concat(frames) if frames else pl.DataFrame(schema=dict.fromkeys(names, pl.String)),
            broken)  # fmt: skip


def _plain(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


# --- files of chats -------------------------------------------------------------------------------


def _chat_file(path: Path, name: str) -> Raw:
    """Actions of a replay or recording, or answers of the API, in chunks."""
    pl = polars()
    messages = open_chat(path)
    wanted = [at for at, column in enumerate(COLUMNS) if column.name in ALIASES]
    columns = [COLUMNS[at] for at in wanted]
    frames, rows = [], []
    for message in messages:
        cells = row(message)
        rows.append(tuple(cells[at] for at in wanted))
        if len(rows) == _CHUNK:
            frames.append(polars_frame(columns, list(zip(*rows, strict=True))))
            rows = []
    data = list(zip(*rows, strict=True)) or [()] * len(columns)
    frames.append(polars_frame(columns, data))
    counts = messages.counts
    if not counts.types and isinstance(messages, Pages) and not counts.lines:
        raise InputError(
            f"{name}: nothing in it is of a live chat",
            hint="expected a table of `loquitur youtube chat -o`, yt-dlp's live_chat, or answers "
            "of liveChatMessages.list",
            code="LQ-CHAT-FORMAT",
        )
    told = []
    if counts.is_cut:
        told.append(_CUT)
    if counts.broken:
        told.append(f"{counts.broken:,} lines cannot be read and are left out.")
    if counts.unknown:
        told.append(f"{sum(counts.unknown.values()):,} actions of unknown kinds are left out.")
    if counts.duplicates:
        told.append(f"{counts.duplicates:,} messages came again and are left out.")
    source = "replay"
    if isinstance(messages, Pages):
        source = "api"
    elif counts.is_recording:
        source = "recording"
    return Raw(
        name=name, frame=pl.concat(frames), source=source, video_id=messages.video_id,
        counts={"broken": counts.broken, "cut": int(counts.is_cut),
                "repeated": counts.duplicates, "conflicting": counts.conflicts},
        remarks=tuple(told),
    )  # fmt: skip


def _unread(path: Path, exc: Exception) -> InputError:
    reason = str(exc).partition("\n")[0]
    return InputError(
        f"{display(path.name)}: cannot be read as a table: {reason}",
        hint="expected UTF-8: CSV, JSON Lines or Parquet",
    )
