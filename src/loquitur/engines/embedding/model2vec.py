"""Static sentence vectors by model2vec: the mean of learned vectors of pieces of words, no torch.

Tulkens and van Dongen 2024, "Model2Vec". Some hundred times as fast as an encoder that reads a text
whole, and blind to the order of words.
"""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from loquitur.engines import weights
from loquitur.engines.catalog import Catalog, Located
from loquitur.engines.encoders.texts import told
from loquitur.errors import InputError, MissingError
from loquitur.protocols import Identity, Resources
from loquitur.vectors import unit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

CATALOG = Catalog("embedding", "model2vec")
VERSION = "1"
_NEEDED = ("config.json", "model.safetensors", "tokenizer.json")
_BESIDE = ("modules.json",)
_LONGEST = 512
_PACKAGE = "model2vec"


@dataclass(frozen=True, slots=True, kw_only=True)
class Model2VecOptions:
    """Options of the engine.

    Args:
        model: A known name, `OWNER/NAME` of the hub, pulled before, or a folder. In a key stand
            its name and digest.
    """

    model: str = field(default="", metadata={"keyed": False})


class Model2Vec:
    """Static vectors (`loquitur.protocols.TextEncoder` and `Pullable`).

    Args:
        options: See `Model2VecOptions`.
        resources: Model cache; nothing is ever fetched here.

    Raises:
        UsageError: An unknown model.
        MissingError: Model or package is absent.
        InputError: The folder holds no such model, or a damaged one.
    """

    Options: ClassVar[type] = Model2VecOptions
    dimension: int

    def __init__(self, options: Model2VecOptions, resources: Resources) -> None:
        folder = _locate(options, resources).folder
        _check_package()
        from model2vec import StaticModel

        try:
            self._model: Any = StaticModel.from_pretrained(str(folder), force_download=False)
            self.dimension = int(self._model.embedding.shape[1])
        except BaseException as exc:
            # tokenizers raises plain Exception, safetensors its own without a root but Exception
            named = type(exc).__name__ in ("Exception", "SafetensorError")
            if named or isinstance(exc, (OSError, ValueError, LookupError, TypeError)):
                raise InputError(
                    f"{folder} is no model of model2vec: {_first_line(exc)}",
                    code="LQ-NO-MODEL",
                ) from exc
            raise

    @classmethod
    def identity(cls, options: Model2VecOptions, resources: Resources) -> Identity:
        """The version of the rules, and the digest of the model's files; it is not loaded.

        Raises:
            UsageError: An unknown model.
            MissingError: The model or the package is absent.
            InputError: The folder holds no such model.
        """
        _check_package()
        found = _locate(options, resources)
        files = [found.folder / one for one in _NEEDED]
        digest = weights.digest(files, resources.models / CATALOG.engine)
        return Identity(version=VERSION, model=found.name, model_digest=digest)

    @classmethod
    def place(cls, options: Model2VecOptions, resources: Resources) -> str:
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
        """One vector a text, unit length, shape [n, dimension]; zeros where no piece is known.

        Of a text the first 512 pieces count. Both roles are encoded alike.
        """
        del role
        found = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for numbers, some in told(texts):
            found[numbers] = self._model.encode(
                some, max_length=_LONGEST, normalize=False, use_multiprocessing=False
            )
        return unit(found)


def _locate(options: Model2VecOptions, resources: Resources) -> Located:
    """Where a model is, complete."""
    found = CATALOG.locate(options.model, resources)
    CATALOG.check_whole(found, weights.lacking(found.folder, _NEEDED))
    return found


def _first_line(exc: BaseException) -> str:
    return (str(exc).splitlines() or [type(exc).__name__])[0][:200]


def _check_package() -> None:
    try:
        importlib.metadata.version(_PACKAGE)
    except importlib.metadata.PackageNotFoundError as exc:
        raise MissingError(
            f"the package {_PACKAGE} is not installed",
            hint='pip install "loquitur[model2vec]"',
            code="LQ-NO-PACKAGE",
        ) from exc
