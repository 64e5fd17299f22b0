"""Where Moonshine models are: in a wheel, on the hub, in the folders of the user."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.engines import weights, wheels
from loquitur.engines.catalog import Catalog, hub_label
from loquitur.engines.wheels import Wheel
from loquitur.errors import InputError, MissingError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from loquitur.protocols import Resources

ENGINE = "moonshine"
CATALOG = Catalog("asr", ENGINE)
IN_WHEEL = "tiny-en"

_INSIDE = "moonshine_voice/assets/tiny-en"
_LICENCE = "moonshine_voice-0.0.66.dist-info/licenses/LICENSE"
_FILES = ("tokenizer.bin", "decoder_model_merged.ort", "encoder_model.ort")

# Wheels up to 0.1.0 hold the tiny English model; the one for Windows is the smallest, and its
# files are those of all the others. `_DIGEST` is that of the three.
WHEEL = Wheel(
    requirement="moonshine-voice==0.0.66",
    sha256="28fe7c526395420659524cded9f8cea330a2dbe9931d7c519d0821cf64d7e634",
    members={_LICENCE: "", **{f"{_INSIDE}/{name}": "" for name in _FILES}},
    terms="50 MB, MIT",
    platform=("--platform", "win_amd64"),
)
_DIGEST = "51967296be08123594c92fa073f38403f9c544e0e5726283562877be565b352d"

_ENCODERS = ("encoder_model.ort", "encoder_model.onnx", "onnx/encoder_model.onnx")
_DECODERS = tuple(name.replace("encoder_model", "decoder_model_merged") for name in _ENCODERS)
_PIECES = ("tokenizer.bin", "tokenizer.json")
_ON_HUB = (_ENCODERS[2], _DECODERS[2], _PIECES[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A model that is there, whole."""

    folder: Path
    encoder: Path
    decoder: Path
    pieces: Path
    is_given: bool

    @property
    def files(self) -> list[Path]:
        """Every file that decides the result."""
        return [self.encoder, self.decoder, self.pieces]


def locate(model: str, resources: Resources) -> Place:
    """A model's place, checked to be whole.

    Raises:
        UsageError: Nothing is called so.
        MissingError: It is not in the model cache, or not whole there.
        InputError: The folder given holds no such model.
    """
    given = CATALOG.given_folder(model)
    folder = given or CATALOG.folder(hub_label(model), resources)
    if given is None and not folder.is_dir():
        raise CATALOG.absent(model, detail=_size(model))
    found = [_first(folder, names) for names in (_ENCODERS, _DECODERS, _PIECES)]
    lacking = [
        names[0]
        for names, path in zip((_ENCODERS, _DECODERS, _PIECES), found, strict=True)
        if path is None
    ]
    if lacking and given is not None:
        raise InputError(
            f"{folder} holds no Moonshine model: no {', '.join(lacking)}",
            hint="expected are encoder_model and decoder_model_merged (.ort or .onnx) with "
            "tokenizer.bin or tokenizer.json",
            code="LQ-NO-MODEL",
        )
    if lacking:
        raise CATALOG.incomplete(model, lacking)
    encoder, decoder, pieces = (path for path in found if path is not None)
    return Place(
        folder=folder, encoder=encoder, decoder=decoder, pieces=pieces, is_given=given is not None
    )


def checked_digest(place: Place, resources: Resources) -> str:
    """The sha256 over a model's files; of a pinned one, after comparing it.

    Raises:
        MissingError: They are not those that were pinned.
    """
    digest = weights.digest(place.files, resources.models / ENGINE)
    if place.folder == location(IN_WHEEL, resources) and digest != _DIGEST:
        raise MissingError(
            f"model {IN_WHEEL} in {place.folder} is damaged",
            hint=CATALOG.pull_command(IN_WHEEL),
            code="LQ-NO-MODEL",
        )
    return digest


def pull(model: str, resources: Resources, tell: Callable[[str], None]) -> None:
    """Bring a model into the cache, whole or not at all; a sound one is kept.

    Raises:
        UsageError: Nothing is called so.
        MissingError: It cannot be had from here.
        InputError: What came is not what was pinned.
        FullError: It cannot be written.
    """
    if (model or CATALOG.default) == IN_WHEEL:
        _pull_wheel(resources, tell)
    else:
        CATALOG.pull_whole(model, resources, tell, needed=_ON_HUB)


def location(model: str, resources: Resources) -> Path:
    """The folder of a model in the cache, whether it is there or not.

    Raises:
        UsageError: Nothing is called so.
    """
    return CATALOG.location(model, resources)


def _pull_wheel(resources: Resources, tell: Callable[[str], None]) -> None:
    folder = location(IN_WHEEL, resources)
    title = f"moonshine:{IN_WHEEL}"
    try:
        checked_digest(locate(IN_WHEEL, resources), resources)
    except MissingError:
        pass  # absent or damaged: it is brought
    else:
        tell(f"{title} is there already")
        return
    command = CATALOG.pull_command(IN_WHEEL)
    found = wheels.fetch(
        WHEEL, owner=f"model {title}", command=command, offline=resources.offline, tell=tell
    )
    note = {
        "model": "Moonshine tiny, English",
        "source": f"{WHEEL.requirement}, {_INSIDE}, wheel sha256 {WHEEL.sha256}",
        "licence": "MIT, Copyright 2025 Moonshine AI",
        "changes": "none",
    }
    wheels.place(
        folder,
        {
            "LICENSE": found[_LICENCE],
            "origin.json": json.dumps(note, indent=1).encode() + b"\n",
            **{name: found[f"{_INSIDE}/{name}"] for name in _FILES},
        },
    )
    tell(f"{title} is ready")


def _first(folder: Path, names: tuple[str, ...]) -> Path | None:
    lacking = {name for name in names if weights.lacking(folder, [name])}
    return next((folder / name for name in names if name not in lacking), None)


def _size(model: str) -> str:
    known = CATALOG.models.get(model)
    return f"about {known.size_mb} MB" if known else ""
