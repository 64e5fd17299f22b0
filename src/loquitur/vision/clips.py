"""Clips with sentences: what a corpus of described videos is made of, whoever published it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SPLITS = ("train", "validation", "test")
DRAWN = "shapes:"
"""How the source of a clip begins that is drawn, not read."""
SCHEMA = "loquitur/clips/1"
"""One JSON object a line: schema, clip, video, source, start_ms, end_ms, split, category, captions.

`captions` is a list of sentences, or of objects {"text", "language"}.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One reference: what a person wrote of a clip; `language` is BCP 47, empty for unknown."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A span of a video, and what is said to be seen in it.

    Args:
        clip_id: Its name, unique in the corpus.
        video_id: Of which video it is cut: clips of one video never stand in two splits.
        source: Where its pictures are: a path, a URL, an 11-character YouTube id, or
            `shapes:...` for a generated one; empty where only features exist.
        start_ms: Where it begins in the video; None for the whole.
        end_ms: Where it ends; None for the video's end.
        sentences: The references.
        split: train, validation, test, another name of the corpus' own, or empty.
        category: The corpus' own category, empty where it has none.
    """

    clip_id: str
    video_id: str
    source: str = ""
    start_ms: int | None = None
    end_ms: int | None = None
    sentences: tuple[Sentence, ...] = ()
    split: str = ""
    category: str = ""

    def texts(self, language: str = "") -> tuple[str, ...]:
        """Its sentences; those of one language where it is given."""
        return tuple(
            one.text for one in self.sentences if not language or one.language in ("", language)
        )


EXAMPLES = 5
"""So many of what is not taken are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """What of a corpus was not taken: why, how many, and the first of them by name."""

    reason: str
    count: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """A described data set: its clips in the order of its files."""

    name: str
    clips: tuple[Clip, ...]
    dropped: tuple[Dropped, ...] = ()

    def of(self, split: str) -> tuple[Clip, ...]:
        """The clips of one split."""
        return tuple(clip for clip in self.clips if clip.split == split)

    def sizes(self) -> dict[str, int]:
        """How many clips each split has."""
        return dict(Counter(clip.split for clip in self.clips))

    def with_dropped(self, reason: str, names: Iterable[str]) -> Corpus:
        """The same, telling of one more loss; itself where nothing is lost."""
        gone = tuple(names)
        if not gone:
            return self
        more = Dropped(reason=reason, count=len(gone), examples=gone[:EXAMPLES])
        return replace(self, dropped=(*self.dropped, more))
