"""What an index of passages offers, embedded or on a server; one conformance suite holds them.

An index keeps volumes, their parts and passages, and finds passages by words and by vectors. It
knows no text of a query (see `model.library.Node`), no engine and no fusion: those are `search`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from loquitur.model.library import Encoding, Filters, Node, Part, Passage, Volume


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A passage by its id; higher is better, and only comparable within one answer."""

    id: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a passage stands: all that grouping asks, of a hundred for each ten that are shown."""

    id: int
    media_id: str
    part: str
    start_ms: int
    timed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What `verify` found wrong: a short name and a line for people."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How much an index holds."""

    volumes: int
    parts: int
    passages: int
    vectors: int
    size_bytes: int


class Index(Protocol):
    """Where passages are kept and found.

    Every method may raise `StoreError` (damaged, busy, full, read-only), never the driver's own.
    """

    @property
    def encoding(self) -> Encoding | None:
        """Whose vectors it holds; None where it holds none."""

    def replace(
        self,
        volume: Volume,
        part: Part,
        passages: Sequence[Passage],
        *,
        vectors: NDArray[np.float32] | None = None,
        encoding: Encoding | None = None,
    ) -> None:
        """Put a part in the place of the one of its name, in one transaction: all or nothing.

        Args:
            volume: Made or updated along with it.
            part: Which part.
            passages: All of it; their ids are given anew. None at all leaves the part empty.
            vectors: One a passage, unit length, shape [n, d].
            encoding: Whose they are.

        Raises:
            UsageError: The vectors are nobody's, not one a passage, or of another model than those
                it holds; or its words were cut by other rules (see `agreement`).
        """

    def remove(self, media_id: str, part: str = "") -> bool:
        """Take a volume out, or one part of it; nothing of it stays. False where there was none."""

    def volumes(self) -> Iterator[Volume]:
        """All volumes, by title."""

    def volume(self, media_id: str) -> Volume | None:
        """One volume."""

    def parts(self, media_id: str) -> tuple[Part, ...]:
        """The parts of a volume, by name."""

    def passages(self, ids: Sequence[int]) -> tuple[Passage, ...]:
        """Passages in the order of their ids as given; unknown ones are left out."""

    def spots(self, ids: Sequence[int]) -> tuple[Spot, ...]:
        """Where passages stand, in the order of their ids as given; unknown ones are left out."""

    def passages_of(self, media_id: str, part: str = "") -> Iterator[Passage]:
        """All passages of a volume, or of one part of it, in order."""

    def around(self, passage: Passage, *, before: int = 1, after: int = 1) -> tuple[Passage, ...]:
        """The passages of its part before and after it, and itself, in order."""

    def by_words(self, query: Node, *, filters: Filters, limit: int) -> tuple[Scored, ...]:
        """The best by BM25 (`bm25`) over text, chapter and title, the best first; ties by id.

        Raises:
            UsageError: Its words were cut by other rules.
        """

    def by_vector(
        self, vector: NDArray[np.float32], *, filters: Filters, limit: int
    ) -> tuple[Scored, ...]:
        """The nearest by cosine, the best first; none where it holds no vectors.

        Raises:
            UsageError: The vector is not as long as those it holds.
        """

    def vectors(self, ids: Sequence[int]) -> NDArray[np.float32] | None:
        """The vectors of passages, shape [n, d]; None where it holds none."""

    def forget_vectors(self) -> None:
        """Drop all vectors, and whose they were, in one transaction; words are found meanwhile."""

    def languages(self) -> tuple[str, ...]:
        """Primary tags of the passages' languages, the most frequent first."""

    def frequencies(self, terms: Sequence[str]) -> Mapping[str, int]:
        """In how many passages each term stands; 0 for none."""

    def near_terms(self, term: str, *, limit: int) -> tuple[tuple[str, int], ...]:
        """Terms that may be the same word misspelt or misheard, each with its frequency.

        Candidates by shared letters; which of them is meant is for the caller to say.
        """

    def counts(self) -> Counts:
        """How much it holds."""

    def verify(self) -> tuple[Finding, ...]:
        """What is wrong with it; empty where all of it agrees."""

    def rebuild(self) -> None:
        """Make everything that is derived from the passages anew (words, vectors' side files)."""

    def close(self) -> None:
        """Let go of files and connections."""
