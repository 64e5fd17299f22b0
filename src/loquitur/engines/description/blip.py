"""BLIP (Li et al. 2022) and BLIP-2 (Li et al. 2023): describers of pictures, frame by frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from loquitur.engines.captioning.generation import OfPictures

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


class Blip(OfPictures):
    """Salesforce's BLIP through transformers (`loquitur.protocols.Describer`)."""

    pulled_as: ClassVar[str] = "blip"
    default_model: ClassVar[str] = "Salesforce/blip-image-captioning-base"
    model_types: ClassVar[tuple[str, ...]] = ("blip",)
    class_name: ClassVar[str] = "BlipForConditionalGeneration"

    def _load(self, transformers: Any, folder: Path) -> None:
        self._processor = transformers.AutoProcessor.from_pretrained(folder, local_files_only=True)
        self._tokenizer = self._processor.tokenizer

    def _inputs(self, pictures: NDArray[np.uint8], times_ms: Sequence[int]) -> dict[str, Any]:
        return dict(self._processor(images=list(pictures), return_tensors="pt"))


class Blip2(Blip):
    """BLIP-2: a language model that reads what a query transformer makes of a picture."""

    pulled_as: ClassVar[str] = "blip2"
    default_model: ClassVar[str] = "Salesforce/blip2-flan-t5-xl"
    model_types: ClassVar[tuple[str, ...]] = ("blip-2",)
    class_name: ClassVar[str] = "Blip2ForConditionalGeneration"

    def _inputs(self, pictures: NDArray[np.uint8], times_ms: Sequence[int]) -> dict[str, Any]:
        nothing = [""] * len(pictures)  # the picture's own tokens alone stand before the answer
        return dict(self._processor(images=list(pictures), text=nothing, return_tensors="pt"))
