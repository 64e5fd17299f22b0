"""Lists of words for aspects and opinions: presets, a user's own, and how they are looked up.

A file is TOML (see `presets/product.toml`). Languages whose words are parted by blanks are
looked up word by word, the longest entry first; Korean and Japanese entries are stems and are found
inside words.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec

from loquitur.conversion import convert
from loquitur.errors import InputError, UsageError, near
from loquitur.insight.terms.patterns import comparable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

GENERAL = "overall"
UNSPACED = ("ko", "ja")
_MOST_BYTES = 1 << 20
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*", re.UNICODE)


class _Words(msgspec.Struct, forbid_unknown_fields=True):
    names: str = ""
    good: str = ""
    bad: str = ""
    good_with: str = ""
    bad_with: str = ""
    bad_if_not: str = ""


class _General(msgspec.Struct, forbid_unknown_fields=True):
    good: str = ""
    bad: str = ""
    bad_if_not: str = ""
    not_: str = msgspec.field(name="not", default="")
    not_only: str = ""
    greeting: str = ""
    before: str = ""
    wish: str = ""
    turn: str = ""
    ask: str = ""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    title: str = ""
    extends: str = ""
    take: list[str] = []
    aspects: dict[str, dict[str, str | _Words]] = {}
    intents: dict[str, dict[str, Annotated[str, msgspec.Meta(max_length=100_000)]]] = {}


@dataclass(frozen=True, slots=True)
class Entry:
    """What a word or phrase says.

    Args:
        kind: `name` of an aspect, `good`, `bad`, `good_with`, `bad_with`, `bad_if_not`, `intent`,
            `not`, `not_only`, `greeting`, `before`, `wish`, `ask`.
        aspect: Of which aspect or intent; None for anything.
    """

    kind: str
    aspect: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Entries of one phrase in a text.

    Args:
        first: Its first word (in Korean and Japanese its first character).
        end: Exclusive.
        entries: What it says.
        text: As it stands in the list.
    """

    first: int
    end: int
    entries: tuple[Entry, ...]
    text: str


