r"""Text of cues without what other formats and players left in it: tags, overrides, entities.

`{\an8}`, `<font>`, `&nbsp;`, `<br>` and their like mean something to one player and stand on the
screen of the next. Italics, bold, underline, ruby, voices and languages stay.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from loquitur.subtitles.cue_text import Item, Tree, compact, edited, with_children

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from loquitur.markup import Notation

_TAG = re.compile(
    r"</?(?:i|b|u|s|em|strong|font|span|p|div|center|big|small|sub|sup|a|strike|del|ins|tt|body|"
    r"html|head|sync|c|v|lang|ruby|rt)(?:[ \t./][^<>\n]{0,200})?/?>",
    re.IGNORECASE,
)
_BREAK = re.compile(r"<br[ \t]{0,9}/?>", re.IGNORECASE)
_ASS_BREAK = re.compile(r"(?<![:\\])\\N")
_ASS_BLANK = re.compile(r"(?<![:\\])\\h")
_OVERRIDE = re.compile(r"\{\\[^{}\n]{0,1000}\}|\{[yYcCfFsSpPoO]:[^{}\n]{0,80}\}")
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});")
_INVISIBLE = re.compile("[\u00ad\ufeff]")
_MOST_TURNS = 8


def without_remains(tree: Iterable[Item], notation: Notation) -> Tree:
    """The tree without remains; the same once it is done.

    Args:
        tree: Of a cue.
        notation: It was written in. In WebVTT a tag that is text was escaped, so somebody may have
            meant it: it is a remain only where it has its end tag, or is a `font`.
    """
    return edited(compact(_known(tree)), lambda text: _clean(text, escaped=notation == "vtt"))


def _known(tree: Iterable[Item]) -> Iterator[Item]:
    """The tree without fonts and strikes, which WebVTT does not know."""
    for item in tree:
        if isinstance(item, str):
            yield item
        elif item.tag in ("font", "s"):
            yield from _known(item.children)
        else:
            yield with_children(item, _known(item.children))


def _clean(text: str, *, escaped: bool) -> str:
    for _ in range(_MOST_TURNS):
        before = text
        if "&" in text:
            text = _ENTITY.sub(_resolved, text)
        if "<" in text:
            text = _BREAK.sub("\n", text)
            text = _paired(text) if escaped else _TAG.sub("", text)
        if "{" in text:
            text = _OVERRIDE.sub("", text)
        if "\\" in text:
            text = _ASS_BLANK.sub(" ", _ASS_BREAK.sub("\n", text))
        text = _INVISIBLE.sub("", text)
        if text == before:
            break
    return text


def _paired(text: str) -> str:
    """The text without the tags of which start and end are there, and without fonts."""
    tags = [match[0] for match in _TAG.finditer(text)]
    ended = {_name(tag) for tag in tags if tag[1] == "/"} & {
        _name(tag) for tag in tags if tag[1] != "/"
    }
    ended.add("font")
    return _TAG.sub(lambda match: "" if _name(match[0]) in ended else match[0], text)


def _name(tag: str) -> str:
    found = re.match(r"</?([a-z]+)", tag, re.IGNORECASE)
    return found[1].lower() if found else ""


def _resolved(match: re.Match[str]) -> str:
    found = html.unescape(match[0])
    if len(found) != 1 or found == "\ufffd":
        return match[0]
    return " " if found == "\xa0" or found in "\r\n\0" else found
