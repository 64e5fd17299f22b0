"""Columns of whatever table brought to one shape: names, types, times on one clock, each row once.

Tables of `loquitur youtube chat` and `... comments` are known, and names that notebooks and other
collectors use for the same things.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from loquitur.errors import InputError, near
from loquitur.insight.chats.columns import Chat, polars
from loquitur.insight.chats.wording import EMOTE
from loquitur.insight.column_names import ALIASES, present

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.insight.chats.columns import Clock

_FLAGS = ("is_owner", "is_moderator", "is_member", "is_deleted", "currency_assumed")
_COUNTS = ("offset_ms", "timestamp_us", "gift_count", "jewels", "deleted_ms", "ban_s")
COLUMNS = (
    "at_ms", "id", "type", "author_name", "author_channel_id", "is_owner", "is_moderator",
    "is_member", "text", "has_emote", "amount", "currency", "currency_assumed", "amount_text",
    "sticker", "gift_count", "jewels", "is_deleted", "deleted_ms", "target_id", "ban_s",
)  # fmt: skip
"""What a shaped frame has. `amount` is text: money is no float."""
_ZONED = r"(?:[Zz]|[+-]\d\d:?\d\d)\s*$"
_GUARDED = "^'+[=+\\-@\\t\\r\\n＝＋－＠]"
_MOST_MS, _MOST_US = 3_155_760_000_000, 7_258_118_400_000_000
"""An offset of a century, and the year 2200: what is beyond is no time."""
_MILLI_FROM, _MICRO_FROM = 100_000_000_000, 100_000_000_000_000
"""Numbers of seconds reach these in the year 5138, so larger ones are of a smaller unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """A table as it was read, before it is shaped.

    Args:
        name: Of the file, for messages.
        frame: A `polars.DataFrame`.
        source: Where the file says it itself; empty for a table, which has a column for it.
        guarded: Text may have an apostrophe before what a spreadsheet would run.
        video_id: Where the file's name or its reader knows it.
        counts: What the reader counted.
        remarks: What it has to say.
    """

    name: str
    frame: Any
    source: str = ""
    guarded: bool = False
    video_id: str | None = None
    counts: dict[str, int] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def shape(raw: Raw, *, start_us: int | None = None) -> Chat:
    """A table as a chat.

    Args:
        raw: As it was read.
        start_us: When the stream began, microseconds since 1970, UTC, where the caller knows it.

    Raises:
        InputError: There is no column of texts; what there is instead is named.
    """
    pl = polars()
    found = present(raw.frame.columns)
    if "text" not in found:
        missing = "'text'" + ("" if "type" in found else ", 'type'")
        there = ", ".join(raw.frame.columns[:12]) or "none"
        raise InputError(
            f"{raw.name}: no chat: missing column {missing} (there are: {there})",
            hint=near("text", raw.frame.columns) if "message" in there else
            "expected a table of `loquitur youtube chat -o`, or columns text, author_name, "
            "timestamp or offset_ms",
        )  # fmt: skip
    frame = raw.frame.select(pl.col(theirs).alias(ours) for ours, theirs in found.items())
    remarks = list(raw.remarks)
    frame, naive = _typed(frame, guarded=raw.guarded)
    if naive:
        remarks.append(f"{naive:,} times without a zone are taken as UTC.")
    frame, counts, told = _each_once(frame)
    remarks += told
    source = raw.source or _source(frame, raw.frame.columns)
    video_id, told = _video(frame, raw.video_id)
    remarks += told
    frame, clock, zero, told = _timed(frame, source, start_us)
    remarks += told
    has_authors = not (
        frame["author_name"].is_null().all() and frame["author_channel_id"].is_null().all()
    )
    if not has_authors and len(frame):
        remarks.append("No column says who wrote (author_name, author_channel_id).")
    return Chat(
        name=raw.name,
        frame=frame.select(COLUMNS).sort("at_ms", nulls_last=True, maintain_order=True),
        source=source, clock=clock, video_id=video_id, start_us=zero,
        counts={**raw.counts, "rows": len(frame), **counts}, remarks=tuple(remarks),
    )  # fmt: skip


