"""Filling a library from addresses: by captions where a video has them, else by its sound.

Nothing of a video is downloaded for its captions. Those that have none are heard all together at
the end, by the same run as `loquitur run`, so that what the store has is not made again. What is in
the library already is not asked for, so the same call brings what is new.
"""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from loquitur import api
from loquitur.errors import InputError, LoquiturError, UsageError
from loquitur.insight.links import origin_of
from loquitur.insight.spoken.captions import fragments_of_track
from loquitur.insight.spoken.fragments import Spoken
from loquitur.languages import is_tag, primary
from loquitur.library.documents import Document, Said, media_id_of, spoken_document
from loquitur.library.documents_written import described_video
from loquitur.media import sources
from loquitur.media.urls import MEDIA_SUFFIXES, watch_url
from loquitur.pipeline.events import ignore
from loquitur.youtube.keyless.failures import failure
from loquitur.youtube.keyless.lists import is_list, videos_of
from loquitur.youtube.keyless.reading import Wanted
from loquitur.youtube.keyless.ways import Access
from loquitur.youtube.transcripts import transcripts

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from loquitur.delivery import Result
    from loquitur.library.adding import Added
    from loquitur.library.shelf import Library
    from loquitur.pipeline.events import Listener
    from loquitur.pipeline.recipes import Permission, Wish
    from loquitur.youtube.keyless.reading import Transcript
    from loquitur.youtube.transcripts import Outcome

    Hear = Callable[[tuple[str, ...]], Iterable[Result]]
    """Transcripts of media by their sound; the results in any order, each with its `input`."""

How = Literal["captions", "sound", "file", "known", ""]
_NO_CAPTIONS = frozenset({"no-captions", "disabled", "no-language"})
_STREAM = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wants:
    """What is wanted of addresses.

    Args:
        captions: `first`: a video of YouTube is heard only where it has none; `only`: never heard;
            `no`: always heard.
        languages: BCP 47, the best first; none for the language that is spoken.
        kinds: `manual` or `generated` tracks alone, or `any`: people's before recognisers'.
        again: Ask for what is in the library too, for what has changed since.
        limit: The most videos of one list, the newest first as the site gives them; None for all.
    """

    captions: Literal["first", "only", "no"] = "first"
    languages: tuple[str, ...] = ()
    kinds: Literal["any", "manual", "generated"] = "any"
    again: bool = False
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stocked:
    """What became of one input, or of one video of a list.

    Args:
        given: What was given, or the video's id.
        how: `captions`, `sound`, `file`, or `known` where nothing was asked for; empty where it
            failed before.
        added: The parts that it brought.
        title: Of the video, as far as is known.
        sound_ms: How much was heard.
        seconds: How long that took, without waits between videos.
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
            input.
    """
    wants = wants or Wants()
    access = access or Access.of(library.settings)
    if hear is None:
        given = wish or api.wish_of(library.settings)

        def hear(media: tuple[str, ...]) -> Iterable[Result]:
            return api.run_many(
                media, given, library.settings, permit=permit, notify=notify, listener=listener
            )

    yield from _Desk(library=library, wants=wants, access=access, hear=hear).all_of(
        _listed(inputs, stdin)
    )


def known_of(library: Library, given: str, *, wants: Wants | None = None) -> tuple[int, int]:
    """Of a list of YouTube: how many of its videos are in the library, and how many are not.

    Raises:
        InputError: It is no list, or one without videos.
        RemoteError: The site refuses.
    """
    desk = _Desk(library=library, wants=wants or Wants(), access=Access.of(library.settings))
    counts = [0, 0]
    for video in desk.videos_of(given):
        counts[not desk.knows(video)] += 1
    return counts[0], counts[1]


