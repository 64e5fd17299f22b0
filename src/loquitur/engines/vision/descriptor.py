"""Frames as numbers without any model: named colours by place, contours, motion.

It sees what colours are where, which way contours run and where something moves. It sees no
objects, no people and no text, and knows nothing of what pictures mean: two red things in one place
are one thing to it. It is here for what needs no more (generated shapes, cuts, slides, screens), as
a baseline, and where nothing can be fetched. Every number is documented in `vision/descriptor`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from loquitur.protocols import Identity, Resources
from loquitur.vision import preprocessing
from loquitur.vision.descriptor import frames

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from loquitur.model.vision import Preprocessing


@dataclass(frozen=True, slots=True, kw_only=True)
class DescriptorOptions:
    """Options of the engine: none."""


class Descriptor:
    """Colours, contours and motion (`loquitur.protocols.FrameEncoder`).

    Args:
        options: None there are.
        resources: Unused.
    """

    Options: ClassVar[type] = DescriptorOptions
    motion: ClassVar[bool] = True
    straight: ClassVar[bool] = True
    dimension: int = frames.DIMENSION
    preprocessing: Preprocessing = frames.PREPROCESSING

    def __init__(self, options: DescriptorOptions, resources: Resources) -> None:
        del options, resources

    @classmethod
    def identity(cls, options: DescriptorOptions, resources: Resources) -> Identity:
        """The version of the rules; there is no model."""
        del options, resources
        return Identity(version=frames.VERSION)

    def encode(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The frames of one clip in the order shown, uint8 [n, h, w, 3]; vectors [n, dimension].

        Raises:
            InputError: They are no pictures.
        """
        return self.encode_fitted(preprocessing.fit(pictures, self.preprocessing))

    def encode_fitted(self, fitted: NDArray[np.uint8]) -> NDArray[np.float32]:
        """As `encode`, of frames that `preprocessing.fit` gave."""
        return frames.describe_frames(fitted)
