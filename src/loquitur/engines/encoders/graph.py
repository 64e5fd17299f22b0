"""The graph of a BERT-like encoder, written from its weights.

Post-norm transformer layers (Vaswani et al. 2017; Devlin et al. 2019) with absolute positions, as
in BERT, RoBERTa, XLM-R, CamemBERT and DistilBERT; their weights are taken under the names that
transformers gives them. A classifier's head may stand on the first token.

In int8, weights of products have 7 bits and a scale for each column, so that pairs of products
never overflow the 16 bits that processors without VNNI add them in; what is multiplied with them is
quantised as it comes, to 8 bits over the whole of one text (ONNX's DynamicQuantizeLinear).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from loquitur.engines.graphs import Graph, Value, Weights
from loquitur.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Precision = Literal["float32", "int8"]

VERSION = "1"
"""Of the graphs: one that another version wrote is written anew."""
IDS, MASK, KINDS = "input_ids", "attention_mask", "token_type_ids"
HIDDEN, LOGITS = "last_hidden_state", "logits"
_SHIFTED = frozenset({"roberta", "xlm-roberta", "camembert"})
"""Those whose first position is the one after that of the padding."""
FAMILIES = frozenset({"bert", "distilbert", *_SHIFTED})
_WORDS = "embeddings.word_embeddings.weight"
_POSITIONS = "max_position_embeddings"
_MOST_TOKENS = 1 << 24
_FAR = -1e9
_WEIGHT_STEPS = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """What the weights of a layer are called, after the layer's own name."""

    layer: str
    query: str
    key: str
    value: str
    out: str
    first_norm: str
    widen: str
    narrow: str
    second_norm: str


