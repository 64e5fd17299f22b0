"""The file that goes to YouTube: made of a track or taken as it is, and held against its rules.

YouTube takes SubRip, SBV, WebVTT, TTML and its own XML (srv3), and SCC, EBU STL, LRC and RealText.
A file of one of the first five or of the broadcast formats that reads without a fault goes out byte
for byte. Everything else is written anew, by default as WebVTT: it keeps places, bold, italics and
underline, which is all of styling that viewers see of it; `format="srv3"` keeps colours too. Names
of speakers become text, since YouTube shows no voice tags, and who has no name gets none.

What YouTube would refuse raises before anything is spent; what a guideline objects to is told.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from loquitur import formats
from loquitur.errors import InputError, LoquiturError, UsageError, near
from loquitur.formats.document import language_in
from loquitur.formats.losing import NEGATIVE
from loquitur.formats.sniffing import sniff
from loquitur.formats.voices import Voices
from loquitur.markup import Node, parse, write
from loquitur.model.captions import CaptionTrack
from loquitur.subtitles.check import check
from loquitur.subtitles.guessing import language_of
from loquitur.text import counted, display
from loquitur.timing import clock
from loquitur.youtube.captions import check_language, is_strange

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from loquitur.model.captions import Cue
    from loquitur.subtitles.check import Finding

WRITTEN = ("vtt", "srt", "sbv", "ttml", "srv3")
"""What this package writes and YouTube takes."""
_BROADCAST = ("scc", "stl")
_TEXTS = ("vtt", "srt", "sbv")
"""What has no way to say its encoding."""
_UNORDERED = ("srv3", "ttml")
"""What may have its cues in any order: players sort them."""
MOST_BYTES = 104_857_600
_LATE_MS = 1_000
"""A cue may end so much after the video: containers round, and sound outlasts pictures."""
_ANY_NAME = re.compile(r".*", re.DOTALL)
_NAMELESS = re.compile(r"SPEAKER_\d+(?: \([^)]*\))?")
_COLOURED = re.compile(r"<c(?:\.[\w-]+)*\.(?:lime|cyan|red|yellow|magenta|blue|black)[.>\s]")
_TOLD_FINDINGS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionFile:
    """What will be sent, and what is to be said of it.

    Args:
        content: The bytes.
        form: Their format.
        track: What they say, read back from themselves.
        language: BCP 47 tag.
        notices: What the user should know: guesses, what was mended, what was lost.
        findings: What the guideline `youtube` objects to.
        unmeasured: Whether its times are still to be held against the length of the video.
    """

    content: bytes = field(repr=False)
    form: str
    track: CaptionTrack = field(repr=False)
    language: str
    notices: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = field(default=(), repr=False)
    unmeasured: bool = False

    @property
    def digest(self) -> str:
        """The sha256 of the bytes."""
        return hashlib.sha256(self.content).hexdigest()


def caption_file(
    captions: CaptionTrack | bytes,
    *,
    language: str = "",
    format: str = "",  # noqa: A002 - the command line's word
    source_format: str = "",
    duration_ms: int | None = None,
) -> CaptionFile:
    """The file to send, checked.

    Args:
        captions: A track, or the bytes of a caption file of any format that is read here.
        language: BCP 47 tag; empty for what the track says, or its words are likely in.
        format: `vtt`, `srt`, `sbv`, `ttml` or `srv3`; empty for the bytes as they are where YouTube
            takes them, else WebVTT.
        source_format: What the bytes are, where their content does not say.
        duration_ms: How long the video is, None where that is not known; 0 where captions may end
            whenever they like.

    Raises:
        InputError: YouTube would refuse it: no cues, times out of order, text that is not UTF-8,
            too large, later than the video, no language.
        UsageError: Such a format is not sent.
        MissingError: The format needs a package that is not installed.
    """
    if format and format not in WRITTEN:
        hint = near(format, WRITTEN)
        raise UsageError(f"captions are not sent to YouTube as '{format}'", hint=hint)
    given = captions if isinstance(captions, bytes) else b""
    track, source = _read(captions, source_format)
    told = _language(track, language)
    notices = [] if language or track.language else [f"language {told}, as its words say"]
    if is_strange(told):
        notices.append(f"'{told}' is no language known here; YouTube may refuse it")
    if _goes_as_it_is(given, source, track, format):
        content, form, back = given, source, track
        notices += _unseen(track)
    else:
        if source in _TEXTS and not _is_utf8(given):
            notices.append("the file is not UTF-8, which is all that YouTube takes: sent as UTF-8")
        form = format or (source if source in WRITTEN else "vtt")
        content, lost = _written(track, form)
        notices += lost
        back = formats.read(formats.Document(data=content), form=form)
        _hold_it_comes_back(track, back, form)
    _refuse(content, back, duration_ms)
    findings = check(back, "youtube", language=told, duration_ms=duration_ms or None)
    notices += _objections(findings)
    return CaptionFile(
        content=content,
        form=form,
        track=replace(back, language=told),
        language=told,
        notices=tuple(dict.fromkeys(notices)),
        findings=findings,
        unmeasured=duration_ms is None,
    )


def file_at(
    path: Path,
    *,
    language: str = "",
    format: str = "",  # noqa: A002 - the command line's word
    duration_ms: int | None = None,
) -> CaptionFile:
    """The file to send, of one on the disk, whose name says what nobody else does.

    Args:
        path: A caption file of any format that is read here.
        language: BCP 47 tag; empty for what the file's name says, else as in `caption_file`.
        format: As in `caption_file`.
        duration_ms: As in `caption_file`.

    Raises:
        InputError: It cannot be read, or YouTube would refuse it.
        UsageError: Such a format is not sent.
        MissingError: The format needs a package that is not installed.
    """
    content = formats.Document.load(path).data
    try:
        return caption_file(
            content,
            language=language or language_in(path),
            format=format,
            source_format=sniff(content) or formats.format_of(path),
            duration_ms=duration_ms,
        )
    except InputError as exc:
        about = exc.message.removeprefix("captions: ")
        raise InputError(f"{display(str(path))}: {about}", hint=exc.hint, code=exc.code) from exc


def stored_file(content: bytes, language: str) -> CaptionFile:
    """A file that YouTube had already: sent back as it was, whatever it is."""
    return CaptionFile(
        content=content,
        form=sniff(content),
        track=read_back(content, language),
        language=language,
    )


def read_back(content: bytes, language: str = "") -> CaptionTrack:
    """What some bytes of YouTube's say; a track without cues where nobody here can read them."""
    form = sniff(content)
    try:
        return replace(formats.read(formats.Document(data=content), form=form), language=language)
    except LoquiturError:
        return CaptionTrack(language=language)


