"""The words of a text file for a voice: plain text, or captions without times and tags.

It is read for alignment only: what a caption file says besides its words is left behind.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from loquitur import formats
from loquitur.errors import InputError
from loquitur.text import display

if TYPE_CHECKING:
    from pathlib import Path

    from loquitur.model.captions import CaptionTrack

MOST_BYTES = 32 * 1024**2
CAPTIONS = frozenset({"vtt", "srt", "sbv", "ttml", "ass", "srv3", "json3"})
_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def read_script(path: Path) -> str:
    """What is to be said, one line feed between paragraphs or cues.

    Args:
        path: A file of captions (SubRip, WebVTT ...), or plain text under any other name; UTF-8,
            or UTF-16 with its mark.

    Raises:
        InputError: It cannot be read, is no text, or holds no words.
    """
    name = display(str(path))
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as exc:
        raise InputError(f"cannot read {name}: {exc.strerror}") from exc
    if len(data) > MOST_BYTES:
        raise InputError(f"{name} is larger than {MOST_BYTES // 1024**2} MB: no script is")
    encoding = next((found for mark, found in _MARKS if data.startswith(mark)), "utf-8-sig")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as exc:
        raise InputError(f"{name} is no text in UTF-8", hint="save it as UTF-8") from exc
    if "\0" in text:
        raise InputError(f"{name} is no text")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if formats.format_of(path) in CAPTIONS:
        document = formats.Document.of_text(text, name=name)
        text = _said(formats.read(document, form=formats.format_of(path)))
    if not any(sign.isalnum() for sign in text):
        raise InputError(f"{name} holds no words")
    return text


def _said(track: CaptionTrack) -> str:
    """What is said in each cue; entities are resolved even where the format has none."""
    return "\n".join(filter(None, (html.unescape(cue.text).strip() for cue in track.cues)))
