"""Recognition by Parakeet-TDT through the onnx-asr library: words and times from the decoder.

Parakeet-TDT 0.6B (NVIDIA, CC-BY-4.0) is a FastConformer with a token-and-duration transducer (Xu
et al. 2023, "Efficient Sequence Transduction by Jointly Predicting Tokens and Durations"): each
subword comes with the frame it was emitted at and the number of 80 ms frames it lasts. onnx-asr
keeps the first and drops the second, so the adapter listens in on its decoding step.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from loquitur.engines import weights
from loquitur.errors import EngineError, InputError, MissingError, UsageError, near
from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.protocols import Identity, Resources
from loquitur.speech.tokens import FRAME_S, Token, group_tokens
from loquitur.timing import from_samples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from loquitur.model.speech import Word

Precision = Literal["int8", "fp32"]
Device = Literal["auto", "cpu", "cuda"]

_DISTRIBUTION = "onnx-asr"
_KIND = "nemo-conformer-tdt"
_SHORTEST_SAMPLES = SAMPLE_RATE_HZ * 8 // 100  # one encoder frame: nothing is said in less
_PULL_COMMAND = "loquitur models pull onnx-asr:{name}"
_PIP_COMMAND = 'pip install "onnx-asr[hub]"'
_EUROPEAN = (
    *("bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "hr", "hu", "it", "lt", "lv"),
    *("mt", "nl", "pl", "pt", "ro", "ru", "sk", "sl", "sv", "uk"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Model:
    """A model that can be fetched; sizes in MB are about what a fetch brings."""

    repository: str
    languages: tuple[str, ...]
    int8_mb: int
    fp32_mb: int


_DEFAULT = "parakeet-tdt-0.6b-v3"
_MODELS = {
    _DEFAULT: _Model(
        repository="istupakov/parakeet-tdt-0.6b-v3-onnx",
        languages=_EUROPEAN,
        int8_mb=670,
        fp32_mb=2550,
    ),
    "parakeet-tdt-0.6b-v2": _Model(
        repository="istupakov/parakeet-tdt-0.6b-v2-onnx",
        languages=("en",),
        int8_mb=660,
        fp32_mb=2500,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxAsrOptions:
    """Options of the engine.

    Args:
        model: A known name (`parakeet-tdt-0.6b-v3`, 25 European languages, detected; or
            `parakeet-tdt-0.6b-v2`, English), with `-fp32` or `-int8` behind it if wanted; or a
            folder with an export of the same kind. In a key stand its name and digest instead.
        precision: Which files of the model: `int8` (a quarter of the size) or `fp32`.
        device: `auto` takes CUDA for fp32 where onnxruntime has it; int8 operators run on the CPU.
    """

    model: str = field(default=_DEFAULT, metadata={"keyed": False})
    precision: Precision = "int8"
    device: Device = field(default="auto", metadata={"keyed": False})

    def __post_init__(self) -> None:
        name, precision = _parse(self.model)
        if name != self.model and name in _MODELS:
            object.__setattr__(self, "model", name)
            object.__setattr__(self, "precision", precision)


class OnnxAsr:
    """Parakeet-TDT (`loquitur.protocols.Transcriber` and `Pullable`).

    Args:
        options: See `OnnxAsrOptions`.
        resources: Model cache and threads; nothing is ever fetched here.

    Raises:
        MissingError: Package or model absent.
        InputError: The folder is no such model.
        UsageError: An unknown model name.
        EngineError: onnxruntime refuses the model.
    """

    Options: ClassVar[type] = OnnxAsrOptions
    languages: tuple[str, ...] = _EUROPEAN  # of all its models; an instance's are its model's

    def __init__(self, options: OnnxAsrOptions, resources: Resources) -> None:
        folder = _locate(options, resources)
        self._model_name = options.model
        self.languages = self.languages_of(options)
        self._recognizer = _load(folder, options, resources)
        self._durations = _DurationTap(self._recognizer.asr)

    @classmethod
    def identity(cls, options: OnnxAsrOptions, resources: Resources) -> Identity:
        """The library's version and the digest of the model's files; the model is not loaded.

        Raises:
            MissingError: Package or model absent.
            InputError: The folder is no such model.
            UsageError: An unknown model name.
        """
        version = _version()
        files = _files(_locate(options, resources), options.precision)
        return Identity(
            version=version,
            model=f"{Path(options.model).name}-{options.precision}",
            model_digest=weights.digest(files, resources.models / _DISTRIBUTION),
        )

    @classmethod
    def languages_of(cls, options: OnnxAsrOptions) -> tuple[str, ...]:
        """The languages of the model chosen; all of the engine's where it is a folder."""
        known = _MODELS.get(options.model)
        return known.languages if known else _EUROPEAN

    @classmethod
    def pull(cls, model: str, resources: Resources, tell: Callable[[str], None]) -> None:
        """Bring a model into the model cache, whole or not at all; a present one is kept.

        Args:
            model: A known name, with `-fp32` or `-int8` behind it if wanted; empty for the default.
            resources: Where to put it.
            tell: Told what is fetched and how large it is, before, and how far it is.

        Raises:
            UsageError: An unknown model name.
            MissingError: It cannot be had from here.
            TransientError: The hub cannot be reached now.
            RemoteError: The hub refuses.
            FullError: It cannot be written.
        """
        name, precision = _parse(model)
        known = _known(name)
        folder = _cache_folder(name, precision, resources)
        if folder.is_dir() and not weights.lacking(folder, _names(precision)):
            tell(f"{name} ({precision}) is there already")
            return
        about_mb = _size_mb(known, precision)
        if resources.offline:
            raise MissingError(
                f"model {name} ({precision}, about {about_mb} MB) cannot be fetched while offline",
                hint=f"go online, or copy its files to {folder}",
                code="LQ-NO-MODEL",
            )
        tell(f"fetching {name} ({precision}, about {about_mb} MB) from {known.repository}")
        weights.fetch(
            known.repository,
            _names(precision),
            folder,
            extra=("*.onnx?data", "config.json") if precision == "fp32" else ("config.json",),
            about_mb=about_mb,
            tell=tell,
        )
        tell(f"{name} ({precision}) is ready")

    @classmethod
    def location(cls, model: str, resources: Resources) -> Path:
        """The folder of a model in the cache, whether it is there or not.

        Raises:
            UsageError: An unknown model name.
        """
        name, precision = _parse(model)
        _known(name)
        return _cache_folder(name, precision, resources)

    def transcribe(self, samples: NDArray[np.float32], *, language: str) -> Iterator[Word]:
        """The words of one chunk, times in ms from the chunk's start.

        Args:
            samples: float32, 16 kHz mono, shape [n], at most about 30 s.
            language: A BCP 47 tag, or empty for detection; the model itself takes no hint, so it
                only guards against languages the model never heard.

        Raises:
            UsageError: The model does not know the language.
            EngineError: onnxruntime failed, or the model gives no times.
        """
        self._check_language(language)
        return self._words(samples)

    def _check_language(self, language: str) -> None:
        primary = language.replace("_", "-").split("-")[0].lower()
        if primary in ("", "und", "mul", "auto", *self.languages):
            return
        if primary in _EUROPEAN:
            hint = f"take the model {_DEFAULT}"
        else:
            hint = f"it knows {' '.join(self.languages)}; take another engine"
        raise UsageError(
            f"{self._model_name} does not know the language '{language}'",
            hint=hint,
            code="LQ-NO-LANGUAGE",
        )

    def _words(self, samples: NDArray[np.float32]) -> Iterator[Word]:
        if len(samples) < _SHORTEST_SAMPLES:
            return
        self._durations.clear()
        with _translated(f"{self._model_name} failed"):
            result = self._recognizer.recognize(
                np.ascontiguousarray(samples, dtype=np.float32), sample_rate=SAMPLE_RATE_HZ
            )
        tokens = self._tokens(result)
        yield from group_tokens(tokens, duration_ms=from_samples(len(samples), SAMPLE_RATE_HZ))

    def _tokens(self, result: Any) -> list[Token]:
        texts, starts_s = result.tokens, result.timestamps
        if texts is None or starts_s is None:
            raise EngineError(
                f"{self._model_name} gives text without times, so it cannot make captions",
                hint="take a Parakeet-TDT model",
            )
        durations = self._durations.of(len(texts))
        logs = result.logprobs if result.logprobs is not None else [None] * len(texts)
        return [
            Token(
                text=text,
                start_s=start_s,
                end_s=None if frames is None else start_s + frames * FRAME_S,
                log_probability=log,
            )
            for text, start_s, frames, log in zip(texts, starts_s, durations, logs, strict=True)
        ]


