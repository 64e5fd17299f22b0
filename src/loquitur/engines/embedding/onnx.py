"""Sentence encoders in ONNX Runtime, without torch: MiniLM, multilingual E5 and their kin.

A folder with `model.onnx` is run as it is; of one with `model.safetensors` the graph is written
(`engines.encoders.graph`), once, into the model cache. Vectors of tokens become one by the model's
own pooling (Reimers and Gurevych 2019, "Sentence-BERT"), at unit length.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from loquitur.engines import sessions, weights
from loquitur.engines.encoders import folder
from loquitur.engines.encoders.reader import Reader
from loquitur.engines.encoders.texts import told
from loquitur.errors import InputError
from loquitur.protocols import Identity, Resources
from loquitur.vectors import unit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

CATALOG = folder.catalog("embedding")
VERSION = "1"
"""Of how texts become tokens and tokens a vector here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxEncoderOptions:
    """Options of the engine.

    Args:
        model: A known name, `OWNER/NAME` of the hub, pulled before, or a folder; with `-int8`
            behind it in 8 bits. In a key stand its name and digest.
        pooling: How the vectors of tokens become one; the model's own way where `auto`.
        query_prefix: What is written before a question; the model's own where None.
        passage_prefix: What is written before a passage; the model's own where None.
        batch_size: Texts of a batch.
        device: `auto` takes CUDA where onnxruntime has it.
    """

    model: str = field(default="", metadata={"keyed": False})
    pooling: Literal["auto", "mean", "cls", "max"] = "auto"
    query_prefix: str | None = None
    passage_prefix: str | None = None
    batch_size: int = field(default=16, metadata={"keyed": False})
    device: Literal["auto", "cpu", "cuda"] = field(default="auto", metadata={"keyed": False})

    def __post_init__(self) -> None:
        if not 1 <= self.batch_size <= 4096:
            raise ValueError(f"batch_size must be 1 to 4096, not {self.batch_size}")


class OnnxEncoder:
    """A sentence encoder (`loquitur.protocols.TextEncoder` and `Pullable`).

    Args:
        options: See `OnnxEncoderOptions`.
        resources: Model cache and threads; nothing is ever fetched here.

    Raises:
        UsageError: An unknown model.
        MissingError: Model, package or device is absent.
        InputError: The folder holds no such model, or a damaged one.
    """

    Options: ClassVar[type] = OnnxEncoderOptions
    dimension: int

    def __init__(self, options: OnnxEncoderOptions, resources: Resources) -> None:
        model = folder.find(options.model, CATALOG, resources)
        self._batch = options.batch_size
        self._prefixes = _prefixes(model, options)
        self._pooling = model.pooling() if options.pooling == "auto" else options.pooling
        self._reader = Reader(model, resources, device=options.device, classifies=False)
        self._reader.tokenizer.enable_truncation(max_length=self._reader.longest)
        self.dimension = self._pooled([((0,), (0,))]).shape[1]

    @classmethod
    def identity(cls, options: OnnxEncoderOptions, resources: Resources) -> Identity:
        """The version of the rules, and the digest of the model's files; it is not loaded.

        Raises:
            UsageError: An unknown model.
            MissingError: The model, or onnxruntime, is absent.
            InputError: The folder holds no such model.
        """
        sessions.version()
        model = folder.find(options.model, CATALOG, resources)
        digest = model.digest(resources)
        # by a folder's name too, which is in no digest
        chosen = (options.pooling, *_prefixes(model, options))
        if chosen != ("auto", "", ""):
            digest = weights.combined([digest, *map(repr, chosen)])
        return Identity(version=VERSION, model=model.name, model_digest=digest)

    @classmethod
    def place(cls, options: OnnxEncoderOptions, resources: Resources) -> str:
        """How the user's own folder is named again; empty for a model of the hub."""
        return folder.find(options.model, CATALOG, resources).place

    @classmethod
    def pull(cls, model: str, resources: Resources, tell: Callable[[str], None]) -> None:
        """Bring a model of the hub into the cache; see `protocols.Pullable`."""
        folder.pull(model, CATALOG, resources, tell)

    @classmethod
    def location(cls, model: str, resources: Resources) -> Path:
        """The folder of a model; see `protocols.Pullable`."""
        return folder.location(model, CATALOG, resources)

    def encode(
        self, texts: Sequence[str], *, role: Literal["query", "passage"]
    ) -> NDArray[np.float32]:
        """One vector a text, unit length, shape [n, dimension]; zeros where it has no token.

        Raises:
            EngineError: The runtime failed.
        """
        prefix = self._prefixes[role == "passage"]
        found = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for numbers, some in told(texts):
            encoded = self._reader.tokenizer.encode_batch([prefix + text for text in some])
            rows = [(one.ids, one.type_ids) for one in encoded]
            lengths = [len(ids) for ids, _ in rows]
            for chosen in self._reader.batches(lengths, self._batch):
                found[[numbers[one] for one in chosen]] = self._pooled(
                    [rows[one] for one in chosen]
                )
        return found

    def _pooled(self, rows: Sequence[tuple[Sequence[int], Sequence[int]]]) -> NDArray[np.float32]:
        hidden, mask = self._reader.run(rows)
        vectors = hidden if self._reader.pools else self._together(hidden, mask)
        if vectors.ndim != 2:
            raise InputError(f"{self._reader.name} gives no vectors of texts", code="LQ-NO-MODEL")
        return unit(vectors)

    def _together(
        self, hidden: NDArray[np.float32], mask: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """One vector a text from those of its tokens, [b, t, d] to [b, d]."""
        if hidden.ndim != 3:
            raise InputError(f"{self._reader.name} gives no vectors of tokens", code="LQ-NO-MODEL")
        if self._pooling == "cls":
            return hidden[:, 0]
        kept = mask[:, :, None].astype(np.float32)
        if self._pooling == "max":
            found: NDArray[np.float32] = np.where(kept > 0, hidden, -np.inf).max(axis=1)
            return found
        summed: NDArray[np.float32] = (hidden * kept).sum(axis=1) / kept.sum(axis=1)
        return summed


def _prefixes(model: folder.Model, options: OnnxEncoderOptions) -> tuple[str, str]:
    """What is written before a question and before a passage."""
    query, passage = model.prefixes()
    return (
        query if options.query_prefix is None else options.query_prefix,
        passage if options.passage_prefix is None else options.passage_prefix,
    )
