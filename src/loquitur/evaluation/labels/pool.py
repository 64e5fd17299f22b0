"""Predictions of many videos, kept as columns: in memory, and beyond a limit in a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.evaluation.labels.scratch import Extent, Scratch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_OF_A_PIECE = 128
"""Bytes of an array beside its numbers."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pooled:
    """What is kept of videos, one after another.

    Args:
        keys: uint64 [predictions]: `ranking.pack`; of a video highest score first.
        listed: int32 [videos]: how many predictions each has.
        labels: int32 [positives]: what holds.
        label_counts: int32 [videos]: how many labels each has; at least 1.
        first_right: bool [videos]: whether the highest score is right.
        equal_right: int32 [videos]: right ones among as many predictions as there are labels.
    """

    keys: NDArray[np.uint64]
    listed: NDArray[np.int32]
    labels: NDArray[np.int32]
    label_counts: NDArray[np.int32]
    first_right: NDArray[np.bool_]
    equal_right: NDArray[np.int32]

    @property
    def videos(self) -> int:
        """How many."""
        return len(self.listed)


class Pool:
    """Columns that grow by pieces.

    Args:
        most_bytes: What is held in memory at most; what is more is put down in a file.
        folder: Where that lies; see `Scratch`.
    """

    def __init__(self, most_bytes: int, folder: Path | None = None) -> None:
        self._most_bytes = most_bytes
        self._folder = folder
        self._scratch: Scratch | None = None
        self._blocks: list[dict[str, Extent]] = []
        self._pieces: dict[str, list[NDArray[Any]]] = {name: [] for name in _KINDS}
        self._bytes = 0
        self.videos = 0

    @property
    def spilled(self) -> bool:
        """Whether some of it lies in a file."""
        return bool(self._blocks)

    @property
    def predictions(self) -> int:
        """How many."""
        return sum(block["keys"].count for block in self._blocks) + sum(
            len(one) for one in self._pieces["keys"]
        )

    def add(
        self,
        *,
        keys: NDArray[np.uint64],
        listed: NDArray[Any],
        labels: NDArray[Any],
        label_counts: NDArray[Any],
        first_right: NDArray[np.bool_],
        equal_right: NDArray[Any],
    ) -> None:
        """Some videos; see `Pooled`. There is always room for them (`make_room`)."""
        given: dict[str, NDArray[Any]] = {
            "keys": keys,
            "listed": listed.astype(np.int32),
            "labels": labels.astype(np.int32),
            "label_counts": label_counts.astype(np.int32),
            "first_right": np.ascontiguousarray(first_right),
            "equal_right": equal_right.astype(np.int32),
        }
        for name, piece in given.items():
            self._pieces[name].append(piece)
            self._bytes += piece.nbytes + _OF_A_PIECE
        self.videos += len(listed)

    def merge(self, other: Pool) -> None:
        """Take in the videos of another, behind those that are here.

        Raises:
            FullError: No room to put something down: nothing is taken in.
        """
        if other._blocks or self._bytes + other._bytes > self._most_bytes:
            self.spill()
        self._blocks += other._blocks
        for name, pieces in other._pieces.items():
            self._pieces[name] += pieces
        self._bytes += other._bytes
        self.videos += other.videos

    def make_room(self) -> None:
        """Put down what is in memory if it is too much.

        Raises:
            FullError: No room: it stays in memory.
        """
        if self._bytes > self._most_bytes:
            self.spill()

    def spill(self) -> None:
        """Put down what is in memory.

        Raises:
            FullError: No room: it stays in memory.
        """
        if not self._bytes:
            return
        if self._scratch is None or not self._scratch.own:
            self._scratch = Scratch(self._folder)
        self._blocks.append(
            {name: self._scratch.append(self._pieces[name], kind) for name, kind in _KINDS.items()}
        )
        self._pieces = {name: [] for name in _KINDS}
        self._bytes = 0

    def keys(self, most: int) -> Iterator[NDArray[np.uint64]]:
        """All keys in new arrays, of `most` each but for the last one.

        Raises:
            StoreError: The file cannot be read.
        """
        taken = np.empty(most, np.uint64)
        size = 0
        for many, fill in self._sources():
            first = 0
            while first < many:
                step = min(many - first, most - size)
                fill(taken[size : size + step], first)
                first, size = first + step, size + step
                if size == most:
                    yield taken
                    taken, size = np.empty(most, np.uint64), 0
        if size:
            yield taken[:size]

    def columns(self) -> Pooled:
        """All of it, in memory; pieces become one."""
        found: dict[str, NDArray[Any]] = {}
        for name, kind in _KINDS.items():
            pieces = self._pieces[name]
            if len(pieces) > 1:
                self._pieces[name] = pieces = [np.concatenate(pieces)]
            blocks = [block[name] for block in self._blocks]
            if not blocks:
                found[name] = pieces[0] if pieces else np.empty(0, kind)
                continue
            column = np.empty(
                sum(one.count for one in blocks) + sum(len(one) for one in pieces), kind
            )
            first = 0
            for block in blocks:
                block.fill(column[first : first + block.count], 0)
                first += block.count
            for piece in pieces:
                column[first:] = piece
            found[name] = column
        return Pooled(**found)

    def __getstate__(self) -> dict[str, Any]:
        """For another process: a file without a name cannot be opened there."""
        found = self.columns()
        return {
            "most_bytes": self._most_bytes,
            "folder": self._folder,
            "columns": {name: getattr(found, name) for name in _KINDS},
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["most_bytes"], state["folder"])  # type: ignore[misc]
        if len(state["columns"]["listed"]):
            self.add(**state["columns"])

    def _sources(self) -> Iterator[tuple[int, _Fill]]:
        for block in self._blocks:
            yield block["keys"].count, block["keys"].fill
        for piece in self._pieces["keys"]:
            yield len(piece), _copying(piece)


if TYPE_CHECKING:
    from collections.abc import Callable

    _Fill = Callable[[NDArray[Any], int], None]


def _copying(piece: NDArray[np.uint64]) -> _Fill:
    def fill(into: NDArray[Any], first: int) -> None:
        into[:] = piece[first : first + len(into)]

    return fill


_KINDS: dict[str, type[np.generic]] = {
    "keys": np.uint64,
    "listed": np.int32,
    "labels": np.int32,
    "label_counts": np.int32,
    "first_right": np.bool_,
    "equal_right": np.int32,
}
