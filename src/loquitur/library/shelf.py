"""A library as it is used: opened by name, filled, searched, asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.library.encoding import encoder_for
from loquitur.library.places import open_index, place_of
from loquitur.model.library import ALL
from loquitur.settings import Settings, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import TracebackType

    from loquitur.library.answers.composing import Said
    from loquitur.library.asking import AskOptions, Conversation
    from loquitur.library.encoding import Encoder
    from loquitur.library.index.contract import Index
    from loquitur.library.search.fusion import Fusion
    from loquitur.model.library import Filters, Found, Mode, Part, Passage, Reply, Volume
    from loquitur.protocols import Reranker


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

    def search(
        self,
        query: str,
        *,
        k: int = 10,
        mode: Mode = "hybrid",
        filters: Filters = ALL,
        fusion: Fusion = "sum",
        reranker: Reranker | None = None,
        cursor: str = "",
        group: bool = True,
    ) -> Found:
        """Find where something is said; see `library.search.searching.search`."""
        from loquitur.library.search.searching import search

        return search(
            self.index, query, encoder=self._reader(mode), mode=mode, k=k, filters=filters,
            fusion=fusion, reranker=reranker, cursor=cursor, group=group,
        )  # fmt: skip

    def like(
        self,
        passage_id: int,
        *,
        k: int = 10,
        mode: Mode = "hybrid",
        filters: Filters = ALL,
        cursor: str = "",
        group: bool = True,
    ) -> Found:
        """Find passages like one that was found; see `library.search.likeness.like`."""
        from loquitur.library.search.likeness import like

        return like(
            self.index, passage_id, mode=mode, k=k, filters=filters, cursor=cursor, group=group
        )

    def ask(
        self,
        question: str,
        *,
        llm: str = "none",
        options: AskOptions | None = None,
        history: Sequence[Reply] = (),
        told: Callable[[Said], object] | None = None,
    ) -> Reply:
        """Answer a question by what was said, or say that nothing answers it; see `asking.ask`.

        Args:
            question: In whatever language.
            llm: `NAME[:MODEL]` of the language model that words the answer; `none` for sentences
                as they were said.
            options: How it is answered.
            history: Earlier replies of a conversation, the latest last.
            told: Told each sentence of a language model once it is checked.
        """
        conversation = self.conversation(llm=llm, options=options)
        conversation.replies += history
        return conversation.ask(question, told=told)

    def conversation(self, *, llm: str = "none", options: AskOptions | None = None) -> Conversation:
        """Questions one after another, each of which may lean on those before it."""
        from loquitur.library import asking

        options = options or asking.AskOptions()
        return asking.Conversation(
            index=self.index,
            name=self.name,
            encoder=self._reader(options.mode),
            options=options,
            writer=asking.writer_for(llm, self.settings),
        )

    def _reader(self, mode: Mode) -> Encoder | None:
        """What reads a query, where it must be read for its meaning."""
        return None if mode == "words" or self.index.encoding is None else self.encoder

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
