"""Tiny checkpoints of describers: GIT, BLIP, BLIP-2, Florence-2, SmolVLM2, Qwen3-VL.

Random weights, but the real architectures and file layouts of transformers, so that the engines are
tried through the real library. What they write means nothing.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Any

from loquitur.testing.quiet import saved

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_WORDS = (
    *("a", "an", "the", "is", "and", "on", "in", "man", "woman", "dog", "cat", "car", "ball"),
    *("red", "blue", "green", "runs", "plays", "rides", "walks", "sits", "small", "large"),
)
_MEAN = [0.5, 0.5, 0.5]
_CHAT = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'video' %}<|vision_start|><|video_pad|><|vision_end|>"
    "{% elif part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""A chat in the form of Qwen3-VL's own template: the video in the user's turn, then the task."""
_SMALL_TEXT: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "initializer_range": 0.3,
}


def tiny_git(folder: Path, *, frames: int = 6, seed: int = 0) -> Path:
    """A GIT: a CLIP tower and a decoder of words.

    Args:
        folder: Made where it is missing.
        frames: How many frames it reads at once; 0 for a model of pictures.
        seed: Decides the weights.

    Returns:
        The folder, with `model.safetensors`, the tokenizer and what the real one has beside.
    """
    import torch
    from transformers import CLIPImageProcessor, GitConfig, GitForCausalLM, GitProcessor

    tokenizer = _bert_tokenizer()
    torch.manual_seed(seed)
    config = GitConfig(
        vision_config={**_SMALL_TEXT, "image_size": 32, "patch_size": 16, "projection_dim": 32},
        vocab_size=len(tokenizer),
        num_image_with_embedding=frames or None,
        max_position_embeddings=64,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.cls_token_id,
        eos_token_id=tokenizer.sep_token_id,
        **_SMALL_TEXT,
    )
    model = GitForCausalLM(config)
    _write_words(model.get_output_embeddings(), tokenizer)
    pictures = CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    with saved():
        model.save_pretrained(folder)
        GitProcessor(pictures, tokenizer).save_pretrained(folder)
    return folder


def tiny_blip(folder: Path, *, seed: int = 0) -> Path:
    """A BLIP: a vision transformer, and a decoder of words that looks at it.

    Args:
        folder: Made where it is missing.
        seed: Decides the weights.

    Returns:
        The folder, as `tiny_git`'s.
    """
    import torch
    from transformers import (
        BlipConfig,
        BlipForConditionalGeneration,
        BlipImageProcessor,
        BlipProcessor,
    )

    tokenizer = _bert_tokenizer()
    torch.manual_seed(seed)
    config = BlipConfig(
        text_config={
            **_SMALL_TEXT,
            "vocab_size": len(tokenizer),
            "encoder_hidden_size": 32,
            "projection_dim": 32,
            "max_position_embeddings": 64,
            "bos_token_id": tokenizer.cls_token_id,
            "eos_token_id": tokenizer.sep_token_id,
            "sep_token_id": tokenizer.sep_token_id,
            "pad_token_id": tokenizer.pad_token_id,
        },
        vision_config={**_SMALL_TEXT, "image_size": 32, "patch_size": 16},
        projection_dim=32,
    )
    model = BlipForConditionalGeneration(config)
    _write_words(model.text_decoder.get_output_embeddings(), tokenizer)
    with saved():
        model.save_pretrained(folder)
        pictures = BlipImageProcessor(size={"height": 32, "width": 32})
        BlipProcessor(pictures, tokenizer).save_pretrained(folder)
    return folder


def tiny_blip2(folder: Path, *, seed: int = 0) -> Path:
    """A BLIP-2: a vision transformer, a query transformer, and a T5 that reads what it asks.

    Args:
        folder: Made where it is missing.
        seed: Decides the weights.

    Returns:
        The folder, as `tiny_git`'s.
    """
    import torch
    from transformers import (
        Blip2Config,
        Blip2ForConditionalGeneration,
        Blip2Processor,
        BlipImageProcessor,
    )

    tokenizer = _letters(("<pad>", "</s>", "<unk>"), pad="<pad>", eos="</s>", added=("<image>",))
    torch.manual_seed(seed)
    config = Blip2Config(
        vision_config={**_SMALL_TEXT, "image_size": 32, "patch_size": 16},
        qformer_config={**_SMALL_TEXT, "encoder_hidden_size": 32, "vocab_size": 40},
        text_config={
            "model_type": "t5",
            "d_model": 32,
            "d_kv": 16,
            "d_ff": 48,
            "num_layers": 2,
            "num_heads": 2,
            "vocab_size": len(tokenizer),
            "pad_token_id": tokenizer.pad_token_id,
            "eos_token_id": tokenizer.eos_token_id,
            "decoder_start_token_id": tokenizer.pad_token_id,
            "is_encoder_decoder": True,
            "tie_word_embeddings": False,
        },
        num_query_tokens=4,
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
    )
    model = Blip2ForConditionalGeneration(config)
    _write_words(model.get_output_embeddings(), tokenizer)
    with saved():
        model.save_pretrained(folder)
        pictures = BlipImageProcessor(size={"height": 32, "width": 32})
        Blip2Processor(pictures, tokenizer, num_query_tokens=4).save_pretrained(folder)
    return folder


