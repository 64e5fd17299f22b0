"""The embedded describer: plain sentences of what can be measured, without a model.

It names light, colours and where they are, how the camera goes and whether something moves before
a background that does not. It knows no object, no person, no scene: whoever wants those takes
another engine. What it writes is a draft.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from loquitur.engines.description.measured.looking import look
from loquitur.engines.description.measured.wording import TONGUES, sentence, shorter
from loquitur.model.vision import Alternative
from loquitur.protocols import Identity

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from loquitur.protocols import Resources

_VERSION = "2"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredOptions:
    """Options of the engine.

    Args:
        language: In which it writes: `en`, `de`, `es` or `ja`.
        frames: How many frames of a span it looks at.
        alternatives: How many shorter sentences are told beside, each a part of what was measured.
    """

    language: Literal["en", "de", "es", "ja"] = "en"
    frames: int = 16
    alternatives: int = 4

    def __post_init__(self) -> None:
        if not 1 <= self.frames <= 400:
            raise ValueError(f"frames is not within 1..400: {self.frames}")
        if not 0 <= self.alternatives <= 16:
            raise ValueError(f"alternatives is not within 0..16: {self.alternatives}")


class Measured:
    """The embedded `loquitur.protocols.Describer`: numpy only; it claims no object."""

    Options: ClassVar[type] = MeasuredOptions
    languages: ClassVar[tuple[str, ...]] = tuple(TONGUES)

    def __init__(self, options: MeasuredOptions, resources: Resources) -> None:
        """Nothing is loaded."""
        self.frames = options.frames
        self._alternatives = options.alternatives
        self.sized: tuple[int, int] | None = (128, 72)
        self.language: str = options.language

    @classmethod
    def identity(cls, options: MeasuredOptions, resources: Resources) -> Identity:
        """The version of the method; its sentences are drafts."""
        return Identity(version=_VERSION, draft=True)

    def describe(
        self, pictures: NDArray[np.uint8], times_ms: Sequence[int]
    ) -> Sequence[Alternative]:
        """A sentence about frames [n, h, w, 3] of one span, then parts of it, all without score."""
        looks, tongue = look(pictures), TONGUES[self.language]
        texts = [sentence(looks, tongue), *shorter(looks, tongue)[: self._alternatives]]
        return tuple(Alternative(text=text) for text in texts)
