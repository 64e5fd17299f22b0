"""Encoders of frames by name, ready to look, with the stamp by which their features are known."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from loquitur import registry
from loquitur.codec import canonical
from loquitur.conversion import convert
from loquitur.errors import EngineError, InputError, MissingError, UsageError
from loquitur.model.speech import EngineStamp
from loquitur.model.vision import Fitting
from loquitur.text import display
from loquitur.vision import preprocessing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from loquitur.model.vision import FrameBatch
    from loquitur.protocols import FrameEncoder, Identity, Resources

KIND = "vision"
DEFAULT = "descriptor"
BATCH = 32
"""Frames that are looked at side by side where the engine does not say."""
STRETCH = 4096
"""An engine that sees motion is given this many frames of a clip at most in one call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoder:
    """An encoder, loaded.

    Args:
        engine: What looks.
        stamp: By which its features are known.
        wanted: How it was asked for, `NAME[:MODEL]`: enough to open it again on this machine.
    """

    engine: FrameEncoder
    stamp: EngineStamp
    wanted: str

    @property
    def dimension(self) -> int:
        """Numbers a frame."""
        return self.engine.dimension


def open_encoder(
    wanted: str, resources: Resources, *, options: Mapping[str, Any] | None = None
) -> Encoder:
    """An encoder by name.

    Args:
        wanted: `NAME` or `NAME:MODEL`; the embedded descriptor where empty.
        resources: Model cache and threads; nothing is fetched.
        options: Further options of the engine (`device`, `batch_size` ...), as text or typed.

    Raises:
        UsageError: There is no such engine, model or option.
        MissingError: A package or model is absent, with the command that brings it.
        InputError: The model's files are not what they should be.
    """
    wanted = wanted or DEFAULT
    load, stamp = resolve(KIND, wanted, resources, options=options)
    return Encoder(engine=load(), stamp=stamp, wanted=wanted)


def resolve(
    kind: str, wanted: str, resources: Resources, *, options: Mapping[str, Any] | None = None
) -> tuple[Callable[[], Any], EngineStamp]:
    """What loads an engine of any kind, and the stamp by which what it makes is known.

    Raises:
        UsageError: There is no such engine, model or option.
        MissingError: A package or model is absent, with the command that brings it.
        InputError: The model's files are not what they should be.
    """
    found, chosen, identity = _resolved(kind, wanted, resources, options or {})
    stamp = _stamp(wanted.partition(":")[0], chosen, identity)
    return (lambda: found(chosen, resources)), stamp


def things_of(stamp: EngineStamp) -> int:
    """Of how many things features of a stamp hold the numbers side by side; 1 for no such encoder.

    Nothing is loaded but the engine's class; of one that is not known here the answer is 1.
    """
    try:
        kind = registry.load(registry.find(KIND, stamp.name))
        if not hasattr(kind, "things"):
            return 1
        given = convert(msgspec.json.decode(stamp.options or "{}"), dict[str, Any])
        return int(kind.things(registry.options_of(kind.Options, given, owner=stamp.name)))
    except (UsageError, MissingError, msgspec.DecodeError, msgspec.ValidationError):
        return 1


def are_alike(one: EngineStamp, other: EngineStamp) -> bool:
    """Whether features of two stamps may stand side by side.

    Of an engine with a model the digest of its files decides, not the version of the library that
    runs it.
    """
    fields = ["name", "model", "model_digest", "options"]
    fields += [] if one.model_digest else ["version"]
    return all(getattr(one, name) == getattr(other, name) for name in fields)


def options_in(stamp: EngineStamp) -> dict[str, Any]:
    """The options that an engine was asked for with.

    Raises:
        InputError: The stamp is none.
    """
    try:
        return convert(msgspec.json.decode(stamp.options or "{}"), dict[str, Any])
    except (msgspec.DecodeError, msgspec.ValidationError) as exc:
        raise InputError(f"the stamp of {display(stamp.name)} is damaged: {exc}") from exc


def check_alike(known: EngineStamp, found: EngineStamp, *, what: str) -> None:
    """Hold that features are of the encoder that is due.

    Args:
        known: Whose features are due.
        found: Whose they are.
        what: Which features, for the message.

    Raises:
        UsageError: They are another encoder's; both are named.
    """
    if not are_alike(known, found):
        raise UsageError(
            f"{what} are of the encoder {said(found)}, not of {said(known)}",
            hint="features of two encoders never mix: make them again with the one that is due",
            code="LQ-OTHER-ENCODER",
        )


def said(stamp: EngineStamp) -> str:
    """An encoder for people: its name, model, and what else tells it from its like."""
    name = stamp.name + (f":{stamp.model}" if stamp.model else "")
    detail = f"files {stamp.model_digest[:8]}" if stamp.model_digest else stamp.version
    return display(f"{name} ({detail})" if detail else name)


