"""What somebody wrote in a chat: as the site sends it, in pieces (`runs`), or as the API does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from loquitur.youtube.livechat.strangers import MOST_CHARS, entries, look, safe, short

_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_CUSTOM = re.compile(r":[_A-Za-z0-9-]{1,64}:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What somebody wrote.

    Args:
        text: Emoji of Unicode as characters, others as short names, links in full length.
        emotes: The short names of emoji that are no characters, in their order.
        links: The addresses in it, in their order.
    """

    text: str = ""
    emotes: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


def plain(value: object) -> str:
    """The text of a `{"simpleText"}` or of `{"runs"}`; empty where there is none."""
    return written(value).text


def written(value: object) -> Written:
    """A `{"simpleText"}` or `{"runs"}` with its emoji and links.

    >>> written({"runs": [{"text": "hi "}, {"emoji": {"emojiId": "😂"}}]}).text
    'hi 😂'
    """
    simple = look(value, "simpleText")
    if isinstance(simple, str):
        return Written(text=safe(simple))
    texts: list[str] = []
    emotes: list[str] = []
    links: list[str] = []
    for run in entries(look(value, "runs")):
        emoji = look(run, "emoji")
        if isinstance(emoji, dict):
            name, is_custom = _emoji(emoji)
            texts.append(name)
            if is_custom and name:
                emotes.append(name)
            continue
        text = look(run, "text")
        shown = text if isinstance(text, str) else ""
        link = _link(look(run, "navigationEndpoint", "urlEndpoint", "url"))
        if link:
            links.append(link)
            shown = _restored(shown, link)
        texts.append(shown)
    return Written(text=safe("".join(texts)), emotes=tuple(emotes), links=tuple(links))


def of_text(text: object) -> Written:
    """What the API gives as one string: addresses are found in it, emoji stand in it."""
    kept = safe(text) if isinstance(text, str) else ""
    links = tuple(match[0].rstrip(".,;:!?)") for match in _ADDRESS.finditer(kept))
    outside = _ADDRESS.sub(" ", kept)
    return Written(text=kept, emotes=tuple(_CUSTOM.findall(outside)), links=links)


def _emoji(emoji: dict[str, Any]) -> tuple[str, bool]:
    """An emoji as text, and whether it belongs to a channel.

    The id of an emoji of Unicode is the character itself; that of another one has the channel's id
    and a slash. `isCustomEmoji` is absent where it is not true.
    """
    ident = emoji.get("emojiId")
    names = [short(name) for name in entries(emoji.get("shortcuts")) if isinstance(name, str)]
    is_one = isinstance(ident, str) and ident and "/" not in ident
    if is_one and not emoji.get("isCustomEmoji"):
        return str(ident), False
    label = short(look(emoji, "image", "accessibility", "accessibilityData", "label"))
    if names:
        return names[0], True
    return (f":{label}:" if label else ""), True


def _link(url: object) -> str:
    """The address that a link leads to, without the site's own detour."""
    if not isinstance(url, str) or not url or len(url) > MOST_CHARS:
        return ""
    try:
        parts = urlsplit(url)
        if parts.path == "/redirect":
            target = parse_qs(parts.query, max_num_fields=50).get("q", [""])[0]
            return safe(target) if target else safe(url)
    except ValueError:
        return safe(url)
    if url.startswith("/"):
        return safe("https://www.youtube.com" + url)
    return safe(url)


def _restored(shown: str, link: str) -> str:
    """The whole address where the site cut what it shows of it."""
    for end in ("...", "…"):
        if shown.endswith(end):
            begun = shown.removesuffix(end)
            for whole in (link, link.partition("://")[2]):
                if begun and whole.startswith(begun):
                    return whole
    return shown
