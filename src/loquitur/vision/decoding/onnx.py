"""A net as two graphs, which ONNX Runtime steps: no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.errors import EngineError, InputError
from loquitur.vision.graphfiles import open_graph, translated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Arrays = dict[str, "NDArray[Any]"]


class OnnxStepper:
    """Steps the graphs that `exporting` writes.

    Args:
        encoder: The first graph: features and lengths to a state.
        step: The second one: words and a state to log-probabilities and what changed of the state.
        state_names: The entries of the state that the second graph reads.
        dimension: Numbers a frame that the first graph shall read.
        words: How many words the second one shall know.
        shown: How the model is called in messages.
        threads: How many may be used.

    Raises:
        InputError: No graphs, or not of this form.
        MissingError: ONNX Runtime is not installed.
    """

    def __init__(
        self,
        encoder: bytes,
        step: bytes,
        *,
        state_names: Sequence[str],
        dimension: int,
        words: int,
        shown: str,
        threads: int = 1,
    ) -> None:
        self._shown = shown
        self._encoder = open_graph(encoder, threads, f"{shown}: encoder.onnx")
        self._step = open_graph(step, threads, f"{shown}: step.onnx")
        self._given = [each.name for each in self._encoder.get_outputs()]
        self._asked = list(state_names)
        self._changed = [each.name.removesuffix("_after") for each in self._step.get_outputs()[1:]]
        read = {each.name for each in self._encoder.get_inputs()}
        heard = {each.name for each in self._step.get_inputs()}
        if read != {"features", "lengths"} or heard != {"words", *self._asked}:
            raise InputError(
                f"{shown}: the graphs are not those of a captioner: they read "
                + ", ".join(sorted(read | heard)),
                code="LQ-NO-MODEL",
            )
        if not set(self._asked) <= set(self._given):
            raise InputError(f"{shown}: the graphs are of different nets", code="LQ-NO-MODEL")
        self._check_size("numbers a frame", self._encoder.get_inputs(), "features", 2, dimension)
        scores = self._step.get_outputs()
        self._check_size("words", scores, scores[0].name, 1, words)

    def _check_size(self, what: str, known: Sequence[Any], name: str, at: int, wanted: int) -> None:
        (shape,) = (each.shape for each in known if each.name == name)
        found = shape[at] if len(shape) == at + 1 else shape
        if found != wanted:
            raise InputError(
                f"{self._shown}: graphs of a net of {found} {what}, the model's card has {wanted}",
                hint="they are of different trainings: copy the whole folder of one",
                code="LQ-NO-MODEL",
            )

    def begin(self, features: NDArray[np.float32], lengths: NDArray[np.int64]) -> Arrays:
        """Read clips [rows, t, d]."""
        with translated("the graph that reads frames failed", EngineError):
            found = self._encoder.run(
                None,
                {
                    "features": np.ascontiguousarray(features, dtype=np.float32),
                    "lengths": np.ascontiguousarray(lengths, dtype=np.int64),
                },
            )
        return dict(zip(self._given, found, strict=True))

    def step(self, words: NDArray[np.int64], state: Arrays) -> tuple[NDArray[np.float32], Arrays]:
        """Log-probabilities [rows, v] of the next words."""
        given: Arrays = {name: state[name] for name in self._asked}
        given["words"] = np.ascontiguousarray(words, dtype=np.int64)
        with translated("the graph that writes words failed", EngineError):
            scores, *changed = self._step.run(None, given)
        return scores, state | dict(zip(self._changed, changed, strict=True))

    def select(self, state: Arrays, rows: NDArray[np.int64]) -> Arrays:
        """Rows of every array."""
        return {name: each[rows] for name, each in state.items()}
