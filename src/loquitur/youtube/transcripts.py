"""Transcripts of YouTube's videos without a key.

```python
from loquitur.youtube.transcripts import available, transcript

listing = available("dQw4w9WgXcQ")
said = transcript("dQw4w9WgXcQ", languages=("en", "de"), words=True)
```

yt-dlp is asked first, youtube-transcript-api where that is blocked or broken. Where a server stands
in for YouTube (`youtube_endpoint`) it alone is asked.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from loquitur.errors import InputError, LoquiturError, MissingError, TransientError, UsageError
from loquitur.settings import resolve
from loquitur.youtube import references
from loquitur.youtube.keyless.failures import failure, is_mendable, is_refusal, reason
from loquitur.youtube.keyless.reading import Transcript, Wanted, read_transcript
from loquitur.youtube.keyless.said import SaidWord
from loquitur.youtube.keyless.tracks import Listing, Track, Translation
from loquitur.youtube.keyless.ways import Access, WayName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import TracebackType

    from loquitur.youtube.keyless.preferring import Kinds
    from loquitur.youtube.keyless.ways import Way

__all__ = [
    "Access", "Listing", "Outcome", "Reader", "SaidWord", "Track", "Transcript", "Translation",
    "Wanted", "available", "transcript", "transcripts",
]  # fmt: skip

GIVE_UP_AFTER = 5
"""So many videos in a row that the site refuses to a robot, and the rest is not asked for."""
_T = TypeVar("_T")
_MOST_WAIT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one of several videos: a transcript, or an error."""

    given: str
    video_id: str = ""
    transcript: Transcript | None = None
    error: LoquiturError | None = None

    @property
    def reason(self) -> str:
        """The name of the failure (`blocked`, `private` ...); empty where there is none."""
        return "" if self.error is None else reason(self.error)


def available(video: str, *, access: Access | None = None, way: WayName = "auto") -> Listing:
    """The caption tracks of a video.

    Args:
        video: Its id, or its address in any of YouTube's shapes.
        access: Cookies, proxy, endpoint; by default as the settings say.
        way: `auto`, or one way by its name.

    Raises:
        RemoteError: It has none, or YouTube refuses; `youtube.keyless.failures.reason` names it.
        InputError: It is no video of YouTube.
        MissingError: What this way needs is not installed.
    """
    with Reader(access, way=way) as reader:
        return reader.listing(video)


def transcript(
    video: str,
    *,
    languages: Sequence[str] = (),
    kinds: Kinds = "any",
    translate: str = "",
    words: bool = False,
    access: Access | None = None,
    way: WayName = "auto",
) -> Transcript:
    """What is said in a video, as its captions have it; no key is needed.

    Args:
        video: Its id, or its address in any of YouTube's shapes.
        languages: BCP 47, the best first (`en` takes `en-GB` too); `any` takes every one; none of
            them means the language that is spoken.
        kinds: `manual` or `generated` tracks alone, or `any`: people's before recognisers'.
        translate: A language into which YouTube shall translate by machine. Where it refuses, the
            transcript comes as it is, and a warning says so.
        words: Whether the words are wanted one by one, with their times where captions have them.
        access: Cookies, proxy, endpoint; by default as the settings say.
        way: `auto`, or one way by its name.

    Raises:
        RemoteError: There is none such, or YouTube refuses; `youtube.keyless.failures.reason`
            names it.
        InputError: It is no video of YouTube.
        UsageError: There is no such way or kind.
        MissingError: What this way needs is not installed.
    """
    wanted = Wanted(
        languages=tuple(languages), kinds=kinds, translate=translate, words=words, way=way
    )
    with Reader(access, way=way) as reader:
        return reader.transcript(video, wanted)


def transcripts(
    videos: Iterable[str], wanted: Wanted | None = None, *, access: Access | None = None
) -> Iterator[Outcome]:
    """Transcripts of many videos, one after the other, with a wait between two.

    One that fails stops no other, but for this: where the site takes us for a robot five times in a
    row, the rest is not asked for, since asking on only makes it last longer.

    Args:
        videos: Ids or addresses; each is taken when it is its turn.
        wanted: Which transcript of each.
        access: Cookies, proxy, endpoint, waits; by default as the settings say.
    """
    wish = wanted or Wanted()
    with Reader(access, way=wish.way) as reader:
        refused = 0
        for count, given in enumerate(videos):
            if refused >= GIVE_UP_AFTER:
                error = failure("not-asked", maybe_id(given) or given)
                yield Outcome(given=given, video_id=maybe_id(given), error=error)
                continue
            if count:
                reader.wait(refused)
            outcome = _outcome(reader, given, wish)
            again = outcome.error is not None and is_refusal(outcome.error)
            refused = refused + 1 if again else 0
            yield outcome


