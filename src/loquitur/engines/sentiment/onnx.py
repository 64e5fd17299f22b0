"""Sentiment by a text classifier as ONNX, without torch: a graph, a tokenizer, the classes.

Such a folder is what `optimum-cli export onnx --task text-classification` writes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from loquitur.engines import checkpoints, classifiers, opinion_labels, sessions
from loquitur.errors import InputError, MissingError, UsageError
from loquitur.protocols import Identity, Resources

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.model.sentiment import Sentiment

NAME = "onnx"
_GRAPH = "model.onnx"
_IDS, _MASK, _KINDS = "input_ids", "attention_mask", "token_type_ids"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxSentimentOptions:
    """Options of the engine.

    Args:
        model: A folder with `model.onnx`, `tokenizer.json` and `config.json`. In a key stand its
            name and digest.
        labels: The classes in the order of the outputs, with commas between, where the model's own
            names say nothing.
        languages: Those that the model knows, with commas between; any where empty.
        batch_size: Texts of a batch.
        device: `auto` takes CUDA where onnxruntime has it.
    """

    model: str = field(default="", metadata={"keyed": False})
    labels: str = ""
    languages: str = ""
    batch_size: int = field(default=32, metadata={"keyed": False})
    device: Literal["auto", "cpu", "cuda"] = field(default="auto", metadata={"keyed": False})

    def __post_init__(self) -> None:
        if not 1 <= self.batch_size <= 4096:
            raise ValueError(f"batch_size must be 1 to 4096, not {self.batch_size}")


class OnnxSentiment:
    """A text classifier in onnxruntime (`loquitur.protocols.SentimentReader`).

    Args:
        options: See `OnnxSentimentOptions`.
        resources: Threads; nothing is fetched.

    Raises:
        MissingError: No folder is named, or a package or device is absent.
        UsageError: There is no such folder.
        InputError: The folder holds no such model.
        EngineError: onnxruntime refuses it.
    """

    Options: ClassVar[type] = OnnxSentimentOptions
    languages: tuple[str, ...]

    def __init__(self, options: OnnxSentimentOptions, resources: Resources) -> None:
        folder = _locate(options)
        self._name = folder.resolve().name
        self.languages = self.languages_of(options)
        labels = checkpoints.labels_of(folder, options.labels)
        values = opinion_labels.polarities(labels, model=self._name)
        config = checkpoints.read_config(folder)
        self._pad = int(config.get("pad_token_id") or 0)
        self._width = len(labels)
        self._session = sessions.on_device(folder / _GRAPH, options.device, resources.threads)
        self._inputs = {item.name for item in self._session.get_inputs()}
        if not {_IDS, _MASK} <= self._inputs <= {_IDS, _MASK, _KINDS}:
            raise InputError(
                f"{self._name} reads no tokens: its inputs are {', '.join(sorted(self._inputs))}",
                hint=f"expected {_IDS} and {_MASK}, and perhaps {_KINDS}",
                code="LQ-NO-MODEL",
            )
        self._judge = classifiers.Judge(
            engine=NAME,
            labels=labels,
            values=values,
            languages=self.languages,
            cutter=classifiers.Cutter(
                classifiers.read_tokenizer(folder), classifiers.longest_of(config)
            ),
            classify=self._classify,
            batch=options.batch_size,
        )

    @classmethod
    def identity(cls, options: OnnxSentimentOptions, resources: Resources) -> Identity:
        """Onnxruntime's version and the digest of the model's files; it is not loaded.

        Raises:
            MissingError: No folder is named, or onnxruntime is absent.
            UsageError: There is no such folder.
            InputError: The folder holds no such model.
        """
        folder = _locate(options)
        names = (classifiers.TOKENIZER, checkpoints.CONFIG)
        return sessions.identity_of(folder, folder / _GRAPH, names, resources)

    @classmethod
    def languages_of(cls, options: OnnxSentimentOptions) -> tuple[str, ...]:
        """The languages that the user says the model knows; empty for any."""
        return classifiers.languages_in(options.languages)

    def score(self, texts: Sequence[str], *, languages: Sequence[str]) -> Iterator[Sentiment]:
        """One sentiment for each text; `scores` has the probabilities of the classes."""
        return self._judge.score(texts, languages)

    def _classify(self, rows: Sequence[Sequence[int]]) -> list[Sequence[float]]:
        ids, mask = classifiers.padded(rows, self._pad)
        given: dict[str, Any] = {_IDS: ids, _MASK: mask}
        if _KINDS in self._inputs:
            given[_KINDS] = np.zeros_like(ids)
        with sessions.translated(f"{self._name} failed"):
            logits = np.asarray(self._session.run(None, given)[0], dtype=np.float64)
        if logits.ndim != 2 or logits.shape[1] != self._width:
            raise InputError(
                f"{self._name} gives scores of shape {list(logits.shape)}, but {self._width} "
                "classes are named",
                code="LQ-NO-MODEL",
            )
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares: list[Sequence[float]] = (odds / odds.sum(axis=1, keepdims=True)).tolist()
        return shares


def _locate(options: OnnxSentimentOptions) -> Path:
    if not options.model:
        raise MissingError(
            "the sentiment engine 'onnx' has no model of its own",
            hint="name a folder with model.onnx, tokenizer.json and config.json: "
            "--engine onnx:FOLDER",
            code="LQ-NO-MODEL",
        )
    folder = Path(options.model).expanduser()
    if not folder.is_dir():
        raise UsageError(f"there is no folder '{options.model}'", code="LQ-NO-MODEL")
    for name in (_GRAPH, classifiers.TOKENIZER):
        if not (folder / name).is_file():
            raise InputError(f"{folder} has no {name}", code="LQ-NO-MODEL")
    return folder
