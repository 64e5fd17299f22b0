"""The last resort of alignment: words shared out over the voiced part, by their letters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from loquitur.protocols import Identity, Resources
from loquitur.speech.spreading import spread, voice_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from loquitur.model.speech import RawWord


@dataclass(frozen=True, slots=True, kw_only=True)
class VoicedOptions:
    """Nothing to set."""


class Voiced:
    """Any language, no model, no hearing (`loquitur.protocols.Aligner`)."""

    Options: ClassVar[type] = VoicedOptions
    languages: ClassVar[tuple[str, ...]] = ()
    longest_ms: ClassVar[int] = 600_000

    def __init__(self, options: VoicedOptions, resources: Resources) -> None:
        """Nothing to load."""

    @classmethod
    def identity(cls, options: VoicedOptions, resources: Resources) -> Identity:
        """The version of the rule."""
        return Identity(version="1")

    def align(
        self, samples: NDArray[np.float32], words: Sequence[str], *, language: str
    ) -> Iterator[RawWord]:
        """The words with interpolated times; see `speech.spreading`."""
        yield from spread(words, voice_of(samples))
