"""Reads TTML: a cue for each paragraph, or for each state of one whose spans are timed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from loquitur.formats import safe_xml
from loquitur.formats.document import Document, Findings
from loquitur.formats.safe_xml import XML, Element
from loquitur.formats.ttml.content import Context, shown, tree_of
from loquitur.formats.ttml.names import PREFIXES, TT, TTM, TTP, TTS, adopt, name_spaces, ours
from loquitur.formats.ttml.regions import place_of, screen_of
from loquitur.formats.ttml.styles import PLAIN, Look, Styles
from loquitur.formats.ttml.timeline import Active, moments, timeline
from loquitur.formats.ttml.times import milliseconds, rates_of
from loquitur.model.captions import CaptionTrack, Cue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.formats.ttml.regions import Screen
    from loquitur.markup import Node

_ROOT_KEPT = {
    (TTP, "profile"), (TTP, "contentProfiles"), (TTP, "cellResolution"), (TTS, "extent"),
    (TTP, "displayAspectRatio"), (TTP, "pixelAspectRatio"),
}  # fmt: skip
_LAST = Fraction(10)
"""Seconds that a paragraph without any end is shown after the last thing that happens."""
_MOST_WORK = 60_000
"""Pieces of text that one paragraph's states may have together; real ones have some hundreds."""
_PLAIN_NAME = re.compile(r"\s+")


def read(document: Document) -> CaptionTrack:
    """A track from TTML.

    Raises:
        InputError: It is no XML with `<tt>` at its root, or XML that attacks.
    """
    tree = safe_xml.parse(document, "XML with <tt> at its root")
    root = tree.root
    findings = Findings(tree.diagnostics)
    if root.name != "tt":
        raise document.refused(f"<{root.name}>", "<tt>", line=root.line)
    if not root.space:
        findings.add("ttml.namespace", root.line, "<tt> without its namespace is read all the same")
    adopt(root, bare=not root.space)
    return _Reader(root, document, findings).read()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """What a paragraph has from the elements around it."""

    said: dict[str, str]
    look: Look
    region: str = ""
    keep: bool = False
    styles: tuple[str, ...] = ()
    language: str = ""
    agent: str = ""
    chain: tuple[Active, ...] = ()


