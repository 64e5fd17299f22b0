"""Tiny sentence encoders and rerankers with random weights, in the files of the real ones.

BERT, XLM-R and DistilBERT under the names and shapes that transformers gives their weights (it
loads them), with the tokenizers of their kinds and the files of sentence-transformers; static
vectors as model2vec saves them.
"""

from __future__ import annotations

import json
import string
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.testing.tiny_opinions import unigram

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

WIDTH, LAYERS, HEADS, INNER, LONGEST = 32, 2, 4, 64, 64
_WORDS = ("good", "day", "group", "set", "the", "is", "what", "worst", "with")
_LETTERS = (*string.ascii_lowercase, *string.digits, ".", ",", "!", "?", "最", "고", "н")
_MARKS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def tiny_sentence_bert(folder: Path, *, classes: int = 0, seed: int = 0) -> Path:
    """A sentence encoder on BERT, as all-MiniLM-L6-v2 is, or with classes a cross-encoder.

    Args:
        folder: Made where it is missing.
        classes: Of a classifier's head; none where 0.
        seed: Decides the weights.

    Returns:
        The folder, with `model.safetensors`, `config.json`, `tokenizer.json` and the files of
        sentence-transformers.
    """
    pieces = [*_MARKS, *_WORDS, *_LETTERS, *(f"##{letter}" for letter in _LETTERS)]
    config = {
        "model_type": "bert",
        "architectures": ["BertForSequenceClassification" if classes else "BertModel"],
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-12,
        "pad_token_id": 0,
        "type_vocab_size": 2,
        "max_position_embeddings": LONGEST,
        **_sizes(len(pieces)),
    }
    weights = _bert_weights(config, seed, "bert." if classes else "")
    if classes:
        weights |= _dense("bert.pooler.dense", WIDTH, WIDTH, seed + 1)
        weights |= _dense("classifier", classes, WIDTH, seed + 2)
        config |= _labels(classes)
    _save(folder, config, weights)
    _word_pieces(pieces).save(str(folder / "tokenizer.json"))
    return folder


def tiny_sentence_xlm_roberta(folder: Path, *, classes: int = 0, seed: int = 0) -> Path:
    """A sentence encoder on XLM-R, as multilingual E5 is, or with classes a cross-encoder.

    Args:
        folder: Made where it is missing.
        classes: Of a classifier's head; none where 0.
        seed: Decides the weights.

    Returns:
        The folder, with the files of `tiny_sentence_bert`.
    """
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "▁", *(f"▁{word}" for word in _WORDS), *_LETTERS]
    kind = "XLMRobertaForSequenceClassification" if classes else "XLMRobertaModel"
    config = {
        "model_type": "xlm-roberta",
        "architectures": [kind],
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-5,
        "bos_token_id": 0,
        "pad_token_id": 1,
        "eos_token_id": 2,
        "type_vocab_size": 1,
        "max_position_embeddings": LONGEST + 2,
        **_sizes(len(pieces)),
    }
    weights = _bert_weights(config, seed, "roberta." if classes else "")
    if classes:
        weights |= _dense("classifier.dense", WIDTH, WIDTH, seed + 1)
        weights |= _dense("classifier.out_proj", classes, WIDTH, seed + 2)
        config |= _labels(classes)
    _save(folder, config, weights)
    unigram(pieces, pairs=True).save(str(folder / "tokenizer.json"))
    return folder


def tiny_sentence_distilbert(folder: Path, *, seed: int = 0) -> Path:
    """A sentence encoder on DistilBERT.

    Args:
        folder: Made where it is missing.
        seed: Decides the weights.

    Returns:
        The folder, with the files of `tiny_sentence_bert`.
    """
    pieces = [*_MARKS, *_WORDS, *_LETTERS, *(f"##{letter}" for letter in _LETTERS)]
    config = {
        "model_type": "distilbert",
        "architectures": ["DistilBertModel"],
        "activation": "gelu",
        "pad_token_id": 0,
        "max_position_embeddings": LONGEST,
        "vocab_size": len(pieces),
        "dim": WIDTH,
        "n_layers": LAYERS,
        "n_heads": HEADS,
        "hidden_dim": INNER,
    }
    names = {
        "encoder.layer": "transformer.layer",
        "attention.self.query": "attention.q_lin",
        "attention.self.key": "attention.k_lin",
        "attention.self.value": "attention.v_lin",
        "attention.output.dense": "attention.out_lin",
        "attention.output.LayerNorm": "sa_layer_norm",
        "intermediate.dense": "ffn.lin1",
        "output.dense": "ffn.lin2",
        "output.LayerNorm": "output_layer_norm",
    }
    weights = {}
    for name, value in _bert_weights({**config, "type_vocab_size": 0}, seed, "").items():
        for old, new in names.items():
            name = name.replace(old, new)  # noqa: PLW2901 - one after the other
        if "token_type" not in name:
            weights[name] = value
    _save(folder, config, weights)
    _word_pieces(pieces).save(str(folder / "tokenizer.json"))
    return folder


