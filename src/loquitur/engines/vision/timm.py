"""Frames through any network of timm: VGG16, ResNet, ResNeXt, Inception, ViT and a thousand others.

A network gives what stands before its classifier: of `vgg16` the 4,096 numbers of fc7 after their
ReLU (Simonyan and Zisserman 2014; what S2VT reads, Venugopalan et al. 2015), of ResNet-50 and -152
the 2,048 means of their last maps (He et al. 2015), of Inception-v4 1,536 (Szegedy et al. 2016).
Preprocessing is the one in the model's own configuration. The image towers of OpenCLIP are here
too (`vit_base_patch16_clip_224.laion2b`). Wightman 2019, "PyTorch Image Models".
"""

from __future__ import annotations

import contextlib
import math
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from loquitur import known_models
from loquitur.engines import checkpoints, pictures, runtime
from loquitur.engines.runtime import Precision
from loquitur.errors import InputError, MissingError, UsageError, near
from loquitur.model.vision import Interpolation, Preprocessing
from loquitur.protocols import Identity, Resources
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT = "vgg16"
INSTALL = 'pip install "loquitur[vision]"'
_KINDS: dict[str, Interpolation] = {
    "bilinear": "bilinear",
    "bicubic": "bicubic",
    "box": "area",
    "lanczos": "lanczos",
    "nearest": "nearest",
}
_NOT_OF_A_NETWORK = ("cache_dir", "checkpoint_path", "features_only", "pretrained")
"""How arguments of timm's builder begin that a folder has no say in: files, fetching."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimmOptions:
    """Options of the engine.

    Args:
        model: A known name (`vgg16`, `resnet50` ...), any architecture of timm, `OWNER/NAME` of the
            hub, pulled before, or a folder with `config.json` and weights as timm saves them. In a
            key stand its name and digest.
        revision: A branch, tag or commit of the hub's repository.
        batch_size: Pictures side by side; 0 for 16 on the processor, 128 on a card.
        device: `auto` (CUDA, Apple's, CPU), `cpu`, `cuda`, `cuda:1`, `mps`.
        dtype: `auto` (half precision on CUDA, else single), `float32`, `float16`, `bfloat16`.
    """

    model: str = field(default=DEFAULT, metadata={"keyed": False})
    revision: str = field(default="", metadata={"keyed": False})
    batch_size: int = field(default=0, metadata={"keyed": False})
    device: str = field(default="auto", metadata={"keyed": False})
    dtype: Precision = "auto"

    def __post_init__(self) -> None:
        if not 0 <= self.batch_size <= 4096:
            raise ValueError(f"batch_size must be 0 to 4096, not {self.batch_size}")


class Timm(pictures.TorchEncoder):
    """A network of timm without its classifier (`loquitur.protocols.FrameEncoder`, `Pullable`).

    Args:
        options: See `TimmOptions`.
        resources: Model cache and threads; nothing is ever fetched here.

    Raises:
        MissingError: Package, model or the device asked for is absent.
        InputError: The folder holds no network of timm, or a damaged one.
        UsageError: An unknown model or device.
    """

    Options: ClassVar[type] = TimmOptions

    def __init__(self, options: TimmOptions, resources: Resources) -> None:
        _check_packages()
        folder, name = _locate(options, resources)
        torch, timm = _libraries()
        config = checkpoints.read_config(folder)
        device = runtime.choose_device(torch, options.device)
        with runtime.translated(f"the model in {folder} cannot be loaded", InputError):
            model = _network(timm, config, folder)
            _fill(model, folder)
            own = config.get("pretrained_cfg") or model.pretrained_cfg
            self.preprocessing = preprocessing_of(own)
            self.settle(
                torch,
                model,
                model,
                name=name,
                device=device,
                dtype=runtime.choose_precision(torch, options.dtype, device),
                threads=resources.threads,
                batch_size=options.batch_size,
            )

    @classmethod
    def identity(cls, options: TimmOptions, resources: Resources) -> Identity:
        """The library's version and the digest of the model's files; it is not loaded.

        Raises:
            MissingError: Package or model absent.
            InputError: The folder holds no such model.
            UsageError: An unknown model.
        """
        _check_packages()
        folder, name = _locate(options, resources)
        digest = checkpoints.digest(folder, resources)
        return Identity(version=checkpoints.version("timm"), model=name, model_digest=digest)

    @classmethod
    def place(cls, options: TimmOptions, resources: Resources) -> str:
        """The user's own folder; empty for a model of the hub."""
        del resources
        folder = checkpoints.source(repository_of(options.model), options.revision).folder
        return str(folder.resolve()) if folder is not None else ""

    @classmethod
    def pull(cls, model: str, resources: Resources, tell: Callable[[str], None]) -> None:
        """Bring a model of the hub into the cache; see `protocols.Pullable`."""
        checkpoints.pull(checkpoints.source(repository_of(model or DEFAULT)), resources, tell)

    @classmethod
    def location(cls, model: str, resources: Resources) -> Path:
        """The folder of a model; see `protocols.Pullable`."""
        found = checkpoints.source(repository_of(model or DEFAULT))
        return checkpoints.cache_folder(found, resources)


def repository_of(model: str) -> str:
    """A model's repository of the hub: of a known name, or of an architecture that timm knows.

    What is a folder or `OWNER/NAME` stays as it is.

    Raises:
        UsageError: Nothing is called so.
    """
    known = {one.name: one.source for one in known_models.TIMM}
    if model in known or "/" in model or Path(model).expanduser().is_dir():
        return known.get(model, model)
    try:
        import timm.models
    except ImportError as exc:
        raise _missing("timm") from exc
    try:
        found = timm.models.get_pretrained_cfg(model)
    except RuntimeError:  # the architecture is known, the tag behind its name is not
        found = None
    if found is None or not found.hf_hub_id:
        raise UsageError(
            f"no network of timm is called '{model}'", hint=near(model, known), code="LQ-NO-MODEL"
        )
    return str(found.hf_hub_id)


def preprocessing_of(config: dict[str, Any]) -> Preprocessing:
    """What a model's `pretrained_cfg` asks for, as timm's own evaluation does it.

    Raises:
        InputError: What cannot be done here.
    """
    size = config.get("input_size") or (3, 224, 224)
    height_px, width_px = int(size[1]), int(size[2])
    share = float(config.get("crop_pct") or 0.875)
    mode = str(config.get("crop_mode") or "center")
    kind = str(config.get("interpolation") or "bicubic")
    short_px = math.floor(min(height_px, width_px) / share)
    stretched = mode == "squash" and share >= 1
    if not (mode == "center" or stretched) or height_px != width_px or kind not in _KINDS:
        raise InputError(
            f"its pictures are prepared in a way that is not known here: {display(mode)[:40]}, "
            f"{share:g} of {width_px} x {height_px}, {display(kind)[:40]}",
            code="LQ-NO-MODEL",
        )
    return Preprocessing(
        width_px=width_px,
        height_px=height_px,
        fit="stretch" if stretched else "crop",
        short_px=None if stretched else short_px,
        interpolation=_KINDS[kind],
        mean=_three(config.get("mean"), (0.485, 0.456, 0.406)),
        std=_three(config.get("std"), (0.229, 0.224, 0.225)),
        middle="even",
    )


def _three(values: Any, otherwise: tuple[float, float, float]) -> tuple[float, float, float]:
    found = tuple(float(value) for value in values or otherwise)
    if len(found) != 3:
        raise InputError(f"it wants {len(found)} channels, not 3", code="LQ-NO-MODEL")
    return found


def _locate(options: TimmOptions, resources: Resources) -> tuple[Path, str]:
    """The folder of a model, complete, and its name."""
    found = checkpoints.source(repository_of(options.model), options.revision)
    try:
        folder = checkpoints.locate(found, resources)
    except MissingError as exc:
        hint = f"loquitur models pull timm:{options.model}"
        raise MissingError(exc.message, hint=hint, code=exc.code) from exc
    return folder, found.name


def _network(timm: Any, config: dict[str, Any], folder: Path) -> Any:
    """The network that a folder's `config.json` tells, its weights still to come.

    timm would take an architecture of `hf-hub:OWNER/NAME` or `local-dir:FOLDER` from there, and
    files by path: what a folder says stays in it.

    Raises:
        InputError: It tells none that timm has, or more than a network.
    """
    architecture = config.get("architecture")
    if not isinstance(architecture, str) or not timm.is_model(architecture):
        raise InputError(
            f"{folder} tells no architecture of timm: {display(str(architecture))[:80]!r}",
            hint=f"expected the {checkpoints.CONFIG} that timm writes beside weights",
            code="LQ-NO-MODEL",
        )
    given = config.get("model_args") or {}
    strange = [str(name) for name in given if str(name).startswith(_NOT_OF_A_NETWORK)]
    if strange:
        raise InputError(
            f"{folder} asks timm for more than a network: {display(strange[0])[:80]}",
            code="LQ-NO-MODEL",
        )
    return timm.create_model(architecture, pretrained=False, num_classes=0, **given)


def _fill(model: Any, folder: Path) -> None:
    """Give a network its weights; those of a classifier stay unused.

    Where names or shapes are not those of this timm, timm's own conversion of them is tried: of its
    older versions, of the authors' own files, of OpenCLIP.

    Raises:
        InputError: Weights are lacking or of other shapes.
    """
    found: dict[str, Any] = {}
    for path in checkpoints.weight_files(folder):
        found |= runtime.tensors(path)
    wanted = model.state_dict()
    absent = _absent(wanted, found)
    convert = getattr(sys.modules[type(model).__module__], "checkpoint_filter_fn", None)
    if absent and convert is not None:
        with contextlib.suppress(LookupError, TypeError, ValueError, RuntimeError):
            found = convert(dict(found), model)
    if absent and _absent(wanted, found):
        raise InputError(
            f"{folder} lacks weights of its network: {', '.join(absent[:3])}", code="LQ-NO-MODEL"
        )
    model.load_state_dict({name: found[name] for name in wanted})


def _absent(wanted: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """The names of weights that are lacking, or of another shape."""
    return [
        name
        for name, tensor in wanted.items()
        if name not in found or found[name].shape != tensor.shape
    ]


def _libraries() -> tuple[Any, Any]:
    """Torch and timm, imported now."""
    try:
        import timm
        import torch
    except (ImportError, OSError) as exc:
        lines = str(exc).strip().splitlines() or [type(exc).__name__]
        raise MissingError(
            f"timm cannot be loaded: {lines[0][:200]}",
            hint=f"{INSTALL} --force-reinstall",
            code="LQ-NO-PACKAGE",
        ) from exc
    return torch, timm


def _check_packages() -> None:
    for package in ("timm", "torch"):
        try:
            checkpoints.version(package)
        except MissingError as exc:
            raise _missing(package) from exc


def _missing(package: str) -> MissingError:
    return MissingError(
        f"the package {package} is not installed", hint=INSTALL, code="LQ-NO-PACKAGE"
    )
