"""A trained model that labels, as a folder: its card and its weights or its graph.

How the folder is kept whole: `vision.modelfolder`.
"""

from __future__ import annotations

import dataclasses
import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from loquitur.errors import EngineError, InputError
from loquitur.vision import modelfolder
from loquitur.vision.labels.columns import taken
from loquitur.vision.labels.examples import Examples
from loquitur.vision.labels.feeding.batch import LabelBatch
from loquitur.vision.labels.feeding.padding import padded
from loquitur.vision.labels.feeding.timeline import in_time
from loquitur.vision.labels.graph import GENRE_LOGITS, LOGITS
from loquitur.vision.labels.logistic import sigmoid
from loquitur.vision.labels.modelcard import TRAIN, LabelModelCard, read_card, to_bytes
from loquitur.vision.labels.vocabulary import genre_scores

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from numpy.typing import NDArray

    from loquitur.vision.labels.nets.contract import LabelNet

GRAPH = "labeller.onnx"
_TOGETHER = 64
"""Videos that are labelled side by side."""


class Scorer(Protocol):
    """A net that can be asked, on torch or ONNX Runtime."""

    def run(
        self, streams: Mapping[str, NDArray[Any]], lengths: Mapping[str, NDArray[np.int64]]
    ) -> dict[str, NDArray[np.float32]]:
        """What the net says of a batch, by the names of `nets.contract.LabelNet.forward`.

        Args:
            streams: By name [b, t, d], padded behind each video's last row; every stream that the
                net reads.
            lengths: By name [b]; 0 where the stream is absent.
        """


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scores:
    """What a model says of some videos.

    Args:
        labels: Probabilities float32 [n, labels].
        genres: Probabilities float32 [n, genres]; of no columns where the model knows none.
    """

    labels: NDArray[np.float32]
    genres: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelModel:
    """A model that labels videos by their streams.

    Args:
        card: What it says of itself.
        scorer: Its net, on torch or ONNX Runtime.
        folder: Where it was read from.
    """

    card: LabelModelCard
    scorer: Scorer
    folder: Path

    def scores(
        self, given: Examples | LabelBatch, *, only: Collection[str] | None = None
    ) -> NDArray[np.float32]:
        """Probabilities of every label, float32 [n, labels].

        Args:
            given: Some videos, with any of the streams that the model reads.
            only: Streams to look at, as if the others were absent; all where None.

        Raises:
            InputError: Rows of another size or kind, or with NaN.
            EngineError: The net gave no numbers.
        """
        return self.judge(given, only=only).labels

    def judge(self, given: Examples | LabelBatch, *, only: Collection[str] | None = None) -> Scores:
        """As `scores`, with genres: by the net's own head, else 1 - prod(1 - p) over labels."""
        found = [self._judged(batch, only) for batch in self._batches(given, only)]
        if not found:
            empty = np.zeros((0, len(self.card.labels)), np.float32)
            return Scores(labels=empty, genres=np.zeros((0, len(self.card.genres)), np.float32))
        return Scores(
            labels=np.concatenate([each.labels for each in found]),
            genres=np.concatenate([each.genres for each in found]),
        )

    def outputs(
        self, batch: LabelBatch, *, only: Collection[str] | None = None
    ) -> dict[str, NDArray[np.float32]]:
        """What the net says of a batch as it says it: `logits` [b, labels] and its like.

        Raises:
            InputError: Rows of another size or kind, or with NaN.
            EngineError: The net gave no numbers.
        """
        streams: dict[str, NDArray[Any]] = {}
        lengths: dict[str, NDArray[np.int64]] = {}
        for one in self.card.net.inputs:
            kind = np.dtype(np.uint8 if one.quantised else np.float32)
            rows = batch.streams.get(one.name)
            if rows is None or (only is not None and one.name not in only):
                streams[one.name] = np.zeros((len(batch), 1, one.dimension), kind)
                lengths[one.name] = np.zeros(len(batch), np.int64)
                continue
            streams[one.name] = _checked_rows(rows, one.dimension, kind, one.name)
            lengths[one.name] = np.asarray(batch.lengths[one.name], np.int64)
        found = self.scorer.run(streams, lengths)
        for name, each in found.items():
            if not np.isfinite(each).all():
                raise EngineError(
                    f"{self.folder}: the net's {name} are NaN or infinite",
                    hint="its training may have broken down: take an earlier checkpoint",
                )
        return found

    def _judged(self, batch: LabelBatch, only: Collection[str] | None) -> Scores:
        found = self.outputs(batch, only=only)
        labels = sigmoid(found[LOGITS] / np.float32(self.card.temperature))
        if GENRE_LOGITS in found:
            genres = sigmoid(found[GENRE_LOGITS])
        else:
            matrix = self.card.vocabulary().vertical_matrix()
            genres = genre_scores(labels, matrix).astype(np.float32)
        return Scores(labels=labels, genres=genres)

    def _batches(
        self, given: Examples | LabelBatch, only: Collection[str] | None
    ) -> Iterator[LabelBatch]:
        if isinstance(given, LabelBatch):
            yield given
            return
        for start in range(0, len(given), _TOGETHER):
            rows = range(start, min(start + _TOGETHER, len(given)))
            yield batch_of(given, rows, self.card, only=only)


