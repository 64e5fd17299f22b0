"""read: what is said in a medium to one vector a phrase; only where it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.model.hearing import Spoken
from loquitur.model.speech import Words

if TYPE_CHECKING:
    from loquitur.protocols import Work

VERSION = 1
ENGINE = "embedding"
RESULT = Spoken
INPUTS = {"words": "transcribe", "aligned": "align"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How words become rows.

    Args:
        cut: See `vision.labels.own.words.Cut`: `phrase` or `word`, with `+title`.
    """

    cut: str = "phrase"

    @property
    def titled(self) -> bool:
        """Whether the medium's title is a row: the same film under another one has other rows."""
        return "title" in self.cut.split("+")[1:]


def run(work: Work) -> Spoken:
    """Vectors of what is said, in order; of none where nobody speaks.

    Raises:
        InputError: Words are not cut so.
        EngineError: The encoder gave vectors of another shape, or what are no numbers.
    """
    from loquitur.vision.labels.own.words import Cut, encode_pieces, pieces

    words = work.take("aligned" if work.has("aligned") else "words", Words)
    cut = Cut.of(work.options.cut)
    said = pieces(words.words, cut, title=work.media.title)
    rows = encode_pieces(work.engine, said)
    with work.temporary(".f16") as path:
        path.write_bytes(rows.vectors.astype("<f2").tobytes())
        matrix = work.adopt(path, "matrix")
    return Spoken(
        media_id=work.media.media_id,
        encoder=work.stamp,
        start_ms=tuple(rows.times_ms.tolist()),
        end_ms=tuple(rows.ends_ms.tolist()),
        texts=rows.texts,
        dimension=int(work.engine.dimension),
        matrix=matrix,
        language=words.language,
    )
