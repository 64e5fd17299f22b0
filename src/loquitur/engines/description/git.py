"""GIT (Wang et al. 2022): a describer of clips, which reads six frames at once.

The video models have a learnt embedding for each of their frames (`num_image_with_embedding`), and
take pixels [1, frames, 3, h, w]; those of pictures have none, and see each frame alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from loquitur.engines.captioning.generation import OfPictures
from loquitur.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from loquitur.model.vision import Alternative


class Git(OfPictures):
    """Microsoft's GIT through transformers (`loquitur.protocols.Describer`)."""

    pulled_as: ClassVar[str] = "git"
    default_model: ClassVar[str] = "microsoft/git-base-vatex"
    model_types: ClassVar[tuple[str, ...]] = ("git",)
    class_name: ClassVar[str] = "GitForCausalLM"

    def _suiting(self) -> int:
        return self._places or self.usual_frames

    @property
    def _places(self) -> int:
        """How many frames the model reads at once; 0 for one of pictures."""
        return int(self._config.get("num_image_with_embedding") or 0)

    def _load(self, transformers: Any, folder: Path) -> None:
        if self._places and self.frames != self._places:
            raise UsageError(f"{self._name} looks at {self._places} frames, not at {self.frames}")
        self._pictures = transformers.AutoImageProcessor.from_pretrained(
            folder, local_files_only=True
        )
        self._tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)

    def _inputs(self, pictures: NDArray[np.uint8], times_ms: Sequence[int]) -> dict[str, Any]:
        pixels = self._pictures(images=list(pictures), return_tensors="pt")["pixel_values"]
        first = self._tokenizer.cls_token_id
        begun = self._torch.full((1, 1), first, dtype=self._torch.long)
        return {"pixel_values": pixels[None] if self._places else pixels, "input_ids": begun}

    def _sentences(
        self, pictures: NDArray[np.uint8], times_ms: Sequence[int]
    ) -> tuple[Alternative, ...]:
        if not self._places:
            return super()._sentences(pictures, times_ms)
        return self._generated(self._inputs(self._filled(pictures), times_ms))

    def _filled(self, pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """As many frames as the model has places: the last one again where there are fewer."""
        count = len(pictures)
        return pictures[[min(at, count - 1) for at in range(self._places)]]
