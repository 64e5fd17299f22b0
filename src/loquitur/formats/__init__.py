"""Caption and transcript formats: one file each, and the table that names them.

A new format is one file and one line in `FORMATS`: `read(document) -> CaptionTrack` where it can be
read, `write(track) -> Written` where captions can be written in it, and a writer of transcripts
where it can say more of one (words, moods) than captions have. Nothing is imported before a format
is used. Readers never raise on content: they mend as the format's rules say and report it in
`CaptionTrack.diagnostics`; only a file that is not of the format at all is an `InputError`.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from loquitur.errors import InputError, UsageError, near
from loquitur.formats.document import Document
from loquitur.formats.sniffing import sniff
from loquitur.formats.written import Written

if TYPE_CHECKING:
    from pathlib import Path

    from loquitur.model.captions import CaptionTrack
    from loquitur.model.speech import Transcript

__all__ = [
    "FORMATS", "Document", "Format", "Written", "find", "format_of", "names", "read", "readable",
    "write", "write_track",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format's line in the table; functions are `"module:function"` inside this package.

    Args:
        title: What it is, in a few words.
        suffix: Of the files that are written, without the dot.
        suffixes: Further suffixes by which files are known.
        reader: Reads a `Document` as a track; empty where the format is only written.
        writer: Writes a track; empty where the format is only read.
        transcriber: Writes a transcript, where that says more than its captions.
        extra: The extra of this package that its library comes with; empty for none.
    """

    title: str
    suffix: str
    suffixes: tuple[str, ...] = ()
    reader: str = ""
    writer: str = ""
    transcriber: str = ""
    extra: str = ""

    @property
    def takes(self) -> Literal["transcript", "track"]:
        """What a run hands it: a transcript where it can write one, else the captions."""
        return "transcript" if self.transcriber else "track"


FORMATS: dict[str, Format] = {
    "vtt": Format(
        title="WebVTT captions", suffix="vtt", suffixes=("webvtt",),
        reader="webvtt:read", writer="webvtt:write",
    ),
    "srt": Format(
        title="SubRip captions", suffix="srt", reader="srt:read", writer="srt:write",
    ),
    "json": Format(
        title="transcript with words (loquitur/transcript/1), or cues (loquitur/cues/1)",
        suffix="json", reader="cues_json:read", writer="cues_json:write",
        transcriber="transcript_json:write",
    ),
    "sbv": Format(
        title="SubViewer as YouTube has it, and SubViewer 2", suffix="sbv", suffixes=("sub",),
        reader="sbv:read", writer="sbv:write",
    ),
    "ass": Format(
        title="Advanced SubStation Alpha", suffix="ass", reader="ass:read", writer="ass:write",
    ),
    "ssa": Format(
        title="SubStation Alpha", suffix="ssa", reader="ass:read", writer="ass:write_ssa",
    ),
    "ttml": Format(
        title="TTML and IMSC text", suffix="ttml", suffixes=("dfxp", "itt", "imsc"),
        reader="ttml:read", writer="ttml:write",
    ),
    "json3": Format(
        title="YouTube's timed text as JSON", suffix="json3", reader="json3:read",
        writer="json3:write",
    ),
    "srv3": Format(
        title="YouTube's timed text as XML", suffix="srv3", suffixes=("srv1", "srv2"),
        reader="srv3:read", writer="srv3:write",
    ),
    "txt": Format(
        title="plain text, with the time of each line", suffix="txt", suffixes=("stc",),
        reader="timed_text:read", writer="running_text:write_txt", transcriber="txt:write",
    ),
    "md": Format(
        title="Markdown", suffix="md", suffixes=("markdown",), writer="running_text:write_md",
        transcriber="md:write",
    ),
    "docx": Format(
        title="Word document", suffix="docx", writer="docx:write",
        transcriber="docx:write_transcript",
    ),
    "csv": Format(
        title="table of cues or utterances, by commas", suffix="csv", reader="tables:read_csv",
        writer="tables:write_csv", transcriber="tables:transcript_csv",
    ),
    "tsv": Format(
        title="table of cues or utterances, by tabs", suffix="tsv", reader="tables:read_tsv",
        writer="tables:write_tsv", transcriber="tables:transcript_tsv",
    ),
    "ctm": Format(
        title="words with their times (NIST CTM)", suffix="ctm", writer="ctm:write",
        transcriber="ctm:write_transcript",
    ),
    "rttm": Format(
        title="who speaks when (NIST RTTM)", suffix="rttm", writer="rttm:write",
        transcriber="rttm:write_transcript",
    ),
    "stm": Format(
        title="stretches of speech with their text (NIST STM)", suffix="stm", reader="stm:read",
        writer="stm:write", transcriber="stm:write_transcript",
    ),
    "lrc": Format(title="LRC, the lines of a song", suffix="lrc", reader="lrc:read",
                  writer="lrc:write"),
    "audacity": Format(
        title="labels of Audacity", suffix="audacity.txt", reader="tables:read_labels",
        writer="tables:write_labels",
    ),
    "premiere": Format(
        title="SubRip for editing programs (Premiere, Resolve, Avid)", suffix="premiere.srt",
        writer="edit_srt:write",
    ),
    "rt": Format(title="RealText", suffix="rt", reader="realtext:read"),
    "stl": Format(
        title="EBU STL", suffix="stl", reader="broadcast:read_stl", extra="broadcast",
    ),
    "scc": Format(
        title="Scenarist SCC", suffix="scc", reader="broadcast:read_scc", extra="broadcast",
    ),
}  # fmt: skip


