"""Tiny checkpoints for transformers: random weights in the real architectures and file layouts.

Made by the library itself, so that it loads them as it loads the large ones. Weights are drawn
wider than usual: with the usual spread a model this small says the same whatever it hears.
"""

from __future__ import annotations

import json
import string
from typing import TYPE_CHECKING, Any

from loquitur.testing.quiet import saved

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_END = "<|endoftext|>"
_START = "<|startoftranscript|>"
_BLANK = "\u0120"  # a blank in a byte-level vocabulary
_SPOKEN = frozenset((*string.ascii_lowercase, _BLANK))
_WAV2VEC2: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "conv_dim": (16,) * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
    "initializer_range": 0.3,
}


def tiny_whisper(folder: Path, *, seed: int = 4, multilingual: bool = True) -> Path:
    """A Whisper of 180 000 parameters with the real tokens, languages and time marks.

    Its tokenizer is byte-level without merges: one token a letter.

    Args:
        folder: Made where it is missing.
        seed: Decides the weights.
        multilingual: False for what the `.en` models are.

    Returns:
        The folder, with `model.safetensors` and what the real one has beside it.
    """
    import torch
    from transformers import (
        GenerationConfig,
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
    )

    folder.mkdir(parents=True, exist_ok=True)
    ident, size, languages = _whisper_tokenizer(folder)
    ends = {"pad_token_id": ident[_END], "bos_token_id": ident[_END], "eos_token_id": ident[_END]}
    start = ident[_START]
    torch.manual_seed(seed)
    config = WhisperConfig(
        vocab_size=size,
        d_model=32,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        init_std=0.3,
        tie_word_embeddings=False,  # tied, one so small repeats its last letter for ever
        decoder_start_token_id=start,
        **ends,
    )
    model = WhisperForConditionalGeneration(config)
    _loosen(model)
    many: dict[str, Any] = {
        "lang_to_id": {mark: ident[mark] for mark in languages},
        "task_to_id": {name: ident[f"<|{name}|>"] for name in ("transcribe", "translate")},
    }
    model.generation_config = GenerationConfig(
        alignment_heads=[[1, 0], [1, 1]],
        is_multilingual=multilingual,
        no_timestamps_token_id=ident["<|notimestamps|>"],
        max_initial_timestamp_index=50,
        max_length=448,
        suppress_tokens=[],
        begin_suppress_tokens=[],
        return_timestamps=False,
        decoder_start_token_id=start,
        **(many if multilingual else {}),
        **ends,
    )
    with saved():
        model.save_pretrained(folder)
        WhisperFeatureExtractor().save_pretrained(folder)
    return folder


def _loosen(model: Any) -> None:
    """Makes letters and blanks likely, marks rare: a random Whisper only counts the time.

    What is the same in every state of the decoder is taken out of the letters' rows, so that the
    sound and the place decide between them.
    """
    import torch
    from tokenizers import pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    spoken = [at for at, letter in enumerate(letters) if letter in _SPOKEN]
    with torch.no_grad():
        for layer in model.model.decoder.layers:
            layer.encoder_attn.out_proj.weight *= 8.0
        states = model.model(
            input_features=torch.randn(4, model.config.num_mel_bins, 3000),
            decoder_input_ids=torch.randint(len(letters), (4, 32)),
        ).last_hidden_state.flatten(0, 1)
        usual = states.mean(0)
        fresh = torch.randn(len(spoken), len(usual)) * 2.0
        rows = model.get_output_embeddings().weight
        rows *= 0.1
        rows[spoken] = fresh - (fresh @ usual / (usual @ usual))[:, None] * usual
        rows[letters.index(_BLANK)] *= 1.5


