"""Sound by VGGish, through the published PCA, in 8 bits: 128 numbers a second.

96 frames of 64 log-mel bands (`speech.mel_bands`) are a patch of 0.96 s; one begins every second,
as in MediaPipe's graph (mediapipe/graphs/youtube8m/feature_extraction.pbtxt: 0.96 s, -0.04 s of
overlap), so that row i of the sound is of the second of frame i. The network's output is that of
its last layer before any ReLU (`vggish/fc2/BiasAdd`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from loquitur.engines import sessions, windows
from loquitur.engines.yt8m import files
from loquitur.engines.yt8m.projecting import read_pca
from loquitur.errors import InputError
from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.speech import mel_bands

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.protocols import Identity, Resources

_SIZE = 128
_PATCH = (mel_bands.FRAMES, mel_bands.BANDS)
_OUTPUTS = ("vggish/fc2/BiasAdd:0", "vggish/embedding:0", "embeddings", "embedding")
_AT_ONCE = 16
_COMMAND = (
    "python -m tf2onnx.convert --graphdef vggish_new.pb --inputs vggish/input_features:0"
    " --outputs vggish/fc2/BiasAdd:0 --output vggish.onnx"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Yt8mSoundOptions:
    """Options of the engine.

    Args:
        model: The folder with `vggish.onnx` and the PCA (`files.SOUND`); `yt8m` in the model cache
            where empty. In a key stands the digest of the files.
        device: `auto` takes CUDA where onnxruntime has it.
    """

    model: str = field(default="", metadata={"keyed": False})
    device: Literal["auto", "cpu", "cuda"] = field(default="auto", metadata={"keyed": False})


class Yt8mSound:
    """VGGish, PCA and 8 bits (`loquitur.protocols.AudioEncoder`).

    Args:
        options: See `Yt8mSoundOptions`.
        resources: The model cache and threads; nothing is fetched.

    Raises:
        MissingError: Files are not there, or onnxruntime is absent or without the device.
        UsageError: There is no such folder.
        InputError: The files are not what they should be.
    """

    Options: ClassVar[type] = Yt8mSoundOptions
    dimension: int = _SIZE
    window_ms: int = mel_bands.PATCH_MS
    step_ms: int = 1000

    def __init__(self, options: Yt8mSoundOptions, resources: Resources) -> None:
        found = files.find(files.folder_of(options.model, resources), files.SOUND, resources)
        self._name = found.graph.name
        self._pca = read_pca(found.pca, _SIZE, _SIZE)
        self._session = sessions.on_device(found.graph, options.device, resources.threads)
        self._input, self._type, self._shape, fixed = _sound_of(self._session, self._name)
        self._at_once = fixed or _AT_ONCE
        self._output = sessions.output_of(self._session, "", _OUTPUTS, self._name)
        self._check()

    def _check(self) -> None:
        """Hold that the graph gives what the PCA is of."""
        samples = self.window_ms * SAMPLE_RATE_HZ // 1000
        noise = np.random.default_rng(0).standard_normal((1, samples)) / 10
        with sessions.translated(f"{self._name} failed", InputError):
            found = self._vectors(noise.astype(np.float32))
        if not np.isfinite(found).all():
            raise InputError(f"{self._name} gives no finite numbers for noise", code="LQ-NO-MODEL")
        if (found >= 0).all() and (found == 0).any():
            raise InputError(
                f"{self._name} ends in a ReLU: the PCA is of what stands before it",
                hint=_COMMAND,
                code="LQ-NO-MODEL",
            )

    @classmethod
    def identity(cls, options: Yt8mSoundOptions, resources: Resources) -> Identity:
        """Onnxruntime's version and the digest of the files; they are not loaded.

        Raises:
            MissingError: Files are not there, or onnxruntime is absent.
            UsageError: There is no such folder.
        """
        folder = files.folder_of(options.model, resources)
        return files.identity_of(folder, files.SOUND, resources)

    @classmethod
    def place(cls, options: Yt8mSoundOptions, resources: Resources) -> str:
        """Where the files lie."""
        return str(files.folder_of(options.model, resources))

    def encode(self, windows_: NDArray[np.float32]) -> NDArray[np.float32]:
        """Rows of YouTube-8M of windows [n, samples] of 975 ms; float32 [n, 128].

        Raises:
            InputError: They are no windows of sound.
            EngineError: The graph failed.
        """
        windows.check(windows_)
        if not len(windows_):
            return np.zeros((0, _SIZE), dtype=np.float32)
        starts = range(0, len(windows_), self._at_once)
        with sessions.translated(f"{self._name} failed"):
            found = [self._vectors(windows_[at : at + self._at_once]) for at in starts]
        return self._pca.apply(np.concatenate(found))

    def _vectors(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
        """The 128 numbers of each window; the graph is always given as many, to sum up alike."""
        patches = np.zeros((self._at_once, *_PATCH), np.float32)
        heard = mel_bands.log_mel(sound)[:, : mel_bands.FRAMES]
        patches[: len(sound), : heard.shape[1]] = heard
        given = patches.reshape(len(patches), *self._shape).astype(self._type)
        (found,) = self._session.run([self._output], {self._input: given})
        vectors = np.asarray(found, dtype=np.float32)
        if vectors.shape != (self._at_once, _SIZE):
            raise InputError(
                f"{self._name} gives {list(vectors.shape)}, not {_SIZE} numbers a patch",
                hint=_COMMAND,
                code="LQ-NO-MODEL",
            )
        return vectors[: len(sound)]


def _sound_of(session: Any, name: str) -> tuple[str, Any, tuple[int, ...], int]:
    """The input that takes patches, its type, their shape, and how many it takes (0: any).

    Raises:
        InputError: There is no such input, or others beside it.
    """
    inputs = session.get_inputs()
    if len(inputs) == 1 and inputs[0].type in sessions.FLOATS:
        many, *sides = inputs[0].shape or [0]
        if [side for side in sides if side != 1] == list(_PATCH) and len(sides) <= 3:
            fixed = many if isinstance(many, int) and 0 < many <= 1024 else 0
            return inputs[0].name, sessions.FLOATS[inputs[0].type], tuple(sides), fixed
    raise InputError(
        f"{name} is no VGGish: its inputs are "
        + ", ".join(f"{item.name} {item.shape}" for item in inputs)[:300],
        hint=f"expected one of patches [n, 96, 64]: {_COMMAND}",
        code="LQ-NO-MODEL",
    )
