"""What sentences get right of generated clips, slot by slot: n-gram scores hide it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.vision.shapes.casting import scene
from loquitur.vision.shapes.grammar import Saying, parse, saying_of
from loquitur.vision.shapes.scene import held_pairs, source_of

if TYPE_CHECKING:
    from collections.abc import Mapping


_SHARES = (
    "whole",
    "colour",
    "shape",
    "action",
    "shape_on_unseen_pairs",
    "one",
    "two",
    "together",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotFigures:
    """Shares of 0 to 1; None where no clip of that kind is there.

    Args:
        clips: How many were asked for; one without a sentence counts as wrong.
        whole: Everything that is told is so: kind, things, actions (order of two things ignored).
        colour: Colour right, over clips of one thing.
        shape: Shape right, over clips of one thing.
        action: Action right, over clips of one thing.
        shape_on_unseen_pairs: Shape right, over clips of one thing whose colour and shape training
            never shows together.
        one: Whole caption right, over clips of one thing.
        two: The same, over clips of two things.
        together: The same, over clips where one acts on another (passes, follows, meets).
        distinct: How many different sentences there are.
        unparsed: How many sentences are none of the grammar.
    """

    clips: int
    whole: float | None
    colour: float | None
    shape: float | None
    action: float | None
    shape_on_unseen_pairs: float | None
    one: float | None
    two: float | None
    together: float | None
    distinct: int
    unparsed: int


def slot_figures(sources: Mapping[str, str], predictions: Mapping[str, str]) -> SlotFigures:
    """Count what is right: `sources` names each clip's `shapes:...`, `predictions` its sentence.

    Raises:
        InputError: A source is no generated clip.
    """
    hits: dict[str, list[bool]] = {}
    unparsed = 0
    for clip_id, source in sources.items():
        truth = saying_of(scene(source))
        said = parse(predictions.get(clip_id, ""))
        unparsed += said is None
        right = said is not None and said.key == truth.key
        group = truth.kind if truth.kind in ("one", "two") else "together"
        hits.setdefault("whole", []).append(right)
        hits.setdefault(group, []).append(right)
        if truth.kind == "one":
            _count_slots(hits, truth, said, fold=source_of(source).fold)
    figures = {
        name: sum(hits[name]) / len(hits[name]) if hits.get(name) else None for name in _SHARES
    }
    told = {predictions[clip_id] for clip_id in sources if clip_id in predictions}
    return SlotFigures(clips=len(sources), distinct=len(told), unparsed=unparsed, **figures)


def _count_slots(
    hits: dict[str, list[bool]], truth: Saying, said: Saying | None, *, fold: int
) -> None:
    """Count the slots of a clip of one thing by the first thing that is told."""
    true = truth.things[0]
    told = said.things[0] if said is not None else None
    for slot in ("colour", "shape", "action"):
        right = told is not None and getattr(told, slot) == getattr(true, slot)
        hits.setdefault(slot, []).append(right)
        if slot == "shape" and (true.shape, true.colour) in held_pairs(fold):
            hits.setdefault("shape_on_unseen_pairs", []).append(right)
