"""Folders of trained models of any task: a card and the files it names.

The weights' file carries the first digits of its own sha256 in its name, and the card names it.
So replacing the card replaces the model in one step: a crash before it leaves the old model, after
it the new one. Other files keep their names: a crash while a write replaces another leaves what is
refused, and is made again. Only JSON, safetensors and graphs are ever read: of a pickle nothing but
its first bytes are looked at.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import math
import re
import stat
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

import msgspec

from loquitur.conversion import decoder
from loquitur.errors import InputError, MissingError, UsageError
from loquitur.tables.writing import replacing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

CARD = "model.json"
RUNS = ("", "best", "last")
"""Where a model lies in what a user names: the folder itself, or of a run its best or last one."""
_OURS = re.compile(r"model-[0-9a-f]{12}\.safetensors")
_PICKLES = (".pt", ".pth", ".ckpt", ".bin", ".pkl", ".pickle", ".tar", ".npy", ".npz", ".h5")
_MOST_CARD_BYTES = 64 << 20
_MOST_BYTES = 4 << 30
"""A thousand million weights: fifty times those of the captioning paper's net."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,100}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Card(Protocol):
    """What a model's folder says of itself, whatever the task: a dataclass, with a `producer`."""

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]

    @property
    def training(self) -> Mapping[str, float | int | str | None]:
        """Figures of the training."""

    @property
    def files(self) -> Mapping[str, str]:
        """The files beside the card and their sha256."""


C = TypeVar("C", bound=Card)


def check_files(files: Mapping[str, str]) -> None:
    """Hold that a card names files beside it, by their sha256.

    Raises:
        ValueError: It does not.
    """
    for name, digest in files.items():
        if not (_NAME.fullmatch(name) and _DIGEST.fullmatch(digest)):
            raise ValueError(f"no file beside this one: {name!r}")


def card_bytes(card: Card, schema: str) -> bytes:
    """A card as indented JSON, its schema first.

    Raises:
        UsageError: A figure of the training is no number JSON can hold.
    """
    for name, figure in card.training.items():
        if isinstance(figure, float) and not math.isfinite(figure):
            raise UsageError(f"the training figure '{name}' is {figure}", hint="give None")
    body = msgspec.json.encode(card, order="deterministic")
    return msgspec.json.format(b'{"schema":"' + schema.encode() + b'",' + body[1:], indent=1)


def read_card(folder: Path, kind: type[C], *, schema: str, what: str, hint: str) -> C:
    """The card of a model's folder.

    Args:
        folder: Where it lies.
        kind: Its type.
        schema: As it must say of itself.
        what: The kind of model, for the message (`captioner`).
        hint: Where such a folder comes from.

    Raises:
        InputError: There is none, it is not ours, of another version, or contradicts itself.
    """
    path = folder / CARD
    try:
        data = read_file(path, _MOST_CARD_BYTES)
    except OSError as exc:
        raise InputError(f"{path}: cannot be read ({exc.strerror})") from exc
    try:
        found = decoder(dict[str, msgspec.Raw]).decode(data)
        said = msgspec.json.decode(found["schema"], type=str) if "schema" in found else ""
    except (msgspec.DecodeError, RecursionError) as exc:
        raise InputError(f"{path}: is not the card of a model ({exc})") from exc
    if said != schema:
        raise InputError(
            f"{path}: not a {what} of ours: schema '{said[:60]}', expected {schema}",
            hint=hint,
            code="LQ-INPUT-SCHEMA",
        )
    strange = sorted(found.keys() - {"schema", *kind.__dataclass_fields__})
    if strange:
        raise InputError(f"{path}: {schema} has no field '{strange[0][:40]}'")
    try:
        return decoder(kind).decode(data)
    except (msgspec.DecodeError, RecursionError, OverflowError) as exc:
        raise InputError(f"{path}: is damaged or contradicts itself: {exc}") from exc


def schema_of(folder: Path) -> str:
    """The schema that a folder's card says of itself; empty where it says none."""
    try:
        found = decoder(dict[str, msgspec.Raw]).decode(read_file(folder / CARD, _MOST_CARD_BYTES))
        return msgspec.json.decode(found["schema"], type=str) if "schema" in found else ""
    except (OSError, InputError, msgspec.DecodeError, RecursionError):
        return ""


def read_file(path: Path, most: int) -> bytes:
    """The bytes of a file in a model's folder.

    Raises:
        InputError: It is no file (a pipe, a device: those may never end), or larger than `most`.
        OSError: It cannot be read.
    """
    kind = path.stat()  # a link: what it names
    if not stat.S_ISREG(kind.st_mode):
        raise InputError(f"{path}: is no file", code="LQ-NO-MODEL")
    if kind.st_size > most:
        raise InputError(
            f"{path}: is larger than any of a model ({kind.st_size >> 20} MiB, {most >> 20} at"
            " most)",
            code="LQ-NO-MODEL",
        )
    return path.read_bytes()


def weights_name(data: bytes) -> str:
    """How a file of weights is called."""
    return f"model-{hashlib.sha256(data).hexdigest()[:12]}.safetensors"


