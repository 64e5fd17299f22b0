"""The assignment of least cost, for speakers: shortest augmenting paths (Jonker, Volgenant 1987).

scipy's `linear_sum_assignment` gives the same (tests compare them); it alone would bring 143 MB.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_FAR = np.iinfo(np.int64).max // 4


def assign(cost: NDArray[np.int64]) -> tuple[tuple[int, int], ...]:
    """Pairs (row, column) of least total cost, every line of the shorter side in one pair.

    Args:
        cost: Whole numbers, shape (rows, columns), each below 2**40.

    Returns:
        `min(rows, columns)` pairs, sorted by row. Time is cubic in the number of lines.
    """
    rows, columns = cost.shape
    if rows > columns:
        return tuple(sorted((row, column) for column, row in assign(cost.T)))
    # lines count from 1: row 0 holds every column that is free, column 0 the row to be placed
    row_price = np.zeros(rows + 1, np.int64)
    column_price = np.zeros(columns + 1, np.int64)
    holder = np.zeros(columns + 1, np.int64)
    for row in range(1, rows + 1):
        holder[0] = row
        came_from, column = _path(cost, row_price, column_price, holder)
        while column:
            before = int(came_from[column])
            holder[column] = holder[before]
            column = before
    held = [(int(row) - 1, column) for column, row in enumerate(holder[1:]) if row]
    return tuple(sorted(held))


def _path(
    cost: NDArray[np.int64],
    row_price: NDArray[np.int64],
    column_price: NDArray[np.int64],
    holder: NDArray[np.int64],
) -> tuple[NDArray[np.int64], int]:
    """The cheapest way from the row in column 0 to a free column (Dijkstra over reduced costs).

    Returns:
        For each column the one before it on the way, and the column the way ends in.
    """
    columns = cost.shape[1]
    distance = np.full(columns + 1, _FAR, np.int64)
    came_from = np.zeros(columns + 1, np.int64)
    done = np.zeros(columns + 1, bool)
    column = 0
    while holder[column]:
        done[column] = True
        row = int(holder[column])
        reduced = cost[row - 1] - row_price[row] - column_price[1:]
        nearer = np.flatnonzero(~done[1:] & (reduced < distance[1:])) + 1
        distance[nearer] = reduced[nearer - 1]
        came_from[nearer] = column
        column = int(np.where(done, _FAR, distance).argmin())
        step = int(distance[column])
        row_price[holder[done]] += step
        column_price[done] -= step
        distance[~done] -= step
    return came_from, column
