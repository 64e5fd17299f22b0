"""Sentiment by any text classifier that transformers loads: XLM-R, BERT and the like.

Polarity is the mean of the classes' places between -1 and 1 (`engines.opinion_labels`),
weighed by their probabilities; these are in `scores`. There is no subjectivity. A long text is
judged in pieces, weighed by their tokens.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from loquitur import known_models
from loquitur.engines import checkpoints, classifiers, opinion_labels, runtime
from loquitur.engines.runtime import Precision
from loquitur.errors import InputError
from loquitur.languages import named
from loquitur.protocols import Identity, Resources

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from loquitur.model.sentiment import Sentiment

NAME = "transformers"
DEFAULT = "cardiffnlp/twitter-xlm-roberta-base-sentiment"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformersSentimentOptions:
    """Options of the engine.

    Args:
        model: `OWNER/NAME[@REVISION]` of the hub, pulled before, or a folder. In a key stand its
            name and digest instead.
        revision: A branch, tag or commit of the hub's repository; pins what is pulled and read.
        labels: The classes in the order of the outputs, with commas between, where the model's own
            names say nothing.
        languages: Those that the model knows, with commas between; the known models' own where
            empty, and any where nothing is known.
        batch_size: Texts of a batch; halved where memory does not hold it.
        device: `auto` (CUDA, Apple's, CPU), `cpu`, `cuda`, `cuda:1`, `mps`.
        dtype: `auto` (half precision on CUDA, else single), `float32`, `float16`, `bfloat16`.
    """

    model: str = field(default=DEFAULT, metadata={"keyed": False})
    revision: str = field(default="", metadata={"keyed": False})
    labels: str = ""
    languages: str = ""
    batch_size: int = field(default=32, metadata={"keyed": False})
    device: str = field(default="auto", metadata={"keyed": False})
    dtype: Precision = "auto"

    def __post_init__(self) -> None:
        if not 1 <= self.batch_size <= 4096:
            raise ValueError(f"batch_size must be 1 to 4096, not {self.batch_size}")


class TransformersSentiment(checkpoints.FromHub):
    """A text classifier on torch (`loquitur.protocols.SentimentReader` and `Pullable`).

    Args:
        options: See `TransformersSentimentOptions`.
        resources: Model cache and threads; nothing is ever fetched here.

    Raises:
        MissingError: Package, model or the device asked for is absent.
        InputError: The folder holds no classifier of sentiment, or a damaged one.
        UsageError: An unknown model or device.
        EngineError: The library refuses the model.
    """

    Options: ClassVar[type] = TransformersSentimentOptions
    default_model: ClassVar[str] = DEFAULT
    languages: tuple[str, ...]

    def __init__(self, options: TransformersSentimentOptions, resources: Resources) -> None:
        found = checkpoints.source(options.model, options.revision)
        folder = checkpoints.locate(found, resources)
        self._name = found.name
        self.languages = self.languages_of(options)
        labels = checkpoints.labels_of(folder, options.labels)
        values = opinion_labels.polarities(labels, model=found.name)
        self._torch, transformers = runtime.libraries()
        self._threads = resources.threads
        self._device = runtime.choose_device(self._torch, options.device)
        self._batch = options.batch_size
        with runtime.translated(f"the model in {folder} cannot be loaded", InputError):
            tokenizer = _tokenizer(folder, transformers)
            dtype = runtime.choose_precision(self._torch, options.dtype, self._device)
            self._model = runtime.load_complete(
                transformers.AutoModelForSequenceClassification,
                folder,
                dtype,
                hint="it is no classifier of texts, or another kind of model",
            ).to(self._device)
        config = checkpoints.read_config(folder)
        self._pad = int(config.get("pad_token_id") or 0)
        self._width = len(labels)
        self._judge = classifiers.Judge(
            engine=NAME,
            labels=labels,
            values=values,
            languages=self.languages,
            cutter=classifiers.Cutter(tokenizer, classifiers.longest_of(config)),
            classify=self._classify,
            batch=options.batch_size,
        )

    @classmethod
    def identity(cls, options: TransformersSentimentOptions, resources: Resources) -> Identity:
        """The library's version and the digest of the model's files; it is not loaded.

        Raises:
            MissingError: Package or model absent.
            InputError: The folder holds no classifier of sentiment.
            UsageError: An unknown model.
        """
        version = checkpoints.version()
        checkpoints.version("torch")
        found = checkpoints.source(options.model, options.revision)
        folder = checkpoints.locate(found, resources)
        opinion_labels.polarities(checkpoints.labels_of(folder, options.labels), model=found.name)
        return Identity(
            version=version,
            model=found.name,
            model_digest=checkpoints.digest(folder, resources),
        )

    @classmethod
    def languages_of(cls, options: TransformersSentimentOptions) -> tuple[str, ...]:
        """The languages of the chosen model; empty for many, or where nothing is known of it."""
        if options.languages:
            return classifiers.languages_in(options.languages)
        plain = options.model.partition("@")[0]
        known = (one.languages for one in known_models.OPINIONS if one.name == plain)
        return named(next(known, ""))

    def score(self, texts: Sequence[str], *, languages: Sequence[str]) -> Iterator[Sentiment]:
        """One sentiment for each text; `scores` has the probabilities of the classes."""
        return self._judge.score(texts, languages)

    def _classify(self, rows: Sequence[Sequence[int]]) -> list[Sequence[float]]:
        with (
            runtime.translated(f"{self._name} failed"),
            runtime.inference(self._torch, self._threads),
        ):
            return list(runtime.in_batches(rows, self._batch, self._run, device=self._device))

    def _run(self, rows: Sequence[Sequence[int]]) -> list[Sequence[float]]:
        ids, mask = classifiers.padded(rows, self._pad)
        torch = self._torch
        with runtime.translated(f"{self._name} failed", retried=True):
            logits = self._model(
                input_ids=torch.from_numpy(ids).to(self._device),
                attention_mask=torch.from_numpy(mask).to(self._device),
            ).logits.float()
            if logits.shape[-1] != self._width:
                raise InputError(
                    f"{self._name} gives {logits.shape[-1]} scores, but {self._width} classes are "
                    "named",
                    code="LQ-NO-MODEL",
                )
            shares: list[Sequence[float]] = logits.softmax(-1).cpu().tolist()
        return shares


def _tokenizer(folder: Path, transformers: Any) -> Any:
    """The tokenizer as the library `tokenizers` has it, made from older files where need be."""
    if (folder / classifiers.TOKENIZER).is_file():
        return classifiers.read_tokenizer(folder)
    made = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    backend = getattr(made, "backend_tokenizer", None)
    if backend is None:
        raise InputError(
            f"{folder} has a tokenizer that only runs in Python",
            hint="save it as tokenizer.json",
            code="LQ-NO-MODEL",
        )
    return backend
