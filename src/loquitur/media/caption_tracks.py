"""The caption tracks inside a medium: what there are, and their text with its times.

Text comes from packets, not from FFmpeg's decoders, which turn everything into ASS and lose what
that has no word for. Pictures of text (PGS, DVB, DVD) are told as such: reading them is not done.
"""

from __future__ import annotations

import json
import re
import struct
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from loquitur.conversion import decoder
from loquitur.errors import EngineError, InputError
from loquitur.media.containers import damaged, open_container, reading_errors, shown
from loquitur.media.isolation import Limits, run_isolated
from loquitur.media.packets import Packets
from loquitur.media.probe import metadata_line, stream_language
from loquitur.timing import from_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from loquitur.protocols import Progress

Kind = Literal["text", "picture", "unknown"]

TEXT_CODECS = frozenset({"mov_text", "subrip", "text", "webvtt", "ass", "ssa"})
PICTURE_CODECS = frozenset({"hdmv_pgs_subtitle", "dvb_subtitle", "dvd_subtitle", "xsub"})
MOST_BYTES = 256 * 1024**2
"""No medium holds more text than this; one that does is an attack."""
_TELL_EVERY_S = 0.2
_WITHOUT_END_MS = 5_000
"""How long a cue is shown that says no end and has none after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamCue:
    """One packet of a caption track.

    Args:
        start_ms: In media time.
        end_ms: In media time; None where the container does not say.
        text: As it stands, of ASS with the fields before it; mov_text with its styles as `<b>`,
            `<i>`, `<u>`.
        id: The identifier of a WebVTT cue.
        settings: The settings of a WebVTT cue.
    """

    start_ms: int
    end_ms: int | None
    text: str
    id: str = ""
    settings: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionStream:
    """A caption track of a medium.

    Args:
        index: Among all streams of the file, from 0.
        codec: FFmpeg's name of it.
        kind: Whether it is text; pictures cannot be extracted.
        language: As the container says it; empty where it does not.
        title: What the container calls it.
        default: Shown unless another one is chosen.
        forced: For what is said in a foreign language alone.
        hearing_impaired: With sounds and speakers, for the deaf.
        header: What the codec says once for the whole track: of ASS its script info and styles, of
            WebVTT its style sheets and regions.
        cues: In the order of time; empty where only a list was asked for.
        damaged: Packets that could not be read.
    """

    index: int
    codec: str
    kind: Kind
    language: str = ""
    title: str = ""
    default: bool = False
    forced: bool = False
    hearing_impaired: bool = False
    header: str = ""
    cues: tuple[StreamCue, ...] = ()
    damaged: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What the child answers: how many streams it wrote."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionTracks:
    """The caption tracks of a medium, and its chapters as (start in ms, title)."""

    streams: tuple[CaptionStream, ...]
    chapters: tuple[tuple[int, str], ...] = ()


def caption_tracks(
    path: Path,
    *,
    texts: bool = True,
    progress: Progress | None = None,
    limits: Limits | None = None,
) -> CaptionTracks:
    """The caption tracks inside a medium, read in a bounded child process.

    Args:
        path: A local file.
        texts: Whether their text is read too; a list alone needs no pass over the file.
        progress: Hears how far it is, in ms.
        limits: The child's bounds.

    Raises:
        InputError: The file cannot be read, or holds more text than any film.
    """
    with tempfile.TemporaryDirectory(prefix="loquitur-") as folder:
        target = Path(folder) / "captions.json"
        request = {"target": str(target), "texts": texts}
        run_isolated(
            "captions", path, request, into=_Told, limits=limits or Limits(), tell=progress
        )
        try:
            return decoder(CaptionTracks).decode(target.read_bytes())
        except (OSError, msgspec.DecodeError) as exc:
            raise EngineError(f"{shown(path)}: the media worker gave no captions: {exc}") from exc


def read_here(path: Path, target: Path, *, texts: bool, tell: Callable[[int, int], None]) -> _Told:
    """`caption_tracks` in this process, written as JSON to a file."""
    with open_container(path) as container:
        try:
            found = CaptionTracks(
                streams=tuple(_read(path, container, texts=texts, tell=tell)),
                chapters=tuple(_chapters(container)),
            )
        except reading_errors() as error:
            raise damaged(path, error) from error
    target.write_bytes(json.dumps(asdict(found), ensure_ascii=True).encode())
    return _Told(count=len(found.streams))


def _chapters(container: Any) -> Iterator[tuple[int, str]]:
    start_us = container.start_time or 0
    for chapter in container.chapters():
        start_ms = from_seconds(float(chapter["start"] * chapter["time_base"])) - start_us // 1000
        yield start_ms, metadata_line(chapter.get("metadata") or {}, "title") or ""


def _read(
    path: Path, container: Any, *, texts: bool, tell: Callable[[int, int], None]
) -> Iterator[CaptionStream]:
    listed = [_listed(stream) for stream in container.streams if stream.type == "subtitle"]
    wanted = [one.index for one in listed if texts and one.kind == "text"]
    if not wanted:
        yield from listed
        return
    readers = {one.index: _Packets(one.codec) for one in listed if one.index in wanted}
    start_us = container.start_time or 0
    total_ms = (container.duration or 0) // 1000
    told, size = time.monotonic(), 0
    for packet in Packets(container, *(container.streams[at] for at in wanted)):
        if not packet.size or packet.pts is None:
            continue
        size += packet.size
        if size > MOST_BYTES:
            raise InputError(
                f"{shown(path)}: more than {MOST_BYTES >> 20} MB of captions",
                hint="the file is probably damaged",
                code="LQ-MEDIA-LIMIT",
            )
        start_ms = readers[packet.stream.index].take(packet, start_us)
        if time.monotonic() - told > _TELL_EVERY_S:
            told = time.monotonic()
            tell(min(start_ms, total_ms or start_ms), total_ms)
    for one in listed:
        yield readers[one.index].finish(one) if one.index in readers else one


def _listed(stream: Any) -> CaptionStream:
    from av.stream import Disposition

    context = stream.codec_context
    codec = context.codec.canonical_name if context is not None else "unknown"
    kind: Kind = (
        "text" if codec in TEXT_CODECS else "picture" if codec in PICTURE_CODECS else "unknown"
    )
    extra = bytes(context.extradata or b"") if context is not None else b""
    header = extra.decode("utf-8", "replace") if codec in ("ass", "ssa", "webvtt") else ""
    return CaptionStream(
        index=stream.index,
        codec=codec,
        kind=kind,
        language=stream_language(stream) or "",
        title=metadata_line(stream.metadata, "title") or "",
        default=bool(stream.disposition & Disposition.default),
        forced=bool(stream.disposition & Disposition.forced),
        hearing_impaired=bool(stream.disposition & Disposition.hearing_impaired),
        header=header.replace("\r\n", "\n").replace("\0", ""),
    )


class _Packets:
    """Gathers the cues of one track."""

    def __init__(self, codec: str) -> None:
        self._codec = codec
        self._cues: list[StreamCue] = []
        self._damaged = 0

    def take(self, packet: Any, start_us: int) -> int:
        """Keep what a packet says; its time."""
        base = packet.time_base
        start_ms = from_seconds(float(packet.pts * base)) - start_us // 1000
        end_ms = None
        if packet.duration:
            end_ms = from_seconds(float((packet.pts + packet.duration) * base)) - start_us // 1000
        data = bytes(packet)
        if self._codec == "mov_text":
            try:
                text = timed_text(data)
            except ValueError:
                self._damaged += 1
                return start_ms
        else:
            text = data.decode("utf-8", "replace").replace("\r\n", "\n").strip("\0")
        if text.strip() or self._codec != "mov_text":
            self._cues.append(
                StreamCue(
                    start_ms=start_ms,
                    end_ms=end_ms,
                    text=text,
                    id=_side_data(packet, "webvtt_identifier"),
                    settings=_side_data(packet, "webvtt_settings"),
                )
            )
        return start_ms

    def finish(self, stream: CaptionStream) -> CaptionStream:
        """The track with its cues; those without an end last until the next one."""
        ordered = sorted(self._cues, key=lambda cue: cue.start_ms)
        cues = []
        for at, cue in enumerate(ordered):
            end_ms = cue.end_ms
            if end_ms is None:
                later = [other.start_ms for other in ordered[at + 1 : at + 9]]
                end_ms = next((ms for ms in later if ms > cue.start_ms), None)
                end_ms = min(end_ms or cue.start_ms + _WITHOUT_END_MS,
                             cue.start_ms + _WITHOUT_END_MS)  # fmt: skip
            cues.append(replace(cue, end_ms=end_ms))
        return replace(stream, cues=tuple(cues), damaged=self._damaged)


def _side_data(packet: Any, name: str) -> str:
    if not packet.has_sidedata(name):
        return ""
    return bytes(packet.get_sidedata(name)).decode("utf-8", "replace").strip("\0\r\n ")


_BOLD, _ITALIC, _UNDERLINE = 1, 2, 4


def timed_text(data: bytes) -> str:
    """The text of a mov_text sample (3GPP TS 26.245), its styles as tags `<b>`, `<i>`, `<u>`.

    The text itself is escaped as in WebVTT.

    Raises:
        ValueError: The sample is cut off.
    """
    if len(data) < 2:
        raise ValueError("no length")
    (length,) = struct.unpack(">H", data[:2])
    if length > len(data) - 2:
        raise ValueError("the text is cut off")
    raw = data[2 : 2 + length]
    wide = raw.startswith((b"\xfe\xff", b"\xff\xfe"))
    text = raw.decode("utf-16" if wide else "utf-8", "replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _tagged(text, list(_styles(data[2 + length :])))


def _styles(boxes: bytes) -> Iterator[tuple[int, int, int]]:
    """(first character, after the last one, flags) of the style box of a sample."""
    at = 0
    while at + 8 <= len(boxes):
        size, name = struct.unpack(">I4s", boxes[at : at + 8])
        if size < 8 or at + size > len(boxes):
            return
        if name == b"styl" and size >= 10:
            (count,) = struct.unpack(">H", boxes[at + 8 : at + 10])
            for entry in range(min(count, (size - 10) // 12)):
                place = at + 10 + 12 * entry
                start, end, _, flags = struct.unpack(">HHHB", boxes[place : place + 7])
                if flags & (_BOLD | _ITALIC | _UNDERLINE) and start < end:
                    yield start, end, flags
        at += size


def _tagged(text: str, styles: Sequence[tuple[int, int, int]]) -> str:
    """The text in runs of one style each; a tag never crosses a line break or another tag."""
    flags = [0] * len(text)
    for start, end, bits in styles:
        for at in range(start, min(end, len(text))):
            flags[at] |= bits
    pieces: list[str] = []
    at = 0
    while at < len(text):
        end = at
        while end < len(text) and flags[end] == flags[at]:
            end += 1
        run = re.sub("[&<>]", lambda match: _ENTITIES[match[0]], text[at:end])
        names = [name for bit, name in _TAGS if flags[at] & bit]
        opened = "".join(f"<{name}>" for name in names)
        closed = "".join(f"</{name}>" for name in reversed(names))
        pieces.append(f"{opened}{run}{closed}" if run.strip() else run)
        at = end
    return "".join(pieces)


_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_TAGS = ((_BOLD, "b"), (_ITALIC, "i"), (_UNDERLINE, "u"))
