"""The GE2E speaker encoder: from the Resemblyzer wheel to an ONNX graph in the model cache.

The weights (L. Wan et al., "Generalized end-to-end loss for speaker verification", ICASSP 2018,
as trained and published by Resemble AI, Apache-2.0) lie inside the wheel of Resemblyzer 0.1.4,
in torch's legacy file format. Only that one file is wanted: the wheel is fetched by pip with a
pinned hash and without its dependencies, never installed and never imported, and the file is
read by an unpickler that can make nothing but tensors.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from loquitur.engines import wheels
from loquitur.engines.torchfile import read_legacy
from loquitur.errors import InputError, MissingError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

WHEEL = "Resemblyzer==0.1.4"
WHEEL_SHA256 = "8f12eb2f1a9982d32e8db7856de754709b59c93a77bcf0ff536584b619a9dd1f"
MELS = 40
WIDTH = 256
LAYERS = 3

COMMAND = "loquitur models pull dvector"
_OWNER = "the speaker model (dvector)"
_WEIGHTS = "resemblyzer/pretrained.pt"
_LICENSE = "Resemblyzer-0.1.4.dist-info/LICENSE"


def graph_path(models: Path) -> Path:
    """Where the graph lies in a model cache."""
    return models / "dvector" / "ge2e.onnx"


def checked_digest(models: Path) -> str:
    """The sha256 of the graph in a model cache, after comparing it with the recorded one.

    Raises:
        MissingError: There is no graph, or it is not the one that was written.
    """
    return wheels.checked_digest(graph_path(models), owner=_OWNER, command=COMMAND)


def pull(models: Path, *, offline: bool, tell: Callable[[str], None]) -> None:
    """Bring the graph into a model cache, whole or not at all; a sound one is kept.

    Safe beside other processes doing the same: each file is moved into place in one step, the
    graph last, and all of them write the same bytes.

    Args:
        models: The model cache.
        offline: True where nothing may be fetched.
        tell: Told, in one line each, what happens.

    Raises:
        MissingError: It cannot be had from here.
        InputError: What came is not what was expected.
    """
    try:
        checked_digest(models)
    except MissingError:
        pass
    else:
        tell("dvector: already there")
        return
    found = wheels.fetch(wheel(), owner=_OWNER, command=COMMAND, offline=offline, tell=tell)
    install(models, build_graph(read_legacy(found[_WEIGHTS])), found[_LICENSE])
    tell(f"dvector: ready in {graph_path(models).parent}")


def wheel() -> wheels.Wheel:
    """The wheel, and what is wanted of it."""
    return wheels.Wheel(
        requirement=WHEEL,
        sha256=WHEEL_SHA256,
        members={_WEIGHTS: "", _LICENSE: ""},
        terms="15.7 MB, Apache-2.0",
    )


def install(models: Path, graph: bytes, licence: bytes) -> None:
    """Write a graph, its licence and a note of its origin into a model cache.

    Raises:
        FullError: The folder cannot be written.
    """
    path = graph_path(models)
    note = {
        "model": "GE2E speaker encoder, 3 x LSTM 256",
        "source": f"{WHEEL}, {_WEIGHTS}, wheel sha256 {WHEEL_SHA256}",
        "licence": "Apache-2.0, Copyright 2019 Resemble.AI",
        "changes": "weights unchanged, rewritten as an ONNX graph",
        "sha256": hashlib.sha256(graph).hexdigest(),
    }
    wheels.place(
        path.parent,
        {
            "LICENSE": licence,
            path.with_suffix(".json").name: json.dumps(note, indent=1).encode() + b"\n",
            path.name: graph,
        },
    )


def build_graph(state: Mapping[str, NDArray[np.float32]]) -> bytes:
    """The ONNX graph of the encoder: `mels [n, frames, 40]` -> `embeddings [n, 256]`, unit length.

    Args:
        state: The weights under their torch names (`lstm.weight_ih_l0`, ..., `linear.bias`).

    Returns:
        The serialised graph, the same bytes for the same weights.

    Raises:
        InputError: A weight is missing or has another shape.
    """
    from onnx import TensorProto, checker, helper, numpy_helper

    weights = _checked(state)
    nodes = [helper.make_node("Transpose", ["mels"], ["steps_0"], perm=[1, 0, 2])]
    for layer in range(LAYERS):
        last = layer == LAYERS - 1
        nodes.append(
            helper.make_node(
                "LSTM",
                [f"steps_{layer}", f"W_{layer}", f"R_{layer}", f"B_{layer}"],
                ["", "hidden"] if last else [f"all_{layer}"],
                hidden_size=WIDTH,
            )
        )
        if not last:
            squeeze = [f"all_{layer}", "axis_1"]
            nodes.append(helper.make_node("Squeeze", squeeze, [f"steps_{layer + 1}"]))
    nodes += [
        helper.make_node("Squeeze", ["hidden", "axis_0"], ["state"]),
        helper.make_node("Gemm", ["state", "linear_W", "linear_B"], ["raw"], transB=1),
        helper.make_node("Relu", ["raw"], ["positive"]),
        helper.make_node("LpNormalization", ["positive"], ["embeddings"], axis=1, p=2),
    ]
    graph = helper.make_graph(
        nodes,
        "ge2e",
        [helper.make_tensor_value_info("mels", TensorProto.FLOAT, ["n", "frames", MELS])],
        [helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, ["n", WIDTH])],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
        producer_name="loquitur",
    )
    checker.check_model(model)
    serialised: bytes = model.SerializeToString(deterministic=True)
    return serialised


def _checked(state: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """The graph's constants: torch's gate order i f g o becomes ONNX's i o f c."""
    import numpy as np

    from loquitur.engines.graphs import gates

    def take(name: str, *shape: int) -> NDArray[np.float32]:
        array = state.get(name)
        if array is None or array.shape != shape or not np.isfinite(array).all():
            found = "missing" if array is None else f"of shape {array.shape}"
            raise InputError(f"weight {name} is {found}, expected finite numbers of shape {shape}")
        return np.ascontiguousarray(array, dtype=np.float32)

    constants: dict[str, NDArray[np.float32]] = {}
    for layer in range(LAYERS):
        wide = MELS if layer == 0 else WIDTH
        constants[f"W_{layer}"] = gates(take(f"lstm.weight_ih_l{layer}", 4 * WIDTH, wide))[None]
        constants[f"R_{layer}"] = gates(take(f"lstm.weight_hh_l{layer}", 4 * WIDTH, WIDTH))[None]
        biases = [take(f"lstm.bias_{kind}_l{layer}", 4 * WIDTH) for kind in ("ih", "hh")]
        constants[f"B_{layer}"] = np.concatenate([gates(bias) for bias in biases])[None]
    constants["linear_W"] = take("linear.weight", WIDTH, WIDTH)
    constants["linear_B"] = take("linear.bias", WIDTH)
    axes = {f"axis_{axis}": np.array([axis], dtype=np.int64) for axis in (0, 1)}
    return constants | axes  # type: ignore[return-value]
