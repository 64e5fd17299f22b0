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
from loquitur.engines.catalog import Catalog, Download, hub_label
from loquitur.errors import InputError, MissingError
from loquitur.protocols import Identity, Resources

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

CATALOG = Catalog("embedding", "model2vec")
VERSION = "1"
_NEEDED = ("config.json", "model.safetensors", "tokenizer.json")
_BESIDE = ("modules.json",)
_LONGEST = 512
_AT_ONCE = 1024
_MOST_SIGNS = 1 << 14
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
        folder, _ = _locate(options, resources)
        _check_package()
        from model2vec import StaticModel

        try:
            self._model: Any = StaticModel.from_pretrained(str(folder), force_download=False)
            self.dimension = int(self._model.embedding.shape[1])
            self._width = self._model.dim
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
        folder, name = _locate(options, resources)
        files = [folder / one for one in _NEEDED]
        digest = weights.digest(files, resources.models / CATALOG.engine)
        return Identity(version=VERSION, model=name, model_digest=digest)

    @classmethod
    def place(cls, options: Model2VecOptions, resources: Resources) -> str:
        """The user's own folder; empty for a model of the hub."""
        del resources
        given = CATALOG.given_folder(options.model or CATALOG.default)
        return str(given.resolve()) if given else ""

    @classmethod
    def pull(cls, model: str, resources: Resources, tell: Callable[[str], None]) -> None:
        """Bring a model of the hub into the cache; see `protocols.Pullable`."""
        name = model or CATALOG.default
        CATALOG.check_name(name)
        spec = CATALOG.models.get(name)
        download = Download(
            label=hub_label(name),
            repository=spec.source if spec else name,
            needed=_NEEDED,
            extra=_BESIDE,
            about_mb=spec.size_mb if spec else 0,
        )
        CATALOG.pull(name, [download], resources, tell)

    @classmethod
    def location(cls, model: str, resources: Resources) -> Path:
        """The folder of a model; see `protocols.Pullable`."""
        name = model or CATALOG.default
        CATALOG.check_name(name)
        return CATALOG.folder(hub_label(name), resources)

    def encode(
        self, texts: Sequence[str], *, role: Literal["query", "passage"]
    ) -> NDArray[np.float32]:
        """One vector a text, unit length, shape [n, dimension]; zeros where no piece is known.

        Of a text the first 512 pieces count. Both roles are encoded alike.
        """
        del role
        found = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for at in range(0, len(texts), _AT_ONCE):
            some = [
                text[:_MOST_SIGNS].encode("utf-8", "replace").decode("utf-8")
                for text in texts[at : at + _AT_ONCE]
            ]
            told = [number for number, text in enumerate(some) if text.strip()]
            if told:
                vectors = self._model.encode(
                    [some[number] for number in told],
                    max_length=_LONGEST,
                    normalize=False,
                    use_multiprocessing=False,
                )
                found[[at + number for number in told]] = vectors
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        return np.asarray(found / np.where(lengths > 0.0, lengths, 1.0), dtype=np.float32)


def _locate(options: Model2VecOptions, resources: Resources) -> tuple[Path, str]:
    """The folder of a model, complete, and its name."""
    name = options.model or CATALOG.default
    given = CATALOG.given_folder(name)
    folder = given or CATALOG.folder(hub_label(name), resources)
    if given is None and not folder.is_dir():
        raise CATALOG.absent(name)
    absent = weights.lacking(folder, _NEEDED)
    if absent and given is None:
        raise CATALOG.incomplete(name, absent)
    if absent:
        raise InputError(f"{folder} has no {', '.join(absent)}", code="LQ-NO-MODEL")
    return folder, folder.resolve().name if given else name


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
