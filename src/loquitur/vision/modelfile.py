"""A trained captioner as a folder: its card and its weights; written whole, read with suspicion.

How the folder is kept whole: `vision.modelfolder`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.errors import InputError
from loquitur.model.vision import Alternative
from loquitur.vision import modelfolder
from loquitur.vision.batches import spread
from loquitur.vision.decoding.search import decode
from loquitur.vision.encoders import said
from loquitur.vision.modelcard import CARD, STD_FLOOR, TRAIN, ModelCard, read_card, to_bytes
from loquitur.vision.modelfolder import RUNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from numpy.typing import NDArray

    from loquitur.vision.decoding.options import Decoding
    from loquitur.vision.decoding.stepper import Hypothesis, Stepper
    from loquitur.vision.nets.contract import Captioner

__all__ = ["CARD", "RUNS", "CaptionModel", "check_features", "find", "load", "save", "write_files"]

ENCODER_GRAPH, STEP_GRAPH = "encoder.onnx", "step.onnx"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CaptionModel:
    """A captioner that describes clips by their features.

    Args:
        card: What it says of itself.
        stepper: Its net, on torch or ONNX Runtime.
        folder: Where it was read from.
    """

    card: ModelCard
    stepper: Stepper
    folder: Path

    def hypotheses(
        self, clips: Sequence[NDArray[Any]], decoding: Decoding | None = None
    ) -> list[list[Hypothesis]]:
        """Sentences of each clip as numbers of words, best first, at least one.

        Args:
            clips: Features [t, d] of each, as the encoder made them.
            decoding: The search; the model's own where None.

        Raises:
            InputError: Features of another size, of no frame, or with NaN.
        """
        return decode(
            self.stepper,
            [self.normalised(clip) for clip in clips],
            self.card.decoding if decoding is None else decoding,
        )

    def describe_all(
        self, clips: Sequence[NDArray[Any]], decoding: Decoding | None = None
    ) -> list[list[Alternative]]:
        """As `hypotheses`, in words; a score is the mean log-probability a word (nats)."""
        vocabulary = self.card.words()
        found = []
        for ones in self.hypotheses(clips, decoding):
            texts: dict[str, float] = {}
            for one in ones:
                texts.setdefault(vocabulary.decode(one.words), one.score)
            found.append([Alternative(text=text, score=score) for text, score in texts.items()])
        return found

    def describe(
        self, features: NDArray[Any], decoding: Decoding | None = None
    ) -> list[Alternative]:
        """Sentences of one clip [t, d], best first, at least one."""
        return self.describe_all([features], decoding)[0]

    def normalised(self, features: NDArray[Any]) -> NDArray[np.float32]:
        """Features [t, d] as the net reads them, checked.

        Of more frames than it was trained on so many are taken, spread evenly, as in training.

        Raises:
            InputError: They are not what it reads.
        """
        plain = check_features(features, self.card)
        most = self.card.net.most_frames
        if len(plain) > most:
            plain = plain[spread(len(plain), most)]
        return scaled(plain, self.card)


def scaled(features: NDArray[np.float32], card: ModelCard) -> NDArray[np.float32]:
    """Features [t, d] with the training's mean taken off, over its deviation."""
    if not card.mean:
        return features
    mean = np.asarray(card.mean, dtype=np.float32)
    std = np.asarray(card.std, dtype=np.float32)
    found: NDArray[np.float32] = (features - mean) / (std + np.float32(STD_FLOOR))
    return found


