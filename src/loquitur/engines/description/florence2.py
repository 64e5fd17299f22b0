"""Florence-2 (Xiao et al. 2023): a describer of pictures that is told its task by a word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from loquitur.engines.captioning.generation import GenerationOptions, OfPictures

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_TASKS = {
    "short": "<CAPTION>",
    "detailed": "<DETAILED_CAPTION>",
    "long": "<MORE_DETAILED_CAPTION>",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Florence2Options(GenerationOptions):
    """Options of the engine, beside those of all (`GenerationOptions`).

    Args:
        detail: How much it tells: a `short` sentence, a `detailed` one, or a `long` paragraph.
    """

    detail: Literal["short", "detailed", "long"] = "short"
    most_tokens: int = 128


class Florence2(OfPictures):
    """Microsoft's Florence-2 through transformers (`loquitur.protocols.Describer`)."""

    Options: ClassVar[type] = Florence2Options
    pulled_as: ClassVar[str] = "florence2"
    default_model: ClassVar[str] = "florence-community/Florence-2-base"
    model_types: ClassVar[tuple[str, ...]] = ("florence2",)
    class_name: ClassVar[str] = "Florence2ForConditionalGeneration"

    _options: Florence2Options

    def _load(self, transformers: Any, folder: Path) -> None:
        self._processor = transformers.AutoProcessor.from_pretrained(folder, local_files_only=True)
        self._tokenizer = self._processor.tokenizer

    def _inputs(self, pictures: NDArray[np.uint8], times_ms: Sequence[int]) -> dict[str, Any]:
        task = _TASKS[self._options.detail]
        return dict(self._processor(text=[task], images=list(pictures), return_tensors="pt"))
