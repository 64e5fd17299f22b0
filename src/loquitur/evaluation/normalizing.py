"""What counts as the same word: texts of both sides brought to one form before they are compared.

- `english`: Whisper's normaliser (Radford et al. 2022, appendix C) from `whisper-normalizer`:
  lower case, bracketed text and hesitations off, contractions written out, numbers as digits,
  American spelling. The Open ASR leaderboard began with the same rules and has added some of its
  own since (abbreviations, names, compounds), so its figures may differ a little.
- `basic`: the same package's rules for other languages: lower case, brackets and punctuation off,
  combining marks kept.
- `plain`: lower case, punctuation off, apostrophes inside words kept; ours, needs no package.
- `none`: as it is, split at blanks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from loquitur.errors import MissingError, UsageError, near

Normalize = Callable[[str], str]

NAMES = ("auto", "english", "basic", "plain", "none")
INSTALL = 'pip install "loquitur[eval]"'
UNSPACED = frozenset({"zh", "yue", "ja", "th", "lo", "km", "my", "bo", "dz"})
"""Languages that write no blanks between words: characters are compared, not words."""

_NO_WORD = re.compile(r"[^\w'\s]|_")
_LONE_APOSTROPHE = re.compile(r"(?<!\w)'|'(?!\w)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalizer:
    """A way to bring texts to one form; `source` names package and version."""

    name: str
    source: str
    apply: Normalize

    def words(self, text: str) -> list[str]:
        """The words of a text in this form."""
        return self.apply(text).split()


def primary(language: str) -> str:
    """The language of a BCP 47 tag, without region and script; `en` where nothing is known."""
    name = language.replace("_", "-").split("-")[0].lower()
    return "en" if name in ("", "auto", "und") else name


def find(name: str, *, language: str = "en") -> Normalizer:
    """A normaliser by name; `auto` is `english` for English and `basic` for all others.

    Raises:
        UsageError: There is no such one.
        MissingError: Its package is not installed.
    """
    if name not in NAMES:
        raise UsageError(f"no normaliser is called '{name}'", hint=near(name, NAMES))
    if name == "auto":
        name = "english" if primary(language) == "en" else "basic"
    if name == "none":
        return Normalizer(name=name, source="", apply=_composed)
    if name == "plain":
        return Normalizer(name=name, source="loquitur", apply=plain)
    return _of_package(name)


def plain(text: str) -> str:
    """Lower case without punctuation; apostrophes only inside words.

    >>> plain("“Don't,” she said – TWICE, the dogs' owner!")
    "don't she said twice the dogs owner"
    """
    lowered = _composed(text).lower().replace("\u2019", "'")
    kept = "".join(" " if _parts(char) else char for char in _NO_WORD.sub(_blank, lowered))
    return " ".join(_LONE_APOSTROPHE.sub(" ", kept).split())


def _blank(found: re.Match[str]) -> str:
    """A blank in place of a character that is in no word; combining marks are in words."""
    return found[0] if unicodedata.category(found[0])[0] == "M" else " "


def _parts(char: str) -> bool:
    return char != "'" and unicodedata.category(char)[0] in "PSZC"


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


@lru_cache(maxsize=4)
def _of_package(name: str) -> Normalizer:
    import importlib.metadata

    try:
        from whisper_normalizer.basic import BasicTextNormalizer
        from whisper_normalizer.english import EnglishTextNormalizer
    except ImportError as exc:
        raise MissingError(
            f"the normaliser '{name}' needs the package whisper-normalizer",
            hint=f"{INSTALL}, or --normalizer plain",
            code="LQ-NO-PACKAGE",
        ) from exc
    version = importlib.metadata.version("whisper-normalizer")
    english = name == "english"
    apply: Normalize = EnglishTextNormalizer() if english else _basic(BasicTextNormalizer)
    return Normalizer(name=name, source=f"whisper-normalizer {version}", apply=apply)


def _basic(kind: Callable[..., Normalize]) -> Normalize:
    """Combining marks are vowels in many scripts: they stay."""
    return kind(preserve_marks=True)
