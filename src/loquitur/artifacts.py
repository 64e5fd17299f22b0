"""One artifact of one input, from the store where it is there: who only wants to know that."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from loquitur.api import run_many, wish_of
from loquitur.pipeline.events import ignore
from loquitur.settings import resolve

if TYPE_CHECKING:
    from pathlib import Path

    from loquitur.model.media import Shots
    from loquitur.model.speech import Activity
    from loquitur.pipeline.events import Listener
    from loquitur.settings import Settings

__all__ = ["cuts", "heard"]


def heard(
    source: str | Path,
    *,
    settings: Settings | None = None,
    section: str = "",
    listener: Listener = ignore,
) -> Activity:
    """When somebody speaks in an input, from the store where that is known.

    Raises:
        LoquiturError: Whatever stopped it; see `loquitur.errors`.
    """
    activity: Activity = _until("detect", source, settings, section, listener)
    return activity


def cuts(
    source: str | Path, *, settings: Settings | None = None, listener: Listener = ignore
) -> Shots:
    """Where the pictures of an input are cut, from the store where that is known.

    Raises:
        LoquiturError: Whatever stopped it; see `loquitur.errors`.
    """
    shots: Shots = _until("shots", source, settings, "", listener)
    return shots


def _until(
    stage: str, source: str | Path, settings: Settings | None, section: str, listener: Listener
) -> Any:
    """The artifact of a stage of one input."""
    settings = settings or resolve().settings
    wish = dataclasses.replace(wish_of(settings), until=stage, section=section, parameters={})
    (result,) = run_many([str(source)], wish, settings, listener=listener)
    if result.error is not None:
        raise result.error
    return result.artifact
