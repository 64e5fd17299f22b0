"""CAM++ as an ONNX graph: Kaldi filterbanks to a speaker embedding.

H. Wang, S. Zheng, Y. Chen, L. Cheng, Q. Chen, "CAM++: A fast and efficient network for speaker
verification using context-aware masking", Interspeech 2023, arXiv 2303.00332. A two-dimensional
convolutional head over time and frequency, then densely connected time-delay layers, each masked
by what is said in the whole and in its own 100 frames, then mean and deviation over time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.engines.graphs import Graph, Weights

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

BANDS = 80
_BLOCKS = ((1, 1), (2, 2), (3, 2))  # number and dilation; kernels are 3 wide
_SEGMENT = 100  # frames of a mask's context
_EPSILON = 1e-5


def build_graph(
    state: Mapping[str, NDArray[np.float32]], metadata: Mapping[str, object] | None = None
) -> bytes:
    """The ONNX graph: `feats [n, frames, 80]` -> `embs [n, width]`, of any length.

    Args:
        state: The weights under their torch names (`head.conv1.weight`, ...). Widths and the
            number of layers are as they are.
        metadata: What is noted in the graph.

    Returns:
        The serialised graph, the same bytes for the same weights.

    Raises:
        InputError: A weight is missing or has another shape.
    """
    made = _Network(Weights(state))
    width = made.build()
    return made.graph.serialize(("feats", ["n", "frames", BANDS]), ("embs", ["n", width]), metadata)


class _Network:
    """The graph in the making, part by part."""

    def __init__(self, weights: Weights) -> None:
        self.graph = Graph("campplus")
        self._weights = weights

    def build(self) -> int:
        """All of it; gives the width of the embedding."""
        graph = self.graph
        bands = graph.add("Transpose", "feats", attributes={"perm": [0, 2, 1]})
        flow = self._head(graph.add("Unsqueeze", bands, graph.constant([1], "int64")))
        flow = self._convolve(
            flow, "xvector.tdnn.linear", norm="xvector.tdnn.nonlinear.batchnorm", stride=2
        )
        flow = graph.add("Relu", flow)
        for number, dilation in _BLOCKS:
            flow = self._block(flow, number, dilation)
            flow = self._activate(flow, f"xvector.transit{number}.nonlinear.batchnorm")
            flow = self._convolve(flow, f"xvector.transit{number}.linear")
        flow = self._activate(flow, "xvector.out_nonlinear.batchnorm")
        return self._pool(flow)

    def _head(self, flow: str) -> str:
        """Residual blocks over frequency and time; the bands become channels."""
        graph = self.graph
        flow = graph.add("Relu", self._convolve(flow, "head.conv1", norm="head.bn1", flat=False))
        for layer in ("head.layer1", "head.layer2"):
            for number, stride in ((0, 2), (1, 1)):
                flow = self._residual(flow, f"{layer}.{number}", stride)
        flow = self._convolve(flow, "head.conv2", norm="head.bn2", stride=2, flat=False)
        flow = graph.add("Relu", flow)
        channels = self._weights.take("head.conv2.weight", None, None, 3, 3).shape[0]
        shape = graph.constant([0, channels * BANDS // 8, -1], "int64")
        return graph.add("Reshape", flow, shape)

    def _residual(self, flow: str, name: str, stride: int) -> str:
        graph = self.graph
        inner = self._convolve(flow, f"{name}.conv1", norm=f"{name}.bn1", stride=stride, flat=False)
        inner = graph.add("Relu", inner)
        inner = self._convolve(inner, f"{name}.conv2", norm=f"{name}.bn2", flat=False)
        if stride != 1:
            names = (f"{name}.shortcut.0", f"{name}.shortcut.1")
            flow = self._convolve(flow, names[0], norm=names[1], stride=stride, flat=False)
        return graph.add("Relu", graph.add("Add", inner, flow))

    def _block(self, flow: str, number: int, dilation: int) -> str:
        """Layers that each hear all layers before them."""
        graph = self.graph
        stem = f"xvector.block{number}.tdnnd"
        layers = self._weights.count(f"{stem}{{}}.linear1.weight")
        for layer in range(1, layers + 1):
            name = f"{stem}{layer}"
            inner = self._activate(flow, f"{name}.nonlinear1.batchnorm")
            inner = self._convolve(inner, f"{name}.linear1", norm=f"{name}.nonlinear2.batchnorm")
            inner = graph.add("Relu", inner)
            flow = graph.add(
                "Concat", flow, self._masked(inner, name, dilation), attributes={"axis": 1}
            )
        return flow

    def _masked(self, flow: str, name: str, dilation: int) -> str:
        """A time-delay layer, weighed by its context."""
        graph = self.graph
        cam = f"{name}.cam_layer"
        local = self._convolve(flow, f"{cam}.linear_local", dilation=dilation)
        mean = graph.add("ReduceMean", flow, attributes={"axes": [2], "keepdims": 1})
        context = graph.add("Add", mean, self._by_segment(flow))
        mask = graph.add("Relu", self._convolve(context, f"{cam}.linear1", biased=True))
        mask = graph.add("Sigmoid", self._convolve(mask, f"{cam}.linear2", biased=True))
        return graph.add("Mul", local, mask)

    def _by_segment(self, flow: str) -> str:
        """The mean of each 100 frames (the last ones may be fewer), repeated for every frame."""
        graph = self.graph
        means = graph.add(
            "AveragePool",
            flow,
            attributes={
                "kernel_shape": [_SEGMENT],
                "strides": [_SEGMENT],
                "ceil_mode": 1,
                "count_include_pad": 0,
            },
        )
        axis = graph.constant([3], "int64")
        once = graph.add("Unsqueeze", means, axis)
        repeated = graph.add("Expand", once, graph.constant([1, 1, 1, _SEGMENT], "int64"))
        channels = graph.add("Reshape", repeated, graph.constant([0, 0, -1], "int64"))
        frames = graph.add("Slice", graph.add("Shape", flow), *self._ints(2, 3))
        return graph.add(
            "Slice", channels, graph.constant([0], "int64"), frames, graph.constant([2], "int64")
        )

    def _pool(self, flow: str) -> int:
        """Mean and (unbiased) deviation over time, then the embedding."""
        graph = self.graph
        mean = graph.add("ReduceMean", flow, attributes={"axes": [2], "keepdims": 1})
        apart = graph.add("Sub", flow, mean)
        squares = graph.add("ReduceSumSquare", apart, attributes={"axes": [2], "keepdims": 1})
        frames = graph.add("Slice", graph.add("Shape", flow), *self._ints(2, 3))
        others = graph.add(
            "Sub", graph.add("Cast", frames, attributes={"to": 1}), graph.constant([1.0])
        )
        others = graph.add("Max", others, graph.constant([1.0]))  # of a single frame none deviates
        deviation = graph.add("Sqrt", graph.add("Div", squares, others))
        stats = graph.add("Concat", mean, deviation, attributes={"axis": 1})
        dense = "xvector.dense.linear"
        out = self._convolve(stats, dense, norm="xvector.dense.nonlinear.batchnorm", affine=False)
        graph.add("Squeeze", out, graph.constant([2], "int64"), output="embs")
        width: int = self._weights.take(f"{dense}.weight", None, None, 1).shape[0]
        return width

    def _ints(self, *values: int) -> tuple[str, ...]:
        return tuple(self.graph.constant([value], "int64") for value in values)

    def _activate(self, flow: str, norm: str) -> str:
        """A batch normalisation with fixed numbers, and what is above zero of it."""
        graph = self.graph
        weight = self._weights.take(f"{norm}.weight", None)
        names = ("bias", "running_mean", "running_var")
        others = [self._weights.take(f"{norm}.{name}", len(weight)) for name in names]
        numbers = [graph.constant(values) for values in (weight, *others)]
        normed = graph.add("BatchNormalization", flow, *numbers, attributes={"epsilon": _EPSILON})
        return graph.add("Relu", normed)

    def _convolve(
        self,
        flow: str,
        name: str,
        *,
        norm: str = "",
        stride: int = 1,
        dilation: int = 1,
        flat: bool = True,
        biased: bool = False,
        affine: bool = True,
    ) -> str:
        """A convolution, with the normalisation after it taken into its weights.

        Over time where `flat`; otherwise over frequency, in which it strides, and time.
        """
        graph = self.graph
        kernel = self._weights.take(f"{name}.weight", *([None] * (3 if flat else 4)))
        size = kernel.shape[-1]
        bias = self._weights.take(f"{name}.bias", len(kernel)) if biased else None
        if norm:
            kernel, bias = self._folded(kernel, norm, affine=affine)
        inputs = [flow, graph.constant(kernel)] + ([] if bias is None else [graph.constant(bias)])
        pad = (size - 1) // 2 * dilation
        return graph.add(
            "Conv",
            *inputs,
            attributes={
                "kernel_shape": list(kernel.shape[2:]),
                "strides": [stride] if flat else [stride, 1],
                "dilations": [dilation] if flat else [1, 1],
                "pads": [pad, pad] if flat else [pad] * 4,
            },
        )

    def _folded(
        self, kernel: NDArray[np.float32], norm: str, *, affine: bool
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """A kernel and a bias that do what the kernel and a normalisation do."""
        count = len(kernel)
        mean, variance = (
            self._weights.take(f"{norm}.{name}", count).astype(np.float64)
            for name in ("running_mean", "running_var")
        )
        scale, shift = np.ones(count), np.zeros(count)
        if affine:
            scale, shift = (
                self._weights.take(f"{norm}.{name}", count).astype(np.float64)
                for name in ("weight", "bias")
            )
        factor = scale / np.sqrt(variance + _EPSILON)
        folded = kernel * factor.reshape(-1, *[1] * (kernel.ndim - 1))
        return folded.astype(np.float32), (shift - mean * factor).astype(np.float32)
