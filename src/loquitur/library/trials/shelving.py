"""Libraries for a trial: of what a set of questions brings along, or a copy with other vectors."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur.library.index.embedded import EmbeddedIndex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from loquitur.library.encoding import Encoder
    from loquitur.library.index.contract import Index
    from loquitur.library.trials.questions import Brought


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


def held(index: Index) -> Iterator[Brought]:
    """All that an index holds, part by part."""
    from loquitur.library.trials.questions import Brought

    for volume in index.volumes():
        for part in index.parts(volume.media_id):
            passages = tuple(index.passages_of(volume.media_id, part.name))
            yield Brought(volume=volume, part=part, passages=passages)
