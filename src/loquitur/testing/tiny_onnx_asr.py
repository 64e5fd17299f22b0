"""Tiny models of the families of onnx-asr, random weights in the real files, names and shapes.

What they hear is meaningless, how it flows is not. Every encoder is deaf to what is equal in all
bands and frames, as silence is after normalisation: then blank, or the end of the text, wins.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from loquitur.testing.graphs import Graph, write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

VOCABULARY = (
    *("▁a", "▁the", "▁who", "▁wo", "▁what", "rd", "s", "er", "▁n", "o", "w", "▁mo", "▁ti"),
    *("od", ".", ",", "▁"),
)
CHARACTERS = ("▁", *"abcdefgh")
WIDTH = 16
_DEAF = 0.06  # scale of the encoders' kernels


def tiny_nemo_ctc(folder: Path, *, seed: int = 0, features: int = 80) -> Path:
    """A NeMo FastConformer with a CTC decoder: `model[.int8].onnx`, `vocab.txt`, `config.json`."""
    generator = np.random.default_rng(seed)
    graph = Graph("ctc")
    frames = _nemo_encoder(graph, generator, features=features)
    ctc_head(graph, generator, frames, pieces=len(VOCABULARY) + 1, to="logprobs")
    write(folder, "model.onnx", graph.serialize())
    write_vocabulary(folder / "vocab.txt", (*VOCABULARY, "<blk>"))
    _config(folder, "nemo-conformer-ctc", features)
    return folder


def tiny_nemo_rnnt(folder: Path, *, seed: int = 0, configured: bool = True) -> Path:
    """A NeMo FastConformer transducer without durations; without `config.json` on request."""
    generator = np.random.default_rng(seed)
    pieces, state = len(VOCABULARY) + 1, 8
    encoder = Graph("encoder")
    frames = _nemo_encoder(encoder, generator, features=80)
    encoder.add("Transpose", frames, to="outputs", attributes={"perm": [0, 2, 1]})
    encoder.output("outputs", "float", ["batch", WIDTH, "steps"])
    lengths(encoder, "length", 8, to="encoded_lengths")
    write(folder, "encoder-model.onnx", encoder.serialize())
    joint = Graph("decoder_joint")
    joint.input("encoder_outputs", "float", ["batch", WIDTH, "steps"])
    joint.input("targets", "int32", ["batch", "pieces"])
    joint.input("target_length", "int32", ["batch"])
    for name in ("input_states_1", "input_states_2"):
        joint.input(name, "float", [1, "batch", state])
    embedding = generator.standard_normal((pieces, WIDTH)) * 0.3
    embedding[-1] = 0.0  # nothing said yet: only the sound decides
    spoken = joint.add("Gather", joint.constant(embedding, "float"), "targets")
    heard = joint.add("Transpose", "encoder_outputs", attributes={"perm": [0, 2, 1]})
    grid = joint.add(
        "Add",
        joint.add("Unsqueeze", heard, joint.constant([2])),
        joint.add("Unsqueeze", spoken, joint.constant([1])),
    )
    project(joint, generator, grid, pieces, blank=pieces - 1, lead=4.5, to="outputs")
    joint.output("outputs", "float", ["batch", "steps", "pieces", pieces])
    joint.add("Identity", "target_length", to="prednet_lengths")
    joint.output("prednet_lengths", "int32", ["batch"])
    for number in (1, 2):
        joint.add("Identity", f"input_states_{number}", to=f"output_states_{number}")
        joint.output(f"output_states_{number}", "float", [1, "batch", state])
    write(folder, "decoder_joint-model.onnx", joint.serialize())
    write_vocabulary(folder / "vocab.txt", (*VOCABULARY, "<blk>"))
    if configured:
        _config(folder, "nemo-conformer-rnnt", 80)
    return folder


def tiny_canary(folder: Path, *, seed: int = 0) -> Path:
    """A NeMo Canary: encoder, and a decoder of text with a memory of its hidden states."""
    generator = np.random.default_rng(seed)
    marks = (
        *("<|startofcontext|>", "<|startoftranscript|>", "<|emo:undefined|>", "<|pnc|>"),
        *("<|nopnc|>", "<|noitn|>", "<|notimestamp|>", "<|nodiarize|>", "<|endoftext|>"),
        *("<|en|>", "<|de|>", "<|fr|>", "<|es|>"),
    )
    words = [piece for piece in VOCABULARY if piece != "▁"]
    vocabulary = ("▁", *marks, *words)
    encoder = Graph("encoder")
    frames = _nemo_encoder(encoder, generator, features=128)
    encoder.add("Identity", frames, to="encoder_embeddings")
    encoder.output("encoder_embeddings", "float", ["batch", "steps", WIDTH])
    steps = encoder.add("Shape", frames, attributes={"start": 0, "end": 2})
    encoder.add("Expand", encoder.constant([[1]]), steps, to="encoder_mask")
    encoder.output("encoder_mask", "int64", ["batch", "steps"])
    write(folder, "encoder-model.onnx", encoder.serialize())
    decoder = Graph("decoder")
    decoder.input("input_ids", "int64", ["batch", "pieces"])
    decoder.input("encoder_embeddings", "float", ["batch", "steps", WIDTH])
    decoder.input("encoder_mask", "int64", ["batch", "steps"])
    decoder.input("decoder_mems", "float", [2, "batch", "before", WIDTH])
    before = decoder.add("Shape", "decoder_mems", attributes={"start": 2, "end": 3})
    spoken = embedded(decoder, generator, len(vocabulary), "input_ids")
    layer = decoder.add("Unsqueeze", spoken, decoder.constant([0]))
    both = decoder.add("Concat", layer, layer, attributes={"axis": 0})
    grown = decoder.add(
        "Concat", "decoder_mems", both, to="decoder_hidden_states", attributes={"axis": 2}
    )
    decoder.output("decoder_hidden_states", "float", [2, "batch", "after", WIDTH])
    said = decoder.add("ReduceMean", grown, attributes={"axes": [0, 2], "keepdims": 0})
    told = decoder.add("Add", spoken, decoder.add("Unsqueeze", said, decoder.constant([1])))
    context = attended(decoder, spoken, "encoder_embeddings")
    forbidden = [number for number, piece in enumerate(vocabulary) if piece in marks]
    logits = texted(
        decoder, generator, (told, context), len(vocabulary), before,
        (marks.index("<|endoftext|>") + 1, forbidden, 10),
    )  # fmt: skip
    decoder.add("LogSoftmax", logits, to="logits", attributes={"axis": -1})
    decoder.output("logits", "float", ["batch", "pieces", len(vocabulary)])
    write(folder, "decoder-model.onnx", decoder.serialize())
    write_vocabulary(folder / "vocab.txt", vocabulary)
    _config(folder, "nemo-conformer-aed", 128)
    return folder


def tiny_gigaam(folder: Path, kind: str = "v3_ctc", *, seed: int = 0) -> Path:
    """A GigaAM: `v2_ctc`, `v3_ctc`, `v3_e2e_ctc`, `multilingual_ctc`, `v3_rnnt`, `v3_e2e_rnnt` ...

    Its vocabulary lies in `<version>_vocab.txt`, that of an end-to-end model in its own.
    """
    generator = np.random.default_rng(seed)
    pieces = (*CHARACTERS, "<blk>")
    if kind.endswith("ctc"):
        graph = Graph("ctc")
        frames = _encoder(graph, generator, ("features", "feature_lengths"), 64, 4)
        ctc_head(graph, generator, frames, pieces=len(pieces), to="log_probs")
        write(folder, f"{kind}.onnx", graph.serialize())
    else:
        _gigaam_rnnt(folder, kind, generator, len(pieces))
    stem = kind if "e2e" in kind else kind.split("_", maxsplit=1)[0]
    write_vocabulary(folder / f"{stem}_vocab.txt", pieces)
    version = kind.split("_", maxsplit=1)[0] if kind.startswith("v") else "v3"
    config = {"features_size": 64, "subsampling_factor": 4, "version": version}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def _gigaam_rnnt(folder: Path, kind: str, generator: np.random.Generator, pieces: int) -> None:
    hidden = 320  # fixed in the library
    encoder = Graph("encoder")
    frames = _encoder(encoder, generator, ("audio_signal", "length"), 64, 4)
    encoder.add("Transpose", frames, to="encoded", attributes={"perm": [0, 2, 1]})
    encoder.output("encoded", "float", ["batch", WIDTH, "steps"])
    length = lengths(encoder, "length", 4)
    encoder.cast(length, "int32", to="encoded_len")
    encoder.output("encoded_len", "int32", ["batch"])
    write(folder, f"{kind}_encoder.onnx", encoder.serialize())
    decoder = Graph("decoder")
    decoder.input("x", "int64", [1, 1])
    decoder.input("h.1", "float", [1, 1, hidden])
    decoder.input("c.1", "float", [1, 1, hidden])
    embedding = generator.standard_normal((pieces, hidden)) * 0.3
    embedding[-1] = 0.0
    decoder.add("Gather", decoder.constant(embedding, "float"), "x", to="dec")
    decoder.output("dec", "float", [1, 1, hidden])
    for name in ("h", "c"):
        decoder.add("Identity", f"{name}.1", to=name)
        decoder.output(name, "float", [1, 1, hidden])
    write(folder, f"{kind}_decoder.onnx", decoder.serialize())
    joint = Graph("joint")
    joint.input("enc", "float", [1, WIDTH, 1])
    joint.input("dec", "float", [1, hidden, 1])
    heard = joint.add("Transpose", "enc", attributes={"perm": [0, 2, 1]})
    spoken = joint.add("Transpose", "dec", attributes={"perm": [0, 2, 1]})
    narrow = joint.constant(generator.standard_normal((hidden, WIDTH)) * 0.05, "float")
    both = joint.add("Add", heard, joint.add("MatMul", spoken, narrow))
    grid = joint.add("Unsqueeze", both, joint.constant([2]))
    project(joint, generator, grid, pieces, blank=pieces - 1, lead=6.0, to="joint")
    joint.output("joint", "float", [1, 1, 1, pieces])
    write(folder, f"{kind}_joint.onnx", joint.serialize())


def icefall(seed: int) -> tuple[tuple[str, ...], Graph, Graph, Graph]:
    """A Kaldi (icefall) transducer: its pieces, its encoder, decoder and joiner."""
    generator = np.random.default_rng(seed)
    pieces = ("<blk>", *(piece for piece in VOCABULARY if piece != "▁"))
    encoder = Graph("encoder")
    encoder.input("x", "float", ["batch", "frames", 80])
    encoder.input("x_lens", "int64", ["batch"])
    bands = encoder.add("Transpose", "x", attributes={"perm": [0, 2, 1]})
    frames = strided(encoder, generator, bands, 80, 4)
    encoder.add("Identity", frames, to="encoder_out")
    encoder.output("encoder_out", "float", ["batch", "steps", WIDTH])
    lengths(encoder, "x_lens", 4, to="encoder_out_lens")
    decoder = Graph("decoder")
    decoder.input("y", "int64", ["batch", 2])
    embedding = generator.standard_normal((len(pieces), WIDTH)) * 0.3
    embedding[0] = 0.0
    last = decoder.add("Gather", "y", decoder.constant(1), attributes={"axis": 1})
    decoder.add("Gather", decoder.constant(embedding, "float"), last, to="decoder_out")
    decoder.output("decoder_out", "float", ["batch", WIDTH])
    joiner = Graph("joiner")
    joiner.input("encoder_out", "float", ["batch", WIDTH])
    joiner.input("decoder_out", "float", ["batch", WIDTH])
    both = joiner.add("Add", "encoder_out", "decoder_out")
    project(joiner, generator, both, len(pieces), blank=0, lead=4.0, to="logit")
    joiner.output("logit", "float", ["batch", len(pieces)])
    return pieces, encoder, decoder, joiner


def tiny_vosk(folder: Path, *, seed: int = 0) -> Path:
    """A Kaldi (icefall) transducer in Vosk's folders: `am-onnx/*.onnx`, `lang/tokens.txt`."""
    pieces, encoder, decoder, joiner = icefall(seed)
    for name, graph in (("encoder", encoder), ("decoder", decoder), ("joiner", joiner)):
        write(folder / "am-onnx", f"{name}.onnx", graph.serialize())
    (folder / "lang").mkdir(exist_ok=True)
    write_vocabulary(folder / "lang" / "tokens.txt", pieces)
    return folder


