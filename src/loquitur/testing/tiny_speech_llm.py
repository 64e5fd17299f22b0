"""Tiny checkpoints of newer recognisers: Parakeet-TDT, Cohere, Granite Speech, Qwen3-ASR.

As in `loquitur.testing.tiny_transformers`: random weights, real architectures and file layouts.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Any

from loquitur.testing.quiet import saved

if TYPE_CHECKING:
    from pathlib import Path

_AUDIO = {
    "audio_token": "<|audio_pad|>",
    "audio_bos_token": "<|audio_start|>",
    "audio_eos_token": "<|audio_end|>",
}
_GRANITE_TEMPLATE = (
    "{% for message in messages %}<|start_of_role|>{{ message['role'] }}<|end_of_role|>"
    "{{ message['content'] }}<|end_of_text|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|start_of_role|>assistant<|end_of_role|>{% endif %}"
)
_COHERE_MARKS = (
    *("startofcontext", "startoftranscript", "emo:undefined", "pnc", "nopnc", "noitn"),
    *("notimestamp", "nodiarize"),
)
_COHERE_LANGUAGES = ("de", "en", "fr")
_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'audio' %}<|audio_start|><|audio_pad|><|audio_end|>"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}"
    "{% if message['role'] != 'assistant' %}<|im_end|>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""A chat in the form of Qwen3-ASR's own template: sound in the user's turn, the text to follow."""


