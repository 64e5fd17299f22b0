"""A trained captioner as ONNX graphs with the same card, and whether they say the same."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import UsageError
from loquitur.vision import modelfolder
from loquitur.vision.decoding.search import decode, padded
from loquitur.vision.modelcard import ModelCard, read_card
from loquitur.vision.modelfile import (
    ENCODER_GRAPH,
    STEP_GRAPH,
    CaptionModel,
    needs_torch,
    scaled,
    write_files,
)
from loquitur.vision.vocabulary import BOS, EOS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_LONG = 1000
"""Frames of a clip; random ones are of so many or twice that at most."""
TOLERANCE = 1e-4
"""How far log-probabilities of a word may be apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How alike two forms of one model are.

    Args:
        clips: How many clips both described.
        same: Of how many both wrote the same words, one by one and in batches.
        difference: The largest difference of a word's log-probability, of all words at every step.
    """

    clips: int
    same: int
    difference: float

    @property
    def holds(self) -> bool:
        """Whether both say the same, to `TOLERANCE`."""
        return self.same == self.clips and self.difference <= TOLERANCE


def export(model: CaptionModel, folder: Path) -> ModelCard:
    """Write a model as two graphs; to describe with them needs no torch.

    Args:
        model: One that runs on torch.
        folder: Where; not the model's own.

    Returns:
        The card as it was written.

    Raises:
        UsageError: It is made of graphs already, or would be written over itself, over its run or
            over weights.
        MissingError: Without torch.
    """
    if model.card.form != "torch":
        raise UsageError(f"{model.folder}: is exported already", hint="export the run instead")
    modelfolder.check_place(folder, model.folder, lambda place: read_card(place).form == "torch")
    with needs_torch():
        from loquitur.vision.nets.graphs import graphs_of
        from loquitur.vision.nets.stepping import TorchStepper
    if not isinstance(model.stepper, TorchStepper):
        raise UsageError("only a model that runs on torch is exported")
    graphs = graphs_of(model.stepper.net)
    card = dataclasses.replace(model.card, form="onnx", step_inputs=graphs.step_inputs)
    return write_files(folder, card, {ENCODER_GRAPH: graphs.encoder, STEP_GRAPH: graphs.step})


def compare(
    one: CaptionModel,
    other: CaptionModel,
    clips: Sequence[NDArray[np.float32]] | None = None,
    *,
    seed: int = 0,
) -> Agreement:
    """Let two forms of a model describe the same clips, one by one and in batches.

    Args:
        one: A model; its greedy words are the way on which both are compared.
        other: The same in another form.
        clips: Features [t, d] as the encoder made them, thinned as for describing; random ones of
            many lengths, all of their frames, where None.
        seed: Of the random ones.
    """
    if clips is None:
        normal = [scaled(clip, one.card) for clip in random_clips(one.card, seed)]
    else:
        normal = [one.normalised(clip) for clip in clips]
    words = [found[0].words for found in decode(one.stepper, normal)]
    together = [found[0].words for found in decode(other.stepper, normal, rows=5)]
    alone = [decode(other.stepper, [clip])[0][0].words for clip in normal]
    return Agreement(
        clips=len(normal),
        same=sum(a == b == c for a, b, c in zip(words, together, alone, strict=True)),
        difference=_difference(one, other, normal, words),
    )


def random_clips(card: ModelCard, seed: int = 0) -> list[NDArray[np.float32]]:
    """Features as far apart as those of the training, of 1 to twice the usual number of frames."""
    chance = np.random.default_rng(seed)
    mean = np.array(card.mean or [0.0] * card.net.dimension)
    std = np.array(card.std or [1.0] * card.net.dimension)
    usual = min(card.net.most_frames, _LONG)
    lengths = [1, 2, 3, usual // 2 + 1, usual, usual + 1, 2 * usual]
    lengths += chance.integers(1, usual + 1, 9).tolist()
    return [
        (mean + std * chance.normal(size=(length, len(mean)))).astype(np.float32)
        for length in lengths
    ]


def _difference(
    one: CaptionModel,
    other: CaptionModel,
    clips: Sequence[NDArray[np.float32]],
    sentences: Sequence[Sequence[int]],
) -> float:
    """The largest difference of any word's log-probability on the way along some sentences."""
    features, lengths = padded(clips)
    states = [model.stepper.begin(features, lengths) for model in (one, other)]
    longest = max(map(len, sentences)) + 1
    heard = np.full((len(clips), longest), EOS, dtype=np.int64)
    heard[:, 0] = BOS
    for row, words in enumerate(sentences):
        heard[row, 1 : 1 + len(words)] = words
    largest: list[np.float32] = []
    for at in range(longest):
        said = []
        for each, model in enumerate((one, other)):
            scores, states[each] = model.stepper.step(heard[:, at], states[each])
            said.append(scores)
        largest.append(np.abs(said[0] - said[1]).max())
    return float(np.max(largest))  # NaN where any is