class _DurationTap:
    """Keeps the durations that onnx-asr's TDT decoding computes and drops.

    It stands in front of the instance's `_decode(previous, state, frame) -> (logits, step, state)`
    and notes `step` wherever a piece wins. Where a later onnx-asr decodes another way, the counts
    disagree and ends fall back to the rule of `speech.tokens`.
    """

    def __init__(self, asr: Any) -> None:
        self._steps: list[int] = []
        decode = getattr(asr, "_decode", None)
        blank = getattr(asr, "_blank_idx", None)
        if decode is None or blank is None:
            return

        def listen(previous: Any, state: Any, frame: Any) -> Any:
            logits, step, after = decode(previous, state, frame)
            if int(logits.argmax()) != blank:
                self._steps.append(int(step))
            return logits, step, after

        asr._decode = listen  # noqa: SLF001 - the library has no hook; the guard is in `of`

    def clear(self) -> None:
        self._steps.clear()

    def of(self, count: int) -> Sequence[int | None]:
        """Frames per token; all None where the notes do not fit the result."""
        if len(self._steps) != count or any(step < 0 for step in self._steps):
            return [None] * count
        return list(self._steps)


def _load(folder: Path, options: OnnxAsrOptions, resources: Resources) -> Any:
    _version()
    import onnx_asr
    import onnxruntime

    session = onnxruntime.SessionOptions()
    session.intra_op_num_threads = resources.threads
    session.inter_op_num_threads = 1
    session.log_severity_level = 3  # errors only: they come back as exceptions
    # A pull sees only that its files are there.
    mend = f"remove {folder}, then: {_pull_hint(options)}" if options.model in _MODELS else ""
    with _translated(f"the model in {folder} cannot be loaded", hint=mend):
        model = onnx_asr.load_model(
            _KIND,
            folder,
            quantization=None if options.precision == "fp32" else options.precision,
            sess_options=session,
            providers=_providers(options, onnxruntime.get_available_providers()),
        )
    return model.with_timestamps()