_BERT = _Names(
    layer="encoder.layer",
    query="attention.self.query",
    key="attention.self.key",
    value="attention.self.value",
    out="attention.output.dense",
    first_norm="attention.output.LayerNorm",
    widen="intermediate.dense",
    narrow="output.dense",
    second_norm="output.LayerNorm",
)
_DISTILBERT = _Names(
    layer="transformer.layer",
    query="attention.q_lin",
    key="attention.k_lin",
    value="attention.v_lin",
    out="attention.out_lin",
    first_norm="sa_layer_norm",
    widen="ffn.lin1",
    narrow="ffn.lin2",
    second_norm="output_layer_norm",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The sizes of an encoder, as its `config.json` has them.

    Args:
        family: `bert`, `xlm-roberta` ...
        width: Numbers of a token.
        layers: How many.
        heads: Of attention.
        epsilon: Of normalisation.
        activation: `gelu`, `gelu_new` or `relu`.
        first_position: Of a text's first token in the table of positions.
        has_kinds: Whether tokens have a kind: of the first or of the second text of a pair.
        positions: Rows of the table of positions; None where nothing is said.
    """

    family: str
    width: int
    layers: int
    heads: int
    epsilon: float
    activation: str
    first_position: int
    has_kinds: bool
    positions: int | None = None


def shape_of(config: Mapping[str, Any]) -> Shape:
    """The sizes that a `config.json` gives.

    Raises:
        InputError: It is of another architecture, or says nothing of a size.
    """
    family = str(config.get("model_type") or "")
    if family not in FAMILIES:
        raise InputError(
            f"no graph can be written of an encoder of the kind '{family}'",
            hint=f"known: {', '.join(sorted(FAMILIES))}; of others give a folder with model.onnx",
            code="LQ-NO-MODEL",
        )
    if config.get("position_embedding_type", "absolute") != "absolute":
        raise InputError("its positions are not absolute", code="LQ-NO-MODEL")
    distil = family == "distilbert"
    try:
        shape = Shape(
            family=family,
            width=_whole(config, "dim" if distil else "hidden_size"),
            layers=_whole(config, "n_layers" if distil else "num_hidden_layers"),
            heads=_whole(config, "n_heads" if distil else "num_attention_heads"),
            epsilon=float(config.get("layer_norm_eps", 1e-12)),
            activation=str(config.get("activation" if distil else "hidden_act", "gelu")),
            first_position=padding_of(config) + 1 if family in _SHIFTED else 0,
            has_kinds=not distil,
            positions=_whole(config, _POSITIONS) if _POSITIONS in config else None,
        )
    except (KeyError, TypeError, ValueError) as exc:
        raise InputError(f"its config.json gives no sizes: {exc}", code="LQ-NO-MODEL") from exc
    sizes = (shape.width, shape.layers, shape.heads, shape.positions or 1)
    if min(sizes) < 1 or shape.width % shape.heads or not 0.0 < shape.epsilon < 1.0:
        raise InputError("its config.json gives impossible sizes", code="LQ-NO-MODEL")
    if shape.activation not in ("gelu", "gelu_new", "gelu_pytorch_tanh", "relu"):
        raise InputError(f"its activation '{shape.activation}' is not known", code="LQ-NO-MODEL")
    return shape


def padding_of(config: Mapping[str, Any]) -> int:
    """The token that fills the rows of a batch up; 0 where a `config.json` names none.

    Raises:
        InputError: It is no token.
    """
    said = config.get("pad_token_id")
    if said is None:
        return 0
    if type(said) is not int or not 0 <= said < _MOST_TOKENS:
        raise InputError("its config.json gives impossible sizes", code="LQ-NO-MODEL")
    return said


def _whole(config: Mapping[str, Any], name: str) -> int:
    """A size of a `config.json`.

    Raises:
        KeyError: It is absent.
        ValueError: It is no whole number.
    """
    said = config[name]
    if type(said) is not int:
        raise ValueError(f"{name} is {str(said)[:40]}")
    return said


def write(
    state: Mapping[str, NDArray[Any]], shape: Shape, *, precision: Precision, classifies: bool
) -> bytes:
    """The graph of an encoder: `input_ids`, `attention_mask` (and `token_type_ids`), each [b, t].

    Args:
        state: The weights by name, with whatever prefix.
        shape: Of the encoder.
        precision: Of products.
        classifies: With a classifier's head: gives `logits` [b, classes], else
            `last_hidden_state` [b, t, width].

    Raises:
        InputError: Weights are missing or of other shapes.
    """
    return _Writer(state, shape, precision).write(classifies=classifies)


class _Writer:
    def __init__(
        self, state: Mapping[str, NDArray[Any]], shape: Shape, precision: Precision
    ) -> None:
        self._shape = shape
        self._int8 = precision == "int8"
        found = [name for name in state if name.endswith(_WORDS)]
        self._prefix = found[0].removesuffix(_WORDS) if found else ""
        self._weights = Weights(state)
        self._graph = Graph("encoder")
        self._names = _DISTILBERT if shape.family == "distilbert" else _BERT

    def write(self, *, classifies: bool) -> bytes:
        graph, shape = self._graph, self._shape
        hidden = self._embedded()
        far = self._far()
        for number in range(shape.layers):
            hidden = self._layer(hidden, far, f"{self._names.layer}.{number}")
        if classifies:
            output, size = LOGITS, self._head(hidden)
            dimensions: list[int | str] = ["batch", size]
        else:
            output, dimensions = HIDDEN, ["batch", "tokens", shape.width]
            graph.add("Identity", hidden, output=HIDDEN)
        inputs = [IDS, MASK, *([KINDS] if shape.has_kinds else [])]
        return graph.finish(
            [Value(name=name, kind="int64", shape=("batch", "tokens")) for name in inputs],
            [Value(name=output, kind="float32", shape=tuple(dimensions))],
            {"loquitur_encoder": VERSION},
        )

    # --- tokens as numbers ---

    def _embedded(self) -> str:
        graph, shape = self._graph, self._shape
        found = self._looked_up(f"{self._prefix}{_WORDS}", IDS)
        length = graph.add(
            "Gather", graph.add("Shape", IDS), graph.constant([1], "int64"), attributes={"axis": 0}
        )
        first = graph.constant([shape.first_position], "int64")
        table = self._take("embeddings.position_embeddings.weight", shape.positions, shape.width)
        places = graph.add(
            "Slice",
            graph.constant(table),
            first,
            graph.add("Add", first, length),
            graph.constant([0], "int64"),
        )
        found = graph.add("Add", found, places)
        if shape.has_kinds:
            kinds = self._take("embeddings.token_type_embeddings.weight", None, shape.width)
            found = graph.add("Add", found, graph.add("Gather", graph.constant(kinds), KINDS))
        return self._normed(found, "embeddings.LayerNorm")

    def _looked_up(self, name: str, ids: str) -> str:
        """Rows of a table; in int8 each with a scale of its own."""
        graph = self._graph
        table = self._weights.take(name, None, self._shape.width)
        if not self._int8:
            return graph.add("Gather", graph.constant(table), ids)
        scales = np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-12) / 127
        rounded = np.rint(table / scales)
        rows = graph.add("Gather", graph.constant(rounded, "int8"), ids)
        return graph.add(
            "Mul",
            graph.add("Cast", rows, attributes={"to": 1}),
            graph.add("Gather", graph.constant(scales), ids),
        )

    def _far(self) -> str:
        """What is added to attention where there is no token: [b, 1, 1, t]."""
        graph = self._graph
        mask = graph.add("Cast", MASK, attributes={"to": 1})
        gone = graph.add("Sub", graph.constant(1.0), mask)
        far = graph.add("Mul", gone, graph.constant(_FAR))
        return graph.add("Unsqueeze", far, graph.constant([1, 2], "int64"))

    # --- a layer ---

    def _layer(self, hidden: str, far: str, layer: str) -> str:
        graph, shape, names = self._graph, self._shape, self._names
        wide = shape.width // shape.heads
        apart = graph.constant([0, 0, shape.heads, wide], "int64")
        query, key, value = (
            graph.add("Reshape", self._linear(hidden, f"{layer}.{name}"), apart)
            for name in (names.query, names.key, names.value)
        )
        query = graph.add("Transpose", query, attributes={"perm": [0, 2, 1, 3]})
        key = graph.add("Transpose", key, attributes={"perm": [0, 2, 3, 1]})
        value = graph.add("Transpose", value, attributes={"perm": [0, 2, 1, 3]})
        scores = graph.add("MatMul", query, key)
        scores = graph.add("Mul", scores, graph.constant(1.0 / math.sqrt(wide)))
        shares = graph.add("Softmax", graph.add("Add", scores, far), attributes={"axis": -1})
        heard = graph.add("MatMul", shares, value)
        heard = graph.add("Transpose", heard, attributes={"perm": [0, 2, 1, 3]})
        heard = graph.add("Reshape", heard, graph.constant([0, 0, shape.width], "int64"))
        heard = self._linear(heard, f"{layer}.{names.out}")
        hidden = self._normed(graph.add("Add", heard, hidden), f"{layer}.{names.first_norm}")
        inner = self._active(self._linear(hidden, f"{layer}.{names.widen}"))
        inner = self._linear(inner, f"{layer}.{names.narrow}")
        return self._normed(graph.add("Add", inner, hidden), f"{layer}.{names.second_norm}")

    def _active(self, value: str) -> str:
        graph = self._graph
        if self._shape.activation == "relu":
            return graph.add("Relu", value)
        if self._shape.activation == "gelu":
            part = graph.add("Erf", graph.add("Div", value, graph.constant(math.sqrt(2.0))))
        else:  # Hendrycks and Gimpel 2016, the approximation by tanh
            cubed = graph.add("Mul", graph.add("Mul", value, value), value)
            inner = graph.add("Mul", cubed, graph.constant(0.044715))
            inner = graph.add("Add", value, inner)
            scale = graph.constant(math.sqrt(2.0 / math.pi))
            part = graph.add("Tanh", graph.add("Mul", inner, scale))
        part = graph.add("Add", part, graph.constant(1.0))
        return graph.add("Mul", graph.add("Mul", value, part), graph.constant(0.5))

    def _normed(self, value: str, name: str) -> str:
        weight, bias = (self._take(f"{name}.{part}", None) for part in ("weight", "bias"))
        return self._graph.add(
            "LayerNormalization",
            value,
            self._graph.constant(weight),
            self._graph.constant(bias),
            attributes={"axis": -1, "epsilon": self._shape.epsilon},
        )

    def _linear(self, value: str, name: str, *, inside: bool = True) -> str:
        graph = self._graph
        prefix = self._prefix if inside else ""
        weight = self._weights.take(f"{prefix}{name}.weight", None, None).T
        bias = self._weights.take(f"{prefix}{name}.bias", weight.shape[1])
        product = self._quantised(value, weight) if self._int8 else ""
        product = product or graph.add("MatMul", value, graph.constant(weight))
        return graph.add("Add", product, graph.constant(bias))

    def _quantised(self, value: str, weight: NDArray[np.float32]) -> str:
        graph = self._graph
        scales = np.maximum(np.abs(weight).max(axis=0), 1e-12) / _WEIGHT_STEPS
        rounded = graph.constant(np.rint(weight / scales), "int8")
        steps, scale, zero = graph.add_many("DynamicQuantizeLinear", value, count=3)
        product = graph.add("MatMulInteger", steps, rounded, zero)
        product = graph.add("Cast", product, attributes={"to": 1})
        return graph.add("Mul", product, graph.add("Mul", scale, graph.constant(scales)))

    # --- a classifier's head ---

    def _head(self, hidden: str) -> int:
        """Scores of classes from the first token; gives how many."""
        graph = self._graph
        zero, one = graph.constant([0], "int64"), graph.constant([1], "int64")
        first = graph.add("Gather", hidden, zero, attributes={"axis": 1})
        first = graph.add("Squeeze", first, one)
        if self._shape.family == "bert":
            found = graph.add("Tanh", self._linear(first, "pooler.dense"))
            last = "classifier"
        elif self._shape.family == "distilbert":
            found = graph.add("Relu", self._linear(first, "pre_classifier", inside=False))
            last = "classifier"
        else:
            found = graph.add("Tanh", self._linear(first, "classifier.dense", inside=False))
            last = "classifier.out_proj"
        found = self._linear(found, last, inside=False)
        graph.add("Identity", found, output=LOGITS)
        return len(self._weights.take(f"{last}.bias", None))

    def _take(self, name: str, *shape: int | None) -> NDArray[np.float32]:
        return self._weights.take(f"{self._prefix}{name}", *shape)
