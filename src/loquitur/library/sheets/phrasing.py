"""How sentences explain, ask and matter, by language; see `phrases.toml`."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import takewhile

from loquitur.insight.chapters.keyterms import known_of
from loquitur.languages import primary
from loquitur.library.search.stop_words import stop_words
from loquitur.library.terms import terms

_SPACED = re.compile(r"[a-zA-Z\u00c0-\u024f\u0400-\u04ff]")
_NOTHING = re.compile(r"(?!)")
_MARKS = (
    " \t.,;:!?()[]-\u2026\"'\u201c\u201d\u2018\u2019\u00ab\u00bb\u00bf\u00a1"
    "\u3001\u3002\uff0c\uff01\uff1f\u300c\u300d"
)
_BRACKETED = re.compile(r"\s*[(\[\uff08][^)\]\uff09]*[)\]\uff09]?")
_COUNTED = re.compile(
    "[0-9\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5341\u4e24\u6b21\u51e0\u7b2c]"
)
_MOST_COUNTED = 3
_ADVERB = r"(?:\w+ly\s+)?"
ASKS = ("?", "\uff1f", "\u061f")
"""What a question ends with."""
_LEAST_SAID = 8
"""Characters of an explanation."""
_MOST_TERM = 4
"""Words of a term; longer ones are clauses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """What a language says so with; patterns that match nothing where it has no entry."""

    is_: re.Pattern[str]
    called: re.Pattern[str]
    lead: re.Pattern[str]
    vague: re.Pattern[str]
    matters: re.Pattern[str]
    asks: re.Pattern[str]


@lru_cache(maxsize=32)
def phrases_of(language: str) -> Phrases:
    """The phrases of a language by its tag."""
    entry = _table().get(primary(language) or "", {})

    def pattern(name: str, *, start: bool = False) -> re.Pattern[str]:
        forms = sorted(entry.get(name, "").split("|"), key=len, reverse=True)
        if forms == [""]:
            return _NOTHING
        joined = "|".join(_form(one) for one in forms)
        return re.compile(rf"(?:{joined})" if not start else rf"\s*(?:{joined})", re.IGNORECASE)

    return Phrases(
        is_=pattern("is"),
        called=pattern("called"),
        lead=pattern("lead", start=True),
        vague=pattern("vague", start=True),
        matters=pattern("matters"),
        asks=pattern("asks", start=True),
    )


def explained(sentence: str, *, language: str) -> str:
    """The term that a sentence begins with and says what it is; empty where it does not.

    >>> explained("So a symmetry group is a set of transformations.", language="en")
    'symmetry group'
    >>> explained("It is a nice day.", language="en")
    ''
    """
    term = _bare(_before_is(sentence, language), phrases_of(language))
    if not term or len(term.split()) > _MOST_TERM or len(term) > 60:
        return ""
    return "" if any(sign in term for sign in ",;:.") else term


def subjects(sentence: str, *, language: str) -> tuple[str, ...]:
    """What may be explained behind it in a sentence without commas, the longest first.

    Recognised speech runs on: what is explained ends right before "is", wherever it begins.

    >>> subjects("in the objects equivariance simply means that both change", language="en")[-1]
    'equivariance'
    """
    clause = re.split(r"[.,;:!?\u3001\u3002\uff0c]", _before_is(sentence, language))[-1]
    words = clause.split()
    first = max(0, len(words) - _MOST_TERM)
    return tuple(
        " ".join(words[at:])
        for at in range(first, len(words))
        if not _hangs(words[:at], language=language)
    )


def named(sentence: str, *, language: str) -> str:
    """What follows "called" in a sentence, up to the next mark: a term with words behind it.

    >>> named("This property is called translation equivariance.", language="en")
    'translation equivariance'
    """
    phrases = phrases_of(language)
    found = phrases.called.search(sentence)
    if found is None:
        return ""
    rest = re.split(r"[.,;:!?\u3002\uff0c]", sentence[found.end() :], maxsplit=1)[0]
    words = _bare(rest, phrases).split()
    if len(words) > _MOST_TERM:  # "called chirality by everybody who ..."
        stop = known_of(language).get("stop", frozenset())
        words = [*takewhile(lambda word: word.lower() not in stop, words)]
    return " ".join(words) if 0 < len(words) <= _MOST_TERM else ""


