"""What the suites of others expect, in their own shapes."""

from __future__ import annotations

from loquitur.timing import clock

SPANS = {"c": "span", "v": "span", "lang": "span"}


def dumped(items, depth=0):
    """A tree as html5lib's tests print one: what browsers make of cue text."""
    lines = []
    edge = "| " + "  " * depth
    for item in items:
        if isinstance(item, str):
            lines.append(f'{edge}"{item}"')
        elif item.tag == "time":
            lines.append(f"{edge}<?timestamp {clock(item.start_ms)}>")
        else:
            lines.append(f"{edge}<{SPANS.get(item.tag, item.tag)}>")
            told = {"v": "title", "lang": "lang"}.get(item.tag)
            attributes = {"class": " ".join(item.classes)} if item.classes else {}
            attributes |= {told: item.annotation} if told else {}
            lines += [f'{edge}  {key}="{attributes[key]}"' for key in sorted(attributes)]
            lines += dumped(item.children, depth + 1)
    return lines


def seen(track, cue):
    """A cue in the words of the DOM."""
    place = cue.settings
    regions = [one for one in track.regions if one.id == place.region and place.region]
    return {
        "id": cue.id,
        "text": cue.payload,
        "startTime": cue.start_ms / 1000,
        "endTime": cue.end_ms / 1000,
        "vertical": place.vertical,
        "size": place.size,
        "align": place.align,
        "line": "auto" if place.line is None else place.line,
        "lineAlign": place.line_align,
        "snapToLines": place.snap_to_lines,
        "position": "auto" if place.position is None else place.position,
        "positionAlign": place.position_align,
        "region": _region(regions[-1]) if regions else None,
    }


def _region(region):
    return {
        "id": region.id,
        "width": region.width,
        "lines": region.lines,
        "regionAnchorX": region.region_anchor[0],
        "regionAnchorY": region.region_anchor[1],
        "viewportAnchorX": region.viewport_anchor[0],
        "viewportAnchorY": region.viewport_anchor[1],
        "scroll": region.scroll,
    }
