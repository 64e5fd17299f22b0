"""A chat as columns: a data frame of polars, since a million messages are too many for objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from loquitur.insight import links
from loquitur.insight.libraries import library

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

Clock = Literal["stream", "recording", "first", ""]
"""What times count from: the stream's start, that of a recording, the first message; none."""

SAID = frozenset({"text", "paid", "sticker", "milestone"})
"""Types of rows that a viewer wrote or showed: these are the messages of all rates."""
JOINED = frozenset({"membership", "gift_purchase", "gift_redemption", "gift", "donation"})
"""Types that tell of members and gifts; they are counted beside the messages."""


def polars() -> Any:
    """The library of the columns.

    Raises:
        MissingError: It is not installed.
    """
    return library("polars", "chats are read by polars, which is not installed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """All rows of a chat, each once, in the order of time; rows without a time stand last.

    Args:
        name: Of the file.
        frame: A `polars.DataFrame` with the columns of `shaping.COLUMNS`.
        source: `table`, `replay`, `recording`, `api` or `comments`.
        clock: What `at_ms` counts from.
        video_id: Whose chat it is, if it is of one video that is known.
        start_us: The wall clock at time 0, microseconds since 1970, UTC.
        counts: What else was in the file: `rows`, `duplicates`, `conflicts`, `broken`, `cut` ...
        remarks: What a reader has to know of the file, a sentence each.
    """

    name: str
    frame: Any
    source: str = "table"
    clock: Clock = "stream"
    video_id: str | None = None
    start_us: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @property
    def origin(self) -> str:
        """Where the moments of this chat lead; empty where its times are not those of a video."""
        return links.origin_of(video_id=self.video_id) if self.clock == "stream" else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Messages:
    """What was said, as arrays of one length: rows of `SAID` types, in the order of time.

    Args:
        at_ms: Times, for the first `timed` rows; 0 for those behind, which have none.
        timed: How many rows have a time.
        author: A number for each author, -1 where nobody is named.
        text: A number for each different text, an index of `texts`.
        texts: Every different text.
        is_deleted: Taken away later.
        is_paid: With money.
        has_emote: With an emote of the channel's in it.
        authors: A `polars.DataFrame`, a row for each author by number: `author_name`,
            `author_channel_id`, `role`.
    """

    at_ms: NDArray[np.int64]
    timed: int
    author: NDArray[np.int32]
    text: NDArray[np.int32]
    texts: list[str]
    is_deleted: NDArray[np.bool_]
    is_paid: NDArray[np.bool_]
    has_emote: NDArray[np.bool_]
    authors: Any

    def __len__(self) -> int:
        return len(self.author)

    @property
    def times(self) -> NDArray[np.int64]:
        """The times that are known, ascending, ms."""
        return self.at_ms[: self.timed]


def messages_of(chat: Chat) -> Messages:
    """What was said in a chat."""
    pl = polars()
    said = chat.frame.filter(pl.col("type").is_in(sorted(SAID)))
    key = pl.coalesce("author_channel_id", "author_name").alias("key")
    numbered = said.select(key, "author_name", "author_channel_id", *_ROLES)
    authors = (
        numbered.filter(pl.col("key").is_not_null())
        .group_by("key", maintain_order=True)
        .agg(
            pl.col("author_name").drop_nulls().last(),
            pl.col("author_channel_id").drop_nulls().last(),
            *(pl.col(name).max().fill_null(value=False) for name in _ROLES),
        )
    )
    role = (
        pl.when("is_owner").then(pl.lit("owner"))
        .when("is_moderator").then(pl.lit("moderator"))
        .when("is_member").then(pl.lit("member"))
        .otherwise(pl.lit("viewer")).alias("role")
    )  # fmt: skip
    texts = said["text"].unique(maintain_order=True)
    return Messages(
        at_ms=said["at_ms"].fill_null(0).to_numpy(),
        timed=len(said) - said["at_ms"].null_count(),
        author=_codes(numbered["key"], authors["key"]),
        text=_codes(said["text"], texts),
        texts=texts.to_list(),
        is_deleted=said["is_deleted"].to_numpy(),
        is_paid=said["type"].is_in(["paid", "sticker"]).to_numpy(),
        has_emote=said["has_emote"].to_numpy(),
        authors=authors.select("author_name", "author_channel_id", role),
    )


_ROLES = ("is_owner", "is_moderator", "is_member")


def _codes(values: Any, known: Any) -> NDArray[np.int32]:
    """For each value its place among the known ones, -1 for a missing one."""
    pl = polars()
    table = known.alias("value").to_frame().with_row_index("code")
    found = values.alias("value").to_frame().join(
        table, on="value", how="left", maintain_order="left"
    )  # fmt: skip
    codes: NDArray[np.int32] = found["code"].cast(pl.Int32).fill_null(-1).to_numpy()
    return codes
