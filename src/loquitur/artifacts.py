"""One artifact of one input, from the store where it is there: who only wants to know that."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import TYPE_CHECKING, Any

import msgspec

from loquitur.api import run_many, wish_of
from loquitur.errors import LoquiturError
from loquitur.pipeline.events import ignore
from loquitur.pipeline.recipes import FEATURES
from loquitur.pipeline.tasks import open_store
from loquitur.settings import resolve

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from loquitur.model.media import Shots
    from loquitur.model.speech import Activity
    from loquitur.model.vision import Features, Sampling
    from loquitur.pipeline.events import Listener
    from loquitur.settings import Settings

__all__ = ["cuts", "features", "features_of_many", "heard", "matrix"]


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


def features(
    source: str | Path,
    *,
    encoder: str = "",
    sampling: Sampling | None = None,
    options: Mapping[str, Any] | None = None,
    settings: Settings | None = None,
    listener: Listener = ignore,
) -> Features:
    """What an encoder saw of the frames of an input, from the store where that is known.

    Args:
        source: A file, URL or id.
        encoder: `NAME[:MODEL]` of the kind `vision`; the embedded descriptor where empty.
        sampling: Which frames; 80 of the whole where None.
        options: Further ones of the encoder (`device`, `batch_size` ...).
        settings: Resolved settings.
        listener: Told what happens.

    Raises:
        LoquiturError: Whatever stopped it; see `loquitur.errors`.
    """
    results = features_of_many(
        [str(source)],
        encoder=encoder,
        sampling=sampling,
        options=options,
        settings=settings,
        listener=listener,
    )
    ((_, found),) = results
    if isinstance(found, LoquiturError):
        raise found
    return found


def features_of_many(
    inputs: Iterable[str | Path],
    *,
    encoder: str = "",
    sampling: Sampling | None = None,
    options: Mapping[str, Any] | None = None,
    settings: Settings | None = None,
    stdin: Iterable[str] | None = None,
    listener: Listener = ignore,
) -> Generator[tuple[str, Features | LoquiturError], None, None]:
    """As `features`, of any number of inputs: each with its features, or why it has none.

    Raises:
        LoquiturError: Something is wrong with the wish or the store, not with one input.
    """
    settings = settings or resolve().settings
    wish = dataclasses.replace(
        wish_of(settings),
        until=FEATURES,
        section="",
        parameters=_parameters(sampling, options),
        encoder=encoder,
    )
    results = run_many(inputs, wish, settings, stdin=stdin, listener=listener)
    with contextlib.closing(results):
        for result in results:
            yield result.input, result.error if result.error is not None else result.artifact


def _parameters(sampling: Sampling | None, options: Mapping[str, Any] | None) -> dict[str, Any]:
    """A sampling and options of an encoder as parameters of the stage."""
    plain = msgspec.to_builtins(sampling) if sampling is not None else {}
    given = {name: value for name, value in plain.items() if value is not None}
    return {f"{FEATURES}.{name}": value for name, value in (given | dict(options or {})).items()}


def matrix(found: Features, *, settings: Settings | None = None) -> NDArray[np.float16]:
    """The numbers of features, float16 [frames, dimension].

    Raises:
        CorruptError: They are gone from the store, or damaged.
    """
    import numpy as np

    store = open_store((settings or resolve().settings).store)
    data = np.frombuffer(store.read(found.matrix), dtype="<f2")
    return data.reshape(len(found.times_ms), found.dimension)


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
