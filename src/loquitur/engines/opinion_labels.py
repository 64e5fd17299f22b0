"""What the classes of a sentiment model mean, by a table of their names."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loquitur.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def polarities(labels: Sequence[str], *, model: str) -> tuple[float, ...]:
    """Where each class of a model lies between -1 and 1.

    Args:
        labels: Its classes in the order of its outputs.
        model: Its name, for numbered classes and for messages.

    Raises:
        InputError: A class has a name that says nothing here.
    """
    if len(labels) < 2:
        raise InputError(
            f"{model} has {len(labels)} classes, and so is no classifier of sentiment",
            code="LQ-NO-MODEL",
        )
    known = _table()["names"]
    named = _table()["models"].get(model.partition("@")[0])
    if named and all(label.lower().startswith("label_") for label in labels):
        labels = named if len(named) == len(labels) else labels
    strange = [label for label in labels if plain_name(label) not in known]
    if strange:
        raise InputError(
            f"{model}: what its class '{strange[0]}' means is not known",
            hint="name its classes in order: --set sentiment.labels=negative,neutral,positive",
            code="LQ-NO-MODEL",
        )
    return tuple(float(known[plain_name(label)]) for label in labels)


def plain_name(label: str) -> str:
    """A class's name as the table has it.

    >>> plain_name("Very_Negative")
    'very negative'
    """
    return " ".join(label.lower().replace("_", " ").replace("-", " ").split())


def expected(shares: Sequence[float], values: Sequence[float]) -> float:
    """The mean of the classes' polarities, each weighed by its probability; -1..1."""
    return max(
        -1.0, min(1.0, sum(share * value for share, value in zip(shares, values, strict=True)))
    )


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Mapping[str, Any]]:
    path = Path(__file__).with_suffix(".toml")
    read = tomllib.loads(path.read_text(encoding="utf-8"))
    names = {
        name: value for group in read["labels"] for name, value in group.items() if name != "source"
    }
    return {"names": names, "models": read["models"]}
