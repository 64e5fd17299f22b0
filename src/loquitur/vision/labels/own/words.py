"""What is said in a video as rows: each phrase, or each word, as a vector with its times.

A phrase ends with a sentence, where nobody speaks for a second, or after twelve words. The vectors
are those of an engine of the kind `embedding`: hashed letters where none is named (which tell words
by their spelling alone), sentence vectors of a model, or static word vectors (`model2vec`).

A title and a description can be rows too, before all others, at time 0. They often hold the very
words of the labels; so they are not taken unless asked for (`Cut`), and figures with them should
stand beside figures without.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from loquitur.errors import EngineError, InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from loquitur.model.speech import Word
    from loquitur.protocols import TextEncoder

KIND = "embedding"
DEFAULT = "hashing:256"
By = Literal["phrase", "word"]
_MOST_WORDS = 12
_PAUSE_MS = 1000
_ENDS = (".", "!", "?", "…", "。", "！", "？", "؟", "।")
_CLOSERS = "\"'”’»)]}"
_MOST_LETTERS = 2000
"""Of a title or description; no embedding reads more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What a row of the stream `words` is; in a data set it stands as text (`str`).

    Args:
        by: `phrase` or `word`.
        title: Whether the title is the first row.
        description: Whether the description is the row after it.
    """

    by: By = "phrase"
    title: bool = False
    description: bool = False

    def __str__(self) -> str:
        return self.by + "+title" * self.title + "+description" * self.description

    @classmethod
    def of(cls, text: str) -> Cut:
        """The cut that a data set names; `phrase` where it names none.

        Raises:
            InputError: It names another thing.
        """
        by, *further = (text or "phrase").split("+")
        if by not in ("phrase", "word") or not set(further) <= {"title", "description"}:
            raise InputError(f"words are not cut so: '{text[:40]}'")
        return cls(
            by="phrase" if by == "phrase" else "word",
            title="title" in further,
            description="description" in further,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One row before it is a vector.

    Args:
        start_ms: Where it begins, in media time.
        end_ms: Where it ends.
        text: What is said.
    """

    start_ms: int
    end_ms: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WordRows:
    """The rows of one video.

    Args:
        vectors: float32 [t, d].
        times_ms: int64 [t].
        ends_ms: int64 [t].
        texts: What was said in each.
    """

    vectors: NDArray[np.float32]
    times_ms: NDArray[np.int64]
    ends_ms: NDArray[np.int64]
    texts: tuple[str, ...]


def pieces(
    words: Iterable[Word], cut: Cut, *, title: str = "", description: str = ""
) -> tuple[Said, ...]:
    """What the rows of a video are, in the order of time.

    Args:
        words: Those spoken, in order.
        cut: What a row is.
        title: Taken where `cut` says so.
        description: Likewise.
    """
    found = [
        Said(start_ms=0, end_ms=0, text=" ".join(text.split())[:_MOST_LETTERS])
        for text, taken in ((title, cut.title), (description, cut.description))
        if taken and text.strip()
    ]
    spoken = ([word] for word in words) if cut.by == "word" else _phrases(words)
    found += [
        Said(
            start_ms=some[0].start_ms,
            end_ms=max(word.end_ms for word in some),
            text=" ".join(word.text for word in some),
        )
        for some in spoken
    ]
    return tuple(found)


def _phrases(words: Iterable[Word]) -> Iterator[list[Word]]:
    held: list[Word] = []
    for word in words:
        if held and (
            len(held) >= _MOST_WORDS
            or word.start_ms - held[-1].end_ms >= _PAUSE_MS
            or held[-1].text.rstrip(_CLOSERS).endswith(_ENDS)
        ):
            yield held
            held = []
        held.append(word)
    if held:
        yield held


def encode_pieces(engine: TextEncoder, said: Sequence[Said]) -> WordRows:
    """Rows of what is said; of no words, no rows.

    Raises:
        EngineError: The engine gave what are no such vectors.
    """
    vectors = np.zeros((0, engine.dimension), np.float32)
    if said:
        vectors = np.asarray(
            engine.encode([one.text for one in said], role="passage"), dtype=np.float32
        )
    if vectors.shape != (len(said), engine.dimension) or not np.isfinite(vectors).all():
        raise EngineError(
            f"an embedding gave {list(vectors.shape)}, expected {[len(said), engine.dimension]}"
            " finite numbers"
        )
    return WordRows(
        vectors=vectors,
        times_ms=np.array([one.start_ms for one in said], dtype=np.int64),
        ends_ms=np.array([one.end_ms for one in said], dtype=np.int64),
        texts=tuple(one.text for one in said),
    )


def check_cut(given: str, due: str, *, what: str) -> None:
    """Hold that words are cut as a model knows them.

    Raises:
        UsageError: They are not.
    """
    if given != due:
        raise UsageError(
            f"the words of {what} are cut by '{given or 'nobody says'}', not by"
            f" '{due or 'nobody says'}'",
            hint="make them again: loquitur label features --words-by ...",
            code="LQ-OTHER-ENCODER",
        )
