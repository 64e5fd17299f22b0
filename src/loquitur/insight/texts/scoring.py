"""Texts scored by an engine of the kind `sentiment`: the one door of this room to such engines."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur import registry
from loquitur.errors import UsageError
from loquitur.insight.texts.identification import identify
from loquitur.protocols import Resources
from loquitur.settings import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from loquitur.model.sentiment import Sentiment
    from loquitur.protocols import Identity, SentimentReader

DEFAULT = "textblob"
CHAT = "chat"
"""The engine for chat messages where none is named."""
KIND = "sentiment"


def score(
    texts: Sequence[str],
    *,
    engine: str = DEFAULT,
    languages: Sequence[str] | None = None,
    resources: Resources | None = None,
    options: Mapping[str, Any] | None = None,
) -> list[Sentiment]:
    """The sentiment of each text, in their order.

    Args:
        texts: Sentences, windows, comments, messages.
        engine: `NAME` or `NAME:MODEL`, as in `loquitur engines`.
        languages: BCP 47, one for each text; found out by `identify` where None.
        resources: Model cache and threads; as the settings say where None.
        options: Of the engine, typed or as text.

    Raises:
        UsageError: No such engine or option, or not one language for each text.
        MissingError: A package or model is absent, with the command that brings it.
    """
    if languages is None:
        languages = identify(texts)
    if len(languages) != len(texts):
        raise UsageError(f"{len(texts)} texts, but {len(languages)} languages")
    return list(reader(engine, resources=resources, options=options).score(
        texts, languages=languages
    ))  # fmt: skip


def score_column(
    texts: Sequence[str],
    languages: Sequence[str],
    *,
    engine: str = CHAT,
    resources: Resources | None = None,
    options: Mapping[str, Any] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Polarity and coverage of many texts, without an object for each: a million messages.

    Args:
        texts: Messages.
        languages: One for each, as `identify` gives them.
        engine: `NAME` or `NAME:MODEL`.
        resources: As for `score`.
        options: As for `score`.

    Returns:
        Polarity -1..1, NaN where it is missing, and coverage 0..1; each shape [n], float64.

    Raises:
        UsageError: No such engine or option.
        MissingError: A package or model is absent.
    """
    return column_of(reader(engine, resources=resources, options=options), texts, languages)


def column_of(
    loaded: SentimentReader, texts: Sequence[str], languages: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What `score_column` gives, by an engine that is loaded: for texts that come in parts."""
    column = getattr(loaded, "score_column", None)
    if column is not None:
        polarity, coverage = column(texts, languages)
        return polarity, coverage
    polarity, coverage = np.full(len(texts), np.nan), np.zeros(len(texts))
    for at, found in enumerate(loaded.score(texts, languages=languages)):
        coverage[at] = found.coverage
        if found.polarity is not None:
            polarity[at] = found.polarity
    return polarity, coverage


def reader(
    engine: str = DEFAULT,
    *,
    resources: Resources | None = None,
    options: Mapping[str, Any] | None = None,
) -> SentimentReader:
    """A loaded engine, for those who score in many calls.

    Args:
        engine: `NAME` or `NAME:MODEL`.
        resources: As for `score`.
        options: As for `score`.

    Raises:
        UsageError: No such engine, option or model.
        MissingError: A package or model is absent.
    """
    resources = resources or lent()
    name, _, model = engine.partition(":")
    spec = registry.find(KIND, name, resources.environments)
    kind = registry.load(spec)
    typed = registry.chosen_options(kind, model, options or {}, owner=name)
    if spec.models or spec.own_model:
        return _made(kind, typed, resources)
    return _kept(kind, typed, resources, kind.identity(typed, resources))


def _made(kind: Any, options: Any, resources: Resources) -> SentimentReader:
    loaded: SentimentReader = kind(options, resources)
    return loaded


@lru_cache(maxsize=8)
def _kept(kind: Any, options: Any, resources: Resources, identity: Identity) -> SentimentReader:
    """Engines that are lexicons stay, until a file of theirs changes; models are too large."""
    del identity
    return _made(kind, options, resources)


def lent() -> Resources:
    """What the settings of this machine lend an engine."""
    settings = resolve().settings
    return Resources(
        models=settings.models, threads=settings.threads or 1, offline=settings.offline
    )
