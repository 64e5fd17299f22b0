"""Which language captions are in, where nobody says: by script, and by the small words of each."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from loquitur.subtitles.grammar import grammar_of, languages

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loquitur.model.captions import CaptionTrack

ENOUGH = 20_000
"""Characters that are looked at; more would say the same."""
_LEAST_SHARE = 0.1
"""Of the words, this share must be small words of the language; texts have 0.3 to 0.5 of them, of
which a part is also another language's."""
_LEAST_WORDS = 2
_LEAD = 1.15
"""By so much the best language must be ahead of the next one."""
_SCRIPTS = (
    ("ja", re.compile("[\u3041-\u3096\u30a1-\u30fa]")),
    ("ko", re.compile("[\uac00-\ud7a3\u1100-\u11ff]")),
    ("zh", re.compile("[\u4e00-\u9fff\u3400-\u4dbf]")),
    ("he", re.compile("[\u05d0-\u05ea]")),
    ("ar", re.compile("[\u0620-\u064a]")),
    ("hi", re.compile("[\u0904-\u0939]")),
    ("th", re.compile("[\u0e01-\u0e2e]")),
)
_KANA_SHARE = 0.1
"""Japanese has far more kana than this beside its Chinese characters; Chinese has none."""
_UNSPACED = frozenset({"ja", "zh", "th"})
_PERSIAN = re.compile("[\u067e\u0686\u0698\u06af\u06cc]")
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")


def language_of(track: CaptionTrack, told: str = "") -> str:
    """The language told, else what the track says, else what its texts are likely in."""
    return told or track.language or likely_language(cue.text for cue in track.cues)


def likely_language(texts: Iterable[str]) -> str:
    """The language that some texts are likely in, of those that have a table; empty where unsure.

    >>> likely_language(["So what do you think", "of the people who were here?"])
    'en'
    >>> likely_language(["今日はとても寒いです。"]), likely_language(["xyzzy"])
    ('ja', '')
    """
    text = _some(texts)
    letters = len(_LETTER.findall(text))
    if not letters:
        return ""
    counts = {name: len(sign.findall(text)) for name, sign in _SCRIPTS}
    name, count = max(counts.items(), key=lambda pair: pair[1])
    if 2 * count > letters or 2 * (counts["ja"] + counts["zh"]) > letters:
        if name in ("ja", "zh"):
            return "ja" if counts["ja"] > _KANA_SHARE * (counts["ja"] + counts["zh"]) else "zh"
        return "" if name == "ar" and _PERSIAN.search(text) else name
    return _by_words([word.replace("\u2019", "'").lower() for word in _WORD.findall(text)])


def _some(texts: Iterable[str]) -> str:
    found, size = [], 0
    for text in texts:
        found.append(text)
        size += len(text)
        if size > ENOUGH:
            break
    return " ".join(found)[: 2 * ENOUGH]


def _by_words(words: list[str]) -> str:
    """By small words; one that several languages have counts for each of them by so much less."""
    weights = _weights()
    shares: dict[str, float] = {}
    small: dict[str, set[str]] = {}
    for word in words:
        for name in weights.get(word, ()):
            shares[name] = shares.get(name, 0.0) + 1 / (len(words) * len(weights[word]))
            small.setdefault(name, set()).add(word)
    ranked = sorted(((share, name) for name, share in shares.items()), reverse=True)
    if not ranked or len(small[ranked[0][1]]) < _LEAST_WORDS:
        return ""
    second = ranked[1][0] if len(ranked) > 1 else 0.0
    return ranked[0][1] if ranked[0][0] >= max(_LEAST_SHARE, _LEAD * second) else ""


@lru_cache(maxsize=1)
def _weights() -> dict[str, tuple[str, ...]]:
    """The small words of the languages that are written with blanks, each with who has it."""
    found: dict[str, tuple[str, ...]] = {}
    for name in languages():
        for word in grammar_of(name).classes if name not in _UNSPACED else ():
            found[word] = (*found.get(word, ()), name)
    return found
