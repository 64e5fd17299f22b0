"""What is in a library, counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loquitur.library.index.contract import Index


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """How much a library holds.

    Args:
        volumes: Videos, or files.
        parts: What of them: speech in a language, comments ...
        passages: What is found.
        vectors: How many passages have one.
        embedding: Whose vectors they are, `NAME[:MODEL]`; empty for words alone.
        size_bytes: Of the index.
        duration_ms: Of all volumes whose length is known; None where none's is.
        kinds: How many parts of each kind, the most frequent first.
        languages: How many volumes are in each language, the most frequent first.
        channels: How many volumes of each channel, the most frequent first.
        published: The first and the last day a volume came out; empty where nobody said.
    """

    volumes: int
    parts: int
    passages: int
    vectors: int
    embedding: str
    size_bytes: int
    duration_ms: int | None
    kinds: tuple[tuple[str, int], ...]
    languages: tuple[tuple[str, int], ...]
    channels: tuple[tuple[str, int], ...]
    published: tuple[str, str] = ("", "")


def stats(index: Index) -> Stats:
    """Count what an index holds; linear in its volumes."""
    counts = index.counts()
    kinds: Counter[str] = Counter()
    languages: Counter[str] = Counter()
    channels: Counter[str] = Counter()
    durations: list[int] = []
    days: list[str] = []
    for volume in index.volumes():
        kinds.update(part.kind for part in index.parts(volume.media_id))
        languages[volume.language] += 1
        if volume.channel:
            channels[volume.channel] += 1
        if volume.duration_ms is not None:
            durations.append(volume.duration_ms)
        if volume.published:
            days.append(volume.published)
    encoding = index.encoding
    return Stats(
        volumes=counts.volumes,
        parts=counts.parts,
        passages=counts.passages,
        vectors=counts.vectors,
        embedding=encoding.name if encoding is not None else "",
        size_bytes=counts.size_bytes,
        duration_ms=sum(durations) if durations else None,
        kinds=_listed(kinds),
        languages=_listed(languages),
        channels=_listed(channels),
        published=(min(days), max(days)) if days else ("", ""),
    )


def _listed(counts: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
