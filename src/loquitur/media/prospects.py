"""Whether inputs may come to something, told before anything is brought for their sake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.errors import LoquiturError
from loquitur.media.probe import probe
from loquitur.media.sources import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.media.sources import Unusable


class Prospects:
    """The inputs in their order, of which the first may be looked at before they are taken.

    Nobody should be asked about 670 MB for the sake of a file that is not there.

    Args:
        sources: What `loquitur.media.sources.expand` gives.
        heard: Whether their sound is wanted; else it is their pictures.
    """

    def __init__(self, sources: Iterator[Source | Unusable], *, heard: bool) -> None:
        self._rest = sources
        self._heard = heard
        self._looked_at: list[Source | Unusable] = []
        self._found = False

    def __iter__(self) -> Iterator[Source | Unusable]:
        yield from self._looked_at
        yield from self._rest

    def promising(self) -> bool:
        """Whether one of the inputs may come to something; no more of them are found than that."""
        while not self._found:
            source = next(self._rest, None)
            if source is None:
                break
            self._looked_at.append(source)
            self._found = isinstance(source, Source) and _may_be_medium(source, self._heard)
        return self._found


def _may_be_medium(source: Source, heard: bool) -> bool:
    """Whether it has what is wanted of it; what an address leads to is seen when it is fetched."""
    try:
        found = probe(source.path) if source.path is not None else None
    except LoquiturError:
        return False
    return found is None or (bool(found.audio) if heard else found.has_video)
