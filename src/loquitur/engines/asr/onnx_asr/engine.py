"""The adapter to onnx-asr: one engine for Parakeet, Canary, Whisper, GigaAM, Vosk and T-one.

What was learnt of it (0.12):
- Of a token it gives the start alone; the durations that a TDT decoder computes are dropped, so
  the adapter listens in on the decoding step (Xu et al. 2023, "Efficient Sequence Transduction by
  Jointly Predicting Tokens and Durations").
- Canary and Whisper give text without any times.
- A folder it does not find it tries to fetch: so folders are looked at before it is asked.
- Canary told no language takes English, and translates: so it has to be told.
"""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from loquitur import languages
from loquitur.engines import sessions, weights
from loquitur.engines.asr.onnx_asr import sources, spelling
from loquitur.engines.asr.onnx_asr.families import FAMILIES, Times
from loquitur.engines.asr.onnx_asr.sources import Wanted
from loquitur.errors import InputError, MissingError, UsageError
from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.protocols import Identity, Resources
from loquitur.timing import from_samples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from loquitur.engines.asr.onnx_asr.sources import Place
    from loquitur.model.speech import RawWord, Word

Device = Literal["auto", "cpu", "cuda", "coreml", "directml"]

_DISTRIBUTION = "onnx-asr"
_SHORTEST_SAMPLES = SAMPLE_RATE_HZ * 8 // 100  # one encoder frame: nothing is said in less
_PIP_COMMAND = 'pip install "onnx-asr[hub]"'
_BARE = ("gigaam", "vosk", "t-one", "kaldi")  # whose words have neither marks nor capitals
_CPU = "CPUExecutionProvider"
_PROVIDERS = {
    "cuda": ("CUDAExecutionProvider", "pip install onnxruntime-gpu in place of onnxruntime"),
    "coreml": ("CoreMLExecutionProvider", "pip install onnxruntime, on a Mac"),
    "directml": (
        "DmlExecutionProvider",
        "pip install onnxruntime-directml in place of onnxruntime, on Windows",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxAsrOptions:
    """Options of the engine.

    Args:
        model: A known name (`loquitur models list`), with `-fp32` or `-int8` behind it if wanted;
            a repository of the hub as `owner/name`; or a folder with an export. In a key stand
            its name and digest instead.
        precision: Which files of the model: `int8` (a quarter of the size), `fp32`, or `auto`:
            int8 where there is such.
        family: What kind of model a folder holds, where its files do not tell.
        device: `auto` takes CUDA for fp32 where onnxruntime has it; int8 operators run on the CPU.
        punctuation: Whether Canary writes punctuation and capitals.
    """

    model: str = field(default=sources.CATALOG.default, metadata={"keyed": False})
    precision: Wanted = "auto"
    family: str = ""
    device: Device = field(default="auto", metadata={"keyed": False})
    punctuation: bool = True

    def __post_init__(self) -> None:
        if self.family and self.family not in FAMILIES:
            raise ValueError(f"no family '{self.family[:40]}': {', '.join(FAMILIES)}")
        name, precision = sources.parse(self.model)
        object.__setattr__(self, "model", name)
        if precision != "auto":
            object.__setattr__(self, "precision", precision)


class OnnxAsr:
    """Any model of onnx-asr (`loquitur.protocols.Transcriber` and `Pullable`).

    Args:
        options: See `OnnxAsrOptions`.
        resources: Model cache and threads; nothing is ever fetched here.

    Raises:
        MissingError: Package, model or device absent.
        InputError: The folder holds no such model, not all of one, or a broken one.
        UsageError: An unknown model name.
    """

    Options: ClassVar[type] = OnnxAsrOptions
    languages: tuple[str, ...] = ()  # any; an instance's are its model's

    def __init__(self, options: OnnxAsrOptions, resources: Resources) -> None:
        place = _locate(options, resources)
        self._name = options.model
        self._family = place.family
        self._punctuation = options.punctuation
        self.languages = self.languages_of(options)
        self._recognizer = _load(place, options, resources)
        self._steps = spelling.StepTap(self._recognizer.asr)
        self._frame_s = _frame_s(self._recognizer.asr)

    @classmethod
    def punctuates(cls, options: OnnxAsrOptions) -> bool:
        """Whether the model writes punctuation; Parakeet, Canary and Whisper do."""
        name = options.model.lower()
        return "e2e" in name or not any(bare in name for bare in _BARE)

    @classmethod
    def identity(cls, options: OnnxAsrOptions, resources: Resources) -> Identity:
        """The library's version and the digest of the model's files; the model is not loaded.

        Raises:
            MissingError: Package or model absent.
            InputError: The folder holds no such model.
            UsageError: An unknown model name.
        """
        version = _version()
        place = _locate(options, resources)
        name = place.folder.name if place.is_given else options.model
        return Identity(
            version=version,
            model=f"{name}-{place.precision}",
            model_digest=weights.digest(place.files, resources.models / sources.ENGINE),
        )

    @classmethod
    def languages_of(cls, options: OnnxAsrOptions) -> tuple[str, ...]:
        """The languages of the model chosen, empty for any or unknown; nothing is loaded."""
        return sources.languages_of(options.model, options.family, options.precision)

    @classmethod
    def times(cls, options: OnnxAsrOptions) -> Times:
        """Whether the model chosen gives words with times, or words alone (Canary, Whisper)."""
        return sources.times_of(options.model, options.family, options.precision)

    @classmethod
    def must_be_told(cls, options: OnnxAsrOptions) -> bool:
        """Whether the model chosen cannot find out the language (Canary); nothing is loaded."""
        return sources.must_be_told(options.model, options.family, options.precision)

    @classmethod
    def pull(cls, model: str, resources: Resources, tell: Callable[[str], None]) -> None:
        """Bring a model into the model cache, whole or not at all; a present one is kept.

        Args:
            model: A known name or `owner/name` of the hub, with `-fp32` or `-int8` behind it if
                wanted; empty for the default.
            resources: Where to put it.
            tell: Told what is fetched and how large it is, before, and how far it is.

        Raises:
            UsageError: An unknown model name.
            MissingError: It cannot be had from here.
            TransientError: The hub cannot be reached now.
            RemoteError: The hub refuses, or the repository holds no model for this engine.
            FullError: It cannot be written.
        """
        sources.pull(model, resources, tell)

    @classmethod
    def location(cls, model: str, resources: Resources) -> Path:
        """The folder of a model in the cache, whether it is there or not.

        Raises:
            UsageError: An unknown model name.
        """
        return sources.location(model, resources)

    def transcribe(
        self, samples: NDArray[np.float32], *, language: str
    ) -> Iterator[Word | RawWord]:
        """The words of one chunk, times in ms from the chunk's start, or None in all of them.

        Args:
            samples: float32, 16 kHz mono, shape [n], at most about 30 s.
            language: A BCP 47 tag, or empty for detection. Whisper and Canary are told it; the
                others find out, so that it only guards against what they never heard.

        Raises:
            UsageError: The model does not know the language, or has to be told one.
            EngineError: onnxruntime failed.
        """
        code = languages.primary(language)
        if self._family.needs_language and not code:
            raise UsageError(
                f"{self._name} cannot find out the language",
                hint="tell it: --language CODE",
                code="LQ-NO-LANGUAGE",
            )
        languages.check_language(
            language, self.languages, model=self._name, hint=_other_model(code)
        )
        return self._words(samples, language)

    def _words(self, samples: NDArray[np.float32], language: str) -> Iterator[Word | RawWord]:
        if len(samples) < _SHORTEST_SAMPLES:
            return
        self._steps.clear()
        with sessions.translated(f"{self._name} failed"):
            result = self._recognizer.recognize(
                np.ascontiguousarray(samples, dtype=np.float32),
                sample_rate=SAMPLE_RATE_HZ,
                **self._told(language),
            )
        if result.timestamps is None:
            yield from spelling.untimed_words(result)
            return
        yield from spelling.timed_words(
            result,
            self._steps.of(len(result.tokens)),
            frame_s=self._frame_s,
            duration_ms=from_samples(len(samples), SAMPLE_RATE_HZ),
        )

    def _told(self, language: str) -> dict[str, Any]:
        """What the decoder is told, of what its family takes."""
        if not self._family.takes_language:
            return {}
        if self._family.needs_language:
            return {"language": languages.primary(language), "pnc": self._punctuation}
        code = languages.whisper_code(language)
        return {"language": code} if code else {}


def _locate(options: OnnxAsrOptions, resources: Resources) -> Place:
    return sources.locate(options.model, options.family, options.precision, resources)


def _other_model(code: str) -> str:
    known = sources.KNOWN[sources.CATALOG.default].languages
    return f"take the model {sources.CATALOG.default}" if code in known else ""


def _load(place: Place, options: OnnxAsrOptions, resources: Resources) -> Any:
    _version()
    import onnx_asr
    import onnxruntime

    session = sessions.session_options(resources.threads)
    providers = _providers(options.device, place.precision, onnxruntime.get_available_providers())
    hint = "" if place.is_given else f"rm -r {place.folder}, and pull it again"
    with sessions.translated(f"the model in {place.folder} cannot be loaded", InputError, hint):
        model = onnx_asr.load_model(
            place.family.name,
            place.folder,
            quantization=None if place.precision == "fp32" else place.precision,
            sess_options=session,
            providers=providers,
        )
    loaded = [
        item for item in vars(model.asr).values() if isinstance(item, onnxruntime.InferenceSession)
    ]
    _check_graph(place, loaded[0], model.asr)
    if options.device in ("cuda", "directml"):
        _check_device(options.device, loaded[0].get_providers())
    return model.with_timestamps()


def _check_graph(place: Place, session: Any, asr: Any) -> None:
    """Whether the first graph is one of the family: it would fail at the first sound only.

    Raises:
        InputError: It has other inputs, or takes other features.
    """
    shapes = {item.name: item.shape for item in session.get_inputs()}
    if not set(place.family.inputs) <= shapes.keys():
        raise InputError(
            f"{place.folder} holds no {place.family.name} model: its graph takes "
            f"{', '.join(shapes)}, where {', '.join(place.family.inputs)} are expected",
            code="LQ-NO-MODEL",
        )
    wanted = getattr(asr, "_features_size", None)
    shape = shapes[place.family.inputs[0]]
    found = shape[1] if len(shape) == 3 else None
    if isinstance(wanted, int) and isinstance(found, int) and wanted != found:
        raise InputError(
            f"{place.folder} takes {found} features a frame, its config.json says {wanted}",
            hint=f'write "features_size": {found} into its config.json',
            code="LQ-NO-MODEL",
        )


def _providers(device: Device, precision: str, available: Sequence[str]) -> list[str]:
    """Where to run, best first; the processor is always the last resort of single operators.

    Raises:
        MissingError: A device was asked for that this onnxruntime has not.
    """
    if device == "auto":
        cuda = _PROVIDERS["cuda"][0]
        return [cuda, _CPU] if precision == "fp32" and cuda in available else [_CPU]
    if device == "cpu":
        return [_CPU]
    provider, command = _PROVIDERS[device]
    if provider not in available:
        raise MissingError(
            f"this onnxruntime has no {provider.removesuffix('ExecutionProvider')}",
            hint=f"{command}, or take device=cpu",
            code="LQ-NO-PACKAGE",
        )
    return [provider, _CPU]


def _check_device(device: Device, active: Sequence[str]) -> None:
    """Onnxruntime goes on with the processor where a driver or library is missing, and is silent.

    Raises:
        MissingError: It did so although a device was asked for.
    """
    provider, command = _PROVIDERS[device]
    if provider not in active:
        raise MissingError(
            f"onnxruntime has {device}, but it does not start here: driver, CUDA or cuDNN missing",
            hint=f"{command}, with what it needs, or take device=cpu",
            code="LQ-NO-PACKAGE",
        )


def _frame_s(asr: Any) -> float:
    """Length of an encoder frame in seconds."""
    step = getattr(asr, "window_step", 0.01)
    return float(step * getattr(asr, "_subsampling_factor", 8))


def _version() -> str:
    try:
        return importlib.metadata.version(_DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError as exc:
        raise MissingError(
            "the package onnx-asr is not installed", hint=_PIP_COMMAND, code="LQ-NO-PACKAGE"
        ) from exc