def _providers(options: OnnxAsrOptions, available: Sequence[str]) -> list[str]:
    has_cuda = "CUDAExecutionProvider" in available
    if options.device == "cuda" and not has_cuda:
        raise MissingError(
            "this onnxruntime has no CUDA",
            hint="pip install onnxruntime-gpu in place of onnxruntime, or take device=cpu",
            code="LQ-NO-PACKAGE",
        )
    wanted = options.device == "cuda" or (options.device == "auto" and options.precision == "fp32")
    cuda = ["CUDAExecutionProvider"] if wanted and has_cuda else []
    return [*cuda, "CPUExecutionProvider"]


@contextlib.contextmanager
def _translated(what: str, *, hint: str = "") -> Iterator[None]:
    """Turns whatever onnx-asr and onnxruntime raise into an EngineError.

    onnxruntime's exceptions share no base class but Exception; onnx-asr checks by assertion.
    """
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    failures: tuple[type[Exception], ...] = (
        *(kind for kind in vars(state).values() if _is_exception(kind)),
        *(RuntimeError, ValueError, TypeError, LookupError, AttributeError, AssertionError),
        OSError,
    )
    try:
        yield
    except failures as exc:
        lines = str(exc).strip().splitlines() or [type(exc).__name__]
        raise EngineError(f"{what}: {lines[0][:200]}", hint=hint) from exc