def write_folder(
    folder: Path, card: C, files: Mapping[str, bytes], *, encoded: Callable[[C], bytes]
) -> C:
    """Write files, then the card that names them, then take away the weights of an older one.

    Args:
        folder: Where; made where there is none.
        card: Its `producer` and `files` are filled in.
        files: By name.
        encoded: Makes bytes of a card.

    Returns:
        The card as it was written.

    Raises:
        FullError: No space, or no right to write there.
        UsageError: A figure of the training is no number JSON can hold.
    """
    from loquitur import __version__

    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    card = dataclasses.replace(card, producer=f"loquitur {__version__}", files=digests)
    content = encoded(card)
    for name, data in files.items():
        with replacing(folder / name) as temporary:
            temporary.write_bytes(data)
    with replacing(folder / CARD) as temporary:
        temporary.write_bytes(content)
    for old in folder.iterdir():
        if _OURS.fullmatch(old.name) and old.name not in files:
            old.unlink(missing_ok=True)
    return card


def export_place(named: Path) -> Path:
    """Where an export goes that nobody named a place for: beside the run or the model's folder.

    Args:
        named: What the user named: a run, a model's folder or its card.
    """
    plain = named.resolve()
    folder = plain.parent if plain.is_file() else plain
    return folder.with_name(f"{folder.name}-onnx")


def check_place(folder: Path, own: Path, is_trained: Callable[[Path], bool]) -> None:
    """Hold that an export loses nothing a user trained, nor stands in the shadow of graphs.

    Args:
        folder: Where it shall be written.
        own: Where the model lies.
        is_trained: Whether a folder with a card holds weights that were trained.

    Raises:
        UsageError: It would.
    """
    hint = "name another folder with -o"
    if folder.resolve() == own.resolve():
        raise UsageError(f"{folder}: is the model itself", hint=hint)
    if (folder / CARD).is_file():
        if is_trained(folder):
            raise UsageError(f"{folder}: holds a trained model, which would be lost", hint=hint)
    elif any((folder / inner / CARD).is_file() for inner in RUNS):
        raise UsageError(
            f"{folder}: is a run; graphs in it would stand before its best model", hint=hint
        )


def find(path: Path, *, hint: str) -> Path:
    """The model's folder in what a user names: that folder, or a run's best or last one.

    Raises:
        InputError: There is none; what is there instead is said.
    """
    try:
        return _found(path, hint)
    except OSError as exc:  # a name that is too long, a folder that may not be read
        raise InputError(f"{str(path)[:200]}: cannot be read ({exc.strerror})", hint=hint) from exc


def _found(path: Path, hint: str) -> Path:
    if path.is_file():
        if path.name == CARD:
            return path.parent
        _refuse_pickle(path, path.suffix.lower() in _PICKLES, hint)
        raise InputError(f"{path}: is a file, not the folder of a model", hint=hint)
    if not path.is_dir():
        raise InputError(f"{path}: no such folder", hint=hint)
    for inner in RUNS:
        if (path / inner / CARD).is_file():
            return path / inner
    for inside in sorted(path.iterdir()):
        if inside.is_file() and inside.suffix.lower() in _PICKLES:
            _refuse_pickle(inside, True, hint)
    raise InputError(f"{path}: holds no model of ours ({CARD})", hint=hint)


def read_whole(folder: Path, read: Callable[[Path], C], *, hint: str) -> tuple[C, dict[str, bytes]]:
    """The card and the files it names; read anew where a training replaced them meanwhile.

    Raises:
        InputError: The card or a file is missing or damaged.
    """
    card = read(folder)
    while True:
        try:
            return card, {
                name: _checked(folder / name, digest, hint) for name, digest in card.files.items()
            }
        except InputError:
            before, card = card, read(folder)
            if card == before:
                raise


def _checked(path: Path, digest: str, hint: str) -> bytes:
    """The bytes of a file that the card names."""
    try:
        data = read_file(path, _MOST_BYTES)
    except OSError as exc:
        raise InputError(
            f"{path}: the model's card names this file, and it cannot be read ({exc.strerror})",
            hint="copy the whole folder again",
            code="LQ-NO-MODEL",
        ) from exc
    if hashlib.sha256(data).hexdigest() != digest:
        _refuse_pickle(path, False, hint)
        raise InputError(
            f"{path}: is not the file that the model's card names: truncated or changed"
            f" ({len(data)} bytes)",
            hint="copy the whole folder again",
            code="LQ-NO-MODEL",
        )
    return data


def _refuse_pickle(path: Path, by_name: bool, hint: str) -> None:
    """Say so where a file is a pickle, or a zip with one inside, by its first bytes."""
    with path.open("rb") as file:
        start = file.read(4)
    if by_name or start[:1] == b"\x80" or start == b"PK\x03\x04":
        raise InputError(
            f"{path}: not a model of ours: a pickle may run code when it is opened, and nothing"
            " in it is",
            hint=hint,
            code="LQ-NO-MODEL",
        )


@contextlib.contextmanager
def needs_torch(*, verb: str) -> Iterator[None]:
    """Turns the lack of torch or safetensors into our error; `verb`: what exports without them."""
    try:
        yield
    except ImportError as exc:
        if (exc.name or "").partition(".")[0] not in ("torch", "safetensors"):
            raise
        raise MissingError(
            f"the package {exc.name} is not installed; this model runs on it",
            hint=f'pip install "loquitur[vision]", or take a model that `loquitur {verb}` wrote',
            code="LQ-NO-PACKAGE",
        ) from exc
