"""A page as its parser sees it: tags, ids, addresses, texts; and what a good page never has."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

VOID = {"meta", "br", "input", "link", "img", "hr", "base"}
SHUT = {"path", "circle", "rect"}
"""Elements of SVG that close themselves."""
RESOURCES = {"src", "srcset", "data", "poster", "background", "action", "formaction", "xlink:href"}


class Page(HTMLParser):
    """What is in a page; balanced or an AssertionError."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.ids, self.links, self.texts = [], [], [], []
        self.headings, self.attributes, self.stack = [], [], []
        self.raw = {"style": "", "script": ""}
        self.scripts = []
        self.policy = ""
        self.feed(text)
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        assert len(found) == len(attrs), (tag, attrs)
        self.tags.append(tag)
        self.attributes.append((tag, found))
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "a":
            self.links.append(found["href"])
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "meta" and found.get("http-equiv") == "Content-Security-Policy":
            self.policy = found["content"]
        if tag == "script":
            self.scripts.append(found)
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.stack.pop()

    def handle_endtag(self, tag):
        assert self.stack, tag
        assert self.stack.pop() == tag

    def handle_data(self, data):
        if self.stack and self.stack[-1] == "style":
            self.raw["style"] += data
        elif self.stack and self.stack[-1] == "script":
            if self.scripts[-1].get("type") != "application/json":
                self.raw["script"] += data
        else:
            self.texts.append(data)

    @property
    def text(self):
        return "".join(self.texts)


def sound(text):
    """The page, after it was held against what every page of ours promises."""
    page = Page(text)
    assert len(page.ids) == len(set(page.ids))
    allowed = {"src": "data:"}
    for tag, found in page.attributes:
        for name, value in found.items():
            assert not name.startswith("on"), (tag, name)
            assert name not in RESOURCES or (value or "").startswith(allowed.get(name, "\0")), tag
        assert "style" not in found, tag
        assert tag not in {"link", "iframe", "object", "embed", "img", "base", "form", "image"}
    for href in page.links:
        assert re.match(r"https?://[^/]|#[a-z]|[^:/?#]+(?:[/?#]|$)|/[^/]", href), href
        assert not re.match(r"\s*(?:javascript|data|vbscript|file)", href, re.IGNORECASE), href
    assert not re.search(r"@import|url\(|expression\(", page.raw["style"])
    return page


def whole(text):
    """A page that is a file of its own, sound and under its policy."""
    page = sound(text)
    policy = dict(part.strip().split(" ", 1) for part in page.policy.split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["style-src"] == f"'{digest(page.raw['style'])}'"
    assert policy["script-src"] == f"'{digest(page.raw['script'])}'"
    assert page.tags.count("style") == 1
    assert [one.get("type") for one in page.scripts] == ["application/json", None]
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    for before, after in zip(page.headings, page.headings[1:], strict=False):
        assert after <= before + 1, page.headings
    assert {"header", "main", "nav", "footer"} <= set(page.tags)
    assert page.tags.count("caption") == page.tags.count("table")
    for tag, found in page.attributes:
        assert tag != "th" or found.get("scope") in ("col", "row")
        if tag == "svg" and found.get("aria-hidden") != "true":
            assert found["role"] == "img"
            assert found["aria-label"]
    targets = {href[1:] for href in page.links if href.startswith("#")}
    assert targets <= set(page.ids)
    return page


def digest(text):
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
