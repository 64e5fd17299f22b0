"""Tiny models for sherpa-onnx with the metadata that its C++ asks for.

The segmentation is no random net: it hears voices of two pitches (`VOICES_HZ`), so that their turns
are turns, and where they speak at once there are two. Recognizers have random weights in the real
names and shapes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.testing.graphs import Graph
from loquitur.testing.tiny_onnx_asr import (
    VOCABULARY,
    WIDTH,
    ctc_head,
    icefall,
    lengths,
    project,
    strided,
    write_vocabulary,
)

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


def tiny_sherpa_nemo_ctc(folder: Path, *, seed: int = 0) -> Path:
    """A NeMo FastConformer with a CTC decoder: `model.int8.onnx`, `tokens.txt`."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(seed)
    graph = Graph("ctc")
    frames = _nemo_frames(graph, generator, 80)
    ctc_head(graph, generator, frames, pieces=len(VOCABULARY) + 1, to="logprobs")
    said = _nemo_metadata("EncDecCTCModelBPE")
    (folder / "model.int8.onnx").write_bytes(graph.serialize(said))
    write_vocabulary(folder / "tokens.txt", (*VOCABULARY, "<blk>"))
    return folder


def tiny_sherpa_parakeet(folder: Path, *, seed: int = 0) -> Path:
    """A NeMo transducer with durations: encoder, decoder, joiner (`.int8.onnx`), `tokens.txt`."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(seed)
    pieces, durations = len(VOCABULARY) + 1, 5
    encoder = Graph("encoder")
    frames = _nemo_frames(encoder, generator, 128)
    encoder.add("Transpose", frames, to="outputs", attributes={"perm": [0, 2, 1]})
    encoder.output("outputs", "float", ["batch", WIDTH, "steps"])
    lengths(encoder, "length", 8, to="encoded_lengths")
    said = _nemo_metadata("EncDecRNNTBPEModel") | {
        "pred_rnn_layers": 1,
        "pred_hidden": WIDTH,
        "feat_dim": 128,
        "url": "made by hand, as a tdt",
    }
    (folder / "encoder.int8.onnx").write_bytes(encoder.serialize(said))
    decoder = Graph("decoder")
    decoder.input("targets", "int32", ["batch", "pieces"])
    decoder.input("target_length", "int32", ["batch"])
    for name in ("states.1", "onnx::Slice_3"):
        decoder.input(name, "float", [1, "batch", WIDTH])
    embedding = generator.standard_normal((pieces, WIDTH)) * 0.3
    embedding[-1] = 0.0
    spoken = decoder.add("Gather", decoder.constant(embedding, "float"), "targets")
    decoder.add("Transpose", spoken, to="outputs", attributes={"perm": [0, 2, 1]})
    decoder.output("outputs", "float", ["batch", WIDTH, "pieces"])
    decoder.add("Identity", "target_length", to="prednet_lengths")
    decoder.output("prednet_lengths", "int32", ["batch"])
    for name, after in (("states.1", "states"), ("onnx::Slice_3", "162")):
        decoder.add("Identity", name, to=after)
        decoder.output(after, "float", [1, "batch", WIDTH])
    (folder / "decoder.int8.onnx").write_bytes(decoder.serialize())
    joiner = Graph("joiner")
    joiner.input("encoder_outputs", "float", ["batch", WIDTH, "steps"])
    joiner.input("decoder_outputs", "float", ["batch", WIDTH, "pieces"])
    both = joiner.add("Add", "encoder_outputs", "decoder_outputs")
    grid = joiner.add("Transpose", both, attributes={"perm": [0, 2, 1]})
    rows = joiner.add("Unsqueeze", grid, joiner.constant([2]))
    project(joiner, generator, rows, pieces + durations, blank=pieces - 1, lead=4.5, to="outputs")
    joiner.output("outputs", "float", ["batch", "steps", 1, pieces + durations])
    (folder / "joiner.int8.onnx").write_bytes(joiner.serialize())
    write_vocabulary(folder / "tokens.txt", (*VOCABULARY, "<blk>"))
    return folder


def tiny_sherpa_zipformer(folder: Path, *, seed: int = 0) -> Path:
    """An icefall transducer: `encoder-epoch-99-avg-1[.int8].onnx` and so on, `tokens.txt`."""
    folder.mkdir(parents=True, exist_ok=True)
    pieces, encoder, decoder, joiner = icefall(seed)
    said = {"vocab_size": len(pieces), "context_size": 2}
    for name, graph, metadata in (
        ("encoder", encoder, {"model_type": "zipformer2", "version": "1"}),
        ("decoder", decoder, said),
        ("joiner", joiner, {"joiner_dim": WIDTH}),
    ):
        for mark in ("", ".int8"):
            path = folder / f"{name}-epoch-99-avg-1{mark}.onnx"
            path.write_bytes(graph.serialize(metadata))
    write_vocabulary(folder / "tokens.txt", pieces)
    return folder


def _nemo_frames(graph: Graph, generator: np.random.Generator, features: int) -> str:
    graph.input("audio_signal", "float", ["batch", features, "frames"])
    graph.input("length", "int64", ["batch"])
    return strided(graph, generator, "audio_signal", features, 8)


def _nemo_metadata(kind: str) -> dict[str, object]:
    return {
        "model_type": kind,
        "vocab_size": len(VOCABULARY),
        "subsampling_factor": 8,
        "normalize_type": "per_feature",
        "version": 1,
    }
