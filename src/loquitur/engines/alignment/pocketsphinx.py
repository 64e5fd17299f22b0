"""English alignment with nothing to fetch: PocketSphinx and the model inside its wheel.

What was learnt of it (5.1.1):
- `set_align_text` builds a little grammar of the words in a row, with optional silences. A word
  out of the dictionary makes it fail, so such a word is first given a pronunciation.
- With the search beams of recognition no path is found for some clips, and `hyp()` and `seg()`
  are None; with wide ones it is found, at six times the cost. So the narrow ones go first.
- A path need not reach the last word: the best one of the last frame is given.
- As in recognition, `reinit_feat` must clear what the last utterance left.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from loquitur.engines import sphinx
from loquitur.errors import EngineError, UsageError
from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.model.speech import RawWord
from loquitur.protocols import Identity, Resources
from loquitur.speech.pronunciation import pronounce
from loquitur.speech.spelling import is_english, pieces

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

_VARIANT = re.compile(r"\(\d+\)$")
_SHORTEST_SAMPLES = SAMPLE_RATE_HZ // 10
_INAUDIBLE = 8 / 32768


@dataclass(frozen=True, slots=True, kw_only=True)
class PocketSphinxAlignerOptions:
    """Options of the search.

    Args:
        wide_beam: The base-10 logarithm of the beam of the second try, taken where the first
            finds no path; 0 for no second try.
    """

    wide_beam: int = -150

    def __post_init__(self) -> None:
        if not -300 <= self.wide_beam <= 0:
            raise ValueError(f"wide_beam is not within -300..0: {self.wide_beam}")


class PocketSphinxAligner:
    """Forced alignment by US English phones (`loquitur.protocols.Aligner`).

    Args:
        options: See `PocketSphinxAlignerOptions`.
        resources: Nothing of it is used but the model cache, for the digest.

    Raises:
        MissingError: The package or its model is absent.
        EngineError: The decoder refuses its model.
    """

    Options: ClassVar[type] = PocketSphinxAlignerOptions
    languages: ClassVar[tuple[str, ...]] = ("en",)
    longest_ms: ClassVar[int] = 30_000

    def __init__(self, options: PocketSphinxAlignerOptions, resources: Resources) -> None:
        self._wide_beam = options.wide_beam
        self._decoders: dict[bool, Any] = {False: sphinx.decoder({}, speaking=False)}

    @classmethod
    def identity(cls, options: PocketSphinxAlignerOptions, resources: Resources) -> Identity:
        """The package's version and the digest of acoustic model and dictionary.

        Raises:
            MissingError: The package or its model is absent.
        """
        return sphinx.identity(resources, speaking=False, draft=False)

    def align(
        self, samples: NDArray[np.float32], words: Sequence[str], *, language: str
    ) -> Iterator[RawWord]:
        """Every word once, in order; start and end are None where nothing was found.

        Args:
            samples: float32, 16 kHz mono, shape [n], at most 30 s.
            words: As they are to be shown; figures are aligned as words.
            language: English in any region, or empty.

        Raises:
            UsageError: Another language.
            EngineError: The decoder failed.
        """
        if not is_english(language):
            raise UsageError(
                f"pocketsphinx knows English alone, not '{language}'",
                hint="take --aligner ctc:FOLDER with a model of that language, or voiced",
                code="LQ-NO-LANGUAGE",
            )
        return self._aligned(samples, words)

    def _aligned(self, samples: NDArray[np.float32], words: Sequence[str]) -> Iterator[RawWord]:
        said = [[_plain(piece) for piece in pieces(word, "en")] for word in words]
        row = [piece for group in said for piece in group if piece]
        try:
            found = self._search(samples, row) if row else None
        except (RuntimeError, ValueError, TypeError, KeyError) as exc:
            raise EngineError(f"pocketsphinx failed: {exc}") from exc
        at = 0
        for word, group in zip(words, said, strict=True):
            count = sum(1 for piece in group if piece)
            spans = found[at : at + count] if found else []
            spans = spans if len(spans) == count else []
            at += count
            yield RawWord(
                start_ms=spans[0][0] if spans else None,
                end_ms=spans[-1][1] if spans else None,
                text=word,
                timing="aligned" if spans else "interpolated",
            )

    def _search(self, samples: NDArray[np.float32], row: list[str]) -> list[tuple[int, int]] | None:
        """The spans in ms of the first words of a row, as many as are found; None for none.

        Where a path ends early, its words are kept but the last, and the rest is looked for behind
        them: a path that does not reach the end has its last word too long.
        """
        sound = np.nan_to_num(np.asarray(samples, dtype=np.float32), posinf=1.0, neginf=-1.0)
        if len(sound) < _SHORTEST_SAMPLES or float(np.abs(sound).max()) <= _INAUDIBLE:
            return None
        hush = _hush(sound)
        spans: list[tuple[int, int]] = []
        begin_ms = 0
        while len(spans) < len(row):
            rest = np.concatenate([sound[begin_ms * SAMPLE_RATE_HZ // 1000 :], hush])
            wanted = row[len(spans) :]
            found = self._path(rest, wanted)
            kept = len(found) if len(found) == len(wanted) else len(found) - 1
            if kept < 1:
                break
            spans.extend((begin_ms + start, begin_ms + end) for start, end in found[:kept])
            if kept < len(wanted):
                begin_ms += found[kept][0]
        longest_ms = len(sound) * 1000 // SAMPLE_RATE_HZ
        return [(start, min(end, longest_ms)) for start, end in spans] or None

    def _path(self, sound: NDArray[np.float32], row: list[str]) -> list[tuple[int, int]]:
        """The spans of the first words of a row: all of them, or as far as the best path leads."""
        pcm = np.round(np.clip(sound, -1.0, 1.0) * 32767.0).astype("<i2").tobytes()
        best: list[tuple[int, int]] = []
        for wide in (False, True):
            if len(best) == len(row) or (wide and not self._wide_beam):
                break
            spans = _spans(_heard(self._decoder(wide=wide), row, pcm), row)
            best = max(best, spans, key=len)
        return best

    def _decoder(self, *, wide: bool) -> Any:
        if wide not in self._decoders:
            settings = dict.fromkeys(("beam", "pbeam", "wbeam"), 10.0**self._wide_beam)
            self._decoders[wide] = sphinx.decoder(settings, speaking=False)
        return self._decoders[wide]


def _heard(decoder: Any, row: list[str], pcm: bytes) -> list[Any]:
    """The segments of the one path there may be."""

    def prepare(loaded: Any) -> None:
        loaded.set_align_text(" ".join(row))

    for word in dict.fromkeys(row):
        if decoder.lookup_word(word) is None:
            decoder.add_word(word, pronounce(word), True)
    return sphinx.decode(decoder, pcm, prepare)


def _spans(segments: list[Any], row: list[str]) -> list[tuple[int, int]]:
    """The times of the first words of a row, in ms; fillers and silences lie between."""
    found: list[tuple[int, int]] = []
    for segment in segments:
        if len(found) < len(row) and _VARIANT.sub("", segment.word) == row[len(found)]:
            found.append(sphinx.times(segment))
    return found


def _hush(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """Two seconds of noise as loud as the quiet parts of a sound, which are put behind it.

    The decoder takes whichever path is best in the last frame, all words said or not; in a pause
    that is the whole one far more often.
    """
    step = SAMPLE_RATE_HZ // 100
    frames = sound[: len(sound) // step * step].reshape(-1, step)
    level = float(np.percentile(np.sqrt(np.square(frames).mean(axis=1)), 10))
    noise = np.random.default_rng(0).standard_normal(2 * SAMPLE_RATE_HZ)
    quiet: NDArray[np.float32] = (max(level, _INAUDIBLE / 4) * noise).astype(np.float32)
    return quiet


def _plain(piece: str) -> str:
    """A piece as the dictionary writes it; empty where nobody knows how it is said."""
    return piece if pronounce(piece) else ""
