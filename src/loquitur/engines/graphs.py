"""ONNX graphs as engines write them: nodes in order, constants as they come, the same bytes again.

Weights under torch's names are taken through `Weights`, which checks each against the shape that
the architecture gives it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from loquitur.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    Attribute = int | float | str | Sequence[int]

_OPSET = 17
_IR_VERSION = 8
_MOST_BYTES = 2_000_000_000


class Weights:
    """The weights of a model by name, each checked when it is taken."""

    def __init__(self, state: Mapping[str, NDArray[np.float32]]) -> None:
        self._state = state

    def take(self, name: str, *shape: int | None) -> NDArray[np.float32]:
        """A weight of a shape, `None` for any length.

        Raises:
            InputError: It is missing, has another shape, or is not finite.
        """
        array = self._state.get(name)
        fits = (
            array is not None
            and array.ndim == len(shape)
            and all(want in (None, have) for want, have in zip(shape, array.shape, strict=True))
            and bool(np.isfinite(array).all())
        )
        if array is None or not fits:
            found = "missing" if array is None else f"of shape {array.shape}"
            wanted = ", ".join("n" if length is None else str(length) for length in shape)
            raise InputError(f"weight {name} is {found}, expected finite numbers of ({wanted})")
        return np.ascontiguousarray(array, dtype=np.float32)

    def count(self, pattern: str) -> int:
        """How many of `pattern.format(1)`, `pattern.format(2)`, ... there are in a row."""
        number = 0
        while pattern.format(number + 1) in self._state:
            number += 1
        return number


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What goes into a graph, or comes out of it: its name, its kind of numbers, its shape."""

    name: str
    kind: Literal["float32", "int64"]
    shape: tuple[int | str, ...]


def gates(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows of an LSTM's weights in torch's order of the gates, i f g o, in ONNX's, i o f c."""
    i, f, g, o = np.split(array, 4)
    return np.concatenate([i, o, f, g])


class Graph:
    """A graph in the making."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._nodes: list[Any] = []
        self._constants: dict[str, NDArray[Any]] = {}

    def constant(self, value: ArrayLike, kind: str = "float32") -> str:
        """A constant; gives its name. Of floats, of `int64` for shapes, of `int8` if rounded."""
        name = f"c{len(self._constants)}"
        self._constants[name] = np.ascontiguousarray(value, dtype=kind)
        return name

    def add(
        self,
        operator: str,
        *inputs: str,
        output: str = "",
        attributes: Mapping[str, Attribute] | None = None,
    ) -> str:
        """A node with one output; gives the output's name."""
        from onnx import helper

        target = output or f"v{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [target], **(attributes or {})))
        return target

    def add_many(self, operator: str, *inputs: str, count: int) -> tuple[str, ...]:
        """A node with several outputs; gives their names."""
        from onnx import helper

        targets = [f"v{len(self._nodes)}.{number}" for number in range(count)]
        self._nodes.append(helper.make_node(operator, list(inputs), targets))
        return tuple(targets)

    def serialize(
        self,
        given: tuple[str, Sequence[int | str]],
        wanted: tuple[str, Sequence[int | str]],
        metadata: Mapping[str, object] | None = None,
    ) -> bytes:
        """The checked model with one input and one output, each a (name, shape) of floats."""
        (name, shape), (target, target_shape) = given, wanted
        return self.finish(
            [Value(name=name, kind="float32", shape=tuple(shape))],
            [Value(name=target, kind="float32", shape=tuple(target_shape))],
            metadata,
        )

    def finish(
        self,
        given: Sequence[Value],
        wanted: Sequence[Value],
        metadata: Mapping[str, object] | None = None,
    ) -> bytes:
        """The checked model.

        Raises:
            InputError: It is larger than such a file can be (2 GB).
        """
        from onnx import TensorProto, checker, helper, numpy_helper

        kinds = {"float32": TensorProto.FLOAT, "int64": TensorProto.INT64}
        inputs, outputs = (
            [helper.make_tensor_value_info(one.name, kinds[one.kind], one.shape) for one in values]
            for values in (given, wanted)
        )
        if sum(value.nbytes for value in self._constants.values()) > _MOST_BYTES:
            raise InputError("its weights are too large for one graph (2 GB)", code="LQ-NO-MODEL")
        constants = [numpy_helper.from_array(value, key) for key, value in self._constants.items()]
        graph = helper.make_graph(self._nodes, self._name, inputs, outputs, constants)
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", _OPSET)],
            ir_version=_IR_VERSION,
            producer_name="loquitur",
        )
        helper.set_model_props(model, {key: str(value) for key, value in (metadata or {}).items()})
        checker.check_model(model, full_check=True)
        serialised: bytes = model.SerializeToString(deterministic=True)
        return serialised
