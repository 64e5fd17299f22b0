"""Filling a library from addresses: by captions where a video has them, else by its sound.

Nothing of a video is downloaded for its captions. Those that have none are heard all together at
the end, by the same run as `loquitur run`, so that what the store has is not made again. What is in
the library already is not asked for, so the same call brings what is new.
"""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from loquitur import api
from loquitur.errors import InputError, LoquiturError, StoreError, UsageError
from loquitur.insight.links import origin_of
from loquitur.insight.spoken.captions import fragments_of_track
from loquitur.insight.spoken.fragments import Spoken
from loquitur.languages import is_tag, primary
from loquitur.library import adding
from loquitur.library.documents import Document, Said, media_id_of, spoken_document
from loquitur.library.documents_written import described_video
from loquitur.library.sources import documents_of as documents_of_source
from loquitur.media import sources
from loquitur.media.urls import MEDIA_SUFFIXES, watch_url
from loquitur.pipeline.events import ignore
from loquitur.settings import resolve
from loquitur.text import counted, display
from loquitur.youtube.keyless.failures import failure
from loquitur.youtube.keyless.lists import is_list, videos_of
from loquitur.youtube.keyless.reading import Wanted
from loquitur.youtube.keyless.ways import Access
from loquitur.youtube.transcripts import maybe_id, transcripts

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from loquitur.delivery import Result
    from loquitur.library.adding import Added, Writing
    from loquitur.library.shelf import Library
    from loquitur.pipeline.events import Listener
    from loquitur.pipeline.recipes import Permission, Wish
    from loquitur.settings import Settings
    from loquitur.youtube.keyless.reading import Transcript
    from loquitur.youtube.transcripts import Outcome

    Hear = Callable[[tuple[str, ...]], Iterable[Result]]
    """Transcripts of media by their sound; the results in any order, each with its `input`."""

