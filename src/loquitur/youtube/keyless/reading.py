"""A transcript: which one is wanted, and how it is made of what one way brings."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, get_args

from loquitur.errors import LoquiturError, UsageError, near
from loquitur.subtitles.cue_text import has_times
from loquitur.subtitles.rolling import Shape, shape_of, unrolled
from loquitur.text import display
from loquitur.youtube.keyless import said
from loquitur.youtube.keyless.failures import failure, reason
from loquitur.youtube.keyless.preferring import Kinds, chosen, normal
from loquitur.youtube.keyless.ways import WAYS, WayName

if TYPE_CHECKING:
    from loquitur.model.captions import CaptionTrack, Cue
    from loquitur.youtube.keyless.said import SaidWord
    from loquitur.youtube.keyless.tracks import Listing, Track
    from loquitur.youtube.keyless.ways import Way

_SHOWN_MS = 2000
_LINES_ALONE = ("json3", "srv3")
"""Forms of automatic tracks in which each line stands once, overlapping the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which transcript of a video is wanted.

    Args:
        languages: BCP 47, the best first; `any` takes every one; none of them means the language
            that is spoken.
        kinds: `manual` or `generated` tracks alone, or `any`: people's before recognisers'.
        translate: A language into which YouTube shall translate by machine; empty for none.
        words: Whether the words are wanted one by one, with their times.
        way: `auto`, or one way by its name.
    """

    languages: tuple[str, ...] = ()
    kinds: Kinds = "any"
    translate: str = ""
    words: bool = False
    way: WayName = "auto"

    def __post_init__(self) -> None:
        if self.kinds not in get_args(Kinds):
            raise UsageError(
                f"no kind of track is called '{display(str(self.kinds))}'",
                hint="any, manual or generated",
            )
        if self.way not in WAYS:
            raise UsageError(
                f"no way is called '{display(str(self.way))}'", hint=near(str(self.way), WAYS)
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What is said in a video, as its captions have it.

    Args:
        video_id: Of which video.
        track: Whole lines, in order; where `timed`, words have their times inside.
        chosen: The track it was made from.
        listing: What else there is.
        way: What brought it.
        form: In which form it came: `json3`, `vtt`, `srv1`.
        timed: Whether its words have times of their own.
        translated_from: The language it was translated from; empty where it is in its own.
        words: The words one by one where they were wanted; without times where `timed` is false.
        warnings: What a person should know, one line each.
    """

    video_id: str
    track: CaptionTrack
    chosen: Track
    listing: Listing
    way: str
    form: str
    timed: bool
    translated_from: str = ""
    words: tuple[SaidWord, ...] = ()
    warnings: tuple[str, ...] = ()

    def __repr__(self) -> str:
        made = "automatic" if self.is_generated else "manual"
        lines, words = len(self.track.cues), f", {len(self.words):,} words" if self.words else ""
        return (
            f"<Transcript {self.video_id}: {self.language} ({made}), {lines:,} lines{words}, "
            f"by {self.way}>"
        )

    @property
    def language(self) -> str:
        """The language of its text, as YouTube writes it."""
        return self.track.language

    @property
    def is_generated(self) -> bool:
        """Whether a recogniser made it; true of what was translated from such a track too."""
        return self.chosen.is_generated

    @property
    def text(self) -> str:
        """All that is said, as running text."""
        words = self.words or said.words_of(self.track, timed=False)
        return said.text_of(words)


def read_transcript(way: Way, video_id: str, wanted: Wanted) -> Transcript:
    """What one way brings of a video.

    Raises:
        RemoteError: There is none such, or YouTube refuses; see `failures`.
        MissingError: What this way needs is not installed.
    """
    found = way.look(video_id)
    track, warnings = chosen(found.listing, wanted.languages, wanted.kinds)
    translate = _translation(found.listing, track, wanted.translate)
    try:
        read = way.read(found, track, translate=translate, words=wanted.words)
    except LoquiturError as error:
        if not translate or reason(error) not in ("rate-limited", "untranslatable", "empty"):
            raise
        warnings += (
            f"not translated into {translate} ({reason(error)}): this is {track.language}",
        )
        translate = ""
        read = way.read(found, track, words=wanted.words)
    lines, told = whole_lines(read.track, generated=track.is_generated)
    timed = track.is_generated and not translate and any(has_times(cue.tree) for cue in lines.cues)
    if track.is_generated and not timed:
        what = "a translation" if translate else read.form
        told += (f"{what} has no times of words; lines have theirs",) if wanted.words else ()
    lines = replace(lines, name=found.listing.title or track.name)
    return Transcript(
        video_id=video_id,
        track=lines,
        chosen=track,
        listing=found.listing,
        way=way.name,
        form=read.form,
        timed=timed,
        translated_from=track.language if translate else "",
        words=said.words_of(lines, timed=timed) if wanted.words else (),
        warnings=(*found.listing.warnings, *warnings, *read.warnings, *told),
    )


def _translation(listing: Listing, track: Track, wanted: str) -> str:
    """The language to translate into, as YouTube writes it; empty where none is needed.

    Raises:
        RemoteError: YouTube translates it into no such language.
    """
    if not wanted or normal(wanted) == normal(track.language):
        return ""
    there = {normal(one.language): one.language for one in listing.translations}
    if normal(wanted) in there:
        return there[normal(wanted)]
    if there and track.is_translatable is not None:
        hint = near(wanted, there.values())
        raise failure("untranslatable", listing.video_id, detail=wanted, hint=hint)
    return wanted  # nothing says into which it can be


def whole_lines(track: CaptionTrack, *, generated: bool) -> tuple[CaptionTrack, tuple[str, ...]]:
    """A track whose lines stand once and have a length, and what was done.

    Args:
        track: As it came.
        generated: Whether it is automatic: then lines that overlap are rolling ones. What people
            made overlaps where two speak at once, and is left.
    """
    if generated and track.format in _LINES_ALONE:
        shape: Shape = "overlapping"  # a line that is there twice was said twice
    else:
        shape = shape_of(track)
        shape = "" if shape == "overlapping" and not generated else shape
    lines = unrolled(track, shape).track
    starts = [cue.start_ms for cue in lines.cues]
    cues, mended = [], 0
    for cue, after in itertools.zip_longest(lines.cues, starts[1:]):
        if not cue.text.strip():
            continue
        if cue.end_ms <= cue.start_ms:
            cue, mended = _lasting(cue, after), mended + 1  # noqa: PLW2901
        cues.append(cue)
    lines = replace(lines, cues=tuple(cues))
    return lines, ((f"{mended} lines without a length are shown for up to 2 s",) if mended else ())


def _lasting(cue: Cue, after: int | None) -> Cue:
    end_ms = cue.start_ms + _SHOWN_MS
    if after is not None and after > cue.start_ms:
        end_ms = min(end_ms, after)
    return replace(cue, end_ms=end_ms)
