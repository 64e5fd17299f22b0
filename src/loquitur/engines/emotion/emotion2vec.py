"""Mood by emotion2vec+ (Ma et al. 2023, arXiv:2312.15185), on the network of FunASR.

FunASR's own way to a model installs a folder's requirements, runs its code where told to, asks a
server for news, evaluates an expression out of `config.yaml`, and leaves weights that it does not
find at random. Here its network alone is taken: the configuration is read as data and its one
expression checked first, weights are read as numbers, and every one of them must be there. Nothing
is fetched but by `pull`. FunASR belongs in an environment of its own.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from loquitur.engines import runtime, weights
from loquitur.engines.catalog import Catalog, Download
from loquitur.errors import InputError, MissingError, UsageError, near
from loquitur.protocols import Identity, Resources
from loquitur.speech import moods

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


DEFAULT = "emotion2vec_plus_large"
CONFIG, LABELS, WEIGHTS = FILES = ("config.yaml", "tokens.txt", "model.pt")
_SIZES_MB = {DEFAULT: 1850, "emotion2vec_plus_base": 1100, "emotion2vec_plus_seed": 1100}
_CATALOG = Catalog("emotion", "emotion2vec")
_OWNERS = ("emotion2vec/", "iic/")  # on the Hugging Face hub, and the name it has on ModelScope
_DISTRIBUTION = "funasr"
_SHORTEST_SAMPLES = 800  # the first layers hear 400 at least
_UNUSED = "unuse"  # how the model calls outputs without a meaning
_SHAPES = re.compile(r"[\s\d\[\](),+*]{1,500}")
_TRAINING = "modality_encoders.AUDIO.decoder."  # which no mood is told by


@dataclass(frozen=True, slots=True, kw_only=True)
class Emotion2vecOptions:
    """Options of the engine.

    Args:
        model: `emotion2vec_plus_large`, `_base` or `_seed`, pulled before, or a folder with
            `config.yaml`, `tokens.txt` and `model.pt`.
        shortest_ms: Turns with less speech than this are `unknown`.
        device: `auto` (CUDA, Apple's, CPU), `cpu`, `cuda`, `cuda:1`, `mps`.
    """

    model: str = field(default=DEFAULT, metadata={"keyed": False})
    shortest_ms: int = moods.SHORTEST_MS
    device: str = field(default="auto", metadata={"keyed": False})

    def __post_init__(self) -> None:
        if not 100 <= self.shortest_ms <= 10_000:
            raise ValueError(f"shortest_ms must be 100 to 10000, not {self.shortest_ms}")


class Emotion2vec(moods.ByLabels):
    """An emotion2vec+ (`loquitur.protocols.EmotionReader` and `Pullable`).

    Args:
        options: See `Emotion2vecOptions`.
        resources: Model cache and threads; nothing is ever fetched here.

    Raises:
        MissingError: Package, model or the device asked for is absent.
        InputError: The folder holds another network, or a damaged one, or asks to run code.
        UsageError: An unknown model or device.
        EngineError: torch refuses the model.
    """

    Options: ClassVar[type] = Emotion2vecOptions

    def __init__(self, options: Emotion2vecOptions, resources: Resources) -> None:
        folder = _locate(options.model, resources)
        self._name = folder.name
        self._source = f"emotion2vec {self._name}"
        self._shortest_ms = options.shortest_ms
        self._outputs = _read_labels(folder / LABELS)
        self._labels = tuple(name for name in self._outputs if not name.startswith(_UNUSED))
        self._moods = moods.moods_of(self._labels, model=self._name)
        self._torch = _torch()
        self._threads = resources.threads
        self._device = runtime.choose_device(self._torch, options.device)
        with runtime.translated(f"the model in {folder} cannot be loaded"):
            self._model = _network(folder, len(self._outputs)).to(self._device)

    @classmethod
    def identity(cls, options: Emotion2vecOptions, resources: Resources) -> Identity:
        """The library's version and the digest of the model's files; it is not loaded.

        Raises:
            MissingError: Package or model absent.
            InputError: The folder lacks what such a model has.
            UsageError: An unknown model.
        """
        version = _version()
        folder = _locate(options.model, resources)
        return Identity(
            version=version,
            model=folder.name,
            model_digest=weights.digest(
                [folder / name for name in FILES], resources.models / "emotion2vec"
            ),
        )

    @classmethod
    def pull(cls, model: str, resources: Resources, tell: Callable[[str], None]) -> None:
        """Bring a model into the model cache, whole or not at all; a present one is kept.

        Raises:
            UsageError: An unknown model name.
            MissingError: It cannot be had from here.
            TransientError: The hub cannot be reached now.
            RemoteError: The hub refuses.
            FullError: It cannot be written.
        """
        name = _known(model)
        repository = _OWNERS[0] + name
        download = Download(
            label=name, repository=repository, needed=FILES, about_mb=_SIZES_MB[name]
        )
        _CATALOG.pull(repository, [download], resources, tell)

    @classmethod
    def location(cls, model: str, resources: Resources) -> Path:
        """The folder of a model in the cache, whether it is there or not.

        Raises:
            UsageError: An unknown model name.
        """
        return _CATALOG.folder(_known(model), resources)

    def _classify(self, sound: NDArray[np.float32]) -> list[float]:
        heard = np.zeros(max(len(sound), _SHORTEST_SAMPLES), dtype=np.float32)
        heard[: len(sound)] = sound
        with (
            runtime.translated(f"{self._name} failed"),
            runtime.inference(self._torch, self._threads),
        ):
            (found,), _ = self._model.inference(
                [self._torch.from_numpy(heard)],
                key=["turn"],
                tokenizer=SimpleNamespace(token_list=list(self._outputs)),
                device=self._device,
                granularity="utterance",
                extract_embedding=False,
            )
        return [float(score) for score in found["scores"]]


def _network(folder: Path, outputs: int) -> Any:
    """FunASR's network with the weights of a folder.

    Raises:
        InputError: They are not those of such a network.
    """
    shape, prefixes = _read_config(folder / CONFIG)
    with contextlib.redirect_stdout(io.StringIO()):  # advice on ffmpeg, which is not used
        from funasr.models.emotion2vec.model import Emotion2vec as Network

    model = Network(model_conf=shape, vocab_size=outputs)
    state = runtime.tensors(folder / WEIGHTS, inside=("state_dict", "model_state_dict", "model"))
    found = {}
    for name, values in model.state_dict().items():
        tensor = next((state[p + name] for p in prefixes if p + name in state), None)
        if tensor is None and name.startswith(_TRAINING):
            tensor = values
        if tensor is None or tensor.shape != values.shape:
            had = "is not there" if tensor is None else f"has the shape {tuple(tensor.shape)}"
            raise InputError(
                f"{folder / WEIGHTS} is not of {folder / CONFIG}: {name} {had}",
                hint="copy or pull it again",
                code="LQ-NO-MODEL",
            )
        found[name] = tensor
    model.load_state_dict(found)
    return model.eval()


def _read_config(path: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The shape of the network, and what may stand before the names of its weights.

    Raises:
        InputError: It is of another network, or asks to run code.
    """
    import yaml
    from omegaconf import OmegaConf  # whose YAML, unlike PyYAML's, takes 1e-05 for a number
    from omegaconf.errors import OmegaConfBaseException

    try:
        content: Any = OmegaConf.to_container(OmegaConf.load(path), resolve=False)
    except (OSError, ValueError, yaml.YAMLError, OmegaConfBaseException) as exc:
        raise InputError(f"{path} cannot be read: {str(exc)[:200]}", code="LQ-NO-MODEL") from exc
    try:
        kind, shape = content["model"], content["model_conf"]
        spec = shape["modalities"]["audio"]["feature_encoder_spec"]
    except (TypeError, KeyError) as exc:
        raise InputError(f"{path} is no emotion2vec's: no {exc}", code="LQ-NO-MODEL") from exc
    if kind != "Emotion2vec":
        raise InputError(f"{path} is of a {str(kind)[:40]}, no Emotion2vec", code="LQ-NO-MODEL")
    # FunASR evaluates it as Python
    if not isinstance(spec, str) or not _SHAPES.fullmatch(spec) or "**" in spec:
        raise InputError(
            f"{path} asks to run code: feature_encoder_spec is {str(spec)[:60]!r}",
            hint="numbers in brackets are expected, as [(512, 10, 5)] + [(512, 3, 2)] * 4",
            code="LQ-UNSAFE-MODEL",
        )
    mapped = content.get("scope_map") or []
    prefixes = [str(item) for item in mapped[::2] if str(item).lower() != "none"]
    return shape, (*prefixes, "", "module.")


def _read_labels(path: Path) -> tuple[str, ...]:
    """The names of the outputs, one a line.

    Raises:
        InputError: It names none.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(f"{path} cannot be read: {exc}", code="LQ-NO-MODEL") from exc
    labels = tuple(line.strip() for line in lines if line.strip())
    if not labels:
        raise InputError(f"{path} names no moods", code="LQ-NO-MODEL")
    return labels


def _torch() -> Any:
    try:
        import torch
    except ImportError as exc:
        raise _no_package("torch") from exc
    return torch


def _version() -> str:
    try:
        return importlib.metadata.version(_DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError as exc:
        raise _no_package(_DISTRIBUTION) from exc


def _no_package(name: str) -> MissingError:
    return MissingError(
        f"the emotion engine 'emotion2vec' needs {name}",
        hint="loquitur engines env emotion.emotion2vec --create",
        code="LQ-NO-PACKAGE",
    )


def _locate(model: str, resources: Resources) -> Path:
    """The folder of a model.

    Raises:
        MissingError: It is not in the cache, or not all of it.
        InputError: A folder lacks files.
        UsageError: Neither a known name nor a folder.
    """
    name = _short(model)
    if name in _SIZES_MB:
        folder = resources.models / "emotion2vec" / name
        absent = weights.lacking(folder, FILES)
        if absent:
            raise MissingError(
                f"the model {name} is not in the model cache: no {', '.join(absent)}",
                hint=f"loquitur models pull emotion2vec:{name}",
                code="LQ-NO-MODEL",
            )
        return folder
    folder = Path(model).expanduser()
    if not folder.is_dir():
        raise UsageError(
            f"no model and no folder is called '{model}'",
            hint=near(model, _SIZES_MB),
            code="LQ-NO-MODEL",
        )
    absent = weights.lacking(folder, FILES)
    if absent:
        raise InputError(f"{folder} has no {', '.join(absent)}", code="LQ-NO-MODEL")
    return folder


def _known(model: str) -> str:
    name = _short(model) or DEFAULT
    if name not in _SIZES_MB:
        raise UsageError(
            f"no model is called '{name}'", hint=near(name, _SIZES_MB), code="LQ-NO-MODEL"
        )
    return name


def _short(model: str) -> str:
    """A model's name without its owner, who differs from hub to hub."""
    for owner in _OWNERS:
        model = model.removeprefix(owner)
    return model
