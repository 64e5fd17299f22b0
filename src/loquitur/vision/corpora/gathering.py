"""Clips as a reader finds them, put together by their ids; what is not taken, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from loquitur.errors import InputError
from loquitur.text import display
from loquitur.timing import from_seconds
from loquitur.vision.clips import EXAMPLES, Clip, Corpus, Dropped, Sentence
from loquitur.vision.vocabulary import has_words

MOST_CHARS = 5_000
"""A longer sentence is a slip: two hundred words have some 1,200 characters."""
LONGEST_S = 1e6
"""No clip begins later (11 days)."""
OTHER_LANGUAGE = "sentence in another language"
"""Why a sentence is not taken, before its language in brackets."""


@dataclass(slots=True, kw_only=True)
class _Open:
    """A clip that still gets sentences."""

    video_id: str
    source: str
    start_ms: int | None
    end_ms: int | None
    split: str
    category: str
    sentences: list[Sentence] = field(default_factory=list)

    @property
    def span(self) -> tuple[int | None, int | None]:
        """From when to when."""
        return self.start_ms, self.end_ms


class Gathering:
    """What a reader hands over, row by row.

    Args:
        language: Sentences in this language alone are taken, a BCP 47 tag; all where empty.
    """

    def __init__(self, *, language: str = "") -> None:
        self._language = language
        self._clips: dict[str, _Open] = {}
        self._dropped: Counter[str] = Counter()
        self._examples: dict[str, list[str]] = {}

    def clip(
        self,
        clip_id: str,
        *,
        video_id: str,
        source: str = "",
        start_s: float | None = None,
        end_s: float | None = None,
        split: str = "",
        category: str = "",
    ) -> bool:
        """A clip, before its sentences; whether it can be taken. The same again changes nothing."""
        if not _are_times(start_s, end_s):
            self.drop("a time that no clip has", clip_id)
            return False
        new = _Open(
            video_id=video_id or clip_id,
            source=source,
            start_ms=_ms(start_s),
            end_ms=_ms(end_s),
            split=split,
            category=category,
        )
        known = self._clips.get(clip_id)
        return self._opened(clip_id, new) if known is None else self._again(clip_id, known, new)

    def _opened(self, clip_id: str, new: _Open) -> bool:
        if new.end_ms is not None and new.end_ms <= (new.start_ms or 0):
            self.drop("span that ends before it begins", clip_id)
            return False
        if not clip_id:
            self.drop("clip without a name", display(new.video_id or new.source))
            return False
        self._clips[clip_id] = new
        return True

    def _again(self, clip_id: str, known: _Open, new: _Open) -> bool:
        if (known.video_id, *known.span) != (new.video_id, *new.span):
            self.drop("clip id again, of another video or span", clip_id)
            return False
        if new.split and known.split and new.split != known.split:
            self.drop("clip id again, in another split", clip_id)
            return False
        known.split = known.split or new.split
        known.category = known.category or new.category
        return True

    def fits(self, clip_id: str, start_s: float | None, end_s: float | None) -> bool:
        """Whether a name is free, or its clip has this span."""
        known = self._clips.get(clip_id)
        if known is None or not _are_times(start_s, end_s):
            return True
        return known.span == (_ms(start_s), _ms(end_s))

    def knows(self, clip_id: str) -> bool:
        """Whether a clip has been handed over."""
        return clip_id in self._clips

    def say(self, clip_id: str, text: str | None, language: str = "") -> None:
        """A sentence of a clip that was handed over before."""
        plain = " ".join((text or "").split())
        if self._language and language not in ("", self._language):
            self.drop(f"{OTHER_LANGUAGE} ({language})", clip_id)
        elif not plain:
            self.drop("sentence without text", clip_id)
        elif not has_words(plain):
            self.drop("sentence without words", clip_id)
        elif len(plain) > MOST_CHARS:
            self.drop(f"sentence of more than {MOST_CHARS} characters", clip_id)
        else:
            self._clips[clip_id].sentences.append(Sentence(text=plain, language=language))

    def drop(self, reason: str, example: str) -> None:
        """Something is not taken."""
        self._dropped[reason] += 1
        examples = self._examples.setdefault(reason, [])
        if len(examples) < EXAMPLES and example not in examples:
            examples.append(example)

    def corpus(self, name: str, *, silent: bool = False) -> Corpus:
        """All that was gathered.

        Args:
            name: What it is called.
            silent: Clips without a sentence are taken too: for prediction.

        Raises:
            InputError: No clip is left.
        """
        clips = []
        for clip_id, one in self._clips.items():
            if not one.sentences and not silent:
                self.drop("clip without a sentence", clip_id)
                continue
            clips.append(
                Clip(
                    clip_id=clip_id,
                    video_id=one.video_id,
                    source=one.source,
                    start_ms=one.start_ms,
                    end_ms=one.end_ms,
                    sentences=tuple(one.sentences),
                    split=one.split,
                    category=one.category,
                )
            )
        dropped = self.dropped()
        if not clips:
            told = ", ".join(f"{each.reason}: {each.count}" for each in dropped[:3])
            raise InputError(
                f"{display(name)}: no clip with a sentence ({display(told) or 'it is empty'})",
                hint="--language all takes every language" if self._language else "",
            )
        return Corpus(name=name, clips=tuple(clips), dropped=dropped)

    def dropped(self) -> tuple[Dropped, ...]:
        """What was not taken, the most frequent reason first."""
        return tuple(
            Dropped(reason=reason, count=count, examples=tuple(self._examples[reason]))
            for reason, count in sorted(self._dropped.items(), key=lambda pair: (-pair[1], pair[0]))
        )


def _are_times(*seconds: float | None) -> bool:
    return all(one is None or 0 <= one <= LONGEST_S for one in seconds)


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else from_seconds(seconds)
