"""Sound through any graph of ONNX, without torch: of waves, or of log-mel patches as VGGish.

A graph sees waves `[n, samples]`, or patches of 96 frames of 64 log-mel bands (`[n, 96, 64]`,
`[n, 1, 96, 64]` or `[n, 96, 64, 1]`: `speech.mel_bands`, which are VGGish's own). It gives a vector
a window (`[n, d]`), or one a frame (`[n, t, d]`), of which the mean is taken.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from loquitur.engines import sessions, windows
from loquitur.errors import InputError, MissingError, UsageError
from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.protocols import Identity, Resources
from loquitur.speech import mel_bands

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GRAPHS = ("model.onnx", "onnx/model.onnx")
_SETTINGS = "preprocessor_config.json"
_PATCH = [mel_bands.FRAMES, mel_bands.BANDS]
_VECTORS = ("embeddings", "embedding", "audio_embeds", "pooler_output", "last_hidden_state")


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxAudioOptions:
    """Options of the engine.

    Args:
        model: A folder with `model.onnx`, and `preprocessor_config.json` where waves are to be
            normalised (`do_normalize`). In a key stand its name and digest.
        output: Which of the graph's outputs; a usual name or its first where empty.
        window_ms: How much sound a vector is of; 975, which is a patch, where 0.
        step_ms: Time from one vector to the next.
        batch_size: Windows side by side.
        device: `auto` takes CUDA where onnxruntime has it.
    """

    model: str = field(default="", metadata={"keyed": False})
    output: str = ""
    window_ms: int = 0
    step_ms: int = 1000
    batch_size: int = field(default=32, metadata={"keyed": False})
    device: Literal["auto", "cpu", "cuda"] = field(default="auto", metadata={"keyed": False})

    def __post_init__(self) -> None:
        if self.window_ms and not 100 <= self.window_ms <= 60_000:
            raise ValueError("window_ms goes from 100 to 60000")
        if not 100 <= self.step_ms <= 60_000 or not 1 <= self.batch_size <= 4096:
            raise ValueError("step_ms goes from 100 to 60000, batch_size from 1 to 4096")


class OnnxAudio:
    """A graph in onnxruntime (`loquitur.protocols.AudioEncoder`).

    Args:
        options: See `OnnxAudioOptions`.
        resources: Threads; nothing is fetched.

    Raises:
        MissingError: No folder is named, or onnxruntime is absent or without the device.
        UsageError: There is no such folder.
        InputError: The folder holds no such model.
    """

    Options: ClassVar[type] = OnnxAudioOptions
    dimension: int
    window_ms: int
    step_ms: int

    def __init__(self, options: OnnxAudioOptions, resources: Resources) -> None:
        folder = _locate(options)
        self._name = folder.resolve().name
        self._session = sessions.on_device(
            sessions.graph_in(folder, _GRAPHS), options.device, resources.threads
        )
        self._input, self._type, self._shape = _sound_of(self._session, self._name)
        if self._shape is not None and options.window_ms not in (0, mel_bands.PATCH_MS):
            raise InputError(f"{self._name} hears patches of {mel_bands.PATCH_MS} ms")
        self._normalises = self._shape is None and _normalises(folder)
        self._output = sessions.output_of(self._session, options.output, _VECTORS, self._name)
        self.window_ms = options.window_ms or mel_bands.PATCH_MS
        self.step_ms, self.batch_size = options.step_ms, options.batch_size
        silence = np.zeros((1, self.window_ms * SAMPLE_RATE_HZ // 1000), np.float32)
        with sessions.translated(f"{self._name} failed", InputError):
            found = self._vectors(silence)
        if not np.isfinite(found).all():
            raise InputError(f"{self._name} gives no finite numbers for silence")
        self.dimension = found.shape[1]

    @classmethod
    def identity(cls, options: OnnxAudioOptions, resources: Resources) -> Identity:
        """Onnxruntime's version and the digest of the model's files; it is not loaded.

        Raises:
            MissingError: No folder is named, or onnxruntime is absent.
            UsageError: There is no such folder.
            InputError: The folder holds no such model.
        """
        folder = _locate(options)
        graph = sessions.graph_in(folder, _GRAPHS)
        return sessions.identity_of(folder, graph, (_SETTINGS,), resources)

    @classmethod
    def place(cls, options: OnnxAudioOptions, resources: Resources) -> str:
        """The user's own folder."""
        del resources
        return str(_locate(options).resolve())

    def encode(self, windows_: NDArray[np.float32]) -> NDArray[np.float32]:
        """Vectors [n, dimension] of windows [n, samples].

        Raises:
            InputError: They are no windows of sound.
            EngineError: The graph failed.
        """
        windows.check(windows_)
        if not len(windows_):
            return np.zeros((0, self.dimension), dtype=np.float32)
        starts = range(0, len(windows_), self.batch_size)
        with sessions.translated(f"{self._name} failed"):
            return np.concatenate(
                [self._vectors(windows_[at : at + self.batch_size]) for at in starts]
            )

    def _vectors(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._shape is None:
            given = windows.normalised(sound) if self._normalises else sound
        else:
            frames = np.zeros((len(sound), *_PATCH), np.float32)
            heard = mel_bands.log_mel(sound)[:, : mel_bands.FRAMES]
            frames[:, : heard.shape[1]] = heard
            given = frames.reshape(len(sound), *self._shape)
        (found,) = self._session.run([self._output], {self._input: given.astype(self._type)})
        vectors = np.asarray(found, dtype=np.float32)
        if vectors.ndim == 3:
            vectors = vectors.mean(axis=1)
        if vectors.ndim != 2 or len(vectors) != len(sound):
            raise InputError(
                f"{self._name} gives {list(vectors.shape)}: no vector a window", code="LQ-NO-MODEL"
            )
        return vectors


def _locate(options: OnnxAudioOptions) -> Path:
    if not options.model:
        raise MissingError(
            "the audio engine 'onnx' has no model of its own",
            hint="name a folder with model.onnx: --audio onnx:FOLDER",
            code="LQ-NO-MODEL",
        )
    folder = Path(options.model).expanduser()
    if not folder.is_dir():
        raise UsageError(f"there is no folder '{options.model}'", code="LQ-NO-MODEL")
    return folder


def _normalises(folder: Path) -> bool:
    path = folder / _SETTINGS
    if not path.is_file():
        return False
    try:
        settings = json.loads(path.read_bytes())
        rate_hz = settings.get("sampling_rate", SAMPLE_RATE_HZ)
    except (OSError, ValueError, AttributeError) as exc:
        raise InputError(f"{path} is no JSON object: {exc}", code="LQ-NO-MODEL") from exc
    if rate_hz != SAMPLE_RATE_HZ:
        raise InputError(f"{folder.name} hears {rate_hz} Hz, not 16000", code="LQ-NO-MODEL")
    return bool(settings.get("do_normalize", False))


def _sound_of(session: Any, name: str) -> tuple[str, Any, tuple[int, ...] | None]:
    """The input that takes sound, its type, and the shape of a patch; None of waves.

    Raises:
        InputError: There is no such input, or others beside it.
    """
    inputs = session.get_inputs()
    if len(inputs) == 1 and inputs[0].type in sessions.FLOATS:
        shape = list(inputs[0].shape)
        kind = sessions.FLOATS[inputs[0].type]
        if len(shape) == 2:
            return inputs[0].name, kind, None
        sides = [side for side in shape[1:] if side != 1]
        if len(shape) in (3, 4) and sides == _PATCH:
            return inputs[0].name, kind, tuple(shape[1:])
    raise InputError(
        f"{name} does not hear sound alone: its inputs are "
        + ", ".join(f"{item.name} {item.shape}" for item in inputs)[:300],
        hint="expected one float input: waves [n, samples], or patches [n, 1, 96, 64]",
        code="LQ-NO-MODEL",
    )