def tiny_model2vec(folder: Path, *, seed: int = 0) -> Path:
    """Static vectors of word pieces, as model2vec saves them.

    Args:
        folder: Made where it is missing.
        seed: Decides the vectors.
    """
    from model2vec import StaticModel

    pieces = [*_MARKS, *_WORDS, *_LETTERS, *(f"##{letter}" for letter in _LETTERS)]
    vectors = np.random.default_rng(seed).standard_normal((len(pieces), 16)).astype(np.float32)
    tokenizer = _word_pieces(pieces)
    tokenizer.no_truncation()
    StaticModel(vectors, tokenizer, normalize=True).save_pretrained(folder)
    return folder


def _sizes(vocabulary: int) -> dict[str, int]:
    return {
        "vocab_size": vocabulary,
        "hidden_size": WIDTH,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "intermediate_size": INNER,
    }


def _labels(classes: int) -> dict[str, Any]:
    names = [f"LABEL_{number}" for number in range(classes)]
    return {
        "id2label": dict(enumerate(names)),
        "label2id": {name: at for at, name in enumerate(names)},
    }


def _bert_weights(config: dict[str, Any], seed: int, prefix: str) -> dict[str, NDArray[np.float32]]:
    """Random weights by their names in BERT; broad ones, so that texts differ."""
    chance = np.random.default_rng(seed)

    def drawn(*shape: int, by: float = 0.3) -> NDArray[np.float32]:
        return np.asarray(chance.standard_normal(shape) * by, dtype=np.float32)

    def norm(name: str) -> dict[str, NDArray[np.float32]]:
        return {
            f"{name}.weight": np.float32(1) + drawn(WIDTH, by=0.1),
            f"{name}.bias": drawn(WIDTH, by=0.1),
        }

    def linear(name: str, out: int, given: int) -> dict[str, NDArray[np.float32]]:
        return {f"{name}.weight": drawn(out, given), f"{name}.bias": drawn(out, by=0.1)}

    found = {
        "embeddings.word_embeddings.weight": drawn(config["vocab_size"], WIDTH, by=0.9),
        "embeddings.position_embeddings.weight": drawn(config["max_position_embeddings"], WIDTH),
        "embeddings.token_type_embeddings.weight": drawn(config["type_vocab_size"], WIDTH),
        **norm("embeddings.LayerNorm"),
    }
    for number in range(LAYERS):
        layer = f"encoder.layer.{number}"
        for part in ("query", "key", "value"):
            found |= linear(f"{layer}.attention.self.{part}", WIDTH, WIDTH)
        found |= linear(f"{layer}.attention.output.dense", WIDTH, WIDTH)
        found |= norm(f"{layer}.attention.output.LayerNorm")
        found |= linear(f"{layer}.intermediate.dense", INNER, WIDTH)
        found |= linear(f"{layer}.output.dense", WIDTH, INNER)
        found |= norm(f"{layer}.output.LayerNorm")
    return {prefix + name: value for name, value in found.items()}


def _dense(name: str, out: int, given: int, seed: int) -> dict[str, NDArray[np.float32]]:
    chance = np.random.default_rng(seed)
    return {
        f"{name}.weight": (chance.standard_normal((out, given)) * 0.3).astype(np.float32),
        f"{name}.bias": (chance.standard_normal(out) * 0.1).astype(np.float32),
    }


def _save(folder: Path, config: dict[str, Any], weights: dict[str, NDArray[np.float32]]) -> None:
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "1_Pooling").mkdir(exist_ok=True)
    module = "sentence_transformers.models"
    files: dict[str, Any] = {
        "config.json": config,
        "sentence_bert_config.json": {"max_seq_length": LONGEST // 2, "do_lower_case": False},
        "1_Pooling/config.json": {
            "word_embedding_dimension": WIDTH,
            "pooling_mode_cls_token": False,
            "pooling_mode_mean_tokens": True,
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": f"{module}.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{module}.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": f"{module}.Normalize"},
        ],
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")


def _word_pieces(pieces: list[str]) -> Any:
    """A tokenizer as BERT's: WordPiece, `[CLS]` before and `[SEP]` after a text."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    vocabulary = {piece: at for at, piece in enumerate(pieces)}
    made = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.add_special_tokens(list(_MARKS))
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return made
