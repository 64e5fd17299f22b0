"""A library as it is used: opened by name, filled, searched, asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.library.encoding import encoder_for
from loquitur.library.places import open_index, place_of
from loquitur.settings import Settings, resolve

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    from loquitur.library.asking import AskOptions, Conversation
    from loquitur.library.encoding import Encoder
    from loquitur.library.index.contract import Index
    from loquitur.model.library import Part, Passage, Reply, Volume


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """A library: thin over its parts, each of which is a function of an index.

    Args:
        name: What it is called by.
        index: Where its passages are.
        settings: Of this place.
        embedding: The engine of its vectors, `NAME[:MODEL]` or `none`; empty for what suits it.
    """

    name: str
    index: Index
    settings: Settings
    embedding: str = ""

    @property
    def encoder(self) -> Encoder | None:
        """What makes its vectors; None for words alone. The model is loaded on first use.

        Raises:
            UsageError: Its vectors are of another model; with the command to make them anew.
            MissingError: A package or model is absent.
        """
        return encoder_for(self.index, self.settings, wanted=self.embedding, library=self.name)

    def put(self, volume: Volume, part: Part, passages: Sequence[Passage]) -> None:
        """Passages made elsewhere, in the place of the part of that name."""
        self.index.replace(volume, part, passages)

    def ask(
        self,
        question: str,
        *,
        options: AskOptions | None = None,
        history: Sequence[Reply] = (),
    ) -> Reply:
        """Answer a question by what was said, or say that nothing answers it (`library.asking`)."""
        from loquitur.library import asking

        return asking.ask(
            self.index,
            question,
            name=self.name,
            encoder=self.encoder,
            options=options,
            history=history,
        )

    def conversation(self, *, options: AskOptions | None = None) -> Conversation:
        """Questions one after another, each of which may lean on those before it."""
        from loquitur.library import asking

        return asking.Conversation(
            index=self.index,
            name=self.name,
            encoder=self.encoder,
            options=options or asking.AskOptions(),
        )

    def close(self) -> None:
        """Let go of its file or connection."""
        self.index.close()

    def __enter__(self) -> Library:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_library(
    name: str | Path = "", *, embedding: str = "", settings: Settings | None = None
) -> Library:
    """A library by its name, file or server; made where there is none.

    Args:
        name: A name in the folder of libraries, a path (`x.library`), or `postgresql://...`;
            the settings' where empty.
        embedding: The engine of its vectors, `NAME[:MODEL]` or `none`; what suits it where empty.
        settings: Resolved settings; those of this place where None.

    Raises:
        UsageError: That is no name.
        StoreError: It cannot be opened.
    """
    settings = settings or resolve().settings
    place = place_of(str(name), settings)
    return Library(
        name=str(name or settings.library),
        index=open_index(place),
        settings=settings,
        embedding=embedding,
    )
