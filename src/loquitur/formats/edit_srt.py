r"""SubRip for editing programs (Premiere Pro, DaVinci Resolve, Avid): only what all of them take.

- CRLF line ends, indices from 1 without gaps, times below 100 hours with two digits.
- No tags but `<i> <b> <u>`; no places (`{\an8}` is shown as text by some).
- No overlaps: these programs put captions on one track, and refuse or shift those that overlap. The
  earlier one ends where the next begins; what begins at the same time becomes one caption.
- A byte order mark where the text is not ASCII: without one programs on Windows take a file for the
  system's code page; where the text is ASCII there is none, since it would only be in the way.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from loquitur.formats import srt
from loquitur.formats.losing import Losses
from loquitur.formats.written import Written
from loquitur.markup import subrip
from loquitur.model.captions import PLAIN_SETTINGS, CaptionTrack

if TYPE_CHECKING:
    from loquitur.model.captions import Cue

_KEPT = frozenset({"i", "b", "u"})
_MARK = "\ufeff"
_LAST_MS = 100 * 3_600_000 - 1


def write(track: CaptionTrack) -> Written:
    """A track as SubRip for editing programs; `data` has its bytes."""
    losses = Losses()
    cues = _apart(track.cues, losses)
    plain = replace(
        track,
        cues=tuple(replace(cue, settings=PLAIN_SETTINGS, id="") for cue in cues),
        format=track.format if track.format == "srt" else "",
    )
    if any(cue.settings != PLAIN_SETTINGS for cue in track.cues):
        losses.add("the places of cues")
    if any(cue.id for cue in track.cues):
        losses.add("cue ids")
    written = srt.write(plain)
    losses.add(*written.losses)
    text = subrip.TOKEN.sub(lambda token: _kept(token, losses), written.text)
    text = re.sub(r"\n(?=\n\d+\n)|\n\Z", "\n", text).replace("\n", "\r\n")
    data = text.encode() if text.isascii() else (_MARK + text).encode()
    return Written(data=data, losses=losses.all())


def _kept(token: re.Match[str], losses: Losses) -> str:
    name = (token["tag"] or token["braced"] or "").lower()
    if name in _KEPT:
        return f"<{'/' if token['end'] or token['braced_end'] else ''}{name}>"
    losses.add("fonts, colours and overrides")
    return ""


def _apart(cues: tuple[Cue, ...], losses: Losses) -> list[Cue]:
    """The cues in order, none of which overlaps the next; those without length are left out."""
    found: list[Cue] = []
    for cue in sorted(cues, key=lambda one: one.start_ms):
        start_ms, end_ms = max(cue.start_ms, 0), min(cue.end_ms, _LAST_MS)
        if not cue.text.strip() or end_ms <= start_ms:
            losses.add("cues without text or without length")
            continue
        cue = replace(cue, start_ms=start_ms, end_ms=end_ms)  # noqa: PLW2901 - the cue as it is kept
        last = found[-1] if found else None
        if last is not None and last.end_ms > start_ms:
            losses.add("overlaps (the earlier caption ends, or both become one)")
            if last.start_ms == start_ms:
                found[-1] = _together(last, cue)
                continue
            found[-1] = replace(last, end_ms=start_ms)
        found.append(cue)
    return found


def _together(one: Cue, other: Cue) -> Cue:
    from loquitur.model.captions import Cue as Made

    made = Made.of(start_ms=one.start_ms, end_ms=max(one.end_ms, other.end_ms),
                   tree=(*one.tree, "\n", *other.tree))  # fmt: skip
    return replace(made, source_line=one.source_line)
