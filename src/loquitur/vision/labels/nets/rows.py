"""Rows of a stream as a net reads them: numbers, and where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from loquitur.vision.nets.contract import brought

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loquitur.vision.labels.nets.config import BranchInput

_STEPS = 255.0
_HALF_BINS = 512.0


class Rows(NamedTuple):
    """One stream of some videos.

    Args:
        values: float32 [b, t, d], zeros behind each end; t is at least 1.
        there: bool [b, t]: which places are rows; on the values' device.
        lengths: int64 [b]: how many of each; on the processor where they came so.
    """

    values: Tensor
    there: Tensor
    lengths: Tensor


def rows_of(one: BranchInput, streams: Mapping[str, Tensor], lengths: Mapping[str, Tensor]) -> Rows:
    """A stream of a batch; one of no rows where the batch lacks it.

    Raises:
        ValueError: Rows of another width, or more said than there are.
    """
    values = streams.get(one.name)
    if values is None or values.shape[1] == 0:
        return _absent(one, streams, lengths)
    if values.dim() != 3 or values.shape[2] != one.dimension:
        shape = list(values.shape)
        raise ValueError(f"{one.name}: rows [b, t, {one.dimension}] are read, not {shape}")
    said = lengths.get(one.name)
    if said is None:
        many = values.shape[1]
        said = torch.full((values.shape[0],), many, dtype=torch.int64, device=_home(lengths))
    if said.device.type == "cpu" and not torch.jit.is_tracing():
        most = int(said.max()) if len(said) else 0
        if most > values.shape[1]:
            raise ValueError(f"{one.name}: a video of {most} rows, but {values.shape[1]} are there")
    there = inside(said, values)
    # what stands behind the end may be anything, NaN too
    return Rows(numbers(values, one).masked_fill(~there[:, :, None], 0.0), there, said)


def numbers(values: Tensor, one: BranchInput) -> Tensor:
    """Numbers of 8 bits, as `StreamInfo` says; float32, since half of it is too coarse for that.

    x * (high - low) / 255 + (high - low) / 512 + low, as google/youtube-8m's `Dequantize`.
    """
    found = values.float()
    if values.dtype != torch.uint8:
        return found
    span = one.high - one.low
    return found * (span / _STEPS) + (span / _HALF_BINS + one.low)


def inside(lengths: Tensor, values: Tensor) -> Tensor:
    """Which places [b, t] of padded values [b, t, d] are rows."""
    places = torch.arange(values.shape[1], device=values.device)
    return places[None, :] < brought(lengths, values.device)[:, None]


def mean_of(rows: Rows) -> Tensor:
    """The mean of each video's rows [b, d]; zeros where it has none."""
    return rows.values.sum(dim=1) / rows.there.sum(dim=1, keepdim=True).clamp(min=1)


def _absent(one: BranchInput, streams: Mapping[str, Tensor], lengths: Mapping[str, Tensor]) -> Rows:
    other = next(iter(streams.values()), None)
    if other is None:
        other = next(iter(lengths.values()), None)
    if other is None:
        raise ValueError("a batch without any stream says not how many videos it has")
    videos, device = other.shape[0], other.device
    values = torch.zeros(videos, 1, one.dimension, device=device)
    none = torch.zeros(videos, dtype=torch.int64, device=_home(lengths))
    return Rows(values, torch.zeros(videos, 1, dtype=torch.bool, device=device), none)


def _home(lengths: Mapping[str, Tensor]) -> torch.device:
    """Where the lengths of a batch are."""
    return next((each.device for each in lengths.values()), torch.device("cpu"))
