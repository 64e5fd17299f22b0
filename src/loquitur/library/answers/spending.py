"""What answers may cost, and have cost: a ceiling for a question, one for a conversation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loquitur.library.answers.writers import Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """What may be spent; None bounds nothing.

    Args:
        tokens: Read and written together.
        usd: US dollars by the price list.
    """

    tokens: int | None = None
    usd: float | None = None

    def __post_init__(self) -> None:
        if self.tokens is not None and self.tokens < 1:
            raise ValueError(f"tokens is not positive: {self.tokens}")
        if self.usd is not None and not self.usd >= 0.0:
            raise ValueError(f"usd is not at least 0: {self.usd}")


@dataclass(slots=True)
class Purse:
    """What one question, or a conversation, has spent; mutable, and only added to."""

    ceiling: Ceiling
    read: int = 0
    written: int = 0
    usd: float | None = 0.0

    def refusal(self, writer: Writer, read: int, written: int, *, what: str) -> str:
        """Why so many more tokens are not asked for; empty where they may be.

        Args:
            writer: Whose price holds.
            read: Tokens that would be read.
            written: Tokens that may be written.
            what: Whose ceiling it is, for people: `question`.
        """
        most, dear = self.ceiling.tokens, self.ceiling.usd
        total = self.read + self.written + read + written
        if most is not None and total > most:
            return f"the {what} may need {total:,} tokens, and its ceiling is {most:,}"
        if dear is None:
            return ""
        cost = writer.cost_usd(read, written)
        if cost is None or self.usd is None:
            return (
                f"nobody knows what {writer.name} costs, so a ceiling in dollars cannot be held:"
                " give one in tokens"
            )
        if self.usd + cost > dear:
            return f"the {what} may cost ${self.usd + cost:.4f}, and its ceiling is ${dear:.4f}"
        return ""

    def add(self, writer: Writer, read: int, written: int) -> None:
        """Count what was used."""
        self.read += read
        self.written += written
        cost = writer.cost_usd(read, written)
        self.usd = None if cost is None or self.usd is None else self.usd + cost
