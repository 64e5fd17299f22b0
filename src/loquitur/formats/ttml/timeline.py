"""When each element of a TTML body is active: its own times, its siblings' and its parent's.

After TTML2, section 12 and SMIL: in a parallel container times count from its begin, in a
sequence from the end of the sibling before; nothing outlasts its parent. An element without an end
lasts as long as its children; text lasts as long as it may.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from loquitur.formats.safe_xml import Element
from loquitur.formats.ttml.names import TT

if TYPE_CHECKING:
    from collections.abc import Callable

    from loquitur.formats.ttml.times import Rates

MOST_SETS = 8
"""Animations of one element that are followed; every paragraph inside has a state for each."""
_TIMED = frozenset({"body", "div", "p", "span"})
_MIXED = frozenset({"p", "span"})


@dataclass(slots=True, kw_only=True)
class Active:
    """An element with its time in seconds; `end` is None where nothing ends it."""

    element: Element
    begin: Fraction
    end: Fraction | None
    children: list[Active | str] = field(default_factory=list)
    sets: list[tuple[Fraction, Fraction | None, Element]] = field(default_factory=list)

    def at(self, time: Fraction) -> bool:
        """Whether it is active at a time."""
        return self.begin <= time and (self.end is None or time < self.end)


def timeline(body: Element, rates: Rates, strange: Callable[[Element, str], None]) -> Active:
    """The body with absolute times.

    Args:
        body: The `body` element.
        rates: What frames and ticks are worth.
        strange: Told of times that are none.
    """
    found = _relative(body, Fraction(0), rates, strange)
    _absolute(found, Fraction(0), None)
    return found


def _relative(
    element: Element, earliest: Fraction, rates: Rates, strange: Callable[[Element, str], None]
) -> Active:
    """An element with times that count from its parent's begin; `earliest` is when it may begin."""
    given: dict[str, Fraction | None] = {}
    for name in ("begin", "dur", "end"):
        text = element.get(name)
        given[name] = rates.seconds(text) if text else None
        if text and given[name] is None and text.strip() != "indefinite":
            strange(element, f"{name}='{text[:40]}' is no time")
    begin = earliest + (given["begin"] or 0)
    found = Active(element=element, begin=begin, end=begin)
    lasts = _fill(found, rates, strange)
    ends = [
        time
        for time in (
            None if given["dur"] is None else begin + given["dur"],
            None if given["end"] is None else earliest + given["end"],
        )
        if time is not None
    ]
    found.end = min(ends) if ends else None if lasts is None else begin + lasts
    return found


def _fill(found: Active, rates: Rates, strange: Callable[[Element, str], None]) -> Fraction | None:
    """Take in the children; how long they last, None for as long as they may."""
    element = found.element
    sequence = element.get("timeContainer").strip() == "seq"
    lasts: Fraction | None = Fraction(0)
    for child in element.children:
        if isinstance(child, str) or child.name == "br":
            if not sequence and element.name in _MIXED:
                lasts = None
            _take(found, child, sequence=sequence)
            continue
        if child.space != TT or (child.name not in _TIMED and child.name != "set"):
            continue
        if sequence and lasts is None:
            break  # what follows something without end never comes
        earliest = (lasts or Fraction(0)) if sequence else Fraction(0)
        inner = _relative(child, earliest, rates, strange)
        if child.name == "set":
            end = None if inner.end == inner.begin else inner.end
            if len(found.sets) < MOST_SETS:
                found.sets.append((inner.begin, end, child))
            else:
                strange(child, f"more than {MOST_SETS} <set> in one element are not followed")
            lasts = end if sequence else lasts
            continue
        if inner.end != inner.begin:
            found.children.append(inner)
        lasts = inner.end if sequence else _later(lasts, inner.end)
    return lasts


def _take(found: Active, child: Element | str, *, sequence: bool) -> None:
    """Text counts in parallel paragraphs and spans alone; a line break anywhere in them."""
    if found.element.name not in _MIXED:
        return
    if isinstance(child, str):
        if not sequence:
            found.children.append(child)
    elif child.space == TT:
        found.children.append(Active(element=child, begin=Fraction(0), end=None))


def _later(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    return None if one is None or other is None else max(one, other)


def _absolute(found: Active, parent_begin: Fraction, parent_end: Fraction | None) -> None:
    """Turn relative times into absolute ones, none later than the parent's end."""
    found.begin += parent_begin
    end = None if found.end is None else found.end + parent_begin
    found.end = _earlier(end, parent_end)
    found.sets = [
        (found.begin + begin, _earlier(None if end is None else found.begin + end, found.end), one)
        for begin, end, one in found.sets
    ]
    for child in found.children:
        if isinstance(child, Active):
            if child.element.name == "br":
                child.begin, child.end = found.begin, found.end
            else:
                _absolute(child, found.begin, found.end)


def _earlier(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    return one if other is None else other if one is None else min(one, other)


def moments(found: Active) -> set[Fraction]:
    """All times inside an element at which anything begins or ends."""
    times: set[Fraction] = set()
    todo = [found]
    while todo:
        one = todo.pop()
        times |= {time for time in (one.begin, one.end) if time is not None}
        for begin, end, _ in one.sets:
            times |= {time for time in (begin, end) if time is not None}
        todo += [
            child
            for child in one.children
            if isinstance(child, Active) and child.element.name != "br"
        ]
    return times
