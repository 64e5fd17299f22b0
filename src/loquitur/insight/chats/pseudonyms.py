"""Names of authors, as they are or as keyed pseudonyms; texts never tell what the names hide.

A pseudonym is the begin of HMAC-SHA256 (RFC 2104) of the channel's id (of the name where there is
none) under a secret key: the same key gives the same pseudonyms, in other chats too, and without
the key nobody can try out names. A plain hash would be undone by hashing a list of names.
"""

from __future__ import annotations

import hmac
import re
import secrets
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loquitur.errors import FullError, InputError
from loquitur.insight.chats.wording import MENTION
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Iterable

SECRET_NAME = "LOQUITUR_PSEUDONYM_KEY"  # noqa: S105 - the name of a secret, not one
_KEY_BYTES = 32
_LEAST_KEY = 16
_MOST_KEY = 4_096
_DIGITS = 16
_CHANNEL = re.compile(r"UC[A-Za-z0-9_-]{22}")
_LONGEST_NAME = 64
_ANYWHERE = 5
"""A name of so many letters is replaced inside longer words too; a shorter one as a whole word."""
_MOST_SHOWN = 240
_WIDE = re.compile("[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7a3]")


class Names:
    """What authors are called in all that leaves an analysis.

    Args:
        names: Of each author by number; None where only the channel is known.
        channels: The channel of each author.
        key: Of the pseudonyms; None leaves the names as they are.
    """

    def __init__(
        self,
        names: Iterable[str | None],
        channels: Iterable[str | None],
        *,
        key: bytes | None = None,
    ) -> None:
        self._names = list(names)
        self._channels = list(channels)
        self._key = key
        self._known: dict[str, int] = {}
        self._lengths: list[int] = []
        if key is not None:
            for number, name in enumerate(self._names):
                if name:
                    for form in (_plain(name), _plain(name).lstrip("@")):
                        if 2 <= len(form) <= _LONGEST_NAME:
                            self._known.setdefault(form, number)
            self._lengths = sorted({len(form) for form in self._known}, reverse=True)

    @property
    def are_hidden(self) -> bool:
        """Whether pseudonyms stand for them."""
        return self._key is not None

    def author(self, number: int) -> str | None:
        """What an author is called; None where nobody is named."""
        if number < 0:
            return None
        if self._key is None:
            return self._names[number] or self._channels[number]
        return self._pseudonym(self._channels[number] or self._names[number] or "")

    def channel(self, number: int) -> str | None:
        """An author's channel; None where it is hidden or not known."""
        return self._channels[number] if number >= 0 and self._key is None else None

    def text(self, text: str, *, most: int = _MOST_SHOWN) -> str:
        """A text on one line, names in it replaced, cut to a length."""
        line = display(" ".join(text[: 8 * most].split()))
        if self._key is not None:
            line = self._hidden(line)
        return line if len(line) <= most else line[: most - 1] + "…"

    def tells(self, word: str) -> bool:
        """Whether a word on its own gives away a name that is hidden."""
        return self._key is not None and self._hidden(word) != word

    def _hidden(self, text: str) -> str:
        text = unicodedata.normalize("NFC", text)
        low = _lowered(text)
        kept: list[str] = []
        at = 0
        while at < len(text):
            channel, called = _CHANNEL.match(text, at), MENTION.match(text, at)
            if channel:
                kept.append(self._pseudonym(channel[0]))
                at = channel.end()
            elif called and (size := self._name_at(low, at + 1)) >= len(called[0]) - 1:
                # a name of several words, of which a mention takes the first alone
                number = self._known[low[at + 1 : at + 1 + size]]
                kept.append("@" + (self.author(number) or ""))
                at += 1 + size
            elif called:
                kept.append("@" + self._called(called[0][1:]))
                at = called.end()
            elif size := self._name_at(low, at):
                kept.append(self.author(self._known[low[at : at + size]]) or "")
                at += size
            else:
                kept.append(text[at])
                at += 1
        return "".join(kept)

    def _called(self, name: str) -> str:
        """The pseudonym of a name that is called by `@`: its author's, or one of its own."""
        form = _plain(name).rstrip(".")
        number = self._known.get(form)
        if number is None:
            return self._pseudonym("@" + form)
        return self.author(number) or ""

    def _name_at(self, low: str, at: int) -> int:
        """The length of the longest name that stands at a place; 0 for none."""
        for size in self._lengths:
            form = low[at : at + size]
            if form not in self._known or len(form) < size:
                continue
            if size >= _ANYWHERE or _WIDE.search(form):
                return size
            before = low[at - 1] if at else " "
            after = low[at + size] if at + size < len(low) else " "
            if not (before.isalnum() or after.isalnum()):
                return size
        return 0

    def _pseudonym(self, identity: str) -> str:
        """`anon-` and 16 hexadecimal digits: two of a million authors share one in 1 of 10**7."""
        message = unicodedata.normalize("NFC", identity).encode("utf-8", "replace")
        return "anon-" + hmac.digest(self._key or b"", message, "sha256").hex()[:_DIGITS]


def names_of(authors: Any, *, key: bytes | None) -> Names:
    """The names of a chat's authors, see `Messages.authors`."""
    return Names(
        authors["author_name"].to_list(), authors["author_channel_id"].to_list(), key=key
    )  # fmt: skip


def random_key() -> bytes:
    """A key for one run: its pseudonyms fit those of no other."""
    return secrets.token_bytes(_KEY_BYTES)


def read_key(path: str | Path) -> tuple[bytes, tuple[str, ...]]:
    """The key of a file, which is made where there is none, for the owner's eyes (mode 0600).

    Returns:
        The key, and what is to be told of the file.

    Raises:
        InputError: It cannot be read, or is too short for a key.
        FullError: It cannot be written.
    """
    path = Path(path).expanduser()
    shown = display(str(path))
    try:
        if not path.exists():
            path.touch(mode=0o600, exist_ok=False)
            path.write_text(secrets.token_hex(_KEY_BYTES) + "\n", encoding="ascii")
            return path.read_bytes().strip(), (f"{shown} is a new key: keep it, keep it secret.",)
        with path.open("rb") as file:
            key = file.read(_MOST_KEY).strip()
        is_open = path.stat().st_mode & 0o077
    except OSError as exc:
        kind = InputError if path.exists() else FullError
        raise kind(f"{shown}: no key: {exc.strerror or exc}", hint="choose another file") from exc
    check_key(key, shown)
    told = (f"{shown} may be read by others: chmod 600 it.",) if is_open else ()
    return key, told


def check_key(key: bytes, place: str) -> bytes:
    """The key, where it is long enough not to be found by trying.

    Args:
        key: As it was given.
        place: Where it stands, for the message; the key itself is never shown.

    Raises:
        InputError: It is shorter than 16 characters.
    """
    if len(key) < _LEAST_KEY:
        raise InputError(
            f"{place}: a key has at least {_LEAST_KEY} characters, this one {len(key)}",
            hint="--key-file with a name that is not there makes one",
        )
    return key


def _plain(name: str) -> str:
    """A name as names are compared."""
    return _lowered(unicodedata.normalize("NFC", name.strip()))


def _lowered(text: str) -> str:
    """Lower case, letter by letter: a text keeps its length."""
    return "".join(low if len(low := char.lower()) == 1 else char for char in text)
