"""The two graphs of a Moonshine model: sound to states, states to pieces of text, one by one.

N. Jeffries et al., "Moonshine: Speech Recognition for Live Transcription and Voice Commands", 2024,
arXiv 2410.15608. The decoder is optimum's export: one graph, told by `use_cache_branch` whether
keys and values of the pieces before are given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.engines.asr.moonshine.vocabulary import BEGIN, END
from loquitur.errors import InputError
from loquitur.model.media import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_INPUTS = ("input_ids", "encoder_hidden_states", "use_cache_branch")
_MASK = "encoder_attention_mask"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of text: its number, and the natural logarithm of its probability."""

    number: int
    log_probability: float


class Network:
    """Greedy decoding with cached keys and values; the same sound gives the same pieces.

    Args:
        encoder: ONNX Runtime session `input_values [1, n] -> states [1, t, d]`.
        decoder: Session of the merged decoder.
        rate: The most pieces a second that speech has.

    Raises:
        InputError: The graphs are others.
    """

    def __init__(self, encoder: Any, decoder: Any, *, rate: float) -> None:
        self._encoder = encoder
        self._decoder = decoder
        self._rate = rate
        hears = {item.name for item in encoder.get_inputs()}
        takes = {item.name: item.shape for item in decoder.get_inputs()}
        self._empty = {
            name: np.zeros((0, int(shape[1]), 1, int(shape[3])), np.float32)
            for name, shape in takes.items()
            if name.startswith("past_key_values.")
            and all(isinstance(size, int) for size in (shape[1], shape[3]))
        }
        self._outputs = [item.name for item in decoder.get_outputs()]
        after = {name.replace("past_key_values", "present") for name in self._empty}
        whole = set(_INPUTS) <= takes.keys() and {"logits", *after} <= set(self._outputs)
        if "input_values" not in hears or not self._empty or not whole:
            raise InputError(
                "the graphs are not those of a Moonshine model: encoder takes "
                f"{', '.join(sorted(hears))}; decoder {', '.join(list(takes)[:4])}",
                code="LQ-NO-MODEL",
            )
        self._encoder_masked = "attention_mask" in hears
        self._decoder_masked = _MASK in takes

    def pieces(self, sound: NDArray[np.float32], *, unrepeated: int = 0) -> list[Piece]:
        """What is said, as pieces, without the one that ends it.

        Args:
            sound: float32, 16 kHz, shape [n], at least 0.1 s.
            unrepeated: No run of this many pieces comes twice; 0 allows all.
        """
        mask = np.ones((1, len(sound)), np.int64)
        heard = {"input_values": sound[None]} | (
            {"attention_mask": mask} if self._encoder_masked else {}
        )
        states = self._encoder.run(None, heard)[0]
        constant = {"encoder_hidden_states": states}
        if self._decoder_masked:
            constant[_MASK] = mask
        past = dict(self._empty)
        said: list[Piece] = []
        number = BEGIN
        for step in range(int(self._rate * len(sound) / SAMPLE_RATE_HZ) + 2):
            given = {
                "input_ids": np.array([[number]], np.int64),
                "use_cache_branch": np.array([step > 0]),
            }
            found = dict(
                zip(self._outputs, self._decoder.run(None, constant | past | given), strict=True)
            )
            piece = _best(found["logits"][0, -1], [item.number for item in said], unrepeated)
            if piece.number == END:
                break
            said.append(piece)
            number = piece.number
            for name in past:
                # what was seen of the sound is told once only, in the first round
                if step == 0 or ".decoder." in name:
                    past[name] = found[name.replace("past_key_values", "present")]
        return said


def _best(scores: NDArray[np.float32], before: Sequence[int], unrepeated: int) -> Piece:
    """The likeliest next piece that begins no run said before."""
    shifted = scores.astype(np.float64) - float(scores.max())
    logs = shifted - np.log(np.exp(shifted).sum())
    for number in _repeating(before, unrepeated):
        logs[number] = -np.inf
    best = int(logs.argmax())
    return Piece(number=best, log_probability=float(logs[best]))


def _repeating(before: Sequence[int], size: int) -> set[int]:
    """The pieces which would end a run of this size that was there already."""
    if not size or len(before) < size:
        return set()
    tail = list(before[len(before) - size + 1 :])
    return {
        before[at + size - 1]
        for at in range(len(before) - size + 1)
        if list(before[at : at + size - 1]) == tail
    }
