"""What a polished transcript changed, in lines for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.speech.rewording import align

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.model.speech import SpokenWord, Transcript

CONTEXT_WORDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Words that became others, with some words around them; either side may be empty."""

    start_ms: int
    speaker: str
    before: str
    old: str
    new: str
    after: str


def differences(old: Transcript, new: Transcript) -> tuple[Difference, ...]:
    """Where two transcripts of the same utterances differ, in order.

    Args:
        old: As it was.
        new: As it is; refining gives every utterance in its place.
    """
    found: list[Difference] = []
    for was, now in zip(old.utterances, new.utterances, strict=True):
        if was.words != now.words:
            found.extend(_within(was.words, now.words, was.speaker, new.language))
    return tuple(found)


def _within(
    old: Sequence[SpokenWord], new: Sequence[SpokenWord], speaker: str, language: str
) -> Iterator[Difference]:
    texts, fresh = [word.text for word in old], [word.text for word in new]
    open_at: tuple[int, int] | None = None
    last = (0, 0)
    edits = align(texts, fresh, language=language)
    for edit in edits:
        changed = texts[edit.old_start : edit.old_end] != fresh[edit.new_start : edit.new_end]
        if changed and open_at is None:
            open_at = (edit.old_start, edit.new_start)
        if not changed and open_at is not None:
            yield _difference(old, texts, fresh, open_at, last, speaker)
            open_at = None
        last = (edit.old_end, edit.new_end)
    if open_at is not None:
        yield _difference(old, texts, fresh, open_at, last, speaker)


def _difference(
    words: Sequence[SpokenWord],
    old: Sequence[str],
    new: Sequence[str],
    first: tuple[int, int],
    last: tuple[int, int],
    speaker: str,
) -> Difference:
    return Difference(
        start_ms=words[min(first[0], len(words) - 1)].start_ms,
        speaker=speaker,
        before=" ".join(new[max(0, first[1] - CONTEXT_WORDS) : first[1]]),
        old=" ".join(old[first[0] : last[0]]),
        new=" ".join(new[first[1] : last[1]]),
        after=" ".join(new[last[1] : last[1] + CONTEXT_WORDS]),
    )
