"""From bytes to text: marks, UTF-8, then the encoding in which the text looks most like a language.

The order (each step only where the one before did not decide): a byte order mark; UTF-16 and UTF-32
by where their NULs stand; ISO-2022-JP by its escapes; UTF-8; then every encoding that the language
is met in, or those of all languages where none is told, by a score: how usual the letters are that
come out, whether capitals stand inside words, and how many of the commonest words are found. What
decided, and how sure it is, is told in the diagnostics.
"""

from __future__ import annotations

import codecs
import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from loquitur.errors import InputError
from loquitur.formats.letters import ALIKE, MARKS, RARE_MARKS, SCRIPTS
from loquitur.languages import primary
from loquitur.model.captions import Diagnostic

if TYPE_CHECKING:
    from loquitur.formats.letters import Script

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 2048
"""Bytes that are looked at to guess; of a longer file the lines that have bytes beyond ASCII."""
_ISO_2022 = re.compile(rb"\x1b\$[@B]|\x1b\(J")
_BEYOND = re.compile(rb"[\x80-\xff]")
_WORD = re.compile(r"[^\W\d_]+")
_STRANGE = re.compile(r"[^\x00-\x7f]")
_CAPITAL_INSIDE = re.compile(r"(?<=[^\W\d_])[^\x00-\x7f]")
_FOREIGN = math.log(2e-4)
_SYMBOL = math.log(2e-5)
_DAMAGE = math.log(1e-6)
_CASE = -2.5
_WORDS = 4.0
"""How much the share of the commonest words counts beside the mean logarithm of the letters."""
_HINT = 1.5
"""What a language that was told is ahead of the others."""
_FIT_OF_LETTERS = (-4.7, -4.0)
"""Scores of letters in no language's order (random bytes get -5 to -4), and of any real text."""
_FIT = (-6.0, -4.6)
"""The same for Korean, Japanese and Chinese, of which a table names the commonest signs alone."""
_LATIN = 8
"""Latin letters for each one of another script that no text in that script has."""
_DOS = {"cp850": -3.0, "cp852": -3.0, "cp857": -3.0, "cp862": -0.4, "cp866": -0.4, "cp1125": -0.4}
"""What the code pages of DOS are behind those of Windows; in the Latin ones quotes and signs of
Windows are letters, and hardly any captions are in them."""
_SELDOM = 0.03
"""What each encoding of a language is behind the one before it."""
_LEAST_DAMAGED = 10
"""UTF-8 with mistakes is believed where this many characters are whole for each that is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A text, how it was encoded, and what was strange; one byte order mark is taken off.

    `confidence` (0..1) says how sure the encoding is; 1 where the bytes themselves say it.
    """

    text: str
    encoding: str
    diagnostics: tuple[Diagnostic, ...] = ()
    confidence: float = 1.0


def decode(data: bytes, *, language: str = "", encoding: str = "", name: str = "") -> Decoded:
    """The text of a file.

    Args:
        data: Its bytes.
        language: BCP 47 tag that helps to guess; empty where unknown.
        encoding: What the user says it is; empty to find out.
        name: What to call the file in an error.

    Raises:
        InputError: `encoding` is unknown, or does not fit the bytes.
    """
    if encoding:
        return Decoded(text=_as_told(data, encoding, name), encoding=encoding)
    for mark, found in _MARKS:
        if data.startswith(mark):
            return _marked(data[len(mark) :], found)
    if found := _wide(data):
        told = Diagnostic(code="text.encoding", line=0, message=f"{found} without its mark")
        return Decoded(
            text=data.decode(found, "replace"), encoding=found, diagnostics=(told,), confidence=0.95
        )
    if _ISO_2022.search(data, 0, _SAMPLE):
        told = Diagnostic(code="text.encoding", line=0, message="not UTF-8: read as iso2022_jp")
        text = data.decode("iso2022_jp", "replace")
        return Decoded(text=text, encoding="iso2022_jp", diagnostics=(told,), confidence=0.95)
    try:
        return Decoded(text=data.decode("utf-8"), encoding="utf-8")
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
    return _damaged(data, line) or _guessed(data, language)


def _as_told(data: bytes, encoding: str, name: str) -> str:
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except LookupError as exc:
        raise InputError(f"{name}: there is no encoding '{encoding}'") from exc
    except UnicodeError as exc:
        raise InputError(f"{name} is not encoded in {encoding}: {exc}") from exc


