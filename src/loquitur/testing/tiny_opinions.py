"""Tiny text classifiers with random weights: XLM-R and BERT as the library makes them, and a graph.

Their tokenizers are of the real kinds (Unigram with sentence marks, WordPiece) with a vocabulary of
letters and a few words, so that other scripts give unknown tokens.
"""

from __future__ import annotations

import json
import string
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.testing.quiet import saved

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_WORDS = ("good", "bad", "day", "happy", "horrible", "the", "a", "worst")
_LETTERS = (*string.ascii_lowercase, *string.digits, ".", ",", "!", "'", "🔥", "최", "고")
THREE = ("negative", "neutral", "positive")
STARS = ("1 star", "2 stars", "3 stars", "4 stars", "5 stars")


def tiny_xlm_roberta(folder: Path, *, labels: Sequence[str] = THREE, seed: int = 0) -> Path:
    """An XLM-R sequence classifier, as cardiffnlp's multilingual one is.

    Args:
        folder: Made where it is missing.
        labels: Its classes in order.
        seed: Decides the weights.

    Returns:
        The folder, with `model.safetensors`, `config.json` and `tokenizer.json`.
    """
    import torch
    from transformers import XLMRobertaConfig, XLMRobertaForSequenceClassification

    folder.mkdir(parents=True, exist_ok=True)
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "▁", *(f"▁{word}" for word in _WORDS), *_LETTERS]
    unigram(pieces).save(str(folder / "tokenizer.json"))
    torch.manual_seed(seed)
    config = XLMRobertaConfig(
        vocab_size=len(pieces),
        max_position_embeddings=66,  # 64 tokens and the two that RoBERTa leaves out
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
        type_vocab_size=1,
        **_sizes(labels),
    )
    with saved():
        XLMRobertaForSequenceClassification(config).save_pretrained(folder)
    return folder


def tiny_bert(folder: Path, *, labels: Sequence[str] = STARS, seed: int = 0) -> Path:
    """A BERT sequence classifier, as nlptown's stars are, with the older `vocab.txt` alone.

    Args:
        folder: Made where it is missing.
        labels: Its classes in order.
        seed: Decides the weights.

    Returns:
        The folder, with `model.safetensors`, `config.json`, `vocab.txt`, `tokenizer_config.json`.
    """
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    folder.mkdir(parents=True, exist_ok=True)
    marks = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
    pieces = [*marks, *_WORDS, *_LETTERS, *(f"##{letter}" for letter in _LETTERS)]
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    settings = {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 64}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(pieces), max_position_embeddings=64, pad_token_id=0, **_sizes(labels)
    )
    with saved():
        BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def tiny_opinion_onnx(
    folder: Path, *, labels: Sequence[str] = THREE, kinds: bool = False, seed: int = 0
) -> Path:
    """A classifier as a graph: embeddings, their mean where the mask is 1, one linear layer.

    Args:
        folder: Made where it is missing.
        labels: Its classes in order.
        kinds: With `token_type_ids` among the inputs, as exports of BERT have.
        seed: Decides the weights.

    Returns:
        The folder, with `model.onnx`, `tokenizer.json` and `config.json`.
    """
    import onnx
    from onnx import helper, numpy_helper

    folder.mkdir(parents=True, exist_ok=True)
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "▁", *(f"▁{word}" for word in _WORDS), *_LETTERS]
    unigram(pieces).save(str(folder / "tokenizer.json"))
    generator = np.random.default_rng(seed)
    constants: dict[str, Any] = {
        "embedding": generator.standard_normal((len(pieces), 8)),
        "linear": generator.standard_normal((8, len(labels))),
        "bias": generator.standard_normal(len(labels)) * 0.1,
    }
    weights = [numpy_helper.from_array(v.astype(np.float32), k) for k, v in constants.items()]
    weights += [
        numpy_helper.from_array(np.array([at], dtype=np.int64), name)
        for name, at in (("last", 2), ("along", 1))
    ]
    nodes = [
        helper.make_node("Gather", ["embedding", "input_ids"], ["embedded"]),
        helper.make_node("Cast", ["attention_mask"], ["real"], to=onnx.TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["real", "last"], ["weight"]),
        helper.make_node("Mul", ["embedded", "weight"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", "along"], ["sum"], keepdims=0),
        helper.make_node("ReduceSum", ["weight", "along"], ["count"], keepdims=0),
        helper.make_node("Div", ["sum", "count"], ["mean"]),
        helper.make_node("Gemm", ["mean", "linear", "bias"], ["logits"]),
    ]
    names = ["input_ids", "attention_mask", *(["token_type_ids"] if kinds else [])]
    whole, real = onnx.TensorProto.INT64, onnx.TensorProto.FLOAT
    inputs = [helper.make_tensor_value_info(name, whole, ["batch", "tokens"]) for name in names]
    outputs = [helper.make_tensor_value_info("logits", real, ["batch", len(labels)])]
    graph = helper.make_graph(nodes, "opinions", inputs, outputs, initializer=weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    config = {
        "model_type": "xlm-roberta",
        "max_position_embeddings": 66,
        "pad_token_id": 1,
        "id2label": {str(at): label for at, label in enumerate(labels)},
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def _sizes(labels: Sequence[str]) -> dict[str, Any]:
    return {
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "initializer_range": 0.3,  # narrower, one so small says the same of every text
        "num_labels": len(labels),
        "id2label": dict(enumerate(labels)),
        "label2id": {label: at for at, label in enumerate(labels)},
    }


def unigram(pieces: Sequence[str], *, pairs: bool = False) -> Any:
    """A tokenizer as XLM-R's: SentencePiece's Unigram, `<s>` before and `</s>` after a text.

    Args:
        pieces: Its vocabulary, of which the first four are `<s> <pad> </s> <unk>`.
        pairs: Whether two texts may be given, with `</s></s>` between them.
    """
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    made = Tokenizer(
        models.Unigram([(piece, -1.0 - at / 100) for at, piece in enumerate(pieces)], unk_id=3)
    )
    made.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    made.decoder = decoders.Metaspace()
    made.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>"])
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>" if pairs else None,
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    return made