def _typed(frame: Any, *, guarded: bool) -> tuple[Any, int]:
    """Every column in its type, missing ones added; how many times had no zone."""
    pl = polars()
    kinds = frame.schema
    columns = []
    for name in ALIASES:
        kind = kinds.get(name, pl.Null)
        if kind == pl.Null:
            wanted = (
                pl.Boolean if name in _FLAGS else pl.Int64 if name in _COUNTS else
                pl.Float64 if name == "offset_s" else pl.Datetime("us", "UTC")
                if name == "timestamp" else pl.String
            )  # fmt: skip
            columns.append(pl.lit(None, dtype=wanted).alias(name))
        elif name in _FLAGS:
            columns.append(_flag(name, kind))
        elif name in _COUNTS or name == "offset_s":
            wanted = pl.Float64 if name == "offset_s" else pl.Int64
            columns.append(pl.col(name).cast(wanted, strict=False))
        elif name == "timestamp":
            columns.append(_moment(kind))
        elif name == "emotes" and kind == pl.List:
            columns.append(
                pl.when(pl.col(name).list.len() > 0).then(pl.lit("+")).otherwise(None).alias(name)
            )
        else:
            columns.append(_text(name, kind, guarded=guarded))
    naive = 0
    if kinds.get("timestamp") == pl.String:
        zoned = pl.col("timestamp").str.contains(_ZONED)
        naive = frame.select((pl.col("timestamp").str.contains(r"^\d{4}-") & ~zoned).sum()).item()
    shaped = frame.select(columns)
    without = pl.col("emotes").is_null() | pl.col("emotes").is_in(["", "[]"])
    marked = ~without if "emotes" in frame.columns else pl.col("text").str.contains(EMOTE.pattern)
    shaped = shaped.with_columns(
        pl.col("text").fill_null(""),
        pl.col("type").fill_null("text"),
        pl.col("is_deleted").fill_null(value=False),
        marked.fill_null(value=False).alias("has_emote"),
    )
    return shaped, naive


_UNKNOWN_START = (
    "Nothing says when the stream began, so times count from the first message (--start TIME "
    "sets it)."
)


def _flag(name: str, kind: Any) -> Any:
    pl = polars()
    if kind == pl.Boolean:
        return pl.col(name)
    return pl.col(name).cast(pl.String).str.to_lowercase().is_in(["true", "1", "yes"]).alias(name)


def _text(name: str, kind: Any, *, guarded: bool) -> Any:
    pl = polars()
    column = pl.col(name) if kind == pl.String else pl.col(name).cast(pl.String, strict=False)
    if guarded and name in ("text", "author_name", "amount_text", "sticker"):
        column = pl.when(column.str.contains(_GUARDED)).then(column.str.slice(1)).otherwise(column)
    if name != "text":
        column = pl.when(column.str.len_bytes() > 0).then(column).otherwise(None)
    return column.alias(name)


def _moment(kind: Any) -> Any:
    """A column of times in UTC, with microseconds."""
    pl = polars()
    wanted = pl.Datetime("us", "UTC")
    column = pl.col("timestamp")
    if kind == pl.String:
        text = column.str.strip_chars().str.to_uppercase().str.replace(" ", "T", literal=True)
        text = pl.when(text.str.contains(_ZONED)).then(text).otherwise(text + "Z")
        return text.str.to_datetime(time_unit="us", time_zone="UTC", strict=False)
    if kind.is_numeric():
        micros = (
            pl.when(column >= _MICRO_FROM).then(column)
            .when(column >= _MILLI_FROM).then(column * 1_000).otherwise(column * 1_000_000)
        )  # fmt: skip
        return micros.cast(pl.Int64, strict=False).cast(wanted, strict=False)
    if kind == pl.Datetime and kind.time_zone is None:
        return column.dt.cast_time_unit("us").dt.replace_time_zone("UTC")
    if kind == pl.Datetime:
        return column.dt.cast_time_unit("us").dt.convert_time_zone("UTC")
    return column.cast(wanted, strict=False)