def _whisper_tokenizer(folder: Path) -> tuple[dict[str, int], int, list[str]]:
    """Writes Whisper's tokenizer; gives token -> id, the number of tokens, the language marks."""
    from tokenizers import AddedToken, Tokenizer, decoders, pre_tokenizers
    from tokenizers.models import BPE
    from transformers.models.whisper.tokenization_whisper import LANGUAGES

    letters = {letter: at for at, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokenizer = Tokenizer(BPE(vocab=letters, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    languages = [f"<|{code}|>" for code in LANGUAGES]
    tasks = ("translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps")
    marks = [_END, _START, *languages, *(f"<|{task}|>" for task in tasks)]
    tokenizer.add_special_tokens([AddedToken(mark, special=True) for mark in marks])
    times = [f"<|{at * 0.02:.2f}|>" for at in range(1501)]
    tokenizer.add_tokens([AddedToken(time, special=False, normalized=False) for time in times])
    tokenizer.save(str(folder / "tokenizer.json"))
    roles = ("bos_token", "eos_token", "unk_token", "pad_token")
    described = {"tokenizer_class": "WhisperTokenizer", **dict.fromkeys(roles, _END)}
    (folder / "tokenizer_config.json").write_text(json.dumps(described), encoding="utf-8")
    known = tokenizer.get_vocab()
    ident = {mark: int(known[mark]) for mark in marks}
    return ident, tokenizer.get_vocab_size(), languages


def tiny_ctc(folder: Path, *, seed: int = 0, masked: bool = False) -> Path:
    """A wav2vec2-CTC of 31 000 parameters: letters, `|` between words, `<pad>` as blank.

    Args:
        folder: Made where it is missing.
        seed: Decides the weights.
        masked: True for what the large models are (layer norm, padding masked), False for
            wav2vec2-base (group norm, no mask).

    Returns:
        The folder, with `model.safetensors`, `vocab.json` and what the real one has beside them.
    """
    import torch
    from transformers import (
        Wav2Vec2Config,
        Wav2Vec2CTCTokenizer,
        Wav2Vec2FeatureExtractor,
        Wav2Vec2ForCTC,
    )

    folder.mkdir(parents=True, exist_ok=True)
    marks = ("<pad>", "<s>", "</s>", "<unk>", "|")
    vocabulary = {mark: at for at, mark in enumerate((*marks, "'", *string.ascii_uppercase))}
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    torch.manual_seed(seed)
    config = Wav2Vec2Config(
        vocab_size=len(vocabulary),
        pad_token_id=0,
        feat_extract_norm="layer" if masked else "group",
        do_stable_layer_norm=masked,
        **_WAV2VEC2,
    )
    model = Wav2Vec2ForCTC(config)
    with torch.no_grad():
        model.lm_head.bias[vocabulary["|"]] += 3.0  # so that it speaks in words
        model.lm_head.bias[vocabulary["<pad>"]] += 3.0
    with saved():
        model.save_pretrained(folder)
        Wav2Vec2CTCTokenizer(str(folder / "vocab.json")).save_pretrained(folder)
        Wav2Vec2FeatureExtractor(return_attention_mask=masked).save_pretrained(folder)
    return folder


def tiny_mms(folder: Path, *, seed: int = 0) -> Path:
    """An MMS: wav2vec2-CTC with an adapter and an alphabet for each of two languages.

    Args:
        folder: Made where it is missing.
        seed: Decides the weights.

    Returns:
        The folder, with `model.safetensors` (English), `adapter.eng.safetensors` and
        `adapter.fra.safetensors`, and what the real one has beside them.
    """
    import torch
    from safetensors.torch import save_file
    from transformers import (
        Wav2Vec2Config,
        Wav2Vec2CTCTokenizer,
        Wav2Vec2FeatureExtractor,
        Wav2Vec2ForCTC,
    )

    folder.mkdir(parents=True, exist_ok=True)
    marks = ("<pad>", "<s>", "</s>", "<unk>", "|")
    alphabets = {"eng": string.ascii_lowercase, "fra": "abcdefghij\u00e9\u00e8\u00e0"}
    vocabularies = {
        language: {mark: at for at, mark in enumerate((*marks, *alphabet))}
        for language, alphabet in alphabets.items()
    }
    (folder / "vocab.json").write_text(json.dumps(vocabularies), encoding="utf-8")
    with saved():
        for at, language in enumerate(("fra", "eng")):
            torch.manual_seed(seed + at)
            config = Wav2Vec2Config(
                vocab_size=len(vocabularies[language]),
                pad_token_id=0,
                adapter_attn_dim=8,
                feat_extract_norm="layer",
                do_stable_layer_norm=True,
                **_WAV2VEC2,
            )
            model = Wav2Vec2ForCTC(config)
            adapters = {name: part.contiguous() for name, part in model._get_adapters().items()}  # noqa: SLF001
            save_file(adapters, folder / f"adapter.{language}.safetensors")
        model.save_pretrained(folder)
        Wav2Vec2CTCTokenizer(str(folder / "vocab.json"), target_lang="eng").save_pretrained(folder)
        Wav2Vec2FeatureExtractor(return_attention_mask=True).save_pretrained(folder)
    return folder


def tiny_moonshine(folder: Path, *, seed: int = 0) -> Path:
    """A Moonshine: sound in, text out, no times.

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
        MoonshineConfig,
        MoonshineForConditionalGeneration,
        PreTrainedTokenizerFast,
        Wav2Vec2FeatureExtractor,
    )

    folder.mkdir(parents=True, exist_ok=True)
    pieces = ["<unk>", "<s>", "</s>", "\u2581", *string.ascii_lowercase]
    tokenizer = Tokenizer(BPE(vocab={piece: at for at, piece in enumerate(pieces)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    torch.manual_seed(seed)
    config = MoonshineConfig(
        vocab_size=len(pieces),
        hidden_size=32,
        intermediate_size=64,
        encoder_num_hidden_layers=2,
        decoder_num_hidden_layers=2,
        encoder_num_attention_heads=2,
        decoder_num_attention_heads=2,
        initializer_range=0.3,
    )
    model = MoonshineForConditionalGeneration(config)
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", bos_token="<s>", eos_token="</s>"
    )
    with saved():
        model.save_pretrained(folder)
        wrapped.save_pretrained(folder)
        Wav2Vec2FeatureExtractor(return_attention_mask=True).save_pretrained(folder)
    described = json.loads((folder / "preprocessor_config.json").read_bytes())
    described["processor_class"] = "Wav2Vec2Processor"
    (folder / "preprocessor_config.json").write_text(json.dumps(described), encoding="utf-8")
    return folder


def tiny_classifier(
    folder: Path,
    *,
    labels: Sequence[str] = ("neu", "hap", "ang", "sad"),
    seed: int = 0,
) -> Path:
    """A wav2vec2 sequence classifier, as the SUPERB emotion models are.

    Args:
        folder: Made where it is missing.
        labels: Its classes in order.
        seed: Decides the weights.

    Returns:
        The folder, with `model.safetensors`, `config.json` and `preprocessor_config.json`.
    """
    import torch
    from transformers import (
        Wav2Vec2Config,
        Wav2Vec2FeatureExtractor,
        Wav2Vec2ForSequenceClassification,
    )

    torch.manual_seed(seed)
    config = Wav2Vec2Config(
        num_labels=len(labels),
        id2label=dict(enumerate(labels)),
        label2id={label: at for at, label in enumerate(labels)},
        classifier_proj_size=16,
        **_WAV2VEC2,
    )
    with saved():
        Wav2Vec2ForSequenceClassification(config).save_pretrained(folder)
        Wav2Vec2FeatureExtractor(return_attention_mask=False).save_pretrained(folder)
    return folder


def tiny_pooled_head(
    folder: Path,
    *,
    labels: Sequence[str] = ("arousal", "dominance", "valence"),
    seed: int = 0,
) -> Path:
    """A wav2vec2 with mean pooling and a two-layer head, which is no class of the library.

    So are audeering's dimensional model (Wagner et al. 2023, "Dawn of the transformer era in
    speech emotion recognition") and many classifiers; the weights are named as theirs are.

    Args:
        folder: Made where it is missing.
        labels: Its outputs in order.
        seed: Decides the weights.

    Returns:
        The folder, with `model.safetensors`, `config.json` and `preprocessor_config.json`.
    """
    import torch
    from safetensors.torch import save_file
    from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2Model

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    config = Wav2Vec2Config(
        architectures=["Wav2Vec2ForSpeechClassification"],
        id2label=dict(enumerate(labels)),
        label2id={label: at for at, label in enumerate(labels)},
        num_labels=len(labels),
        pooling_mode="mean",
        **_WAV2VEC2,
    )
    width = config.hidden_size
    tensors = {f"wav2vec2.{k}": v for k, v in Wav2Vec2Model(config).state_dict().items()}
    tensors |= {
        "classifier.dense.weight": torch.randn(width, width) * 0.3,
        "classifier.dense.bias": torch.zeros(width),
        "classifier.out_proj.weight": torch.randn(len(labels), width) * 0.1,
        "classifier.out_proj.bias": torch.full((len(labels),), 0.5),
    }
    with saved():
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        config.save_pretrained(folder)
        Wav2Vec2FeatureExtractor(return_attention_mask=False).save_pretrained(folder)
    return folder


def tiny_speechbrain(folder: Path, *, seed: int = 0) -> Path:
    """SpeechBrain's wav2vec2 classifier of IEMOCAP in its own layout, of 1 MB.

    Weights are named and pickled as SpeechBrain does; the YAML and the Python file beside them are
    what its loader would run, and must never be.

    Args:
        folder: Made where it is missing.
        seed: Decides the weights.

    Returns:
        The folder, with `hyperparams.yaml`, `model.ckpt`, `wav2vec2.ckpt`, `label_encoder.txt` and
        `custom_interface.py`.
    """
    import torch
    from transformers import Wav2Vec2Config, Wav2Vec2Model

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    config = Wav2Vec2Config(**(_WAV2VEC2 | {"hidden_size": 128, "num_attention_heads": 2}))
    body = {f"model.{k}": v for k, v in Wav2Vec2Model(config).state_dict().items()}
    torch.save(body, folder / "wav2vec2.ckpt")
    torch.save({"0.w.weight": torch.randn(4, config.hidden_size)}, folder / "model.ckpt")
    numbered = "".join(f"'{label}' => {at}\n" for at, label in enumerate(_IEMOCAP))
    ending = "================\n'starting_index' => 0\n"
    (folder / "label_encoder.txt").write_text(numbered + ending, encoding="utf-8")
    (folder / "hyperparams.yaml").write_text(_HYPERPARAMS, encoding="utf-8")
    (folder / "custom_interface.py").write_text(
        "raise SystemExit('code out of a model folder was run')\n", encoding="utf-8"
    )
    return folder


_IEMOCAP = ("neu", "ang", "hap", "sad")
_HYPERPARAMS = """\
encoder_dim: 768
out_n_neurons: 4
wav2vec2: !new:speechbrain.lobes.models.huggingface_transformers.wav2vec2.Wav2Vec2
    source: facebook/wav2vec2-base
    output_norm: True
    freeze: True
avg_pool: !new:speechbrain.nnet.pooling.StatisticsPooling
    return_std: False
output_mlp: !new:speechbrain.nnet.linear.Linear
    input_size: !ref <encoder_dim>
    n_neurons: !ref <out_n_neurons>
    bias: False
"""