def asks(sentence: str, *, language: str) -> bool:
    """Whether a sentence asks something that its words can be asked by.

    >>> asks("So why is this?", language="en"), asks("Right?", language="en")
    (True, False)
    """
    stripped = sentence.rstrip("\"'\u201d\u2019) ")
    if stripped.endswith(ASKS):
        return (
            len(stripped.split()) > 3
            or len(stripped) > 15
            or _asking_words(stripped, language) is not None
        )
    return False


def goes_on_asking(sentence: str, *, language: str) -> bool:
    """Whether a sentence is a question for certain, also where captions have no mark behind it.

    >>> goes_on_asking("What's the translation to French.", language="en")
    True
    >>> goes_on_asking("Which means that it grows.", language="en")
    False
    """
    if sentence.rstrip("\"'\u201d\u2019) ").endswith(ASKS):
        return True
    found = _asking_words(sentence, language)
    return found is not None and re.search(r"\S[\s'\u2019]\S", found[0].strip()) is not None


def is_plain(term: str, *, language: str) -> bool:
    """Whether a term names nothing by itself: a word of any lecture, or a count ("twice").

    >>> [is_plain(one, language="en") for one in ("applications", "group theory", "chirality")]
    [True, False, False]
    """
    if _COUNTED.match(term) and len(term) <= _MOST_COUNTED:
        return True
    words = terms(term, language=language)
    return len(words) == 1 and words[0] in _plain_of(primary(language) or "")


def leans(sentence: str, *, language: str) -> bool:
    """Whether a sentence begins with a word that points to the one before it."""
    return phrases_of(language).vague.match(sentence) is not None


def matters(sentence: str, *, language: str) -> bool:
    """Whether a sentence says that it is worth keeping."""
    return phrases_of(language).matters.search(sentence) is not None


def _hangs(before: list[str], *, language: str) -> bool:
    """Whether words before a term show that it is no subject: "in neural networks", "this set"."""
    stop = known_of(language).get("stop", frozenset())
    lead = phrases_of(language).lead
    bare = [word.strip(_MARKS).lower() for word in before[-2:]]
    if bare and (article := lead.match(bare[-1])) and article.end() == len(bare[-1]):
        if phrases_of(language).vague.match(bare[-1]):
            return True
        bare.pop()
    return bool(bare) and bare[-1] in stop


@lru_cache(maxsize=16)
def grammar_of(language: str) -> frozenset[str]:
    """Words of grammar, as the index has them."""
    stop = known_of(language).get("stop", frozenset()) | stop_words(language)
    return frozenset(stem for word in stop for stem in terms(word, language=language))


@lru_cache(maxsize=16)
def _plain_of(language: str) -> frozenset[str]:
    said = _table().get(language, {}).get("plain", "")
    return frozenset(stem for word in said.split() for stem in terms(word, language=language))


def _before_is(sentence: str, language: str) -> str:
    """What stands before "is a" in a sentence that says something behind it; else nothing."""
    found = phrases_of(language).is_.search(sentence)
    if found is None or len(sentence) - found.end() < _LEAST_SAID:
        return ""
    return sentence[: found.start()]


def _asking_words(sentence: str, language: str) -> re.Match[str] | None:
    """What a sentence that begins as questions do begins with."""
    phrases = phrases_of(language)
    lead = phrases.lead.match(sentence)
    return phrases.asks.match(sentence, lead.end() if lead else 0)


def _bare(text: str, phrases: Phrases) -> str:
    """A term without the small words and marks before and behind it."""
    text = _BRACKETED.sub("", text).strip(_MARKS)  # "the commune (gmina)"
    while (lead := phrases.lead.match(text)) and lead.end() < len(text):
        text = text[lead.end() :].strip(_MARKS)
    whole = phrases.lead.match(text)
    if whole is not None and whole.end() == len(text):
        return ""
    return "" if phrases.vague.match(text) else text


def _form(form: str) -> str:
    """A form as a pattern: whole words where the script has blanks."""
    first, *rest = (re.escape(word) for word in form.split())
    if not _SPACED.match(form):
        return r"\s+".join((first, *rest))
    joined = rf"\s+{_ADVERB}".join((first, *rest[:1])) + "".join(rf"\s+{one}" for one in rest[1:])
    return rf"(?<!\w){_ADVERB}{joined}(?!\w)"


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, str]]:
    text = resources.files("loquitur.library.sheets").joinpath("phrases.toml").read_text("utf-8")
    return tomllib.loads(text)
