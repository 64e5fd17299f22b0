"""Preprocessing out of a model's own files: `preprocessor_config.json`, or ours.

The first is what transformers writes beside a model (since its version 5, of a processor that reads
text too, in `processor_config.json`); its keys are read here, without the library, as its
processors of CLIP, SigLIP, DINO, ViT, BiT, ConvNeXt and their like read them. Other processors mean
other things by the same keys, and are refused by name. Ours, `preprocessing.json`, holds the fields
of `model.vision.Preprocessing`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import msgspec

from loquitur.conversion import convert
from loquitur.errors import InputError
from loquitur.model.vision import Interpolation, Preprocessing
from loquitur.text import display

if TYPE_CHECKING:
    from pathlib import Path

THEIRS, OURS = "preprocessor_config.json", "preprocessing.json"
TOGETHER = "processor_config.json"
FILES = (OURS, THEIRS, TOGETHER)
"""Where preprocessing may be told, the first that is there before the others."""
_MOST_BYTES = 1 << 20
_BY_NUMBER: dict[int, Interpolation] = {
    0: "nearest",
    1: "lanczos",
    2: "bilinear",
    3: "bicubic",
    4: "area",
}
"""Pillow's numbers, which the files have."""
_CROPPED_BELOW_PX = 384
"""ConvNeXt's processor cuts the middle out below this size, and stretches from it on."""
_READ_ALIKE = frozenset(
    (
        *("Beit", "Bit", "Blip", "CLIP", "ChineseCLIP", "ConvNext", "DINOv3ViT", "DPT"),
        *("Flava", "MobileNetV1", "MobileNetV2", "Pvt", "Segformer", "Siglip", "ViT"),
    )
)
"""Processors of transformers 5.24 whose pictures were held against ours, all at their defaults."""
_OWNER = re.compile(r"(\w+?)(ImageProcessor|FeatureExtractor)(Fast|Pil)?")


def preprocessing_of(folder: Path) -> Preprocessing:
    """What a model's folder says of its preprocessing.

    Raises:
        InputError: Nothing, or what cannot be done here.
    """
    for name, read in ((OURS, _ours), (THEIRS, from_config), (TOGETHER, _nested)):
        path = folder / name
        if path.is_file():
            try:
                return read(_content(path))
            except (msgspec.ValidationError, ValueError, TypeError, KeyError) as exc:
                raise InputError(
                    f"{display(str(path))} tells no preprocessing: {str(exc)[:160]}",
                    hint=f"write what it needs to {OURS}: width_px, height_px, mean, std ...",
                    code="LQ-NO-MODEL",
                ) from exc
    raise InputError(
        f"{display(str(folder))} does not say how pictures are prepared",
        hint=f"expected {THEIRS} of transformers, or {OURS}",
        code="LQ-NO-MODEL",
    )


def from_config(config: dict[str, Any]) -> Preprocessing:
    """What `preprocessor_config.json` asks for.

    Raises:
        ValueError: A key is missing, or asks for what is not known here.
    """
    _check_owner(config)
    short_px, width_px, height_px, fit = _sizes(config)
    scale = float(config.get("rescale_factor", 1 / 255)) if config.get("do_rescale", True) else 1.0
    mean, std = [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]
    if config.get("do_normalize", True):
        mean, std = config.get("image_mean") or [], config.get("image_std") or []
    if len(mean) != 3 or len(std) != 3:
        raise ValueError("no image_mean and image_std of three channels")
    kind = _BY_NUMBER.get(config.get("resample", 2))
    if kind is None:
        raise ValueError(f"an unknown resample: {config.get('resample')!r}")
    return convert(
        {
            "width_px": width_px,
            "height_px": height_px,
            "short_px": short_px,
            "fit": fit,
            "interpolation": kind,
            "scale": scale,
            "mean": mean,
            "std": std,
        },
        Preprocessing,
    )


def _check_owner(config: dict[str, Any]) -> None:
    """Hold that a file is of a processor that is known here, or of none that it names."""
    owner = config.get("image_processor_type") or config.get("feature_extractor_type")
    if owner is not None:
        told = _OWNER.fullmatch(str(owner))
        if told is None or told[1] not in _READ_ALIKE:
            raise ValueError(f"what {str(owner)[:60]} does is not known here")
    if config.get("do_pad"):
        raise ValueError("pictures with a border: do_pad is true")


def _sizes(config: dict[str, Any]) -> tuple[int | None, int, int, str]:
    """The shorter side first (None for no such step), width, height, and how they are reached."""
    if not config.get("do_resize", True):
        raise ValueError("pictures of any size: do_resize is false")
    size = config.get("size")
    cut = config.get("do_center_crop", "crop_size" in config)
    crop = config.get("crop_size") if cut else None
    if config.get("do_center_crop") and not crop:
        raise ValueError("a crop without its size")
    if isinstance(size, int):  # as files of old versions have it
        size = {"shortest_edge": size} if crop else {"height": size, "width": size}
    if not isinstance(size, dict):
        raise TypeError("no size")
    if isinstance(crop, int):
        crop = {"height": crop, "width": crop}
    short = size.get("shortest_edge")
    if short is not None and "crop_pct" in config and crop is None:
        if short >= _CROPPED_BELOW_PX:
            return None, short, short, "stretch"
        return int(short / (config["crop_pct"] or 1.0)), short, short, "crop"
    if short is not None and crop:
        return short, crop["width"], crop["height"], "crop"
    if "height" not in size or "width" not in size:
        raise ValueError(f"a size that is not known here: {sorted(size)}")
    if crop and (crop["height"], crop["width"]) != (size["height"], size["width"]):
        raise ValueError("a crop out of a stretched picture")
    return None, size["width"], size["height"], "stretch"


def _ours(content: dict[str, Any]) -> Preprocessing:
    return convert(content, Preprocessing)


def _nested(content: dict[str, Any]) -> Preprocessing:
    inner = content.get("image_processor")
    if not isinstance(inner, dict):
        raise TypeError("no image_processor")
    return from_config(inner)


def _content(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("too large")
        found = json.loads(path.read_bytes())
    except (OSError, RecursionError) as exc:
        raise ValueError(f"no JSON: {exc}") from exc
    if not isinstance(found, dict):
        raise TypeError("no JSON object")
    return found
