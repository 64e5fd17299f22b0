"""Things that stand out, as numbers, without any model: where, how they move, colour, figure.

It sees a few patches of one colour on a smooth background, follows them through the frames
and measures each by itself, so that a colour is tied to its own figure and its own movement, which
a grid of cells mixes. It suits drawings, slides, screens, a table from above, generated shapes. Of
a street, a face or a moving camera it sees large patches of one colour, which are no objects. Every
number is documented in `vision/descriptor/things.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from loquitur.errors import UsageError
from loquitur.protocols import Identity, Resources
from loquitur.vision import preprocessing
from loquitur.vision.descriptor import frames, things

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.model.vision import Preprocessing


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingsOptions:
    """Options of the engine.

    Args:
        most: How many things are followed, those that cover most: 1 to 8.
    """

    most: int = things.SLOTS

    def __post_init__(self) -> None:
        if not 1 <= self.most <= things.MOST:
            raise UsageError(f"things: most is from 1 to {things.MOST}, not {self.most}")


class Things:
    """Things followed through a clip (`loquitur.protocols.FrameEncoder`).

    Args:
        options: How many things.
        resources: Unused.
    """

    Options: ClassVar[type] = ThingsOptions
    motion: ClassVar[bool] = True
    straight: ClassVar[bool] = True
    preprocessing: Preprocessing = frames.PREPROCESSING

    def __init__(self, options: ThingsOptions, resources: Resources) -> None:
        del resources
        self._most = options.most
        self.dimension = options.most * things.SLOT_LENGTH

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
        if not len(fitted):
            return np.zeros((0, self.dimension), dtype=np.float32)
        return things.thing_numbers(fitted, self._most)
