"""Vectors as rows of a matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Number = TypeVar("Number", bound="np.floating[Any]")


def unit(rows: NDArray[Number]) -> NDArray[Number]:
    """Rows at length 1, shape [n, d]; a row of zeros stays. Half precision becomes single.

    >>> unit(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [[0.6, 0.8], [0.0, 0.0]]
    """
    rows = np.asarray(rows, dtype=np.result_type(rows.dtype, np.float32))
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), dtype=rows.dtype)
