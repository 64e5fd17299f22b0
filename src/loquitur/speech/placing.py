"""Windows of words through an aligner: each word with a time, from the best source there is."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from loquitur.model.speech import RawWord, Word
from loquitur.speech.loudness import apply
from loquitur.speech.spreading import spread, voice_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from loquitur.protocols import Aligner, Samples
    from loquitur.speech.windows import Cast, Window
    from loquitur.timing import Span

_FAR_MS = 400
_RUN = 3
DOUBTFUL = 0.5  # of a script, less than this is said to the user


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is the same for all windows: who looks for which words, in what, and what is known.

    Args:
        engine: The aligner.
        samples: The decoded sound.
        gain_db: The level correction.
        texts: All words, as they are shown.
        language: A BCP 47 tag, or empty.
        laid: How a script lies on what was heard; None without a script.
    """

    engine: Aligner
    samples: Samples
    gain_db: float
    texts: Sequence[str]
    language: str
    laid: Cast | None = None

    def find(self, window: Window) -> list[RawWord]:
        """The words of a window, in ms from its start.

        As the engine finds them; where it finds none, or far from where the recogniser heard them,
        as that did; where it did not either, shared out over the voice.
        """
        said = self.texts[window.first : window.last]
        sound = apply(self.samples.read(window.start_ms, window.end_ms), self.gain_db)
        found: list[RawWord] = []
        if window.span.duration_ms <= self.engine.longest_ms:
            found = list(self.engine.align(sound, said, language=self.language))
        known = self.laid.known[window.first : window.last] if self.laid else ()
        if any(word.start_ms is not None for word in found):
            return _held(found, known, window) if any(known) else found
        if any(known):
            return [_as_heard(text, span, window) for text, span in zip(said, known, strict=True)]
        return spread(said, voice_of(sound))


def _held(found: Sequence[RawWord], known: Sequence[Span | None], window: Window) -> list[RawWord]:
    """Aligned words, held against what the recogniser heard.

    Where two people speak at once, an aligner is led astray for seconds; a recogniser that heard
    several words of the text in a row is believed more. Of a single word it may have heard another
    instance.
    """
    sure = _in_runs(known)
    words: list[RawWord] = []
    for word, span in zip(found, sure, strict=True):
        heard = _as_heard(word.text, span, window)
        if word.start_ms is None or heard.start_ms is None:
            words.append(word)
        else:
            words.append(word if abs(word.start_ms - heard.start_ms) <= _FAR_MS else heard)
    starts = [word.start_ms if span else None for word, span in zip(words, sure, strict=True)]
    for at, word in enumerate(words):
        before = max((start for start in starts[:at] if start is not None), default=0.0)
        after = min((start for start in starts[at + 1 :] if start is not None), default=math.inf)
        strayed = word.start_ms is not None and not before <= word.start_ms <= after
        if strayed and not sure[at]:
            words[at] = _as_heard(word.text, None, window)
    return words


def _in_runs(known: Sequence[Span | None]) -> list[Span | None]:
    """The heard spans of three words or more in a row; None for the others."""
    flags = [span is not None for span in known]
    sure: list[Span | None] = [None] * len(known)
    for low in range(len(known) - _RUN + 1):
        if all(flags[low : low + _RUN]):
            sure[low : low + _RUN] = known[low : low + _RUN]
    return sure


def _as_heard(text: str, span: Span | None, window: Window) -> RawWord:
    """A word with the times of the recogniser where it heard it; `guard` fills in the others."""
    return RawWord(
        start_ms=None if span is None else span.start_ms - window.start_ms,
        end_ms=None if span is None else span.end_ms - window.start_ms,
        text=text,
        timing="interpolated" if span is None else "engine",
    )


def in_parts(windows: Sequence[Window], *, part_ms: int) -> Iterator[tuple[Window, ...]]:
    """Consecutive windows, up to a length together: the unit of resuming."""
    part: list[Window] = []
    for window in windows:
        if part and window.end_ms - part[0].start_ms > part_ms:
            yield tuple(part)
            part = []
        part.append(window)
    if part:
        yield tuple(part)


def in_order(words: Iterable[Word]) -> Iterator[Word]:
    """Words whose starts never fall: windows touch, and a word may begin where they do."""
    last_ms = 0
    for word in words:
        start_ms = max(word.start_ms, last_ms)
        last_ms = start_ms
        if start_ms == word.start_ms:
            yield word
        else:
            yield replace(word, start_ms=start_ms, end_ms=max(word.end_ms, start_ms + 1))


def notes_on(laid: Cast) -> Iterator[str]:
    """What a reader should know of how a script fits."""
    if laid.match < DOUBTFUL:
        yield f"only {laid.match:.0%} of the text was heard: check that it is of this sound"
    for action, told in (
        ("removed", "passage(s) of the text are not said, and left out"),
        ("flagged", "passage(s) are said and not in the text"),
    ):
        count = sum(finding.action == action for finding in laid.findings)
        if count:
            yield f"{count} {told} (see the provenance)"
