"""Tiny models for sherpa-onnx with the metadata that its C++ asks for.

The segmentation is no random net: it hears voices of two pitches (`VOICES_HZ`), so that their turns
are turns, and where they speak at once there are two. Recognizers have random weights in the real
names and shapes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.testing.graphs import Graph

if TYPE_CHECKING:
    from pathlib import Path

_WINDOW = 160_000
_FIELD = 991  # receptive field and shift of pyannote's segmentation 3.0, in samples
_SHIFT = 270
_BANDS = 12
VOICES_HZ = (110.0, 160.0)  # neither is near a harmonic of the other


def tiny_sherpa_diarization(folder: Path) -> Path:
    """`segmentation.onnx` (two pitches, overlap told) and `embedding.onnx` (pitch)."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "segmentation.onnx").write_bytes(_segmentation())
    (folder / "embedding.onnx").write_bytes(_embedding())
    return folder


def _segmentation() -> bytes:
    """Sound `[N, 1, T]` -> log scores `[N, frames, 7]`: none, one of three, two of three."""
    times = np.arange(_FIELD) / 16_000.0
    window = np.hanning(_FIELD)
    kernels = [
        window * wave(2 * np.pi * tone * times) for tone in VOICES_HZ for wave in (np.cos, np.sin)
    ]
    graph = Graph("segmentation")
    graph.input("x", "float", ["batch", 1, "samples"])
    kernel = graph.constant(np.stack(kernels)[:, None, :] / _FIELD, "float")
    raw = graph.add("Conv", "x", kernel, attributes={"kernel_shape": [_FIELD], "strides": [_SHIFT]})
    energy = graph.add("Mul", raw, raw)
    sums = np.repeat(np.eye(2), len(kernels) // 2, axis=0)
    frames = graph.add("Transpose", energy, attributes={"perm": [0, 2, 1]})
    voices = graph.add("MatMul", frames, graph.constant(sums, "float"))
    level = graph.add("Log", graph.add("Add", voices, graph.constant(1e-9, "float")))
    # classes: nobody, A, B, C, A+B, A+C, B+C
    weight = np.zeros((2, 7))
    weight[0, [1, 4]] = 1.0
    weight[1, [2, 4]] = 1.0
    bias = np.array([-11.0, 0.0, 0.0, -50.0, 10.0, -50.0, -50.0])
    scored = graph.add("MatMul", level, graph.constant(weight, "float"))
    scored = graph.add("Add", scored, graph.constant(bias, "float"))
    graph.add("LogSoftmax", scored, to="y", attributes={"axis": -1})
    graph.output("y", "float", ["batch", "frames", 7])
    return graph.serialize(
        {
            "model_type": "pyannote-segmentation-3.0",
            "num_speakers": 3,
            "powerset_max_classes": 2,
            "num_classes": 7,
            "sample_rate": 16_000,
            "window_size": _WINDOW,
            "receptive_field_size": _FIELD,
            "receptive_field_shift": _SHIFT,
            "version": 1,
        }
    )


def _embedding() -> bytes:
    """Log mel frames `[1, T, 80]` -> the shape of their mean in the lowest bands: the pitch."""
    graph = Graph("embedding")
    graph.input("feats", "float", [1, "frames", 80])
    mean = graph.add("ReduceMean", "feats", attributes={"axes": [1], "keepdims": 0})
    low = graph.add(
        "Slice", mean, graph.constant([0]), graph.constant([_BANDS]), graph.constant([1])
    )
    level = graph.add("ReduceMean", low, attributes={"axes": [1], "keepdims": 1})
    graph.add("Sub", low, level, to="embs")
    graph.output("embs", "float", [1, _BANDS])
    return graph.serialize(
        {
            "framework": "wespeaker",
            "language": "English",
            "url": "made by hand",
            "comment": "tiny",
            "sample_rate": 16_000,
            "output_dim": _BANDS,
            "normalize_samples": 1,
        }
    )
