"""NeMo models with random weights and the layout of the real ones, written by NeMo itself.

`python -m loquitur.testing.tiny_nemo FOLDER` makes `FOLDER/tiny.nemo` (a Parakeet: FastConformer
with a token-and-duration transducer), `FOLDER/onnx` (its export, as the onnx-asr library reads it)
and `FOLDER/salm` (a Canary-Qwen: FastConformer, projection, Qwen3). Needs nemo_toolkit[asr].
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

LABELS = [" ", *"abcdefghijklmnopqrstuvwxyz", "'"]
AUDIO_TAG = "<|audioplaceholder|>"
_DURATIONS = [0, 1, 2, 3, 4]
PREPROCESSOR = {
    "_target_": "nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor",
    "sample_rate": 16000,
    "normalize": "per_feature",
    "window_size": 0.025,
    "window_stride": 0.01,
    "window": "hann",
    "features": 128,
    "n_fft": 512,
    "frame_splicing": 1,
    "dither": 0.00001,
    "pad_to": 0,
}
ENCODER = {
    "_target_": "nemo.collections.asr.modules.ConformerEncoder",
    "feat_in": 128,
    "feat_out": -1,
    "n_layers": 2,
    "d_model": 32,
    "subsampling": "dw_striding",
    "subsampling_factor": 8,
    "subsampling_conv_channels": 16,
    "causal_downsampling": False,
    "ff_expansion_factor": 2,
    "self_attention_model": "rel_pos",
    "n_heads": 2,
    "att_context_size": [-1, -1],
    "xscaling": False,
    "conv_kernel_size": 9,
    "conv_norm_type": "batch_norm",
    "dropout": 0.0,
    "dropout_pre_encoder": 0.0,
    "dropout_emb": 0.0,
    "dropout_att": 0.0,
}


def tiny_tdt(folder: Path, *, seed: int = 5, blank_bias: float = 0.0) -> Path:
    """A Parakeet-TDT of 50,000 parameters as `tiny.nemo`.

    Args:
        folder: Made where it is missing.
        seed: Decides the weights.
        blank_bias: Added to the blank's logit: higher says less.
    """
    import torch
    from nemo.collections.asr.models import EncDecRNNTModel
    from omegaconf import OmegaConf

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    model = EncDecRNNTModel(cfg=OmegaConf.create(_transducer()), trainer=None)
    with torch.no_grad():
        joint = model.joint.joint_net[-1]
        for name, values in model.encoder.pre_encode.named_parameters():
            values.mul_(3.0 if name.endswith("weight") else 0.0)  # the sound is heard through
        for part in (joint, model.joint.enc):
            part.weight.mul_(4.0)
        joint.bias[0] += 2.0  # words have ends
        joint.bias[len(LABELS)] += blank_bias
        joint.bias[len(LABELS) + 1] -= 4.0  # a duration of 0 is rare in the real model too
    model.eval()
    model.save_to(str(folder / "tiny.nemo"))
    return folder / "tiny.nemo"


def export_onnx(model: Path, folder: Path) -> Path:
    """NeMo's own export of a transducer, under the names that onnx-asr looks for."""
    from nemo.collections.asr.models import ASRModel

    folder.mkdir(parents=True, exist_ok=True)
    loaded = ASRModel.restore_from(str(model), map_location="cpu")
    loaded.export(str(folder / "tiny.onnx"))
    (folder / "encoder-tiny.onnx").rename(folder / "encoder-model.onnx")
    (folder / "decoder_joint-tiny.onnx").rename(folder / "decoder_joint-model.onnx")
    pieces = [label.replace(" ", "▁") for label in LABELS]
    lines = [f"{piece} {index}\n" for index, piece in enumerate([*pieces, "<blk>"])]
    (folder / "vocab.txt").write_text("".join(lines), encoding="utf-8")
    config = {"model_type": "nemo-conformer-tdt", "features_size": 128, "subsampling_factor": 8}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def tiny_salm(folder: Path, *, seed: int = 0) -> Path:
    """A Canary-Qwen in a folder: its wrapper's configuration, weights, and the Qwen3 beneath."""
    import torch
    from nemo.collections.speechlm2.models import SALM

    backbone = folder / "llm_backbone"
    width = _write_backbone(backbone)
    torch.manual_seed(seed)
    model = SALM(
        {
            "pretrained_llm": str(backbone),
            "pretrained_asr": "none",
            "pretrained_weights": False,
            "prompt_format": "qwen",
            "audio_locator_tag": AUDIO_TAG,
            "perception": {
                "target": "nemo.collections.speechlm2.modules.perception.AudioPerceptionModule",
                "preprocessor": PREPROCESSOR,
                "encoder": ENCODER,
                "modality_adapter": {
                    "_target_": "nemo.collections.speechlm2.modules.perception.IdentityConnector",
                    "d_model": ENCODER["d_model"],
                },
                "output_dim": width,
            },
        }
    )
    model.eval()
    model.save_pretrained(str(folder))
    return folder


def _write_backbone(folder: Path, *, width: int = 32) -> int:
    """Configuration and byte-level tokenizer of a Qwen3 of two layers."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, Qwen3Config

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(
        models.BPE(vocab={sign: at for at, sign in enumerate(letters)}, merges=[])
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    marks = {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "bos_token": "<|im_start|>"}
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **marks)
    fast.save_pretrained(str(folder))
    Qwen3Config(
        vocab_size=320,
        hidden_size=width,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        max_position_embeddings=4096,
        tie_word_embeddings=False,
    ).save_pretrained(str(folder))
    return width


def _transducer() -> dict[str, Any]:
    return {
        "sample_rate": 16000,
        "labels": LABELS,
        "preprocessor": PREPROCESSOR,
        "encoder": ENCODER,
        "model_defaults": {
            "enc_hidden": 32,
            "pred_hidden": 16,
            "joint_hidden": 16,
            "num_tdt_durations": len(_DURATIONS),
            "tdt_durations": _DURATIONS,
        },
        "decoder": {
            "_target_": "nemo.collections.asr.modules.RNNTDecoder",
            "normalization_mode": None,
            "random_state_sampling": False,
            "blank_as_pad": True,
            "prednet": {"pred_hidden": 16, "pred_rnn_layers": 1, "dropout": 0.0},
        },
        "joint": {
            "_target_": "nemo.collections.asr.modules.RNNTJoint",
            "log_softmax": None,
            "preserve_memory": False,
            "fuse_loss_wer": False,
            "fused_batch_size": 1,
            "jointnet": {"joint_hidden": 16, "activation": "relu", "dropout": 0.0,
                         "encoder_hidden": 32, "pred_hidden": 16},
            "num_extra_outputs": len(_DURATIONS),
        },
        "decoding": {
            "strategy": "greedy_batch",
            "model_type": "tdt",
            "durations": _DURATIONS,
            "greedy": {"max_symbols": 5},
        },
        "loss": {
            "loss_name": "tdt",
            "tdt_kwargs": {"durations": _DURATIONS, "sigma": 0.02, "omega": 0.1},
        },
        "optim": {"name": "adamw", "lr": 0.001},
    }  # fmt: skip


if __name__ == "__main__":
    place = Path(sys.argv[1])
    export_onnx(tiny_tdt(place), place / "onnx")
    tiny_salm(place / "salm")
