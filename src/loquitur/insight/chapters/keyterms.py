"""What a stretch of speech is about, by the terms that are said more in it than elsewhere.

Terms are weighed by their log-odds with an informative Dirichlet prior: how much likelier a term is
here than in the rest, in standard errors, where the prior is the term's share in the whole (Monroe,
Colaresi and Quinn 2008, "Fightin' Words", equations 16 and 22). A term is one word or up to three
in a row, none of them a word of grammar. Chinese and Japanese have no blanks: there runs of one
script are terms, and in Chinese the parts of them that come back.
"""

from __future__ import annotations

import math
import re
import tomllib
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from loquitur.languages import primary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_PRIOR = 500.0  # words the prior is worth; about two minutes of talk
_LONGEST = 3
_HALF = 0.5  # of a word, where there is no other
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3005"
_KANA = "\u3040-\u30ff"
_RUN = re.compile(rf"[\u30a1-\u30fa\u30fc]+|[{_HAN}]+")
_CJK = re.compile(rf"[{_HAN}{_KANA}]")
_CLAUSE = re.compile(
    r"[.,;:?!()\[\]\"\u201c\u201d\u2026\u3001\u3002\uff01\uff0c\uff1f\u060c\u061f\u0964\n]+"
)
_STRETCH, _SHORT = 100, 3
_EVERYWHERE, _OFTEN = 0.4, 0.15  # of the stretches: of long words, of short ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A term of a chapter.

    Args:
        text: As it is mostly written.
        count: How often it is said in the chapter.
        z: By how many standard errors it is more frequent there than in the rest of the video.
    """

    text: str
    count: int
    z: float


@lru_cache(maxsize=1)
def languages() -> dict[str, dict[str, Any]]:
    """The words of grammar and the cue phrases, by language."""
    text = resources.files("loquitur.insight.chapters").joinpath("words.toml").read_text("utf-8")
    return {
        tag: {
            "stop": frozenset(entry["stop"].split()),
            "cues": tuple(" ".join(cue.split()) for cue in entry["cues"].split(";")),
            "endings": tuple(entry.get("endings", "").split()),
        }
        for tag, entry in tomllib.loads(text).items()
    }


def known_of(language: str) -> Mapping[str, Any]:
    """What is known of a language: `stop`, `cues` and `endings`; nothing where it has no list."""
    return languages().get(primary(language), {})


def key_terms(
    texts: Sequence[str], *, language: str = "und", most: int = 8
) -> tuple[tuple[Term, ...], ...]:
    """For each of the parts of a whole, the terms that mark it, the best first.

    Args:
        texts: The parts, in their order.
        language: BCP 47; words of grammar are then known by a list, else by being frequent.
        most: Terms for each part.
    """
    known = known_of(language)
    stop = known.get("stop") or _frequent(texts)
    endings = known.get("endings", ())
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    counts = []
    for text in texts:
        counted: Counter[str] = Counter()
        for written in _terms(text, stop, endings):
            lower = written.lower()
            counted[lower] += 1
            spellings[lower][written] += 1
        counts.append(counted)
    whole: Counter[str] = Counter()
    for counted in counts:
        whole.update(counted)
    return tuple(
        tuple(
            Term(text=spellings[term].most_common(1)[0][0], count=counted[term], z=round(z, 3))
            for z, term in _chosen(_weighed(counted, whole), counted, most)
        )
        for counted in counts
    )


def said_most(text: str, *, language: str, most: int) -> tuple[tuple[str, int], ...]:
    """The runs of one script said most, with their counts, where no blanks part words."""
    stop = known_of(language).get("stop", frozenset())
    counts = Counter(term for term in _terms(text, stop, ()) if _CJK.search(term))
    weighed = [(float(count), term) for term, count in counts.items() if count > 1]
    weighed.sort(key=lambda item: (-item[0], -len(item[1]), item[1]))
    return tuple((term, counts[term]) for _, term in _chosen(weighed, counts, most))


def titles(terms: Sequence[Sequence[Term]], *, most_terms: int = 2) -> tuple[str, ...]:
    """A title for each part: its first terms, no two titles alike; empty where it has no terms."""
    taken: set[str] = set()
    found = []
    for listed in terms:
        apart: list[str] = []
        for term in listed:
            if not any(_alike(term.text, other) for other in apart):
                apart.append(term.text)
        title = ""
        for count in range(most_terms, len(apart) + most_terms):
            title = ", ".join(apart[:count])
            if title.lower() not in taken:
                break
        number = 2
        while title and title.lower() in taken:
            title = f"{', '.join(apart)} ({number})"
            number += 1
        taken.add(title.lower())
        found.append(title[:1].upper() + title[1:])
    return tuple(found)


def _alike(one: str, other: str) -> bool:
    """Whether two terms are forms of one word: `change` and `changes`."""
    short, long = sorted((one.lower(), other.lower()), key=len)
    return long.startswith(short[: max(4, len(short) - 2)]) and len(long) - len(short) < 4


def _weighed(counted: Counter[str], whole: Counter[str]) -> list[tuple[float, str]]:
    """Each term's log-odds in standard errors, the highest first."""
    here, everywhere = sum(counted.values()), sum(whole.values())
    rest = everywhere - here
    found = []
    for term, count in counted.items():
        prior = _PRIOR * whole[term] / everywhere
        elsewhere = whole[term] - count
        odds = math.log((count + prior) / max(_HALF, here + _PRIOR - count - prior))
        odds -= math.log((elsewhere + prior) / max(_HALF, rest + _PRIOR - elsewhere - prior))
        error = math.sqrt(1 / (count + prior) + 1 / (elsewhere + prior))
        found.append((odds / error, term))
    # of equals the longer one says more
    return sorted(found, key=lambda item: (-round(item[0], 6), -item[1].count(" "), item[1]))


