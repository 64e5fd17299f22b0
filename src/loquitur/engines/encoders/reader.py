"""Runs an encoder: its graph, written where there is none, and its tokenizer."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.engines import classifiers, sessions
from loquitur.engines.encoders import folder, graph
from loquitur.errors import InputError, MissingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from loquitur.protocols import Resources

    Rows = Sequence[tuple[Sequence[int], Sequence[int]]]
    """Texts as the ids of their tokens and the kinds of these."""

_SENTENCE = "sentence_embedding"
_KEPT = ".graphs"
_TOKENS_AT_ONCE = 4096


class Reader:
    """An encoder, loaded.

    Args:
        model: Which.
        resources: Threads, and the model cache, in which a written graph is kept.
        device: `auto`, `cpu` or `cuda`.
        classifies: Whether a classifier's head is wanted.

    Raises:
        MissingError: A package or device is absent.
        InputError: The files are not what they should be.
    """

    def __init__(
        self, model: folder.Model, resources: Resources, *, device: str, classifies: bool
    ) -> None:
        self.name = model.name
        config = model.config()
        with _told_of(model):
            self._pad = graph.padding_of(config)
        self.longest = model.longest()
        self.tokenizer = classifiers.read_tokenizer(model.folder)
        self.tokenizer.no_padding()
        path = model.graph
        source: Path | bytes = path if path is not None else _written(model, resources, classifies)
        self._session = sessions.on_device(source, device, resources.threads)
        self._inputs = {item.name for item in self._session.get_inputs()}
        self._outputs = [item.name for item in self._session.get_outputs()]
        # what a whole batch is quantised by would tell of neighbours: one text at a time
        self._alone = model.precision == "int8"
        if not {graph.IDS, graph.MASK} <= self._inputs <= {graph.IDS, graph.MASK, graph.KINDS}:
            raise InputError(
                f"{self.name} reads no tokens: its inputs are {', '.join(sorted(self._inputs))}",
                hint=f"expected {graph.IDS} and {graph.MASK}, and perhaps {graph.KINDS}",
                code="LQ-NO-MODEL",
            )

    @property
    def pools(self) -> bool:
        """Whether the graph itself gives one vector a text."""
        return _SENTENCE in self._outputs

    def run(self, rows: Rows) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """What the graph gives of texts side by side, and the mask of their tokens, [b, t]."""
        ids, mask = classifiers.padded([row for row, _ in rows], self._pad)
        given: dict[str, Any] = {graph.IDS: ids, graph.MASK: mask}
        if graph.KINDS in self._inputs:
            given[graph.KINDS], _ = classifiers.padded([kinds for _, kinds in rows], 0)
        wanted = _SENTENCE if self.pools else self._outputs[0]
        with sessions.translated(f"{self.name} failed"):
            (found,) = self._session.run([wanted], given)
        return np.asarray(found, dtype=np.float32), mask

    def batches(self, lengths: Sequence[int], most: int) -> Iterator[list[int]]:
        """Numbers of texts of like lengths, so many side by side that memory is bounded.

        Args:
            lengths: Of each text, in tokens.
            most: Texts of a batch.
        """
        chosen: list[int] = []
        for number in sorted(range(len(lengths)), key=lambda one: (lengths[one], one)):
            full = (len(chosen) + 1) * lengths[number] > _TOKENS_AT_ONCE
            if chosen and (self._alone or full or len(chosen) == most):
                yield chosen
                chosen = []
            chosen.append(number)
        if chosen:
            yield chosen


@contextlib.contextmanager
def _told_of(model: folder.Model) -> Iterator[None]:
    """Says of which folder an error is.

    Raises:
        InputError: What was raised inside.
    """
    try:
        yield
    except InputError as exc:
        message = f"{model.folder}: {exc.message}"
        raise InputError(message, hint=exc.hint, code="LQ-NO-MODEL") from exc


def _written(model: folder.Model, resources: Resources, classifies: bool) -> Path | bytes:
    """The graph of a model's weights: kept in the model cache, where that can be written."""
    head = "head" if classifies else "body"
    name = f"{model.digest(resources)}-{head}.onnx"
    kept = resources.models / folder.ENGINE / _KEPT / name
    if kept.is_file():
        return kept
    state = read_weights(model.folder / folder.WEIGHTS)
    with _told_of(model):
        if classifies and not any(name.startswith("classifier.") for name in state):
            raise InputError(
                "it has no classifier, and so gives no scores of pairs",
                hint="an encoder of sentences is no reranker: take a cross-encoder",
                code="LQ-NO-MODEL",
            )
        made = graph.write(
            state,
            graph.shape_of(model.config()),
            precision=model.precision,
            classifies=classifies,
        )
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=kept.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(made)
            Path(temporary).replace(kept)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError:  # a cache that cannot be written costs time alone
        return made
    return kept


def read_weights(path: Path) -> dict[str, NDArray[np.float32]]:
    """The weights of a file of safetensors, as float32.

    Raises:
        MissingError: The library is not installed.
        InputError: It is damaged.
    """
    try:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file
    except ImportError as exc:
        raise MissingError(
            "the package safetensors is not installed",
            hint='pip install "loquitur[library]"',
            code="LQ-NO-PACKAGE",
        ) from exc
    try:
        found = load_file(path)
    except (SafetensorError, OSError, ValueError, TypeError, KeyError) as exc:
        raise InputError(f"{path} cannot be read: {exc}", code="LQ-NO-MODEL") from exc
    return {
        name: value.astype(np.float32, copy=False)
        for name, value in found.items()
        if value.dtype.kind in "fV" or value.dtype.name == "bfloat16"
    }
