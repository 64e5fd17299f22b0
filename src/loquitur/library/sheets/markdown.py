"""A sheet as Markdown (CommonMark): every line leads to its moment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from loquitur.formats.md import escaped
from loquitur.timing import short_clock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.library.sheets.sentences import Sentence
    from loquitur.library.sheets.sheet import Digest, Sheet

_SCHEMES = frozenset({"http", "https", "file", ""})
_UNSAFE = re.compile(r"[\s<>\"\\()\x00-\x1f\x7f]")


def markdown(sheets: Sequence[Sheet]) -> str:
    """Sheets one behind the other."""
    return "\n\n".join("\n\n".join(_blocks(sheet)) for sheet in sheets) + "\n"


def safe_address(url: str) -> str:
    """An address that a page may lead to: of the web or a file; empty for others.

    >>> safe_address("https://youtu.be/x?t=1"), safe_address("javascript:alert(1)")
    ('https://youtu.be/x?t=1', '')
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme not in _SCHEMES and len(parts.scheme) > 1:  # one letter is a drive
        return ""
    if parts.netloc and not parts.scheme:  # "//host/x" leads to wherever the page's own scheme does
        return ""
    return _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", url)


def _blocks(sheet: Sheet) -> Iterator[str]:
    volume = sheet.volume
    yield f"# {_line(volume.title or volume.media_id)}"
    facts = [
        _line(volume.channel),
        _line(volume.published),
        short_clock(volume.duration_ms) if volume.duration_ms else "",
        f"<{address}>" if (address := safe_address(volume.origin)) else "",
    ]
    if said := " · ".join(fact for fact in facts if fact):
        yield said
    titled = [one for one in sheet.digests if one.section.title]
    if len(titled) > 1:
        yield "## Contents"
        yield "\n".join(f"- {_heading(one)}" for one in titled)
    if sheet.terms:
        yield "## Key terms"
        yield "\n".join(
            f"- **{_line(one.term)}**{'' if one.defined else ' (first)'}:"
            f" {_line(' '.join(each.text for each in one.told))} {_moment(one.told[0])}".rstrip()
            for one in sheet.terms
        )
    for digest in sheet.digests:
        yield f"## {_heading(digest) if digest.section.title else 'What is said'}"
        if digest.section.terms:
            yield "*" + ", ".join(_line(term.text) for term in digest.section.terms) + "*"
        yield "\n".join(f"- {_line(one.text)} {_moment(one)}".rstrip() for one in digest.sentences)
    if sheet.questions:
        yield "## Questions"
        yield "\n".join(
            f"{number}. {_line(one.question.text)} {_moment(one.question)}".rstrip()
            + "\n\n"
            + f"    > {_line(' '.join(each.text for each in one.answer))}"
            f" {_moment(one.answer[0])}".rstrip()
            for number, one in enumerate(sheet.questions, 1)
        )


def _heading(digest: Digest) -> str:
    section = digest.section
    clock = _link(short_clock(section.start_ms), section.url) if section.url else ""
    return f"{clock} {_line(section.title)}".strip()


def _moment(sentence: Sentence) -> str:
    """The time as a link; nothing where the time is not known."""
    return f"({_link(short_clock(sentence.start_ms), sentence.url)})" if sentence.url else ""


def _link(text: str, url: str) -> str:
    address = safe_address(url)
    return f"[{text}]({address})" if address else text


def _line(text: str) -> str:
    return escaped(" ".join(text.split()))
