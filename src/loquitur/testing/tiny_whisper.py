"""A tiny Whisper with random weights, by transformers, and converted for CTranslate2.

The tokenizer is byte-level without merges and has Whisper's marks in their order: 1968 pieces.
CTranslate2 takes a model for multilingual where the empty piece is in its vocabulary, as it is in
the real ones: with `languages` it is here too.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from loquitur.languages import WHISPER

if TYPE_CHECKING:
    from pathlib import Path

_CONSONANTS = "bcdfghjklmnpqrstvwxyz"


def tiny_whisper_transformers(folder: Path, *, seed: int = 0, languages: bool = False) -> Path:
    """The model in transformers' files: `model.safetensors`, `tokenizer.json`, configurations.

    Args:
        folder: Made where it is missing.
        seed: Decides the weights.
        languages: Whether it counts as multilingual.

    Returns:
        The folder. Needs torch and transformers.
    """
    import torch
    from transformers import (
        GenerationConfig,
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
    )

    folder.mkdir(parents=True, exist_ok=True)
    ids = _write_tokenizer(folder, languages=languages)
    torch.manual_seed(seed)
    end, start = ids["<|endoftext|>"], ids["<|startoftranscript|>"]
    config = WhisperConfig(
        vocab_size=len(ids),
        d_model=32,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        num_mel_bins=80,
        max_source_positions=1500,
        max_target_positions=448,
        pad_token_id=end,
        bos_token_id=end,
        eos_token_id=end,
        decoder_start_token_id=start,
        begin_suppress_tokens=None,
        suppress_tokens=None,
    )
    model = WhisperForConditionalGeneration(config)
    generation = GenerationConfig.from_dict(
        {"decoder_start_token_id": start, "bos_token_id": end, "eos_token_id": end,
         "pad_token_id": end}
    )  # fmt: skip
    generation.alignment_heads = [[1, 0], [1, 1]]
    generation.lang_to_id = {f"<|{name}|>": ids[f"<|{name}|>"] for name in WHISPER}
    generation.task_to_id = {"translate": ids["<|translate|>"], "transcribe": ids["<|transcribe|>"]}
    generation.no_timestamps_token_id = ids["<|notimestamps|>"]
    generation.is_multilingual = True
    generation.suppress_tokens = []
    generation.begin_suppress_tokens = []
    model.generation_config = generation
    model.save_pretrained(folder)
    WhisperFeatureExtractor().save_pretrained(folder)
    return folder


def tiny_faster_whisper(folder: Path, *, seed: int = 0, languages: bool = False) -> Path:
    """The same converted: `model.bin`, `config.json`, `vocabulary.json`, `tokenizer.json`.

    Needs torch, transformers and ctranslate2; see `tiny_whisper_transformers`.
    """
    from ctranslate2.converters import TransformersConverter

    source = tiny_whisper_transformers(
        folder.with_name(f"{folder.name}-torch"), seed=seed, languages=languages
    )
    converter = TransformersConverter(
        str(source), copy_files=["tokenizer.json", "preprocessor_config.json"]
    )
    converter.convert(str(folder), force=True)
    return folder


def _write_tokenizer(folder: Path, *, languages: bool) -> dict[str, int]:
    """`tokenizer.json` and its configuration; gives the pieces' numbers."""
    marks = [
        *("<|endoftext|>", "<|startoftranscript|>", *(f"<|{name}|>" for name in WHISPER)),
        *("<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>"),
        *("<|nospeech|>", "<|notimestamps|>"),
        *(f"<|{hundredth / 50:.2f}|>" for hundredth in range(1501)),
    ]
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [code for code in range(256) if code not in visible]
    letters = [chr(code) for code in visible] + [chr(256 + at) for at in range(len(hidden))]
    letters += [f"Ġ{one}{two}" for one in "aeiou" for two in _CONSONANTS]
    letters += [""] if languages else []
    vocabulary = {letter: at for at, letter in enumerate(letters)}
    ids = vocabulary | {mark: len(vocabulary) + at for at, mark in enumerate(marks)}
    bytes_ = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True,
              "use_regex": True}  # fmt: skip
    content: dict[str, Any] = {
        "version": "1.0",
        "added_tokens": [
            {"id": ids[mark], "content": mark, "single_word": False, "lstrip": False,
             "rstrip": False, "normalized": False, "special": not mark.startswith("<|0")}
            for mark in marks
        ],
        "pre_tokenizer": bytes_,
        "decoder": bytes_,
        "model": {"type": "BPE", "vocab": vocabulary, "merges": []},
    }  # fmt: skip
    (folder / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")
    described = {
        "tokenizer_class": "WhisperTokenizer",
        "bos_token": "<|endoftext|>",
        "eos_token": "<|endoftext|>",
        "unk_token": "<|endoftext|>",
        "pad_token": "<|endoftext|>",
        "model_max_length": 448,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(described), encoding="utf-8")
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")
    return ids
