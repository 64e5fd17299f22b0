"""The fitted numbers of `weights.json`: what a break is worth, what a line or cue should fill."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

STEPS = 9
"""Points of each curve, from 0 to its end at equal steps; straight lines between them."""
SHAPES = ("single", "upper", "lower", "cue")
"""Curves over: the fill of a line alone in its cue, of one with others below, of the last of
several; the fill of a cue, as lines, from 0 to 2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What was fitted on one kind of text.

    Args:
        breaks: For each feature what it is worth at a line's end and at a cue's end.
        shape: The curves, by the names of `SHAPES`.
    """

    breaks: Mapping[str, tuple[float, float]]
    shape: Mapping[str, tuple[float, ...]]

    def worth(self, names: Sequence[str]) -> tuple[float, float]:
        """What a break with these features is worth, as a line's end and as a cue's."""
        line = cue = 0.0
        known = self.breaks
        for name in names:
            pair = known.get(name)
            if pair is not None:
                line += pair[0]
                cue += pair[1]
        return line, cue


@lru_cache(maxsize=2)
def fitted(kind: str) -> Weights:
    """The weights for text with marks (`marked`) or without (`bare`)."""
    file = resources.files("loquitur.subtitles").joinpath("weights.json")
    return weights_of(json.loads(file.read_text(encoding="utf-8"))[kind])


def weights_of(table: Mapping[str, Any]) -> Weights:
    """Weights from a table of `breaks` and `shape`, as the file has them."""
    return Weights(
        breaks={name: (float(line), float(cue)) for name, (line, cue) in table["breaks"].items()},
        shape={name: tuple(map(float, table["shape"][name])) for name in SHAPES},
    )
