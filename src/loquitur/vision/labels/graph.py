"""A net that labels as one ONNX graph: no torch.

For every stream the graph reads `NAME` [b, t, d] (uint8 where it is quantised, float32 else) and
`NAME_lengths` [b] int64; it gives `logits` [b, labels], where the net has that head
`vertical_logits` [b, verticals], and with late fusion `branch_logits/NAME` [b, labels].
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.errors import EngineError, InputError
from loquitur.vision.graphfiles import open_graph, translated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from loquitur.vision.labels.nets.config import LabelNetConfig

LENGTHS = "_lengths"
"""What follows a stream's name where the graph reads how many rows each video has."""
LOGITS, GENRE_LOGITS, BRANCHES = "logits", "vertical_logits", "branch_logits/"
"""As `nets.contract` calls them, without torch."""


def answers_of(net: LabelNetConfig) -> tuple[str, ...]:
    """What a net says, by the names of `nets.contract.LabelNet.forward`."""
    alone = [BRANCHES + one.name for one in net.inputs] if net.fusion == "late" else []
    return (LOGITS, *([GENRE_LOGITS] if net.verticals else []), *alone)


class GraphScorer:
    """Asks the graph that `exporting` writes.

    Args:
        graph: The file.
        net: Whose graph it shall be.
        shown: How the model is called in messages.
        threads: How many may be used.

    Raises:
        InputError: No graph, or of another net.
        MissingError: ONNX Runtime is not installed.
    """

    def __init__(self, graph: bytes, *, net: LabelNetConfig, shown: str, threads: int = 1) -> None:
        self._session = open_graph(graph, threads, f"{shown}: labeller.onnx")
        self._given = [each.name for each in self._session.get_outputs()]
        read = {each.name: each for each in self._session.get_inputs()}
        due = {name for one in net.inputs for name in (one.name, one.name + LENGTHS)}
        # earlier exports of late fusion say not what each stream says alone
        asked = [name for name in answers_of(net) if not name.startswith(BRANCHES)]
        lacking = [name for name in asked if name not in self._given]
        if set(read) != due or lacking:
            what = f"gives no {' and no '.join(lacking)}"
            if not lacking:
                what = f"reads {', '.join(sorted(read))}"
            raise InputError(
                f"{shown}: the graph is not that of the model's card: it {what}",
                hint="export the run anew",
                code="LQ-NO-MODEL",
            )
        sizes = {f"numbers a row of '{one.name}'": (read[one.name].shape[-1], one.dimension)
                 for one in net.inputs}  # fmt: skip
        given = {each.name: each.shape[-1] for each in self._session.get_outputs()}
        sizes["labels"] = (given[LOGITS], net.labels)
        if net.verticals:
            sizes["genres"] = (given[GENRE_LOGITS], net.verticals)
        for what, (found, wanted) in sizes.items():
            if found != wanted:
                raise InputError(
                    f"{shown}: a graph of a net of {found} {what}, the model's card has {wanted}",
                    hint="they are of different trainings: copy the whole folder of one",
                    code="LQ-NO-MODEL",
                )

    def run(
        self, streams: Mapping[str, NDArray[Any]], lengths: Mapping[str, NDArray[np.int64]]
    ) -> dict[str, NDArray[np.float32]]:
        """As `modelfile.Scorer`."""
        given: dict[str, NDArray[Any]] = {}
        for name, rows in streams.items():
            given[name] = np.ascontiguousarray(rows)
            given[name + LENGTHS] = np.ascontiguousarray(lengths[name], dtype=np.int64)
        with translated("the graph that labels failed", EngineError):
            found = self._session.run(None, given)
        return dict(zip(self._given, found, strict=True))
