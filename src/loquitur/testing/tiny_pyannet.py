"""Random weights of the segmentation network and of CAM++, named and shaped as the true ones.

Fewer layers, narrower: so a whole diarization takes a second. The network hears nothing in
particular, and CAM++ tells sounds apart as any random projection does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    State = dict[str, NDArray[np.float32]]

_FILTERS, _TAPS, _CHANNELS, _HIDDEN = 6, 251, 8, 8
_PLANES, _GROWTH, _WIDTH = 4, 4, 12
_CAM_BANDS = 80


def pyannet_state(*, seed: int = 0, speaks: float = 0.0) -> State:
    """Weights of a segmentation network of two layers, under torch's names.

    Args:
        seed: Of the random numbers.
        speaks: Added to the scores of the first two speakers alone, and of both at once.
    """
    rng = np.random.default_rng(seed)
    state: State = {}

    def draw(name: str, *shape: int, scale: float = 0.3) -> None:
        state[name] = (rng.standard_normal(shape) * scale).astype(np.float32)

    half = _TAPS // 2
    bank = "sincnet.conv1d.0.filterbank"
    state[f"{bank}.low_hz_"] = np.linspace(30, 4000, _FILTERS, dtype=np.float32)[:, None]
    state[f"{bank}.band_hz_"] = np.full((_FILTERS, 1), 300.0, np.float32)
    state[f"{bank}.window_"] = np.hamming(_TAPS)[:half].astype(np.float32)
    times = 2.0 * np.pi * np.arange(-half, 0.0) / 16_000.0
    state[f"{bank}.n_"] = times[None].astype(np.float32)
    widths = (2 * _FILTERS, _CHANNELS, _CHANNELS)
    for name, width in (("wav_norm1d", 1), *((f"norm1d.{n}", w) for n, w in enumerate(widths))):
        state[f"sincnet.{name}.weight"] = np.ones(width, np.float32)
        draw(f"sincnet.{name}.bias", width)
    for number in (1, 2):
        draw(f"sincnet.conv1d.{number}.weight", _CHANNELS, widths[number - 1], 5)
        draw(f"sincnet.conv1d.{number}.bias", _CHANNELS)
    for layer in range(2):
        for side in ("", "_reverse"):
            wide = 2 * _HIDDEN if layer else _CHANNELS
            draw(f"lstm.weight_ih_l{layer}{side}", 4 * _HIDDEN, wide)
            draw(f"lstm.weight_hh_l{layer}{side}", 4 * _HIDDEN, _HIDDEN)
            draw(f"lstm.bias_ih_l{layer}{side}", 4 * _HIDDEN)
            draw(f"lstm.bias_hh_l{layer}{side}", 4 * _HIDDEN)
    for name, rows, wide in (
        ("linear.0", _HIDDEN, 2 * _HIDDEN),
        ("linear.1", _HIDDEN, _HIDDEN),
        ("classifier", 7, _HIDDEN),
    ):
        draw(f"{name}.weight", rows, wide)
        draw(f"{name}.bias", rows)
    state["classifier.bias"] += np.float32(speaks) * np.array([0, 1, 1, 0, 1, 0, 0], np.float32)
    return state


def campplus_state(*, seed: int = 0) -> State:
    """Weights of a CAM++ with two layers in each block, under torch's names."""
    made = _Campplus(np.random.default_rng(seed))
    made.build()
    return made.state


class _Campplus:
    """The weights in the making."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.state: State = {}
        self._rng = rng

    def build(self) -> None:
        """All of them, head first."""
        planes = _PLANES
        self._both("head.conv1", "head.bn1", planes, 1, 3, 3)
        for layer in ("head.layer1", "head.layer2"):
            for number in (0, 1):
                for part in (1, 2):
                    stem = f"{layer}.{number}"
                    self._both(f"{stem}.conv{part}", f"{stem}.bn{part}", planes, planes, 3, 3)
            stem = f"{layer}.0.shortcut"
            self._both(f"{stem}.0", f"{stem}.1", planes, planes, 1, 1)
        self._both("head.conv2", "head.bn2", planes, planes, 3, 3)
        width = 16
        stem = "xvector.tdnn"
        bands = planes * _CAM_BANDS // 8
        self._both(f"{stem}.linear", f"{stem}.nonlinear.batchnorm", width, bands, 5)
        for number in (1, 2, 3):
            for deep in (1, 2):
                self._layer(f"xvector.block{number}.tdnnd{deep}", width)
                width += _GROWTH
            self._norm(f"xvector.transit{number}.nonlinear.batchnorm", width)
            self._kernel(f"xvector.transit{number}.linear", width // 2, width, 1)
            width //= 2
        self._norm("xvector.out_nonlinear.batchnorm", width)
        self._kernel("xvector.dense.linear", _WIDTH, 2 * width, 1)
        self._norm("xvector.dense.nonlinear.batchnorm", _WIDTH, affine=False)

    def _layer(self, stem: str, width: int) -> None:
        inner = 2 * _GROWTH
        self._norm(f"{stem}.nonlinear1.batchnorm", width)
        self._kernel(f"{stem}.linear1", inner, width, 1)
        self._norm(f"{stem}.nonlinear2.batchnorm", inner)
        cam = f"{stem}.cam_layer"
        self._kernel(f"{cam}.linear_local", _GROWTH, inner, 3)
        self._kernel(f"{cam}.linear1", inner // 2, inner, 1, biased=True)
        self._kernel(f"{cam}.linear2", _GROWTH, inner // 2, 1, biased=True)

    def _both(self, kernel: str, norm: str, *shape: int) -> None:
        self._kernel(kernel, *shape)
        self._norm(norm, shape[0])

    def _kernel(self, name: str, *shape: int, biased: bool = False) -> None:
        fan_in = float(np.prod(shape[1:]))
        drawn = self._rng.standard_normal(shape) * np.sqrt(2.0 / fan_in)
        self.state[f"{name}.weight"] = drawn.astype(np.float32)
        if biased:
            self.state[f"{name}.bias"] = np.zeros(shape[0], np.float32)

    def _norm(self, name: str, width: int, *, affine: bool = True) -> None:
        self.state[f"{name}.running_mean"] = self._draw(width)
        self.state[f"{name}.running_var"] = np.float32(1.0) + np.abs(self._draw(width))
        if affine:
            self.state[f"{name}.weight"] = np.float32(1.0) + self._draw(width)
            self.state[f"{name}.bias"] = self._draw(width)

    def _draw(self, width: int) -> NDArray[np.float32]:
        return (self._rng.standard_normal(width) * 0.1).astype(np.float32)
