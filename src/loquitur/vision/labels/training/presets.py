"""Named sets of options for the task of labelling: the requirement's four rows, and what won.

Sizes marked `-paper` are those that were published for YouTube-8M; the others are for a processor,
or for what one has of one's own: some millions of weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from loquitur.errors import UsageError
from loquitur.vision.training.layers import Preset, named
from loquitur.vision.training.options import require_ranges

LossName = Literal["entropy", "focal", "asymmetric"]
Weighting = Literal["no", "inverse", "root", "class-balanced"]
Fusion = Literal["late", "joint", "gated"]
Cell = Literal["lstm", "gru"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetOptions:
    """Which net, and how large; what follows from the data is not here.

    Args:
        architecture: A name of `loquitur.vision.labels.nets.LABEL_NETS`.
        hidden: Numbers of the layer in which all streams are joined, and of a dense net's layers.
        cell_size: Numbers of a recurrent layer's state, in each direction.
        layers: Of each LSTM or GRU, or of a dense net.
        clusters: Of a bag of frames, NetVLAD or NeXtVLAD.
        expansion: By how much NeXtVLAD widens a row first.
        groups: In which it then cuts it.
        mixtures: Experts a label; 0 for a logistic head.
        fusion: How streams are joined; see `LabelNetConfig`.
        gating: Context gating (Miech et al. 2017, arXiv 1706.06905) before the head.
        gate_reduction: How much narrower the layer inside it is, as NeXtVLAD has it; 1: none, as
            Miech et al. have it.
        cell: LSTM or GRU, where an architecture has either.
        bidirectional: Rows are also read from the last to the first.
        dropout: Share of numbers that training drops.
        branch_dropout: With what chance training leaves a whole stream of a video out; never all.
        encoders: What makes one vector of a stream's rows, where it is not the architecture's own:
            `rgb=nextvlad,words=gru` (names of `loquitur.vision.labels.nets.ENCODERS`).
        timed: Of `lstm` and `gru`: rows stand at the second in which they are shown, heard or said;
            otherwise those of a shorter stream are spread evenly.
    """

    architecture: str = "joined"
    hidden: int = 128
    cell_size: int = 64
    layers: int = 1
    clusters: int = 32
    expansion: int = 2
    groups: int = 8
    mixtures: int = 0
    fusion: Fusion = "joint"
    gating: bool = False
    gate_reduction: int = 8
    cell: Cell = "lstm"
    bidirectional: bool = False
    dropout: float = 0.3
    branch_dropout: float = 0.1
    encoders: str = ""
    timed: bool = False

    def chosen_encoders(self) -> dict[str, str]:
        """The encoders that were named, by stream.

        Raises:
            UsageError: It is no list of such pairs.
        """
        pairs = [one.partition("=") for one in self.encoders.split(",") if one.strip()]
        if not all(equals for _, equals, _ in pairs):
            raise UsageError(
                f"no encoders of streams: '{self.encoders}'", hint="net.encoders=rgb=nextvlad"
            )
        return {stream.strip(): name.strip() for stream, _, name in pairs}


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelOptions:
    """How labels are learnt.

    Args:
        streams: Those of the data set that are read, with commas between them; all where empty.
        most_rows: Of a longer stream so many rows are taken, spread evenly.
        loss: Binary cross-entropy; the focal loss (Lin et al. 2017, arXiv 1708.02002); or the
            asymmetric one (Ridnik et al. 2021, arXiv 2009.14119).
        focal_gamma: By which power the focal loss turns from what is right already.
        positive_gamma: The same of the asymmetric loss, where a label is there.
        negative_gamma: And where it is not.
        margin: A label that is absent costs nothing below this probability (asymmetric loss).
        weighting: What a rare label counts more where it is there: `inverse` by how many videos
            lack it for one that has it, `root` the root of that; or `class-balanced`, there or
            not, by the effective number of videos (Cui et al. 2019, arXiv 1901.05555).
        most_weight: No weight is larger.
        beta: Of `class-balanced`.
        logit_adjustment: How much of the log odds of a label's share of the videos is taken off
            its logit after training (Menon et al. 2021, arXiv 2007.07314); 1 for all.
        label_smoothing: Share of each target that is moved to the label's share of the videos
            (Szegedy et al. 2016, arXiv 1512.00567, with that in the place of an even spread, which
            over thousands of labels would say that most videos have most of them).
        vertical_weight: Of the loss of the genres' own head; 0 for no such head.
        branch_weight: Of the loss of each stream alone, of nets with late fusion.
        prior_bias: The head begins with each label's share of the videos.
        train_part: Videos to learn from.
        validation_part: Videos to judge by.
        validation_videos: So many of them at most, the first ones; 0 for all.
        buffer: Videos among which the order is drawn (see `feeding`).
        keep_going: Damaged records are left out and told, in the place of an end.
    """

    streams: str = ""
    most_rows: int = 300
    loss: LossName = "entropy"
    focal_gamma: float = 2.0
    positive_gamma: float = 0.0
    negative_gamma: float = 4.0
    margin: float = 0.05
    weighting: Weighting = "no"
    most_weight: float = 50.0
    beta: float = 0.9999
    logit_adjustment: float = 0.0
    label_smoothing: float = 0.0
    vertical_weight: float = 0.2
    branch_weight: float = 0.0
    prior_bias: bool = True
    train_part: str = "train"
    validation_part: str = "validate"
    validation_videos: int = 0
    buffer: int = 4096
    keep_going: bool = False

    def __post_init__(self) -> None:
        require_ranges(self, _RANGES, what="labels")
        if self.train_part == self.validation_part:
            raise UsageError("training and validation are the same part")

    def chosen_streams(self) -> tuple[str, ...]:
        """The streams that were named; empty for all."""
        return tuple(name for one in self.streams.split(",") if (name := one.strip()))


_RANGES = {
    "most_rows": (1, 100_000), "focal_gamma": (0, 20), "positive_gamma": (0, 20),
    "negative_gamma": (0, 20), "margin": (0, 0.9), "most_weight": (1, 1e9), "beta": (0, 0.9999999),
    "logit_adjustment": (0, 10), "label_smoothing": (0, 0.9), "vertical_weight": (0, 100),
    "branch_weight": (0, 100), "validation_videos": (0, 1e12), "buffer": (1, 1 << 24),
}  # fmt: skip


_PROCESSOR: dict[str, Any] = {
    "optimizer": "adam",
    "lr": 4e-3,
    "schedule": "cosine",
    "lr_floor": 0.02,
    "batch": 64,
    "clip": 1.0,
    "epochs": 20,
    "threads": 1,
}
"""Of nets of some millions of weights on thousands of videos."""
_PUBLISHED: dict[str, Any] = {
    "optimizer": "adam",
    "lr": 2e-4,
    "schedule": "cosine",
    "lr_floor": 0.1,
    "batch": 128,
    "clip": 1.0,
    "epochs": 5,
}
_AS_PUBLISHED: dict[str, Any] = {"dropout": 0.0, "branch_dropout": 0.0}
PRESETS: dict[str, Preset] = {
    "small": Preset(
        says="the default: NeXtVLAD with context gating and two experts a label",
        train=_PROCESSOR,
        net={
            "architecture": "nextvlad", "clusters": 16, "groups": 2, "mixtures": 2, "gating": True,
        },
    ),
    "net": Preset(
        says="the requirement's first row: a dense net on the mean of each stream",
        train=_PROCESSOR,
        net={"architecture": "mlp", "layers": 2},
    ),
    "bilstm": Preset(
        says="the second: a bidirectional LSTM of two layers over all streams of a second",
        train=_PROCESSOR,
        net={"architecture": "lstm", "layers": 2, "bidirectional": True},
    ),
    "stream": Preset(
        says="the third: an LSTM for each stream",
        train=_PROCESSOR,
        net={"architecture": "stream"},
    ),
    "joined": Preset(
        says="the fourth: the first and the third in one classifier",
        train=_PROCESSOR,
        net={"architecture": "joined"},
    ),
    "logistic": Preset(
        says="means and a logistic regression",
        train=_PROCESSOR | {"lr": 1e-2},
        net={"architecture": "logistic", "dropout": 0.0},
    ),
    "moe": Preset(
        says="means and a mixture of two experts a label",
        train=_PROCESSOR | {"lr": 5e-3},
        net={"architecture": "moe", "mixtures": 2, "dropout": 0.0},
    ),
    "dbof": Preset(
        says="a deep bag of frames",
        train=_PROCESSOR,
        net={"architecture": "dbof", "clusters": 256},
    ),
    "netvlad": Preset(
        says="NetVLAD with context gating and two experts a label",
        train=_PROCESSOR,
        net={"architecture": "netvlad", "clusters": 16, "mixtures": 2, "gating": True},
    ),
    "nextvlad": Preset(
        says="NeXtVLAD with context gating and two experts a label",
        train=_PROCESSOR,
        net={
            "architecture": "nextvlad", "clusters": 16, "groups": 4, "mixtures": 2, "gating": True,
        },
    ),
    "lstm": Preset(
        says="an LSTM over all streams of a second",
        train=_PROCESSOR,
        net={"architecture": "lstm"},
    ),
    "gru": Preset(
        says="a GRU over all streams of a second",
        train=_PROCESSOR,
        net={"architecture": "gru", "cell": "gru"},
    ),
    "nextvlad-paper": Preset(
        says="Lin et al. 2018 (arXiv 1811.05014): 128 clusters, 8 groups, expansion 2, hidden"
        " 2048, gating, dropout 0.5, Adam 2e-4, batch 160, clip 1, 5 epochs. Theirs takes a fifth"
        " off the rate every two million videos; here it falls along half a cosine to a tenth",
        train=_PUBLISHED | {"batch": 160},
        net={
            "architecture": "nextvlad", "hidden": 2048, "clusters": 128, "groups": 8,
            "expansion": 2, "gating": True, "dropout": 0.5, "branch_dropout": 0.0,
        },
    ),
    "netvlad-paper": Preset(
        says="Miech et al. 2017 (arXiv 1706.06905) and their code: 256 clusters, hidden 1024, two"
        " experts a label, gating, Adam 2e-4, batch 80. Theirs gates the experts' answers too",
        train=_PUBLISHED | {"batch": 80},
        net={
            "architecture": "netvlad", "hidden": 1024, "clusters": 256, "mixtures": 2,
            "gating": True, "gate_reduction": 1, **_AS_PUBLISHED,
        },
    ),
    "dbof-paper": Preset(
        says="Abu-El-Haija et al. 2016 (arXiv 1609.08675) and the starter code: 8192 projections,"
        " hidden 1024, 30 frames a video, Adam 0.01, batch 1024",
        train=_PUBLISHED | {"lr": 0.01, "batch": 1024},
        net={
            "architecture": "dbof", "hidden": 1024, "clusters": 8192, "mixtures": 2,
            **_AS_PUBLISHED,
        },
        task={"most_rows": 30},
    ),
    "moe-paper": Preset(
        says="the same paper's mixture of two experts on means, Adam 0.01, batch 1024",
        train=_PUBLISHED | {"lr": 0.01, "batch": 1024},
        net={"architecture": "moe", "mixtures": 2, **_AS_PUBLISHED},
    ),
    "lstm-paper": Preset(
        says="the same paper's LSTM: two layers of 1024, Adam 1e-3, batch 128",
        train=_PUBLISHED | {"lr": 1e-3},
        net={
            "architecture": "lstm", "hidden": 1024, "cell_size": 1024, "layers": 2, "mixtures": 2,
            **_AS_PUBLISHED,
        },
    ),
    "gru-paper": Preset(
        says="Miech et al. 2017: a GRU of two layers of 1200, Adam 2e-4, batch 128",
        train=_PUBLISHED,
        net={
            "architecture": "gru", "cell": "gru", "hidden": 1200, "cell_size": 1200, "layers": 2,
            "mixtures": 2, **_AS_PUBLISHED,
        },
    ),
}  # fmt: skip
_OF_NETS = {"mlp": "net"}


def usual(net: str = "") -> str:
    """The preset that is taken where none is named: that of the net, where one is."""
    name = _OF_NETS.get(net, net)
    return name if name in PRESETS else "small"


def preset(name: str) -> Preset:
    """A preset by its name.

    Raises:
        UsageError: There is none of that name.
    """
    return named(PRESETS, name)
