"""Labels of inputs: what `label predict` calls, and a Python user.

`label` is about one medium, `label_many` about any number. A net of one's own reads pictures, sound
and words by the encoders that its card names (stage `label`); an image-text model judges labels of
the user's own by the pictures (stage `match`). What is in the store is not made again.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loquitur import api, registry
from loquitur.errors import InputError, MissingError, UsageError, near
from loquitur.media.sources import single
from loquitur.model.labels import STREAM_NAMES, Labels
from loquitur.outcomes import Outcome
from loquitur.pipeline.events import ignore
from loquitur.pipeline.recipes import LABEL, MATCH
from loquitur.settings import resolve
from loquitur.stages.label import SOURCES
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from loquitur.model.speech import EngineStamp
    from loquitur.pipeline.events import Listener
    from loquitur.pipeline.recipes import Permission, Wish
    from loquitur.settings import Settings
    from loquitur.vision.labels.modelcard import LabelModelCard

__all__ = ["STREAMS", "Labelled", "label", "label_many", "labels_of", "wish_of"]

STREAMS = {called: stream for stream, called in STREAM_NAMES.items()}
"""The streams of a data set, by what people call them."""
_ENCODERS = {
    "rgb": ("vision", "--encoder"),
    "audio": ("audio", "--audio"),
    "words": ("embedding", "--embedding"),
}
"""The kind of engine that makes each stream, and the option that names it."""
GENRES = "verticals"
"""The labels of an image-text model where nobody gives any: YouTube-8M's 24 genres."""
_MODEL = f"{LABEL}.model"
_TRAIN = (
    "loquitur label train RUN --data DATASET makes a model of labelled videos, `label predict"
    " --model RUN` uses it; or --model ENGINE[:MODEL] --labels LIST asks an image-text model"
    " (loquitur engines: those there are)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled(Outcome):
    """What came of one input: its labels, or why there are none.

    Args:
        labels: With what speaks for them; None where the input failed.
    """

    labels: Labels | None = None


def label(
    source: str | Path,
    *,
    model: str | Path = "",
    labels: Iterable[str] = (),
    without: Collection[str] = (),
    encoders: Mapping[str, str] | None = None,
    parameters: Mapping[str, object] | None = None,
    settings: Settings | None = None,
    listener: Listener = ignore,
) -> Labelled:
    """What one medium is about, from the store where that is known.

    Args:
        source: A media file, a URL, or a YouTube id.
        model: A run of `label train`, what `label export` wrote, or an image-text model as
            `ENGINE[:MODEL]`. There is none that is taken where nobody names one.
        labels: Of the user's own, for an image-text model; YouTube-8M's 24 genres where there are
            none.
        without: What is not looked at: `pictures`, `sound`, `words`.
        encoders: Where encoders of a net of one's own lie, `{"pictures": "onnx:FOLDER"}`; needed of
            those that are folders of the user.
        parameters: `{"label.KEY": value}` of a stage or its engine.
        settings: Resolved settings; those of this place where None.
        listener: Told what happens, from any thread.

    Raises:
        LoquiturError: Whatever stopped it; see `loquitur.errors`.
    """
    settings = settings or resolve().settings
    fetching = api.place_of(settings).fetching
    single(str(source), options=fetching, hint="use label_many for a collection")
    given = {name: str(value) for name, value in (parameters or {}).items()}
    wish = wish_of(
        settings, model=model, labels=labels, without=without, encoders=encoders, parameters=given
    )
    (result,) = label_many([str(source)], wish, settings, listener=listener)
    if result.error is not None:
        raise result.error
    return result


def label_many(
    inputs: Iterable[str | Path],
    wish: Wish,
    settings: Settings,
    *,
    force: Iterable[str] = (),
    stdin: Iterable[str] | None = None,
    permit: Permission | None = None,
    notify: Callable[[str], None] | None = None,
    listener: Listener = ignore,
) -> Generator[Labelled, None, None]:
    """Labels as inputs end; one input's failure is its result's `error` and stops no other.

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
        found = result.artifact if isinstance(result.artifact, Labels) else None
        yield dataclasses.replace(Labelled.of(result), labels=found)


def wish_of(
    settings: Settings,
    *,
    model: str | Path = "",
    labels: Iterable[str] = (),
    without: Collection[str] = (),
    encoders: Mapping[str, str] | None = None,
    parameters: Mapping[str, str] | None = None,
) -> Wish:
    """The wish for labels by a model (see `label`), with parameters of its stages.

    Raises:
        UsageError: No model is named, or not such a one; nothing would be left to look at; an
            encoder is not where it is said to be, or is another one.
        InputError: The folder holds no model that labels.
    """
    given = {**settings.set, **(parameters or {})}
    named = str(model) or str(given.get(_MODEL, ""))
    own = tuple(labels)
    if not named and not own:
        raise UsageError("no model is named that labels", hint=_TRAIN, code="LQ-NO-MODEL")
    unread = _unread(without)
    wish = dataclasses.replace(api.wish_of(settings), parameters=given)
    if named and _is_place(named):
        if own:
            raise UsageError(
                "labels of your own are for an image-text model; a trained one knows its own",
                hint="leave --labels out, or --model ENGINE[:MODEL]",
            )
        return _by_net(wish, Path(named).expanduser(), unread, _placed(encoders), settings)
    if encoders:
        raise UsageError("an image-text model has no encoder beside it", hint="--model says it all")
    if "rgb" in unread:
        raise UsageError("an image-text model looks at pictures, and at nothing else")
    return dataclasses.replace(
        wish,
        until=MATCH,
        matcher=_engine(named),
        parameters={
            **{name: value for name, value in given.items() if name != _MODEL},
            f"{MATCH}.labels": "\n".join(own or labels_of(GENRES)),
        },
    )


def labels_of(text: str) -> tuple[str, ...]:
    """Labels as a user gives them: `LIST` with commas, a file, or `verticals` for the 24 genres.

    A file has one label a line, or is a vocabulary (`vision.labels.vocabulary_files`).

    Raises:
        InputError: The file cannot be read, or holds none.
    """
    from loquitur.vision.labels.vocabulary import VERTICALS
    from loquitur.vision.labels.vocabulary_files import read_vocabulary

    if text.strip().lower() == GENRES:
        return VERTICALS
    path = Path(text).expanduser()
    if "," not in text and path.is_file():
        return read_vocabulary(path).names
    found = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not found:
        raise InputError("a list of labels without labels", hint="--labels 'cooking,football'")
    return found


def _unread(without: Collection[str]) -> frozenset[str]:
    """Streams by either of their names: `sound` is `audio`."""
    known = {**STREAMS, **{stream: stream for stream in STREAM_NAMES}}
    for name in without:
        if name not in known:
            raise UsageError(f"nothing is called '{display(name)}' here", hint=near(name, STREAMS))
    return frozenset(known[name] for name in without)


def _placed(encoders: Mapping[str, str] | None) -> dict[str, str]:
    """Where encoders lie, by stream."""
    for name in encoders or {}:
        if name not in STREAMS:
            raise UsageError(f"nothing is called '{name}' here", hint=near(name, STREAMS))
    return {STREAMS[name]: place for name, place in (encoders or {}).items() if place}


def _is_place(named: str) -> bool:
    """Whether a model is a folder, or what should be one: engines have no slash in their names."""
    path = Path(named).expanduser()
    return path.exists() or "/" in named.partition(":")[0] or "\\" in named.partition(":")[0]


def _engine(named: str) -> str:
    """The engine of an image-text model.

    Raises:
        UsageError: There is none of that name.
    """
    name, colon, model = named.partition(":")
    known = [spec.name for spec in registry.specs("zeroshot")]
    if name and name not in known:
        hint = near(name, known)
        raise UsageError(
            f"'{named}' is no folder of a model, and no image-text model is called '{name}'",
            hint=f"{hint}; {_TRAIN}" if hint else _TRAIN,
            code="LQ-NO-MODEL",
        )
    return f"{name or known[0]}{colon}{model}"


def _by_net(
    wish: Wish,
    place: Path,
    unread: frozenset[str],
    placed: Mapping[str, str],
    settings: Settings,
) -> Wish:
    """The wish for labels by a net: its encoders are asked just as they were for its training."""
    from loquitur.vision.labels.modelcard import digest_of, encoder_of, read_card
    from loquitur.vision.labels.modelfile import check_runs_here, find

    folder = find(place)
    card = read_card(folder)
    check_runs_here(card)
    streams = [one for one in card.streams if one.name not in unread]
    if not streams:
        names = ", ".join(one.name for one in card.streams)
        raise UsageError(f"nothing is left to look at: the model reads {names}")
    parameters: dict[str, Any] = {
        **wish.parameters,
        _MODEL: str(folder.resolve()),
        f"{LABEL}.digest": digest_of(folder),
        f"{LABEL}.streams": ",".join(one.name for one in streams),
    }
    engines: dict[str, str] = {}
    for one, stage in _encoded(card):
        if one.name in unread:
            continue
        stamp = encoder_of(one, str(folder))
        engines[stage], options = _asked(stamp)
        engines[stage] = placed.get(one.name, engines[stage])
        _check_encoder(one.name, stamp, engines[stage], options, settings)
        parameters |= {f"{stage}.{name}": value for name, value in options.items()}
        if stage == "features":
            parameters |= {"features.by": "rate", "features.rate_hz": str(one.rate_hz)}
        if stage == "read":
            parameters["read.cut"] = one.cut
    return dataclasses.replace(
        wish,
        until=LABEL,
        encoder=engines.get("features", ""),
        hearer=engines.get("hear", ""),
        reader=engines.get("read", ""),
        parameters=parameters,
    )


def _encoded(card: LabelModelCard) -> list[tuple[Any, str]]:
    return [(one, SOURCES[one.name]) for one in card.streams if one.name in SOURCES]


def _check_encoder(
    stream: str, due: EngineStamp, named: str, options: Mapping[str, Any], settings: Settings
) -> None:
    """Hold that the encoder of a stream is there, and the one of the training.

    Raises:
        UsageError: It is not.
    """
    from loquitur.vision import encoders
    from loquitur.vision.labels.published import check_close

    kind, option = _ENCODERS[stream]
    try:
        resources = api.place_of(settings).resources
        _, found = encoders.resolve(kind, named, resources, options=dict(options))
    except MissingError:
        return  # told with the command that brings it, where a medium needs it
    except UsageError as exc:
        raise UsageError(
            f"the model reads '{stream}' by {encoders.said(due)}: {exc.message}",
            hint=f"say where it lies: {option} {due.name}:FOLDER",
            code="LQ-OTHER-ENCODER",
        ) from exc
    check_close(due, found, what=f"'{stream}' as asked for")


def _asked(stamp: EngineStamp) -> tuple[str, dict[str, Any]]:
    """How an engine is asked for that shall be the one of a stamp: its name, its options."""
    options = json.loads(stamp.options or "{}")
    if stamp.model:
        options.pop("model", None)
    return stamp.name + (f":{stamp.model}" if stamp.model else ""), options
