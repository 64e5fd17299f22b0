"""Sound through AST, CLAP, wav2vec 2.0, HuBERT, WavLM and their like in transformers.

Of AST (Gong et al. 2021) the pooled output, of CLAP (Wu et al. 2023) the projected embedding, which
lies in the space of texts, of wav2vec 2.0 (Baevski et al. 2020), HuBERT (Hsu et al. 2021), WavLM
and others the mean of the last layer over time. Spectra are made by the model's own feature
extractor; of a model that hears another rate (CLAP: 48 kHz) sound is resampled to it first, and
holds nothing above 8 kHz.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from loquitur.engines import checkpoints, runtime, windows
from loquitur.engines.runtime import Precision
from loquitur.errors import InputError, UsageError
from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.protocols import Identity, Resources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

DEFAULT = "MIT/ast-finetuned-audioset-10-10-0.4593"
_CLASSES = {
    "clap": "ClapAudioModelWithProjection",
    "clap_audio_model": "ClapAudioModelWithProjection",
    "audio-spectrogram-transformer": "ASTModel",
}
_WINDOWS_MS = {"audio-spectrogram-transformer": 10_240, "clap": 10_000, "clap_audio_model": 10_000}
_OF_WAVES_MS = 2000
_SHORTEST_SAMPLES = 400  # the first convolutions need them


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformersAudioOptions:
    """Options of the engine.

    Args:
        model: `OWNER/NAME[@REVISION]` of the hub, pulled before, or a folder. In a key stand its
            name and digest.
        revision: A branch, tag or commit of the hub's repository.
        window_ms: How much sound a vector is of; 0 for what the model was trained on (AST 10,240,
            CLAP 10,000), 2,000 of models of waves.
        step_ms: Time from one vector to the next; 0 for half a window.
        batch_size: Windows side by side.
        device: `auto` (CUDA, Apple's, CPU), `cpu`, `cuda`, `cuda:1`, `mps`.
        dtype: `auto` (half precision on CUDA, else single), `float32`, `float16`, `bfloat16`.
    """

    model: str = field(default=DEFAULT, metadata={"keyed": False})
    revision: str = field(default="", metadata={"keyed": False})
    window_ms: int = 0
    step_ms: int = 0
    batch_size: int = field(default=8, metadata={"keyed": False})
    device: str = field(default="auto", metadata={"keyed": False})
    dtype: Precision = "auto"

    def __post_init__(self) -> None:
        for name in ("window_ms", "step_ms"):
            if getattr(self, name) and not 100 <= getattr(self, name) <= 60_000:
                raise ValueError(f"{name} goes from 100 to 60000")
        if not 1 <= self.batch_size <= 4096:
            raise ValueError(f"batch_size must be 1 to 4096, not {self.batch_size}")


class TransformersAudio(checkpoints.FromHub):
    """An encoder of sound on torch (`loquitur.protocols.AudioEncoder` and `Pullable`).

    Args:
        options: See `TransformersAudioOptions`.
        resources: Model cache and threads; nothing is ever fetched here.

    Raises:
        MissingError: Package, model or the device asked for is absent.
        InputError: The folder holds no such encoder, or a damaged one.
        UsageError: An unknown model or device.
    """

    Options: ClassVar[type] = TransformersAudioOptions
    default_model: ClassVar[str] = DEFAULT
    dimension: int
    window_ms: int
    step_ms: int

    def __init__(self, options: TransformersAudioOptions, resources: Resources) -> None:
        found = checkpoints.source(options.model, options.revision)
        folder = checkpoints.locate(found, resources)
        self._name, self._threads = found.name, resources.threads
        self._torch, transformers = runtime.libraries()
        kind = str(checkpoints.read_config(folder).get("model_type", ""))
        self._device = runtime.choose_device(self._torch, options.device)
        self._dtype = runtime.choose_precision(self._torch, options.dtype, self._device)
        with runtime.translated(f"the model in {folder} cannot be loaded", InputError):
            self._extract = transformers.AutoFeatureExtractor.from_pretrained(
                folder, local_files_only=True
            )
            network = runtime.load_complete(
                getattr(transformers, _CLASSES.get(kind, "AutoModel")),
                folder,
                self._dtype,
                hint="it is no encoder of sound, or another kind of model",
            )
            self._model = network.requires_grad_(False).to(device=self._device, dtype=self._dtype)
        self._rate_hz = int(getattr(self._extract, "sampling_rate", SAMPLE_RATE_HZ))
        if self._rate_hz < SAMPLE_RATE_HZ or self._rate_hz % SAMPLE_RATE_HZ:
            raise InputError(f"{self._name} hears {self._rate_hz} Hz", code="LQ-NO-MODEL")
        self.window_ms = options.window_ms or _WINDOWS_MS.get(kind, _OF_WAVES_MS)
        most_s = getattr(self._extract, "max_length_s", None)
        if most_s is not None and self.window_ms > 1000 * most_s:
            # of more its feature extractor would take a piece at random
            raise UsageError(f"{self._name} hears {most_s} s at once, not {self.window_ms} ms")
        self.step_ms = options.step_ms or self.window_ms // 2
        self.batch_size = options.batch_size
        silence = np.zeros((1, self.window_ms * SAMPLE_RATE_HZ // 1000), np.float32)
        with runtime.translated(f"{self._name} failed", InputError):
            heard = self._vectors(silence)
        if not np.isfinite(heard).all():
            raise InputError(
                f"{self._name} gives no finite numbers for silence",
                hint="its weights are damaged; or, with dtype=float16, take bfloat16 or float32",
                code="LQ-NO-MODEL",
            )
        self.dimension = heard.shape[1]

    @classmethod
    def identity(cls, options: TransformersAudioOptions, resources: Resources) -> Identity:
        """The library's version and the digest of the model's files; it is not loaded.

        Raises:
            MissingError: Package or model absent.
            InputError: The folder holds no such encoder.
            UsageError: An unknown model.
        """
        return checkpoints.identity_of(options.model, options.revision, resources)

    @classmethod
    def place(cls, options: TransformersAudioOptions, resources: Resources) -> str:
        """The user's own folder; empty for a model of the hub."""
        del resources
        return checkpoints.place_of(options.model, options.revision)

    def encode(self, windows_: NDArray[np.float32]) -> NDArray[np.float32]:
        """Vectors [n, dimension] of windows [n, samples].

        Raises:
            InputError: They are no windows of sound.
            EngineError: The network failed, or the device is out of memory.
        """
        windows.check(windows_)
        if not len(windows_):
            return np.zeros((0, self.dimension), dtype=np.float32)

        def run(some: Sequence[int]) -> Sequence[Any]:
            with runtime.translated(f"{self._name} failed", retried=True):
                return list(self._vectors(windows_[some[0] : some[-1] + 1]))

        numbers = range(len(windows_))
        return np.stack(
            list(runtime.in_batches(numbers, self.batch_size, run, device=self._device))
        )

    def _vectors(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
        heard = np.zeros((len(sound), max(sound.shape[1], _SHORTEST_SAMPLES)), np.float32)
        heard[:, : sound.shape[1]] = sound
        heard = _resampled(heard, self._rate_hz // SAMPLE_RATE_HZ)
        with runtime.inference(self._torch, self._threads):
            inputs = self._extract(list(heard), sampling_rate=self._rate_hz, return_tensors="pt")
            given = {
                name: value.to(self._device, self._dtype if value.is_floating_point() else None)
                for name, value in inputs.items()
                if name in ("input_features", "input_values", "is_longer")
            }
            found = self._model(**given)
            return np.asarray(_pooled(found).float().cpu().numpy(), dtype=np.float32)


def _resampled(sound: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    """Sound at so many times the rate, by its spectrum."""
    if factor == 1:
        return sound
    count = sound.shape[1] * factor
    found = np.fft.irfft(np.fft.rfft(sound, axis=1) * factor, n=count, axis=1)
    return found.astype(np.float32)


def _pooled(output: Any) -> Any:
    """One vector a window out of what a model gives."""
    for name in ("audio_embeds", "pooler_output"):
        found = getattr(output, name, None)
        if found is not None:
            return found.flatten(1)
    return output.last_hidden_state.mean(dim=1)