How = Literal["captions", "sound", "known", ""]
_NO_CAPTIONS = frozenset({"no-captions", "disabled"})
_ANY = "any"
_STREAM = "-"
_MANY = 500
"""So many known videos in a row, and a line says that the list is still being read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wants:
    """What is wanted of addresses.

    Args:
        captions: `first`: a video of YouTube is heard only where it has none, in whatever language;
            `only`: never heard; `no`: always heard.
        languages: BCP 47, the best first; none for the language that is spoken.
        kinds: `manual` or `generated` tracks alone, or `any`: people's before recognisers'.
        again: Ask for what is in the library too, for what has changed since.
        limit: The most videos of one list, the newest first as the site gives them; None for all.
        said: What is known of each: it goes before what its page or medium says.
    """

    captions: Literal["first", "only", "no"] = "first"
    languages: tuple[str, ...] = ()
    kinds: Literal["any", "manual", "generated"] = "any"
    again: bool = False
    limit: int | None = None
    said: Said = field(default_factory=Said)

    def __post_init__(self) -> None:
        if self.said.video_id:
            raise UsageError("addresses and media say which video they are", hint="no video_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stocked:
    """What became of one input, or of one video of a list.

    Args:
        given: What was given, or the video's id.
        how: `captions`, `sound`, or `known` where nothing was asked for; empty where it failed
            before.
        added: The parts that it brought.
        title: Of the video, as far as is known.
        sound_ms: How much was heard.
        seconds: How long that took, the wait before it included.
        notices: What a reader should know.
        error: Why there is nothing of it.
    """

    given: str
    how: How = ""
    added: tuple[Added, ...] = ()
    title: str = ""
    sound_ms: int = 0
    seconds: float = 0.0
    notices: tuple[str, ...] = ()
    error: LoquiturError | None = None


def stock(  # noqa: PLR0913 - one keyword for each thing to say
    library: Library,
    inputs: Iterable[str],
    *,
    wants: Wants | None = None,
    wish: Wish | None = None,
    access: Access | None = None,
    stdin: Iterable[str] = (),
    hear: Hear | None = None,
    permit: Permission | None = None,
    notify: Callable[[str], None] | None = None,
    listener: Listener = ignore,
) -> Generator[Stocked, None, None]:
    """Put videos into a library, each as soon as it is there; one that fails stops no other.

    Args:
        library: Where to.
        inputs: Ids, addresses, playlists and channels of YouTube; addresses and files of media;
            `-` for a list on `stdin`. Transcripts and other files are `Library.add`'s.
        wants: What is wanted of them.
        wish: How sound is heard; the settings' where None.
        access: Cookies, proxy, waits for captions; as the settings say where None.
        stdin: Lines that stand for `-`.
        hear: What hears sound in the place of `loquitur.api.run_many`.
        permit: Asked before a model is fetched.
        notify: Told what the user should know of the engines, one line each.
        listener: Told how far the hearing is.

    Raises:
        LoquiturError: Something is wrong with the wish, the store or the library, not with an
            input: a full disk, vectors of another model.
    """
    wants = wants or Wants()
    access = access or Access.of(library.settings)
    if hear is None:
        given = wish or api.wish_of(library.settings)

        def hear(media: tuple[str, ...]) -> Iterable[Result]:
            return api.run_many(
                media, given, library.settings, permit=permit, notify=notify, listener=listener
            )

    desk = _Desk(
        library=library, to=library.writing(), wants=wants, access=access, hear=hear,
        notify=notify or (lambda line: None),
    )  # fmt: skip
    yield from desk.all_of(_listed(inputs, stdin))


def known_of(
    library: Library | None,
    given: str,
    *,
    wants: Wants | None = None,
    settings: Settings | None = None,
) -> tuple[int, int]:
    """Of a video or a list of YouTube: how many videos are in the library, and how many are not.

    Args:
        library: None where there is none yet.
        given: An id, an address, a playlist, a channel.
        wants: What is wanted.
        settings: The library's where None.

    Raises:
        InputError: It is none, or one without videos.
        RemoteError: The site refuses.
    """
    wants = wants or Wants()
    settings = settings or (library.settings if library is not None else resolve().settings)
    counts = [0, 0]
    one = maybe_id(given)
    for video in [one] if one and not is_list(given) else _of_list(given, wants, settings):
        counts[library is None or not _knows(library, video, wants)] += 1
    return counts[0], counts[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """What a call works with.

    Args:
        library: Where to.
        to: The same, opened for writing once for all.
        wants: What is wanted.
        access: To the site.
        hear: What hears sound.
        notify: Told what is going on.
        aside: What needs no asking, to be told in its turn.
        unheard: What has to be heard: the medium, and its video's id.
        refused: Not empty once the site takes us for a robot: nothing is asked of it any more.
    """

    library: Library
    to: Writing
    wants: Wants
    access: Access
    hear: Hear
    notify: Callable[[str], None]
    aside: list[Stocked] = field(default_factory=list)
    unheard: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def all_of(self, inputs: Iterable[str]) -> Iterator[Stocked]:
        """Captions as they come, one stream with its waits; then whatever has to be heard."""
        languages = () if _ANY in self.wants.languages else self.wants.languages
        wanted = Wanted(languages=languages, kinds=self.wants.kinds, words=True)
        began = time.monotonic()
        for outcome in transcripts(self._asked(inputs), wanted, access=self.access):
            yield from _emptied(self.aside)
            if outcome.reason == "not-asked":
                self.refused.append(outcome.given)
            if (found := self._captioned(outcome, time.monotonic() - began)) is not None:
                yield found
            began = time.monotonic()
        yield from _emptied(self.aside)
        if self.unheard:
            yield from self._heard()

    def _asked(self, inputs: Iterable[str]) -> Iterator[str]:
        """The videos whose captions are to be asked for, each once."""
        seen: set[str] = set()
        for given in inputs:
            try:
                for video in self._videos(given):
                    if video in seen:
                        continue
                    seen.add(video)
                    if not self.wants.again and _knows(self.library, video, self.wants):
                        self._pass_over(video, given)
                    elif self.wants.captions == "no":
                        self.unheard[watch_url(video)] = video
                    else:
                        yield video
            except LoquiturError as error:
                self.aside.append(Stocked(given=given, error=error))

    def _videos(self, given: str) -> Iterator[str]:
        """The videos of YouTube that an input stands for; of other media none."""
        if not _is_there(given) and is_list(given):
            for video in _of_list(given, self.wants, self.library.settings):
                if self.refused:
                    raise failure("not-asked", given)
                yield video
            return
        for source in sources.expand([given], options=self.access.fetching):
            if isinstance(source, sources.Unusable):
                self.aside.append(Stocked(given=source.given, error=source.error))
            elif source.video_id:
                yield source.video_id
            elif source.path is not None and source.path.suffix.lower() not in MEDIA_SUFFIXES:
                raise InputError(f"{display(source.given)}: no medium and no address")
            else:
                self.unheard[source.given] = ""

    def _pass_over(self, video: str, given: str) -> None:
        volume = self.library.index.volume(media_id_of(video))
        title = volume.title if volume else ""
        self.aside.append(Stocked(given=video, how="known", title=title))
        if len(self.aside) % _MANY == 0:
            self.notify(f"{display(given)[:200]}: {len(self.aside):,} known already, going on")

    def _captioned(self, outcome: Outcome, seconds: float) -> Stocked | None:
        """What captions brought; None where the video is to be heard."""
        found, error = outcome.transcript, outcome.error
        has_none = outcome.reason in _NO_CAPTIONS
        documents: tuple[Document, ...] = ()
        if found is not None:
            try:
                documents = documents_of(found, said=self.wants.said)
            except InputError as exc:
                error, has_none = exc, True
        if has_none and self.wants.captions == "first":
            self.unheard[watch_url(outcome.video_id)] = outcome.video_id
            return None
        if found is None or error is not None:
            return Stocked(given=outcome.given, error=_explained(outcome, error))
        return self._put(
            documents,
            Stocked(
                given=outcome.given, how="captions", title=found.listing.title, seconds=seconds,
                notices=found.warnings,
            ),
        )  # fmt: skip

    def _heard(self) -> Iterator[Stocked]:
        videos = sum(bool(video) for video in self.unheard.values())
        if videos and self.wants.captions == "first":
            self.notify(f"{counted(videos, 'video')} without captions: now by the sound")
        began = time.monotonic()
        for result in self.hear(tuple(self.unheard)):
            media, transcript = result.media, result.transcript
            seconds, began = time.monotonic() - began, time.monotonic()
            if media is None or transcript is None:
                error = result.error or failure("no-captions", self.unheard.get(result.input, ""))
                yield Stocked(given=result.input, error=error)
                continue
            documents = tuple(documents_of_source(result, said=self.wants.said))
            yield self._put(
                documents,
                Stocked(
                    given=result.input, how="sound", title=media.title, seconds=seconds,
                    sound_ms=media.duration_ms or 0, notices=result.notices,
                ),
            )  # fmt: skip

    def _put(self, documents: tuple[Document, ...], told: Stocked) -> Stocked:
        """Add what was found; a library that takes nothing any more ends it all."""
        try:
            added = adding.add(self.to, documents)
            return dataclasses.replace(
                told, added=added, title=added[-1].title if added else told.title
            )
        except (StoreError, UsageError):
            raise
        except LoquiturError as error:
            return dataclasses.replace(told, error=error)


def _of_list(given: str, wants: Wants, settings: Settings) -> Iterator[str]:
    """The ids of a list's videos, each once, up to the limit."""
    seen: set[str] = set()
    for video in videos_of(given, settings):
        if video in seen:
            continue
        if wants.limit is not None and len(seen) >= wants.limit:
            return
        seen.add(video)
        yield video


