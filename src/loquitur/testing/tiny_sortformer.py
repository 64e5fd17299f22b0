"""Sortformer models with random weights and the layout of the real ones, written by NeMo itself.

`python -m loquitur.testing.tiny_sortformer FOLDER` makes `FOLDER/streaming.nemo` (a FastConformer,
a transformer and a speaker cache, after diar_streaming_sortformer_4spk-v2) and
`FOLDER/offline.nemo` (without a cache, after diar_sortformer_4spk-v1). Needs nemo_toolkit[asr].
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from loquitur.testing.tiny_nemo import ENCODER, PREPROCESSOR

WIDTH, NARROW, SPEAKERS = 32, 16, 4
_TRANSFORMER = {
    "_target_": "nemo.collections.asr.modules.transformer.transformer_encoders.TransformerEncoder",
    "num_layers": 2,
    "hidden_size": NARROW,
    "inner_size": 32,
    "num_attention_heads": 2,
    "attn_score_dropout": 0.0,
    "attn_layer_dropout": 0.0,
    "ffn_dropout": 0.0,
    "hidden_act": "relu",
    "pre_ln": False,
    "pre_ln_final_layer_norm": True,
}
_MODULES = {
    "_target_": "nemo.collections.asr.modules.sortformer_modules.SortformerModules",
    "num_spks": SPEAKERS,
    "dropout_rate": 0.0,
    "fc_d_model": WIDTH,
    "tf_d_model": NARROW,
    "spkcache_len": 188,
    "fifo_len": 0,
    "chunk_len": 188,
    "spkcache_update_period": 188,
    "chunk_left_context": 1,
    "chunk_right_context": 1,
}


def tiny_sortformer(path: Path, *, streaming: bool, seed: int = 3) -> Path:
    """A Sortformer of 60,000 parameters; what it hears is decided by the sound, and means nothing.

    Args:
        path: The `.nemo` file to write.
        streaming: With a cache of speakers, and features that need no whole sound.
        seed: Decides the weights.
    """
    import torch
    from nemo.collections.asr.models import SortformerEncLabelModel
    from omegaconf import OmegaConf

    path.parent.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    model = SortformerEncLabelModel(cfg=OmegaConf.create(_configuration(streaming)), trainer=None)
    with torch.no_grad():
        for name, values in model.encoder.pre_encode.named_parameters():
            values.mul_(3.0 if name.endswith("weight") else 0.0)  # the sound is heard through
        last = model.sortformer_modules.single_hidden_to_spks
        last.weight.mul_(6.0)
    model.eval()
    model.save_to(str(path))
    return path


def _configuration(streaming: bool) -> dict[str, Any]:
    features = 128 if streaming else 80
    normalize = "NA" if streaming else "per_feature"
    return {
        "sample_rate": 16000,
        "pil_weight": 0.5,
        "ats_weight": 0.5,
        "max_num_of_spks": SPEAKERS,
        "streaming_mode": streaming,
        "async_streaming": False,
        "model_defaults": {"fc_d_model": WIDTH, "tf_d_model": NARROW},
        "preprocessor": {**PREPROCESSOR, "features": features, "normalize": normalize},
        "encoder": {**ENCODER, "feat_in": features, "xscaling": True, "pos_emb_max_len": 5000},
        "transformer_encoder": _TRANSFORMER,
        "sortformer_modules": _MODULES,
        "loss": {
            "_target_": "nemo.collections.asr.losses.bce_loss.BCELoss",
            "weight": None,
            "reduction": "mean",
        },
        "optim": {"name": "adamw", "lr": 0.0001},
    }


if __name__ == "__main__":
    place = Path(sys.argv[1])
    tiny_sortformer(place / "streaming.nemo", streaming=True)
    tiny_sortformer(place / "offline.nemo", streaming=False)
