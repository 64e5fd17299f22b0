"""pyannote's segmentation network (PyanNet) as an ONNX graph: sound to who of three speaks when.

H. Bredin, A. Laurent, "End-to-end speaker segmentation for overlap-aware resegmentation",
Interspeech 2021; A. Plaquet, H. Bredin, "Powerset multi-class cross entropy loss for neural speaker
diarization", Interspeech 2023. The front end has band-pass filters made of two learnt frequencies
each (M. Ravanelli, Y. Bengio, "Speaker recognition from raw waveform with SincNet", SLT 2018; the
sine halves as in M. Pariente et al., "Filterbank design for end-to-end speech separation", ICASSP
2020): here they are worked out once. Then four bidirectional LSTM layers and three linear ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.engines.graphs import Graph, Weights, gates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

CLASSES = 7  # nobody; A, B, C; A+B, A+C, B+C
_STRIDE = 10
_POOL = 3
_KERNEL = 5
_SLOPE = 0.01
_EPSILON = 1e-5
_RATE_HZ = 16_000
_LEAST_HZ = 50.0  # of a filter's lower edge and of its width


def build_graph(
    state: Mapping[str, NDArray[np.float32]], metadata: Mapping[str, object] | None = None
) -> bytes:
    """The ONNX graph: `x [n, 1, samples]` -> `y [n, frames, 7]`, logarithms of probabilities.

    Args:
        state: The weights under their torch names (`sincnet.wav_norm1d.weight`, ...). Widths and
            the number of layers are as they are.
        metadata: What is noted in the graph.

    Returns:
        The serialised graph, the same bytes for the same weights.

    Raises:
        InputError: A weight is missing or has another shape.
    """
    weights = Weights(state)
    graph = Graph("pyannet")
    flow = _front(graph, weights)
    flow = graph.add(
        "Transpose", flow, attributes={"perm": [2, 0, 1]}
    )  # frames first, as ONNX wants it
    layers = 1 + weights.count("lstm.weight_ih_l{}")
    for layer in range(layers):
        flow = _recur(graph, weights, flow, layer)
    flow = graph.add("Transpose", flow, attributes={"perm": [1, 0, 2]})
    for name in ("linear.0", "linear.1"):
        flow = graph.add(
            "LeakyRelu", _linear(graph, weights, flow, name), attributes={"alpha": _SLOPE}
        )
    flow = _linear(graph, weights, flow, "classifier", rows=CLASSES)
    graph.add("LogSoftmax", flow, output="y", attributes={"axis": -1})
    return graph.serialize(("x", ["n", 1, "samples"]), ("y", ["n", "frames", CLASSES]), metadata)


def band_filters(weights: Weights) -> NDArray[np.float32]:
    """The cosine and sine halves of the band-pass filters, shape [2 * filters, 1, taps]."""
    low = np.abs(weights.take("sincnet.conv1d.0.filterbank.low_hz_", None, 1).astype(np.float64))
    low = low + _LEAST_HZ
    width = weights.take("sincnet.conv1d.0.filterbank.band_hz_", len(low), 1).astype(np.float64)
    high = np.clip(low + _LEAST_HZ + np.abs(width), _LEAST_HZ, _RATE_HZ / 2)
    window = weights.take("sincnet.conv1d.0.filterbank.window_", None).astype(np.float64)
    times = weights.take("sincnet.conv1d.0.filterbank.n_", 1, len(window)).astype(np.float64)
    lower, upper, band = low @ times, high @ times, high - low
    even = (np.sin(upper) - np.sin(lower)) / (times / 2.0) * window
    odd = (np.cos(lower) - np.cos(upper)) / (times / 2.0) * window
    cosine = np.concatenate([even, 2.0 * band, even[:, ::-1]], axis=1)
    sine = np.concatenate([odd, np.zeros_like(band), -odd[:, ::-1]], axis=1)
    filters = np.concatenate([cosine / (2.0 * band), sine / (2.0 * band)])
    return filters[:, None, :].astype(np.float32)


def _front(graph: Graph, weights: Weights) -> str:
    """Normalised sound through three rounds of filters, largest of three, and normalisation."""
    flow = _normed(graph, weights, "x", "sincnet.wav_norm1d", 1)
    filters = band_filters(weights)
    flow = graph.add(
        "Conv",
        flow,
        graph.constant(filters),
        attributes={"kernel_shape": [filters.shape[2]], "strides": [_STRIDE]},
    )
    flow = graph.add("Abs", flow)
    channels = len(filters)
    for number in range(3):
        if number:
            name = f"sincnet.conv1d.{number}"
            kernel = weights.take(f"{name}.weight", None, channels, _KERNEL)
            channels = len(kernel)
            bias = weights.take(f"{name}.bias", channels)
            both = (graph.constant(kernel), graph.constant(bias))
            flow = graph.add("Conv", flow, *both, attributes={"kernel_shape": [_KERNEL]})
        flow = graph.add("MaxPool", flow, attributes={"kernel_shape": [_POOL], "strides": [_POOL]})
        flow = _normed(graph, weights, flow, f"sincnet.norm1d.{number}", channels)
        flow = graph.add("LeakyRelu", flow, attributes={"alpha": _SLOPE})
    return flow


def _normed(graph: Graph, weights: Weights, flow: str, name: str, channels: int) -> str:
    both = [graph.constant(weights.take(f"{name}.{kind}", channels)) for kind in ("weight", "bias")]
    return graph.add("InstanceNormalization", flow, *both, attributes={"epsilon": _EPSILON})


def _recur(graph: Graph, weights: Weights, flow: str, layer: int) -> str:
    """A bidirectional LSTM layer: `[frames, n, in]` -> `[frames, n, 2 * hidden]`."""
    hidden = weights.take("lstm.weight_hh_l0", None, None).shape[1]
    wide = None if layer == 0 else 2 * hidden
    inputs, states, biases = [], [], []
    for side in ("", "_reverse"):
        tail = f"l{layer}{side}"
        inputs.append(gates(weights.take(f"lstm.weight_ih_{tail}", 4 * hidden, wide)))
        states.append(gates(weights.take(f"lstm.weight_hh_{tail}", 4 * hidden, hidden)))
        halves = [weights.take(f"lstm.bias_{kind}_{tail}", 4 * hidden) for kind in ("ih", "hh")]
        biases.append(np.concatenate([gates(half) for half in halves]))
    constants = [graph.constant(np.stack(found)) for found in (inputs, states, biases)]
    both = graph.add(
        "LSTM", flow, *constants, attributes={"hidden_size": hidden, "direction": "bidirectional"}
    )
    apart = graph.add("Transpose", both, attributes={"perm": [0, 2, 1, 3]})
    return graph.add("Reshape", apart, graph.constant([0, 0, 2 * hidden], "int64"))


def _linear(graph: Graph, weights: Weights, flow: str, name: str, rows: int | None = None) -> str:
    matrix = weights.take(f"{name}.weight", rows, None)
    bias = weights.take(f"{name}.bias", len(matrix))
    return graph.add(
        "Add", graph.add("MatMul", flow, graph.constant(matrix.T)), graph.constant(bias)
    )
