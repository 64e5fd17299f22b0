"""Chats made for tests: rows as `youtube chat` writes them."""

from __future__ import annotations

import json

import polars as pl

START_US = 1_780_000_000_000_000


def row(at_ms, text, author="ann", **more):
    """A row of a chat at a time of its stream."""
    return {
        "id": f"id-{at_ms}-{author}-{len(text)}", "type": "text", "source": "replay",
        "video_id": "abcdefghijk", "offset_ms": at_ms, "timestamp_us": START_US + at_ms * 1_000,
        "author_name": f"@{author}", "author_channel_id": f"UC{author:x<22}"[:24],
        "is_owner": False, "is_moderator": False, "is_member": False, "text": text, "emotes": [],
        "amount": None, "currency": None, "amount_text": None, "gift_count": None,
        "is_deleted": False, "deleted_ms": None, **more,
    }  # fmt: skip


def jsonl(path, rows):
    """A file of JSON Lines."""
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows))
    return path


def frame(rows):
    """The rows as a data frame."""
    kinds = {"amount": pl.Float64, "currency": pl.String, "amount_text": pl.String,
             "gift_count": pl.Int64, "deleted_ms": pl.Int64,
             "emotes": pl.List(pl.String)}  # fmt: skip
    return pl.DataFrame(rows, schema_overrides={k: v for k, v in kinds.items() if k in rows[0]})
