"""Messages cut into units that the chat tables, or a lexicon beneath them, know something of."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from loquitur.insight.chat_language import patterns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from loquitur.insight.chat_language.tables import Entry

_KEPT = 200_000
_LONGEST_KEPT = 60
"""Chunks and words of up to so many characters are kept, so many of them: messages repeat them."""
_LONGEST_WORD = 80
_THRICE = re.compile(r"(.)\1\1")
_SHORTCODE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of a message.

    Args:
        start: Its place in what was cut.
        end: Exclusive.
        surface: As it is written.
        key: As it was looked up and found; lower case where it was not.
        entry: The row that knows it.
        said: What the lexicon says of it, where no row does.
        counts: Whether it is a token that could be known: no punctuation, address or mention.
    """

    start: int
    end: int
    surface: str
    key: str
    entry: Entry | None = None
    said: float | None = None
    counts: bool = True

    @property
    def known(self) -> bool:
        """Whether anything knows it."""
        return self.entry is not None or self.said is not None


class Matcher:
    """Finds units by the tables of one language, longest first.

    Args:
        entries: Rows of tables; later ones go before earlier ones.
        language: BCP 47; rows of it and rows of any language are used. `und`: rows of all, those
            of English and the lexicon before those of other Latin letters.
        lexicon: Further words in lower case, and emoticons, with what they say.
    """

    def __init__(
        self,
        entries: Iterable[Entry],
        *,
        language: str = "und",
        lexicon: Mapping[str, float] | None = None,
    ) -> None:
        self._lexicon = lexicon or {}
        used = _used(entries, language, self._lexicon)
        self._exact: dict[str, Entry] = {}
        self._any: dict[str, Entry] = {}
        self._enter(used)
        self.runs = {entry.token: entry for entry in used if entry.match == "run"}
        parts = {entry.token: entry for entry in used if entry.match == "part"}
        self._parts = parts
        self._hangul = _longest_first(
            token for token, entry in parts.items() if entry.language == "ko"
        )
        self._cjk = _longest_first(
            [*(token for token, entry in parts.items() if entry.language == "ja")],
            patterns.GRASS,
        )
        self._plain = language != "en"
        self._phrases = _phrases(used)
        self._words = {word for entry in used if " " in entry.token for word in entry.token.split()}
        self._cut_before = lru_cache(maxsize=_KEPT)(self._cut)
        self._looked_up = lru_cache(maxsize=_KEPT)(self._look_up)

    def _enter(self, used: Iterable[Entry]) -> None:
        """Rows by their tokens; one for any case takes the place of earlier exact ones."""
        spelt: dict[str, list[str]] = {}
        for entry in used:
            if entry.match == "exact":
                self._exact[entry.token] = entry
                spelt.setdefault(entry.token.lower(), []).append(entry.token)
            elif entry.match in ("any", "word"):
                self._any[entry.token.lower()] = entry
                for token in spelt.pop(entry.token.lower(), ()):
                    self._exact.pop(token, None)

    def units(self, text: str) -> list[Unit]:
        """The units of a message, phrases put together, in their order."""
        found: list[Unit] = []
        phrased = False
        at = 0
        for chunk in text.split():
            at = text.index(chunk, at)
            for unit in self.chunk(chunk):
                placed = Unit(
                    unit.start + at, unit.end + at, unit.surface, unit.key,
                    unit.entry, unit.said, unit.counts,
                )  # fmt: skip
                phrased = phrased or unit.key.lower() in self._phrases
                found.append(placed)
            at += len(chunk)
        return list(self._joined(found, text)) if phrased else found

    def begins_phrase(self, key: str) -> bool:
        """Whether a phrase of the tables may begin with a unit of this key."""
        return key.lower() in self._phrases

    def phrase_at(self, keys: Sequence[str], at: int) -> tuple[int, Entry] | None:
        """The longest phrase that begins at a place: how many units it has, and its row.

        Args:
            keys: Of units, in lower case.
            at: The place.
        """
        for words, entry in self._phrases.get(keys[at], ()):
            if keys[at : at + len(words)] == words:
                return len(words), entry
        return None

    def _joined(self, units: Sequence[Unit], text: str) -> Iterator[Unit]:
        keys = [unit.key.lower() for unit in units]
        at = 0
        while at < len(units):
            found = self.phrase_at(keys, at)
            if found is None:
                yield units[at]
                at += 1
                continue
            count, entry = found
            start, end = units[at].start, units[at + count - 1].end
            yield Unit(start, end, text[start:end], entry.token, entry)
            at += count

    def chunk(self, chunk: str) -> tuple[Unit, ...]:
        """The units of a chunk without blanks; places are within it."""
        return self._cut_before(chunk) if len(chunk) <= _LONGEST_KEPT else self._cut(chunk)

    def _cut(self, chunk: str) -> tuple[Unit, ...]:
        return tuple(self._pieces(chunk))

    def _pieces(self, chunk: str) -> Iterator[Unit]:
        if chunk.isascii() and chunk.isalpha():  # most chunks by far
            yield Unit(0, len(chunk), chunk, *self._word(chunk))
            return
        narrow = chunk.translate(patterns.WIDE)
        if len(narrow) <= _LONGEST_WORD:
            for start, end in _cores(narrow):
                core = narrow[start:end]
                entry = self._exact.get(core) or self._any.get(core.lower())
                said = None if entry else self._emoticon(core)
                if entry or said is not None:
                    key = entry.token if entry else core.lower()
                    yield Unit(start, end, chunk[start:end], key, entry, said)
                    return
        for match in patterns.PIECE.finditer(narrow):
            yield from self._piece(match, chunk)

    def _piece(self, match: re.Match[str], chunk: str) -> Iterator[Unit]:
        kind, piece = match.lastgroup, match[0]
        start, end = match.span()
        surface = chunk[start:end]
        if kind == "word":
            key, entry, said = self._word(piece)
            yield Unit(start, end, surface, key, entry, said)
        elif kind == "emoji":
            yield from self._emoji(start, end, surface)
        elif kind == "code":
            yield self._code(start, end, surface)
        elif kind == "jamo":
            yield from self._jamo(piece, start, chunk)
        elif kind in ("hangul", "cjk"):
            yield from self._run(piece, start, chunk, is_hangul=kind == "hangul")
        elif kind == "sign":
            said = self._emoticon(piece)
            yield Unit(start, end, surface, piece, None, said, said is not None)
        else:
            yield Unit(start, end, surface, piece.lower(), None, None, False)

    def _emoticon(self, piece: str) -> float | None:
        """What the lexicon says of signs that are no word."""
        return None if piece.isalnum() or len(piece) < 2 else self._lexicon.get(piece.lower())

    def _word(self, word: str) -> tuple[str, Entry | None, float | None]:
        return self._looked_up(word) if len(word) <= _LONGEST_KEPT else self._look_up(word)

    def _look_up(self, word: str) -> tuple[str, Entry | None, float | None]:
        """A word as it is, as laughter, stretched, without accents, in capitals."""
        if word in self._exact:
            return word, self._exact[word], None
        lower = word.lower()
        is_stretched = _is_stretched(lower)
        if len(word) > _LONGEST_KEPT and not is_stretched:
            return lower, None, None
        entry = self._laughter(lower)
        if entry is not None:
            return entry.token, entry, None
        forms = [lower, *(patterns.collapsed(lower) if is_stretched else ())]
        if self._plain and not lower.isascii():
            forms += [_without_accents(form) for form in forms]
        for form in forms:
            found = self._form(form)
            if found is not None:
                return found
        for form in patterns.collapsed(word) if word.isupper() or is_stretched else ():
            if form in self._exact:
                return form, self._exact[form], None
        return lower, None, None

    def _form(self, form: str) -> tuple[str, Entry | None, float | None] | None:
        entry = self._any.get(form)
        if entry is not None:
            return entry.token.lower(), entry, None
        said = self._lexicon.get(form)
        if said is not None:
            return form, None, said
        return (form, None, None) if form in self._words else None

    def _laughter(self, lower: str) -> Entry | None:
        laughed = None if lower in self._any else patterns.LAUGHTER.fullmatch(lower)
        if laughed is None:
            return None
        names = {"ja": "laughter-ja", "clap": "applause-ja"}
        return self.runs.get(names.get(laughed.lastgroup or "", "laughter"))

    def _emoji(self, start: int, end: int, surface: str) -> Iterator[Unit]:
        plain = patterns.IGNORED.sub("", surface)
        entry = self._any.get(plain)
        if entry is None and "\u200d" in plain:
            parts = [self._any.get(part) for part in plain.split("\u200d")]
            told = [part for part in parts if part is not None]
            entry = next((part for part in told if part.polarity), told[0] if told else None)
        said = None if entry else self._lexicon.get(plain)
        yield Unit(start, end, surface, plain, entry, said)

    def _code(self, start: int, end: int, surface: str) -> Unit:
        """A shortcode: by its row, else by the words of its name."""
        entry = self._any.get(surface.lower()) or self._exact.get(surface.strip(":"))
        if entry is not None:
            return Unit(start, end, surface, entry.token, entry)
        for word in reversed(_SHORTCODE.findall(surface)):
            _, entry, said = self._word(word.lower())
            if said or (entry is not None and entry.polarity):
                return Unit(start, end, surface, surface.lower(), entry, said)
        return Unit(start, end, surface, surface.lower())

    def _jamo(self, piece: str, start: int, chunk: str) -> Iterator[Unit]:
        entry = self._whole(piece)
        if entry is not None:
            end = start + len(piece)
            yield Unit(start, end, chunk[start:end], entry.token, entry)
            return
        rest: list[tuple[int, int]] = []
        names = {"laugh": "laughter-ko", "cry": "crying-ko", "chuckle": "chuckle-ko"}
        for match in patterns.JAMO_RUN.finditer(piece):
            first, last = match.start() + start, match.end() + start
            entry = self.runs.get(names.get(match.lastgroup or "", ""))
            if entry is not None:
                yield Unit(first, last, chunk[first:last], entry.token, entry)
            else:
                entry = self._whole(match[0])
                if entry is not None and entry.polarity:
                    yield Unit(first, last, chunk[first:last], entry.token, entry)
                else:
                    rest.append((first, last))
        if rest:
            first, last = rest[0][0], rest[-1][1]
            yield Unit(first, last, chunk[first:last], chunk[first:last])

    def _whole(self, run: str) -> Entry | None:
        """The row of a run of Korean or Japanese, or of what it says again and again."""
        return self._any.get(run) or self._any.get(patterns.repeated(run))

    def _run(self, piece: str, start: int, chunk: str, *, is_hangul: bool) -> Iterator[Unit]:
        entry = self._whole(piece)
        if entry is not None:
            end = start + len(piece)
            yield Unit(start, end, chunk[start:end], entry.token, entry)
            return
        finder = self._hangul if is_hangul else self._cjk
        first = True
        for match in finder.finditer(piece) if finder else ():
            entry = self._parts.get(match[0]) or self.runs.get("laughter-ja")
            begin, end = match.start() + start, match.end() + start
            # a run is one token, however much in it is known
            yield Unit(begin, end, chunk[begin:end], match[0], entry, None, first)
            first = False
        if first:
            end = start + len(piece)
            yield Unit(start, end, chunk[start:end], piece)


