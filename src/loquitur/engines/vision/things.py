"""Things that stand out, as numbers, without any model: where, how they move, colour, figure.

It sees up to three patches of one colour on a smooth background, follows them through the frames
and measures each by itself, so that a colour is tied to its own figure and its own movement, which
a grid of cells mixes. It suits drawings, slides, screens, a table from above, generated shapes. Of
a street, a face or a moving camera it sees large patches of one colour, which are no objects. Every
number is documented in `vision/descriptor/things.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from loquitur.protocols import Identity, Resources
from loquitur.vision import preprocessing
from loquitur.vision.descriptor import frames, things

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from loquitur.model.vision import Preprocessing


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingsOptions:
    """Options of the engine: none."""


class Things:
    """Things followed through a clip (`loquitur.protocols.FrameEncoder`).

    Args:
        options: None there are.
        resources: Unused.
    """

    Options: ClassVar[type] = ThingsOptions
    motion: ClassVar[bool] = True
    dimension: int = things.LENGTH
    preprocessing: Preprocessing = frames.PREPROCESSING

    def __init__(self, options: ThingsOptions, resources: Resources) -> None:
        del options, resources

    @classmethod
    def identity(cls, options: ThingsOptions, resources: Resources) -> Identity:
        """The version of the rules; there is no model."""
        del options, resources
        return Identity(version=things.VERSION)

    def encode(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The frames of one clip in the order shown, uint8 [n, h, w, 3]; vectors [n, dimension].

        Raises:
            InputError: They are no pictures.
        """
        return self.encode_fitted(preprocessing.fit(pictures, self.preprocessing))

    def encode_fitted(self, fitted: NDArray[np.uint8]) -> NDArray[np.float32]:
        """As `encode`, of frames that `preprocessing.fit` gave."""
        return things.thing_numbers(fitted)
