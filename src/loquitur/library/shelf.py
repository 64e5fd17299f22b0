"""A library as it is used: opened by name, filled, searched, asked."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur.errors import UsageError
from loquitur.library.encoding import check_vectors, encoder_for
from loquitur.library.places import open_index, place_of
from loquitur.model.library import ALL
from loquitur.settings import Settings, resolve
from loquitur.text import counted, display

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from loquitur.library.adding import Added, Writing
    from loquitur.library.answers.composing import Said as Claim
    from loquitur.library.asking import AskOptions, Conversation
    from loquitur.library.contents import Stats
    from loquitur.library.deposits import Deposits
    from loquitur.library.documents import Said
    from loquitur.library.encoding import Encoder
    from loquitur.library.index.contract import Finding, Index
    from loquitur.library.rebuilding import Rebuilt
    from loquitur.library.search.fusion import Fusion
    from loquitur.library.sheets.sheet import Sheet
    from loquitur.library.sources import Failed, Source
    from loquitur.library.trials.outcomes import Trial
    from loquitur.library.trials.ways import Way
    from loquitur.model.library import Filters, Found, Kind, Mode, Part, Passage, Reply, Volume
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

    def __repr__(self) -> str:
        counts = self.index.counts()
        return (
            f"<Library {display(self.name)}: {counted(counts.volumes, 'volume')},"
            f" {counted(counts.passages, 'passage')}>"
        )

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

    def add(
        self,
        source: Source,
        *,
        kind: Kind | None = None,
        said: Said | None = None,
        failed: Failed | None = None,
        progress: Callable[[Added], None] | None = None,
    ) -> tuple[Added, ...]:
        """Put what a source says in; what is known already and has not changed is passed over.

        Args:
            source: A file or folder (transcripts, captions, comments, chats, tables of videos,
                descriptions of clips); a transcript, a caption track, what `read_spoken` gives; the
                result of a run.
            kind: What a file is, where its content does not tell.
            said: What is known of the video beside it: its id, title, channel, day, chapters.
            failed: Told of each file that cannot be read; by default the first one is raised.
            progress: Told of each part as soon as it is in.

        Returns:
            What became of each part.

        Raises:
            InputError: It cannot be read, or nothing is said in it.
            UsageError: It is nothing that a library holds.
            StoreError: The library or the store cannot be written.
        """
        from loquitur.library import adding, sources

        documents = sources.documents_of(
            source, kind=kind, said=said, failed=failed or sources.raising
        )
        return adding.add(self.writing(), documents, progress=progress or adding.ignore)

    def remove(self, ident: str, *, part: str = "") -> bool:
        """Take a video out, or one part of it: nothing of it stays. False where there was none.

        Args:
            ident: Its media id, its id of YouTube, or the path of its file.
            part: The part's name, `comments:und`.
        """
        from loquitur.library import adding

        found = self.find(ident)
        return found is not None and adding.remove(self.writing(), found.media_id, part=part)

    def find(self, ident: str) -> Volume | None:
        """A volume by its media id, its id of YouTube, or the path of its file."""
        from loquitur.library.documents import file_id, media_id_of

        for media_id in (ident, media_id_of(ident), file_id(Path(ident))):
            if (volume := self.index.volume(media_id)) is not None:
                return volume
        path = Path(os.path.abspath(ident))  # noqa: PTH100 - links stay as they are
        place = path.as_uri()  # a medium is named by its content
        return next((one for one in self.index.volumes() if one.origin == place), None)

    def volumes(self) -> tuple[Volume, ...]:
        """All that is in it, by title."""
        return tuple(self.index.volumes())

    def stats(self) -> Stats:
        """How much is in it, and of what."""
        from loquitur.library.contents import stats

        return stats(self.index)

    def verify(self) -> tuple[Finding, ...]:
        """What is wrong with it or its sources in the store; empty where all agrees."""
        from loquitur.library.rebuilding import check

        return check(self.writing(encoding=False))

    def rebuild(
        self, *, embedding: str = "", progress: Callable[[Added], None] | None = None
    ) -> Rebuilt:
        """Make its index anew, for another embedding too, from the store where parts are lost.

        For a file that is too damaged to be opened there is `loquitur.library.rebuild`.

        Args:
            embedding: Another engine of its vectors, `NAME[:MODEL]`, or `none`.
            progress: Told of each part as soon as it is done.
        """
        from loquitur.library import rebuilding
        from loquitur.library.adding import ignore

        return rebuilding.rebuild_open(
            self.index, self.settings, name=self.name, deposits=self.deposits(),
            embedding=embedding, progress=progress or ignore,
        )  # fmt: skip

    def deposits(self) -> Deposits:
        """Where its sources are kept: the store of this place."""
        return deposits_of(self.name, self.settings)

    def writing(self, *, encoding: bool = True) -> Writing:
        """Where documents go: index, encoder and deposits."""
        from loquitur.library.adding import Writing

        encoder = self.encoder if encoding else None
        return Writing(index=self.index, encoder=encoder, deposits=self.deposits())

    def search(  # noqa: PLR0913 - what a reader may say
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
        fuzzy: bool = True,
    ) -> Found:
        """Find where something is said; see `library.search.searching.SearchOptions`."""
        from loquitur.library.search.searching import SearchOptions, search

        options = SearchOptions(
            mode=mode, k=k, filters=filters, fusion=fusion, cursor=cursor, group=group, fuzzy=fuzzy
        )
        reader = self._reader(mode)
        return search(self.index, query, encoder=reader, reranker=reranker, options=options)

    def like(
        self,
        passage_id: int,
        *,
        k: int = 10,
        mode: Mode = "hybrid",
        filters: Filters = ALL,
        fusion: Fusion = "sum",
        cursor: str = "",
        group: bool = True,
    ) -> Found:
        """Find passages like one that was found; see `library.search.likeness.like`."""
        from loquitur.library.search.likeness import like

        return like(
            self.index, passage_id, mode=mode, k=k, filters=filters, fusion=fusion, cursor=cursor,
            group=group,
        )  # fmt: skip

    def sheet(self, ident: str = "", *, query: str = "", filters: Filters = ALL) -> Sheet:
        """A study sheet of a video, or of a subject (see `library.sheets`).

        `sheets.markdown.markdown` and `sheets.anki` write it.

        Args:
            ident: The video: its media id, its id of YouTube, or the path of its file.
            query: A subject, in place of a video.
            filters: Which passages a subject is looked for in.

        Raises:
            UsageError: There is no such video, or neither or both are given.
            InputError: Nothing is said in it, or about it.
        """
        from loquitur.library.sheets import sheet

        if bool(ident) == bool(query):
            raise UsageError("a sheet is of a video or of a query", hint="give one of them")
        if query:
            reader = self._reader("hybrid")
            return sheet.sheet_about(self.index, query, encoder=reader, filters=filters)
        found = self.find(ident)
        return sheet.sheet_of(self.index, found.media_id if found else ident)

    def evaluate_retrieval(
        self, *questions: str | Path, ways: Sequence[Way] = (), k: int = 10, language: str = ""
    ) -> Trial:
        """Whether searches find what files of questions ask; see `library.trials.evaluating`."""
        from loquitur.library.trials import evaluating, reading

        asked = reading.read_questions(questions, language=language)
        return evaluating.evaluate_retrieval(asked, ways, settings=self.settings, library=self, k=k)

    def evaluate_answers(
        self, *questions: str | Path, ways: Sequence[Way] = (), language: str = ""
    ) -> Trial:
        """Whether answers to files of questions are right; see `library.trials.evaluating`."""
        from loquitur.library.trials import evaluating, reading

        asked = reading.read_questions(questions, language=language)
        return evaluating.evaluate_answers(asked, ways, settings=self.settings, library=self)

    def ask(
        self,
        question: str,
        *,
        llm: str = "none",
        options: AskOptions | None = None,
        history: Sequence[Reply] = (),
        told: Callable[[Claim], object] | None = None,
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
        """What reads a query, where it must be read for its meaning.

        Raises:
            UsageError: `meaning` is asked for where there are no vectors.
        """
        if mode == "meaning":
            check_vectors(self.index, library=self.name)
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


def rebuild_library(
    name: str | Path = "",
    *,
    embedding: str = "",
    settings: Settings | None = None,
    progress: Callable[[Added], None] | None = None,
) -> Rebuilt:
    """Make a library anew by its name: also one whose file is damaged or lost, from the store.

    Args:
        name: As for `open_library`.
        embedding: Another engine of its vectors, `NAME[:MODEL]`, or `none` for words alone.
        settings: Resolved settings; those of this place where None.
        progress: Told of each part as soon as it is done.

    Raises:
        UsageError: No such engine, or that is no name.
        StoreError: It cannot be written.
    """
    from loquitur.library import rebuilding
    from loquitur.library.adding import ignore

    settings = settings or resolve().settings
    return rebuilding.rebuild(
        str(name), settings, deposits=deposits_of(str(name), settings), embedding=embedding,
        progress=progress or ignore,
    )  # fmt: skip


def deposits_of(name: str, settings: Settings) -> Deposits:
    """Where the sources of a library are kept, by its name."""
    from loquitur.library.deposits import Deposits
    from loquitur.library.places import identity_of
    from loquitur.store.folder import Store

    return Deposits(store=Store.open(settings.store), library=identity_of(name, settings))
