"""Several tracks as one: two languages at once, speakers of one talk, parts one after the other.

Every cue of every track is in the result, once.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from loquitur.errors import UsageError
from loquitur.markup import Node, write
from loquitur.model.captions import PLAIN_SETTINGS, CaptionTrack, Cue
from loquitur.subtitles.cue_text import joined, lines_of, one_line
from loquitur.subtitles.moving import Line
from loquitur.subtitles.moving import placed as moved_cue
from loquitur.timing import overlap_ms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.model.captions import Block, Region, Settings
    from loquitur.subtitles.cue_text import Tree

Together = Literal["lines", "places"]
TOP = replace(PLAIN_SETTINGS, line=0)


def bilingual(
    first: CaptionTrack, second: CaptionTrack, *, how: Together = "lines"
) -> CaptionTrack:
    """Two tracks of one film in two languages, as one.

    With `lines` the cues of the first set the times; each cue of the second stands below the one
    with which it shares most time, and alone where it shares none. With `places` all cues keep
    their times and the second track stands at the top of the picture, the first at the bottom.
    """
    if how == "places":
        low = tuple(replace(cue, settings=_bottom(cue)) for cue in first.cues)
        high = tuple(replace(cue, settings=TOP) for cue in second.cues)
        return _woven([replace(first, cues=low), replace(second, cues=high)])
    below = _partners(first.cues, second.cues)
    alone = [cue for number, cue in enumerate(second.cues) if number not in below]
    cues = []
    for number, cue in enumerate(first.cues):
        partners = [second.cues[at] for at, own in below.items() if own == number]
        cues.append(_stacked(cue, partners))
    cues = _apart(cues)
    upper = replace(first, cues=tuple(cues))
    # comments of the second track would stand between cues that they are not about
    lower = replace(second, cues=tuple(alone), blocks=())
    heads = [block for block in second.blocks if block.kind in ("style", "region", "note")]
    return _woven([upper, replace(lower, blocks=tuple(replace(one, before=0) for one in heads))])


def _bottom(cue: Cue) -> Settings:
    return replace(cue.settings, line=None) if cue.settings.line == 0 else cue.settings


def _partners(first: Sequence[Cue], second: Sequence[Cue]) -> dict[int, int]:
    """For each cue of the second that shares time with the first, the one it shares most with."""
    order = sorted(range(len(first)), key=lambda at: first[at].start_ms)
    found: dict[int, int] = {}
    low = 0
    for number in sorted(range(len(second)), key=lambda at: second[at].start_ms):
        cue = second[number]
        while low < len(order) and first[order[low]].end_ms <= cue.start_ms:
            low += 1
        best, at = 0, low
        while at < len(order) and first[order[at]].start_ms < cue.end_ms:
            other = first[order[at]]
            shared = overlap_ms(cue.start_ms, cue.end_ms, other.start_ms, other.end_ms)
            if shared > best:
                best, found[number] = shared, order[at]
            at += 1
    return found


def _stacked(cue: Cue, partners: Sequence[Cue]) -> Cue:
    """A cue with others below it, shown as long as any of them."""
    if not partners:
        return cue
    lines: list[Tree] = [line for line in lines_of(cue.tree) if one_line(line)]
    for partner in partners:
        lines += [line for line in lines_of(partner.tree) if one_line(line)]
    payload, _ = write(joined(lines), "vtt")
    return replace(
        cue,
        start_ms=min(cue.start_ms, *(partner.start_ms for partner in partners)),
        end_ms=max(cue.end_ms, *(partner.end_ms for partner in partners)),
        payload=payload,
        notation="vtt",
    )


def _apart(cues: list[Cue]) -> list[Cue]:
    """Cues that grew no further than to their neighbours, where they were apart before."""
    result = list(cues)
    order = sorted(range(len(cues)), key=lambda at: cues[at].start_ms)
    for one, other in pairwise(order):
        before, after = result[one], result[other]
        if before.start_ms < after.start_ms < before.end_ms:
            result[one] = replace(before, end_ms=after.start_ms)
    return result


def together(tracks: Sequence[CaptionTrack], *, names: Sequence[str] = ()) -> CaptionTrack:
    """Tracks of one clock as one, in the order of time: the speakers of a talk, each with a file.

    Args:
        tracks: Two or more.
        names: Whose each track is; their cues become voices. None where empty.

    Raises:
        UsageError: There are not as many names as tracks.
    """
    if names and len(names) != len(tracks):
        raise UsageError(f"{len(tracks)} tracks need as many names, and there are {len(names)}")
    if names:
        tracks = [
            replace(track, cues=tuple(_voiced(cue, name) for cue in track.cues))
            for track, name in zip(tracks, names, strict=True)
        ]
    return _woven(tracks)


def _voiced(cue: Cue, name: str) -> Cue:
    tree = cue.tree
    if not tree or any(isinstance(item, Node) and item.tag == "v" for item in tree):
        return cue
    payload, _ = write((Node(tag="v", annotation=name, children=tree),), "vtt")
    return replace(cue, payload=payload, notation="vtt")


def concatenated(tracks: Sequence[CaptionTrack], offsets_ms: Sequence[int]) -> CaptionTrack:
    """Tracks one after the other, each later by its offset; in the order given.

    Raises:
        UsageError: There are not as many offsets as tracks.
    """
    if len(tracks) != len(offsets_ms):
        raise UsageError(f"{len(tracks)} tracks need as many offsets, not {len(offsets_ms)}")
    parts = [
        replace(
            track,
            cues=tuple(moved_cue(cue, Line(offset_ms=Fraction(offset))) for cue in track.cues),
        )
        for track, offset in zip(tracks, offsets_ms, strict=True)
    ]
    return _joined(parts, sort=False)


def end_ms(track: CaptionTrack) -> int:
    """When the last cue of a track goes; 0 where there is none."""
    return max((cue.end_ms for cue in track.cues), default=0)


def _woven(tracks: Sequence[CaptionTrack]) -> CaptionTrack:
    return _joined(tracks, sort=True)


def _joined(tracks: Sequence[CaptionTrack], *, sort: bool) -> CaptionTrack:
    """The cues and blocks of all tracks; of what a file has one of, the first one's."""
    if not tracks:
        raise UsageError("there is nothing to merge", hint="give two files or more")
    tracks = _distinct_regions(tracks)
    cues = [(owner, cue) for owner, track in enumerate(tracks) for cue in track.cues]
    if sort:
        cues.sort(key=lambda item: (item[1].start_ms, item[0]))
    places: list[list[int]] = [[] for _ in tracks]
    for place, (owner, _) in enumerate(cues):
        places[owner].append(place)
    # where the cues of a track were not sorted, its comments go by the place they had
    blocks = [
        replace(block, before=_before(block, own))
        for track, own in zip(tracks, places, strict=True)
        for block in track.blocks
    ]
    languages = {track.language for track in tracks if track.language}
    return replace(
        tracks[0],
        language=languages.pop() if len(languages) == 1 else "mul" if languages else "",
        header=tuple(line for line in tracks[0].header if not line.startswith("Language:"))
        if len({track.language for track in tracks}) > 1
        else tracks[0].header,
        cues=tuple(cue for _, cue in cues),
        blocks=tuple(sorted(dict.fromkeys(blocks), key=lambda block: block.before)),
        diagnostics=tuple(item for track in tracks for item in track.diagnostics),
    )


