"""A set of features as it is read: by clip, checked, without holding more than one clip."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from loquitur.conversion import decoder
from loquitur.errors import InputError, near
from loquitur.model.speech import EngineStamp
from loquitur.model.vision import Preprocessing, Sampling
from loquitur.store import writing
from loquitur.text import display
from loquitur.vision.features import shards
from loquitur.vision.finiteness import is_finite

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Read = Callable[[], tuple[NDArray[np.int64] | None, NDArray[Any]]]

SCHEMA = "loquitur/features/1"
INDEX = "index.json"
FOREIGN = "npy"
"""The name of the encoder of features that came as `.npy` files: nobody knows which it was."""
_LARGEST = float(np.finfo(np.float16).max)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetInfo:
    """Whose features a set holds, and of which frames.

    Args:
        encoder: Which engine made them.
        dimension: Numbers a frame.
        sampling: Which frames of each clip; None where nobody knows.
        preprocessing: What was done to them first; None where nobody knows.
        wanted: How the encoder was asked for, `NAME[:MODEL]`; empty where nobody knows.
    """

    encoder: EngineStamp
    dimension: int
    sampling: Sampling | None = None
    preprocessing: Preprocessing | None = None
    wanted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Index(SetInfo):
    """`index.json`."""

    schema: str = field(default="")


_INDEX = decoder(_Index)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeatureSet:
    """The features of many clips.

    Args:
        folder: Where it lies.
        info: Whose they are.
        fingerprints: By clip, of which pictures they were made; empty where nobody knows.
    """

    folder: Path
    info: SetInfo
    fingerprints: dict[str, str]
    _reads: dict[str, Read]
    _sound: set[str] = field(default_factory=set)

    @property
    def clip_ids(self) -> tuple[str, ...]:
        """The clips it holds, in the order they were made."""
        return tuple(self._reads)

    def __contains__(self, clip_id: str) -> bool:
        return clip_id in self._reads

    def __len__(self) -> int:
        return len(self._reads)

    def get(self, clip_id: str) -> tuple[NDArray[np.int64] | None, NDArray[np.float16]]:
        """The features of a clip: when its frames are shown (ms, int64 [t]), float16 [t, d].

        The times are None where nobody knows them. The matrix may be a view of the file; what it
        holds is looked through once: a training asks for a clip again and again.

        Raises:
            InputError: The set has no such clip, or what it has is no matrix of finite numbers.
        """
        if clip_id not in self._reads:
            raise InputError(
                f"{display(str(self.folder))} has no features of the clip "
                f"'{display(clip_id[:80])}'",
                hint=near(clip_id, self._reads) if len(self._reads) < 10_000 else "",
                code="LQ-NO-FEATURES",
            )
        times_ms, matrix = self._reads[clip_id]()
        if clip_id in self._sound and matrix.dtype == np.float16:
            return times_ms, matrix
        found = half(matrix, clip_id, dimension=self.info.dimension)
        self._sound.add(clip_id)
        return times_ms, found

    def lacking(self, clip_ids: Iterable[str]) -> tuple[str, ...]:
        """Those of the clips that the set has no features of."""
        return tuple(clip_id for clip_id in clip_ids if clip_id not in self._reads)

    def statistics(
        self, clip_ids: Iterable[str] | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Mean and standard deviation of each number over all frames of clips, float32 [d] each.

        Args:
            clip_ids: Which clips, those of the training split; all where None.

        Raises:
            InputError: There is no frame, or a clip is missing or damaged.
        """
        total = np.zeros(self.info.dimension)
        squares, count = np.zeros(self.info.dimension), 0
        shift: NDArray[np.float64] | None = None  # sums of what is near 0 lose nothing
        for clip_id in self.clip_ids if clip_ids is None else clip_ids:
            matrix = self.get(clip_id)[1].astype(np.float64)
            if len(matrix) and shift is None:
                shift = matrix.mean(axis=0)
            if shift is not None:
                matrix -= shift
            total += matrix.sum(axis=0)
            squares += (matrix * matrix).sum(axis=0)
            count += len(matrix)
        if not count or shift is None:
            raise InputError("no clip has features to be measured", code="LQ-NO-FEATURES")
        mean = total / count
        spread = np.sqrt(np.maximum(squares / count - mean * mean, 0.0))
        return (mean + shift).astype(np.float32), spread.astype(np.float32)


def open_set(folder: Path | str) -> FeatureSet:
    """A set of features: one of ours, or a folder of `.npy` files, one a clip, each [t, d].

    Raises:
        InputError: It is neither, or damaged; the line says which file.
    """
    folder = Path(folder)
    if (folder / INDEX).is_file():
        return _ours(folder)
    files = sorted(folder.glob("*.npy")) if folder.is_dir() else []
    if not files:
        raise InputError(
            f"{display(str(folder))} holds no features: no {INDEX}, no .npy files",
            hint="`loquitur describe features CLIPS.jsonl -o DIR` makes them",
            code="LQ-NO-FEATURES",
        )
    return _foreign(folder, files)