def encode_frames(
    engine: FrameEncoder, batches: Iterable[FrameBatch], *, ready: bool = False
) -> Iterator[tuple[tuple[int, ...], NDArray[np.float32]]]:
    """Features of the frames of one clip or film, as they come: times in ms, vectors [n, d].

    Memory is bounded whatever the length; an engine that sees motion is given 4,096 frames at a
    time, the first of a stretch as if nothing had been before it. `ready` says that the frames came
    as `fitting_of` has it.

    Raises:
        EngineError: The engine failed, or gave what are no such vectors.
        InputError: What are no pictures; or whatever the batches raise.
    """
    most = most_at_once(engine)
    times: list[int] = []
    held: list[NDArray[np.uint8]] = []
    for batch in batches:
        pictures = batch.pixels if ready else fitted(engine, batch.pixels)
        if held and held[0].shape[1:] != pictures.shape[1:]:
            yield tuple(times), encode(engine, held, ready=ready)
            times, held = [], []
        times.extend(batch.times_ms)
        held.append(pictures)
        while sum(map(len, held)) >= most:
            together = np.concatenate(held)
            yield tuple(times[:most]), encode(engine, [together[:most]], ready=ready)
            times, held = times[most:], [together[most:]] if len(together) > most else []
    if held:
        yield tuple(times), encode(engine, held, ready=ready)


def most_at_once(engine: FrameEncoder) -> int:
    """How many frames an engine is given in one call, at most."""
    return STRETCH if engine.motion else int(getattr(engine, "batch_size", BATCH))


def fitting_of(engine: FrameEncoder) -> Fitting | None:
    """How an engine takes frames, for who decodes them; None where it takes them as they are."""
    if not hasattr(engine, "encode_fitted"):
        return None
    return Fitting(how=engine.preprocessing, straight=bool(getattr(engine, "straight", False)))


def fitted(engine: FrameEncoder, pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pictures at the engine's own size, where it takes them so; else as they are."""
    if _scales(engine):
        preprocessing.check(pictures)
        return pictures
    return preprocessing.fit(pictures, engine.preprocessing)


def _scales(engine: FrameEncoder) -> bool:
    """Whether an engine is given pictures as they are."""
    return bool(getattr(engine, "scales", not hasattr(engine, "encode_fitted")))


def encode(
    engine: FrameEncoder, pictures: list[NDArray[np.uint8]], *, ready: bool = False
) -> NDArray[np.float32]:
    """Vectors of pictures of one size as `fitted` gave them, [n, d].

    Where they are `ready` they came as `fitting_of` has it.

    Raises:
        EngineError: The engine failed, or gave vectors of another shape.
    """
    together = pictures[0] if len(pictures) == 1 else np.concatenate(pictures)
    whole = _scales(engine) and not ready
    run = engine.encode if whole else getattr(engine, "encode_fitted")  # noqa: B009
    found = run(together)
    wanted = (len(together), engine.dimension)
    if found.shape != wanted:
        raise EngineError(
            f"an encoder gave vectors of shape {list(found.shape)}, expected {list(wanted)}"
        )
    return np.asarray(found, dtype=np.float32)


def numbers_of(found: NDArray[np.float32], name: str) -> int:
    """How many numbers a model gives a picture, by those of one grey picture, [1, d].

    Raises:
        InputError: One is NaN or infinite, as of damaged weights, or of a precision too small.
    """
    if not np.isfinite(found).all():
        raise InputError(
            f"{name} gives no finite numbers for a grey picture",
            hint="its weights are damaged; or, with dtype=float16, take bfloat16 or float32",
            code="LQ-NO-MODEL",
        )
    return int(found.shape[1])


def _resolved(
    kind_name: str, wanted: str, resources: Resources, options: Mapping[str, Any]
) -> tuple[Any, Any, Identity]:
    """The class of an engine, its complete options, and its identity."""
    name, _, model = wanted.partition(":")
    kind = registry.load(registry.find(kind_name, name, resources.environments))
    chosen = registry.chosen_options(kind, model, options, owner=name)
    return kind, chosen, kind.identity(chosen, resources)


def _stamp(name: str, options: Any, identity: Identity) -> EngineStamp:
    keyed = {
        item.name: getattr(options, item.name)
        for item in dataclasses.fields(options)
        if item.metadata.get("keyed", True)
    }
    return EngineStamp(
        name=name,
        version=identity.version,
        model=identity.model,
        model_digest=identity.model_digest,
        options=canonical(keyed),
        draft=identity.draft,
    )
