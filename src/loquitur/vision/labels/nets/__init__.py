"""Nets that label videos, in plain PyTorch; reached by name through `LABEL_NETS`."""

from __future__ import annotations

_STREAMS = "loquitur.vision.labels.nets.streams:StreamNet"
_ABREAST = "loquitur.vision.labels.nets.abreast:AbreastNet"

LABEL_NETS: dict[str, str] = {
    "logistic": _STREAMS,
    "moe": _STREAMS,
    "mlp": _STREAMS,
    "dbof": _STREAMS,
    "netvlad": _STREAMS,
    "nextvlad": _STREAMS,
    "lstm": _ABREAST,
    "gru": _ABREAST,
    "stream": _STREAMS,
    "joined": _STREAMS,
}
"""Which class makes each net. The requirement's four rows are `mlp`, `lstm`, `stream`, `joined`."""

ENCODERS: dict[str, str] = {
    "mean": "loquitur.vision.labels.nets.branches.means:Mean",
    "mlp": "loquitur.vision.labels.nets.branches.means:Dense",
    "dbof": "loquitur.vision.labels.nets.branches.bags:Bag",
    "netvlad": "loquitur.vision.labels.nets.branches.vlad:NetVlad",
    "nextvlad": "loquitur.vision.labels.nets.branches.nextvlad:NextVlad",
    "lstm": "loquitur.vision.labels.nets.branches.recurrent:Recurrent",
    "gru": "loquitur.vision.labels.nets.branches.recurrent:Recurrent",
    "joined": "loquitur.vision.labels.nets.branches.joined:Joined",
}
"""What makes one vector of a stream's rows (see `branches`)."""
