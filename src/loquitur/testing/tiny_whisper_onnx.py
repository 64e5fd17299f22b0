"""Tiny Whispers as ONNX, in the files of optimum's and of onnxruntime's exports.

Optimum's is a real encoder-decoder with cached keys and values. The other holds its search inside
one graph; the real one does it in onnxruntime's `BeamSearch` operator, this one in a `Loop` with
the same inputs and output.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from loquitur.languages import WHISPER
from loquitur.testing.graphs import Graph, write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

WIDTH = 16
_FRAMES = 1500
_WORDS = ("Ġhello", "Ġworld", "Ġthe", "Ġcat", "Ġsat", "ing", "ed", ".", ",", "Ġno", "Ġyes", "s")
_END = "<|endoftext|>"
_START = "<|startoftranscript|>"
_MARKS = (_END, _START, "<|translate|>", "<|transcribe|>", "<|notimestamps|>")
_LONGEST = 24


def tiny_whisper(folder: Path, *, seed: int = 0) -> Path:
    """Optimum's export: graphs with and without `_int8` in `onnx/`, the tokenizer's files."""
    generator = np.random.default_rng(seed)
    vocabulary, added = _tokens(folder)
    encoder = Graph("encoder")
    encoder.input("input_features", "float", ["batch", 80, 2 * _FRAMES])
    encoder.add("Identity", _heard(encoder, generator), to="last_hidden_state")
    encoder.output("last_hidden_state", "float", ["batch", _FRAMES, WIDTH])
    marks = ("", "_int8")
    write(folder / "onnx", "encoder_model.onnx", encoder.serialize(), marks)
    decoder = merged_decoder(_weights(generator, vocabulary | added))
    write(folder / "onnx", "decoder_model_merged.onnx", decoder, marks)
    config = {"model_type": "whisper", "num_mel_bins": 80}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def tiny_whisper_ort(folder: Path, *, seed: int = 0) -> Path:
    """Onnxruntime's export: `whisper-tiny_beamsearch[.int8].onnx` and the tokenizer's files."""
    generator = np.random.default_rng(seed)
    vocabulary, added = _tokens(folder)
    write(folder, "whisper-tiny_beamsearch.onnx", _search(generator, vocabulary | added))
    return folder


def _tokens(folder: Path) -> tuple[dict[str, int], dict[str, int]]:
    """The tokenizer's files: the 256 letters of bytes and a few words; marks and languages."""
    folder.mkdir(parents=True, exist_ok=True)
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [code for code in range(256) if code not in visible]
    letters = [chr(code) for code in visible] + [chr(256 + at) for at in range(len(hidden))]
    vocabulary = {piece: at for at, piece in enumerate(dict.fromkeys([*letters, *_WORDS]))}
    marks = [*_MARKS, *(f"<|{language}|>" for language in WHISPER)]
    added = {mark: len(vocabulary) + at for at, mark in enumerate(marks)}
    for name, content in (("vocab.json", vocabulary), ("added_tokens.json", added)):
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return vocabulary, added


def _heard(graph: Graph, generator: np.random.Generator) -> str:
    """Features `[B, 80, 3000]` -> frames `[B, 1500, 16]`; zeros where every band is equal."""
    kernel = generator.standard_normal((WIDTH, 80, 2)) * 0.3
    kernel -= kernel.mean(axis=(1, 2), keepdims=True)
    raw = graph.add(
        "Conv",
        "input_features",
        graph.constant(kernel, "float"),
        attributes={"kernel_shape": [2], "strides": [2]},
    )
    return graph.add("Transpose", graph.add("Tanh", raw), attributes={"perm": [0, 2, 1]})


