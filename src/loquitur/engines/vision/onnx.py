"""Frames through any graph of ONNX, without torch: a folder with a graph and its preprocessing.

The graph sees pictures, `[n, 3, h, w]` float; it gives a vector a picture (`[n, d]`), tokens
(`[n, t, d]`: the first, or their mean) or maps (`[n, c, h, w]`: their means). Such are what
`optimum-cli export onnx` and `torch.onnx.export` write of ResNet, CLIP, SigLIP and DINO.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from loquitur.engines import sessions
from loquitur.errors import InputError, MissingError, UsageError
from loquitur.protocols import Identity, Resources
from loquitur.vision import encoders, preprocessing
from loquitur.vision.processors import FILES, THEIRS, preprocessing_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.model.vision import Preprocessing

_GRAPHS = ("model.onnx", "vision_model.onnx", "onnx/vision_model.onnx", "onnx/model.onnx")
_VECTORS = ("image_embeds", "pooler_output", "embeddings", "features")
_MOST = 4096
"""Pictures at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxVisionOptions:
    """Options of the engine.

    Args:
        model: A folder with `model.onnx` (or `vision_model.onnx`, also in `onnx/`) and
            `preprocessor_config.json`, or `preprocessing.json` with the fields of
            `loquitur.model.vision.Preprocessing`. In a key stand its name and digest.
        output: Which of the graph's outputs; `image_embeds`, `pooler_output` or its first where
            empty.
        pool: Of tokens the `first` or the `mean`; `auto` is the first.
        batch_size: Pictures side by side.
        device: `auto` takes CUDA where onnxruntime has it.
    """

    model: str = field(default="", metadata={"keyed": False})
    output: str = ""
    pool: Literal["auto", "first", "mean"] = "auto"
    batch_size: int = field(default=16, metadata={"keyed": False})
    device: Literal["auto", "cpu", "cuda"] = field(default="auto", metadata={"keyed": False})

    def __post_init__(self) -> None:
        if not 1 <= self.batch_size <= _MOST:
            raise ValueError(f"batch_size must be 1 to {_MOST}, not {self.batch_size}")


class OnnxVision:
    """A graph in onnxruntime (`loquitur.protocols.FrameEncoder`).

    Args:
        options: See `OnnxVisionOptions`.
        resources: Threads; nothing is fetched.

    Raises:
        MissingError: No folder is named, or onnxruntime is absent or without the device.
        UsageError: There is no such folder.
        InputError: The folder holds no such model.
    """

    Options: ClassVar[type] = OnnxVisionOptions
    motion: ClassVar[bool] = False
    dimension: int
    preprocessing: Preprocessing

    def __init__(self, options: OnnxVisionOptions, resources: Resources) -> None:
        folder = _locate(options)
        self._name = folder.resolve().name
        self.preprocessing = preprocessing_of(folder)
        self._pool = options.pool
        self._session = sessions.on_device(
            sessions.graph_in(folder, _GRAPHS), options.device, resources.threads
        )
        self._input, self._type, fixed = _pictures_of(self._session, self._name)
        self._output = sessions.output_of(self._session, options.output, _VECTORS, self._name)
        self.batch_size = fixed or options.batch_size
        self._fixed = bool(fixed)
        how = self.preprocessing
        grey = np.full((1, how.height_px, how.width_px, 3), 128, dtype=np.uint8)
        with sessions.translated(f"{self._name} failed", InputError):
            found = self._vectors(grey)
        self.dimension = encoders.numbers_of(found, self._name)

    @classmethod
    def identity(cls, options: OnnxVisionOptions, resources: Resources) -> Identity:
        """Onnxruntime's version and the digest of the model's files; it is not loaded.

        Raises:
            MissingError: No folder is named, or onnxruntime is absent.
            UsageError: There is no such folder.
            InputError: The folder holds no such model.
        """
        folder = _locate(options)
        graph = sessions.graph_in(folder, _GRAPHS)
        return sessions.identity_of(folder, graph, FILES, resources)

    @classmethod
    def place(cls, options: OnnxVisionOptions, resources: Resources) -> str:
        """The user's own folder."""
        del resources
        return str(_locate(options).resolve())

    def encode(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Vectors of pictures uint8 [n, h, w, 3], RGB, of any size; float32 [n, dimension].

        Raises:
            InputError: They are no pictures.
            EngineError: The graph failed.
        """
        return self.encode_fitted(preprocessing.fit(pictures, self.preprocessing))

    def encode_fitted(self, fitted: NDArray[np.uint8]) -> NDArray[np.float32]:
        """As `encode`, of pictures that `preprocessing.fit` gave."""
        if not len(fitted):
            return np.zeros((0, self.dimension), dtype=np.float32)
        starts = range(0, len(fitted), self.batch_size)
        return np.concatenate([self._seen(fitted[at : at + self.batch_size]) for at in starts])

    def _seen(self, fitted: NDArray[np.uint8]) -> NDArray[np.float32]:
        with sessions.translated(f"{self._name} failed"):
            return self._vectors(fitted)

    def _vectors(self, fitted: NDArray[np.uint8]) -> NDArray[np.float32]:
        values = preprocessing.normalise(fitted, self.preprocessing)
        count = len(values)
        if self._fixed and count < self.batch_size:
            fill = np.zeros((self.batch_size - count, *values.shape[1:]), dtype=np.float32)
            values = np.concatenate((values, fill))
        (found,) = self._session.run([self._output], {self._input: values.astype(self._type)})
        return self._pooled(np.asarray(found, dtype=np.float32))[:count]

    def _pooled(self, found: NDArray[np.float32]) -> NDArray[np.float32]:
        if found.ndim == 3:
            return found.mean(axis=1) if self._pool == "mean" else found[:, 0]
        if found.ndim == 4:
            return np.asarray(found.mean(axis=(2, 3)), dtype=np.float32)
        if found.ndim != 2:
            raise InputError(
                f"{self._name} gives {list(found.shape)}: no vector a picture", code="LQ-NO-MODEL"
            )
        return found


def _locate(options: OnnxVisionOptions) -> Path:
    if not options.model:
        raise MissingError(
            "the vision engine 'onnx' has no model of its own",
            hint=f"name a folder with model.onnx and {THEIRS}: --encoder onnx:FOLDER",
            code="LQ-NO-MODEL",
        )
    folder = Path(options.model).expanduser()
    if not folder.is_dir():
        raise UsageError(f"there is no folder '{options.model}'", code="LQ-NO-MODEL")
    return folder


def _pictures_of(session: Any, name: str) -> tuple[str, Any, int]:
    """The input that takes pictures, its type, and the number it takes at once (0: any).

    Raises:
        InputError: There is no such input, or others beside it, or it takes too many at once.
    """
    inputs = session.get_inputs()
    if len(inputs) != 1 or len(inputs[0].shape) != 4 or inputs[0].type not in sessions.FLOATS:
        raise InputError(
            f"{name} does not see pictures alone: its inputs are "
            + ", ".join(f"{item.name} {item.shape}" for item in inputs)[:300],
            hint="expected one float input [n, 3, h, w]: of CLIP and SigLIP the vision_model.onnx",
            code="LQ-NO-MODEL",
        )
    many = inputs[0].shape[0]
    if isinstance(many, int) and not 0 < many <= _MOST:
        raise InputError(f"{name} takes {many} pictures at once", code="LQ-NO-MODEL")
    return inputs[0].name, sessions.FLOATS[inputs[0].type], many if isinstance(many, int) else 0
