"""What `describe export` and `label export` have in common: where a model goes, and how fast."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from loquitur.cli.output import tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Written(Protocol):
    """The card of what was written."""

    @property
    def files(self) -> Iterable[str]:
        """Names of the files beside it."""


Model = TypeVar("Model")
Card = TypeVar("Card", bound=Written)


def exported(
    model: Model, export: Callable[[Model, Path], Card], given: dict[str, Any], *, quiet: bool
) -> tuple[Path, Card, float]:
    """Write a model into the folder asked for, or beside its own, and tell so.

    Returns:
        The folder, the card that was written, and the seconds it took.
    """
    from loquitur.vision.modelfolder import CARD, export_place

    target = Path(given["output"]) if given["output"] else export_place(Path(given["model"]))
    start_s = time.perf_counter()
    card = export(model, target)
    took_s = time.perf_counter() - start_s
    if not quiet:
        tell(f"wrote {target}: {', '.join([*card.files, CARD])}, in {took_s:.1f} s")
    return target, card, took_s
