"""A net of one's own: what `describe train` left, or `describe export` wrote, with its encoder.

The model's card says which encoder made the features it was trained on, which frames of a clip
were looked at, and how sentences are searched for; all of it is done here again just so, features
through half precision too, as they are kept for training.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from loquitur.errors import InputError, MissingError, UsageError
from loquitur.protocols import Identity, Resources
from loquitur.vision import encoders, modelfile, preprocessing
from loquitur.vision.decoding.options import Decoding, Method, parse_decoding
from loquitur.vision.modelcard import CARD, ModelCard, read_card

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.model.vision import Alternative

_VERSION = "1"
_RUN_PARTS = ("best", "last")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedOptions:
    """Options of the engine.

    Args:
        model: The folder of a model or of a run (its best one). In a key stand its name and digest
            instead.
        encoder: `NAME[:MODEL]` of the encoder, where its model is not to be found under the name
            that the card gives; it must be the same one.
        beams: Sentences considered side by side; 0 for the search of the model's card.
        decode: The search in words: `greedy`, `beam:5`, `sample:0.7`; goes before `beams`.
        alternatives: How many other sentences are told.
        device: `auto` (CUDA, Apple's, CPU), `cpu`, `cuda`, `cuda:1`, `mps`.
    """

    model: str = field(default="", metadata={"keyed": False})
    encoder: str = field(default="", metadata={"keyed": False})
    beams: int = 0
    decode: str = ""
    alternatives: int = 0
    device: str = field(default="auto", metadata={"keyed": False})

    def __post_init__(self) -> None:
        if not 0 <= self.beams <= 100 or not 0 <= self.alternatives <= 99:
            raise ValueError("beams is within 0..100, alternatives within 0..99")


class Trained:
    """A trained net (`loquitur.protocols.Describer`).

    Args:
        options: See `TrainedOptions`.
        resources: Model cache and threads.

    Raises:
        UsageError: No folder is named, or no such search.
        InputError: It holds no model of ours, a damaged one, or one of another encoder.
        MissingError: A package or the encoder's model is absent.
    """

    Options: ClassVar[type] = TrainedOptions
    forms: ClassVar[tuple[str, ...]] = ("torch", "onnx")

    def __init__(self, options: TrainedOptions, resources: Resources) -> None:
        folder, card = _found(options, self.forms)
        self._decoding = _searched(options, card)
        self._alternatives = options.alternatives
        device = "cpu"
        if card.form == "torch":
            device = _device(options.device)
        self._model = modelfile.load(folder, device=device, threads=resources.threads)
        self._encoder = _opened(options, card, resources)
        self.language: str = card.language
        self.languages: tuple[str, ...] = (card.language,)
        self.sampling = card.sampling
        self.frames: int = card.sampling.count
        self.sized: tuple[int, int] | None = None
        self.fitting = encoders.fitting_of(self._encoder.engine)

    @classmethod
    def identity(cls, options: TrainedOptions, resources: Resources) -> Identity:
        """The name of the run and the digest of its card, which names weights and encoder.

        Raises:
            UsageError: No folder is named.
            InputError: It holds no model of ours.
        """
        folder, _ = _found(options, cls.forms)
        place = folder.resolve()
        return Identity(
            version=_VERSION,
            model=place.parent.name if place.name in _RUN_PARTS else place.name,
            model_digest=hashlib.sha256((folder / CARD).read_bytes()).hexdigest(),
        )

    def describe(
        self, pictures: NDArray[np.uint8], times_ms: Sequence[int]
    ) -> Sequence[Alternative]:
        """Sentences about the frames [n, h, w, 3] of one clip, best first.

        Raises:
            EngineError: The encoder fails.
        """
        return self.describe_fitted(self.fitted(pictures), times_ms)

    def fitted(self, pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Some frames as small as the encoder takes them: a long clip need not be held whole."""
        if self.fitting is not None:
            return preprocessing.fit(pictures, self.fitting.how)
        return encoders.fitted(self._encoder.engine, pictures)

    def describe_fitted(
        self, pictures: NDArray[np.uint8], times_ms: Sequence[int]
    ) -> Sequence[Alternative]:
        """As `describe`, of frames as `fitting` has it, or that `fitted` gave where it is None."""
        ready = self.fitting is not None
        features = encoders.encode(self._encoder.engine, [pictures], ready=ready)
        found = self._model.describe(features.astype(np.float16), self._decoding)
        return tuple(found[: 1 + self._alternatives])


class TrainedOnnx(Trained):
    """A trained net as graphs: nothing of torch is loaded (`loquitur.protocols.Describer`)."""

    forms: ClassVar[tuple[str, ...]] = ("onnx",)


def _found(options: TrainedOptions, forms: Sequence[str]) -> tuple[Path, ModelCard]:
    """The model's folder, and what it says of itself."""
    if not options.model:
        raise UsageError(
            "no net is named", hint="--model RUN: a folder of `describe train` or `describe export`"
        )
    folder = modelfile.find(Path(options.model).expanduser())
    card = read_card(folder)
    if card.form not in forms:
        raise InputError(
            f"{folder} holds weights for torch, no graphs",
            hint=f"loquitur describe export {folder} -o FOLDER, or --model trained:{folder}",
            code="LQ-NO-MODEL",
        )
    return folder, card


def _device(wanted: str) -> str:
    """The device that is meant; torch is loaded for it."""
    from loquitur.engines import checkpoints, runtime

    checkpoints.version("torch")
    import torch

    return runtime.choose_device(torch, wanted)


def _opened(options: TrainedOptions, card: ModelCard, resources: Resources) -> encoders.Encoder:
    """The encoder of the model's features, held against the card."""
    stamp = card.encoder
    wanted = options.encoder or stamp.name + (f":{stamp.model}" if stamp.model else "")
    given = json.loads(stamp.options or "{}")
    kind = _options_of(wanted, resources)
    if "device" in kind:
        given["device"] = options.device
    elif card.form == "onnx" and options.device not in ("auto", "cpu"):
        raise MissingError(
            f"device {options.device}: neither these graphs nor the encoder '{stamp.name}' use one",
            hint="--device cpu",
        )
    encoder = encoders.open_encoder(wanted, resources, options=given)
    card.check_encoder(encoder.stamp)
    return encoder


def _options_of(wanted: str, resources: Resources) -> set[str]:
    """The names of an encoder's options."""
    from loquitur import registry

    name = wanted.partition(":")[0]
    kind = registry.load(registry.find(encoders.KIND, name, resources.environments))
    return {item.name for item in dataclasses.fields(kind.Options)}


def _searched(options: TrainedOptions, card: ModelCard) -> Decoding:
    """How sentences are searched for: as the user says, else as the card does."""
    known = card.decoding
    if options.decode:
        found = parse_decoding(options.decode, most=known.most)
    elif options.beams:
        by: Method = "beam" if options.beams > 1 else "greedy"
        found = dataclasses.replace(known, by=by, width=options.beams)
    else:
        found = known
    wanted = 1 + options.alternatives
    if wanted == 1:
        return found
    if found.by == "sample":
        return dataclasses.replace(found, count=max(found.count, wanted))
    width = max(wanted, found.width if found.by == "beam" else 1)
    return dataclasses.replace(found, by="beam", width=width)
