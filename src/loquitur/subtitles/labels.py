"""Who speaks, as files write it: voices, prefixes, arrows, brackets and dashes, each into each.

Inside, a speaker is a voice (`<v Ann>`), whatever the file had; an empty voice is somebody whose
name the file does not say. Styles are how voices are written where a format has none.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

from loquitur.markup import Node, write
from loquitur.model.captions import CaptionTrack, Cue
from loquitur.subtitles.cue_text import (
    Tree,
    compact,
    joined,
    lines_of,
    one_line,
    rewritten,
    text_of,
    with_children,
    without,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

Style = Literal["voices", "prefix", "arrows", "brackets", "dashes", "none"]
STYLES: tuple[str, ...] = get_args(Style)

_DASH = r"(?:[-\u2010\u2012\u2013\u2212](?![-\u2010-\u2015])|[\u2014\u2015](?=\s))"
"""A long dash with no blank behind it takes up a sentence that broke off."""
_NAME = r"[^\W_](?:[^\n:<>\[\]()\u266a\u266b\uff1a!?;]{0,38}[^\s:<>\[\](),;!?])?"
_LABEL = re.compile(
    rf"\s*(?:(?P<arrows>>>+)\s*)?(?:(?P<dash>{_DASH})\s*)?"
    rf"(?:(?P<name>{_NAME})(?:\s?\([^()\n]{{1,30}}\))?\s?[:\uff1a](?=\s|\Z|[^\x00-\x7f])\s*"
    rf"|[\[(\u3010\uff08](?P<bracketed>{_NAME}):?[\])\u3011\uff09]:?\s*(?=\S))?"
)
_FEELING = re.compile(r"(.+) \([a-z][a-z _-]*\)")

_SMALL_SAID = """
of the de del della di da la le von van der den al bin ibn y and und et e no
"""
_SMALL = frozenset(_SMALL_SAID.split())
_NOT_NAMES_SAID = """
also and answer answers and/or another author background because best bonus but caution
chapter conclusion consider copyright credit credits danger date day definition edit email
episode especially even example examples exactly exercise fact facts finally first here hint
however idea important indeed info instead item join last lesson let's listen location look
maybe meaning method module music namely news next no note notes now number objective okay one
option or part phone picture place plus problem proof ps question questions quote reason
reasons remember result results rule rules scene second section see slide so solution song
source sources step steps still subject subtitle subtitles summary synced task that then there
therefore third this thus time tip tips title today tomorrow tonight topic translated
translation translator tuesday two unit update url version video visit warning web website
well what when where which who why with written yes yesterday you
"""
_NOT_NAMES = frozenset(_NOT_NAMES_SAID.split())
"""Capitalised words before a colon that begin a sentence, and are nobody's name."""
_SOUNDS_SAID = """
applause applauds audience beep beeps bell birds blank_audio blip boos bleep breathing
breathes chatter cheer cheers chime chuckle chuckles clap claps clears click clicks cough
coughs crosstalk crowd cries cry door exhales explosion footsteps foreign gasp gasps giggles
groans growls grunts gunshot gunshots hum hums inaudible indistinct inhales instrumental laugh
laughs laughter mumbles murmurs music noise pause phone ringtone roar scream screams shouts
sigh sighs silence siren sirens sniffs sobs song sound sounds speaks static theme thunder
unintelligible whispers whistle whistles wind yells
"""
SOUNDS = frozenset(_SOUNDS_SAID.split())
"""What stands in brackets and is heard, not somebody."""