def check_features(features: NDArray[Any], card: ModelCard) -> NDArray[np.float32]:
    """Features of a clip as float32 [t, d].

    Raises:
        InputError: Another shape or size, no frame, NaN or infinity.
    """
    matrix = np.asarray(features)
    if matrix.ndim != 2 or matrix.dtype.kind not in "fiu":
        raise InputError(
            f"features are numbers [frames, {card.net.dimension}], not {matrix.dtype} "
            f"{list(matrix.shape)}"
        )
    if matrix.shape[1] != card.net.dimension:
        raise InputError(
            f"the model reads {card.net.dimension} numbers a frame, these features have"
            f" {matrix.shape[1]}",
            hint=f"make features with {said(card.encoder)}",
            code="LQ-WRONG-ENCODER",
        )
    if not len(matrix):
        raise InputError("features of no frame at all")
    with np.errstate(over="ignore"):  # what becomes infinite is told below
        plain = matrix.astype(np.float32)
    broken = ~np.isfinite(plain).all(axis=1)
    if broken.any():
        raise InputError(
            f"features hold NaN or infinity, first in frame {int(broken.argmax())} of"
            f" {len(matrix)}",
            hint="make them again",
        )
    return plain


def save(folder: Path, net: Captioner, card: ModelCard) -> ModelCard:
    """Write a model's folder; one that is there is replaced in one step.

    Args:
        folder: Where; made where there is none.
        net: Its sizes are those of the card.
        card: Its `producer`, `form` and `files` are filled in.

    Returns:
        The card as it was written.

    Raises:
        FullError: No space, or no right to write there.
        MissingError: Without torch or safetensors.
        ValueError: The net is another than the card's.
    """
    if net.config != card.net:
        raise ValueError("the net is not the one of the card")
    with needs_torch():
        from loquitur.vision.nets.weights import weights_of
    data = weights_of(net)
    name = modelfolder.weights_name(data)
    return write_files(folder, dataclasses.replace(card, form="torch"), {name: data})


def write_files(folder: Path, card: ModelCard, files: Mapping[str, bytes]) -> ModelCard:
    """Write files, then the card that names them, then take away the weights of an older one."""
    return modelfolder.write_folder(folder, card, files, encoded=to_bytes)


def find(path: Path) -> Path:
    """The model's folder in what a user names: that folder, or a run's best or last one.

    Raises:
        InputError: There is none; what is there instead is said.
    """
    return modelfolder.find(path, hint=TRAIN)


def load(path: Path, *, device: str = "cpu", threads: int = 1) -> CaptionModel:
    """A captioner, ready to describe.

    Args:
        path: A model's folder, or a run's (its best model, else its last one).
        device: Of torch's; graphs run on the processor.
        threads: Of graphs; torch's are the process's.

    Raises:
        InputError: It is not ours, damaged, of another version, or its weights are NaN.
        MissingError: It needs torch, and that is not installed.
        UsageError: There is no such device.
    """
    folder = find(path)
    card, files = _read(folder)
    stepper: Stepper
    if card.form == "onnx":
        from loquitur.vision.decoding.onnx import OnnxStepper

        if files.keys() != {ENCODER_GRAPH, STEP_GRAPH}:
            raise InputError(f"{folder / CARD}: names no graphs", code="LQ-NO-MODEL")
        stepper = OnnxStepper(
            files[ENCODER_GRAPH],
            files[STEP_GRAPH],
            state_names=card.step_inputs,
            dimension=card.net.dimension,
            words=card.net.words,
            shown=str(folder),
            threads=threads,
        )
        return CaptionModel(card=card, stepper=stepper, folder=folder)
    if len(files) != 1:
        raise InputError(f"{folder / CARD}: names no weights", code="LQ-NO-MODEL")
    with needs_torch():
        from loquitur.vision.nets.stepping import TorchStepper
        from loquitur.vision.nets.weights import with_weights
    ((name, data),) = files.items()
    net = with_weights(card.net, data, shown=str(folder / name), device=device)
    stepper = TorchStepper(net)
    return CaptionModel(card=card, stepper=stepper, folder=folder)


def _read(folder: Path) -> tuple[ModelCard, dict[str, bytes]]:
    return modelfolder.read_whole(folder, read_card, hint=TRAIN)


def needs_torch() -> AbstractContextManager[None]:
    """Turns the lack of torch or safetensors into our error."""
    return modelfolder.needs_torch(verb="describe export")
