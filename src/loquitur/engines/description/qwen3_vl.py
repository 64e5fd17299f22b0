"""Qwen3-VL: a chat model that is shown the frames as a video, with the time of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from loquitur.engines.captioning.generation import Chat

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_CLOCK_HZ = 1000  # frames are counted in ms, so that their times are told as they are


class Qwen3Vl(Chat):
    """Alibaba's Qwen3-VL through transformers (`loquitur.protocols.Describer`)."""

    pulled_as: ClassVar[str] = "qwen3-vl"
    default_model: ClassVar[str] = "Qwen/Qwen3-VL-2B-Instruct"
    model_types: ClassVar[tuple[str, ...]] = ("qwen3_vl",)
    class_name: ClassVar[str] = "Qwen3VLForConditionalGeneration"

    def _load(self, transformers: Any, folder: Path) -> None:
        self._processor = transformers.AutoProcessor.from_pretrained(folder, local_files_only=True)
        self._tokenizer = self._processor.tokenizer

    def _inputs(self, pictures: NDArray[np.uint8], times_ms: Sequence[int]) -> dict[str, Any]:
        content = [{"type": "video"}, {"type": "text", "text": self._prompt}]
        told = self._processor.apply_chat_template(
            [{"role": "user", "content": content}], tokenize=False, add_generation_prompt=True
        )
        times = list(times_ms) + [times_ms[-1]] * (len(times_ms) == 1)
        frames = pictures if len(pictures) > 1 else pictures[[0, 0]]  # it reads frames in pairs
        metadata = {
            "fps": float(_CLOCK_HZ),
            "total_num_frames": times[-1] + 1,
            "duration": (times[-1] + 1) / _CLOCK_HZ,
            "frames_indices": times,
        }
        return dict(
            self._processor(
                text=[told],
                videos=[self._torch.from_numpy(frames).permute(0, 3, 1, 2)],
                video_metadata=[metadata],
                do_sample_frames=False,
                return_tensors="pt",
            )
        )
