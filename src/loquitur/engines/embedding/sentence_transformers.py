"""Any encoder that sentence-transformers loads, on torch: MPNet, BGE-M3, E5 in all sizes.

Reimers and Gurevych 2019, "Sentence-BERT". Code that lies beside a model is not run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from loquitur.engines import checkpoints, runtime, weights
from loquitur.engines.catalog import Catalog, Located
from loquitur.engines.encoders.folder import prefixes_of
from loquitur.engines.encoders.texts import told
from loquitur.errors import InputError, MissingError
from loquitur.protocols import Identity, Resources

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

CATALOG = Catalog("embedding", "sentence-transformers")
VERSION = "1"
_NEEDED = (checkpoints.CONFIG, "model.safetensors")
_BESIDE = ("*.json", "*.txt", "*.model", "*_*/config.json", "*_*/model.safetensors")
_DECIDES = (".json", ".txt", ".model", ".safetensors")
_INSTALL = 'pip install "loquitur[sentence-transformers]"'


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceTransformersOptions:
    """Options of the engine.

    Args:
        model: A known name, `OWNER/NAME` of the hub, pulled before, or a folder. In a key stand
            its name and digest.
        batch_size: Texts of a batch.
        device: `auto` (CUDA, Apple's, CPU), `cpu`, `cuda`, `cuda:1`, `mps`.
    """

    model: str = field(default="", metadata={"keyed": False})
    batch_size: int = field(default=32, metadata={"keyed": False})
    device: str = field(default="auto", metadata={"keyed": False})

    def __post_init__(self) -> None:
        if not 1 <= self.batch_size <= 4096:
            raise ValueError(f"batch_size must be 1 to 4096, not {self.batch_size}")


class SentenceTransformers:
    """An encoder on torch (`loquitur.protocols.TextEncoder` and `Pullable`).

    Args:
        options: See `SentenceTransformersOptions`.
        resources: Model cache and threads; nothing is ever fetched here.

    Raises:
        UsageError: An unknown model or device.
        MissingError: Model, package or device is absent.
        InputError: The folder holds no such model, or a damaged one.
    """

    Options: ClassVar[type] = SentenceTransformersOptions
    dimension: int

    def __init__(self, options: SentenceTransformersOptions, resources: Resources) -> None:
        located = _locate(options, resources)
        folder, self._name = located.folder, located.name
        _check_packages()
        self._torch, _ = runtime.libraries()
        self._threads = resources.threads
        self._batch = options.batch_size
        from sentence_transformers import SentenceTransformer

        device = runtime.choose_device(self._torch, options.device)
        with runtime.translated(f"the model in {folder} cannot be loaded", InputError):
            self._model: Any = SentenceTransformer(
                str(folder), device=device, local_files_only=True, trust_remote_code=False
            )
            measure = getattr(self._model, "get_embedding_dimension", None)
            measure = measure or self._model.get_sentence_embedding_dimension
            self.dimension = int(measure())
        self._prefixes = prefixes_of(folder, self._name)

    @classmethod
    def identity(cls, options: SentenceTransformersOptions, resources: Resources) -> Identity:
        """The version of the rules, and the digest of the model's files; it is not loaded.

        Raises:
            UsageError: An unknown model.
            MissingError: The model or a package is absent.
            InputError: The folder holds no such model.
        """
        _check_packages()
        located = _locate(options, resources)
        folder, name = located.folder, located.name
        cache = resources.models / CATALOG.engine
        places = [folder, *sorted(item for item in folder.glob("*_*") if item.is_dir())]
        digests = []
        for place in places:
            inside = [item for item in place.iterdir() if item.suffix in _DECIDES]
            if files := sorted(item for item in inside if item.is_file()):
                digests.append(weights.digest(files, cache))
        prefixes = prefixes_of(folder, name)
        if any(prefixes):  # by a folder's name too, which is in no digest
            digests += map(repr, prefixes)
        return Identity(version=VERSION, model=name, model_digest=weights.combined(digests))

    @classmethod
    def place(cls, options: SentenceTransformersOptions, resources: Resources) -> str:
        """The user's own folder; empty for a model of the hub."""
        return _locate(options, resources).place

    @classmethod
    def pull(cls, model: str, resources: Resources, tell: Callable[[str], None]) -> None:
        """Bring a model of the hub into the cache; see `protocols.Pullable`."""
        CATALOG.pull_whole(model, resources, tell, needed=_NEEDED, extra=_BESIDE)

    @classmethod
    def location(cls, model: str, resources: Resources) -> Path:
        """The folder of a model; see `protocols.Pullable`."""
        return CATALOG.location(model, resources)

    def encode(
        self, texts: Sequence[str], *, role: Literal["query", "passage"]
    ) -> NDArray[np.float32]:
        """One vector a text, unit length, shape [n, dimension]; zeros where it is blank.

        Of a text the first 16,384 characters count, and of these what the model reads.

        Raises:
            EngineError: The library failed, or the device is out of memory.
        """
        prefix = self._prefixes[role == "passage"]
        found = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for numbers, some in told(texts):
            found[numbers] = self._encoded([prefix + text for text in some])
        return found

    def _encoded(self, texts: Sequence[str]) -> NDArray[np.float32]:
        with (
            runtime.translated(f"{self._name} failed"),
            runtime.inference(self._torch, self._threads),
        ):
            found = self._model.encode(
                list(texts),
                prompt="",  # ours stand before the texts already
                batch_size=self._batch,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        return np.asarray(found, dtype=np.float32)


def _locate(options: SentenceTransformersOptions, resources: Resources) -> Located:
    """Where a model is, complete."""
    found = CATALOG.locate(options.model, resources)
    absent = weights.lacking(found.folder, (checkpoints.CONFIG,))
    if not absent and not checkpoints.weight_files(found.folder):
        absent = ["model.safetensors"]
    CATALOG.check_whole(found, absent)
    return found


def _check_packages() -> None:
    for package in ("sentence-transformers", "torch"):
        try:
            checkpoints.version(package)
        except MissingError as exc:
            raise MissingError(exc.message, hint=_INSTALL, code=exc.code) from exc