class Weights:
    """The weights of a decoder that knows which piece may follow which.

    Args:
        generator: Decides them.
        count: The number of pieces.
        start: The piece a text begins with.
        end: The one it ends with.
        first: Those that may follow the start; empty for any of `words`.
        words: Those that a text is made of.
    """

    def __init__(
        self,
        generator: np.random.Generator,
        *,
        count: int,
        start: int,
        end: int,
        words: Sequence[int],
        first: Sequence[int] = (),
    ) -> None:
        self.embedding = generator.standard_normal((count, WIDTH)) * 0.7
        self.output = generator.standard_normal((WIDTH, count)) * 8.0
        self.end = end
        # one hidden unit says "the text has just begun": then a language follows
        self.embedding[:, -1] = 0.0
        self.embedding[start] = 0.0
        self.embedding[start, -1] = 1.0
        self.output[-1] = 0.0
        self.output[-1, list(first)] = 200.0
        self.bias: NDArray[np.float64] = np.full(count, -100.0)
        self.bias[list(words)] = 0.0
        self.bias[end] = 0.5


def _weights(generator: np.random.Generator, tokens: dict[str, int]) -> Weights:
    return Weights(
        generator,
        count=len(tokens),
        start=tokens[_START],
        end=tokens[_END],
        words=[tokens[word] for word in _WORDS],
        first=[tokens[f"<|{language}|>"] for language in ("en", "de", "fr")],
    )


def _scored(graph: Graph, weights: Weights, ids: str, heard: str, said: str, before: str) -> str:
    """Logits `[B, S, V]` of the pieces after `ids`; the longer the text, the likelier its end.

    `said` is the mean of all pieces so far, `[B, 1, 16]`: what is told at first bears on all.
    """
    spoken = graph.add("Gather", graph.constant(weights.embedding, "float"), ids)
    keys = graph.add("Transpose", heard, attributes={"perm": [0, 2, 1]})
    shares = graph.add("Softmax", graph.add("MatMul", spoken, keys), attributes={"axis": -1})
    context = graph.add("MatMul", shares, heard)
    loud = graph.add(
        "ReduceMax", graph.add("Abs", context), attributes={"axes": [1, 2], "keepdims": 1}
    )
    begun = np.zeros(WIDTH)
    begun[-1] = 1.0
    gate = graph.add("Max", loud, graph.constant(begun, "float"))
    told = graph.add("Mul", said, graph.constant(1.0 - begun, "float"))
    known = graph.add("Add", spoken, told)
    both = graph.add("Add", graph.add("Mul", known, gate), context)
    scored = graph.add("MatMul", both, graph.constant(weights.output, "float"))
    scored = graph.add("Add", scored, graph.constant(weights.bias, "float"))
    growth = np.zeros(len(weights.bias))
    growth[weights.end] = 10.0 / (_LONGEST * _LONGEST)
    count = graph.cast(before, "float")
    pressure = graph.add("Mul", graph.add("Mul", count, count), graph.constant(growth, "float"))
    return graph.add("Add", scored, pressure)


