"""Forced alignment by any CTC model in ONNX, without torch.

Two layouts of folders are read: NeMo's export as onnx-asr has it (`model[.int8].onnx`,
`vocab.txt`, `config.json`), whose features onnx-asr computes, and a wav2vec2 export
(`model[_quantized].onnx`, also under `onnx/`, with `vocab.json`), which hears samples. The search
itself is `speech.ctc`. Sound is heard in stretches of 20 s with a second of context on both sides,
so that memory does not follow its length.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from loquitur.engines import ctc_models, sessions, weights
from loquitur.errors import InputError, UsageError
from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.model.speech import RawWord
from loquitur.protocols import Identity, Resources
from loquitur.speech.ctc import Placed, align, log_softmax

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from loquitur.engines.ctc_models import Layout
    from loquitur.speech.spelling import Vocabulary

_STRETCH_S = 20
_CONTEXT_S = 1
_SHORTEST_SAMPLES = SAMPLE_RATE_HZ // 10


@dataclass(frozen=True, slots=True, kw_only=True)
class CtcOptions:
    """Options of the engine.

    Args:
        model: A known name, or a folder with an export; in a key stand its name and digest.
        precision: Which files of the model: `int8` (a quarter of the size) or `fp32`; a folder
            that has only the other is taken with that.
    """

    model: str = field(default=ctc_models.DEFAULT, metadata={"keyed": False})
    precision: Literal["int8", "fp32"] = "int8"


class Ctc:
    """A CTC model that is told what it hears (`loquitur.protocols.Aligner` and `Pullable`).

    Args:
        options: See `CtcOptions`.
        resources: Model cache and threads; nothing is fetched here.

    Raises:
        MissingError: Package or model absent.
        InputError: The folder is no such model, or a damaged one.
        UsageError: An unknown model name.
    """

    Options: ClassVar[type] = CtcOptions
    languages: tuple[str, ...] = ()  # those of the models; an instance's are its model's
    longest_ms: ClassVar[int] = 600_000

    def __init__(self, options: CtcOptions, resources: Resources) -> None:
        self._layout = ctc_models.layout(options.model, options.precision, resources.models)
        self.languages = ctc_models.languages(options.model)
        self._vocabulary: Vocabulary = ctc_models.vocabulary(self._layout)
        with sessions.translated(
            f"the model in {self._layout.folder} cannot be loaded", InputError
        ):
            self._hear, self._stride = _ears(self._layout, resources.threads)

    @classmethod
    def identity(cls, options: CtcOptions, resources: Resources) -> Identity:
        """The version of onnxruntime and the digest of the model's files.

        Raises:
            MissingError: Package or model absent.
            InputError: The folder is no such model.
            UsageError: An unknown model name.
        """
        layout = ctc_models.layout(options.model, options.precision, resources.models)
        return Identity(
            version=sessions.version(),
            model=f"{Path(options.model).name}-{layout.precision}",
            model_digest=weights.digest(layout.files, resources.models / "ctc"),
        )

    @classmethod
    def languages_of(cls, options: CtcOptions) -> tuple[str, ...]:
        """The languages of the model chosen; empty, for any, where it is a folder."""
        return ctc_models.languages(options.model)

    @classmethod
    def pull(cls, model: str, resources: Resources, tell: Callable[[str], None]) -> None:
        """Bring a model into the model cache, whole or not at all; see `engines.ctc_models`."""
        ctc_models.pull(model, resources, tell)

    @classmethod
    def location(cls, model: str, resources: Resources) -> Path:
        """The folder in which a model lies once it is here; empty for the default."""
        return ctc_models.location(model, resources.models)

    def align(
        self, samples: NDArray[np.float32], words: Sequence[str], *, language: str
    ) -> Iterator[RawWord]:
        """Every word once, in order; start and end are None where nothing was found.

        Args:
            samples: float32, 16 kHz mono, shape [n], at most 600 s.
            words: As they are to be shown. Figures are aligned as words where the language is
                English; a character that the model does not know is a wildcard.
            language: A BCP 47 tag, or empty.

        Raises:
            UsageError: The model does not know the language.
            EngineError: onnxruntime failed.
        """
        primary = language.replace("_", "-").split("-")[0].lower()
        if self.languages and primary not in ("", "und", "auto", *self.languages):
            raise UsageError(
                f"this CTC model does not know the language '{language}'",
                hint="take --aligner ctc:FOLDER with one that does, or voiced",
                code="LQ-NO-LANGUAGE",
            )
        return self._aligned(samples, words, language)

    def _aligned(
        self, samples: NDArray[np.float32], words: Sequence[str], language: str
    ) -> Iterator[RawWord]:
        tokens, bounds = self._spelt(words, language)
        placed: list[Placed] | None = None
        if tokens and len(samples) >= _SHORTEST_SAMPLES:
            with sessions.translated("the CTC model failed"):
                placed = align(self._emissions(samples), tokens, blank=self._vocabulary.blank)
        frame_ms = self._stride * 1000 / SAMPLE_RATE_HZ
        for word, (first, last) in zip(words, bounds, strict=True):
            if placed is None or first == last:
                yield RawWord(start_ms=None, end_ms=None, text=word, timing="interpolated")
                continue
            group = placed[first:last]
            frames = sum(place.end - place.start for place in group)
            total = sum(place.log_probability * (place.end - place.start) for place in group)
            yield RawWord(
                start_ms=group[0].start * frame_ms,
                end_ms=group[-1].end * frame_ms,
                text=word,
                confidence=math.exp(min(0.0, total / frames)),
                timing="aligned",
            )

    def _spelt(
        self, words: Sequence[str], language: str
    ) -> tuple[list[int], list[tuple[int, int]]]:
        """All words as tokens, and which of the tokens are which word's."""
        tokens: list[int] = []
        bounds: list[tuple[int, int]] = []
        for word in words:
            spelt = self._vocabulary.spell(word, language)
            if spelt and tokens and self._vocabulary.delimiter is not None:
                tokens.append(self._vocabulary.delimiter)
            bounds.append((len(tokens), len(tokens) + len(spelt)))
            tokens.extend(spelt)
        return tokens, bounds

    def _emissions(self, samples: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
        """Log probabilities of the whole sound, stretch by stretch."""
        sound = np.nan_to_num(np.asarray(samples, dtype=np.float32), posinf=1.0, neginf=-1.0)
        step = _STRETCH_S * SAMPLE_RATE_HZ // self._stride * self._stride
        margin = _CONTEXT_S * SAMPLE_RATE_HZ // self._stride * self._stride
        for first in range(0, len(sound), step):
            begin = max(0, first - margin)
            last = min(len(sound), first + step)
            end = min(len(sound), last + margin)
            if end - begin < _SHORTEST_SAMPLES:
                return
            heard = log_softmax(self._hear(np.ascontiguousarray(sound[begin:end])))
            skipped = (first - begin) // self._stride
            kept = (last - first) // self._stride if last < len(sound) else len(heard)
            yield heard[skipped : skipped + kept]


def _ears(
    layout: Layout, threads: int
) -> tuple[Callable[[NDArray[np.float32]], NDArray[np.float32]], int]:
    """What gives emissions `[frames, columns]` for samples, and the samples a frame is apart."""
    import onnxruntime

    session = sessions.session_options(threads)
    if layout.kind == "nemo":
        return _nemo_ears(layout, session)
    runner = onnxruntime.InferenceSession(
        str(layout.model), sess_options=session, providers=["CPUExecutionProvider"]
    )
    names = [item.name for item in runner.get_inputs()]
    normalized, stride = ctc_models.wav2vec2_settings(layout)

    def hear(samples: NDArray[np.float32]) -> NDArray[np.float32]:
        sound = samples
        if normalized:
            sound = (sound - sound.mean()) / np.sqrt(sound.var() + 1e-7)
        given = {names[0]: sound[None].astype(np.float32)}
        if "attention_mask" in names:
            given["attention_mask"] = np.ones((1, len(sound)), dtype=np.int64)
        logits: NDArray[np.float32] = runner.run(None, given)[0][0]
        return logits

    return hear, stride


def _nemo_ears(
    layout: Layout, session: Any
) -> tuple[Callable[[NDArray[np.float32]], NDArray[np.float32]], int]:
    import onnx_asr

    model = onnx_asr.load_model(
        "nemo-conformer-ctc",
        layout.folder,
        quantization=None if layout.precision == "fp32" else layout.precision,
        sess_options=session,
        providers=["CPUExecutionProvider"],
    )
    recognizer = model.asr
    # The library gives tokens, not emissions: these are the two steps of its `recognize_batch`.
    prepare, encode = recognizer._preprocessor, recognizer._encode  # noqa: SLF001
    stride = recognizer._subsampling_factor * SAMPLE_RATE_HZ // 100  # noqa: SLF001

    def hear(samples: NDArray[np.float32]) -> NDArray[np.float32]:
        lengths = np.array([len(samples)], dtype=np.int64)
        heard, counts = encode(*prepare(samples[None], lengths))
        emissions: NDArray[np.float32] = heard[0, : int(counts[0])]
        return emissions

    return hear, int(stride)
