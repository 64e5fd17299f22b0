"""Pictures by the Inception network of 2015, through the published PCA, in 8 bits: 1,024 numbers.

Of the graph `classify_image_graph_def.pb` the output is `pool_3/_reshape` (or `pool_3`), 2,048
numbers. Its input is `DecodeJpeg` (a whole picture, which the graph scales itself) or a later step:
`Cast`, `ExpandDims`, `ResizeBilinear` (299 x 299, 0 to 255), `Sub` (minus 128), `Mul` (over 128).
Which one a converted graph has is told by its name, which converters keep.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from loquitur.engines import sessions
from loquitur.engines.yt8m import files
from loquitur.engines.yt8m.projecting import read_pca
from loquitur.engines.yt8m.resizing import resize
from loquitur.errors import InputError
from loquitur.model.vision import Preprocessing
from loquitur.vision import preprocessing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.protocols import Identity, Resources

_SIDE_PX = 299
_GIVEN, _KEPT = 2048, 1024
_OUTPUTS = ("pool_3/_reshape:0", "pool_3:0")
_WHOLE = {"DecodeJpeg": 3, "Cast": 3, "ExpandDims": 4}
"""Inputs that take a picture of any size, and how many axes they have."""
_FITTED = {"ResizeBilinear": (0.0, 1.0), "Sub": (128.0, 1.0), "Mul": (128.0, 128.0)}
"""Inputs that take 299 x 299: minus what, over what."""
_TYPES = {**sessions.FLOATS, "tensor(uint8)": "uint8"}
_COMMAND = (
    "python -m tf2onnx.convert --graphdef classify_image_graph_def.pb --inputs ResizeBilinear:0"
    " --outputs pool_3/_reshape:0 --output inception.onnx"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Yt8mPicturesOptions:
    """Options of the engine.

    Args:
        model: The folder with `inception.onnx` and the PCA (`files.PICTURES`); `yt8m` in the model
            cache where empty. In a key stands the digest of the files.
        device: `auto` takes CUDA where onnxruntime has it.
    """

    model: str = field(default="", metadata={"keyed": False})
    device: Literal["auto", "cpu", "cuda"] = field(default="auto", metadata={"keyed": False})


class Yt8mPictures:
    """Inception, PCA and 8 bits (`loquitur.protocols.FrameEncoder`).

    Args:
        options: See `Yt8mPicturesOptions`.
        resources: The model cache and threads; nothing is fetched.

    Raises:
        MissingError: Files are not there, or onnxruntime is absent or without the device.
        UsageError: There is no such folder.
        InputError: The files are not what they should be.
    """

    Options: ClassVar[type] = Yt8mPicturesOptions
    motion: ClassVar[bool] = False
    dimension: int = _KEPT
    batch_size: int = 8
    """Whole frames that are held at once; the network looks at one after another."""
    preprocessing: Preprocessing = Preprocessing(
        width_px=_SIDE_PX, height_px=_SIDE_PX, fit="stretch", interpolation="bilinear",
        scale=1 / 128, mean=(1.0, 1.0, 1.0),
    )  # fmt: skip

    def __init__(self, options: Yt8mPicturesOptions, resources: Resources) -> None:
        found = files.find(files.folder_of(options.model, resources), files.PICTURES, resources)
        self._name = found.graph.name
        self._pca = read_pca(found.pca, _GIVEN, _KEPT)
        self._session = sessions.on_device(found.graph, options.device, resources.threads)
        self._input, self._type, self._step = _pictures_of(self._session, self._name)
        self._output = sessions.output_of(self._session, "", _OUTPUTS, self._name)
        with sessions.translated(f"{self._name} failed", InputError):
            grey = self._seen(np.full((_SIDE_PX, _SIDE_PX, 3), 128, np.uint8))
        if not np.isfinite(grey).all():
            raise InputError(
                f"{self._name} gives no finite numbers for a grey picture", code="LQ-NO-MODEL"
            )

    @classmethod
    def identity(cls, options: Yt8mPicturesOptions, resources: Resources) -> Identity:
        """Onnxruntime's version and the digest of the files; they are not loaded.

        Raises:
            MissingError: Files are not there, or onnxruntime is absent.
            UsageError: There is no such folder.
        """
        folder = files.folder_of(options.model, resources)
        return files.identity_of(folder, files.PICTURES, resources)

    @classmethod
    def place(cls, options: Yt8mPicturesOptions, resources: Resources) -> str:
        """Where the files lie."""
        return str(files.folder_of(options.model, resources))

    def encode(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Rows of YouTube-8M of pictures uint8 [n, h, w, 3], RGB, of any size; float32 [n, 1024].

        Raises:
            InputError: They are no pictures.
            EngineError: The graph failed.
        """
        preprocessing.check(pictures)
        if not len(pictures):
            return np.zeros((0, _KEPT), dtype=np.float32)
        with sessions.translated(f"{self._name} failed"):
            found = np.stack([self._seen(picture) for picture in pictures])
        return self._pca.apply(found)

    def _seen(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The 2,048 numbers of one picture."""
        given: NDArray[Any] = picture
        if self._step in _FITTED:
            shift, scale = map(np.float32, _FITTED[self._step])
            given = (resize(picture, _SIDE_PX, _SIDE_PX) - shift) / scale
        if _WHOLE.get(self._step) != 3:
            given = given[None]
        values = np.ascontiguousarray(given, dtype=self._type)
        (found,) = self._session.run([self._output], {self._input: values})
        vector: NDArray[np.float32] = np.asarray(found, dtype=np.float32).reshape(-1)
        if len(vector) != _GIVEN:
            raise InputError(
                f"{self._name} gives {list(np.shape(found))}, not the {_GIVEN} numbers of pool_3",
                hint=_COMMAND,
                code="LQ-NO-MODEL",
            )
        return vector


def _pictures_of(session: Any, name: str) -> tuple[str, Any, str]:
    """The input that takes pictures, its type, and which step of the published graph it is.

    Raises:
        InputError: There is no such input, or others beside it.
    """
    inputs = session.get_inputs()
    if len(inputs) == 1 and inputs[0].type in _TYPES:
        step = inputs[0].name.rpartition("/")[2].partition(":")[0]
        kind = _TYPES[inputs[0].type]
        if _takes(step, inputs[0].shape) and (kind != "uint8" or step == "DecodeJpeg"):
            return inputs[0].name, kind, step
    raise InputError(
        f"{name} is no graph of Inception as YouTube-8M used it: its inputs are "
        + ", ".join(f"{item.name} {item.shape}" for item in inputs)[:300],
        hint=f"expected {', '.join((*_WHOLE, *_FITTED))}: {_COMMAND}",
        code="LQ-NO-MODEL",
    )


def _takes(step: str, shape: Sequence[int | str | None]) -> bool:
    """Whether an input of this shape takes what the step takes."""
    axes = _WHOLE.get(step, 4 if step in _FITTED else 0)
    if len(shape) != axes or (isinstance(shape[-1], int) and shape[-1] != 3):
        return False
    fixed = [side for side in shape[-3:-1] if isinstance(side, int) and side > 0]
    return not fixed or (step in _FITTED and set(fixed) == {_SIDE_PX})