def _checked_rows(
    rows: NDArray[Any], dimension: int, kind: np.dtype[Any], name: str
) -> NDArray[Any]:
    """Rows [b, t, d] as the net reads them.

    Raises:
        InputError: They are of another size or kind, or hold NaN.
    """
    if rows.ndim != 3 or rows.shape[2] != dimension:
        raise InputError(
            f"rows of '{name}' are [videos, rows, {dimension}], not {list(rows.shape)}",
            code="LQ-OTHER-STREAMS",
        )
    if (rows.dtype == np.uint8) != (kind == np.uint8) or rows.dtype.kind not in "fu":
        raise InputError(
            f"rows of '{name}' are {rows.dtype}, the model reads {kind}",
            hint="loquitur label data convert changes how rows are kept",
            code="LQ-OTHER-STREAMS",
        )
    plain = np.ascontiguousarray(rows, dtype=kind)
    if kind != np.uint8 and not np.isfinite(plain).all():
        raise InputError(f"rows of '{name}' hold NaN or infinity", hint="make them again")
    return plain


def batch_of(
    examples: Examples,
    videos: range,
    card: LabelModelCard,
    *,
    only: Collection[str] | None = None,
) -> LabelBatch:
    """Some videos side by side, as a model reads them; of long ones rows spread evenly.

    Where the model is timed, rows are laid in time (`feeding.timeline`). Streams that are not among
    `only` are absent.

    Raises:
        InputError: Rows of another size or kind than the model reads.
    """
    records = np.arange(videos.start, videos.stop, dtype=np.int64)
    names = [
        one.name
        for one in card.streams
        if one.name in examples.streams and (only is None or one.name in only)
    ]
    some = taken(examples, records, names)
    if card.net.timed:
        some = in_time(some, card.streams, most=card.net.most_rows)
    return padded([some], card.streams, most_rows=card.net.most_rows)[0]


def save(
    folder: Path,
    net: LabelNet,
    card: LabelModelCard,
    *,
    projections: Mapping[str, bytes] | None = None,
) -> LabelModelCard:
    """Write a model's folder; one that is there is replaced in one step.

    Args:
        folder: Where; made where there is none.
        net: Its sizes are those of the card.
        card: Its `producer`, `form`, `projections` and `files` are filled in.
        projections: Of streams: the files of `own.projection` that made them.

    Returns:
        The card as it was written.

    Raises:
        FullError: No space, or no right to write there.
        MissingError: Without torch or safetensors.
        ValueError: The net is another than the card's.
    """
    if net.config != card.net:
        raise ValueError("the net is not the one of the card")
    with needs_torch():
        from loquitur.vision.nets.weights import weights_of
    data = weights_of(net)
    named = {f"projection-{name}.safetensors": each for name, each in (projections or {}).items()}
    card = dataclasses.replace(
        card,
        form="torch",
        projections={name: f"projection-{name}.safetensors" for name in projections or {}},
    )
    return write_files(folder, card, {modelfolder.weights_name(data): data, **named})


def write_files(folder: Path, card: LabelModelCard, files: Mapping[str, bytes]) -> LabelModelCard:
    """Write files, then the card that names them, then take away the weights of an older one."""
    return modelfolder.write_folder(folder, card, files, encoded=to_bytes)


def find(path: Path) -> Path:
    """The model's folder in what a user names: that folder, or a run's best or last one.

    Raises:
        InputError: There is none; what is there instead is said.
    """
    return modelfolder.find(path, hint=TRAIN)


def load(path: Path, *, device: str = "cpu", threads: int = 1) -> LabelModel:
    """A model, ready to label.

    Args:
        path: A model's folder, or a run's (its best model, else its last one).
        device: Of torch's; graphs run on the processor.
        threads: Of graphs; torch's are the process's.

    Raises:
        InputError: It is not ours, damaged, of another version, or its weights are NaN.
        MissingError: It needs torch, and that is not installed.
        UsageError: There is no such device.
    """
    folder = find(path)
    card, files = modelfolder.read_whole(folder, read_card, hint=TRAIN)
    rest = {name: data for name, data in files.items() if name not in card.projections.values()}
    if len(rest) != 1 or (card.form == "onnx" and GRAPH not in rest):
        raise InputError(f"{folder / 'model.json'}: names no weights", code="LQ-NO-MODEL")
    ((name, data),) = rest.items()
    scorer: Scorer
    if card.form == "onnx":
        from loquitur.vision.labels.graph import GraphScorer

        scorer = GraphScorer(data, net=card.net, shown=str(folder), threads=threads)
        return LabelModel(card=card, scorer=scorer, folder=folder)
    with needs_torch():
        from loquitur.vision.labels.nets.scoring import TorchScorer
        from loquitur.vision.labels.nets.weights import with_weights
    net = with_weights(card.net, data, shown=str(folder / name), device=device)
    return LabelModel(card=card, scorer=TorchScorer(net), folder=folder)


def check_runs_here(card: LabelModelCard) -> None:
    """Hold that a model can be loaded here, before anything is made for it.

    Raises:
        MissingError: It needs torch or safetensors, and they are not installed.
    """
    if card.form == "torch":
        with needs_torch():
            for name in ("torch", "safetensors"):
                if importlib.util.find_spec(name) is None:
                    raise ModuleNotFoundError(f"no package {name}", name=name)


def projection_of(model: LabelModel, stream: str) -> bytes | None:
    """The file that brings a stream's features to their size; None where there is none."""
    name = model.card.projections.get(stream)
    return (model.folder / name).read_bytes() if name else None


def needs_torch() -> AbstractContextManager[None]:
    """Turns the lack of torch or safetensors into our error."""
    return modelfolder.needs_torch(verb="label export")