def _each_once(frame: Any) -> tuple[Any, dict[str, int], list[str]]:
    """A row for each id, the last one, which knows of deletions; counts, and what is to be told."""
    pl = polars()
    before = len(frame)
    if frame["id"].is_null().all():
        once = frame.unique(maintain_order=True)
        gone = before - len(once)
        told = [f"{gone:,} rows that repeat another in every column are left out."] if gone else []
        return once, {"duplicates": gone, "conflicts": 0}, told
    named = pl.col("id").is_not_null()
    kept = frame.with_row_index("order")
    with_id = kept.filter(named)
    once = with_id.unique(subset=["id"], keep="last", maintain_order=True)
    gone = len(with_id) - len(once)
    conflicts = 0
    if gone:
        different = with_id.select("id", "type", "text", "author_channel_id").unique()
        conflicts = len(different) - len(once)
    told = [f"{gone:,} rows come again under the same id and are left out."] if gone else []
    if conflicts:
        told.append(f"{conflicts:,} of them differ from the row that is kept (the last one).")
    whole = pl.concat([once, kept.filter(~named)]).sort("order").drop("order")
    return whole, {"duplicates": gone, "conflicts": conflicts}, told


def _source(frame: Any, names: Sequence[str]) -> str:
    if "comment_id" in names or "textDisplay" in names:
        return "comments"
    kinds = frame["source"].drop_nulls().unique().to_list()
    return kinds[0] if len(kinds) == 1 else "table"


def _video(frame: Any, known: str | None) -> tuple[str | None, list[str]]:
    videos = frame["video_id"].drop_nulls().unique()
    if len(videos) > 1:
        return None, [f"The table has messages of {len(videos)} videos, which are taken together."]
    return (videos[0] if len(videos) else known), []


def _timed(
    frame: Any, source: str, start_us: int | None
) -> tuple[Any, Clock, int | None, list[str]]:
    """The frame with `at_ms`, what that counts from, the wall clock of its zero, remarks."""
    pl = polars()
    micros = pl.coalesce("timestamp_us", pl.col("timestamp").dt.epoch("us"))
    offset = pl.coalesce(pl.col("offset_ms").cast(pl.Float64), pl.col("offset_s") * 1_000)
    offset = pl.when(offset.abs() <= _MOST_MS).then(offset)
    frame = frame.with_columns(
        pl.when((micros > 0) & (micros < _MOST_US)).then(micros).alias("us"),
        offset.round().cast(pl.Int64, strict=False).alias("at_ms"),
    )
    has_offset = not frame["at_ms"].is_null().all()
    has_clock = not frame["us"].is_null().all()
    if start_us is not None and has_clock:
        at = ((pl.col("us") - start_us) // 1_000).alias("at_ms")
        return frame.with_columns(at), "stream", start_us, _untimed(frame["us"].null_count())
    if has_offset:
        zero = frame.select((pl.col("us") - pl.col("at_ms") * 1_000).median()).item()
        zero = None if zero is None else int(zero)
        if zero is not None:
            later = (pl.col("us") - zero) // 1_000
            frame = frame.with_columns(pl.coalesce("at_ms", later).alias("at_ms"))
        clock: Clock = "recording" if source == "recording" else "stream"
        told = _untimed(frame["at_ms"].null_count())
        if clock == "recording":
            told.append("Times count from the beginning of the recording, not of the stream.")
        return frame, clock, zero, told
    if has_clock:
        zero = int(frame["us"].min())
        told = [] if source == "comments" else [_UNKNOWN_START]
        frame = frame.with_columns(((pl.col("us") - zero) // 1_000).alias("at_ms"))
        return frame, "first", zero, told + _untimed(frame["at_ms"].null_count())
    told = ["No column has times (offset_ms, timestamp_us, timestamp): no rates, no bursts."]
    return frame, "", None, told if len(frame) else []


def _untimed(count: int) -> list[str]:
    return [f"{count:,} rows have no time; rates and bursts are without them."] if count else []
