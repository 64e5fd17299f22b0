"""Reading the tensors of a torch file without torch, and without trusting it.

The older format (`torch.save` before 1.6) is five pickles in a row (magic number, protocol version,
system information, the object, the list of storage keys), then, per key in that order, a count
as int64 and the raw little-endian numbers. The newer one is a zip archive: one pickle, and one
member of raw numbers per key. A pickle can call anything it can name; this reader lets it name a
few things, all harmless, and looks at every instruction before one is run.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
import zipfile
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from loquitur.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_MOST_NUMBERS = 16_000_000
_MOST_MEMO = 100_000
_MOST_PICKLE = 16 * 1024 * 1024
# Just what the writer of such files emits; notably no INST, OBJ, EXT or byte arrays.
_INSTRUCTIONS = frozenset(
    {"PROTO", "STOP", "MARK", "NONE", "NEWTRUE", "NEWFALSE", "BININT", "BININT1", "BININT2"}
    | {"LONG1", "BINFLOAT", "BINUNICODE", "EMPTY_DICT", "SETITEM", "SETITEMS", "EMPTY_LIST"}
    | {"APPEND", "APPENDS", "EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "BINPUT"}
    | {"LONG_BINPUT", "BINGET", "LONG_BINGET", "GLOBAL", "REDUCE", "BINPERSID", "BUILD"}
)
# What pyannote.audio leaves in a checkpoint beside the weights: notes of training, not wanted.
_NOTES = frozenset(
    {("torch.torch_version", "TorchVersion"), ("pyannote.audio.core.task", "Specifications")}
    | {("pyannote.audio.core.task", "Problem"), ("pyannote.audio.core.task", "Resolution")}
)


# Instruction BUILD sets attributes: everything below is a tuple or has no attribute to set, so
# that nothing can be altered after it was checked. (A frozen slotted dataclass would have a
# `__setstate__`, which BUILD calls.)
class _Storage(NamedTuple):
    key: str
    length: int
    floats: bool = True


class _Tensor(NamedTuple):
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Names(dict[Any, Any]):
    """Stands for `OrderedDict`; the metadata torch hangs on it is dropped."""

    __slots__ = ()

    def __setstate__(self, state: Any) -> None:
        """Take no state."""


class _MakeNames:
    __slots__ = ()

    def __call__(self, *arguments: Any) -> _Names:
        if arguments:
            _refuse("an OrderedDict with arguments")
        return _Names()


class _MakeTensor:
    """What torch's `_rebuild_tensor_v2` is asked for, checked and noted, not made."""

    __slots__ = ()

    def __call__(self, storage: Any, offset: Any, shape: Any, strides: Any, *_rest: Any) -> _Tensor:
        numbers = (offset, *shape, *strides)
        if not isinstance(storage, _Storage) or len(shape) != len(strides) or len(shape) > 4:
            _refuse("a malformed tensor")
        if not all(isinstance(number, int) and 0 <= number <= _MOST_NUMBERS for number in numbers):
            _refuse("a tensor of an impossible shape")
        last = offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
        if 0 in shape or last >= storage.length or math.prod(shape) > storage.length:
            _refuse("a tensor that reaches beyond its storage")
        return _Tensor(storage, offset, tuple(shape), tuple(strides))


class _Note:
    """Stands for an object that is none of our business: made of anything, holding nothing."""

    __slots__ = ()

    def __new__(cls, *_arguments: Any) -> _Note:
        return object.__new__(cls)

    def __setstate__(self, state: Any) -> None:
        """Take no state."""


def read_legacy(content: bytes) -> dict[str, NDArray[np.float32]]:
    """The float tensors under `model_state` of a legacy torch checkpoint, by name.

    Args:
        content: The whole file.

    Raises:
        InputError: It is not such a file, or it asks for anything but tensors of float32.
    """
    return _read(_legacy, content)


def read_zip(content: bytes, *, under: str = "") -> dict[str, NDArray[np.float32]]:
    """The float tensors of a torch checkpoint that is a zip archive, by name.

    Args:
        content: The whole file.
        under: The entry of the saved dictionary that holds them; empty where it holds them itself.

    Raises:
        InputError: It is not such a file, or it asks for anything but tensors of float32, beside
            which integers (counts of batches) and notes of training are passed over.
    """
    return _read(lambda whole: _zipped(whole, under), content)


def _read(
    reader: Callable[[bytes], dict[str, NDArray[np.float32]]], content: bytes
) -> dict[str, NDArray[np.float32]]:
    """What a reader gives; whatever it stumbles over is a file that cannot be read."""
    try:
        return reader(content)
    except (
        pickle.UnpicklingError, ValueError, KeyError, TypeError, EOFError, IndexError,
        AttributeError, OverflowError, MemoryError, RecursionError, zipfile.BadZipFile,
        NotImplementedError,
    ) as exc:  # fmt: skip
        raise InputError(f"the weights file cannot be read: {exc}") from exc


def _legacy(content: bytes) -> dict[str, NDArray[np.float32]]:
    stream = io.BytesIO(content)
    if _load(stream, _Reader) != _MAGIC or _load(stream, _Reader) != _PROTOCOL:
        raise InputError("not a legacy torch file")
    system = _load(stream, _Reader)
    checkpoint = _load(stream, _Reader)
    keys = _load(stream, _Reader)
    if not system["little_endian"]:
        raise InputError("the weights were written by a big-endian machine")
    state = checkpoint["model_state"]
    if not isinstance(state, dict) or not isinstance(keys, list):
        raise InputError("the weights file has no model state")
    tensors = _floats(state)
    wanted = {tensor.storage.key: tensor.storage.length for tensor in tensors.values()}
    storages = _storages(content, stream.tell(), keys, wanted)
    return {name: _array(tensor, storages) for name, tensor in tensors.items()}


