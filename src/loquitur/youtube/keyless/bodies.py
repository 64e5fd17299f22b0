"""What comes from the address of a caption track: captions, or one of the things that are none.

YouTube answers some refusals with success: an empty body, a web page, JSON without events. Each is
an error of its own, since each has another cure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from loquitur import formats
from loquitur.errors import InputError, LoquiturError, RemoteError
from loquitur.formats import Document
from loquitur.youtube.keyless.failures import failure, is_mendable, reason
from loquitur.youtube.keyless.ways import Read

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loquitur.model.captions import CaptionTrack

FORMS = ("json3", "vtt", "srv1")
"""What is asked for, the best first: word times without rolling lines, word times, lines alone."""
MOST_BYTES = 256 * 1024**2
_READERS = {"json3": "json3", "vtt": "vtt", "srv1": "srv3", "srv2": "srv3", "srv3": "srv3",
            "ttml": "ttml", "srt": "srt"}  # fmt: skip
_PAGE = re.compile(rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)[\s>]", re.I | re.S)
_BARE_JSON = re.compile(rb"\s*[{\[]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """An answer.

    Args:
        data: Its bytes.
        form: The form that was asked for (`json3`, `vtt`, `srv1` ...).
    """

    data: bytes
    form: str


def address(url: str, *, form: str = "", translate: str = "") -> str:
    """The address of a track in a form, without what spoils it.

    Args:
        url: As YouTube gives it.
        form: `json3`, `vtt`, `srv1` ...; empty to leave what the address says.
        translate: The language into which YouTube shall translate; empty for none.

    `xosf=1` adds positions as noise to vtt, json3 and srv (yt-dlp issue 13654).
    """
    parts = urlsplit(url)
    dropped = {"xosf"} | ({"fmt"} if form else set()) | ({"tlang"} if translate else set())
    query = [
        pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in dropped
    ]
    query += [("fmt", form)] if form else []
    query += [("tlang", translate)] if translate else []
    return urlunsplit(parts._replace(query=urlencode(query)))


def is_generated(url: str) -> bool:
    """Whether an address is of an automatic track, not translated: what its query says."""
    query = dict(parse_qsl(urlsplit(url).query))
    return query.get("kind") == "asr" and not query.get("tlang")


def track_of(body: Body, *, video_id: str, language: str = "") -> CaptionTrack:
    """The captions of an answer.

    Raises:
        RemoteError: It is empty, a web page, JSON without events, or nothing that can be read.
    """
    data = body.data
    if not data.strip():
        raise failure("empty", video_id)
    if _PAGE.match(data[:4096]):
        raise failure("page", video_id)
    document = Document(
        data=data, name=f"the {body.form} captions of {video_id}", language=language,
        encoding="utf-8",
    )  # fmt: skip
    try:
        track = formats.read(document, form=_READERS.get(body.form, body.form))
    except InputError as exc:
        if body.form == "json3" and _BARE_JSON.match(data) and _is_whole(data):
            raise failure("no-events", video_id) from exc
        raise failure("unparsable", video_id, detail=exc.message) from exc
    if not any(cue.text.strip() for cue in track.cues):
        raise failure("no-events", video_id)
    return replace(track, language=language or track.language)


def read_first(
    forms: Sequence[str], bring: Callable[[str], bytes], *, video_id: str, language: str
) -> Read:
    """A track in the first of several forms that can be read.

    Args:
        forms: The best first.
        bring: Fetches the track in a form.
        video_id: Of which video.
        language: Of its text.

    Raises:
        RemoteError: None can, which is told of the first; or a refusal that no other form mends.
    """
    first: LoquiturError | None = None
    for form in forms:
        try:
            body = Body(data=bring(form), form=form)
            track = track_of(body, video_id=video_id, language=language)
        except RemoteError as error:
            if not is_mendable(error):
                raise
            first = first or error
            continue
        said = () if first is None else (f"read as {form}: {forms[0]} failed ({reason(first)})",)
        return Read(track=track, form=form, warnings=said)
    raise first or failure("unparsable", video_id, detail="no form of it is known")


def _is_whole(data: bytes) -> bool:
    """Whether JSON is whole: then it lacks its events, else it is cut."""
    import msgspec

    try:
        found = msgspec.json.decode(data.decode("utf-8", "replace").removeprefix("\ufeff"))
    except (msgspec.MsgspecError, RecursionError):
        return False
    return isinstance(found, dict)