def _marked(data: bytes, encoding: str) -> Decoded:
    """The text behind a byte order mark, which is believed."""
    try:
        return Decoded(text=data.decode(encoding), encoding=encoding)
    except UnicodeDecodeError:
        told = Diagnostic(
            code="text.encoding", line=0, message=f"damaged {encoding}: U+FFFD where it is broken"
        )
        text = data.decode(encoding, "replace")
        return Decoded(text=text, encoding=encoding, diagnostics=(told,), confidence=0.9)


def _wide(data: bytes) -> str:
    """UTF-16 or UTF-32 without a mark: ASCII in it (times, blanks) has its NULs on one side."""
    head = data[:4096]
    head = head[: len(head) // 4 * 4]
    if len(head) < 8 or 0 not in head:
        return ""
    nuls = [head[at::4].count(0) / (len(head) / 4) for at in range(4)]
    if min(nuls[1:]) > 0.5 and nuls[0] < 0.1 and min(nuls[2:]) > 0.95:
        return "utf-32-le"
    if min(nuls[:3]) > 0.5 and nuls[3] < 0.1 and min(nuls[:2]) > 0.95:
        return "utf-32-be"
    even, odd = (nuls[0] + nuls[2]) / 2, (nuls[1] + nuls[3]) / 2
    if odd > 0.1 and even < odd / 10:
        return "utf-16-le"
    if even > 0.1 and odd < even / 10:
        return "utf-16-be"
    return ""


def _damaged(data: bytes, line: int) -> Decoded | None:
    """UTF-8 in which a few bytes are broken; None where it is none."""
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    whole = sum(map(len, _STRANGE.findall(text[: 64 * _SAMPLE]))) - broken
    if whole < _LEAST_DAMAGED * broken:
        return None
    told = Diagnostic(
        code="text.encoding",
        line=line,
        message=f"damaged UTF-8: {broken} places are shown as U+FFFD",
    )
    return Decoded(text=text, encoding="utf-8", diagnostics=(told,), confidence=0.9)


def _guessed(data: bytes, language: str) -> Decoded:
    found = guess(data, language=language)
    said = f"not UTF-8: read as {found.encoding}"
    if found.language:
        said += f" ({found.language}), confidence {found.confidence:.2f}"
    else:
        said += " for want of anything better"
    if found.confidence < 0.7:
        said += "; --encoding or a language in the file's name (talk.pl.srt) says it better"
    text = data.decode(found.encoding, "replace")
    diagnostics = [Diagnostic(code="text.encoding", line=0, message=said)]
    if broken := text.count("\ufffd"):
        diagnostics.append(
            Diagnostic(code="text.damaged", line=0, message=f"{broken} places are shown as U+FFFD")
        )
    return Decoded(
        text=text,
        encoding=found.encoding,
        diagnostics=tuple(diagnostics),
        confidence=found.confidence,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """An encoding, the language whose look decided (empty for none), and how sure it is, 0..1."""

    encoding: str
    language: str
    confidence: float


def guess(data: bytes, *, language: str = "") -> Guess:
    """The encoding in which some bytes look most like a language.

    Args:
        data: Bytes that are not UTF-8.
        language: BCP 47 tag; empty where unknown.
    """
    sample = _sampled(data)
    hint = _known(language)
    best: dict[str, tuple[float, str, str]] = {}
    for page, languages in _pages().items():
        text = codecs.decode(sample, page, "replace")
        seen = _Seen(text, len(_BEYOND.findall(sample)))
        for tag in languages:
            score = seen.score(tag) + (_HINT if tag == hint else 0.0)
            score -= _SELDOM * SCRIPTS[tag].pages.index(page)
            score += _DOS.get(page, 0.0)
            if text not in best or score > best[text][0]:
                best[text] = (score, page, tag)
    ranked = sorted(best.values(), reverse=True, key=lambda item: item[0])
    score, page, tag = ranked[0]
    least, usual = _FIT if tag in _IN_SCRIPT else _FIT_OF_LETTERS
    fit = (score - (_HINT if tag == hint else 0.0) - least) / (usual - least)
    if fit < 0:
        return Guess(encoding="cp1252", language="", confidence=0.1)
    ahead = score - ranked[1][0] if len(ranked) > 1 else 1.0
    sure = (1 - 0.5 * math.exp(-2 * ahead)) * min(max(fit, 0.2), 1.0)
    return Guess(encoding=page, language=tag, confidence=round(sure, 2))


def _sampled(data: bytes) -> bytes:
    """The lines that tell something: those with bytes beyond ASCII, up to the size of a sample."""
    if len(data) <= _SAMPLE:
        return data
    lines, size = [], 0
    for line in data[: 512 * _SAMPLE].splitlines(keepends=True):
        if not line.isascii():
            lines.append(line[:_SAMPLE])
            size += len(lines[-1])
            if size > _SAMPLE:
                break
    return b"".join(lines) or data[:_SAMPLE]


def _known(language: str) -> str:
    """The language in the table that a tag means; empty for none."""
    tag = language.replace("_", "-").lower()
    if tag.startswith("zh") and any(part in tag for part in ("tw", "hk", "hant", "mo")):
        return "zh-tw"
    short = primary(language)
    short = ALIKE.get(short, short)
    return short if short in SCRIPTS else ""


@cache
def _pages() -> dict[str, tuple[str, ...]]:
    """The encodings that are tried, each with the languages met in it."""
    found: dict[str, list[str]] = {}
    for tag, script in SCRIPTS.items():
        for page in script.pages:
            found.setdefault(page, []).append(tag)
    return {page: tuple(tags) for page, tags in found.items()}


@cache
def _weights(tag: str) -> tuple[dict[str, float], float]:
    """The logarithms of how usual each sign is, and of one that is in script but not listed."""
    script = SCRIPTS[tag]
    shares = {letter: 1 / (rank + 3) for rank, letter in enumerate(script.letters)}
    whole = sum(shares.values()) * 1.25
    found = {letter: math.log(share / whole) for letter, share in shares.items()}
    if script.case:
        for letter in script.letters:
            capital = letter.upper()
            if len(capital) == 1 and capital not in found:
                found[capital] = found[letter] - 2.0
    for mark in MARKS:
        found.setdefault(mark, math.log(0.02))
    for mark in RARE_MARKS:
        found.setdefault(mark, math.log(0.005))
    return found, math.log(0.2 / _unlisted(script))


def _unlisted(script: Script) -> int:
    """How many signs of its script a language has beyond those listed; 0.2 of a text is in them."""
    return {"cp949": 1500, "cp932": 2000, "gb18030": 3000, "big5hkscs": 3000}.get(
        script.pages[0], 1000
    )


_IN_SCRIPT = {
    "ko": re.compile("[가-힣]"),
    "ja": re.compile("[\u3040-\u30ff\u4e00-\u9fff\uff00-\uff9f]"),
    "zh": re.compile("[\u4e00-\u9fff]"),
    "zh-tw": re.compile("[\u4e00-\u9fff]"),
}


class _Seen:
    """What one encoding makes of the bytes, counted once for all languages it serves."""

    def __init__(self, text: str, size: int) -> None:
        self._size = max(size, 1)
        self._signs = Counter(_STRANGE.findall(text))
        words = [word.lower() for word in _WORD.findall(text)]
        self._words, self._count = Counter(words), max(len(words), 1)
        self._alone = Counter(word for word in words if len(word) == 1 and not word.isascii())
        self._latin = sum(len(word) for word in words if word.isascii())
        self._case = sum(
            1
            for match in _CAPITAL_INSIDE.finditer(text)
            if match[0].isupper() and text[match.start() - 1].islower()
        )

    def score(self, tag: str) -> float:
        """How much the text looks like a language; the mean over the bytes beyond ASCII."""
        weights, unlisted = _weights(tag)
        script, inside = SCRIPTS[tag], _IN_SCRIPT.get(tag)
        total = self._case * _CASE
        for sign, count in self._signs.items():
            weight = weights.get(sign)
            if weight is None:
                if sign == "\ufffd":
                    weight = _DAMAGE
                elif inside is not None and inside.match(sign):
                    weight = unlisted
                else:
                    weight = _FOREIGN if sign.isalpha() else _SYMBOL
            total += weight * count
        for word, count in self._alone.items():
            if script.case and word not in script.words:
                total += (_FOREIGN - weights.get(word, _FOREIGN)) * count
        letters = sum(count for sign, count in self._signs.items() if sign.isalpha())
        if not script.latin and self._latin > _LATIN * letters:
            total += _FOREIGN * self._size / 2
        common = sum(count for word, count in self._words.items() if word in script.words)
        return total / self._size + _WORDS * common / self._count
