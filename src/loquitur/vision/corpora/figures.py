"""A corpus in figures: its splits, lengths and words."""

from __future__ import annotations

import dataclasses
import statistics
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loquitur.vision.splits import in_order
from loquitur.vision.vocabulary import SPECIAL, TRAINING, Coverage, Vocabulary, coverage, words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.vision.clips import Clip, Corpus


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitFigures:
    """One split: empty name for clips that have none.

    Args:
        name: Its name.
        clips: How many clips.
        videos: Of how many videos.
        sentences: How many sentences they have.
        words: Words of a sentence: median and most; None without sentences.
        seconds: Of a clip: median and most, over those whose span is known; None where none is.
        categories: How many categories.
        known: What the vocabulary of the training split knows of its sentences; None where there is
            none, and for the training split.
    """

    name: str
    clips: int
    videos: int
    sentences: int
    words: tuple[float, int] | None
    seconds: tuple[float, float] | None
    categories: int
    known: Coverage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A corpus in figures.

    Args:
        name: What it is called.
        splits: Its splits, the usual three first.
        languages: Sentences in each language; empty for those that say none.
        vocabulary: Words of the training split seen `threshold` times or more, without the four
            special ones; None where there is no training split.
        threshold: How often a word has to be seen.
    """

    name: str
    splits: tuple[SplitFigures, ...]
    languages: tuple[tuple[str, int], ...]
    vocabulary: int | None
    threshold: int

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "name": self.name,
            "clips": sum(one.clips for one in self.splits),
            "sentences": sum(one.sentences for one in self.splits),
            "splits": {one.name: _plain(one) for one in self.splits},
            "languages": dict(self.languages),
            "vocabulary": self.vocabulary,
            "threshold": self.threshold,
        }


def figures_of(corpus: Corpus, *, language: str = "", threshold: int = 1) -> Figures:
    """A corpus in figures, of the sentences in one language where it is given."""
    taught = [text for clip in corpus.of(TRAINING) for text in clip.texts(language)]
    vocabulary = Vocabulary.of(taught, threshold=threshold) if taught else None
    languages = Counter(one.language for clip in corpus.clips for one in clip.sentences)
    return Figures(
        name=corpus.name,
        splits=tuple(
            _split(name, corpus.of(name), language, None if name == TRAINING else vocabulary)
            for name in in_order(corpus.sizes())
        ),
        languages=tuple(languages.most_common()),
        vocabulary=None if vocabulary is None else len(vocabulary) - len(SPECIAL),
        threshold=threshold,
    )


def _split(
    name: str, clips: Sequence[Clip], language: str, vocabulary: Vocabulary | None
) -> SplitFigures:
    texts = [text for clip in clips for text in clip.texts(language)]
    counts = [len(words_of(text)) for text in texts]
    lengths = [
        (clip.end_ms - (clip.start_ms or 0)) / 1000 for clip in clips if clip.end_ms is not None
    ]
    return SplitFigures(
        name=name,
        clips=len(clips),
        videos=len({clip.video_id for clip in clips}),
        sentences=len(texts),
        words=(statistics.median(counts), max(counts)) if counts else None,
        seconds=(statistics.median(lengths), max(lengths)) if lengths else None,
        categories=len({clip.category for clip in clips if clip.category}),
        known=None if vocabulary is None else coverage(vocabulary, texts),
    )


def _plain(one: SplitFigures) -> dict[str, Any]:
    known = one.known
    return {
        "clips": one.clips,
        "videos": one.videos,
        "sentences": one.sentences,
        "words_median": one.words[0] if one.words else None,
        "words_most": one.words[1] if one.words else None,
        "seconds_median": one.seconds[0] if one.seconds else None,
        "seconds_most": one.seconds[1] if one.seconds else None,
        "categories": one.categories,
        "coverage": None
        if known is None
        else {
            **dataclasses.asdict(known),
            "commonest_unknown": dict(known.commonest_unknown),
            "unknown_share": known.unknown_share,
        },
    }
