"""The sentences of a volume out of its overlapping passages: each once, in order, with its time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from loquitur.insight.links import moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from loquitur.library.index.contract import Index
    from loquitur.model.library import Part, Passage, Volume

_REMEMBERED = 400
"""Sentences of the passages before that one may repeat; passages have a few dozen at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence as it was said.

    Args:
        text: On one line.
        start_ms: When it begins, media time.
        end_ms: When it ends, exclusive.
        url: Of its moment; empty where it has none.
        chapter: The chapter's title, where the library knows one.
        speaker: Who says most of the passage it is in.
        language: BCP 47.
    """

    text: str
    start_ms: int
    end_ms: int
    url: str = ""
    chapter: str = ""
    speaker: str = ""
    language: str = "und"


def speech_part(index: Index, volume: Volume) -> Part | None:
    """The part that says what is spoken: in the volume's own language where there are several."""
    spoken = [one for one in index.parts(volume.media_id) if one.kind == "speech"]
    spoken.sort(key=lambda one: (one.language != volume.language, one.name))
    return spoken[0] if spoken else None


def sentences_of(volume: Volume, passages: Iterable[Passage]) -> Iterator[Sentence]:
    """The sentences of passages in their order, those that neighbours share once."""
    link = partial(moment, volume.origin, duration_ms=volume.duration_ms)
    before: dict[tuple[int, str], None] = {}
    for passage in passages:
        for first, end in passage.sentence_spans():
            text = " ".join(passage.text[first:end].split())
            start_ms, end_ms = passage.span_ms(first, end)
            key = (start_ms if passage.timed else -1, text)
            if not text or key in before:
                continue
            before[key] = None
            if len(before) > _REMEMBERED:
                del before[next(iter(before))]
            yield Sentence(
                text=text,
                start_ms=start_ms,
                end_ms=end_ms,
                url=link(start_ms) if passage.timed else "",
                chapter=passage.chapter,
                speaker=passage.speaker,
                language=passage.language,
            )
