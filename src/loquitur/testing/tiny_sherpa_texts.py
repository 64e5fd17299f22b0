"""More tiny recognizers for sherpa-onnx: SenseVoice, Paraformer, Whisper, Canary, Moonshine.

Random weights in the files, names, shapes and metadata that the library's C++ asks for. What they
hear is meaningless; of silence they say nothing.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import numpy as np

from loquitur.testing.graphs import Graph
from loquitur.testing.tiny_onnx_asr import (
    VOCABULARY,
    WIDTH,
    attended,
    embedded,
    lengths,
    project,
    strided,
    texted,
    write_vocabulary,
)

if TYPE_CHECKING:
    from pathlib import Path

_LFR_WIDTH, _LFR_SHIFT = 7, 6  # filter banks of 10 ms, seven at once every 60 ms
_STACKED = 80 * _LFR_WIDTH
_WORDS = tuple(piece for piece in VOCABULARY if piece != "▁")
_SENSE_MARKS = ("<|en|>", "<|zh|>", "<|NEUTRAL|>", "<|Speech|>", "<|woitn|>")
_CANARY_MARKS = (
    *("<|startofcontext|>", "<|startoftranscript|>", "<|emo:undefined|>", "<|pnc|>"),
    *("<|nopnc|>", "<|noitn|>", "<|notimestamp|>", "<|nodiarize|>", "<|endoftext|>"),
    *("<|en|>", "<|de|>", "<|fr|>", "<|es|>"),
)
_CANARY_LAYERS, _CANARY_WIDTH = 6, 1024
_MOONSHINE_HOP = 384
_PEAKS = 3 * 4  # a peak every 20 ms, and a token every fourth frame of 60 ms


def tiny_sherpa_sense_voice(folder: Path, *, seed: int = 0) -> Path:
    """A SenseVoice: `model.int8.onnx`, `tokens.txt`; four frames of marks before the text."""
    folder.mkdir(parents=True, exist_ok=True)
    pieces = ("<blk>", *_SENSE_MARKS, *_WORDS)
    generator = np.random.default_rng(seed)
    graph = Graph("sense")
    frames = _stacked_frames(graph, generator, ("x", "x_length"))
    for name in ("language", "text_norm"):
        graph.input(name, "int32", ["batch"])
    heard = project(graph, generator, frames, len(pieces), blank=0, lead=1.5)
    marks = np.full((1, 4, len(pieces)), -20.0)
    for place, mark in enumerate((1, 3, 4, 5)):
        marks[0, place, mark] = 20.0
    told = graph.constant(marks, "float")
    graph.add("Concat", told, heard, to="logits", attributes={"axis": 1})
    graph.output("logits", "float", [1, "steps", len(pieces)])
    said = _stacked_metadata("sense_voice_ctc", len(pieces)) | {
        "normalize_samples": 0,
        "with_itn": 14,
        "without_itn": 15,
        "lang_auto": 0,
        "lang_zh": 3,
        "lang_en": 4,
        "lang_yue": 7,
        "lang_ja": 11,
        "lang_ko": 12,
    }
    (folder / "model.int8.onnx").write_bytes(graph.serialize(said))
    write_vocabulary(folder / "tokens.txt", pieces)
    return folder


def tiny_sherpa_paraformer(folder: Path, *, seed: int = 0) -> Path:
    """A Paraformer: `model.int8.onnx`, `tokens.txt`; a token each 240 ms until nothing is heard."""
    folder.mkdir(parents=True, exist_ok=True)
    pieces = ("<blank>", "<s>", "</s>", "hel@@", "lo", "world", "你", "好", "wor@@", "ld")
    generator = np.random.default_rng(seed)
    graph = Graph("paraformer")
    frames = _stacked_frames(graph, generator, ("speech", "speech_lengths"))
    every = graph.add("Slice", frames, *(graph.constant([number]) for number in (0, 2**31, 1, 4)))
    logits = project(graph, generator, every, len(pieces), blank=2, lead=0.5)
    never = np.zeros(len(pieces))
    never[:2] = -50.0
    graph.add("Add", logits, graph.constant(never, "float"), to="logits")
    graph.output("logits", "float", [1, "tokens", len(pieces)])
    best = graph.add("ArgMax", "logits", attributes={"axis": 2, "keepdims": 0})
    ended = graph.cast(graph.add("Equal", best, graph.constant(2)), "int64")
    before = graph.add("CumSum", ended, graph.constant(1))
    open_ = graph.cast(graph.add("Equal", before, graph.constant(0)), "int64")
    count = graph.add("ReduceSum", open_, graph.constant([1]), attributes={"keepdims": 0})
    graph.cast(count, "int32", to="token_num")
    graph.output("token_num", "int32", [1])
    # as many peaks as tokens, and one more where the last of them ends
    first = graph.constant(np.ones((1, 1), np.int64))
    peaks = graph.cast(graph.add("Concat", first, open_, attributes={"axis": 1}), "float")
    shape = np.zeros((1, 1, _PEAKS))
    shape[..., 0] = 1.0
    columns = graph.add("Unsqueeze", peaks, graph.constant([2]))
    grid = graph.add("Mul", columns, graph.constant(shape, "float"))
    graph.add("Reshape", grid, graph.constant([1, -1]), to="us_cif_peak")
    graph.add("Identity", "us_cif_peak", to="us_alphas")
    graph.output("us_alphas", "float", [1, "moments"])
    graph.output("us_cif_peak", "float", [1, "moments"])
    said = _stacked_metadata("paraformer", len(pieces))
    (folder / "model.int8.onnx").write_bytes(graph.serialize(said))
    write_vocabulary(folder / "tokens.txt", pieces)
    return folder


def tiny_sherpa_whisper(folder: Path, *, seed: int = 2) -> Path:
    """A multilingual Whisper: `tiny-encoder.int8.onnx`, `tiny-decoder.int8.onnx`, tokens."""
    folder.mkdir(parents=True, exist_ok=True)
    words = (" a", " the", " who", "rd", "s", "er", " no", "w", ".")
    marks = ("eot", "sot", "en", "de", "fr", "translate", "transcribe", "nospeech", "notimes")
    at = {mark: len(words) + number for number, mark in enumerate(marks)}
    count = len(words) + len(marks)
    generator = np.random.default_rng(seed)
    encoder = Graph("encoder")
    encoder.input("mel", "float", [1, 80, "frames"])
    loud = encoder.add("Mul", "mel", encoder.constant(8.0, "float"))  # Whisper's are below 2
    heard = strided(encoder, generator, loud, 80, 2, even_bands=True)
    for name in ("n_layer_cross_k", "n_layer_cross_v"):
        encoder.add("Unsqueeze", heard, encoder.constant([0]), to=name)
        encoder.output(name, "float", [1, 1, "steps", WIDTH])
    context = {"n_text_ctx": 448, "n_text_state": WIDTH, "n_text_layer": 1, "n_text_head": 1}
    said = context | {
        "model_type": "whisper-tiny",
        "n_mels": 80,
        "n_audio_ctx": 1500,
        "n_audio_state": WIDTH,
        "n_audio_head": 1,
        "n_audio_layer": 1,
        "n_vocab": count,
        "sot": at["sot"],
        "eot": at["eot"],
        "blank_id": 0,
        "translate": at["translate"],
        "transcribe": at["transcribe"],
        "is_multilingual": 1,
        "no_speech": at["nospeech"],
        "no_timestamps": at["notimes"],
        "sot_sequence": f"{at['sot']},{at['en']},{at['transcribe']}",
        "all_language_tokens": ",".join(str(at[code]) for code in ("en", "de", "fr")),
        "all_language_codes": "en,de,fr",
    }
    (folder / "tiny-encoder.int8.onnx").write_bytes(encoder.serialize(said))
    decoder = Graph("decoder")
    decoder.input("tokens", "int64", [1, "pieces"])
    for name in ("in_n_layer_self_k_cache", "in_n_layer_self_v_cache"):
        decoder.input(name, "float", [1, 1, 448, WIDTH])
    for name in ("n_layer_cross_k", "n_layer_cross_v"):
        decoder.input(name, "float", [1, 1, "steps", WIDTH])
    decoder.input("offset", "int64", [1])
    sound = decoder.add("Squeeze", "n_layer_cross_k", decoder.constant([0]))
    _text_head(
        decoder, generator, ("tokens", sound, "offset"), count,
        (at["eot"], [number for mark, number in at.items() if mark != "eot"], 12),
    )  # fmt: skip
    for letter in "kv":
        decoder.add(
            "Identity", f"in_n_layer_self_{letter}_cache", to=f"out_n_layer_self_{letter}_cache"
        )
        decoder.output(f"out_n_layer_self_{letter}_cache", "float", [1, 1, 448, WIDTH])
    (folder / "tiny-decoder.int8.onnx").write_bytes(decoder.serialize())
    coded = [base64.b64encode(word.encode()).decode("ascii") for word in words]
    write_vocabulary(folder / "tiny-tokens.txt", coded)
    return folder


def tiny_sherpa_canary(folder: Path, *, seed: int = 0) -> Path:
    """A NeMo Canary: `encoder.int8.onnx`, `decoder.int8.onnx` with six states, `tokens.txt`."""
    folder.mkdir(parents=True, exist_ok=True)
    pieces = (*_CANARY_MARKS, *_WORDS)
    generator = np.random.default_rng(seed)
    encoder = Graph("encoder")
    encoder.input("audio_signal", "float", [1, "frames", 128])
    encoder.input("length", "int64", [1])
    bands = encoder.add("Transpose", "audio_signal", attributes={"perm": [0, 2, 1]})
    frames = strided(encoder, generator, bands, 128, 8)
    encoder.add("Identity", frames, to="enc_states")
    encoder.output("enc_states", "float", [1, "steps", WIDTH])
    lengths(encoder, "length", 8, to="enc_len")
    steps = encoder.add("Shape", frames, attributes={"start": 0, "end": 2})
    encoder.add("Expand", encoder.constant([[1]]), steps, to="enc_mask")
    encoder.output("enc_mask", "int64", [1, "steps"])
    said = {
        "model_type": "EncDecMultiTaskModel",
        "vocab_size": len(pieces),
        "normalize_type": "per_feature",
        "subsampling_factor": 8,
        "feat_dim": 128,
        "num_decoder_layers": _CANARY_LAYERS,
        "decoder_hidden_size": _CANARY_WIDTH,
    }
    (folder / "encoder.int8.onnx").write_bytes(encoder.serialize(said))
    decoder = Graph("decoder")
    decoder.input("decoder_input_ids", "int32", [1, 2])
    for number in range(_CANARY_LAYERS):
        decoder.input(f"decoder_mems_list_{number}", "float", [1, "before", _CANARY_WIDTH])
    decoder.input("enc_states", "float", [1, "steps", WIDTH])
    decoder.input("enc_mask", "int64", [1, "steps"])
    both = decoder.cast("decoder_input_ids", "int64")
    token, place = (
        decoder.add(
            "Slice", both, *(decoder.constant([n]) for n in (number, number + 1)),
            decoder.constant([1]),
        )
        for number in (0, 1)
    )  # fmt: skip
    before = decoder.add("Squeeze", place, decoder.constant([0]))
    end = _CANARY_MARKS.index("<|endoftext|>")
    forbidden = [number for number in range(len(_CANARY_MARKS)) if number != end]
    spoken = _text_head(
        decoder, generator, (token, "enc_states", before), len(pieces), (end, forbidden, 10)
    )
    padded = decoder.add("Pad", spoken, decoder.constant([0, 0, 0, 0, 0, _CANARY_WIDTH - WIDTH]))
    for number in range(_CANARY_LAYERS):
        decoder.add(
            "Concat", f"decoder_mems_list_{number}", padded, to=f"next_mems_list_{number}",
            attributes={"axis": 1},
        )  # fmt: skip
        decoder.output(f"next_mems_list_{number}", "float", [1, "after", _CANARY_WIDTH])
    (folder / "decoder.int8.onnx").write_bytes(decoder.serialize())
    write_vocabulary(folder / "tokens.txt", pieces)
    return folder


def tiny_sherpa_moonshine(folder: Path, *, seed: int = 0) -> Path:
    """A Moonshine in four graphs: `preprocess`, `encode`, `uncached_decode`, `cached_decode`."""
    folder.mkdir(parents=True, exist_ok=True)
    pieces = ("<unk>", "<s>", "</s>", *_WORDS)
    generator = np.random.default_rng(seed)
    hearing = Graph("preprocess")
    hearing.input("audio", "float", [1, "samples"])
    kernel = generator.standard_normal((WIDTH, 1, _MOONSHINE_HOP))
    raw = hearing.add(
        "Conv",
        hearing.add("Unsqueeze", "audio", hearing.constant([1])),
        hearing.constant(kernel, "float"),
        attributes={"kernel_shape": [_MOONSHINE_HOP], "strides": [_MOONSHINE_HOP]},
    )
    bounded = hearing.add("Tanh", raw)
    hearing.add("Transpose", bounded, to="features", attributes={"perm": [0, 2, 1]})
    hearing.output("features", "float", [1, "steps", WIDTH])
    (folder / "preprocess.onnx").write_bytes(hearing.serialize())
    encoder = Graph("encode")
    encoder.input("features", "float", [1, "steps", WIDTH])
    encoder.input("features_len", "int32", [1])
    encoder.add("Identity", "features", to="encoded")
    encoder.output("encoded", "float", [1, "steps", WIDTH])
    (folder / "encode.int8.onnx").write_bytes(encoder.serialize())
    for name in ("uncached_decode", "cached_decode"):
        decoder = Graph(name)
        decoder.input("token", "int32", [1, 1])
        decoder.input("encoded", "float", [1, "steps", WIDTH])
        decoder.input("seq_len", "int32", [1])
        if name == "cached_decode":
            decoder.input("state_in", "float", [1, 1, WIDTH])
        weights = np.random.default_rng(seed + 1)  # one network in two graphs
        spoken = _text_head(
            decoder, weights,
            (decoder.cast("token", "int64"), "encoded", decoder.cast("seq_len", "int64")),
            len(pieces), (2, [0, 1], 12),
        )  # fmt: skip
        decoder.add("Identity", spoken, to="state")
        decoder.output("state", "float", [1, 1, WIDTH])
        (folder / f"{name}.int8.onnx").write_bytes(decoder.serialize())
    write_vocabulary(folder / "tokens.txt", pieces)
    return folder


def _stacked_frames(graph: Graph, generator: np.random.Generator, names: tuple[str, str]) -> str:
    """Inputs of stacked filter banks and their number; gives frames `[1, T, 16]`."""
    graph.input(names[0], "float", [1, "frames", _STACKED])
    graph.input(names[1], "int32", [1])
    kernel = generator.standard_normal((_STACKED, WIDTH)) * 0.03
    kernel -= kernel.mean(axis=0, keepdims=True)
    return graph.add("Tanh", graph.add("MatMul", names[0], graph.constant(kernel, "float")))


def _stacked_metadata(kind: str, pieces: int) -> dict[str, object]:
    return {
        "model_type": kind,
        "vocab_size": pieces,
        "lfr_window_size": _LFR_WIDTH,
        "lfr_window_shift": _LFR_SHIFT,
        "neg_mean": ",".join(["0"] * _STACKED),
        "inv_stddev": ",".join(["1"] * _STACKED),
        "version": 1,
    }


def _text_head(
    graph: Graph,
    generator: np.random.Generator,
    inputs: tuple[str, str, str],
    pieces: int,
    ending: tuple[int, list[int], int],
) -> str:
    """An output `logits` of the piece after each of the ids; gives the embedded ids.

    `inputs` are the ids, the sound, and how many pieces came before.
    """
    ids, sound, before = inputs
    spoken = embedded(graph, generator, pieces, ids)
    context = attended(graph, spoken, sound)
    logits = texted(graph, generator, (spoken, context), pieces, before, ending)
    graph.add("Identity", logits, to="logits")
    graph.output("logits", "float", [1, "pieces", pieces])
    return spoken