_OPENING_DASH = re.compile(r"\A[-\u2010-\u2015] ?(?=\S)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a line says of its speaker before it begins to speak.

    Args:
        name: Who speaks; empty where the line only says that somebody else does.
        length: How many characters of the line it takes.
    """

    name: str
    length: int


def label_of(line: str, known: Collection[str] = ()) -> Label | None:
    """The label that a line begins with; None where it has none.

    Labels are `NAME:`, `>> NAME:`, `>>`, `[Name]`, `- NAME:` and `- `. A name is written in
    capitals, or each of its words begins with one; the words of sentences that often stand before a
    colon (`Note:`) and sounds (`[Applause]`) are none.

    Args:
        line: One line of a cue.
        known: Names that are taken for one, however they are written.
    """
    match = _LABEL.match(line)
    if match is None or not match[0].strip():
        return None
    marked = bool(match["arrows"] or match["dash"])
    name = match["name"] or match["bracketed"] or ""
    if name and _is_name(name, known, bracketed=bool(match["bracketed"])):
        return Label(name=" ".join(name.split()), length=match.end())
    if not marked:
        return None
    end = match.end("dash") if match["dash"] else match.end("arrows")
    rest = line[end:]
    if match["dash"] and not match["arrows"] and rest[:1].isdigit():
        return None  # a number below zero
    return Label(name="", length=end + len(rest) - len(rest.lstrip()))


def _is_name(name: str, known: Collection[str], *, bracketed: bool) -> bool:
    if name in known:
        return True
    words = name.split()
    if len(words) > 5 or not any(character.isalpha() for character in name):
        return False
    plain = [word.strip(".,'\"").casefold() for word in words]
    if bracketed and (SOUNDS.intersection(plain) or plain[-1].endswith("ing")):
        return False
    if name == name.upper() and name != name.lower():
        return not (len(words) == 1 and plain[0] in _NOT_NAMES)
    if plain[0] in _NOT_NAMES:
        return False
    if name.upper() == name.lower():  # a script without capitals: short, and no sentence
        return len(words) <= 2 and len(name) <= 12
    return (
        all(word[:1].isupper() or word[:1].isdigit() or word.casefold() in _SMALL for word in words)
        and words[0][:1].isupper()
    )


def names_in(track: CaptionTrack) -> tuple[str, ...]:
    """The names that the labels and voices of a track say, the most frequent first."""
    counts: Counter[str] = Counter()
    for cue in track.cues:
        for item in cue.tree:
            if isinstance(item, Node) and item.tag == "v" and (name := _plain(item.annotation)):
                counts[name] += 1
        for line in lines_of(cue.tree):
            if (label := label_of(text_of(line))) and label.name:
                counts[label.name] += 1
    return tuple(name for name, _ in counts.most_common())


def voiced(track: CaptionTrack, *, carry: bool = True) -> CaptionTrack:
    """The track with its labels as voices; cues that have voices stay as they are.

    Args:
        track: With any labels.
        carry: Whether somebody named goes on speaking in the cues below that have no label, as
            where names stand at changes of speakers alone; False where names stand wherever they
            hold, or only for those who are not seen.
    """
    speaker = ""
    cues = []
    for cue in track.cues:
        if any(isinstance(item, Node) and item.tag == "v" for item in cue.tree):
            cues.append(cue)
            speaker = ""
            continue
        parts = list(_parts(cue, speaker if carry else ""))
        speaker = parts[-1][0] or "" if parts else speaker
        if all(name is None for name, _ in parts):
            cues.append(cue)
            continue
        items: list[Tree] = [
            lines if name is None else (Node(tag="v", annotation=name, children=lines),)
            for name, lines in parts
        ]
        payload, _ = write(joined(items), "vtt")
        cues.append(replace(cue, payload=payload, notation="vtt"))
    return replace(track, cues=tuple(cues))


def _parts(cue: Cue, speaker: str) -> Iterator[tuple[str | None, Tree]]:
    """The lines of a cue by who speaks them; None for who is not marked at all."""
    current: str | None = speaker or None
    lines: list[Tree] = []
    for line in lines_of(cue.tree):
        label = label_of(text_of(line))
        if label is not None:
            if lines:
                yield current, joined(lines)
            current, lines = label.name, []
            line = without(line, [(0, label.length)])  # noqa: PLW2901 - the line without its label
        if one_line(line):
            lines.append(line)
    if lines:
        yield current, joined(lines)


def labelled(track: CaptionTrack, style: Style, *, every: bool = False) -> CaptionTrack:
    """The track with its voices written in a style.

    Args:
        track: With voices; see `voiced`.
        style: `voices` leaves them; `prefix` (`Ann: `), `arrows` (`>> Ann: `) and `brackets`
            (`[Ann] `) name who speaks; `dashes` mark the speakers of a cue with several; `none`
            drops who speaks.
        every: Name the speaker in every cue, not only where it changes.
    """
    if style == "voices":
        return track
    writer = _Writer(style, every=every)
    return replace(track, cues=tuple(writer.written(cue) for cue in track.cues))


def renamed(track: CaptionTrack, names: Mapping[str, str]) -> CaptionTrack:
    """The track with other names for its voices; a mood behind a name stays."""
    if not names:
        return track
    cues = []
    for cue in track.cues:
        if "<v" in cue.payload:
            tree = tuple(_with_names(cue.tree, names))
            if tree != cue.tree:
                cue = rewritten(cue, tree)  # noqa: PLW2901 - the cue with other names
        cues.append(cue)
    return replace(track, cues=tuple(cues))


def _with_names(tree: Iterable[str | Node], names: Mapping[str, str]) -> Iterator[str | Node]:
    for item in tree:
        if isinstance(item, str):
            yield item
            continue
        said = item.annotation
        if item.tag == "v" and (name := _plain(said)) in names:
            said = names[name] + " ".join(said.split())[len(name) :]
        yield replace(item, annotation=said, children=tuple(_with_names(item.children, names)))


class _Writer:
    """Follows who speaks through the cues."""

    def __init__(self, style: Style, *, every: bool) -> None:
        self._style = style
        self._every = every
        self._speaker: str | None = None

    def written(self, cue: Cue) -> Cue:
        if "<v" not in cue.payload:
            self._speaker = None
            return cue
        tree = cue.tree
        voices = sum(isinstance(item, Node) and item.tag == "v" for item in tree)
        items: list[str | Node] = []
        for item in tree:
            if not (isinstance(item, Node) and item.tag == "v"):
                items.append(item)
                continue
            if items and not text_of(items).endswith("\n"):
                items.append("\n" if voices > 1 else "")
            mark = self._mark(_plain(item.annotation), alone=voices == 1)
            said = item.children if voices == 1 else _undashed(item.children)
            items.extend((mark, *said) if mark else said)
        payload, _ = write(compact(_unvoiced(items)), "vtt")
        return replace(cue, payload=payload, notation="vtt")

    def _mark(self, name: str, *, alone: bool) -> str:
        before, self._speaker = self._speaker, name
        if self._style == "none":
            return ""
        if self._style == "dashes":
            return "" if alone else "- "
        changed = self._every or name != before or not (name or alone)
        if self._style == "arrows":
            return f">> {name}: " if name and changed else ">> " if changed else ""
        if not name or not changed:
            return "- " if not name and changed else ""
        return f"{name}: " if self._style == "prefix" else f"[{name}] "


def _undashed(items: tuple[str | Node, ...]) -> tuple[str | Node, ...]:
    """What one of several voices says, without the dash that the label stands for."""
    if items and isinstance(items[0], str):
        return (_OPENING_DASH.sub("", items[0], count=1), *items[1:])
    return items


def _unvoiced(items: Iterable[str | Node]) -> Iterator[str | Node]:
    for item in items:
        if isinstance(item, Node) and item.tag == "v":
            yield from _unvoiced(item.children)
        elif isinstance(item, Node):
            yield with_children(item, _unvoiced(item.children))
        else:
            yield item


def _plain(annotation: str) -> str:
    """A voice's name without its mood."""
    name = " ".join(annotation.split())
    match = _FEELING.fullmatch(name)
    return match[1] if match else name
