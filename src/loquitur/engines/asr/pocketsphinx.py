"""The embedded recogniser: PocketSphinx with the English model inside its wheel; draft quality.

It needs no fetch and no graphics card, gives words with times and posteriors, and is wrong in
every third or fourth word of clear read speech, in most words of a conversation.

What was learnt of it (5.1.1):
- Its noise tracker lives on from one utterance to the next (`fe_start_utt` does not reset it), so
  a clip's words depended on the clip before. `reinit_feat` makes a new one in 0.03 ms; decoding
  is then byte-identical to a fresh decoder, which takes 0.3 s to build.
- Its cepstral mean is the chunk's own only if the chunk is given at once (`full_utt=True`).
- It keeps the interpreter's lock while it decodes: threads do not help, processes do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from loquitur.engines import sphinx
from loquitur.errors import EngineError, UsageError
from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.model.speech import RawWord
from loquitur.protocols import Identity, Resources
from loquitur.speech.spelling import is_english

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_FILLER = re.compile(r"[<\[+].*")  # <s>, <sil>, [NOISE], ++UM++
_VARIANT = re.compile(r"\(\d+\)$")  # to(3): the third pronunciation of "to"
_SHORTEST_SAMPLES = SAMPLE_RATE_HZ // 10
_LONGEST_SAMPLES = SAMPLE_RATE_HZ * 300  # its memory grows with the utterance
_INAUDIBLE = 8 / 32768  # no louder than this it hears words in its own rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class PocketSphinxOptions:
    """Options of the decoder; the defaults were chosen on read, narrated and synthetic speech.

    Args:
        language_weight: Weight of the language model in the first search. Lower than the
            library's 6.5: the passes after it weigh the language again, and are given more to
            choose from.
        second_language_weight: The same in the second search, over the words found by the first.
        path_language_weight: The same in the last search, through the lattice of both.
        insertion_penalty: Probability of one more word, 0..1.
        least_posterior: Words less probable than this are left out; 0 keeps all.
    """

    language_weight: float = 5.5
    second_language_weight: float = 7.0
    path_language_weight: float = 8.0
    insertion_penalty: float = 0.65
    least_posterior: float = 0.0

    def __post_init__(self) -> None:
        lowest = min(self.language_weight, self.second_language_weight, self.path_language_weight)
        if lowest <= 0 or not 0 < self.insertion_penalty <= 1:
            raise ValueError("weights must be over 0 and the insertion penalty within 0..1")
        if not 0 <= self.least_posterior <= 1:
            raise ValueError(f"least_posterior is not within 0..1: {self.least_posterior}")


class PocketSphinx:
    """PocketSphinx with its US English model (`loquitur.protocols.Transcriber`).

    Args:
        options: See `PocketSphinxOptions`.
        resources: Nothing of it is used but the model cache, for the digest.

    Raises:
        MissingError: The package or its model is absent.
        EngineError: The decoder refuses its model or its options.
    """

    Options: ClassVar[type] = PocketSphinxOptions
    languages: ClassVar[tuple[str, ...]] = ("en",)

    def __init__(self, options: PocketSphinxOptions, resources: Resources) -> None:
        self._least_posterior = options.least_posterior
        settings = {
            "lw": options.language_weight,
            "fwdflatlw": options.second_language_weight,
            "bestpathlw": options.path_language_weight,
            "wip": options.insertion_penalty,
        }
        self._decoder = sphinx.decoder(settings, speaking=True)

    @classmethod
    def punctuates(cls, options: object) -> bool:
        """Never: its dictionary holds bare words."""
        return False

    @classmethod
    def identity(cls, options: PocketSphinxOptions, resources: Resources) -> Identity:
        """The package's version and the digest of acoustic model, language model, dictionary.

        Raises:
            MissingError: The package or its model is absent.
        """
        return sphinx.identity(resources, speaking=True, draft=True)

    def transcribe(self, samples: NDArray[np.float32], *, language: str) -> Iterator[RawWord]:
        """The words of one chunk, times in ms from the chunk's start.

        Args:
            samples: float32, 16 kHz mono, shape [n], at most 300 s.
            language: English in any region, or empty.

        Raises:
            UsageError: Another language.
            EngineError: The decoder failed, or the chunk is too long for it.
        """
        _check_language(language)
        if len(samples) > _LONGEST_SAMPLES:
            raise EngineError(
                f"pocketsphinx was given {len(samples) // SAMPLE_RATE_HZ} s at once, 300 at most"
            )
        return self._words(samples)

    def _words(self, samples: NDArray[np.float32]) -> Iterator[RawWord]:
        sound = np.nan_to_num(np.asarray(samples, dtype=np.float32), posinf=1.0, neginf=-1.0)
        if len(sound) < _SHORTEST_SAMPLES or float(np.abs(sound).max()) <= _INAUDIBLE:
            return
        pcm = np.round(np.clip(sound, -1.0, 1.0) * 32767.0).astype("<i2").tobytes()
        try:
            segments = sphinx.decode(self._decoder, pcm)
        except (RuntimeError, ValueError, TypeError) as exc:
            raise EngineError(f"pocketsphinx failed: {exc}") from exc
        for segment in segments:
            text = _VARIANT.sub("", segment.word)
            if _FILLER.fullmatch(text) or segment.prob < self._least_posterior:
                continue
            start_ms, end_ms = sphinx.times(segment)
            yield RawWord(
                start_ms=start_ms,
                end_ms=end_ms,
                text=text,
                confidence=min(1.0, max(0.0, segment.prob)),
            )


def _check_language(language: str) -> None:
    if not is_english(language):
        raise UsageError(
            f"pocketsphinx knows English alone, not '{language}'",
            hint="take an engine that knows it: see `loquitur engines`",
            code="LQ-NO-LANGUAGE",
        )