def _zipped(content: bytes, under: str) -> dict[str, NDArray[np.float32]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        if len(names) != 1 or archive.getinfo(names[0]).file_size > _MOST_PICKLE:
            raise InputError("not a torch file")
        folder = names[0].removesuffix("data.pkl")
        byte_order = f"{folder}byteorder"
        if byte_order in archive.namelist() and archive.read(byte_order) != b"little":
            raise InputError("the weights were written by a big-endian machine")
        saved = _load(io.BytesIO(archive.read(names[0])), _NotesReader)
        state = saved[under] if under else saved
        if not isinstance(state, dict):
            raise InputError("the weights file has no model state")
        tensors = _floats(state)
        storages: dict[str, NDArray[np.float32]] = {}
        for storage in {tensor.storage for tensor in tensors.values()}:
            member = f"{folder}data/{storage.key}"
            if archive.getinfo(member).file_size != 4 * storage.length:
                raise InputError("the weights file contradicts itself about a size")
            storages[storage.key] = np.frombuffer(archive.read(member), dtype="<f4")
    return {name: _array(tensor, storages) for name, tensor in tensors.items()}


def _floats(state: dict[Any, Any]) -> dict[str, _Tensor]:
    """The tensors of float32 in a dictionary; all else in it is passed over."""
    return {
        str(name): tensor
        for name, tensor in state.items()
        if isinstance(tensor, _Tensor) and tensor.storage.floats
    }


class _Reader(pickle.Unpickler):
    """An unpickler that makes dictionaries, lists, numbers, text and tensor descriptions."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return _MakeNames()
        if module == "torch._utils" and name in ("_rebuild_tensor", "_rebuild_tensor_v2"):
            return _MakeTensor()
        if (module, name) == ("torch", "FloatStorage"):
            return "FloatStorage"
        raise pickle.UnpicklingError(f"it names {module[:40]}.{name[:40]}, which is not allowed")

    def persistent_load(self, pid: Any) -> _Storage:
        kind, storage_type, key, _location, count, view = pid
        if kind != "storage" or storage_type != "FloatStorage" or view is not None:
            raise pickle.UnpicklingError("it holds a storage that is not plain float32")
        if not isinstance(key, str) or not isinstance(count, int) or not 0 < count <= _MOST_NUMBERS:
            raise pickle.UnpicklingError("it holds a storage of an impossible size")
        return _Storage(key, count)


class _NotesReader(_Reader):
    """One that knows whole numbers and notes of training too, and makes nothing of them."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _NOTES:
            return _Note
        if (module, name) == ("torch", "LongStorage"):
            return "LongStorage"
        return super().find_class(module, name)

    def persistent_load(self, pid: Any) -> _Storage:
        kind, storage_type, *rest = pid
        if len(rest) == 3:  # the newer format has no views
            rest.append(None)
        if storage_type == "LongStorage":
            return super().persistent_load((kind, "FloatStorage", *rest))._replace(floats=False)
        return super().persistent_load((kind, storage_type, *rest))


def _load(stream: io.BytesIO, reader: type[_Reader]) -> Any:
    """The next pickle of the stream, once every instruction of it is known to be harmless."""
    known = _INSTRUCTIONS | ({"NEWOBJ"} if reader is _NotesReader else frozenset())
    start = stream.tell()
    for instruction, argument, _position in pickletools.genops(stream):
        if instruction.name not in known:
            _refuse(f"instruction {instruction.name}")
        # A memo index is an allocation: a tiny file could ask for many gigabytes.
        if instruction.name == "LONG_BINPUT" and int(argument or 0) > _MOST_MEMO:
            _refuse("a memo index out of bounds")
    end = stream.tell()
    stream.seek(start)
    value = reader(io.BytesIO(stream.read(end - start))).load()
    stream.seek(end)
    return value


def _refuse(what: str) -> NoReturn:
    raise pickle.UnpicklingError(f"it holds {what}, which is not allowed")


def _storages(
    content: bytes, position: int, keys: list[Any], wanted: dict[str, int]
) -> dict[str, NDArray[np.float32]]:
    """The raw numbers of the wanted storages; all others are stepped over."""
    found: dict[str, NDArray[np.float32]] = {}
    for key in keys:
        if len(content) - position < 8:
            raise InputError("the weights file ends too early")
        count = int.from_bytes(content[position : position + 8], "little", signed=True)
        position += 8
        if not 0 <= count <= (len(content) - position) // 4:
            raise InputError("the weights file ends too early")
        if key in wanted:
            if count != wanted[key]:
                raise InputError("the weights file contradicts itself about a size")
            found[key] = np.frombuffer(content, dtype="<f4", count=count, offset=position)
        position += 4 * count
    return found


def _array(tensor: _Tensor, storages: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    numbers = storages[tensor.storage.key][tensor.offset :]
    strides = tuple(4 * step for step in tensor.strides)
    view = np.lib.stride_tricks.as_strided(numbers, tensor.shape, strides, writeable=False)
    return np.array(view, dtype=np.float32)