def _knows(library: Library, video: str, wants: Wants) -> bool:
    """Whether what is said in a video is in the library, in a language that is wanted."""
    wanted = set() if _ANY in wants.languages else {primary(tag) for tag in wants.languages}
    return any(
        part.kind == "speech" and (not wanted or primary(part.language) in wanted)
        for part in library.index.parts(media_id_of(video))
    )


def _is_there(given: str) -> bool:
    try:
        return Path(given).exists()
    except (OSError, ValueError):  # no name that a file could have
        return False


def _explained(outcome: Outcome, error: LoquiturError | None) -> LoquiturError:
    """An error with what `library add` can do about it."""
    error = error or failure("no-captions", outcome.video_id)
    if outcome.reason == "no-language":
        error.hint = "leave --language out for the one that is spoken; --no-captions hears it"
    elif outcome.reason in _NO_CAPTIONS:
        error.hint = "without --captions-only it is heard"
    return error


def documents_of(found: Transcript, *, said: Said | None = None) -> tuple[Document, ...]:
    """What a video's captions say, and what its page says of it.

    Args:
        found: The captions, with what their page tells.
        said: What goes before that.

    Raises:
        InputError: Nothing is said in them.
    """
    listing = found.listing
    captions = fragments_of_track(found.track, generated=found.is_generated)
    if not captions.fragments:
        raise InputError(f"{found.video_id}: its captions are empty")
    spoken = Spoken(
        name=found.video_id,
        title=listing.title or found.video_id,
        fragments=captions.fragments,
        language=tag_of(found.language) or "und",
        origin=origin_of(video_id=found.video_id),
        pauses_known=captions.pauses_known,
        source="automatic captions" if found.is_generated else "captions",
        video_id=found.video_id,
        duration_ms=listing.duration_ms,
    )
    given = said or Said()
    said = Said(
        title=given.title or listing.title,
        channel=given.channel or listing.channel,
        published=given.published or listing.published,
        find_chapters=given.find_chapters,
    )
    about = described_video(
        found.video_id,
        title=said.title or found.video_id,
        description=listing.description,
        said=dataclasses.replace(said, language=tag_of(listing.spoken_language)),
        duration_ms=listing.duration_ms,
    )
    chapters = given.chapters or about.chapters
    speech = spoken_document(spoken, said=dataclasses.replace(said, chapters=chapters))
    return (about, speech) if listing.title else (speech,)


def tag_of(language: str) -> str:
    """A language as YouTube writes it, where it is a BCP 47 tag; else empty."""
    return language if is_tag(language) else ""


def _emptied(stocked: list[Stocked]) -> list[Stocked]:
    taken, stocked[:] = stocked[:], []
    return taken


def _listed(inputs: Iterable[str], stdin: Iterable[str]) -> Iterator[str]:
    for given in inputs:
        if given != _STREAM:
            yield given
            continue
        for line in stdin:
            if line.strip() and not line.startswith("#"):
                yield line.strip()
