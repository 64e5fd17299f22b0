"""What a net that labels is: its branches, how they are joined, its head; needs no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from loquitur.vision.labels.dataset import HIGH, LOW
from loquitur.vision.labels.nets import ENCODERS, LABEL_NETS

Fusion = Literal["late", "joint", "gated"]
Cell = Literal["lstm", "gru"]

_MOST = {
    "labels": 1 << 20,
    "verticals": 1 << 16,
    "hidden": 1 << 16,
    "cell_size": 1 << 14,
    "layers": 32,
    "clusters": 1 << 16,
    "expansion": 16,
    "groups": 1 << 10,
    "gate_reduction": 1 << 10,
    "mixtures": 64,
    "most_rows": 100_000,
}
"""Far more than any labeller has: a card that was tampered with shall not keep a machine busy."""
_MAY_BE_NONE = ("verticals", "mixtures")
_MOST_BRANCHES, _MOST_DIMENSION = 16, 1 << 20
_OF_ITSELF = {
    "logistic": "mean",
    "moe": "mean",
    "mlp": "mlp",
    "dbof": "dbof",
    "netvlad": "netvlad",
    "nextvlad": "nextvlad",
    "joined": "joined",
}
"""Which encoder a stream has in a net; the others have that of their cell."""
_LESSER = 2
"""By how much narrower streams than the widest have fewer clusters and groups. The winners' code
gives sound half of what pictures have: antoine77340/Youtube-8M-WILLOW, frame_level_models.py;
linrongc/youtube-8m, nextvlad.py."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchInput:
    """One stream as a net reads it.

    Args:
        name: Of the stream.
        dimension: Numbers a row.
        quantised: Rows come as uint8 and are made numbers first (see `dataset.StreamInfo`).
        low: See `quantised`.
        high: See `quantised`.
        encoder: A name of `ENCODERS`: how its rows become one vector; empty: as the architecture
            has it.
    """

    name: str
    dimension: int
    quantised: bool = True
    low: float = LOW
    high: float = HIGH
    encoder: str = ""

    def __post_init__(self) -> None:
        if not self.name or not self.name.isidentifier():
            raise ValueError(f"a stream's name is a word of letters, not {self.name!r}")
        if not 1 <= self.dimension <= _MOST_DIMENSION:
            raise ValueError(
                f"{self.name}: 1 to {_MOST_DIMENSION} numbers a row, not {self.dimension}"
            )
        if not self.low < self.high:
            raise ValueError(f"{self.name}: low is below high, not {self.low} and {self.high}")
        if self.encoder and self.encoder not in ENCODERS:
            raise ValueError(f"no encoder is called {self.encoder!r}; known: {', '.join(ENCODERS)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelNetConfig:
    """The sizes of a labeller.

    Args:
        architecture: A name of `LABEL_NETS`. `logistic`, `moe`: of the means of the streams;
            `mlp`: dense layers on the means; `dbof`, `netvlad`, `nextvlad`: frames gathered in
            clusters; `lstm`, `gru`: a recurrent net over the rows of all streams side by side;
            `stream`: one for each stream; `joined`: that and `mlp` in one classifier.
        inputs: The streams, in the order in which they stand side by side.
        labels: Size of the vocabulary.
        verticals: Genres that get scores of their own; 0: no such head.
        hidden: Width of the layer in which the streams are joined, and of the layers of `mlp`.
        cell_size: Numbers of a recurrent layer's state, in each direction.
        layers: Recurrent layers, and layers of `mlp`.
        clusters: Of `dbof`, `netvlad`, `nextvlad`, for the widest stream; the others have half.
        expansion: By how much `nextvlad` widens rows first.
        groups: Into how many parts `nextvlad` cuts each row, of the widest stream; the others have
            half.
        mixtures: Experts a label (mixture of experts); 0: one linear score a label.
        fusion: `joint`: the streams' vectors side by side, then one layer; `gated`: each brought to
            `hidden`, and summed with weights that depend on all of them; `late`: a head for each,
            whose scores are averaged.
        gating: Context gating of the joined layer.
        gate_reduction: How much narrower the layer inside the gate is, as NeXtVLAD has it; 1: none,
            as Miech et al. have it.
        cell: Of recurrent layers.
        bidirectional: Recurrent layers run both ways.
        dropout: The share of numbers that training sets to zero.
        branch_dropout: How likely training leaves out each stream of a video, never all of them:
            only a net that learnt without a stream can do without it.
        most_rows: Rows of a stream that a video is cut or thinned to; nets read any number.
        timed: Of `lstm` and `gru`: who feeds the net lays the rows of all streams in time first
            (`feeding.timeline`), so that words stand at the second in which they are said. The net
            itself is the same.

    Raises:
        ValueError: No such net can be built.
    """

    architecture: str
    inputs: tuple[BranchInput, ...]
    labels: int
    verticals: int = 0
    hidden: int = 512
    cell_size: int = 256
    layers: int = 1
    clusters: int = 64
    expansion: int = 2
    groups: int = 8
    mixtures: int = 0
    fusion: Fusion = "joint"
    gating: bool = False
    gate_reduction: int = 8
    cell: Cell = "lstm"
    bidirectional: bool = False
    dropout: float = 0.0
    branch_dropout: float = 0.0
    most_rows: int = 300
    timed: bool = False

    def __post_init__(self) -> None:
        if self.architecture not in LABEL_NETS:
            raise ValueError(
                f"no net is called {self.architecture!r}; known: {', '.join(LABEL_NETS)}"
            )
        for name, most in _MOST.items():
            least = 0 if name in _MAY_BE_NONE else 1
            if not least <= getattr(self, name) <= most:
                raise ValueError(f"{name} is {least} to {most}, not {getattr(self, name)}")
        for name in ("dropout", "branch_dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} is 0 or more and below 1, not {getattr(self, name)}")
        if self.fusion not in ("late", "joint", "gated"):
            raise ValueError(f"fusion is late, joint or gated, not {self.fusion!r}")
        if self.cell not in ("lstm", "gru"):
            raise ValueError(f"a cell is lstm or gru, not {self.cell!r}")
        self._check_inputs()
        self._check_head()

    def _check_inputs(self) -> None:
        names = [one.name for one in self.inputs]
        if not names or len(names) > _MOST_BRANCHES:
            raise ValueError(f"a net reads 1 to {_MOST_BRANCHES} streams, not {len(names)}")
        if len(set(names)) != len(names):
            raise ValueError(f"a stream stands there twice: {', '.join(names)}")
        if self.is_abreast and any(one.encoder for one in self.inputs):
            raise ValueError(f"{self.architecture} reads all streams at once, by one encoder")
        if self.is_abreast and self.fusion != "joint":
            raise ValueError(f"{self.architecture} reads all streams at once: fusion is joint")
        if self.timed and not self.is_abreast:
            raise ValueError(f"{self.architecture} reads each stream by itself: only lstm and gru"
                             " are timed")  # fmt: skip
        for one in self.inputs:
            groups = self.groups_of(one)
            if self.encoder_of(one) == "nextvlad" and one.dimension * self.expansion % groups:
                raise ValueError(
                    f"{one.name}: {one.dimension} x {self.expansion} numbers are not of"
                    f" {groups} groups"
                )

    def _check_head(self) -> None:
        if self.architecture == "moe" and not self.mixtures:
            raise ValueError("moe has mixtures: 1 or more")
        if self.architecture == "logistic" and (self.mixtures or self.gating):
            raise ValueError("logistic has one linear score a label: no mixtures, no gating")

    @property
    def is_abreast(self) -> bool:
        """Whether one encoder reads the rows of all streams side by side."""
        return self.architecture in ("lstm", "gru")

    @property
    def is_flat(self) -> bool:
        """Whether the head reads the streams' vectors themselves, without a layer between."""
        return self.architecture in ("logistic", "moe")

    def encoder_of(self, one: BranchInput) -> str:
        """The name of `ENCODERS` that a stream has."""
        if self.is_abreast:
            return self.architecture
        return one.encoder or _OF_ITSELF.get(self.architecture, self.cell)

    def clusters_of(self, one: BranchInput) -> int:
        """Clusters that a stream's rows are gathered in."""
        return self.clusters if self._is_widest(one) else max(1, self.clusters // _LESSER)

    def groups_of(self, one: BranchInput) -> int:
        """Parts that a stream's rows are cut into."""
        return self.groups if self._is_widest(one) else max(1, self.groups // _LESSER)

    def _is_widest(self, one: BranchInput) -> bool:
        return one.dimension == max(each.dimension for each in self.inputs)