def _chosen(
    weighed: list[tuple[float, str]], counted: Counter[str], most: int
) -> list[tuple[float, str]]:
    """The best terms; a longer one stands for its parts where it is most of their use."""
    above = [item for item in weighed if item[0] > 0]
    best = [item for item in above if counted[item[1]] > 1][: 12 * most] or above[:most]
    kept: list[tuple[float, str]] = []
    for z, term in best:
        longer = [
            (other_z, other)
            for other_z, other in best
            if _within(term, other) and 2 * counted[other] >= counted[term] and counted[other] > 1
        ]
        if longer:
            z, term = max(z, longer[0][0]), longer[0][1]  # noqa: PLW2901
        if any(term == other or _within(term, other) for _, other in kept):
            continue
        kept = [(other_z, other) for other_z, other in kept if not _within(other, term)]
        kept.append((z, term))
        if len(kept) == most:
            break
    return kept


def _within(part: str, whole: str) -> bool:
    if part == whole:
        return False
    if _CJK.search(whole):
        return part in whole
    return f" {part} " in f" {whole} "


def _terms(text: str, stop: frozenset[str], endings: tuple[str, ...]) -> Iterator[str]:
    for clause in _CLAUSE.split(unicodedata.normalize("NFC", text)):
        row: list[str] = []
        for word in _words(clause):
            if _CJK.search(word):
                yield from _grams(row)
                row = []
                yield from _unspaced(word, stop)
                continue
            bare = _without_ending(word, endings)
            lower = bare.lower().replace("\u2019", "'")
            if lower in stop or word.lower() in stop or len(bare) < 2 or bare.isdigit():
                yield from _grams(row)
                row = []
            else:
                row.append(bare)
                if bare != word:  # a particle ends the phrase
                    yield from _grams(row)
                    row = []
        yield from _grams(row)


def _words(clause: str) -> Iterator[str]:
    for word in clause.split():
        bare = "".join(
            sign
            for at, sign in enumerate(word)
            if unicodedata.category(sign)[0] in "LMN" or (sign in "'\u2019-+#&" and at > 0)
        ).strip("'\u2019-&")
        if bare:
            yield bare


def _grams(row: list[str]) -> Iterator[str]:
    for size in range(1, _LONGEST + 1):
        for at in range(len(row) - size + 1):
            yield " ".join(row[at : at + size])


def _without_ending(word: str, endings: tuple[str, ...]) -> str:
    for ending in endings:
        if word.endswith(ending) and len(word) - len(ending) >= 2:
            return word[: -len(ending)]
    return word


def _unspaced(word: str, stop: frozenset[str]) -> Iterator[str]:
    """Runs of one script; a long run of Han also by its parts of two to four characters."""
    for match in _RUN.finditer(word):
        run = match[0]
        if len(run) < 2:
            continue
        if not _KANA_ONLY.match(run) and len(run) > 4:
            for size in range(2, 5):
                for at in range(len(run) - size + 1):
                    part = run[at : at + size]
                    if part not in stop and not any(sign in stop for sign in part):
                        yield part
        elif run not in stop:
            yield run


_KANA_ONLY = re.compile(rf"[{_KANA}]+$")


def _frequent(texts: Iterable[str]) -> frozenset[str]:
    """What is said everywhere, where a language has no list: mostly grammar.

    The words of most stretches of a hundred words, and the short ones of many of them.
    """
    words = [word.lower() for text in texts for word in _words(text)]
    stretches = [set(words[at : at + _STRETCH]) for at in range(0, len(words), _STRETCH)]
    spread = Counter(word for stretch in stretches for word in stretch)
    return frozenset(
        word
        for word, count in spread.items()
        if len(stretches) > 2
        and count >= len(stretches) * (_EVERYWHERE if len(word) > _SHORT else _OFTEN)
    )
