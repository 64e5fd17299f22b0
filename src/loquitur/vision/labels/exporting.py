"""A trained model that labels as an ONNX graph with the same card, and whether it says the same."""

from __future__ import annotations

import dataclasses
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import UsageError
from loquitur.vision import modelfolder
from loquitur.vision.labels.examples import Examples, Stream, offsets_of
from loquitur.vision.labels.graph import LOGITS, answers_of
from loquitur.vision.labels.modelcard import read_card
from loquitur.vision.labels.modelfile import (
    GRAPH,
    LabelModel,
    batch_of,
    needs_torch,
    write_files,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loquitur.vision.labels.modelcard import LabelModelCard

TOLERANCE = 1e-4
"""How far log odds may be apart: probabilities are then at most 2.5e-5 apart."""
_MOST_SUBSETS = 32
_LONG = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How alike two forms of one model are.

    Args:
        videos: How many videos both labelled, each with every set of its streams.
        answers: How many answers were held against one another: videos times sets of streams.
        same: Of how many both have the same label first.
        difference: The largest difference of a log odds: of a label, of a genre where the net
            scores genres, of a label by one stream alone where the net has late fusion.
        missing: Scores that the card promises and one of both did not give, or only one gave.
    """

    videos: int
    answers: int
    same: int
    difference: float
    missing: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether both say the same, to `TOLERANCE`, and all of it."""
        return not self.missing and self.difference <= TOLERANCE


def export(model: LabelModel, folder: Path) -> LabelModelCard:
    """Write a model as a graph; to label with it needs no torch.

    Args:
        model: One that runs on torch.
        folder: Where; not the model's own.

    Returns:
        The card as it was written.

    Raises:
        UsageError: It is made of a graph already, or would be written over itself, over its run or
            over weights.
        MissingError: Without torch.
    """
    if model.card.form != "torch":
        raise UsageError(f"{model.folder}: is exported already", hint="export the run instead")
    modelfolder.check_place(folder, model.folder, lambda place: read_card(place).form == "torch")
    with needs_torch():
        from loquitur.vision.labels.nets.graph import graph_of
        from loquitur.vision.labels.nets.scoring import TorchScorer
    if not isinstance(model.scorer, TorchScorer):
        raise UsageError("only a model that runs on torch is exported")
    files = {GRAPH: graph_of(model.scorer.net)}
    for name in model.card.projections.values():
        files[name] = (model.folder / name).read_bytes()
    return write_files(folder, dataclasses.replace(model.card, form="onnx"), files)


def compare(
    one: LabelModel, other: LabelModel, examples: Examples | None = None, *, seed: int = 0
) -> Agreement:
    """Let two forms of a model label the same videos, alone and side by side, by all subsets.

    Args:
        one: A model.
        other: The same in another form.
        examples: Videos; random ones of many lengths, some without streams, where None.
        seed: Of the random ones.
    """
    given = random_examples(one.card, seed) if examples is None else examples
    due = set(answers_of(one.card.net))
    missing: set[str] = set()
    answers = same = 0
    largest = np.float32(0)
    for only in _subsets(one.card):
        for rows in (range(len(given)), *(range(at, at + 1) for at in range(min(len(given), 8)))):
            batch = batch_of(given, rows, one.card)
            said = [model.outputs(batch, only=only) for model in (one, other)]
            missing |= (due | said[0].keys() | said[1].keys()) - (said[0].keys() & said[1].keys())
            for name in said[0].keys() & said[1].keys():
                apart = np.abs(said[0][name] - said[1][name])
                largest = np.maximum(largest, apart.max(initial=0))
            first = [each[LOGITS].argmax(axis=1) for each in said]
            answers += len(rows)
            same += int((first[0] == first[1]).sum())
    return Agreement(
        videos=len(given),
        answers=answers,
        same=same,
        difference=float(largest),
        missing=tuple(sorted(missing)),
    )


def _subsets(card: LabelModelCard) -> Iterator[tuple[str, ...]]:
    """Sets of the streams that a net may be left with: all of them up to 5 streams, none too."""
    names = [one.name for one in card.net.inputs]
    every = itertools.chain.from_iterable(
        itertools.combinations(names, count) for count in range(len(names), -1, -1)
    )
    yield from itertools.islice(every, _MOST_SUBSETS)


def random_examples(card: LabelModelCard, seed: int = 0) -> Examples:
    """Videos of 0, 1 and up to 300 random rows, each stream with lengths of its own."""
    chance = np.random.default_rng(seed)
    longest = min(card.net.most_rows, _LONG)
    lengths = np.array([1, 2, longest, 0, 3, longest // 2 + 1, 1, 17], np.int64)
    lengths = np.minimum(lengths, longest)
    streams = {}
    for at, one in enumerate(card.net.inputs):
        own = np.roll(lengths, at)
        shape = (int(own.sum()), one.dimension)
        rows = (
            chance.integers(0, 256, shape, dtype=np.uint8)
            if one.quantised
            else chance.normal(size=shape).astype(np.float32)
        )
        streams[one.name] = Stream(rows=rows, offsets=offsets_of(own))
    count = len(lengths)
    return Examples(
        video_ids=tuple(f"video{at}" for at in range(count)),
        labels=np.zeros(0, np.int64),
        label_offsets=np.zeros(count + 1, np.int64),
        streams=streams,
    )