def _before(block: Block, places: Sequence[int]) -> int:
    """Before which cue of the result a block stands, by where the cues of its track went."""
    if block.kind in ("style", "region") or not places:
        return 0
    return places[block.before] if block.before < len(places) else places[-1] + 1


def _distinct_regions(tracks: Sequence[CaptionTrack]) -> list[CaptionTrack]:
    """The tracks with no two regions of one name that are not the same."""
    known: dict[str, Region] = {}
    result = []
    for track in tracks:
        names: dict[str, str] = {}
        for region in track.regions:
            fresh, count = region.id, 1
            while known.get(fresh, replace(region, id=fresh)) != replace(region, id=fresh):
                count += 1
                fresh = f"{region.id}-{count}"
            names[region.id] = fresh
        for region in track.regions:
            known[names[region.id]] = replace(region, id=names[region.id])
        if any(old != new for old, new in names.items()):
            track = _renamed(track, names)  # noqa: PLW2901 - the track, its regions renamed
        result.append(track)
    return result


def _renamed(track: CaptionTrack, names: dict[str, str]) -> CaptionTrack:
    blocks = tuple(
        replace(block, text="", region=replace(block.region, id=names[block.region.id]))
        if block.region is not None
        else block
        for block in track.blocks
    )
    cues = tuple(
        replace(cue, settings=replace(cue.settings, region=names[cue.settings.region]))
        if cue.settings.region in names
        else cue
        for cue in track.cues
    )
    return replace(track, cues=cues, blocks=blocks)
