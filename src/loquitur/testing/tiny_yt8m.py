"""YouTube-8M's files in small: graphs and PCA of the published names, shapes and formats.

The networks are a few operations of random weights between the inputs and the outputs that the
published ones have; the PCA are as large as those.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

Step = Literal["DecodeJpeg", "Cast", "ExpandDims", "ResizeBilinear", "Sub", "Mul"]
_STEPS: tuple[Step, ...] = ("DecodeJpeg", "Cast", "ExpandDims", "ResizeBilinear", "Sub", "Mul")
_SIDE, _CELLS = 299, 8 * 8 * 3


def tiny_yt8m(
    folder: Path,
    *,
    step: Step = "ResizeBilinear",
    matrices: bool = False,
    only: Literal["pictures", "sound", ""] = "",
    seed: int = 0,
) -> Path:
    """A folder with both networks and both PCA.

    Args:
        folder: Made where it is missing.
        step: At which step of the published graph the pictures' one begins.
        matrices: The PCA as MediaPipe's messages; else as NumPy's arrays.
        only: The files of one network; of both where empty.
        seed: Decides the weights.

    Returns:
        The folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    mean, vectors = rng.uniform(0, 1, 2048), rng.standard_normal((2048, 2048))
    values = np.sort(rng.uniform(0.05, 4, 2048))[::-1] * 2048 / 9
    heard, turned = rng.normal(0, 0.2, 128), rng.standard_normal((128, 128)) / 6
    if only != "sound":
        write_inception(folder / "inception.onnx", step=step, seed=seed)
        _write_pictures_pca(folder, mean, values, vectors, matrices=matrices)
    if only != "pictures":
        write_vggish(folder / "vggish.onnx", seed=seed)
        _write_sound_pca(folder, heard, turned, matrices=matrices)
    return folder


def _write_pictures_pca(
    folder: Path,
    mean: NDArray[np.float64],
    values: NDArray[np.float64],
    vectors: NDArray[np.float64],
    *,
    matrices: bool,
) -> None:
    if matrices:
        whitened = vectors[:1024] / np.sqrt(values[:1024, None] + 1e-4)
        write_matrix(folder / "inception3_mean_matrix_data.pb", mean[:, None])
        write_matrix(folder / "inception3_projection_matrix_data.pb", whitened)
        return
    np.save(folder / "mean.npy", mean[:, None].astype(np.float32))
    np.save(folder / "eigenvals.npy", values[:, None].astype(np.float32))
    np.save(folder / "eigenvecs.npy", vectors.astype(np.float32))


def _write_sound_pca(
    folder: Path, mean: NDArray[np.float64], vectors: NDArray[np.float64], *, matrices: bool
) -> None:
    if matrices:
        write_matrix(folder / "vggish_mean_matrix_data.pb", mean[:, None])
        write_matrix(folder / "vggish_projection_matrix_data.pb", vectors)
        return
    np.savez_compressed(
        folder / "vggish_pca_params.npz",
        pca_eigen_vectors=vectors.astype(np.float32),
        pca_means=mean[:, None].astype(np.float32),
    )


def write_matrix(path: Path, values: NDArray[Any], *, row_major: bool = False) -> None:
    """A matrix as `MatrixData` of MediaPipe (matrix_data.proto)."""
    rows, cols = values.shape
    order: Literal["C", "F"] = "C" if row_major else "F"
    data = np.asarray(values, dtype="<f4").tobytes(order=order)
    pieces = [b"\x08", _varint(rows), b"\x10", _varint(cols), b"\x1a", _varint(len(data)), data]
    path.write_bytes(b"".join((*pieces, b"\x20\x01" if row_major else b"")))


def write_unpacked(path: Path, values: NDArray[Any]) -> None:
    """As `write_matrix`, each number a field of its own, as a writer without `packed` does."""
    rows, cols = values.shape
    numbers = (struct.pack("<Bf", 3 << 3 | 5, one) for one in values.flatten(order="F"))
    path.write_bytes(b"".join((b"\x08", _varint(rows), b"\x10", _varint(cols), *numbers)))


