"""The networks, in plain PyTorch; reached by name through `NETS`, loaded when chosen."""

from __future__ import annotations

NETS: dict[str, str] = {
    "s2vt": "loquitur.vision.nets.s2vt:S2vt",
    "s2vt-state": "loquitur.vision.nets.s2vt_state:S2vtState",
    "s2vt-attention": "loquitur.vision.nets.s2vt_attention:S2vtAttention",
    "transformer": "loquitur.vision.nets.transformer:TransformerCaptioner",
}