def tiny_florence2(folder: Path, *, seed: int = 0) -> Path:
    """A Florence-2: a DaViT tower, and a BART that is told the task in words.

    Args:
        folder: Made where it is missing.
        seed: Decides the weights.

    Returns:
        The folder, as `tiny_git`'s.
    """
    import torch
    from transformers import (
        CLIPImageProcessor,
        Florence2Config,
        Florence2ForConditionalGeneration,
        Florence2Processor,
    )

    tokenizer = _letters(
        ("<s>", "<pad>", "</s>", "<unk>"), pad="<pad>", eos="</s>", bos="<s>", added=("<image>",),
        named={"image_token": "<image>"},
    )  # fmt: skip
    torch.manual_seed(seed)
    config = Florence2Config(
        vision_config={
            "depths": [1, 1, 1, 1],
            "embed_dim": [8, 8, 16, 16],
            "num_heads": [1, 1, 2, 2],
            "num_groups": [1, 1, 2, 2],
            "window_size": 4,
            "projection_dim": 32,
            "max_position_embeddings": 8,
            "drop_path_rate": 0.0,
        },
        text_config={
            "model_type": "bart",
            "d_model": 32,
            "encoder_layers": 2,
            "decoder_layers": 2,
            "encoder_attention_heads": 2,
            "decoder_attention_heads": 2,
            "encoder_ffn_dim": 48,
            "decoder_ffn_dim": 48,
            "max_position_embeddings": 256,
            "vocab_size": len(tokenizer),
            "init_std": 0.3,
            "bos_token_id": tokenizer.bos_token_id,
            "pad_token_id": tokenizer.pad_token_id,
            "eos_token_id": tokenizer.eos_token_id,
            "decoder_start_token_id": tokenizer.eos_token_id,
            "forced_eos_token_id": tokenizer.eos_token_id,
        },
        image_token_id=tokenizer.image_token_id,
    )
    model = Florence2ForConditionalGeneration(config)
    _write_words(model.get_output_embeddings(), tokenizer)
    pictures = CLIPImageProcessor(
        size={"height": 64, "width": 64}, do_center_crop=False, image_mean=_MEAN, image_std=_MEAN
    )
    pictures.image_seq_length = 5  # the mean of 2 x 2 patches beside each of them
    with saved():
        model.save_pretrained(folder)
        Florence2Processor(image_processor=pictures, tokenizer=tokenizer).save_pretrained(folder)
    return folder