def merged_decoder(weights: Weights, *, frames: int | str = _FRAMES, mask: str = "") -> bytes:
    """Ids, sound and the cache of one layer -> logits and the cache grown by the ids.

    Args:
        weights: What may follow what.
        frames: The length of what was heard, a number or a name.
        mask: The name of an input that says which samples are sound; empty for none.
    """
    graph = Graph("decoder")
    if mask:
        graph.input(mask, "int64", ["batch", "samples"])
    graph.input("input_ids", "int64", ["batch", "pieces"])
    graph.input("encoder_hidden_states", "float", ["batch", frames, WIDTH])
    names = [f"0.{part}.{what}" for part in ("decoder", "encoder") for what in ("key", "value")]
    for name in names:
        graph.input(f"past_key_values.{name}", "float", ["batch_or_none", 1, "before", WIDTH])
    graph.input("use_cache_branch", "bool", [1])
    before = graph.add("Shape", "past_key_values.0.decoder.key", attributes={"start": 2, "end": 3})
    batch = graph.add("Shape", "input_ids", attributes={"start": 0, "end": 1})
    layout = graph.add(
        "Concat", batch, graph.constant([1, -1, WIDTH]), attributes={"axis": 0}
    )  # an empty cache has no batch either
    spoken = graph.add("Gather", graph.constant(weights.embedding, "float"), "input_ids")
    new = graph.add("Unsqueeze", spoken, graph.constant([1]))
    layers = {}
    for what in ("key", "value"):
        past = graph.add(
            "Reshape", f"past_key_values.0.decoder.{what}", layout, attributes={"allowzero": 1}
        )
        layers[f"0.decoder.{what}"] = graph.add("Concat", past, new, attributes={"axis": 2})
        layers[f"0.encoder.{what}"] = graph.add(
            "Unsqueeze", "encoder_hidden_states", graph.constant([1])
        )
    said = graph.add(
        "ReduceMean", layers["0.decoder.key"], attributes={"axes": [1, 2], "keepdims": 0}
    )
    said = graph.add("Unsqueeze", said, graph.constant([1]))
    logits = _scored(graph, weights, "input_ids", "encoder_hidden_states", said, before)
    unused = graph.add("Mul", graph.cast("use_cache_branch", "float"), graph.constant(0, "float"))
    if mask:
        masked = graph.add(
            "ReduceMax", graph.cast(mask, "float"), attributes={"axes": [1], "keepdims": 0}
        )
        unused = graph.add("Add", unused, graph.add("Mul", masked, graph.constant(0, "float")))
    graph.add("Add", logits, unused, to="logits")
    graph.output("logits", "float", ["batch", "pieces", len(weights.bias)])
    for name in names:
        graph.add("Identity", layers[name], to=f"present.{name}")
        graph.output(f"present.{name}", "float", ["batch", 1, "after", WIDTH])
    return graph.serialize()


def _search(generator: np.random.Generator, tokens: dict[str, int]) -> bytes:
    """Features and the first ids -> `sequences [B, 1, n]`, greedy, in a loop of the graph's own."""
    graph = Graph("search")
    graph.input("input_features", "float", ["batch", 80, 2 * _FRAMES])
    for name in ("max_length", "min_length", "num_beams", "num_return_sequences"):
        graph.input(name, "int32", [1])
    for name in ("length_penalty", "repetition_penalty"):
        graph.input(name, "float", [1])
    graph.input("decoder_input_ids", "int32", ["batch", "begun"])
    weights = _weights(generator, tokens)
    graph.add("Identity", _heard(graph, generator), to="heard")
    begun = graph.add("Shape", "decoder_input_ids", attributes={"start": 1, "end": 2})
    most = graph.cast("max_length", "int64")
    rounds = graph.add("Squeeze", graph.add("Sub", most, begun))
    first = graph.cast("decoder_input_ids", "int64")
    body = Graph("step")
    body.input("round", "int64", [])
    body.input("go_on", "bool", [])
    body.input("ids", "int64", ["batch", "length"])
    last = body.add("Slice", "ids", body.constant([-1]), body.constant([2**31]), body.constant([1]))
    length = body.add("Shape", "ids", attributes={"start": 1, "end": 2})
    texts = body.add("Gather", body.constant(weights.embedding, "float"), "ids")
    said = body.add("ReduceMean", texts, attributes={"axes": [1], "keepdims": 1})
    logits = _scored(body, weights, last, "heard", said, length)
    following = body.add("ArgMax", logits, attributes={"axis": 2, "keepdims": 0})
    ended = body.add("Equal", last, body.constant(weights.end))
    chosen = body.add("Where", ended, body.constant(weights.end), following)
    body.add("Concat", "ids", chosen, to="grown", attributes={"axis": 1})
    open_ = body.cast(
        body.add("Not", body.add("Equal", chosen, body.constant(weights.end))), "int64"
    )
    some = body.add("ReduceMax", open_, attributes={"axes": [0, 1], "keepdims": 0})
    body.cast(some, "bool", to="still")
    body.output("still", "bool", [])
    body.output("grown", "int64", ["batch", "longer"])
    ids = graph.loop(rounds, graph.constant(True, "bool"), [first], body)
    plain = graph.cast(ids, "int32")
    graph.add("Unsqueeze", plain, graph.constant([1]), to="sequences")
    graph.output("sequences", "int32", ["batch", 1, "length"])
    return graph.serialize()
