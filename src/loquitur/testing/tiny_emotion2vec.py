"""An emotion2vec+ with random weights in the layout of the real one, by FunASR's own network.

`python -m loquitur.testing.tiny_emotion2vec FOLDER` writes `config.yaml`, `tokens.txt` and
`model.pt`. Needs funasr.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

LABELS = (
    *("生气/angry", "厌恶/disgusted", "恐惧/fearful", "开心/happy", "中立/neutral"),
    *("其他/other", "难过/sad", "吃惊/surprised", "<unk>"),
)
WIDTH = 24
_AUDIO: dict[str, Any] = {
    "type": "AUDIO",
    "prenet_depth": 1,
    "prenet_layerdrop": 0.0,
    "prenet_dropout": 0.0,
    "start_drop_path_rate": 0.0,
    "end_drop_path_rate": 0.0,
    "num_extra_tokens": 2,
    "init_extra_token_zero": True,
    "mask_noise_std": 0.01,
    "mask_prob": 0.5,
    "mask_length": 5,
    "inverse_mask": False,
    "keep_masked_pct": 0.0,
    "encoder_zero_mask": True,
    "mask_channel_prob": 0.0,
    "ema_local_encoder": False,
    "local_grad_mult": 1.0,
    "use_alibi_encoder": True,
    "alibi_scale": 1.0,
    "learned_alibi": False,
    "learned_alibi_scale": True,
    "learned_alibi_scale_per_head": True,
    "learned_alibi_scale_per_layer": False,
    "num_alibi_heads": 2,
    "model_depth": 2,
    "extractor_mode": "layer_norm",
    "feature_encoder_spec": "[(16, 10, 5)] + [(16, 3, 2)] * 4 + [(16,2,2)] + [(16,2,2)]",
    "conv_pos_width": 15,
    "conv_pos_groups": 4,
    "conv_pos_depth": 1,
    "conv_pos_pre_ln": False,
    "decoder": {
        "decoder_dim": 16,
        "decoder_groups": 4,
        "decoder_kernel": 5,
        "decoder_layers": 1,
        "input_dropout": 0.0,
        "add_positions_masked": False,
        "add_positions_all": False,
        "decoder_residual": True,
        "projection_layers": 1,
        "projection_ratio": 2.0,
    },
}
SHAPE: dict[str, Any] = {
    "loss_beta": 0.0,
    "loss_scale": None,
    "depth": 2,
    "start_drop_path_rate": 0.0,
    "end_drop_path_rate": 0.0,
    "num_heads": 2,
    "norm_eps": 1e-05,
    "norm_affine": True,
    "encoder_dropout": 0.0,
    "post_mlp_drop": 0.0,
    "attention_dropout": 0.0,
    "activation_dropout": 0.0,
    "dropout_input": 0.0,
    "layerdrop": 0.0,
    "embed_dim": WIDTH,
    "mlp_ratio": 2.0,
    "layer_norm_first": False,
    "average_top_k_layers": 2,
    "end_of_block_targets": False,
    "clone_batch": 1,
    "normalize": True,
    "modalities": {"audio": _AUDIO},
}


def tiny_emotion2vec(folder: Path, *, seed: int = 4) -> Path:
    """A model of 20,000 parameters whose nine moods depend on the sound, and mean nothing.

    Args:
        folder: Made where it is missing.
        seed: Decides the weights.
    """
    import torch
    from funasr.models.emotion2vec.model import Emotion2vec

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    model = Emotion2vec(model_conf=SHAPE, vocab_size=len(LABELS))
    with torch.no_grad():
        model.proj.weight.mul_(20.0)
    named = {f"d2v_model.{name}": values for name, values in model.state_dict().items()}
    for name in ("proj.weight", "proj.bias"):
        named[name] = named.pop(f"d2v_model.{name}")
    torch.save({"model": named}, folder / "model.pt")
    (folder / "tokens.txt").write_text("\n".join(LABELS) + "\n", encoding="utf-8")
    content = {
        "model": "Emotion2vec",
        "model_conf": SHAPE,
        "tokenizer": "CharTokenizer",
        "tokenizer_conf": {"unk_symbol": "<unk>", "split_with_space": True},
        "scope_map": ["d2v_model.", "none"],
    }
    # JSON is YAML too
    (folder / "config.yaml").write_text(json.dumps(content, indent=1), encoding="utf-8")
    return folder


if __name__ == "__main__":
    tiny_emotion2vec(Path(sys.argv[1]))