def _hear_nothing(media: tuple[str, ...]) -> Iterable[Result]:
    raise UsageError(f"nothing hears {len(media)} videos")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """What a call works with."""

    library: Library
    wants: Wants
    access: Access
    hear: Hear = _hear_nothing

    def all_of(self, inputs: Iterable[str]) -> Iterator[Stocked]:
        """Captions as they come, then whatever has to be heard."""
        unheard: dict[str, str] = {}
        for given in inputs:
            try:
                yield from self._one(given, unheard)
            except LoquiturError as error:
                yield Stocked(given=given, error=error)
        if unheard:
            yield from self._heard(unheard)

    def _one(self, given: str, unheard: dict[str, str]) -> Iterator[Stocked]:
        """An input; what has to be heard goes to `unheard`: the medium, and its video's id."""
        path = Path(given)
        if not path.exists() and is_list(given):
            yield from self._videos(self.videos_of(given), unheard)
            return
        for source in sources.expand([given], options=self.access.fetching):
            if isinstance(source, sources.Unusable):
                yield Stocked(given=source.given, error=source.error)
            elif source.video_id:
                yield from self._videos([source.video_id], unheard)
            elif source.path is not None and source.path.suffix.lower() not in MEDIA_SUFFIXES:
                raise InputError(f"{source.given}: no medium and no address")
            else:
                unheard[source.given] = ""

    def videos_of(self, given: str) -> Iterator[str]:
        """The ids of a list's videos, each once, up to the limit."""
        seen: set[str] = set()
        for video in videos_of(given, self.library.settings):
            if self.wants.limit is not None and len(seen) >= self.wants.limit:
                return
            if video not in seen:
                seen.add(video)
                yield video

    def knows(self, video: str) -> bool:
        """Whether what is said in a video is in the library, in a language that is wanted."""
        wanted = {primary(tag) for tag in self.wants.languages}
        return any(
            part.kind == "speech" and (not wanted or primary(part.language) in wanted)
            for part in self.library.index.parts(media_id_of(video))
        )

    def _videos(self, videos: Iterable[str], unheard: dict[str, str]) -> Iterator[Stocked]:
        known: list[str] = []

        def asked() -> Iterator[str]:
            for video in videos:
                if not self.wants.again and self.knows(video):
                    known.append(video)
                elif self.wants.captions == "no":
                    unheard[watch_url(video)] = video
                else:
                    yield video

        wanted = Wanted(languages=self.wants.languages, kinds=self.wants.kinds, words=True)
        began = time.monotonic()
        for outcome in transcripts(asked(), wanted, access=self.access):
            yield from map(self._known, _emptied(known))
            if outcome.reason in _NO_CAPTIONS and self.wants.captions == "first":
                unheard[watch_url(outcome.video_id)] = outcome.video_id
            else:
                yield self._captioned(outcome, time.monotonic() - began)
            began = time.monotonic()
        yield from map(self._known, _emptied(known))

    def _known(self, video: str) -> Stocked:
        volume = self.library.index.volume(media_id_of(video))
        return Stocked(given=video, how="known", title=volume.title if volume else "")

    def _captioned(self, outcome: Outcome, seconds: float) -> Stocked:
        found = outcome.transcript
        if found is None:
            return Stocked(given=outcome.given, error=outcome.error)
        try:
            added = self._add(documents_of(found))
        except LoquiturError as error:
            return Stocked(given=outcome.given, error=error)
        return Stocked(
            given=outcome.given, how="captions", added=added, title=found.listing.title,
            seconds=seconds, notices=found.warnings,
        )  # fmt: skip

    def _heard(self, unheard: dict[str, str]) -> Iterator[Stocked]:
        began = time.monotonic()
        for result in self.hear(tuple(unheard)):
            media, transcript = result.media, result.transcript
            seconds, began = time.monotonic() - began, time.monotonic()
            if media is None or transcript is None:
                error = result.error or failure("no-captions", unheard.get(result.input, ""))
                yield Stocked(given=result.input, error=error)
                continue
            try:
                added = self.library.add(result)
            except LoquiturError as error:
                yield Stocked(given=result.input, how="sound", title=media.title, error=error)
                continue
            yield Stocked(
                given=result.input, how="sound", added=added, title=media.title,
                sound_ms=media.duration_ms or 0, seconds=seconds, notices=result.notices,
            )  # fmt: skip

    def _add(self, documents: tuple[Document, ...]) -> tuple[Added, ...]:
        return tuple(one for document in documents for one in self.library.add(document))


def documents_of(found: Transcript) -> tuple[Document, ...]:
    """What a video's captions say, and what its page says of it.

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
    said = Said(title=listing.title, channel=listing.channel, published=listing.published)
    about = described_video(
        found.video_id,
        title=listing.title or found.video_id,
        description=listing.description,
        said=dataclasses.replace(said, language=tag_of(listing.spoken_language)),
        duration_ms=listing.duration_ms,
    )
    speech = spoken_document(spoken, said=dataclasses.replace(said, chapters=about.chapters))
    return (about, speech) if listing.title else (speech,)


def tag_of(language: str) -> str:
    """A language as YouTube writes it, where it is a BCP 47 tag; else empty."""
    return language if is_tag(language) else ""


def _emptied(videos: list[str]) -> list[str]:
    taken, videos[:] = videos[:], []
    return taken


def _listed(inputs: Iterable[str], stdin: Iterable[str]) -> Iterator[str]:
    for given in inputs:
        if given != _STREAM:
            yield given
            continue
        for line in stdin:
            if line.strip() and not line.startswith("#"):
                yield line.strip()
