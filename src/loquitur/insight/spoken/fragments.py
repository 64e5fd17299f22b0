"""What was said in a video, as this room takes it: fragments with times, each line once."""

from __future__ import annotations

from dataclasses import dataclass

from loquitur.model.speech import Chapter, Feeling, SpokenWord
from loquitur.timing import check_span


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """A cue of captions or an utterance of a transcript; text that rolled stands in it once.

    Args:
        start_ms: Media time.
        end_ms: Exclusive.
        text: On one line.
        speaker: Who, where known.
        feeling: In what mood, where known.
        words: With times, where known; their texts make up `text`.
    """

    start_ms: int
    end_ms: int
    text: str
    speaker: str | None = None
    feeling: Feeling | None = None
    words: tuple[SpokenWord, ...] = ()

    def __post_init__(self) -> None:
        check_span(self.start_ms, self.end_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """All that was said in one video, sorted by start.

    Args:
        name: Of the file it was read from.
        title: For people; the name where there is none.
        fragments: In time order.
        language: BCP 47; `und` where nobody said.
        origin: Where its moments lead (see `links`); empty for nowhere.
        pauses_known: False where ends are no ends: automatic captions stay until the next one.
        source: Of what kind it was: `transcript`, `captions`, `automatic captions`, `words`,
            `text`.
        times_known: False for bare text, whose times are guessed from the length of its words.
        video_id: Of the video on YouTube, where the file says it.
        duration_ms: Of the medium, where the file says it.
        media_id: Of the medium, where the file says it.
        chapters: Where the file has them, ascending by start.
    """

    name: str
    title: str
    fragments: tuple[Fragment, ...]
    language: str = "und"
    origin: str = ""
    pauses_known: bool = True
    source: str = "captions"
    times_known: bool = True
    video_id: str | None = None
    duration_ms: int | None = None
    media_id: str = ""
    chapters: tuple[Chapter, ...] = ()
