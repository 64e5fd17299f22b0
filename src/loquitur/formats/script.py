"""The words of a text file for a voice: plain text, SubRip or WebVTT without times and tags.

It is read for alignment only: what a caption file says besides its words is left behind.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from loquitur.errors import InputError
from loquitur.text import display

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES = 32 * 1024**2
_TIMING = re.compile(r"^\s*(?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3}\s*-->.*$")
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]*>|</?\d[\d:.]*>|</>|\{\\[^{}\n]*\}")
_SKIPPED = re.compile(r"^(?:WEBVTT|NOTE|STYLE|REGION)(?:[ \t].*)?$")
_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def read_script(path: Path) -> str:
    """What is to be said, one line feed between paragraphs or cues.

    Args:
        path: A `.srt` or `.vtt` file, or plain text under any other name; UTF-8, or UTF-16 with
            its mark.

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
    if path.suffix.lower() in (".srt", ".vtt"):
        text = _said(text)
    if not any(sign.isalnum() for sign in text):
        raise InputError(f"{name} holds no words")
    return text


def _said(text: str) -> str:
    """The payload of each cue, its tags taken off."""
    said = []
    for block in re.split(r"\n[ \t]*\n", text):
        lines = block.strip("\n").split("\n")
        timing = next((at for at, line in enumerate(lines) if _TIMING.match(line)), None)
        if timing is None or (timing > 1 and _SKIPPED.match(lines[0])):
            continue
        payload = _TAG.sub("", "\n".join(lines[timing + 1 :]))
        said.append(html.unescape(payload).strip())
    return "\n".join(line for line in said if line)