@dataclass(slots=True)
class Lists:
    """The lists of one language, ready to be looked up.

    Args:
        language: Its tag.
        phrases: What each entry says, by its words.
        firsts: How long the longest entry is that begins with a word, where it has several.
        stars: How many letters stand before a star, the most first.
        stems: Of Korean and Japanese.
        turn: Where a new clause begins.
    """

    language: str
    phrases: dict[tuple[str, ...], list[Entry]] = field(default_factory=dict)
    firsts: dict[str, int] = field(default_factory=dict)
    stars: tuple[int, ...] = ()
    stems: re.Pattern[str] | None = None
    turn: re.Pattern[str] | None = None

    def find(self, clause: str) -> tuple[list[str], list[Found]]:
        """The words of a clause, and what of the lists stands in it, none over another."""
        if self.language in UNSPACED:
            return [clause], list(self._stems(clause))
        words = [match[0].replace("’", "'") for match in _WORD.finditer(clause)]
        found, at = [], 0
        while at < len(words):
            one = self._longest(words, at)
            if one is None:
                at += 1
            else:
                found.append(one)
                at = one.end
        return words, found

    def _longest(self, words: Sequence[str], at: int) -> Found | None:
        word = words[at]
        for size in range(min(self.firsts.get(word, 1), len(words) - at), 0, -1):
            phrase = tuple(words[at : at + size])
            entries = self.phrases.get(phrase) or self._starred(phrase)
            if entries:
                return Found(at, at + size, tuple(entries), " ".join(phrase))
        return None

    def _starred(self, phrase: tuple[str, ...]) -> list[Entry] | None:
        last = phrase[-1]
        for end in self.stars:
            if end <= len(last):
                entries = self.phrases.get((*phrase[:-1], last[:end] + "*"))
                if entries:
                    return entries
        return None

    def _stems(self, clause: str) -> Iterator[Found]:
        if self.stems is not None:
            for match in self.stems.finditer(clause):
                yield Found(match.start(), match.end(), tuple(self.phrases[match[0],]), match[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Aspects and their words in some languages.

    Args:
        name: `product`, `live-shopping`, or the user's file.
        title: For people.
        aspects: Names of aspects, with their titles.
        intents: Names of what viewers want, with their titles.
        lists: By language.
    """

    name: str
    title: str
    aspects: Mapping[str, str]
    intents: Mapping[str, str]
    lists: Mapping[str, Lists]


def presets() -> tuple[str, ...]:
    """The names of the presets that come along."""
    place = resources.files("loquitur.insight.opinions").joinpath("presets")
    return tuple(sorted(item.name.removesuffix(".toml") for item in place.iterdir()))


def load_preset(name: str, own: str = "") -> Preset:
    """A preset with a user's own aspects beside it.

    Args:
        name: One of `presets()`; empty for the user's alone.
        own: A TOML file of the same form; empty for none.

    Raises:
        UsageError: No such preset.
        InputError: The file cannot be read or is not of this form.
    """
    if not own:
        return _kept(name)
    shipped = [_shipped(name)] if name else []
    return _preset(name or Path(own).name, [*shipped, _read(Path(own))])


@lru_cache(maxsize=8)
def _kept(name: str) -> Preset:
    """A preset that comes along; files of users change, and are read each time."""
    return _preset(name, [_shipped(name)])


def _preset(name: str, files: Sequence[_File]) -> Preset:
    """The lists of files together, the later ones beside the earlier."""
    aspects: dict[str, dict[str, list[_Words]]] = {}
    titles: dict[str, str] = {}
    intents: dict[str, dict[str, list[str]]] = {}
    intent_titles: dict[str, str] = {}
    for one in files:
        parts = [(_shipped(one.extends), one.take)] if one.extends else []
        for part, taken in (*parts, (one, [])):
            for aspect, entries in part.aspects.items():
                if not taken or aspect in taken:
                    _add_aspect(aspect, entries, aspects, titles)
            for intent, texts in part.intents.items():
                intent_titles[intent] = texts.get("title", intent)
                for language, text in texts.items():
                    if language != "title":
                        intents.setdefault(intent, {}).setdefault(language, []).append(text)
    general = _general()
    languages = sorted({*general, *(tag for words in aspects.values() for tag in words)})
    return Preset(
        name=name,
        title=files[-1].title or name,
        aspects=titles,
        intents=intent_titles,
        lists={tag: _compiled(tag, general.get(tag), aspects, intents) for tag in languages},
    )


def split(text: str) -> list[str]:
    """The entries of a list, parted by `;`."""
    return [entry for part in text.split(";") if (entry := comparable(part).strip().lower())]


def _add_aspect(
    aspect: str,
    entries: dict[str, str | _Words],
    aspects: dict[str, dict[str, list[_Words]]],
    titles: dict[str, str],
) -> None:
    titles.setdefault(aspect, aspect)
    aspects.setdefault(aspect, {})
    for language, words in entries.items():
        if isinstance(words, str):
            if language == "title":
                titles[aspect] = words
            else:  # a bare list is a list of names
                aspects[aspect].setdefault(language, []).append(_Words(names=words))
        else:
            aspects[aspect].setdefault(language, []).append(words)


def _compiled(
    tag: str,
    general: _General | None,
    aspects: dict[str, dict[str, list[_Words]]],
    intents: dict[str, dict[str, list[str]]],
) -> Lists:
    spaced = tag not in UNSPACED
    phrases: dict[tuple[str, ...], list[Entry]] = {}
    for text, entry in _entries(tag, general, aspects, intents):
        for one in split(text):
            key = tuple(_words(one)) if spaced else (one,)
            if key and entry not in (known := phrases.setdefault(key, [])):
                known.append(entry)
    found = Lists(tag, phrases)
    for key in phrases:
        found.firsts[key[0]] = max(found.firsts.get(key[0], 1), len(key))
    starred = {len(key[-1]) - 1 for key in phrases if key[-1].endswith("*")}
    found.stars = tuple(sorted(starred, reverse=True))
    if not spaced and phrases:
        ordered = sorted((key[0] for key in phrases), key=lambda stem: (-len(stem), stem))
        found.stems = re.compile("|".join(map(re.escape, ordered)))
    turns = split(general.turn) if general else []
    if turns:
        some = "|".join(map(re.escape, sorted(turns, key=len, reverse=True)))
        found.turn = re.compile(rf"\b(?:{some})\b" if spaced else some)
    return found


def _entries(
    tag: str,
    general: _General | None,
    aspects: dict[str, dict[str, list[_Words]]],
    intents: dict[str, dict[str, list[str]]],
) -> Iterator[tuple[str, Entry]]:
    """All lists of a language and what stands in them."""
    for aspect, languages in aspects.items():
        for words in languages.get(tag, ()):
            yield words.names, Entry("name", aspect)
            for kind in ("good", "bad", "good_with", "bad_with", "bad_if_not"):
                yield getattr(words, kind), Entry(kind, aspect)
    for intent, texts in intents.items():
        for text in texts.get(tag, ()):
            yield text, Entry("intent", intent)
    if general is not None:
        for kind in ("good", "bad", "bad_if_not", "not_only", "greeting", "before", "wish", "ask"):
            yield getattr(general, kind), Entry(kind)
        yield general.not_, Entry("not")


def _words(entry: str) -> Iterator[str]:
    for part in entry.replace("-", " ").replace("/", " ").split():
        star = "*" if part.endswith("*") else ""
        found = _WORD.findall(part.rstrip("*"))
        yield from found[:-1]
        if found:
            yield found[-1].replace("’", "'") + star


def _shipped(name: str) -> _File:
    if name not in presets():
        raise UsageError(f"no such preset: '{name[:40]}'", hint=near(name, presets()))
    place = resources.files("loquitur.insight.opinions").joinpath("presets", f"{name}.toml")
    return convert(tomllib.loads(place.read_text("utf-8")), _File)


@lru_cache(maxsize=1)
def _general() -> dict[str, _General]:
    place = resources.files("loquitur.insight.opinions").joinpath("words.toml")
    return convert(tomllib.loads(place.read_text("utf-8")), dict[str, _General])


def _read(path: Path) -> _File:
    hint = "see docs/insight-terms.md for the form of such a file"
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f"{path} is larger than 1 MB", hint=hint)
        found = convert(tomllib.loads(path.read_text("utf-8")), _File)
    except OSError as exc:
        raise InputError(f"{path} cannot be read: {exc.strerror}") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise InputError(f"{path} is no TOML: {exc}", hint=hint) from exc
    except msgspec.ValidationError as exc:
        raise InputError(f"{path} is no list of aspects: {exc}", hint=hint) from exc
    wrong = next((name for name in found.aspects if not _NAME.fullmatch(name)), None)
    if wrong is not None or not found.aspects:
        what = "has no aspect" if wrong is None else f"'{wrong[:40]}' is no name of an aspect"
        raise InputError(f"{path}: {what}", hint=hint)
    return found
