"""The whole descriptor of the frames of one clip: groups of numbers side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.model.vision import Preprocessing
from loquitur.vision.descriptor import colours, contours

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERSION = "1"
"""Raised with every change of a number: features of two versions never mix."""
PREPROCESSING = Preprocessing(
    width_px=64, height_px=64, fit="stretch", interpolation="area", scale=1.0
)
GROUPS: dict[str, int] = {
    "colours": colours.LENGTH,
    "contours": contours.LENGTH,
    "motion": contours.MOTION_LENGTH,
}
"""The groups in their order, and how many numbers each has."""
DIMENSION = sum(GROUPS.values())


def describe_frames(fitted: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The frames of one clip as vectors.

    Args:
        fitted: uint8 [n, 64, 64, 3], RGB, in the order shown.

    Returns:
        float32 [n, DIMENSION], every number in 0..1 or near it.
    """
    bright = contours.brightness(fitted)
    return np.concatenate(
        (colours.name_shares(fitted), contours.directions(bright), contours.motion(bright)), axis=1
    )
