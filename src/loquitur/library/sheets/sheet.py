"""A study sheet: chapters, what matters in them, terms and questions, each with its moment."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.errors import InputError, UsageError
from loquitur.library.search.retrieval import retrieve
from loquitur.library.sheets import choosing
from loquitur.library.sheets.sections import divided, sections_of
from loquitur.library.sheets.sentences import sentences_of, speech_part
from loquitur.model.library import ALL, Filters, Volume
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.library.encoding import Encoder
    from loquitur.library.index.contract import Index
    from loquitur.library.sheets.choosing import Asked, Explained
    from loquitur.library.sheets.sections import Section
    from loquitur.library.sheets.sentences import Sentence
    from loquitur.model.library import Passage

_A_MINUTE = 60_000
_FEWEST, _MOST = 3, 8
"""Key sentences of a chapter: about one a minute, within these."""
_PASSAGES = 40
"""Passages that a sheet about a subject is made of."""
_RELATED = 0.35
"""Of the best passage's score: what is below is about something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A chapter and its key sentences, in the order they were said."""

    section: Section
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What is worth learning of a video, or of all that a library says about a subject.

    Args:
        volume: The video; of a subject one that stands for it.
        digests: Its chapters; of a subject, the videos.
        terms: Key terms with the sentences that explain them, in the order of time.
        questions: Asked aloud, with what was said next.
        language: BCP 47, of most of it.
        notices: What a reader should know.
    """

    volume: Volume
    digests: tuple[Digest, ...]
    terms: tuple[Explained, ...]
    questions: tuple[Asked, ...]
    language: str
    notices: tuple[str, ...] = ()


def sheet_of(index: Index, media_id: str) -> Sheet:
    """The sheet of one video, made of nothing but what is said in it.

    Args:
        index: Of the library.
        media_id: As `library list` shows it.

    Raises:
        UsageError: There is no such video in the library.
        InputError: Nothing is said in it.
    """
    volume = index.volume(media_id)
    if volume is None:
        raise UsageError(
            f"not in the library: '{display(media_id[:80])}'",
            hint="loquitur library list shows what is",
        )
    part = speech_part(index, volume)
    sentences: tuple[Sentence, ...] = ()
    if part is not None:
        sentences = tuple(sentences_of(volume, index.passages_of(volume.media_id, part.name)))
    if not sentences:
        raise InputError(f"nothing is said in '{display(volume.title or volume.media_id)}'")
    language = _language(sentences)
    sections, notices = sections_of(volume, sentences, language=language)
    return _made(volume, sections, language, notices)


def sheet_about(
    index: Index,
    query: str,
    *,
    encoder: Encoder | None = None,
    filters: Filters = ALL,
) -> Sheet:
    """The sheet of a subject: what all videos of a library say about it, video by video.

    Args:
        index: Of the library.
        query: The subject, in plain words.
        encoder: Of the library's vectors, where there is one.
        filters: Which passages are looked at.

    Raises:
        UsageError: The query is empty.
        InputError: The library says nothing about it.
    """
    query = " ".join(query.split())
    if not query:
        raise UsageError("a sheet about nothing", hint='--query "gauge symmetry"')
    found = retrieve(index, query, encoder=encoder, filters=filters, limit=_PASSAGES)
    best = found[0].score if found else 0.0
    volumes: dict[str, list[Passage]] = {}
    for one in found:
        if one.passage.kind == "speech" and one.score >= _RELATED * best:
            volumes.setdefault(one.passage.media_id, []).append(one.passage)
    groups: list[tuple[Volume, tuple[Sentence, ...]]] = []
    for media_id, passages in volumes.items():
        volume = index.volume(media_id)
        if volume is not None:
            ordered = sorted(passages, key=lambda one: (one.part, one.number))
            groups.append((volume, tuple(sentences_of(volume, ordered))))
    if not groups:
        raise InputError(f"the library says nothing about '{display(query)}'")
    language = _language([one for _, some in groups for one in some])
    about = choosing.near([some for _, some in groups], query, language=language)
    groups = [(volume, some) for (volume, _), some in zip(groups, about, strict=True) if some]
    sections = divided(
        [volume.title for volume, _ in groups], [some for _, some in groups], language=language
    )
    subject = Volume(media_id=f"query:{query.lower()}", title=query, language=language)
    return _made(subject, sections, language, (), query=query)


def _made(
    volume: Volume, sections: Sequence[Section], language: str, notices: tuple[str, ...],
    *, query: str = "",
) -> Sheet:  # fmt: skip
    weights = choosing.weights_of(sections, language=language, query=query)
    digests = tuple(
        Digest(
            section=section,
            sentences=choosing.key_sentences(
                section, weighed, most=_most(section), language=language
            ),
        )
        for section, weighed in zip(sections, weights, strict=True)
    )
    return Sheet(
        volume=volume,
        digests=digests,
        terms=choosing.explained_terms(sections, language=language),
        questions=tuple(
            asked
            for section in sections
            for asked in choosing.questions_of(section.sentences, language=language)
        ),
        language=language,
        notices=notices,
    )


def _most(section: Section) -> int:
    said = section.sentences
    minutes = (max(one.end_ms for one in said) - min(one.start_ms for one in said)) // _A_MINUTE
    return min(_MOST, max(_FEWEST, minutes))


def _language(sentences: Sequence[Sentence]) -> str:
    counts = Counter(one.language for one in sentences)
    return counts.most_common(1)[0][0]
