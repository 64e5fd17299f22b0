"""The adapter to transformers: finds a checkpoint, loads it, and asks the part that knows its kind.

The library's own pipeline is not used: it gives no posteriors, knows the frame of wav2vec2 only,
and cannot ask the newer models. Where both can, they are held against each other in the tests.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from loquitur import builtin
from loquitur.engines import checkpoints, runtime
from loquitur.engines.asr.transformers import families
from loquitur.engines.runtime import Precision
from loquitur.errors import EngineError, InputError, MissingError, UsageError
from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.protocols import Identity, Resources

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from loquitur.engines.asr.transformers.hearing import Listener
    from loquitur.known_models import ModelSpec
    from loquitur.model.speech import RawWord, Word

    _Heard = tuple[tuple[Word | RawWord, ...], str]

DEFAULT = "openai/whisper-large-v3-turbo"
WITHOUT_TIMES = frozenset(
    {
        "UsefulSensors/moonshine-base",
        "Qwen/Qwen3-ASR-1.7B-hf",
        "ibm-granite/granite-speech-4.1-2b",
        "CohereLabs/cohere-transcribe-03-2026",
    }
)
"""Of the known models those that only write text."""

MUST_BE_TOLD = frozenset({"CohereLabs/cohere-transcribe-03-2026"})
"""Of the known models those that cannot find out the language."""

_AUTO = {"ctc": "AutoModelForCTC", "transducer": "AutoModelForTDT"}
_SELF = ("asr", checkpoints.LIBRARY)
_SHORTEST_SAMPLES = SAMPLE_RATE_HZ // 10  # nothing is said in less, and convolutions need some


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformersOptions:
    """Options of the engine.

    Args:
        model: `OWNER/NAME[@REVISION]` of the hub, pulled before, or a folder. In a key stand its
            name and digest instead.
        revision: A branch, tag or commit of the hub's repository; pins what is pulled and read.
        device: `auto` (CUDA, Apple's, CPU), `cpu`, `cuda`, `cuda:1`, `mps`.
        dtype: `auto` (half precision on CUDA, else single), `float32`, `float16`, `bfloat16`.
        batch_size: Chunks heard at once. Where they do not fit into memory, fewer.
        task: What Whisper does: write down, or translate to English (its times are then rough).
        beams: Hypotheses kept by Whisper and the models that only write text; with more than one
            there are no confidences.
        max_new_tokens: The most tokens for a chunk; 0 leaves it to the model.
        adapter: The language adapter of an MMS model, by its ISO 639-3 code (`fra`).
        trust_remote_code: Run Python code that lies in the model's folder, which a pull does not
            bring. Only where you trust every file of it; none of the known models needs it.
    """

    model: str = field(default=DEFAULT, metadata={"keyed": False})
    revision: str = field(default="", metadata={"keyed": False})
    device: str = field(default="auto", metadata={"keyed": False})
    dtype: Precision = "auto"
    batch_size: int = 8
    task: Literal["transcribe", "translate"] = "transcribe"
    beams: int = 1
    max_new_tokens: int = 0
    adapter: str = ""
    trust_remote_code: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.batch_size <= 256 or not 1 <= self.beams <= 32:
            raise ValueError("batch_size must be 1 to 256, beams 1 to 32")
        if self.max_new_tokens < 0:
            raise ValueError(f"max_new_tokens must not be negative: {self.max_new_tokens}")


class Transformers(checkpoints.FromHub):
    """A recogniser on torch (`loquitur.protocols.BatchTranscriber` and `Pullable`).

    Args:
        options: See `TransformersOptions`.
        resources: Model cache and threads; nothing is ever fetched here.

    Raises:
        MissingError: Package, model or the device asked for is absent.
        InputError: The folder holds no recogniser, or a damaged one.
        UsageError: An unknown model or device.
        EngineError: The library refuses the model.
    """

    Options: ClassVar[type] = TransformersOptions
    default_model: ClassVar[str] = DEFAULT
    languages: tuple[str, ...] = ()
    detected: str = ""  # the language of the chunk whose words were given last, where it is known

    def __init__(self, options: TransformersOptions, resources: Resources) -> None:
        folder, family = _examine(options, resources)
        torch, _ = runtime.libraries()
        self.languages = self.languages_of(options)
        self.batch_size = options.batch_size
        self._name = _source(options).name
        self._threads = resources.threads
        self._torch = torch
        self._device = runtime.choose_device(torch, options.device)
        self._listener = _load(folder, family, options, self._device)
        known = self._listener.languages
        if known is not None:
            self.languages = known

    @classmethod
    def punctuates(cls, options: TransformersOptions) -> bool:
        """Whether the model writes punctuation: those of the wav2vec2 kind do not."""
        name = options.model.lower()
        return not any(bare in name for bare in ("wav2vec2", "hubert", "wavlm", "data2vec"))

    @classmethod
    def identity(cls, options: TransformersOptions, resources: Resources) -> Identity:
        """The library's version and the digest of the model's files; the model is not loaded.

        Raises:
            MissingError: Package or model absent.
            InputError: The folder holds no recogniser.
            UsageError: An unknown model.
        """
        version = checkpoints.version()
        checkpoints.version("torch")
        folder, _ = _examine(options, resources)
        return Identity(
            version=version,
            model=_source(options).name,
            model_digest=checkpoints.digest(folder, resources),
        )

    @classmethod
    def languages_of(cls, options: TransformersOptions) -> tuple[str, ...]:
        """The languages of a known model; empty for another, whose own files tell once loaded."""
        spec = _known(options.model)
        if spec is None or not all(part.isalpha() for part in spec.languages.split()):
            return ()
        return tuple(spec.languages.split())

    @classmethod
    def times(
        cls, options: TransformersOptions, resources: Resources | None = None
    ) -> Literal["words", "none"]:
        """Whether the model gives its words times; nothing is loaded.

        Its own `config.json` tells where it is here; otherwise a known model's name does, and one
        that is not known counts as giving none.

        Args:
            options: Those of the engine.
            resources: Where models of the hub lie; without it they are judged by name.

        Raises:
            InputError: The folder holds no recogniser.
            UsageError: An unknown model.
        """
        found = _source(options)
        folder = found.folder
        if folder is None and resources is not None:
            with contextlib.suppress(MissingError):
                folder = checkpoints.locate(found, resources)
        if folder is not None:
            return "none" if _family(folder, found.name) == "text" else "words"
        is_timed = _known(options.model) is not None and found.repository not in WITHOUT_TIMES
        return "words" if is_timed else "none"

    @classmethod
    def must_be_told(cls, options: TransformersOptions) -> bool:
        """Whether the model cannot find out the language; nothing is loaded.

        Raises:
            InputError: The folder holds no recogniser.
            UsageError: An unknown model.
        """
        found = _source(options)
        if found.folder is None:
            return found.repository in MUST_BE_TOLD
        return families.asks_language(checkpoints.read_config(found.folder))

    def transcribe(
        self, samples: NDArray[np.float32], *, language: str
    ) -> Iterator[Word | RawWord]:
        """The words of one chunk, times in ms from the chunk's start, None from a model without.

        Args:
            samples: float32, 16 kHz mono, shape [n], at most 60 s (Whisper: 30 s).
            language: A BCP 47 tag, or empty for detection.

        Raises:
            UsageError: The model does not know the language, or must be told one.
            EngineError: The model failed, or does not fit into memory.
        """
        (words,) = self.transcribe_batch([samples], language=language)
        yield from words

    def transcribe_batch(
        self, chunks: Sequence[NDArray[np.float32]], *, language: str
    ) -> Iterator[tuple[Word | RawWord, ...]]:
        """The words of several chunks, one tuple for each, in their order.

        Args:
            chunks: As for `transcribe`; `batch_size` of them are heard at once.
            language: As for `transcribe`.

        Raises:
            UsageError: The model does not know the language, or must be told one.
            EngineError: The model failed, or does not fit into memory.
        """
        sounds = [np.ascontiguousarray(chunk, dtype=np.float32) for chunk in chunks]
        longest = max((len(sound) for sound in sounds), default=0)
        if longest > self._listener.longest_samples:
            raise EngineError(
                f"{self._name} was given {longest / SAMPLE_RATE_HZ:.1f} s at once, "
                f"{self._listener.longest_samples // SAMPLE_RATE_HZ} at most",
                hint="set transcribe.max_chunk_ms lower",
            )
        asked = self._listener.accept(language)

        def hear(batch: Sequence[NDArray[np.float32]]) -> Sequence[_Heard]:
            with (
                runtime.inference(self._torch, self._threads),
                runtime.translated(f"{self._name} failed", retried=True),
            ):
                words = self._listener.hear(batch, asked)
                found = self._listener.found or [""] * len(words)
                return list(zip(words, found, strict=True))

        audible = [sound for sound in sounds if len(sound) >= _SHORTEST_SAMPLES]
        size = self.batch_size if self._listener.batches else 1
        heard = runtime.in_batches(audible, size, hear, device=self._device)
        for sound in sounds:
            words, self.detected = next(heard) if len(sound) >= _SHORTEST_SAMPLES else ((), "")
            yield words


def _source(options: TransformersOptions) -> checkpoints.Source:
    return checkpoints.source(options.model, options.revision)


def _known(model: str) -> ModelSpec | None:
    """The row of a known model in the table of engines."""
    spec = next(item for item in builtin.BUILTIN if (item.kind, item.name) == _SELF)
    name = model.partition("@")[0]
    return next((item for item in spec.models if item.name == name), None)


def _examine(options: TransformersOptions, resources: Resources) -> tuple[Path, families.Family]:
    """The model's folder, complete, and what kind of recogniser lies in it."""
    found = _source(options)
    folder = checkpoints.locate(found, resources)
    return folder, _family(folder, found.name)


def _family(folder: Path, name: str) -> families.Family:
    return families.family_of(
        checkpoints.read_config(folder),
        checkpoints.read_config(folder, "generation_config.json"),
        name=name,
    )


def _load(
    folder: Path, family: families.Family, options: TransformersOptions, device: str
) -> Listener:
    from loquitur.engines.asr.transformers import hearing

    torch, transformers = runtime.libraries()
    config = checkpoints.read_config(folder)
    (name, *_) = config.get("architectures") or [""]
    given: dict[str, Any] = {"local_files_only": True}
    if options.trust_remote_code:
        given["trust_remote_code"] = True
        kind = getattr(transformers, _AUTO.get(family, "AutoModelForSpeechSeq2Seq"))
    else:
        kind = getattr(transformers, name, None)
    if kind is None:
        raise InputError(
            f"transformers {checkpoints.version()} has no {name}",
            hint="update transformers"
            + (
                "; or, if you trust its code, trust_remote_code=true"
                if "auto_map" in config
                else ""
            ),
            code="LQ-NO-MODEL",
        )
    more = dict(given)
    if family == "whisper":
        more["attn_implementation"] = "eager"  # the only one that shows its cross-attention
    if options.adapter:
        if family != "ctc":
            raise UsageError(f"{folder.name} takes no adapter: it is no CTC model")
        more |= {"target_lang": options.adapter, "ignore_mismatched_sizes": True}
    with runtime.translated(f"the model in {folder} cannot be loaded", InputError):
        model, report = kind.from_pretrained(
            folder,
            dtype=runtime.choose_precision(torch, options.dtype, device),
            output_loading_info=True,
            **more,
        )
        absent = runtime.missing_weights(report, model)
        if absent:
            raise InputError(
                f"{folder} lacks weights of {name}: {', '.join(absent[:3])}"
                + (" and others" if len(absent) > 3 else ""),
                hint="another kind of model, or a damaged copy",
                code="LQ-NO-MODEL",
            )
        return hearing.listener(family, model.eval().to(device), options, folder=folder)