_MANY = frozenset({"json", "txt"})
"""Suffixes that files of several formats have: there the content says which."""


def names() -> tuple[str, ...]:
    """The formats that a run can write."""
    return tuple(name for name, form in FORMATS.items() if form.writer or form.transcriber)


def readable() -> tuple[str, ...]:
    """The formats that captions can be read from."""
    return tuple(name for name, form in FORMATS.items() if form.reader)


def find(name: str) -> Format:
    """A format's line in the table.

    Raises:
        UsageError: There is no such format; near names are offered.
    """
    if name not in FORMATS:
        raise UsageError(
            f"unknown format '{name}'", hint=near(name, FORMATS), code="LQ-USAGE-FORMAT"
        )
    return FORMATS[name]


def format_of(path: Path) -> str:
    """The format that a file's name says; empty where it says none."""
    suffix = path.suffix.lower().lstrip(".")
    return next(
        (name for name, form in FORMATS.items() if suffix in (form.suffix, *form.suffixes)), ""
    )


def read(
    source: Path | Document,
    *,
    form: str = "",
    language: str = "",
    encoding: str = "",
    fps: float | None = None,
) -> CaptionTrack:
    """A caption track from a file; what its reader mended is in its `diagnostics`.

    Args:
        source: A file, or a document at hand.
        form: Its format; empty for what its name says, and where it says none, its content.
        language: BCP 47 tag of the text, which helps to guess encodings; empty for what the file
            or its name says.
        encoding: How the text is encoded; empty to find out.
        fps: Frames per second, for formats that count frames.

    Raises:
        InputError: It cannot be read, or the format's rules refuse it.
        UsageError: There is no such format, or it cannot be read.
        MissingError: The format needs a package that is not installed.
    """
    if form:
        find(form)  # a slip is told before the file is looked for
    document, named = source, form
    if not isinstance(document, Document):
        document = Document.load(document, language=language, encoding=encoding, fps=fps)
        named = form or format_of(source)  # type: ignore[arg-type]
        if not form and named in _MANY:
            found = sniff(document.data)
            named = found if found in FORMATS else named
        if not form and named == "srt" and sniff(document.data) == "vtt":
            return _renamed_webvtt(document)
    named = named or sniff(document.data)
    if not named:
        raise InputError(
            f"{document.name}: not known what format this is", hint="say it with --from"
        )
    if not FORMATS[named].reader:
        raise UsageError(
            f"captions are not read from format '{named}'",
            hint="formats that are: " + ", ".join(readable()),
            code="LQ-USAGE-FORMAT",
        )
    track: CaptionTrack = _function(FORMATS[named].reader)(document)
    return track


def _renamed_webvtt(document: Document) -> CaptionTrack:
    """A file that is WebVTT under the name of SubRip; by SubRip's rules where those find more."""
    from dataclasses import replace

    from loquitur.model.captions import Diagnostic

    told = Diagnostic(code="srt.is-webvtt", line=1, message="this is WebVTT, and read as such")
    strict: CaptionTrack = _function(FORMATS["vtt"].reader)(document)
    loose: CaptionTrack = _function(FORMATS["srt"].reader)(document)
    if len(loose.cues) > len(strict.cues):
        return loose
    return replace(strict, diagnostics=(told, *strict.diagnostics))


def write_track(name: str, track: CaptionTrack) -> Written:
    """A caption track in a format, and what the format could not carry.

    Raises:
        UsageError: There is no such format, or captions cannot be written in it.
        MissingError: The format needs a package that is not installed.
    """
    form = find(name)
    if not form.writer:
        able = ", ".join(known for known, other in FORMATS.items() if other.writer)
        raise UsageError(
            f"format '{name}' is not written from captions",
            hint=f"formats that are: {able}",
            code="LQ-USAGE-FORMAT",
        )
    written: Written = _function(form.writer)(track)
    return written


def write(
    name: str, transcript: Transcript | None = None, track: CaptionTrack | None = None
) -> Written:
    """What a run made in a format, and what the format could not carry.

    Args:
        name: The format.
        transcript: Needed by formats that take a transcript.
        track: Needed by formats that take a track.

    Raises:
        UsageError: There is no such format, or what it takes is not given.
        MissingError: The format needs a package that is not installed.
    """
    form = find(name)
    if form.transcriber and transcript is not None:
        written: Written = _function(form.transcriber)(transcript)
        return written
    if track is not None and form.writer:
        return write_track(name, track)
    given = "a caption track" if form.takes == "transcript" else "a transcript"
    raise UsageError(
        f"format '{name}' is written from a {form.takes}, not from {given}",
        hint="formats that take it: "
        + ", ".join(known for known in names() if FORMATS[known].takes != form.takes),
        code="LQ-USAGE-FORMAT",
    )


def _function(place: str) -> Any:
    module, _, function = place.partition(":")
    return getattr(importlib.import_module(f"loquitur.formats.{module}"), function)