def tiny_smolvlm(folder: Path, *, seed: int = 0) -> Path:
    """A SmolVLM2: a vision transformer whose patches are words of a small chat model.

    Args:
        folder: Made where it is missing.
        seed: Decides the weights.

    Returns:
        The folder, as `tiny_git`'s.
    """
    import torch
    from transformers import (
        SmolVLMConfig,
        SmolVLMForConditionalGeneration,
        SmolVLMImageProcessor,
    )

    marks = ("<image>", "<fake_token_around_image>", "<global-img>", "<end_of_utterance>")
    tokenizer = _letters(
        ("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
        pad="<|im_end|>",
        eos="<end_of_utterance>",
        added=marks,
    )
    torch.manual_seed(seed)
    config = SmolVLMConfig(
        vision_config={**_SMALL_TEXT, "image_size": 32, "patch_size": 8},
        text_config={
            **_SMALL_TEXT,
            "model_type": "llama",
            "vocab_size": len(tokenizer),
            "num_key_value_heads": 2,
            "max_position_embeddings": 2048,
            "pad_token_id": tokenizer.pad_token_id,
            "eos_token_id": tokenizer.eos_token_id,
            "bos_token_id": tokenizer.convert_tokens_to_ids("<|im_start|>"),
        },
        scale_factor=2,
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        pad_token_id=tokenizer.pad_token_id,
    )
    model = SmolVLMForConditionalGeneration(config)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    _write_words(model.get_output_embeddings(), tokenizer)
    with saved():
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        SmolVLMImageProcessor(
            size={"longest_edge": 64},
            max_image_size={"longest_edge": 32},
            image_mean=_MEAN,
            image_std=_MEAN,
        ).save_pretrained(folder)
    return folder


def tiny_qwen3_vl(folder: Path, *, seed: int = 0) -> Path:
    """A Qwen3-VL: pairs of frames as patches, and a chat model that is told their times.

    Args:
        folder: Made where it is missing.
        seed: Decides the weights.

    Returns:
        The folder, as `tiny_git`'s, with the chat template.
    """
    import torch
    from transformers import (
        Qwen2VLImageProcessor,
        Qwen3VLConfig,
        Qwen3VLForConditionalGeneration,
        Qwen3VLProcessor,
        Qwen3VLVideoProcessor,
    )

    marks = ("<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
    tokenizer = _letters(
        ("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
        pad="<|endoftext|>",
        eos="<|im_end|>",
        added=marks,
    )
    ident = tokenizer.convert_tokens_to_ids
    torch.manual_seed(seed)
    config = Qwen3VLConfig(
        vision_config={
            "depth": 2,
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_heads": 2,
            "out_hidden_size": 32,
            "num_position_embeddings": 16,
            "deepstack_visual_indexes": [0],
            "patch_size": 16,
            "initializer_range": 0.3,
        },
        text_config={
            **_SMALL_TEXT,
            "vocab_size": len(tokenizer),
            "num_key_value_heads": 2,
            "head_dim": 16,
            "rope_parameters": {"rope_type": "default", "rope_theta": 10_000.0,
                                "mrope_section": [4, 2, 2], "mrope_interleaved": True},
            "eos_token_id": tokenizer.eos_token_id,
            "pad_token_id": tokenizer.pad_token_id,
            "bos_token_id": ident("<|im_start|>"),
        },
        image_token_id=ident("<|image_pad|>"),
        video_token_id=ident("<|video_pad|>"),
        vision_start_token_id=ident("<|vision_start|>"),
        vision_end_token_id=ident("<|vision_end|>"),
        tie_word_embeddings=False,
    )  # fmt: skip
    model = Qwen3VLForConditionalGeneration(config)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    _write_words(model.get_output_embeddings(), tokenizer)
    with saved():
        model.save_pretrained(folder)
        Qwen3VLProcessor(
            Qwen2VLImageProcessor(patch_size=16, image_mean=_MEAN, image_std=_MEAN),
            tokenizer,
            Qwen3VLVideoProcessor(size={"shortest_edge": 1024, "longest_edge": 32_768}),
            chat_template=_CHAT,
        ).save_pretrained(folder)
    return folder


def _write_words(head: Any, tokenizer: Any) -> None:
    """Let a random model write words, or letters and blanks, and seldom anything else."""
    import torch

    known = {*_WORDS, *string.ascii_lowercase, "\u0120"}
    rows = head.weight
    plain = [at for piece, at in tokenizer.get_vocab().items() if piece in known]
    with torch.no_grad():
        rows *= 0.1
        rows[sorted(plain)] = torch.randn(len(plain), rows.shape[1])


def _bert_tokenizer() -> Any:
    """A word-piece tokenizer of a few whole words, with the marks of BERT."""
    from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors
    from tokenizers.models import WordPiece
    from transformers import PreTrainedTokenizerFast

    marks = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
    vocabulary = {word: at for at, word in enumerate((*marks, *_WORDS))}
    tokenizer = Tokenizer(WordPiece(vocab=vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    )


def _letters(
    marks: Sequence[str],
    *,
    pad: str,
    eos: str,
    bos: str = "",
    added: Sequence[str] = (),
    named: Mapping[str, str] | None = None,
) -> Any:
    """A byte-level tokenizer of single letters with marks of its own."""
    from tokenizers import Tokenizer, decoders, pre_tokenizers
    from tokenizers.models import BPE
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    pieces = (*marks, *alphabet)
    tokenizer = Tokenizer(BPE(vocab={piece: at for at, piece in enumerate(pieces)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([*marks, *added])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=pad,
        eos_token=eos,
        **({"bos_token": bos} if bos else {}),
        extra_special_tokens=dict(named) if named else [*added],
    )