def _is_exception(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Exception)


def _version() -> str:
    try:
        return importlib.metadata.version(_DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError as exc:
        raise MissingError(
            "the package onnx-asr is not installed", hint=_PIP_COMMAND, code="LQ-NO-PACKAGE"
        ) from exc


def _locate(options: OnnxAsrOptions, resources: Resources) -> Path:
    """The model's folder, complete; the library itself would fetch what it does not find."""
    known = _MODELS.get(options.model)
    if known:
        folder = _cache_folder(options.model, options.precision, resources)
        if not folder.is_dir():
            raise MissingError(
                f"model {options.model} ({options.precision}, about "
                f"{_size_mb(known, options.precision)} MB) is not in the model cache",
                hint=_pull_hint(options),
                code="LQ-NO-MODEL",
            )
    else:
        folder = Path(options.model).expanduser()
        if not folder.is_dir():
            raise UsageError(
                f"no model is called '{options.model}', and there is no such folder",
                hint=near(options.model, _MODELS),
                code="LQ-NO-MODEL",
            )
    lacking = weights.lacking(folder, _names(options.precision))
    if not lacking:
        return folder
    if known:
        raise MissingError(
            f"model {options.model} is incomplete in the model cache: no {', '.join(lacking)}",
            hint=_pull_hint(options),
            code="LQ-NO-MODEL",
        )
    other: Precision = "fp32" if options.precision == "int8" else "int8"
    whole = not weights.lacking(folder, _names(other))
    raise InputError(
        f"{folder} is no Parakeet-TDT model in {options.precision}: no {', '.join(lacking)}",
        hint=f"it has the {other} files: set precision={other}" if whole else "",
        code="LQ-NO-MODEL",
    )


def _pull_hint(options: OnnxAsrOptions) -> str:
    mark = "" if options.precision == "int8" else f"-{options.precision}"
    return _PULL_COMMAND.format(name=options.model + mark)


def _parse(model: str) -> tuple[str, Precision]:
    name = model or _DEFAULT
    precisions: tuple[Precision, ...] = ("int8", "fp32")
    for precision in precisions:
        if name.endswith(f"-{precision}"):
            return name.removesuffix(f"-{precision}"), precision
    return name, "int8"


def _known(name: str) -> _Model:
    if name not in _MODELS:
        raise UsageError(
            f"no model is called '{name}'", hint=near(name, _MODELS), code="LQ-NO-MODEL"
        )
    return _MODELS[name]


def _size_mb(model: _Model, precision: Precision) -> int:
    return model.int8_mb if precision == "int8" else model.fp32_mb


def _cache_folder(name: str, precision: Precision, resources: Resources) -> Path:
    return resources.models / _DISTRIBUTION / f"{name}-{precision}"


def _names(precision: Precision) -> tuple[str, ...]:
    mark = "" if precision == "fp32" else f".{precision}"
    return (f"encoder-model{mark}.onnx", f"decoder_joint-model{mark}.onnx", "vocab.txt")


def _files(folder: Path, precision: Precision) -> list[Path]:
    """Every file that decides the result, external weights among them, sorted by name."""
    names = _names(precision)
    data = [
        path for name in names if name.endswith(".onnx") for path in folder.glob(f"{name}?data")
    ]
    config = [folder / "config.json"] if (folder / "config.json").is_file() else []
    return sorted([*(folder / name for name in names), *data, *config])
