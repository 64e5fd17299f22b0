"""Guards against text that nobody said: what they remove or doubt is told, never done in silence.

They look at the words of one chunk, after `guards.guard` has made them valid:
- *loops*: a decoder that has lost its way says the same words again and again (Radford et al.
  2022 tell it by how well the text compresses, over 2.4). The repetitions are cut, one is kept.
- *closings*: what subtitles on the web end with, said over silence or music; the table is
  `closings.toml`.
- *outside*: words where no voice was heard are doubted, and kept.
- *rate*: more letters than a mouth can say in the voiced time are doubted, and kept; a word that
  lasts for seconds is shortened, for its end was a guess.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
import zlib
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from loquitur.model.speech import Finding, Word
from loquitur.timing import Span, overlap_ms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Literal

# How often a run of so many words must follow itself to be a loop: people do say "no, no, no".
_REPEATS = ((1, 8), (2, 6), (3, 5), (7, 4), (20, 3))  # (words at most, times at least)
_COMPRESSIBLE = 2.4
_JUDGED_BYTES = 200  # short texts compress badly, and tell nothing
_INNER_LOOP = re.compile(r"(.{1,30}?)\1{6,}")  # inside a word of a script without blanks
_CLOSING_VOICE = 0.6
_CLOSING_LETTERS_S = 28.0
_LETTERS_S = 40.0
_LEAST_LETTERS = 20
_OUTSIDE_MS = 300  # how far from a voice a word may be: a recogniser's clock is no better
_LONGEST_WORD_MS = 3_000
_LONG_LETTER_MS = 250
_SHOWN = 200

Listed = tuple[Finding, ...]


_SPARSE_MS = 6_000
_LEAST_WORDS_PER_S = 0.6
_LETTERS_A_WORD = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardOptions:
    """Which guards stand."""

    loops: bool = True
    omissions: bool = True
    closings: bool = True
    outside: bool = True
    rate: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """What was heard of a voice in a chunk.

    `regions` are the stretches of speech that meet `span`; `frames` the speech probabilities,
    0..255, of its frames of `frame_ms`.
    """

    span: Span
    regions: tuple[Span, ...]
    frames: bytes
    frame_ms: int

    def share(self, start_ms: int, end_ms: int) -> float:
        """The mean probability of speech in a stretch, 0..1."""
        first = max(0, (start_ms - self.span.start_ms) // self.frame_ms)
        last = max(first + 1, -(-(end_ms - self.span.start_ms) // self.frame_ms))
        heard = self.frames[first:last]
        return sum(heard) / (255.0 * len(heard)) if heard else 0.0

    def voiced_ms(self, start_ms: int, end_ms: int) -> int:
        """How much of a stretch lies in regions of speech."""
        return sum(overlap_ms(start_ms, end_ms, one.start_ms, one.end_ms) for one in self.regions)


def inspect(
    words: Sequence[Word], voice: Voice, *, language: str, options: GuardOptions
) -> tuple[tuple[Word, ...], Listed]:
    """The words that stay, and what was found.

    Args:
        words: Valid words of one chunk, in media time.
        voice: What the voice detector heard there.
        language: A BCP 47 tag; of an undetermined one all tables are taken.
        options: Which guards stand.
    """
    kept = tuple(words)
    found: list[Finding] = []
    if options.loops:
        kept = _without_loops(kept, found)
    if options.closings:
        kept = _without_closing(kept, voice, language, found)
    if options.outside:
        _doubt_outside(kept, voice, found)
    if options.rate:
        _doubt_rate(kept, voice, found)
        kept = tuple(_shortened(word) for word in kept)
    return kept, tuple(sorted(found, key=lambda item: (item.start_ms, item.end_ms, item.guard)))


def is_looping(words: Sequence[Word]) -> bool:
    """Whether a chunk's words are those of a decoder that has lost its way."""
    texts = [_said(word.text) for word in words]
    inner = any(_INNER_LOOP.search(word.text) for word in words)
    return inner or next(_loops(texts), None) is not None or _compresses(words)


def _without_loops(words: tuple[Word, ...], found: list[Finding]) -> tuple[Word, ...]:
    texts = [_said(word.text) for word in words]
    cut: set[int] = set()
    for first, last in _loops(texts):
        found.append(_finding("loops", "removed", words[first:last]))
        cut.update(range(first, last))
    kept = tuple(_unlooped(word, found) for at, word in enumerate(words) if at not in cut)
    if not cut and _compresses(kept):
        found.append(_finding("loops", "flagged", kept))
    return kept