def tiny_t_one(folder: Path, *, seed: int = 0) -> Path:
    """A T-one: 300 ms of 8 kHz sound and a state in half precision -> 10 frames of CTC."""
    generator = np.random.default_rng(seed)
    letters = [" ", *"abcdefgh"]
    graph = Graph("t-one")
    graph.input("signal", "int32", ["batch", 2400, 1])
    graph.input("state", "float16", ["batch", 12])
    sound = graph.cast("signal", "float")
    scaled = graph.add("Mul", sound, graph.constant(1 / 3000.0, "float"))
    bands = graph.add("Reshape", scaled, graph.constant([0, 240, 10]))
    frames = graph.add("Transpose", bands, attributes={"perm": [0, 2, 1]})
    kernel = graph.constant(generator.standard_normal((240, WIDTH)) * 0.3, "float")
    heard = graph.add("Tanh", graph.add("MatMul", frames, kernel))
    ctc_head(graph, generator, heard, pieces=len(letters) + 1, to="logprobs")
    graph.add("Identity", "state", to="state_next")
    graph.output("state_next", "float16", ["batch", 12])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(graph.serialize())
    config = {
        "model_type": "tone",
        "decoder_params": {"vocabulary": letters},
        "encoder_params": {"reduction_kernel_size": 3},
        "pad_token_id": len(letters),
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def _nemo_encoder(graph: Graph, generator: np.random.Generator, *, features: int) -> str:
    return _encoder(graph, generator, ("audio_signal", "length"), features, 8)


def _encoder(
    graph: Graph,
    generator: np.random.Generator,
    names: tuple[str, str],
    features: int,
    subsampling: int,
) -> str:
    """Inputs `[B, features, T]` and lengths; gives frames `[B, T/subsampling, 16]`."""
    graph.input(names[0], "float", ["batch", features, "frames"])
    graph.input(names[1], "int64", ["batch"])
    return strided(graph, generator, names[0], features, subsampling)


def strided(
    graph: Graph,
    generator: np.random.Generator,
    sound: str,
    features: int,
    subsampling: int,
    *,
    even_bands: bool = False,
) -> str:
    """One strided convolution and Tanh, `[B, features, T]` -> `[B, T/subsampling, 16]`.

    With `even_bands` it is deaf to what is equal in all bands of one frame, as padding is.
    """
    kernel = generator.standard_normal((WIDTH, features, subsampling)) * _DEAF
    kernel -= kernel.mean(axis=1 if even_bands else (1, 2), keepdims=True)
    padding = graph.constant([0, 0, 0, 0, 0, subsampling - 1])
    padded = graph.add("Pad", sound, padding, attributes={"mode": "edge"})
    raw = graph.add(
        "Conv",
        padded,
        graph.constant(kernel, "float"),
        attributes={"kernel_shape": [subsampling], "strides": [subsampling]},
    )
    return graph.add("Transpose", graph.add("Tanh", raw), attributes={"perm": [0, 2, 1]})


def lengths(graph: Graph, length: str, subsampling: int, *, to: str = "") -> str:
    """`(length - 1) // subsampling + 1`; an output where it is given a name."""
    less = graph.add("Sub", length, graph.constant([1]))
    whole = graph.add("Div", less, graph.constant([subsampling]))
    found = graph.add("Add", whole, graph.constant([1]), to=to)
    if to:
        graph.output(to, "int64", ["batch"])
    return found


def project(
    graph: Graph,
    generator: np.random.Generator,
    value: str,
    pieces: int,
    *,
    blank: int,
    lead: float = 1.5,
    to: str = "",
) -> str:
    """Logits of a last layer; blank leads, so that it wins where nothing is heard."""
    bias = np.zeros(pieces)
    bias[blank] = lead
    weight = graph.constant(generator.standard_normal((WIDTH, pieces)), "float")
    scored = graph.add("MatMul", value, weight)
    return graph.add("Add", scored, graph.constant(bias, "float"), to=to)


def ctc_head(
    graph: Graph, generator: np.random.Generator, frames: str, *, pieces: int, to: str
) -> None:
    """Logarithms of probabilities per frame as an output, blank last."""
    logits = project(graph, generator, frames, pieces, blank=pieces - 1)
    graph.add("LogSoftmax", logits, to=to, attributes={"axis": -1})
    graph.output(to, "float", ["batch", "steps", pieces])


def embedded(graph: Graph, generator: np.random.Generator, pieces: int, ids: str) -> str:
    """A random vector for each piece, `[B, S]` -> `[B, S, 16]`."""
    table = graph.constant(generator.standard_normal((pieces, WIDTH)) * 0.7, "float")
    return graph.add("Gather", table, ids)


def attended(graph: Graph, spoken: str, heard: str) -> str:
    """One head of attention from the text to the sound; zeros where nothing is heard."""
    keys = graph.add("Transpose", heard, attributes={"perm": [0, 2, 1]})
    weights = graph.add("Softmax", graph.add("MatMul", spoken, keys), attributes={"axis": -1})
    return graph.add("MatMul", weights, heard)


def texted(
    graph: Graph,
    generator: np.random.Generator,
    parts: tuple[str, str],
    pieces: int,
    before: str,
    ending: tuple[int, Sequence[int], int],
) -> str:
    """Logits of the next piece, from text and sound; the longer the text, the likelier its end.

    Args:
        graph: To add to.
        generator: Of the weights.
        parts: The embedded text `[B, S, 16]` and what it attends to in the sound.
        pieces: Size of the vocabulary.
        before: How many pieces were decoded in earlier steps, shape [1].
        ending: The piece that ends a text, pieces that never come, and after how many pieces the
            end is as likely as the likeliest.
    """
    end, forbidden, after = ending
    spoken, context = parts
    loud = graph.add(
        "ReduceMax", graph.add("Abs", context), attributes={"axes": [1, 2], "keepdims": 1}
    )  # 0 where nothing is heard
    both = graph.add("Add", graph.add("Mul", spoken, loud), context)
    weight = graph.constant(generator.standard_normal((WIDTH, pieces)) * 6.0, "float")
    scored = graph.add("MatMul", both, weight)
    bias = np.zeros(pieces)
    bias[list(forbidden)] = -50.0
    bias[end] = 0.2
    scored = graph.add("Add", scored, graph.constant(bias, "float"))
    growth = np.zeros(pieces)
    growth[end] = 6.0 / (after * after)
    count = graph.cast(before, "float")
    pressure = graph.add("Mul", graph.add("Mul", count, count), graph.constant(growth, "float"))
    return graph.add("Add", scored, pressure)


def write_vocabulary(path: Path, pieces: Sequence[str]) -> None:
    """One piece and its number a line."""
    lines = [f"{piece} {number}\n" for number, piece in enumerate(pieces)]
    path.write_text("".join(lines), encoding="utf-8")


def _config(folder: Path, kind: str, features: int) -> None:
    config = {"model_type": kind, "features_size": features, "subsampling_factor": 8}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
