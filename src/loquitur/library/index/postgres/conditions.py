"""Filters as conditions on the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.library.index.postgres.rows import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.model.library import Filters


def condition(filters: Filters) -> tuple[str, list[object]]:
    """A condition on passages p, volumes v and parts t, and its values; empty where all fit."""
    parts: list[str] = []
    values: list[object] = []

    def holds(text: str, value: object) -> None:
        parts.append(text)
        values.append(value)

    for column, wanted in (
        ("v.media_id = ANY(%s)", [clean(one) for one in filters.media_ids]),
        ("v.channel_key = ANY(%s)", _folded(filters.channels)),
        ("lower(p.emotion) = ANY(%s)", _folded(filters.emotions)),
        ("t.kind = ANY(%s)", _folded(filters.kinds)),
        ("p.voices && %s::text[]", _folded(filters.speakers)),
    ):
        if wanted:
            holds(column, wanted)
    if filters.languages:
        tags = _folded(filters.languages)
        parts.append("(lower(p.language) = ANY(%s) OR lower(p.language) ^@ ANY(%s))")
        values += [tags, [f"{tag}-" for tag in tags]]
    for text, value in (
        ("v.published >= %s", clean(filters.after)),
        ("v.published < %s AND v.published <> ''", clean(filters.before)),
        ("v.duration_ms >= %s", filters.shortest_ms),
        ("v.duration_ms <= %s", filters.longest_ms),
    ):
        if value not in (None, ""):
            holds(text, value)
    return " AND ".join(parts), values


def _folded(wanted: Sequence[str]) -> list[str]:
    return [clean(one).casefold() for one in wanted]
