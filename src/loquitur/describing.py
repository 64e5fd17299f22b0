"""Descriptions of inputs: what `describe predict` calls, and a Python user.

`describe` is about one medium, `describe_many` about any number; both run the stage `describe`, so
that what is in the store is not made again. `fitted` puts sentences into the pauses of a dialogue.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur import api
from loquitur.errors import InputError
from loquitur.media.sources import single
from loquitur.model.vision import Descriptions
from loquitur.outcomes import Outcome
from loquitur.pipeline.events import ignore
from loquitur.pipeline.recipes import DESCRIBE
from loquitur.settings import resolve
from loquitur.speech.activity import RegionOptions, regions
from loquitur.text import display
from loquitur.timing import Span
from loquitur.vision.audio_description import Fitted, Pace, fit

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping

    from loquitur.pipeline.events import Listener
    from loquitur.pipeline.recipes import Permission, Wish
    from loquitur.settings import Settings

__all__ = [
    "Described",
    "describe",
    "describe_many",
    "dialogue_of",
    "engine_of",
    "fitted",
    "wish_of",
]

AUTO = "auto"
_RUN_FOLDERS = ("best", "last", "")
_MODEL, _GRAPHS = "model.json", "*.onnx"
_PAUSES = RegionOptions(min_silence_ms=500, pad_ms=100)
"""Pauses shorter than half a second are those of one speaker who takes breath."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Described(Outcome):
    """What came of one input: its descriptions, or why there are none.

    Args:
        descriptions: The sentences; None where the input failed.
    """

    descriptions: Descriptions | None = None


def describe(
    source: str | Path,
    *,
    model: str = "",
    by: str = AUTO,
    parameters: Mapping[str, object] | None = None,
    settings: Settings | None = None,
    listener: Listener = ignore,
) -> Described:
    """Sentences about what is seen in one medium, from the store where they are there.

    Args:
        source: A media file, a URL, or a YouTube id.
        model: The describer, `ENGINE[:MODEL]`, or the folder of a trained or exported net; the
            embedded one, which measures and understands nothing, where empty.
        by: What gets a sentence: `whole`, `shots`, `windows`; `auto` takes the whole of a short
            medium and the shots of a longer one.
        parameters: `{"describe.KEY": value}` of the stage or its engine.
        settings: Resolved settings; those of this place where None.
        listener: Told what happens, from any thread.

    Raises:
        LoquiturError: Whatever stopped it; see `loquitur.errors`.
    """
    settings = settings or resolve().settings
    fetching = api.place_of(settings).fetching
    single(str(source), options=fetching, hint="use describe_many for a collection")
    given = {f"{DESCRIBE}.by": by, **(parameters or {})}
    wish = wish_of(settings, model=model, parameters={k: str(v) for k, v in given.items()})
    (result,) = describe_many([str(source)], wish, settings, listener=listener)
    if result.error is not None:
        raise result.error
    return result


def describe_many(
    inputs: Iterable[str | Path],
    wish: Wish,
    settings: Settings,
    *,
    force: Iterable[str] = (),
    stdin: Iterable[str] | None = None,
    permit: Permission | None = None,
    notify: Callable[[str], None] | None = None,
    listener: Listener = ignore,
) -> Generator[Described, None, None]:
    """Descriptions as inputs end; one input's failure is its result's `error` and stops no other.

    Args:
        inputs: Files, folders, URLs, ids, `-`; expanded lazily.
        wish: From `wish_of`.
        settings: Resolved settings.
        force: Stages to run again, with all that follow.
        stdin: Lines that stand for the input `-`.
        permit: Asked before a model is fetched.
        notify: Told what the user should know, one line each.
        listener: Told what happens, from any thread.

    Raises:
        LoquiturError: Something is wrong with the wish or the store, not with one input.
    """
    results = api.run_many(
        inputs, wish, settings, force=force, stdin=stdin, permit=permit, notify=notify,
        listener=listener,
    )  # fmt: skip
    for result in results:
        found = result.artifact if isinstance(result.artifact, Descriptions) else None
        yield dataclasses.replace(Described.of(result), descriptions=found)


def wish_of(
    settings: Settings, *, model: str = "", parameters: Mapping[str, str] | None = None
) -> Wish:
    """The wish for descriptions by a describer (see `describe`), with parameters of the stage.

    Raises:
        UsageError: No such describer.
        InputError: The folder holds no net.
    """
    return dataclasses.replace(
        api.wish_of(settings),
        until=DESCRIBE,
        describer=engine_of(model),
        parameters={**settings.set, **(parameters or {})},
    )


def engine_of(model: str) -> str:
    """The engine that a text means: `ENGINE[:MODEL]` as it is, a folder by what lies in it.

    A run folder of `describe train` means its best checkpoint, one of `describe export` the graphs
    that need no torch.

    Raises:
        InputError: The folder holds no net.
    """
    folder = Path(model).expanduser() if model else None
    if folder is None or not folder.is_dir():
        return model
    for name in _RUN_FOLDERS:
        place = folder / name
        if (place / _MODEL).is_file():
            kind = "trained-onnx" if any(place.glob(_GRAPHS)) else "trained"
            return f"{kind}:{place.resolve()}"
    raise InputError(
        f"{display(str(folder))} holds no net that describes: no {_MODEL}",
        hint="expected a run of `loquitur describe train`, or what `describe export` wrote",
        code="LQ-NO-MODEL",
    )


def dialogue_of(
    told: str, source: str, *, settings: Settings | None = None, listener: Listener = ignore
) -> tuple[Span, ...]:
    """When somebody speaks in a medium.

    Args:
        told: A transcript or caption file of any format, or `auto`: where a voice is heard, from
            the store where that is known. A medium without sound has no dialogue.
        source: The medium, for `auto`.
        settings: Resolved settings.
        listener: Told what happens.

    Raises:
        InputError: The file cannot be read.
        LoquiturError: Whatever stopped the listening.
    """
    if told != AUTO:
        from loquitur.insight.spoken.reading import read_spoken

        return tuple(
            Span(start_ms=one.start_ms, end_ms=one.end_ms)
            for one in read_spoken(told).fragments
            if not _is_sound(one.text)
        )
    settings = settings or resolve().settings
    wish = dataclasses.replace(api.wish_of(settings), until="detect", parameters={})
    (result,) = api.run_many([source], wish, settings, listener=listener)
    if result.media is not None and not any(one.kind == "audio" for one in result.media.tracks):
        return ()
    if result.error is not None:
        raise result.error
    return regions(result.artifact, options=_PAUSES)


def _is_sound(text: str) -> bool:
    """Whether a caption tells of a sound, and nobody speaks: `[door opens]`, notes of music."""
    bare = text.strip()
    return (bare[:1], bare[-1:]) in (("[", "]"), ("(", ")")) or bare[:1] in ("♪", "♫")


def fitted(result: Described, dialogue: Iterable[Span], *, pace: Pace | None = None) -> Fitted:
    """The descriptions of a medium in the pauses of its dialogue: a draft of an audio description.

    Args:
        result: With its descriptions.
        dialogue: When somebody speaks.
        pace: Of the describer.

    Raises:
        InputError: The input failed, and there are none.
    """
    if result.descriptions is None:
        raise result.error or InputError(f"{result.input}: no descriptions")
    said = result.descriptions.descriptions
    last_ms = max((one.end_ms for one in said), default=0)
    length_ms = (result.media.duration_ms if result.media else None) or last_ms
    return fit(said, dialogue, end_ms=max(last_ms, length_ms), pace=pace)
