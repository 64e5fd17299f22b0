"""Captions as found, cleaned: rolling lines, remains of other formats, notes for the deaf, ads.

Each kind is an option of its own. Nothing goes silently: what was taken out is told by cue. A
second run finds nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from loquitur.markup import Node
from loquitur.model.captions import PLAIN_SETTINGS
from loquitur.subtitles.arrangement import arranged
from loquitur.subtitles.cue_text import (
    compact,
    joined,
    lines_of,
    one_line,
    rewritten,
    stripped,
    text_of,
    without,
)
from loquitur.subtitles.labels import SOUNDS, label_of, names_in
from loquitur.subtitles.remains import without_remains
from loquitur.subtitles.rolling import unrolled

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from loquitur.model.captions import CaptionTrack, Cue
    from loquitur.subtitles.cue_text import Item, Tree
    from loquitur.subtitles.rolling import Shape

Kind = Literal["remains", "places", "sounds", "speakers", "music", "ads", "empty"]

_SQUARE = re.compile(
    r"\[[^\[\]]{0,400}\]|\u3010[^\u3010\u3011]{0,400}\u3011|\uff3b[^\uff3b\uff3d]{0,400}\uff3d"
)
_WIDE = re.compile(r"\uff08[^\uff08\uff09]{1,200}\uff09")
_ROUND = re.compile(r"\([^()]{1,200}\)|\*[^*\s][^*\n]{1,60}\*")
_SIGNS = re.compile(r"[\u2669-\u266c]+")
_SUNG = re.compile(r"\s*#(?!\w*\d)(?=[\s\w]).*[^\w]#\s*", re.DOTALL)
_DASH = re.compile(r"\s*[-\u2010\u2012\u2013\u2014\u2212]\s*")
_LEFT_OVER = re.compile(r"\A\s*(?:[:,;](?=\s|\Z)\s*)+")
_AD = re.compile(
    r"opensubtitles|addic7ed|subscene|podnapisi|tvsubtitles|yts\.(?:mx|am)|"
    r"^\W*(?:subtitles?|captions?|captioned|subtitled|translated|translation|synced|sync|corrections?|"
    r"timing|ripped|encoded|transcript)\b[^\n]{0,30}\bby\b|"
    r"downloaded from|advertise your product|become (?:a )?vip|support us and|"
    r"\bamara\.org\b|subtitling (?:by|made)|^\s*(?:https?://|www\.)\S+\s*$",
    re.IGNORECASE | re.MULTILINE,
)
_NO_WORDS = re.compile(r"\A[\s:>\u2010-\u2014\u2669-\u266c-]+|[\s>\u2669-\u266c-]+\Z")
_MOST_TURNS = 8
_FEW = 3
_LINE = 500
"""So much of a line is looked at around a bracket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanOptions:
    r"""What to clean.

    Args:
        rolling: Whether lines that roll become whole ones: `auto` to find out, `no`, or the shape.
        remains: Take out tags, overrides and entities of other formats, and needless blanks.
        keep_places: Keep where an override (`{\an8}`) placed a cue.
        sounds: Take out sounds in brackets (`[door slams]`).
        speakers: Take out names before what they say.
        music: `signs` takes out the signs of music, `lines` what is sung too.
        ads: Take out cues that advertise where captions come from.
    """

    rolling: Literal["auto", "no", "carried", "overlapping"] = "auto"
    remains: bool = True
    keep_places: bool = False
    sounds: bool = False
    speakers: bool = False
    music: Literal["keep", "signs", "lines"] = "keep"
    ads: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A cue that is another than before.

    Args:
        cue: Its number before, from 1.
        kinds: What was taken out.
        before: Its text.
        after: Its text now; empty where the cue is gone.
    """

    cue: int
    kinds: tuple[Kind, ...]
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """A cleaned track and what was done.

    Args:
        track: The result.
        shape: How lines rolled; empty where they did not.
        lines_dropped: Lines shown again that were left out.
        ends_moved: Cues that stayed while the next one was there, and end with its start now.
        changes: What else was taken out, by cue of the unrolled track.
    """

    track: CaptionTrack
    shape: Shape = ""
    lines_dropped: int = 0
    ends_moved: int = 0
    changes: tuple[Change, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many cues each kind of change touched."""
        return dict(Counter(kind for change in self.changes for kind in change.kinds))


