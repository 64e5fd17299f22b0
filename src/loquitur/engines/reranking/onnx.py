"""Cross-encoders in ONNX Runtime, without torch: a question and a passage read together.

As in Nogueira and Cho 2019 ("Passage re-ranking with BERT"): a classifier on the first token of the
pair. The score is its one logit, or of several classes the last one's less the first one's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from loquitur.engines import sessions
from loquitur.engines.encoders import folder
from loquitur.engines.encoders.reader import Reader
from loquitur.engines.encoders.texts import plain
from loquitur.errors import InputError
from loquitur.protocols import Identity, Resources

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

CATALOG = folder.catalog("reranking")
VERSION = "1"
_SHARE = 2
"""A question may take up one half of what is read: the rest is the passage's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxRerankerOptions:
    """Options of the engine.

    Args:
        model: A known name, `OWNER/NAME` of the hub, pulled before, or a folder; with `-int8`
            behind it in 8 bits. In a key stand its name and digest.
        batch_size: Pairs of a batch.
        device: `auto` takes CUDA where onnxruntime has it.
    """

    model: str = field(default="", metadata={"keyed": False})
    batch_size: int = field(default=16, metadata={"keyed": False})
    device: Literal["auto", "cpu", "cuda"] = field(default="auto", metadata={"keyed": False})

    def __post_init__(self) -> None:
        if not 1 <= self.batch_size <= 4096:
            raise ValueError(f"batch_size must be 1 to 4096, not {self.batch_size}")


class OnnxReranker:
    """A cross-encoder (`loquitur.protocols.Reranker` and `Pullable`).

    Args:
        options: See `OnnxRerankerOptions`.
        resources: Model cache and threads; nothing is ever fetched here.

    Raises:
        UsageError: An unknown model.
        MissingError: Model, package or device is absent.
        InputError: The folder holds no such model, or a damaged one.
    """

    Options: ClassVar[type] = OnnxRerankerOptions

    def __init__(self, options: OnnxRerankerOptions, resources: Resources) -> None:
        model = folder.find(options.model, CATALOG, resources)
        self._batch = options.batch_size
        self._reader = Reader(model, resources, device=options.device, classifies=True)
        self._scores([((0,), (0,))])

    @classmethod
    def identity(cls, options: OnnxRerankerOptions, resources: Resources) -> Identity:
        """The version of the rules, and the digest of the model's files; it is not loaded.

        Raises:
            UsageError: An unknown model.
            MissingError: The model, or onnxruntime, is absent.
            InputError: The folder holds no such model.
        """
        sessions.version()
        model = folder.find(options.model, CATALOG, resources)
        return Identity(version=VERSION, model=model.name, model_digest=model.digest(resources))

    @classmethod
    def pull(cls, model: str, resources: Resources, tell: Callable[[str], None]) -> None:
        """Bring a model of the hub into the cache; see `protocols.Pullable`."""
        folder.pull(model, CATALOG, resources, tell)

    @classmethod
    def location(cls, model: str, resources: Resources) -> Path:
        """The folder of a model; see `protocols.Pullable`."""
        return folder.location(model, CATALOG, resources)

    def score(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """One score a text, higher is better, shape [n]; what is too long is cut, the text first.

        Raises:
            EngineError: The runtime failed.
        """
        found = np.zeros(len(texts), dtype=np.float32)
        if not texts:
            return found
        asked = self._cut(plain(query))
        tokenizer = self._reader.tokenizer
        tokenizer.enable_truncation(max_length=self._reader.longest, strategy="only_second")
        encoded = tokenizer.encode_batch([(asked, plain(text)) for text in texts])
        rows = [(one.ids, one.type_ids) for one in encoded]
        for chosen in self._reader.batches([len(ids) for ids, _ in rows], self._batch):
            found[chosen] = self._scores([rows[number] for number in chosen])
        return found

    def _cut(self, query: str) -> str:
        """The beginning of a question, as much as leaves room for a passage."""
        tokenizer = self._reader.tokenizer
        tokenizer.enable_truncation(max_length=max(4, self._reader.longest // _SHARE))
        encoded = tokenizer.encode(query)
        if not encoded.overflowing:
            return query
        return query[: max(end for _, end in encoded.offsets)]

    def _scores(self, rows: Sequence[tuple[Sequence[int], Sequence[int]]]) -> NDArray[np.float32]:
        logits, _ = self._reader.run(rows)
        if logits.ndim != 2 or logits.shape[1] < 1:
            raise InputError(f"{self._reader.name} gives no scores of pairs", code="LQ-NO-MODEL")
        if logits.shape[1] == 1:
            return logits[:, 0]
        difference: NDArray[np.float32] = logits[:, -1] - logits[:, 0]
        return difference
