"""The caption tracks inside media as caption files: each codec in the format that it came from."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from loquitur.formats.document import Document
from loquitur.formats.written import encodable
from loquitur.languages import from_container
from loquitur.markup import parse
from loquitur.model.captions import PLAIN_SETTINGS, CaptionTrack, Cue
from loquitur.timing import clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.media.caption_tracks import CaptionStream, StreamCue

NATIVE = {"subrip": "srt", "text": "srt", "webvtt": "vtt", "ass": "ass", "ssa": "ass"}
"""The format of files that a codec has; mov_text has none."""
_FIELDS_BEFORE_TEXT = 8
_EVENTS = (
    "[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text"
)
_OVERRIDE = re.compile(r"\{[^{}]*\}")
_DRAWING = re.compile(r"\{[^{}]*\\p[1-9][^{}]*\}.*?(?:\{[^{}]*\\p0[^{}]*\}|\Z)", re.DOTALL)
_SHOWN = re.compile(r"\\([biu])(\d*)")
_PLACE = re.compile(r"\\an([1-9])")


def native_text(stream: CaptionStream) -> str:
    """A track as a file in the format of its codec, as the container has it; empty for mov_text."""
    form = NATIVE.get(stream.codec, "")
    if form == "ass":
        return _ass(stream)
    if form == "vtt":
        return _vtt(stream)
    if form == "srt":
        return "\n".join(
            f"{number}\n{_times(cue, ',')}\n{cue.text.strip(chr(10))}\n"
            for number, cue in enumerate(stream.cues, 1)
        )
    return ""


def track_of(stream: CaptionStream) -> CaptionTrack:
    """A track of a medium as captions."""
    language = from_container(stream.language)
    form = NATIVE.get(stream.codec, "")
    if form in ("vtt", "srt"):
        from loquitur.formats import read

        document = Document.of_text(native_text(stream), name=f"track {stream.index}",
                                    language=language)  # fmt: skip
        found = read(document, form=form)
        return replace(found, name=stream.title, language=found.language or language)
    cues = tuple(_ass_cues(stream)) if form == "ass" else tuple(map(_plain_cue, stream.cues))
    return CaptionTrack(language=language, cues=cues, name=stream.title)


def _plain_cue(cue: StreamCue) -> Cue:
    return Cue(start_ms=cue.start_ms, end_ms=_end_ms(cue), payload=cue.text)


def _end_ms(cue: StreamCue) -> int:
    return cue.end_ms if cue.end_ms is not None else cue.start_ms


def _times(cue: StreamCue, decimal: str) -> str:
    start, end = max(0, cue.start_ms), max(0, _end_ms(cue))
    return f"{clock(start, decimal=decimal)} --> {clock(end, decimal=decimal)}"


def _vtt(stream: CaptionStream) -> str:
    header = stream.header.strip("\n")
    pieces = [header if header.startswith("WEBVTT") else f"WEBVTT\n\n{header}".rstrip("\n")]
    for cue in stream.cues:
        name = cue.id.replace("\n", " ").replace("-->", "->")
        settings = " ".join(cue.settings.split())
        times = f"{_times(cue, '.')} {settings}".rstrip()
        payload = re.sub(r"\n{2,}", "\n", cue.text.strip("\n")).replace("-->", "--&gt;")
        pieces.append("\n".join(filter(None, (name, times, payload))))
    return encodable("\n\n".join(pieces)) + "\n"


def _ass(stream: CaptionStream) -> str:
    """The header of the track and its lines in the order they had."""
    header = stream.header.strip("\n")
    if "[Events]" not in header:
        header = f"{header}\n\n{_EVENTS}".lstrip("\n")
    lines = []
    for cue in stream.cues:
        order, layer, rest = _ass_fields(cue)
        text = rest.replace("\n", "\\N")
        start, end = _ass_clock(cue.start_ms), _ass_clock(_end_ms(cue))
        lines.append((order, f"Dialogue: {layer},{start},{end},{text}"))
    return encodable("\n".join([header, *(line for _, line in sorted(lines))])) + "\n"


def _ass_fields(cue: StreamCue) -> tuple[int, str, str]:
    """The order of a line in its file, its layer, and all behind that."""
    order, _, rest = cue.text.partition(",")
    layer, _, rest = rest.partition(",")
    return int(order) if order.isascii() and order.isdigit() else 0, layer or "0", rest


def _ass_clock(ms: int) -> str:
    hundredths = (max(0, ms) + 5) // 10
    seconds, hundredth = divmod(hundredths, 100)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}.{hundredth:02d}"


def _ass_cues(stream: CaptionStream) -> Iterator[Cue]:
    """The lines of ASS as cues: place, bold, italic and underlined stay; drawings are no text."""
    from loquitur.formats.placement import settings_of
    from loquitur.markup import write

    for cue in stream.cues:
        fields = cue.text.split(",", _FIELDS_BEFORE_TEXT)
        raw = _DRAWING.sub("", fields[-1]) if len(fields) > _FIELDS_BEFORE_TEXT else ""
        place = _PLACE.search(raw)
        tagged = _OVERRIDE.sub(_tags, raw)
        tagged = tagged.replace("\\N", "\n").replace("\\n", "\n").replace("\\h", "\u00a0")
        payload, _ = write(parse(tagged, "srt"), "vtt")
        if not payload.strip():
            continue
        name = fields[3].strip() if len(fields) > _FIELDS_BEFORE_TEXT else ""
        yield Cue(
            start_ms=cue.start_ms,
            end_ms=_end_ms(cue),
            payload=payload,
            settings=settings_of(int(place[1])) if place else PLAIN_SETTINGS,
            extra=(("ass.name", name),) if name else (),
        )


def _tags(override: re.Match[str]) -> str:
    return "".join(
        f"</{found[1]}>" if found[2] in ("0", "") else f"<{found[1]}>"
        for found in _SHOWN.finditer(override[0])
    )
