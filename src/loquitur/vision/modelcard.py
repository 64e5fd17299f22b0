"""What a model file says of itself: the net, its words, what its features are, how it was trained.

`model.json` of a model's folder. Everything that is needed to describe a new video stands there,
so that no vocabulary and no normalisation is ever looked for elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from loquitur.model.speech import EngineStamp
from loquitur.model.vision import Preprocessing, Sampling
from loquitur.vision import modelfolder
from loquitur.vision.decoding.options import Decoding
from loquitur.vision.encoders import check_alike
from loquitur.vision.modelfolder import CARD
from loquitur.vision.nets.config import NetConfig
from loquitur.vision.vocabulary import MOST_LETTERS, SPECIAL, Vocabulary

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CARD", "SCHEMA", "STD_FLOOR", "TRAIN", "ModelCard", "read_card", "to_bytes"]

SCHEMA = "loquitur/captioner/1"
TRAIN = "a model's folder is written by `loquitur describe train` or `export`"
STD_FLOOR = 0.05
"""Added to standard deviations, as in training: a number that hardly varies is not blown up."""

_MOST_NUMBER = 3.4e38
"""What float32 holds."""
_NO_LETTER = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Blanks, control characters, and what turns a line's direction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """All that is known of a captioner but its weights.

    Args:
        net: Its architecture and sizes.
        vocabulary: Its words in order, the four special ones first.
        threshold: How often a word had to be seen in training.
        encoder: Which engine made the features it was trained on: it understands no others.
        preprocessing: What that engine does to pictures, for the record.
        sampling: Which frames of a clip it was trained on.
        mean: Of each number of the training features; empty where nothing is taken off.
        std: Standard deviation of each: x becomes (x - mean) / (std + `STD_FLOOR`).
        language: Of its sentences, BCP 47.
        decoding: The search that is used where none is asked for.
        training: Figures of the training: data, epochs, seconds, measures.
        licence: Of the weights.
        notes: What a user should know.
        producer: What wrote the file.
        form: `torch`: one file of weights; `onnx`: two graphs, `encoder.onnx` and `step.onnx`.
        files: The files beside this one and their sha256.
        step_inputs: Of the form `onnx`: the entries of the state that its step reads.

    Raises:
        ValueError: The parts do not fit one another.
    """

    net: NetConfig
    vocabulary: tuple[str, ...]
    threshold: int = 1
    encoder: EngineStamp
    preprocessing: Preprocessing | None = None
    sampling: Sampling = field(default_factory=Sampling)
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    language: str = "en"
    decoding: Decoding = field(default_factory=Decoding)
    training: dict[str, float | int | str | None] = field(default_factory=dict)
    licence: str = ""
    notes: tuple[str, ...] = ()
    producer: str = ""
    form: Literal["torch", "onnx"] = "torch"
    files: dict[str, str] = field(default_factory=dict)
    step_inputs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.vocabulary) != self.net.words:
            raise ValueError(
                f"a vocabulary of {len(self.vocabulary)} words, but a net of {self.net.words}"
            )
        if self.vocabulary[: len(SPECIAL)] != SPECIAL:
            raise ValueError("a vocabulary begins with <pad> <bos> <eos> <unk>")
        if len(set(self.vocabulary)) != len(self.vocabulary):
            raise ValueError("a word stands twice in the vocabulary")
        for word in self.vocabulary[len(SPECIAL) :]:
            if not 0 < len(word) <= MOST_LETTERS or _NO_LETTER.search(word):
                raise ValueError(f"no word: {word[:40]!r}")
        for name in ("mean", "std"):
            numbers = tuple(map(float, getattr(self, name)))  # of numpy's too
            object.__setattr__(self, name, numbers)
            if numbers and len(numbers) != self.net.dimension:
                raise ValueError(
                    f"{name} has {len(numbers)} numbers, a frame has {self.net.dimension}"
                )
            if not all(abs(number) < _MOST_NUMBER for number in numbers):  # nor NaN
                raise ValueError(f"{name} holds what is no number")
        if bool(self.mean) != bool(self.std) or min(self.std, default=0) < 0:
            raise ValueError("mean and std go together, and no std is below 0")
        modelfolder.check_files(self.files)

    def words(self) -> Vocabulary:
        """The vocabulary."""
        return Vocabulary(words=self.vocabulary, threshold=self.threshold)

    def check_encoder(self, encoder: EngineStamp) -> None:
        """Hold that features of an encoder are what this model reads.

        Raises:
            UsageError: They are another encoder's; both are named.
        """
        check_alike(self.encoder, encoder, what="features for this model")


def to_bytes(card: ModelCard) -> bytes:
    """The card as indented JSON.

    Raises:
        UsageError: A figure of the training is no number JSON can hold.
    """
    return modelfolder.card_bytes(card, SCHEMA)


def read_card(folder: Path) -> ModelCard:
    """The card of a model's folder.

    Raises:
        InputError: There is none, it is not ours, of another version, or contradicts itself.
    """
    return modelfolder.read_card(folder, ModelCard, schema=SCHEMA, what="captioner", hint=TRAIN)
