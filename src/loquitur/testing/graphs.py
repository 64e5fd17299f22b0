"""Small ONNX graphs, written line by line: what the builders of tiny models share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

TYPES = {
    "float": "FLOAT",
    "float16": "FLOAT16",
    "int32": "INT32",
    "int64": "INT64",
    "bool": "BOOL",
}


class Graph:
    """A graph in the making: nodes in order, constants as they come, named inputs and outputs."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._nodes: list[Any] = []
        self._weights: dict[str, NDArray[Any]] = {}
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []
        self._count = 0

    def input(self, name: str, kind: str, shape: Sequence[int | str]) -> str:
        """An input; gives its name."""
        self._inputs.append(_info(name, kind, shape))
        return name

    def output(self, name: str, kind: str, shape: Sequence[int | str]) -> None:
        """An output, computed by a node of this name."""
        self._outputs.append(_info(name, kind, shape))

    def constant(self, value: Any, kind: str = "int64") -> str:
        """A constant; gives its name."""
        self._count += 1
        name = f"{self._name}_constant_{self._count}"
        self._weights[name] = np.asarray(value, dtype="float32" if kind == "float" else kind)
        return name

    def add(
        self,
        operator: str,
        *inputs: str,
        to: str = "",
        attributes: Mapping[str, Any] | None = None,
    ) -> str:
        """A node with one output; gives the output's name."""
        import onnx.helper

        self._count += 1
        target = to or f"{self._name}_value_{self._count}"
        self._nodes.append(
            onnx.helper.make_node(operator, list(inputs), [target], **(attributes or {}))
        )
        return target

    def cast(self, value: str, kind: str, *, to: str = "") -> str:
        """A value as another type of number; gives the output's name."""
        import onnx.helper

        self._count += 1
        target = to or f"{self._name}_value_{self._count}"
        code = getattr(onnx.TensorProto, TYPES[kind])
        self._nodes.append(onnx.helper.make_node("Cast", [value], [target], to=code))
        return target

    def loop(self, rounds: str, go_on: str, carried: Sequence[str], body: Graph) -> str:
        """A loop over a graph `(round, go_on, *carried) -> (go_on, *carried)`; gives the first."""
        import onnx.helper

        self._count += 1
        targets = [f"looped_{self._count}_{number}" for number in range(len(carried))]
        self._nodes.append(
            onnx.helper.make_node("Loop", [rounds, go_on, *carried], targets, body=body.make())
        )
        return targets[0]

    def make(self) -> Any:
        """The graph itself; the names of its constants are its own."""
        from onnx import helper, numpy_helper

        weights = [numpy_helper.from_array(value, key) for key, value in self._weights.items()]
        return helper.make_graph(
            self._nodes, self._name, self._inputs, self._outputs, initializer=weights
        )

    def serialize(self, metadata: Mapping[str, object] | None = None) -> bytes:
        """The checked model as bytes, opset 17, with metadata where there is any."""
        import onnx
        from onnx import helper

        model = helper.make_model(
            self.make(), opset_imports=[helper.make_opsetid("", 17)], ir_version=9
        )
        helper.set_model_props(model, {key: str(value) for key, value in (metadata or {}).items()})
        onnx.checker.check_model(model, full_check=True)
        return bytes(model.SerializeToString())


def write(folder: Path, name: str, content: bytes, marks: Sequence[str] = ("", ".int8")) -> None:
    """A graph under its name without and with the marks of precisions."""
    stem, suffix = name.rsplit(".", 1)
    for mark in marks:
        path = folder / f"{stem}{mark}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _info(name: str, kind: str, shape: Sequence[int | str]) -> Any:
    import onnx
    from onnx import helper

    return helper.make_tensor_value_info(name, getattr(onnx.TensorProto, TYPES[kind]), list(shape))
