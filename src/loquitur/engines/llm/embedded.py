"""Punctuation and capitals from a table of numbers inside Loquitur: no model, nothing fetched.

See `speech/punctuation.py` for what it can and what it is worth. It neither mends words nor sums up
nor translates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from loquitur.protocols import Identity
from loquitur.speech import punctuation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.protocols import Resources

_VERSION = "1"  # raised with the table and with what is made of it


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedOptions:
    """Nothing to set."""


class Embedded:
    """Punctuation by pauses and classes of words (`loquitur.protocols.Punctuator`)."""

    Options: ClassVar[type] = EmbeddedOptions

    def __init__(self, options: EmbeddedOptions, resources: Resources) -> None:
        del options, resources

    @classmethod
    def identity(cls, options: EmbeddedOptions, resources: Resources) -> Identity:
        """The version of the table."""
        return Identity(version=_VERSION)

    def restore(
        self,
        words: Sequence[str],
        *,
        language: str,
        gaps_ms: Sequence[int | None] | None,
        ends: Sequence[int],
    ) -> list[str]:
        """The words with punctuation and capitals, see `speech.punctuation.restore`."""
        return punctuation.restore(words, language=language, gaps_ms=gaps_ms, ends=ends)
