"""SmolVLM2 (Marafioti et al. 2025): a small chat model that is shown the frames with their times.

The prompt is put together as the library's own processor does it for a video (the frames' number
and times, each with its place in the picture tokens), which needs a package more than this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from loquitur.engines.captioning.generation import Chat

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_TEENS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


class SmolVlm(Chat):
    """SmolVLM2 through transformers (`loquitur.protocols.Describer`)."""

    pulled_as: ClassVar[str] = "smolvlm"
    default_model: ClassVar[str] = "HuggingFaceTB/SmolVLM2-256M-Video-Instruct"
    model_types: ClassVar[tuple[str, ...]] = ("smolvlm",)
    class_name: ClassVar[str] = "SmolVLMForConditionalGeneration"

    def _load(self, transformers: Any, folder: Path) -> None:
        self._pictures = transformers.AutoImageProcessor.from_pretrained(
            folder, local_files_only=True
        )
        self._tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)

    def _inputs(self, pictures: NDArray[np.uint8], times_ms: Sequence[int]) -> dict[str, Any]:
        side = self._config["vision_config"]["image_size"]
        seen = self._pictures(
            images=[list(pictures)],
            do_image_splitting=False,
            size={"longest_edge": side},
            return_tensors="pt",
        )
        words = self._tokenizer(
            [self._told(times_ms)], return_tensors="pt", add_special_tokens=False
        )
        return {
            "pixel_values": seen["pixel_values"],
            "pixel_attention_mask": seen["pixel_attention_mask"],
            "input_ids": words["input_ids"],
            "attention_mask": words["attention_mask"],
        }

    def _told(self, times_ms: Sequence[int]) -> str:
        """The conversation: the frames, each with its time and its picture tokens, and the task."""
        vision = self._config["vision_config"]
        patches = (vision["image_size"] // vision["patch_size"]) ** 2
        count = patches // int(self._config.get("scale_factor", 2)) ** 2
        edge = "<fake_token_around_image>"
        picture = f"{edge}<global-img>{'<image>' * count}{edge}"
        shown = "".join(
            f"\nFrame from {at // 60_000:02d}:{at // 1000 % 60:02d}:{picture}" for at in times_ms
        )
        minutes, seconds = divmod(times_ms[-1] // 1000, 60)
        length = f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
        intro = (
            f"You are provided the following series of {in_words(len(times_ms))} frames from a"
            f" {length} [H:MM:SS] video.\n"
        )
        return f"<|im_start|>User: {intro}{shown}\n\n{self._prompt}<end_of_utterance>\nAssistant:"


def in_words(number: int) -> str:
    """A number below a thousand as English has it.

    >>> in_words(8), in_words(24), in_words(120)
    ('eight', 'twenty-four', 'one hundred and twenty')
    """
    if number >= 100:
        rest = f" and {in_words(number % 100)}" if number % 100 else ""
        return f"{_TEENS[number // 100]} hundred{rest}"
    if number < 20:
        return _TEENS[number]
    ten, one = divmod(number, 10)
    return _TENS[ten - 2] + (f"-{_TEENS[one]}" if one else "")
