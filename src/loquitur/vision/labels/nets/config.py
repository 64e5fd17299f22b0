"""What a net that labels is: its branches, how they are joined, its head; needs no torch."""

from __future__ import annotations

from dataclasses import dataclass

from loquitur.vision.labels.dataset import HIGH, LOW


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchInput:
    """One stream as a net reads it.

    Args:
        name: Of the stream.
        dimension: Numbers a row.
        quantised: Rows come as uint8 and are made numbers first (see `dataset.StreamInfo`).
        low: See `quantised`.
        high: See `quantised`.
    """

    name: str
    dimension: int
    quantised: bool = True
    low: float = LOW
    high: float = HIGH