class _Reader:
    def __init__(self, root: Element, document: Document, findings: Findings) -> None:
        self._root = root
        self._document = document
        self._findings = findings
        self._head = next(ours(root, "head"), None)
        self._styles = Styles(self._head)
        self._screen: Screen = screen_of(root)
        self._rates = rates_of(root, document.fps)
        self._regions = dict(_regions(self._head))
        self._agents = dict(agents_of(self._head))
        self._language = root.get("lang", XML) or document.language
        self._last = Fraction(0)

    def read(self) -> CaptionTrack:
        cues: list[Cue] = []
        body = next(ours(self._root, "body"), None)
        if body is not None:
            found = timeline(
                body, self._rates,
                lambda element, said: self._findings.add("ttml.time", element.line, said),
            )  # fmt: skip
            self._last = max(moments(found))
            look = PLAIN.with_(self._styles.initial)
            around = _Around(said={}, look=look, keep=self._root.get("space", XML) == "preserve")
            for paragraph, inside in self._paragraphs(found, around):
                cues += self._cues(paragraph, inside)
        extra = []
        kept = {key: value for key, value in self._root.attributes.items() if key in _ROOT_KEPT}
        if kept:
            bare = Element(space=TT, name="tt", attributes=kept)
            extra.append(("ttml.root", _standalone(bare)))
        if self._head is not None and self._head.children:
            _compact(self._head)
            extra.append(("ttml.head", _standalone(self._head)))
        return CaptionTrack(
            language=self._language,
            cues=tuple(cues),
            name=_title(self._head),
            format="ttml",
            extra=tuple(extra),
            diagnostics=self._findings.all(),
        )

    def _paragraphs(self, found: Active, around: _Around) -> Iterator[tuple[Active, _Around]]:
        element = found.element
        inside = self._inside(found, around)
        if element.name == "p":
            yield found, inside
            return
        for child in found.children:
            if isinstance(child, Active):
                yield from self._paragraphs(child, inside)

    def _inside(self, found: Active, around: _Around) -> _Around:
        element = found.element
        region = element.get("region") or around.region
        said, look = around.said, around.look
        if region != around.region and region in self._regions:
            of_region = self._styles.said(self._regions[region])
            own = {name: value for name, value in of_region.items() if name in ("textAlign",)}
            said, look = own | said, look.with_(of_region | said)
        stated = self._styles.said(element)
        space = element.get("space", XML)
        names = tuple(name for name in element.get("style").split() if name in self._styles)
        return _Around(
            said=said | stated,
            look=look.with_(stated),
            region=region,
            keep=around.keep if not space else space == "preserve",
            styles=tuple(dict.fromkeys((*around.styles, *names))),
            language=element.get("lang", XML) or around.language,
            agent=element.get("agent", TTM) or around.agent,
            chain=(*around.chain, found),
        )

    def _cues(self, paragraph: Active, around: _Around) -> Iterator[Cue]:
        """The cues of a paragraph, one for each stretch of time in which its text is the same."""
        if self._regions and around.region not in self._regions:
            if around.region or paragraph.children:
                self._findings.add(
                    "ttml.region", paragraph.element.line,
                    "a paragraph in no region is not shown",
                )  # fmt: skip
            return
        if paragraph.element.get("agent", TTM) == "" and around.agent:
            paragraph.element.attributes[TTM, "agent"] = around.agent
        states = self._states(paragraph, around)
        extra = self._extra(paragraph, around)
        region = self._regions.get(around.region)
        place = place_of(
            None if region is None else self._styles.said(region), around.said, self._screen
        )
        name = paragraph.element.get("id", XML)
        for begin, end, tree in states:
            if end is None:
                self._findings.add(
                    "ttml.end", paragraph.element.line, "a paragraph without end is given one"
                )
            over = max(self._last, begin) + _LAST if end is None else end
            cue = Cue.of(
                start_ms=milliseconds(begin), end_ms=milliseconds(over), tree=tree, id=name,
                settings=place, extra=extra,
            )  # fmt: skip
            yield replace(cue, source_line=paragraph.element.line)
            name = ""

    def _states(
        self, paragraph: Active, around: _Around
    ) -> list[tuple[Fraction, Fraction | None, tuple[str | Node, ...]]]:
        times = set(moments(paragraph))
        for active in around.chain:
            times |= {time for one in active.sets for time in one[:2] if time is not None}
        first, last = paragraph.begin, paragraph.end
        inner = sorted(time for time in times if first < time and (last is None or time < last))
        if last is not None and last <= first:
            return []
        most = _MOST_WORK // _size(paragraph)
        if len(inner) > most:
            self._findings.add(
                "ttml.states", paragraph.element.line,
                f"a paragraph changes {len(inner)} times: only the first {most} are followed",
            )  # fmt: skip
            inner = inner[:most]
        states: list[tuple[Fraction, Fraction | None, tuple[str | Node, ...]]] = []
        for begin, end in zip([first, *inner], [*inner, last], strict=True):
            tree = self._tree(paragraph, around, begin)
            if states and states[-1][2] == tree and states[-1][1] == begin:
                states[-1] = (states[-1][0], end, tree)
            elif tree:
                states.append((begin, end, tree))
        return states

    def _tree(self, paragraph: Active, around: _Around, time: Fraction) -> tuple[str | Node, ...]:
        region = self._regions.get(around.region)
        if region is not None and self._styles.said(region).get("display", "").strip() == "none":
            return ()
        for active in around.chain:
            if not shown(active, self._styles.said(active.element), time):
                return ()
        language = around.language or self._language
        tree = tree_of(
            paragraph,
            Context(
                styles=self._styles, agents=self._agents, time=time, look=around.look,
                keep=around.keep, language=language,
            ),
        )  # fmt: skip
        if not any(_said(item) for item in tree):
            return ()
        if language != self._language:
            from loquitur.markup import Node

            tree = (Node(tag="lang", annotation=language, children=tree),)
        return tree

    def _extra(self, paragraph: Active, around: _Around) -> tuple[tuple[str, str], ...]:
        found = {
            "ttml.region": around.region if around.region in self._regions else "",
            "ttml.style": " ".join(around.styles),
            "ttml.role": paragraph.element.get("role", TTM),
        }
        return tuple((name, value) for name, value in found.items() if value)


def _size(paragraph: Active) -> int:
    """How many pieces a paragraph has, at least 1."""
    count, todo = 1, [paragraph]
    while todo:
        inside = todo.pop().children
        count += len(inside)
        todo += [child for child in inside if isinstance(child, Active)]
    return count


def _said(item: str | Node) -> bool:
    return bool(item.strip("\t\r\n ")) if isinstance(item, str) else any(map(_said, item.children))


def _regions(head: Element | None) -> Iterator[tuple[str, Element]]:
    for layout in ours(head, "layout") if head else ():
        for region in ours(layout, "region"):
            if name := region.get("id", XML):
                yield name, region


def agents_of(head: Element | None) -> Iterator[tuple[str, str]]:
    """The agents of a head: id and name."""
    for metadata in ours(head, "metadata") if head else ():
        for agent in metadata.elements("agent"):
            names = [" ".join(name.text().split()) for name in agent.elements("name")]
            if ident := agent.get("id", XML):
                yield ident, next(filter(None, names), ident)


def _title(head: Element | None) -> str:
    for metadata in ours(head, "metadata") if head else ():
        for title in metadata.elements("title"):
            return _PLAIN_NAME.sub(" ", title.text()).strip()
    return ""


def _compact(element: Element) -> None:
    """Take out the white space between the elements of a head."""
    todo = [element]
    while todo:
        one = todo.pop()
        inner = list(one.elements())
        if inner:
            one.children = [
                child for child in one.children if not isinstance(child, str) or child.strip()
            ]
        todo += inner


def _standalone(element: Element) -> str:
    """An element as XML with the namespaces it needs."""
    spaces: dict[str, str] = dict(PREFIXES)
    name_spaces(element, spaces)
    spaces.setdefault("", "")
    text = safe_xml.written(element, spaces)
    declared = "".join(
        f" xmlns{':' + prefix if prefix else ''}={safe_xml.quoted(space)}"
        for space, prefix in spaces.items()
        if space and space != XML and (space == TT or f"{prefix}:" in text)
    )
    end = re.match(r"<[^\s/>]+", text)
    at = end.end() if end else 0
    return text[:at] + declared + text[at:]
