"""Ways of asking: how passages are found, by whose vectors, and who words the answer."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, get_args

from loquitur.errors import UsageError, near
from loquitur.library.search.fusion import Fusion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.model.library import Mode

MODES: tuple[Mode, ...] = ("words", "hybrid", "meaning")
"""In the order of the table: the first is what the others are compared with."""
FUSIONS: tuple[Fusion, ...] = get_args(Fusion)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A configuration.

    Args:
        mode: How passages are found.
        embedding: Whose vectors, `NAME[:MODEL]`; the library's own or the default where empty.
        fusion: How words and meaning are joined.
        reranker: `NAME[:MODEL]`; empty for none.
        llm: `NAME[:MODEL]`; `none` for answers in the words that were said.
    """

    mode: Mode = "hybrid"
    embedding: str = ""
    fusion: Fusion = "sum"
    reranker: str = ""
    llm: str = "none"

    @property
    def name(self) -> str:
        """A short name, by which ways are told apart in a table."""
        parts: list[str] = [self.mode]
        if self.mode != "words" and self.embedding:
            parts.append(self.embedding)
        if self.mode == "hybrid" and self.fusion != "sum":
            parts.append(self.fusion)
        if self.reranker:
            parts.append(f"+ {self.reranker}")
        if self.llm != "none":
            parts.append(f"> {self.llm}")
        return " ".join(parts)


def ways_of(
    *,
    modes: Sequence[str] = (),
    embeddings: Sequence[str] = (),
    fusions: Sequence[str] = (),
    rerankers: Sequence[str] = (),
    llms: Sequence[str] = (),
) -> tuple[Way, ...]:
    """All combinations that differ: words have neither vectors nor fusion.

    Args:
        modes: `words`, `hybrid`, `meaning`; all three where none is given.
        embeddings: Engines; `none` leaves words alone.
        fusions: `sum`, `rrf`.
        rerankers: Engines; each is tried beside going without.
        llms: Language models; `none` for answers without one.

    Raises:
        UsageError: There is no such mode or fusion.

    >>> [way.name for way in ways_of(embeddings=("hashing",), fusions=("sum", "rrf"))]
    ['words', 'hybrid hashing', 'hybrid hashing rrf', 'meaning hashing']
    """
    for given, known, what in ((modes, MODES, "mode"), (fusions, FUSIONS, "fusion")):
        for one in given:
            if one not in known:
                raise UsageError(f"no {what} is called '{one[:40]}'", hint=near(one, known))
    combinations = product(
        [one for one in MODES if one in modes] or MODES,
        embeddings or ("",),
        [one for one in FUSIONS if one in fusions] or ("sum",),
        ("", *rerankers),
        llms or ("none",),
    )
    found = dict.fromkeys(
        Way(
            mode=mode,
            embedding="" if mode == "words" else embedding,
            fusion=fusion if mode == "hybrid" else "sum",
            reranker=reranker,
            llm=llm,
        )
        for mode, embedding, fusion, reranker, llm in combinations
        if mode == "words" or embedding != "none"
    )
    if not found:
        raise UsageError("words alone have no meaning", hint="--mode words, or another --embedding")
    return tuple(found)
