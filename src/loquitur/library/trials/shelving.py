"""Libraries for a trial: of what a set of questions brings along, or a copy with other vectors."""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur.library.index.embedded import EmbeddedIndex
from loquitur.library.trials.questions import Brought

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from loquitur.library.encoding import Encoder
    from loquitur.library.index.contract import Index
    from loquitur.model.library import Volume


@contextlib.contextmanager
def temporary_index() -> Iterator[EmbeddedIndex]:
    """An index that is gone when the block ends."""
    with tempfile.TemporaryDirectory(prefix="loquitur-trial-") as folder:
        index = EmbeddedIndex(Path(folder) / "trial.library")
        try:
            yield index
        finally:
            index.close()


def shelve(index: Index, brought: Iterable[Brought], *, encoder: Encoder | None = None) -> None:
    """Put what a set brings along into an index, with vectors where there is an encoder."""
    for one in brought:
        vectors = encoding = None
        if encoder is not None and one.passages:
            vectors = encoder.encode_passages([passage.text for passage in one.passages])
            encoding = encoder.encoding
        index.replace(one.volume, one.part, one.passages, vectors=vectors, encoding=encoding)


def held(index: Index, volumes: Iterable[Volume] | None = None) -> Iterator[Brought]:
    """What an index holds of volumes (of all), part by part."""
    for volume in index.volumes() if volumes is None else volumes:
        for part in index.parts(volume.media_id):
            passages = tuple(index.passages_of(volume.media_id, part.name))
            yield Brought(volume=volume, part=part, passages=passages)


@dataclass(slots=True, kw_only=True)
class Absence:
    """An index out of which one volume at a time is taken, and put back as it was.

    Only for indexes that are made for a trial.
    """

    index: Index
    _gone: str = ""
    _kept: list[tuple[Brought, NDArray[np.float32] | None]] = field(default_factory=list)

    def without(self, media_id: str) -> None:
        """Take a volume out; empty puts back what is out."""
        if media_id == self._gone:
            return
        for one, vectors in self._kept:
            encoding = self.index.encoding if vectors is not None else None
            self.index.replace(
                one.volume, one.part, one.passages, vectors=vectors, encoding=encoding
            )
        self._kept, self._gone = [], ""
        volume = self.index.volume(media_id) if media_id else None
        if volume is None:
            return
        for one in held(self.index, (volume,)):
            self._kept.append((one, self.index.vectors([each.id for each in one.passages])))
        self.index.remove(media_id)
        self._gone = media_id
