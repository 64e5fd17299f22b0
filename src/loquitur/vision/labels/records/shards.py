"""A shard that is open: how many videos, any of them, or all in their order.

`open_shard` tells a file of records (compressed or not) from one of columns by its first bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from loquitur.vision.labels.records.sources import open_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    import numpy as np
    from numpy.typing import NDArray

    from loquitur.vision.labels.dataset import DatasetInfo
    from loquitur.vision.labels.examples import Examples
    from loquitur.vision.labels.records.framing import Problem


class Shard(Protocol):
    """Labelled videos in a file."""

    @property
    def address(self) -> str:
        """Where the file lies."""
        ...

    @property
    def info(self) -> DatasetInfo:
        """What it is read as."""
        ...

    @property
    def count(self) -> int:
        """Its records, damaged ones included; those behind a place where it is broken off are not.

        Raises:
            InputError: It is broken off, and `keep_going` was not asked for.
        """
        ...

    @property
    def offsets(self) -> NDArray[np.int64]:
        """Where each record's data begin in the file (unpacked), int64 [count]."""
        ...

    @property
    def lengths(self) -> NDArray[np.int64]:
        """How many bytes each record has, int64 [count]."""
        ...

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What could not be read so far, by record."""
        ...

    def read(self, rows: Sequence[int] | slice | NDArray[np.int64]) -> Examples:
        """Some records by number, in the order asked for; damaged ones are left out.

        Raises:
            IndexError: There is no such record.
            InputError: One is damaged, and `keep_going` was not asked for.
        """
        ...

    def read_numbered(
        self, rows: Sequence[int] | slice | NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], Examples]:
        """As `read`, and which places of `rows` were read: int64, ascending."""
        ...

    def examples(self, batch: int = 256) -> Iterator[Examples]:
        """All records in their order, at most `batch` at a time; memory is bounded.

        Raises:
            InputError: One is damaged, and `keep_going` was not asked for.
        """
        ...

    def close(self) -> None:
        """Let go of the file; what was read stays."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def open_shard(
    address: str | Path,
    info: DatasetInfo,
    *,
    verify: bool = True,
    keep_going: bool = False,
    index: Path | None = None,
) -> Shard:
    """Open a shard.

    Args:
        address: A path, or an address (`sources.open_source`).
        info: What it holds. Only the streams named there are read.
        verify: Compare checksums of what is read.
        keep_going: Leave damaged records out, and say which in `problems`, in the place of an
            error.
        index: The folder where indices are kept; the user's cache folder where None.

    Raises:
        InputError: There is no such file, or it may not be read.
        RemoteError: The server refused.
    """
    from loquitur.vision.labels.records import remote
    from loquitur.vision.labels.records.columns import ColumnShard, is_columns
    from loquitur.vision.labels.records.indices import BESIDE
    from loquitur.vision.labels.records.recordfile import RecordShard

    source = open_source(address)
    try:
        if is_columns(source):
            return ColumnShard(source, info, verify=verify, keep_going=keep_going)
        far = isinstance(address, str) and remote.is_remote(address)
        return RecordShard(
            source,
            info,
            verify=verify,
            keep_going=keep_going,
            index=index,
            beside=remote.beside(str(address), BESIDE) if far else "",
        )
    except BaseException:
        source.close()
        raise
