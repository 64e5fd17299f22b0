"""Filters as conditions of SQL over a passage `p`, its volume and its part resolved beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.library.index.embedded.rows import storable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.model.library import Filters


def condition(filters: Filters) -> tuple[str, list[object]]:
    """What a row of `passages p` must fulfil, as ` AND ...`, and the values; empty where nothing.

    Volumes and parts are looked up first, by their indices: they are far fewer than passages.
    """
    texts: list[str] = []
    values: list[object] = []
    for sql, bound in (_volumes(filters), _kinds(filters), *_own(filters)):
        if sql:
            texts.append(sql)
            values += bound
    kept = [storable(one) if isinstance(one, str) else one for one in values]
    return "".join(f" AND {text}" for text in texts), kept


def _volumes(filters: Filters) -> tuple[str, list[object]]:
    texts: list[str] = []
    values: list[object] = []
    if filters.media_ids:
        texts.append(f"media_id IN ({_marks(filters.media_ids)})")
        values += filters.media_ids
    if filters.channels:
        texts.append(f"channel_key IN ({_marks(filters.channels)})")
        values += map(str.casefold, filters.channels)
    bounds: tuple[tuple[str, object], ...] = (
        ("published >= ?", filters.after or None),
        ("published != '' AND published < ?", filters.before or None),
        ("duration_ms >= ?", filters.shortest_ms),
        ("duration_ms <= ?", filters.longest_ms),
    )
    for text, value in bounds:
        if value is not None:
            texts.append(text)
            values.append(value)
    if not texts:
        return "", []
    return f"p.volume IN (SELECT id FROM volumes WHERE {' AND '.join(texts)})", values


def _kinds(filters: Filters) -> tuple[str, list[object]]:
    if not filters.kinds:
        return "", []
    marks = _marks(filters.kinds)
    return f"p.part IN (SELECT id FROM parts WHERE kind IN ({marks}))", [*filters.kinds]


def _own(filters: Filters) -> list[tuple[str, list[object]]]:
    found: list[tuple[str, list[object]]] = []
    if filters.speakers:
        sql = (
            "EXISTS (SELECT 1 FROM voices WHERE passage = p.id AND speaker IN"
            f" (SELECT id FROM speakers WHERE key IN ({_marks(filters.speakers)})))"
        )
        found.append((sql, [name.casefold() for name in filters.speakers]))
    if filters.emotions:
        sql = f"p.emotion COLLATE NOCASE IN ({_marks(filters.emotions)})"
        found.append((sql, [*filters.emotions]))
    if filters.languages:
        sql = "p.language IN (SELECT language FROM languages WHERE " + " OR ".join(
            "lower(language) = ? OR substr(lower(language), 1, ?) = ?" for _ in filters.languages
        )
        values: list[object] = []
        for tag in map(str.lower, filters.languages):
            values += (tag, len(tag) + 1, f"{tag}-")
        found.append((sql + ")", values))
    return found


def _marks(values: Sequence[str]) -> str:
    return ",".join("?" * len(values))