def _read(captions: CaptionTrack | bytes, source_format: str) -> tuple[CaptionTrack, str]:
    """The track, and what its bytes were; empty where there were none."""
    if not isinstance(captions, bytes):
        return captions, ""
    form = source_format or sniff(captions)
    if not form:
        raise InputError(
            "not known what format this is: it has no times, or none that are read here",
            hint="YouTube takes no text without times; `loquitur align` gives it some",
        )
    return formats.read(formats.Document(data=captions), form=form), form


def _language(track: CaptionTrack, language: str) -> str:
    told = language_of(track, language)
    if not told:
        raise InputError(
            "not known what language these captions are in", hint="say it with --language"
        )
    check_language(told)
    return told


def _goes_as_it_is(content: bytes, source: str, track: CaptionTrack, form: str) -> bool:
    if form and form != source:
        return False
    if source in _BROADCAST:
        return True
    return (
        source in WRITTEN
        and not track.diagnostics
        and _is_utf8(content)
        and (source in _UNORDERED or _tidy(track.cues) == track.cues)
    )


def _written(track: CaptionTrack, form: str) -> tuple[bytes, list[str]]:
    """The bytes of a track in a format, and what is to be said of that."""
    notices = []
    cues = _tidy(track.cues)
    if len(cues) < len(track.cues):
        notices.append(
            f"{counted(len(track.cues) - len(cues), 'cue')} without text or length left out"
        )
    if any(one.start_ms > other.start_ms for one, other in pairwise(track.cues)):
        notices.append("cues are put in the order of their times")
    if any(note.startswith("Draft quality") for note in track.notes):
        notices.append("these captions are of draft quality: check them, or upload with --draft")
    blocks = tuple(block for block in track.blocks if block.kind in ("style", "region"))
    plain = _named(replace(track, cues=cues, blocks=blocks if form == "vtt" else ()))
    if form == "srv3":
        plain = _off_zero(plain)
    written = formats.write_track(form, plain)
    if NEGATIVE in written.losses:
        raise InputError("a cue begins before zero", hint="`loquitur subs shift` moves them")
    notices += [f"not carried by {form}: {loss}" for loss in written.losses]
    notices += _colourless(plain) if form == "vtt" else []
    return written.content, notices


def _tidy(cues: Sequence[Cue]) -> tuple[Cue, ...]:
    """The cues that are seen, which have words and a length, by their starts."""
    seen = (cue for cue in cues if cue.end_ms != cue.start_ms and cue.text.strip())
    return tuple(sorted(seen, key=lambda cue: cue.start_ms))


