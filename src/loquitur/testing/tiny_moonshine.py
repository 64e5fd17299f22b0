"""A tiny Moonshine of random weights in the two layouts of its files: `.ort`-like and the hub's.

Both graphs have the names, shapes and caches of optimum's export; the encoder is one convolution
over samples, the decoder that of the tiny Whisper.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

import numpy as np

from loquitur.testing.graphs import Graph
from loquitur.testing.tiny_whisper_onnx import WIDTH, Weights, merged_decoder

if TYPE_CHECKING:
    from pathlib import Path

STRIDE = 384
"""Samples to a state of the encoder, as in the real model."""

_MARKS = ("<unk>", "<s>", "</s>")
_WORDS = ("\u2581Hello", "\u2581world", "\u2581the", "\u2581cat", "\u2581sat", "ing", "ed", ".")
_BYTES = (0xC3, 0xA9)  # an é that is spelt in bytes
_BEGIN, _END = 1, 2


def tiny_moonshine(
    folder: Path, *, layout: Literal["wheel", "hub"] = "wheel", seed: int = 0
) -> Path:
    """A folder that the engine `moonshine` loads; silence gives no words.

    Args:
        folder: Made if need be.
        layout: `wheel`: two graphs and `tokenizer.bin`; `hub`: `onnx/` and `tokenizer.json`.
        seed: Decides the weights.
    """
    generator = np.random.default_rng(seed)
    count = len(_MARKS) + 256 + len(_WORDS)
    words = [*range(len(_MARKS) + 256, count), *(len(_MARKS) + byte for byte in _BYTES)]
    weights = Weights(generator, count=count, start=_BEGIN, end=_END, words=words)
    graphs = folder / "onnx" if layout == "hub" else folder
    graphs.mkdir(parents=True, exist_ok=True)
    (graphs / "encoder_model.onnx").write_bytes(_encoder(generator))
    (graphs / "decoder_model_merged.onnx").write_bytes(
        merged_decoder(weights, frames="frames", mask="encoder_attention_mask")
    )
    if layout == "hub":
        _write_json(folder / "tokenizer.json")
    else:
        _write_binary(folder / "tokenizer.bin")
    return folder


def _encoder(generator: np.random.Generator) -> bytes:
    """Samples `[B, n]` and their mask -> states `[B, n / 384, 16]`; zeros where it is silent."""
    graph = Graph("encoder")
    graph.input("input_values", "float", ["batch", "samples"])
    graph.input("attention_mask", "int64", ["batch", "samples"])
    kernel = generator.standard_normal((WIDTH, 1, STRIDE)) * 0.5
    mask = graph.cast("attention_mask", "float")
    heard = graph.add("Mul", "input_values", mask)
    wave = graph.add("Unsqueeze", heard, graph.constant([1]))
    raw = graph.add(
        "Conv",
        wave,
        graph.constant(kernel, "float"),
        attributes={"kernel_shape": [STRIDE], "strides": [STRIDE]},
    )
    states = graph.add("Tanh", raw)
    graph.add("Transpose", states, to="last_hidden_state", attributes={"perm": [0, 2, 1]})
    graph.output("last_hidden_state", "float", ["batch", "frames", WIDTH])
    return graph.serialize()


def _write_binary(path: Path) -> None:
    pieces = [mark.encode() for mark in _MARKS]
    pieces += [bytes([byte]) for byte in range(256)]
    pieces += [word.encode() for word in _WORDS]
    path.write_bytes(b"".join(bytes([len(piece)]) + piece for piece in pieces))


def _write_json(path: Path) -> None:
    pieces = [*_MARKS, *(f"<0x{byte:02X}>" for byte in range(256)), *_WORDS]
    content = {
        "added_tokens": [{"id": at, "content": mark} for at, mark in enumerate(_MARKS)],
        "model": {"type": "BPE", "vocab": {piece: at for at, piece in enumerate(pieces)}},
    }
    path.write_text(json.dumps(content), encoding="utf-8")