def clean(track: CaptionTrack, *, options: CleanOptions | None = None) -> Cleaned:
    """A track without what the options name; the same again once it is done."""
    options = options or CleanOptions()
    shape: Shape | None = None
    if options.rolling != "auto":
        shape = "" if options.rolling == "no" else options.rolling
    rolled = unrolled(track, shape)
    known = frozenset(names_in(rolled.track)) if options.speakers else frozenset()
    kept: list[tuple[int, Cue]] = []
    changes: list[Change] = []
    for number, cue in enumerate(rolled.track.cues):
        cleaned, kinds = _cleaned(cue, options, known)
        if kinds:
            after = cleaned.text if cleaned else ""
            changes.append(Change(cue=number + 1, kinds=kinds, before=cue.text, after=after))
        if cleaned is not None:
            kept.append((number, cleaned))
    return Cleaned(
        track=arranged(rolled.track, kept) if changes else rolled.track,
        shape=rolled.shape,
        lines_dropped=rolled.lines_dropped,
        ends_moved=rolled.ends_moved,
        changes=tuple(changes),
    )


def _cleaned(
    cue: Cue, options: CleanOptions, known: Collection[str]
) -> tuple[Cue | None, tuple[Kind, ...]]:
    """A cue after cleaning, None where nothing is left; and what was taken out."""
    kinds: dict[Kind, None] = {}
    tree = before = cue.tree
    if options.remains:
        tree = _tidy(without_remains(tree, cue.notation))
        if tree != before or (cue.notation == "srt" and "{\\" in cue.payload):
            kinds["remains"] = None
    for _ in range(_MOST_TURNS):
        shorter = _without_notes(tree, options, known, kinds)
        if shorter == tree:
            break
        tree = _tidy(shorter)
    if options.ads and _AD.search(text_of(tree)):
        kinds["ads"] = None
        return None, tuple(kinds)
    if not one_line(tree):
        kinds["empty"] = None
        return None, tuple(kinds)
    if not kinds:
        return cue, ()
    result = rewritten(cue, tree, keep_overrides=not options.remains)
    if options.remains and cue.notation == "srt" and "{\\" in cue.payload:
        if options.keep_places:
            result = replace(result, payload=_placed(cue, result.payload))
        elif cue.settings != PLAIN_SETTINGS:
            kinds["places"] = None
            result = replace(result, settings=PLAIN_SETTINGS)
    if result == cue:
        return cue, ()
    return result, tuple(kinds)


def _placed(cue: Cue, payload: str) -> str:
    """The payload behind the override that says where the cue stands, if there is one."""
    found = re.search(r"\{\\an?[0-9]{1,2}\}", cue.payload)
    return (found[0] if found else "") + payload


def _tidy(tree: Iterable[Item]) -> Tree:
    """The tree without blank lines and needless blanks."""
    tree = stripped(tree)
    lines = lines_of(tree)
    if all(one_line(line) for line in lines):
        return tree
    return joined([line for line in lines if one_line(line)])


def _without_notes(
    tree: Tree, options: CleanOptions, known: Collection[str], kinds: dict[Kind, None]
) -> Tree:
    """The tree after one turn of taking notes out."""
    before = tree
    if options.sounds:
        tree = _told(tree, list(_sounds(text_of(tree), known)), "sounds", kinds)
    if options.speakers:
        tree = _told(tree, list(_names(tree, known)), "speakers", kinds)
        tree = _unvoiced(tree, kinds)
    if options.music != "keep":
        tree = _told(tree, list(_music(text_of(tree), options.music)), "music", kinds)
    return before if tree == before else _undashed(before, tree)