def _used(entries: Iterable[Entry], language: str, lexicon: Mapping[str, float]) -> list[Entry]:
    """The rows for one language, those that go before others last."""
    own = {"", "ko", "ja"}  # Korean and Japanese have scripts of their own
    if language != "und":
        return [entry for entry in entries if entry.language in own | {language}]
    listed = list(entries)
    claimed = {entry.token for entry in listed if entry.language in own | {"en"}} | lexicon.keys()
    others = [entry for entry in listed if entry.language not in own | {"en"}]
    return [entry for entry in others if entry.token not in claimed] + [
        entry for entry in listed if entry.language in own | {"en"}
    ]


def _is_stretched(word: str) -> bool:
    """A letter three times in a row, or twice at the end: `gooo`, `yess`, but not `loose`."""
    return _THRICE.search(word) is not None or (len(word) > 3 and word[-1] == word[-2])


def _without_accents(word: str) -> str:
    return "".join(
        sign for sign in unicodedata.normalize("NFD", word) if not unicodedata.combining(sign)
    )


def _cores(chunk: str) -> Iterator[tuple[int, int]]:
    """A chunk whole, and without the punctuation around it."""
    yield 0, len(chunk)
    end = len(chunk.rstrip(".,!?…~\"'"))
    start = len(chunk) - len(chunk.lstrip("\"'("))
    if start < end and (start, end) != (0, len(chunk)):
        yield start, end


def _longest_first(tokens: Iterable[str], *more: str) -> re.Pattern[str] | None:
    ranked = [re.escape(token) for token in sorted(tokens, key=lambda token: (-len(token), token))]
    return re.compile("|".join([*ranked, *more])) if ranked or more else None


def _phrases(used: Iterable[Entry]) -> dict[str, list[tuple[list[str], Entry]]]:
    """Phrases by their first word, the longest first."""
    found: dict[str, list[tuple[list[str], Entry]]] = {}
    for entry in used:
        words = entry.token.lower().split()
        if len(words) > 1:
            found.setdefault(words[0], []).append((words, entry))
    for listed in found.values():
        listed.sort(key=lambda item: -len(item[0]))
    return found