def _varint(value: int) -> bytes:
    found = bytearray()
    while value >= 0x80:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*found, value))


def write_inception(
    path: Path, *, step: Step = "ResizeBilinear", seed: int = 0, numbers: int = 2048
) -> None:
    """A graph from a step of `classify_image_graph_def.pb` to `pool_3/_reshape:0`.

    Args:
        path: The file.
        step: Where it begins; what comes before is left out.
        seed: Decides the weights.
        numbers: How many it gives.
    """
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(seed)
    stored = {
        "axis": np.array([0], np.int64),
        "none": np.zeros(0, np.float32),
        "size": np.array([1, _SIDE, _SIDE, 3], np.int64),
        "half": np.array(128, np.float32),
        "part": np.array(1 / 128, np.float32),
        "matrix": (rng.standard_normal((_CELLS, numbers)) / 4).astype(np.float32),
    }
    resize = {"mode": "linear", "coordinate_transformation_mode": "asymmetric"}
    steps = [
        helper.make_node("Cast", ["DecodeJpeg:0"], ["Cast:0"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["Cast:0", "axis"], ["ExpandDims:0"]),
        helper.make_node(
            "Resize", ["ExpandDims:0", "none", "none", "size"], ["ResizeBilinear:0"], **resize
        ),
        helper.make_node("Sub", ["ResizeBilinear:0", "half"], ["Sub:0"]),
        helper.make_node("Mul", ["Sub:0", "part"], ["Mul:0"]),
    ]
    network = [
        helper.make_node("Transpose", ["Mul:0"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node(
            "AveragePool", ["planes"], ["pool"], kernel_shape=[37, 37], strides=[37, 37]
        ),
        helper.make_node("Flatten", ["pool"], ["flat"]),
        helper.make_node("MatMul", ["flat", "matrix"], ["raw"]),
        helper.make_node("Abs", ["raw"], ["pool_3/_reshape:0"]),
    ]
    whole: dict[str, list[int | str]] = {"DecodeJpeg": ["h", "w", 3], "Cast": ["h", "w", 3]}
    shape = whole.get(step, [1, "h", "w", 3] if step == "ExpandDims" else [1, _SIDE, _SIDE, 3])
    kind = TensorProto.UINT8 if step == "DecodeJpeg" else TensorProto.FLOAT
    _write(
        path,
        [*steps[_STEPS.index(step) :], *network],
        helper.make_tensor_value_info(f"{step}:0", kind, shape),
        helper.make_tensor_value_info("pool_3/_reshape:0", TensorProto.FLOAT, [1, numbers]),
        [numpy_helper.from_array(value, name) for name, value in stored.items()],
    )


def write_vggish(path: Path, *, seed: int = 0, relu: bool = False, many: int | str = "n") -> None:
    """A graph from `vggish/input_features:0` to `vggish/fc2/BiasAdd:0`.

    Args:
        path: The file.
        seed: Decides the weights.
        relu: Whether a ReLU follows, as in older conversions.
        many: Patches at once.
    """
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(seed)
    nodes = [
        helper.make_node("Flatten", ["vggish/input_features:0"], ["flat"]),
        helper.make_node("MatMul", ["flat", "matrix"], ["raw"]),
        helper.make_node("Relu" if relu else "Tanh", ["raw"], ["vggish/fc2/BiasAdd:0"]),
    ]
    matrix = (rng.standard_normal((96 * 64, 128)) / 120).astype(np.float32)
    _write(
        path,
        nodes,
        helper.make_tensor_value_info("vggish/input_features:0", TensorProto.FLOAT, [many, 96, 64]),
        helper.make_tensor_value_info("vggish/fc2/BiasAdd:0", TensorProto.FLOAT, [many, 128]),
        [numpy_helper.from_array(matrix, "matrix")],
    )


def _write(path: Path, nodes: Sequence[Any], given: Any, found: Any, stored: Sequence[Any]) -> None:
    import onnx
    from onnx import helper

    used = {name for node in nodes for name in node.input}
    graph = helper.make_graph(
        list(nodes), "yt8m", [given], [found], [one for one in stored if one.name in used]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
