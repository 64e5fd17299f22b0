"""Text and addresses as they may stand in a page: those of strangers stay text."""

from __future__ import annotations

import html
import os
import re
from urllib.parse import quote

from loquitur.insight.quoting import cut
from loquitur.text import display

_WEB = re.compile(r"https?://[A-Za-z0-9.\-_~%\[\]:@/?#!$&'()*+,;=|\u00a1-\ud7ff\uf900-\uffef]+")
_SCHEME = re.compile(r"[^/?#]*:")
_MOMENT = re.compile(r"#t=\d+(?:,\d+)?$")


def shown(text: str, most: int = 0) -> str:
    r"""A text of anybody on one line: nothing in it steers, and it is cut where it is long.

    Args:
        text: Of anybody.
        most: Characters to keep at most; 0 for all.

    >>> shown("a\n b\u202e", 0), shown("abcdef", 4)
    ('a b\ufffd', 'abc…')
    """
    return display(cut(text, most) if most else " ".join(text.split()))


def escaped(text: str, most: int = 0) -> str:
    """A text of anybody as HTML: as content, and between double quotes of an attribute."""
    return html.escape(shown(text, most), quote=True)


def address(url: str, folder: str = "") -> str:
    """An address that a page may link to, as it stands in an attribute; empty for any other.

    Those of the web are, and those of files, by their paths. Nothing else is (`javascript:`,
    `data:`, another scheme, a host without a scheme).

    Args:
        url: `https://...`, or the path of a file, with `#t=SECONDS` or without.
        folder: Of the page: a relative path becomes relative to it.

    >>> address("https://youtu.be/abc?t=5"), address("a b.mp4#t=5")
    ('https://youtu.be/abc?t=5', 'a%20b.mp4#t=5')
    >>> address("javascript:alert(1)"), address("//host/x"), address("data:text/html,x")
    ('', '', '')
    """
    url = url.strip()
    if _WEB.fullmatch(url):
        return html.escape(url, quote=True)
    if not url or url != display(url) or "\\" in url or url.startswith("//") or _SCHEME.match(url):
        return ""
    moment = _MOMENT.search(url)
    path = url[: moment.start()] if moment else url
    if not path:
        return ""
    if folder and not path.startswith("/"):
        path = os.path.relpath(path, folder)
    return html.escape(quote(path, safe="/~!$'()*,;=@+") + (moment[0] if moment else ""))


def linked(text: str, url: str, folder: str = "") -> str:
    """A text (of HTML already) that leads to an address, or the text alone."""
    href = address(url, folder)
    return f'<a href="{href}" rel="noreferrer noopener">{text}</a>' if href else text
