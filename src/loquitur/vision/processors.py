"""Preprocessing out of a model's own files: `preprocessor_config.json`, or ours.

The first is what transformers writes beside a model; its keys are read here, without the library,
as its processors of CLIP, SigLIP, DINO, ViT, BiT and ConvNeXt read them. The second,
`preprocessing.json`, holds the fields of `model.vision.Preprocessing`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from loquitur.conversion import convert
from loquitur.errors import InputError
from loquitur.model.vision import Interpolation, Preprocessing
from loquitur.text import display

if TYPE_CHECKING:
    from pathlib import Path

THEIRS, OURS = "preprocessor_config.json", "preprocessing.json"
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


def preprocessing_of(folder: Path) -> Preprocessing:
    """What a model's folder says of its preprocessing.

    Raises:
        InputError: Nothing, or what cannot be done here.
    """
    for name, read in ((OURS, _ours), (THEIRS, from_config)):
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


def _sizes(config: dict[str, Any]) -> tuple[int | None, int, int, str]:
    """The shorter side first (None for no such step), width, height, and how they are reached."""
    if not config.get("do_resize", True):
        raise ValueError("pictures of any size: do_resize is false")
    size = config.get("size")
    crop = config.get("crop_size") if config.get("do_center_crop", "crop_size" in config) else None
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