def tiny_parakeet_tdt(folder: Path, *, seed: int = 0) -> Path:
    """A Parakeet-TDT as transformers has it: FastConformer, token-and-duration transducer.

    Args:
        folder: Made where it is missing.
        seed: Decides the weights.

    Returns:
        The folder, with `model.safetensors`, `tokenizer.json` and what the real one has beside.
    """
    import torch
    from tokenizers import Tokenizer, decoders, pre_tokenizers
    from tokenizers.models import BPE
    from transformers import (
        ParakeetEncoderConfig,
        ParakeetFeatureExtractor,
        ParakeetForTDT,
        ParakeetProcessor,
        ParakeetTDTConfig,
        ParakeetTokenizer,
    )

    folder.mkdir(parents=True, exist_ok=True)
    letters = [mark + letter for letter in "aeorstn" for mark in ("", "\u2581")]
    pieces = ["<unk>", "<pad>", *letters, "\u2581", "<blank>"]
    tokenizer = Tokenizer(BPE(vocab={piece: at for at, piece in enumerate(pieces)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    blank = len(pieces) - 1
    torch.manual_seed(seed)
    encoder = ParakeetEncoderConfig(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        subsampling_conv_channels=16,
        num_mel_bins=128,
        initializer_range=0.3,
    )
    config = ParakeetTDTConfig(
        encoder_config=encoder,
        vocab_size=len(pieces),
        decoder_hidden_size=16,
        num_decoder_layers=1,
        pad_token_id=1,
        blank_token_id=blank,
        initializer_range=0.3,
    )
    model = ParakeetForTDT(config)
    with torch.no_grad():
        model.joint.head.bias[blank] += 2.0
        model.joint.head.bias[len(pieces)] -= 3.0  # a duration of 0 is rare in the real one too
    settings = model.generation_config
    settings.decoder_start_token_id = blank  # nothing said yet
    # behind the pieces stand the durations, which are no tokens
    settings.suppress_tokens = [len(pieces) + at for at in range(len(config.durations))]
    wrapped = ParakeetTokenizer(
        tokenizer_object=tokenizer,
        unk_token="<unk>",
        pad_token="<pad>",
        additional_special_tokens=["<blank>"],
    )
    extractor = ParakeetFeatureExtractor(feature_size=128)
    with saved():
        model.save_pretrained(folder)
        ParakeetProcessor(extractor, wrapped, decoder_type="tdt").save_pretrained(folder)
    return folder


def tiny_cohere_asr(folder: Path, *, seed: int = 0) -> Path:
    """A Cohere Transcribe: FastConformer and a decoder that must be told the language.

    Args:
        folder: Made where it is missing.
        seed: Decides the weights.

    Returns:
        The folder, with `model.safetensors`, `tokenizer.json` and what the real one has beside.
    """
    import torch
    from tokenizers import Tokenizer, decoders, pre_tokenizers
    from tokenizers.models import BPE
    from transformers import (
        CohereAsrConfig,
        CohereAsrFeatureExtractor,
        CohereAsrForConditionalGeneration,
        CohereAsrProcessor,
        PreTrainedTokenizerFast,
    )

    folder.mkdir(parents=True, exist_ok=True)
    marks = [f"<|{name}|>" for name in (*_COHERE_MARKS, *_COHERE_LANGUAGES)]
    pieces = ["<unk>", "<s>", "<pad>", "<|endoftext|>", "\u2581", *string.ascii_lowercase]
    vocabulary = {piece: at for at, piece in enumerate((*pieces, *marks))}
    tokenizer = Tokenizer(BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    torch.manual_seed(seed)
    encoder = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    encoder |= {"intermediate_size": 64, "subsampling_conv_channels": 16, "num_mel_bins": 128}
    config = CohereAsrConfig(
        encoder_config=encoder | {"model_type": "parakeet_encoder"},
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        initializer_range=0.3,
        pad_token_id=2,
        eos_token_id=3,
        bos_token_id=4,
    )
    model = CohereAsrForConditionalGeneration(config)
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="<unk>",
        pad_token="<pad>",
        eos_token="<|endoftext|>",
        additional_special_tokens=marks,
    )
    extractor = CohereAsrFeatureExtractor(feature_size=128)
    with saved():
        model.save_pretrained(folder)
        CohereAsrProcessor(extractor, wrapped).save_pretrained(folder)
    return folder


def tiny_granite_speech(folder: Path, *, seed: int = 0) -> Path:
    """A Granite Speech: conformer, query transformer, language model; it needs torchaudio.

    Args:
        folder: Made where it is missing.
        seed: Decides the weights.

    Returns:
        The folder, with `model.safetensors`, `tokenizer.json`, the chat template and what the real
        one has beside them.
    """
    import torch
    from tokenizers import Tokenizer, decoders, pre_tokenizers
    from tokenizers.models import BPE
    from transformers import (
        GraniteSpeechConfig,
        GraniteSpeechFeatureExtractor,
        GraniteSpeechForConditionalGeneration,
        GraniteSpeechProcessor,
        PreTrainedTokenizerFast,
    )

    folder.mkdir(parents=True, exist_ok=True)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(BPE(vocab={letter: at for at, letter in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    end = "<|end_of_text|>"
    tokenizer.add_special_tokens([end, "<|audio|>", "<|start_of_role|>", "<|end_of_role|>"])
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=end, pad_token=end, padding_side="left"
    )
    wrapped.chat_template = _GRANITE_TEMPLATE
    torch.manual_seed(seed)
    small = {"hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 2}
    config = GraniteSpeechConfig(
        text_config=small
        | {"model_type": "granite", "vocab_size": len(wrapped), "num_hidden_layers": 2}
        | {"num_key_value_heads": 2, "tie_word_embeddings": False, "initializer_range": 0.3}
        | dict.fromkeys(("pad_token_id", "eos_token_id", "bos_token_id"), len(alphabet)),
        encoder_config={"model_type": "granite_speech_encoder", "num_layers": 2}
        | {"hidden_dim": 32, "num_heads": 2, "dim_head": 16, "output_dim": 8},
        projector_config=small
        | {"model_type": "blip_2_qformer", "num_hidden_layers": 1, "encoder_hidden_size": 32},
        audio_token_index=tokenizer.token_to_id("<|audio|>"),
        has_lora_adapter=False,
        tie_word_embeddings=False,
    )
    with saved():
        GraniteSpeechForConditionalGeneration(config).save_pretrained(folder)
        processor = GraniteSpeechProcessor(
            GraniteSpeechFeatureExtractor(), wrapped, chat_template=_GRANITE_TEMPLATE
        )
        processor.save_pretrained(folder)
    return folder


def tiny_qwen3_asr(folder: Path, *, seed: int = 0) -> Path:
    """A Qwen3-ASR: a chat of sound and text, answered in text without times.

    Args:
        folder: Made where it is missing.
        seed: Decides the weights.

    Returns:
        The folder, with `model.safetensors`, `tokenizer.json`, the chat template and what the real
        one has beside them.
    """
    import torch
    from transformers import (
        Qwen3ASRConfig,
        Qwen3ASRFeatureExtractor,
        Qwen3ASRForConditionalGeneration,
        Qwen3ASRProcessor,
    )

    folder.mkdir(parents=True, exist_ok=True)
    tokenizer, alphabet = _qwen_tokenizer()
    ident = tokenizer.convert_tokens_to_ids
    torch.manual_seed(seed)
    config = Qwen3ASRConfig(
        audio_config={
            "model_type": "qwen3_asr_encoder",
            "encoder_layers": 2,
            "encoder_attention_heads": 2,
            "encoder_ffn_dim": 64,
            "d_model": 32,
            "output_dim": 32,
            "downsample_hidden_size": 8,
            "initializer_range": 0.3,
        },
        text_config={
            "model_type": "qwen3",
            "vocab_size": len(tokenizer),
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "head_dim": 16,
            "initializer_range": 0.3,
            "tie_word_embeddings": False,
        },
        audio_token_id=ident(_AUDIO["audio_token"]),
        timestamp_token_id=ident("<timestamp>"),
        pad_token_id=ident("<|endoftext|>"),
        eos_token_id=ident("<|im_end|>"),
        tie_word_embeddings=False,
        initializer_range=0.3,
    )
    model = Qwen3ASRForConditionalGeneration(config)
    spoken = [
        at for at, letter in enumerate(alphabet) if letter in (*string.ascii_lowercase, "\u0120")
    ]
    with torch.no_grad():
        rows = model.get_output_embeddings().weight
        rows *= 0.1
        rows[spoken] = torch.randn(len(spoken), rows.shape[1])
    extractor = Qwen3ASRFeatureExtractor(feature_size=128)
    with saved():
        model.save_pretrained(folder)
        Qwen3ASRProcessor(extractor, tokenizer, chat_template=_TEMPLATE).save_pretrained(folder)
    return folder


def _qwen_tokenizer() -> tuple[Any, list[str]]:
    """Letters of a byte-level vocabulary with the marks of Qwen3-ASR, and those letters."""
    from tokenizers import Tokenizer, decoders, pre_tokenizers
    from tokenizers.models import BPE
    from transformers import Qwen2TokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(BPE(vocab={letter: at for at, letter in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>", *_AUDIO.values()])
    tokenizer.add_tokens(["<asr_text>", "<timestamp>"])
    wrapped = Qwen2TokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        unk_token=None,
        extra_special_tokens=_AUDIO,
    )
    return wrapped, alphabet