def _named(track: CaptionTrack) -> CaptionTrack:
    """The track with names in its text: what formats have for them is not shown."""
    if not any("<v" in cue.payload for cue in track.cues if cue.notation == "vtt"):
        return track
    bare = replace(
        track,
        cues=tuple(
            _saying(cue, _without_voices(cue.tree, _NAMELESS)) if "<v" in cue.payload else cue
            for cue in track.cues
        ),
    )
    voices = Voices(bare, "vtt")
    cues = tuple(
        _saying(cue, _without_voices(parse(voices.prefixed(cue)[0][0], "vtt")))
        if "<v" in cue.payload
        else cue
        for cue in bare.cues
    )
    return replace(bare, cues=cues)


def _saying(cue: Cue, tree: Iterable[str | Node]) -> Cue:
    """The cue with another text."""
    return replace(cue, payload=write(tree, "vtt")[0], notation="vtt")


def _without_voices(
    tree: Iterable[str | Node], names: re.Pattern[str] = _ANY_NAME
) -> tuple[str | Node, ...]:
    """The tree without the tags of voices that are called so; what they say stays."""
    found: list[str | Node] = []
    for item in tree:
        if isinstance(item, Node) and item.tag == "v" and names.fullmatch(item.annotation):
            found += item.children
        else:
            found.append(item)
    return tuple(found)


def _off_zero(track: CaptionTrack) -> CaptionTrack:
    """Cues at zero moved to one ms: YouTube's player stumbles over `t="0"` in its own XML."""
    cues = tuple(
        replace(cue, start_ms=1) if cue.start_ms == 0 and cue.end_ms > 1 else cue
        for cue in track.cues
    )
    return replace(track, cues=cues)


def _unseen(track: CaptionTrack) -> list[str]:
    """What of a file that goes out as it is viewers will not see."""
    if any("<v" in cue.payload for cue in track.cues if cue.notation == "vtt"):
        return ["YouTube shows no voice tags: --format srt puts the names into the text"]
    return _colourless(track) if track.format == "vtt" else []


def _colourless(track: CaptionTrack) -> list[str]:
    """Colours that viewers do not see of WebVTT."""
    if any(_COLOURED.search(cue.payload) for cue in track.cues if cue.notation == "vtt"):
        return ["YouTube shows no colours of WebVTT: --format srv3 keeps them"]
    return []


def _hold_it_comes_back(track: CaptionTrack, back: CaptionTrack, form: str) -> None:
    """Hold that what was written says what was meant: as many cues, at the same times."""
    slack_ms = 40 if form == "ttml" else 1
    meant = _tidy(track.cues)
    told = [(cue.start_ms, cue.end_ms) for cue in back.cues]
    for cue, (start_ms, end_ms) in zip(meant, told, strict=False):
        if abs(cue.start_ms - start_ms) > slack_ms or abs(cue.end_ms - end_ms) > slack_ms:
            raise InputError(
                f"the cue at {clock(cue.start_ms)} does not come back from {form} as it went in",
                hint="send it in another --format",
            )
    if len(meant) != len(told):
        raise InputError(
            f"{len(meant)} cues become {len(told)} when written as {form}",
            hint="send it in another --format",
        )


def _refuse(content: bytes, track: CaptionTrack, duration_ms: int | None) -> None:
    """Hold what YouTube would refuse; nothing is spent yet."""
    if not track.cues:
        raise InputError("no captions: there is no cue in it", hint="YouTube would refuse it")
    if len(content) > MOST_BYTES:
        raise InputError(
            f"the file has {len(content):,} bytes, YouTube takes {MOST_BYTES:,}",
            hint="is it a caption file?",
        )
    for number, cue in enumerate(track.cues, 1):
        if cue.end_ms <= cue.start_ms:
            raise InputError(
                f"cue {number} at {clock(cue.start_ms)} ends at {clock(cue.end_ms)}: not after it "
                "begins",
                hint="`loquitur subs check --fix OUT` mends what is safe to mend",
            )
    if duration_ms:
        hold_within(track, duration_ms)


def hold_within(track: CaptionTrack, duration_ms: int) -> None:
    """Hold that no cue ends after the video.

    Raises:
        InputError: One does: they are the captions of another one.
    """
    late = next((cue for cue in track.cues if cue.end_ms > duration_ms + _LATE_MS), None)
    if late is not None:
        raise InputError(
            f"the cue at {clock(late.start_ms)} ends at {clock(late.end_ms)}, and the video at "
            f"{clock(duration_ms)}",
            hint="are these the captions of that video? --past-end sends them all the same",
        )


def _objections(findings: Sequence[Finding]) -> list[str]:
    """What a guideline says, in one line; it stops nothing."""
    errors = [one for one in findings if one.severity == "error"]
    if not errors:
        return []
    some = ", ".join(f"{one.code} {one.message}" for one in errors[:_TOLD_FINDINGS])
    more = f" and {len(errors) - _TOLD_FINDINGS} more" if len(errors) > _TOLD_FINDINGS else ""
    return [f"YouTube takes it, its guideline objects {len(errors)} times: {some}{more}"]


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