def _told(tree: Tree, spans: list[tuple[int, int]], kind: Kind, kinds: dict[Kind, None]) -> Tree:
    if not spans:
        return tree
    kinds[kind] = None
    return without(tree, spans)


def _sounds(text: str, known: Collection[str]) -> Iterator[tuple[int, int]]:
    """Where sounds stand in brackets; round ones only where they are no part of a sentence."""
    found = [*_SQUARE.finditer(text), *_WIDE.finditer(text)]
    found += [match for match in _ROUND.finditer(text) if _stands_alone(text, match)]
    reached = 0
    for match in sorted(found, key=lambda match: match.start()):
        start, end = match.span()
        line = text[start : start + _LINE].partition("\n")[0]
        if start < reached or ((label := label_of(line, known)) and label.name):
            continue
        reached = end
        yield start, end


def _stands_alone(text: str, match: re.Match[str]) -> bool:
    before = _NO_WORDS.sub(
        "", text[max(0, match.start() - _LINE) : match.start()].rpartition("\n")[2]
    )
    after = _NO_WORDS.sub(
        "", text[match.end() : match.end() + _LINE].partition("\n")[0].strip(" .!?")
    )
    if not before:
        return True
    inside = match[0].strip("()*").lower().split()
    if before[-1] in ".!?\u2026" and len(inside) <= _FEW and SOUNDS.intersection(inside):
        return True  # (laughs) between two sentences
    return not after and (before[-1] in '.!?\u2026:"\u201d' or match[0].isupper())


def _names(tree: Tree, known: Collection[str]) -> Iterator[tuple[int, int]]:
    """Where names stand before what they say; the dash in front of one stays."""
    position = 0
    for line in text_of(tree).split("\n"):
        label = label_of(line, known)
        if label is not None and label.name:
            dash = _DASH.match(line)
            yield position + (dash.end() if dash else 0), position + label.length
        elif label is not None and line.lstrip().startswith(">>"):
            yield position, position + label.length
        position += len(line) + 1


def _unvoiced(tree: Iterable[Item], kinds: dict[Kind, None]) -> Tree:
    """The tree without voice tags."""
    items: list[Item] = []
    for item in tree:
        if isinstance(item, Node) and item.tag == "v":
            kinds["speakers"] = None
            items.extend(_unvoiced(item.children, kinds))
        else:
            items.append(item)
    return compact(items)


def _music(text: str, how: str) -> Iterator[tuple[int, int]]:
    """Where the signs of music stand, or the lines that are sung."""
    sung = _SUNG.fullmatch(text)
    if how == "signs":
        yield from (match.span() for match in _SIGNS.finditer(text))
        if sung:
            yield from (match.span() for match in re.finditer(r"(?<!\S)#|#(?!\S)", text))
        return
    position = 0
    within = False
    for line in text.split("\n"):
        signs = sum(len(match[0]) for match in _SIGNS.finditer(line))
        if signs or within or sung:
            yield position, position + len(line)
        within = within ^ (signs % 2 == 1)
        position += len(line) + 1


def _undashed(before: Tree, after: Tree) -> Tree:
    """What is left: no line of a dash alone, no dash where one of two speakers is left."""
    lines = []
    for line in lines_of(after):
        text = text_of(line)
        if (left := _LEFT_OVER.match(text)) and left.end():
            line = without(line, [(0, left.end())])  # noqa: PLW2901 - the line without left-overs
            text = text_of(line)
        if text.strip() and not _DASH.fullmatch(text):
            lines.append(line)
    dashed = [bool(_DASH.match(text_of(line))) for line in lines]
    were = sum(bool(_DASH.match(text_of(line))) for line in lines_of(before))
    if were > 1 and sum(dashed) == 1 and dashed[0]:
        dash = _DASH.match(text_of(lines[0]))
        lines[0] = without(lines[0], [(0, dash.end())]) if dash else lines[0]
    return joined(lines)