def _outcome(reader: Reader, given: str, wish: Wanted) -> Outcome:
    try:
        found = reader.transcript(given, wish)
    except LoquiturError as error:
        return Outcome(given=given, video_id=maybe_id(given), error=error)
    return Outcome(given=given, video_id=found.video_id, transcript=found)


class Reader:
    """What reads transcripts; its connections serve many videos.

    Args:
        access: Cookies, proxy, endpoint; by default as the settings say.
        way: `auto`, or one way by its name.
    """

    def __init__(self, access: Access | None = None, *, way: WayName = "auto") -> None:
        self.access = access or Access.of(resolve().settings)
        self._names = _ways(way, self.access)
        self._open = contextlib.ExitStack()
        self._ways: dict[str, Way] = {}

    def __enter__(self) -> Reader:
        """Open it; each way is opened when it is first needed."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close its connections."""
        self._ways.clear()
        self._open.close()

    def wait(self, refused: int = 0) -> None:
        """Wait before the next video; longer after so many refusals in a row."""
        pace, wait_s = self.access.pace, self.access.sleep_s
        if wait_s > 0:
            wait_s = min(wait_s * 2.0**refused, max(_MOST_WAIT_S, wait_s))
            pace.sleep(pace.jitter(wait_s, 1.5 * wait_s))

    def listing(self, video: str) -> Listing:
        """The caption tracks of a video (see `available`)."""
        video_id = id_of(video)
        found, warnings = self._first(lambda way: way.look(video_id, translations=True).listing)
        return replace(found, warnings=(*warnings, *found.warnings))

    def transcript(self, video: str, wanted: Wanted) -> Transcript:
        """What is said in a video (see `transcript`)."""
        video_id = id_of(video)
        found, warnings = self._first(lambda way: read_transcript(way, video_id, wanted))
        return replace(found, warnings=(*warnings, *found.warnings))

    def _first(self, ask: Callable[[Way], _T]) -> tuple[_T, tuple[str, ...]]:
        """What the first way brings that can; what is to be said about those before it.

        Raises:
            LoquiturError: None can; it is the first one's error, with what became of the others.
        """
        failed: list[tuple[str, LoquiturError]] = []
        for name in self._names:
            try:
                found = ask(self._way(name))
            except LoquiturError as error:
                failed.append((name, error))
                if not is_mendable(error):
                    break
            else:
                told = (f"{way}: {reason(error)}; {name} was taken" for way, error in failed)
                return found, tuple(told)
        raise _worst(failed)

    def _way(self, name: str) -> Way:
        if name not in self._ways:
            self._ways[name] = self._open.enter_context(_made(name, self.access))
        return self._ways[name]


def id_of(video: str) -> str:
    """The id of a video, from itself or any of YouTube's addresses; a list in it is left out.

    Raises:
        InputError: It is no video of YouTube.
    """
    try:
        return references.video_id(video)
    except InputError as error:
        error.code = "LQ-INPUT-ADDRESS"
        raise


def maybe_id(video: str) -> str:
    """The id of a video; empty where it is no video of YouTube."""
    try:
        return references.video_id(video)
    except InputError:
        return ""


def _ways(way: WayName, access: Access) -> tuple[str, ...]:
    if way != "auto":
        if way == "emulated" and not access.endpoint:
            raise UsageError(
                "no server stands in for YouTube",
                hint="set LOQUITUR_YOUTUBE_ENDPOINT, or leave out --way",
            )
        return (way,)
    return ("emulated",) if access.endpoint else ("yt-dlp", "youtube-transcript-api")


def _made(name: str, access: Access) -> Way:
    if name == "yt-dlp":
        from loquitur.youtube.keyless.extractor import Extractor

        return Extractor(access)
    if name == "youtube-transcript-api":
        from loquitur.youtube.keyless.scraper import Scraper

        return Scraper(access)
    from loquitur.youtube.keyless.emulated import Emulated

    return Emulated(access)


def _worst(failed: Sequence[tuple[str, LoquiturError]]) -> LoquiturError:
    """The error of several ways: the first that says something of the video itself, else the first.

    A second way may say better why there is nothing ("private" where the first said "formats").
    """
    clear = [
        error
        for _, error in failed
        if not is_mendable(error) and not isinstance(error, TransientError | MissingError)
    ]
    error = (clear or [failed[0][1]])[0]
    others = [
        f"{name}: {each.hint if isinstance(each, MissingError) else reason(each)}"
        for name, each in failed
        if each is not error
    ]
    if others and error is failed[0][1]:
        told = "; ".join(others)
        error.hint = f"{error.hint} [{told}]" if error.hint else told
    return error
