"""Frames through CLIP, SigLIP, DINOv2, DINOv3 and other encoders of pictures in transformers.

Of CLIP the projected embedding (Radford et al. 2021), of SigLIP and SigLIP 2 that of its attention
pool (Zhai et al. 2023; Tschannen et al. 2025), of DINOv2 (Oquab et al. 2023), DINOv3 (Simeoni et
al. 2025) and plain ViTs the pooled output, or the first token where a model pools nothing.
Preprocessing is that of the model's own `preprocessor_config.json` (or `processor_config.json`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from loquitur.engines import checkpoints, pictures, runtime
from loquitur.engines.runtime import Precision
from loquitur.errors import InputError
from loquitur.protocols import Identity, Resources
from loquitur.vision.processors import preprocessing_of

DEFAULT = "openai/clip-vit-base-patch32"
_CLASSES = {
    "clip": "CLIPVisionModelWithProjection",
    "clip_vision_model": "CLIPVisionModelWithProjection",
    "siglip": "SiglipVisionModel",
    "siglip_vision_model": "SiglipVisionModel",
}
_VARIABLE = ("siglip2", "siglip2_vision_model")


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformersVisionOptions:
    """Options of the engine.

    Args:
        model: `OWNER/NAME[@REVISION]` of the hub, pulled before, or a folder. In a key stand its
            name and digest.
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


class TransformersVision(checkpoints.FromHub, pictures.TorchEncoder):
    """An encoder of pictures on torch (`loquitur.protocols.FrameEncoder` and `Pullable`).

    Args:
        options: See `TransformersVisionOptions`.
        resources: Model cache and threads; nothing is ever fetched here.

    Raises:
        MissingError: Package, model or the device asked for is absent.
        InputError: The folder holds no such encoder, or a damaged one.
        UsageError: An unknown model or device.
    """

    Options: ClassVar[type] = TransformersVisionOptions
    default_model: ClassVar[str] = DEFAULT

    def __init__(self, options: TransformersVisionOptions, resources: Resources) -> None:
        found = checkpoints.source(options.model, options.revision)
        folder = checkpoints.locate(found, resources)
        torch, transformers = runtime.libraries()
        self.preprocessing = preprocessing_of(folder)
        kind = str(checkpoints.read_config(folder).get("model_type", ""))
        if kind in _VARIABLE:
            raise InputError(
                f"{found.name} reads pictures of variable size (NaFlex), which are not known here",
                hint="take one of a fixed size: google/siglip2-base-patch16-224",
                code="LQ-NO-MODEL",
            )
        device = runtime.choose_device(torch, options.device)
        dtype = runtime.choose_precision(torch, options.dtype, device)
        with runtime.translated(f"the model in {folder} cannot be loaded", InputError):
            model = runtime.load_complete(
                getattr(transformers, _CLASSES.get(kind, "AutoModel")),
                folder,
                dtype,
                hint="it is no encoder of pictures, or another kind of model",
            )
            self.settle(
                torch,
                model,
                lambda values: _vectors(model(pixel_values=values)),
                name=found.name,
                device=device,
                dtype=dtype,
                threads=resources.threads,
                batch_size=options.batch_size,
            )

    @classmethod
    def identity(cls, options: TransformersVisionOptions, resources: Resources) -> Identity:
        """The library's version and the digest of the model's files; it is not loaded.

        Raises:
            MissingError: Package or model absent.
            InputError: The folder holds no such encoder.
            UsageError: An unknown model.
        """
        return checkpoints.identity_of(options.model, options.revision, resources)

    @classmethod
    def place(cls, options: TransformersVisionOptions, resources: Resources) -> str:
        """The user's own folder; empty for a model of the hub."""
        del resources
        return checkpoints.place_of(options.model, options.revision)


def _vectors(output: Any) -> Any:
    """One vector a picture out of what a model gives."""
    for name in ("image_embeds", "pooler_output"):
        found = getattr(output, name, None)
        if found is not None:
            return found.flatten(1)
    return output.last_hidden_state[:, 0]
