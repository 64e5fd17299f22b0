"""Citations of an answer; their times and addresses come from the index alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.library.search.hits import address_of
from loquitur.model.library import Citation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.library.answers.checking import Evidence
    from loquitur.library.index.contract import Index
    from loquitur.model.library import Passage

_CONTEXT = 240


def cite(index: Index, passage: Passage, evidence: Sequence[Evidence]) -> Citation:
    """One citation of a passage: from the first quoted words to the last.

    Args:
        index: Where it is from.
        passage: The passage.
        evidence: What is quoted of it, of one number; not empty.
    """
    spans = sorted({(one.start, one.end) for one in evidence})
    first, end = spans[0][0], max(stop for _, stop in spans)
    volume = index.volume(passage.media_id)
    start_ms, end_ms = passage.span_ms(first, end)
    before, after = passage.text[:first].rstrip(), passage.text[end:].lstrip()
    return Citation(
        n=evidence[0].n,
        media_id=passage.media_id,
        passage_id=passage.id,
        start_ms=start_ms,
        end_ms=end_ms,
        text=passage.text[first:end],
        url=address_of(passage, volume, start_ms) if volume else "",
        title=volume.title if volume else "",
        speaker=passage.speaker,
        timed=passage.timed,
        before=before[-_CONTEXT:],
        after=after[:_CONTEXT],
        marks=tuple((start - first, stop - first) for start, stop in spans)
        if spans != [(first, end)]
        else (),
    )


def near(index: Index, passage: Passage, n: int) -> Citation:
    """A passage to look at where there is no answer: its first words."""
    end = len(passage.text)
    for _, stop in passage.sentence_spans():
        end = stop
        if stop >= _CONTEXT // 2:
            break
    volume = index.volume(passage.media_id)
    start_ms, end_ms = passage.span_ms(0, max(1, end))
    return Citation(
        n=n,
        media_id=passage.media_id,
        passage_id=passage.id,
        start_ms=start_ms,
        end_ms=end_ms,
        text=passage.text[:end].rstrip(),
        url=address_of(passage, volume, start_ms) if volume else "",
        title=volume.title if volume else "",
        speaker=passage.speaker,
        timed=passage.timed,
        after=passage.text[end:].lstrip()[:_CONTEXT],
    )
