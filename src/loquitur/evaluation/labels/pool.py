"""Predictions of many videos, kept as columns."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


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
    """Columns that grow by pieces."""

    def __init__(self) -> None:
        self._pieces: dict[str, list[NDArray[Any]]] = {one.name: [] for one in fields(Pooled)}
        self.videos = 0

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
        """Some videos; see `Pooled`."""
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
        self.videos += len(listed)

    def merge(self, other: Pool) -> None:
        """Take in the videos of another."""
        for name, pieces in other._pieces.items():
            self._pieces[name] += pieces
        self.videos += other.videos

    def columns(self) -> Pooled:
        """All of it; the pieces become one."""
        for name, pieces in self._pieces.items():
            if len(pieces) != 1:
                kind = _KINDS[name]
                self._pieces[name] = [np.concatenate(pieces) if pieces else np.empty(0, kind)]
        return Pooled(**{name: pieces[0] for name, pieces in self._pieces.items()})


_KINDS: dict[str, Any] = {
    "keys": np.uint64,
    "listed": np.int32,
    "labels": np.int32,
    "label_counts": np.int32,
    "first_right": np.bool_,
    "equal_right": np.int32,
}