def read_info(folder: Path) -> SetInfo | None:
    """What `index.json` says; None where there is none.

    Raises:
        InputError: It is damaged.
    """
    path = folder / INDEX
    if not path.is_file():
        return None
    try:
        found = _INDEX.decode(path.read_bytes())
    except (OSError, ValueError, msgspec.MsgspecError, RecursionError) as exc:
        raise InputError(
            f"{display(str(path))} is no index of features: {str(exc)[:200]}",
            code="LQ-NO-FEATURES",
        ) from exc
    if found.schema != SCHEMA or found.dimension < 1:
        raise InputError(
            f"{display(str(path))} has the schema {display(found.schema[:60])!r}, "
            f"expected {SCHEMA}",
            code="LQ-NO-FEATURES",
        )
    return SetInfo(
        encoder=found.encoder,
        dimension=found.dimension,
        sampling=found.sampling,
        preprocessing=found.preprocessing,
        wanted=found.wanted,
    )


def write_info(folder: Path, info: SetInfo) -> None:
    """Write `index.json`.

    Raises:
        FullError: No space, or no right to write.
    """
    document = {"schema": SCHEMA, **msgspec.to_builtins(info)}
    text = json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    writing.write_over(folder / INDEX, text.encode("utf-8", "surrogatepass"), mode=0o644)


def half(matrix: NDArray[Any], clip_id: str, *, dimension: int) -> NDArray[np.float16]:
    """A clip's features as float16, held against what they must be.

    Raises:
        InputError: Another shape, no numbers, NaN, infinity, or what float16 cannot hold.
    """
    where = f"the features of the clip '{display(clip_id[:80])}'"
    if matrix.ndim != 2 or matrix.shape[1] != dimension or matrix.dtype.kind not in "fiu":
        raise InputError(
            f"{where} are {matrix.dtype} {list(matrix.shape)}, expected [frames, {dimension}]",
            code="LQ-NO-FEATURES",
        )
    if not is_finite(matrix):
        frame = int(np.argwhere(~np.isfinite(matrix).all(axis=1))[0, 0])
        raise InputError(f"{where} hold NaN or infinity at frame {frame}", code="LQ-NO-FEATURES")
    if matrix.dtype == np.float16:
        return matrix
    if matrix.size and float(np.abs(matrix).max()) > _LARGEST:
        raise InputError(
            f"{where} hold numbers above {_LARGEST:.0f}, which float16 cannot",
            code="LQ-NO-FEATURES",
        )
    return matrix.astype(np.float16)


def _ours(folder: Path) -> FeatureSet:
    info = read_info(folder)
    if info is None:
        raise InputError(f"{display(str(folder))} has no {INDEX}", code="LQ-NO-FEATURES")
    reads: dict[str, Read] = {}
    fingerprints: dict[str, str] = {}
    for path in shards.shards_of(folder):
        shard = shards.read_shard(path, info.dimension)
        for at, (clip_id, fingerprint) in enumerate(shard.clips):
            reads.pop(clip_id, None)  # a clip that was made anew stands in a later shard
            reads[clip_id] = _of_shard(shard, at)
            fingerprints[clip_id] = fingerprint
    return FeatureSet(folder=folder, info=info, fingerprints=fingerprints, _reads=reads)


def _of_shard(shard: shards.Shard, at: int) -> Read:
    def read() -> tuple[NDArray[np.int64] | None, NDArray[Any]]:
        rows = slice(int(shard.offsets[at]), int(shard.offsets[at + 1]))
        return np.asarray(shard.times_ms[rows]), np.asarray(shard.features[rows])

    return read


def _foreign(folder: Path, files: list[Path]) -> FeatureSet:
    first = _loaded(files[0])
    if first.ndim != 2:
        raise InputError(
            f"{display(str(files[0]))} is {list(first.shape)}, expected [frames, numbers]: one "
            "vector a clip is no sequence",
            code="LQ-NO-FEATURES",
        )
    info = SetInfo(
        encoder=EngineStamp(name=FOREIGN, version="", model=folder.resolve().name),
        dimension=int(first.shape[1]),
    )
    reads: dict[str, Read] = {path.stem: _of_file(path) for path in files}
    return FeatureSet(folder=folder, info=info, fingerprints={}, _reads=reads)


def _of_file(path: Path) -> Read:
    def read() -> tuple[NDArray[np.int64] | None, NDArray[Any]]:
        return None, _loaded(path)

    return read


def _loaded(path: Path) -> NDArray[Any]:
    """A `.npy` file, mapped; nothing in it is unpickled.

    Raises:
        InputError: It is none.
    """
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError, SyntaxError) as exc:
        raise InputError(
            f"{display(str(path))} is no .npy file of numbers: {str(exc)[:120]}",
            code="LQ-NO-FEATURES",
        ) from exc
    array: NDArray[Any] = np.asarray(found)
    return array