def _loops(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The repetitions, as ranges to cut: all but the first time."""
    at = 0
    while at < len(texts):
        length, times = _repeated(texts, at)
        if times:
            yield at + length, at + length * times
            at += length * times
        else:
            at += 1


def _repeated(texts: Sequence[str], at: int) -> tuple[int, int]:
    """How long the run is that begins here and follows itself, and how often; (0, 0) for none."""
    for length in range(1, min(_REPEATS[-1][0], (len(texts) - at) // 3) + 1):
        if texts[at] != texts[at + length] or not any(texts[at : at + length]):
            continue
        times = 1
        run = texts[at : at + length]
        while texts[at + times * length : at + (times + 1) * length] == run:
            times += 1
        if times >= next(least for most, least in _REPEATS if length <= most):
            return length, times
    return 0, 0


def _unlooped(word: Word, found: list[Finding]) -> Word:
    """A word that is not a loop in itself, as scripts without blanks have them."""
    text = _INNER_LOOP.sub(r"\1", word.text).strip()
    if text == word.text or not text:
        return word
    found.append(_finding("loops", "removed", [word]))
    return replace(word, text=text)


def _compresses(words: Sequence[Word]) -> bool:
    text = " ".join(word.text for word in words).encode()
    return len(text) >= _JUDGED_BYTES and len(text) > _COMPRESSIBLE * len(zlib.compress(text))


def _without_closing(
    words: tuple[Word, ...], voice: Voice, language: str, found: list[Finding]
) -> tuple[Word, ...]:
    """The words without a known closing at their end, where it lies on silence or music."""
    known = _closings(language.replace("_", "-").split("-")[0].lower())
    kept = words
    while kept:
        count = _closing_words(kept, known)
        if not count or not _is_unvoiced(kept[-count:], voice):
            return kept
        found.append(_finding("closings", "removed", kept[-count:]))
        kept = kept[:-count]
    return kept


def _closing_words(words: Sequence[Word], known: frozenset[str]) -> int:
    """How many of the last words are a known closing, the longest one; 0 for none."""
    text, count = "", 0
    longest = max(map(len, known), default=0)
    for taken, word in enumerate(reversed(words), start=1):
        text = _letters(word.text) + text
        if len(text) > longest:
            break
        if text in known:
            count = taken
    return count


def _is_unvoiced(words: Sequence[Word], voice: Voice) -> bool:
    """Whether nobody can have said these words: too little voice, or too short a time for them.

    Of words whose times are a guess it is asked of all the speech in the chunk.
    """
    start_ms, end_ms = words[0].start_ms, words[-1].end_ms
    if any(word.timing == "interpolated" for word in words) and voice.regions:
        start_ms = max(voice.span.start_ms, voice.regions[0].start_ms)
        end_ms = min(voice.span.end_ms, voice.regions[-1].end_ms)
    letters = sum(len(_letters(word.text)) for word in words)
    possible = _CLOSING_LETTERS_S * voice.voiced_ms(start_ms, end_ms)
    return letters * 1000 > possible or voice.share(start_ms, end_ms) < _CLOSING_VOICE


def _doubt_outside(words: Sequence[Word], voice: Voice, found: list[Finding]) -> None:
    """Tell the words that lie away from every voice, neighbours together."""
    held: list[Word] = []
    for word in words:
        if voice.voiced_ms(word.start_ms - _OUTSIDE_MS, word.end_ms + _OUTSIDE_MS):
            _flush(held, found)
        else:
            held.append(word)
    _flush(held, found)


def _flush(held: list[Word], found: list[Finding]) -> None:
    if held:
        found.append(_finding("outside", "flagged", held))
        held.clear()


def _doubt_rate(words: Sequence[Word], voice: Voice, found: list[Finding]) -> None:
    letters = sum(len(_letters(word.text)) for word in words)
    voiced_ms = voice.voiced_ms(voice.span.start_ms, voice.span.end_ms)
    if letters >= _LEAST_LETTERS and letters * 1000 > _LETTERS_S * max(1, voiced_ms):
        found.append(_finding("rate", "flagged", words))


def _shortened(word: Word) -> Word:
    longest_ms = max(_LONGEST_WORD_MS, len(word.text) * _LONG_LETTER_MS)
    if word.end_ms - word.start_ms <= longest_ms or word.timing == "interpolated":
        return word
    return replace(word, end_ms=word.start_ms + longest_ms)


def _finding(
    guard: str, action: Literal["removed", "flagged", "retried"], words: Sequence[Word]
) -> Finding:
    text = " ".join(word.text for word in words)
    return Finding(
        guard=guard,
        action=action,
        start_ms=words[0].start_ms,
        end_ms=max(word.end_ms for word in words),
        text=text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ...",
    )


def is_sparse(words: Sequence[Word], voice: Voice) -> bool:
    """Whether a chunk has far fewer words than its speech: a decoder that ended before its time.

    Nobody speaks so slowly: a word in 1.7 s, over 6 s and more; read speech has four in that time.
    """
    voiced_ms = voice.voiced_ms(voice.span.start_ms, voice.span.end_ms)
    return voiced_ms >= _SPARSE_MS and amount(words) * 1000 < _LEAST_WORDS_PER_S * voiced_ms


def amount(words: Sequence[Word]) -> float:
    """How many words, or as many as their letters make: not every script has blanks."""
    return max(len(words), sum(len(word.text) for word in words) / _LETTERS_A_WORD)


def retried(words: Sequence[Word], voice: Voice, guard: str = "loops") -> Finding:
    """That a chunk was heard again, and what was said the first time."""
    if words:
        return _finding(guard, "retried", words)
    span = voice.span
    return Finding(
        guard=guard, action="retried", start_ms=span.start_ms, end_ms=span.end_ms, text=""
    )


def _said(text: str) -> str:
    """A word without case and punctuation; its figures stay, for to count is no loop."""
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def _letters(text: str) -> str:
    """A text by its letters alone: no case, accents, blanks, figures or punctuation."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in plain if sign.isalpha())


@cache
def _closings(primary: str) -> frozenset[str]:
    """The closings of a language, of all of them where it is not known."""
    table = tomllib.loads(
        resources.files("loquitur.speech").joinpath("closings.toml").read_text(encoding="utf-8")
    )
    chosen = [table[primary]] if primary in table else []
    if primary in ("", "und", "mul", "auto"):
        chosen = list(table.values())
    return frozenset(_letters(phrase) for entry in chosen for phrase in entry["phrases"])
