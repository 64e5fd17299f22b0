"""Several chunks through faster-whisper's batched pipeline at once, each as if it were alone.

The pipeline (1.2.1) makes one sound of all, finds one language for all, and lets the end of one
chunk's speech move the first word of the next. So its own steps are called here: the features of
each chunk, the language of each, one decoding of those that share one, and word times with the
chunks set far apart. What it leaves out of the sequential way: temperatures after the first, and
the search for words invented around a silence. Its text has no time marks: words are timed alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.model.media import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_APART_S = 1_000.0
"""The first word of a chunk is never taken for the end of a word of the one before."""


class Batches:
    """The batched pipeline of a loaded model.

    Args:
        model: A `faster_whisper.WhisperModel`.
        prompt: Text before the first word, or empty.
        hotwords: Words to expect, or empty.
        beam_size: Beams of the search.
        temperature: 0 does not sample.
        max_new_tokens: Most pieces of a chunk; 0 for Whisper's own bound.
    """

    def __init__(
        self,
        model: Any,
        *,
        prompt: str,
        hotwords: str,
        beam_size: int,
        temperature: float,
        max_new_tokens: int,
    ) -> None:
        from faster_whisper import BatchedInferencePipeline

        self._model = model
        self._pipeline = BatchedInferencePipeline(model)
        self._given = {
            "beam_size": beam_size,
            "temperatures": [temperature],
            "initial_prompt": prompt or None,
            "hotwords": hotwords or None,
            "max_new_tokens": max_new_tokens or None,
        }

    def language(self, sound: NDArray[np.float32]) -> str:
        """Whisper's code of the language of one chunk."""
        if not self._model.model.is_multilingual:
            return "en"
        code, *_ = self._model.detect_language(features=self._features(sound))
        return str(code)

    def hear(
        self,
        sounds: Sequence[NDArray[np.float32]],
        code: str,
        *,
        penalty: float,
        ngram: int,
    ) -> list[list[dict[str, Any]]]:
        """The segments of each chunk, times in s from its start, words in `words`.

        Args:
            sounds: Chunks of at most 30 s, float32, 16 kHz mono.
            code: The language that all of them are in.
            penalty: Above 1 makes pieces already said less likely.
            ngram: No such number of pieces may come twice; 0 for no such rule.
        """
        from faster_whisper.audio import pad_or_trim
        from faster_whisper.tokenizer import Tokenizer

        tokenizer = Tokenizer(
            self._model.hf_tokenizer,
            self._model.model.is_multilingual,
            task="transcribe",
            language=code,
        )
        features = np.stack([pad_or_trim(self._features(sound)) for sound in sounds])
        places = [
            {"offset": _APART_S * at, "duration": len(sound) / SAMPLE_RATE_HZ}
            for at, sound in enumerate(sounds, 1)
        ]
        self._pipeline.last_speech_timestamp = 0.0
        options = self._options(tokenizer, penalty, ngram)
        found = self._pipeline.forward(features, tokenizer, places, options)
        for place, segments in zip(places, found, strict=True):
            for segment in segments:
                for word in segment["words"]:
                    word["start"] = round(float(word["start"]) - place["offset"], 2)
                    word["end"] = round(float(word["end"]) - place["offset"], 2)
        return list(found)

    def _features(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
        features: NDArray[np.float32] = self._model.feature_extractor(sound)[..., :-1]
        return features

    def _options(self, tokenizer: Any, penalty: float, ngram: int) -> Any:
        from faster_whisper.transcribe import TranscriptionOptions, get_suppressed_tokens

        return TranscriptionOptions(
            **self._given,
            best_of=1,
            patience=1,
            length_penalty=1,
            repetition_penalty=penalty,
            no_repeat_ngram_size=ngram,
            log_prob_threshold=None,  # what follows from these is decided by the caller
            no_speech_threshold=None,
            compression_ratio_threshold=None,
            condition_on_previous_text=False,
            prompt_reset_on_temperature=0.5,
            prefix=None,
            suppress_blank=True,
            suppress_tokens=get_suppressed_tokens(tokenizer, [-1]),
            without_timestamps=True,
            max_initial_timestamp=0.0,
            word_timestamps=True,
            prepend_punctuations="\"'“¿([{-",
            append_punctuations="\"'.。,，!！?？:：”)]}、",
            multilingual=False,
            clip_timestamps=[],
            hallucination_silence_threshold=None,
        )
