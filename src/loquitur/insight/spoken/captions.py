"""Fragments of captions: each line once, with who says it and when its words are said."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from loquitur.formats.voices import speaker_of
from loquitur.insight.spoken.fragments import Fragment
from loquitur.markup import Node
from loquitur.model.speech import SpokenWord
from loquitur.subtitles.cleaning import CleanOptions, clean
from loquitur.subtitles.labels import names_in, voiced
from loquitur.subtitles.rolling import SHARE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from loquitur.model.captions import CaptionTrack, Cue

_SIGN_MS, _WORD_MS = 75, 150
"""A word whose end nobody tells is taken to last 150 ms and 75 ms a character at most."""
_TOLD = 0.8
"""Word times count as told for a track where this share of its cues of several words has them."""
_MARKED = re.compile(
    r"[^\w\s\0.,?!%$'\u2018\u2019\"\u201c\u201d/+-]|[\n_]|(?:\A|\0)\s*(?:[-\0]|\Z)"
)
"""What may be more than words in a line; or a line that begins with a dash, or is empty."""
_Run = tuple["int | None", str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackFragments:
    """The fragments of a track; whether it was made by a recogniser, and whether pauses show."""

    fragments: tuple[Fragment, ...]
    automatic: bool
    pauses_known: bool


def fragments_of_track(track: CaptionTrack, *, generated: bool = False) -> TrackFragments:
    """What the cues of a track say, sorted by start.

    Args:
        track: In any order; cues that end before they begin are a millisecond long.
        generated: Whether the file says that a recogniser made it.
    """
    if (plain := _plain(track)) is not None:
        automatic = generated or plain[1]
        return TrackFragments(fragments=plain[0], automatic=automatic, pauses_known=not automatic)
    rolling: Literal["auto", "no"] = "no" if _interrupts(track) else "auto"
    cleaned = clean(track, options=CleanOptions(sounds=True, rolling=rolling))
    whole = cleaned.track
    if len(names_in(whole)) > 0:
        whole = voiced(whole)
    found: list[Fragment] = []
    told = several = 0
    for cue in sorted(whole.cues, key=lambda cue: (cue.start_ms, cue.end_ms)):
        fragments = list(_fragments(cue))
        several += any(" " in one.text for one in fragments)
        told += any(one.words for one in fragments)
        found += fragments
    automatic = generated or bool(cleaned.shape)
    timed = told > 0 and told >= _TOLD * several
    return TrackFragments(
        fragments=tuple(sorted(found, key=lambda one: (one.start_ms, one.end_ms))),
        automatic=automatic,
        pauses_known=timed or not automatic,
    )


def _interrupts(track: CaptionTrack) -> bool:
    """Whether cues overlap since another speaks, not since lines roll."""
    over = [
        at for at, (a, b) in enumerate(pairwise(track.cues)) if a.start_ms < b.start_ms < a.end_ms
    ]
    if not over:
        return False
    cues = (voiced(track) if len(names_in(track)) > 0 else track).cues
    if len(cues) != len(track.cues):
        return False
    return 2 * sum(speaker_of(cues[at]) != speaker_of(cues[at + 1]) for at in over) > len(over)


def _plain(track: CaptionTrack) -> tuple[tuple[Fragment, ...], bool] | None:
    """The fragments of a track of bare lines, as cleaning finds them but faster; do they roll?

    None where there is anything to clean: marks, names, several lines, a line or a start twice.
    """
    cues = sorted(track.cues, key=lambda cue: (cue.start_ms, cue.end_ms))
    texts = [cue.payload for cue in cues]
    if _MARKED.search("\0".join(texts)):
        return None
    starts = [cue.start_ms for cue in cues]
    if any(one == two for one, two in pairwise(starts)) or any(
        one == two for one, two in pairwise(cue.payload for cue in track.cues)
    ):
        return None
    overlapping = sum(one.start_ms < two.start_ms < one.end_ms for one, two in pairwise(track.cues))
    rolls = overlapping > SHARE * (len(cues) - 1)
    found = []
    for cue, text, after_ms in zip(cues, texts, [*starts[1:], None], strict=False):
        line = " ".join(text.split())
        start_ms, end_ms = max(cue.start_ms, 0), cue.end_ms
        if rolls and after_ms is not None and after_ms < end_ms:
            end_ms = after_ms
        if line:
            end_ms = max(end_ms, start_ms + 1)
            found.append(Fragment(start_ms=start_ms, end_ms=end_ms, text=line))
    return tuple(sorted(found, key=lambda one: (one.start_ms, one.end_ms))), rolls


def _fragments(cue: Cue) -> Iterator[Fragment]:
    """A cue's text, a fragment for each of its voices."""
    start_ms = max(cue.start_ms, 0)
    end_ms = max(cue.end_ms, start_ms + 1)
    if "<" not in cue.payload and "{" not in cue.payload:
        if text := _line(cue.text):
            yield Fragment(start_ms=start_ms, end_ms=end_ms, text=text)
        return
    parts = _by_voice(cue)
    texts = [_line("".join(text for _, text in runs)) for _, runs in parts]
    whole = sum(map(len, texts)) or 1
    done = 0
    for (speaker, runs), text in zip(parts, texts, strict=True):
        first = start_ms + (end_ms - start_ms) * done // whole
        done += len(text)
        last = max(start_ms + (end_ms - start_ms) * done // whole, first + 1)
        if not text:
            continue
        words = tuple(_words(runs, first, last))
        if words:
            first, last = words[0].start_ms, max(word.end_ms for word in words)
        yield Fragment(start_ms=first, end_ms=last, text=text, speaker=speaker or None, words=words)


def _by_voice(cue: Cue) -> list[tuple[str, list[_Run]]]:
    """Who says what in a cue; the stretches of text each with the time that stands before it."""
    parts: list[tuple[str, list[_Run]]] = []
    due: int | None = None

    def walk(items: Iterable[str | Node], speaker: str) -> None:
        nonlocal due
        for item in items:
            if isinstance(item, str):
                if not parts or parts[-1][0] != speaker:
                    parts.append((speaker, []))
                parts[-1][1].append((due, item))
                due = None if item.strip() else due
            elif item.tag == "time":
                due = item.start_ms
            elif item.tag == "v":
                walk(item.children, _name(item, cue))
            elif item.tag != "rt":
                walk(item.children, speaker)

    walk(cue.tree, "")
    return parts


def _name(voice: Node, cue: Cue) -> str:
    """A voice's name without its mood."""
    name = " ".join(voice.annotation.split())
    first = speaker_of(cue)
    return first if name.startswith(first + " (") and first else name.partition(" (")[0]


def _words(runs: Sequence[_Run], first_ms: int, last_ms: int) -> Iterator[SpokenWord]:
    """The words of a cue whose times are told; none where no time stands inside."""
    joined: list[_Run] = []
    for time, text in runs:
        if time is None and joined:
            joined[-1] = (joined[-1][0], joined[-1][1] + text)
        else:
            joined.append((time, text))
    if not any(time is not None for time, _ in joined):
        return
    starts: list[int] = []
    latest = first_ms
    for time, _ in joined:
        latest = max(latest, first_ms if time is None else time)
        starts.append(latest)
    ends = [*starts[1:], max(last_ms, starts[-1] + 1)]
    for (_, text), start_ms, end_ms in zip(joined, starts, ends, strict=True):
        units = _units(text)
        total = sum(map(len, units)) or 1
        done = 0
        for unit in units:
            begin = start_ms + (end_ms - start_ms) * done // total
            done += len(unit)
            until = start_ms + (end_ms - start_ms) * done // total
            until = min(until, begin + _WORD_MS + _SIGN_MS * len(unit))
            yield SpokenWord(
                start_ms=begin, end_ms=max(until, begin + 1), text=unit,
                timing="engine" if len(units) == 1 else "interpolated",
            )  # fmt: skip


def _line(text: str) -> str:
    return " ".join(_units(text))


def _units(text: str) -> list[str]:
    """The words of a text, without the arrows that stand where another begins to speak."""
    return [unit for unit in html.unescape(text).split() if unit.strip(">")]
