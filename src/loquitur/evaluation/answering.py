"""How good answers are: their words, their citations, their refusals, their times.

Words: exact match and F1 as SQuAD has them (Rajpurkar et al. 2016, "SQuAD: 100,000+ questions for
machine comprehension of text"): lower case, without punctuation and articles, the best over all
answers that count as right. Chinese, Japanese and Korean are compared by characters, as the sets of
these languages do (CMRC 2018, JaQuAD, KorQuAD).

Citations: recall and precision as ALCE has them (Gao et al. 2023, "Enabling large language models
to generate text with citations"), save that "the cited text entails the statement" is judged by
words and numbers and not by a language model: a statement counts as supported where the cited
passages have `COVERED` of its content words and every number. That is cheaper and stricter on
paraphrase; the figures are not to be compared with those that papers print.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from loquitur.evaluation.normalizing import primary

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

COVERED = 0.6
"""Of the content words: a statement in other words keeps the nouns and loses the verbs."""
NEAR_MS = 5000
"""A link that starts so near the answer lets a viewer hear it (the research notes' bar)."""

_CJK = (
    "\u1100-\u11ff\u3005\u3007\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003fffd"
)
_TOKEN = re.compile(rf"[{_CJK}]|[^\s{_CJK}]+")
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def answer_tokens(text: str, *, language: str = "en") -> list[str]:
    """The tokens of an answer in SQuAD's form: words, or characters of Chinese, Japanese, Korean.

    Args:
        text: An answer.
        language: BCP 47; articles are taken off English (and unknown) text alone.

    >>> answer_tokens("The 24-10 win!"), answer_tokens("約15メートル", language="ja")
    (['2410', 'win'], ['約', '15', 'メ', 'ー', 'ト', 'ル'])
    """
    plain = unicodedata.normalize("NFKC", text).lower()
    plain = "".join(sign for sign in plain if not _is_mark(sign))
    if primary(language) == "en":
        plain = _ARTICLES.sub(" ", plain)
    return _TOKEN.findall(plain)


def exact_match(answer: str, right: Iterable[str], *, language: str = "en") -> float | None:
    """1 where the answer is one of the right ones; None where there is no right one.

    >>> exact_match("the Denver Broncos.", ["Denver Broncos"])
    1.0
    """
    wanted = [answer_tokens(one, language=language) for one in right]
    if not wanted:
        return None
    return float(answer_tokens(answer, language=language) in wanted)


def f1(answer: str, right: Iterable[str], *, language: str = "en") -> float | None:
    """Overlap of tokens with the right answer that fits best; None where there is no right one.

    >>> f1("Denver Broncos won", ["Denver Broncos"])
    0.8
    """
    scores = [_overlap(answer, one, language) for one in right]
    return max(scores) if scores else None


def _overlap(answer: str, right: str, language: str) -> float:
    given, wanted = (Counter(answer_tokens(one, language=language)) for one in (answer, right))
    if not given or not wanted:
        return float(given == wanted)
    common = sum((given & wanted).values())
    return 2 * common / (sum(given.values()) + sum(wanted.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A sentence of an answer.

    Args:
        text: Without its `[n]`.
        cited: The texts of the passages it cites.
    """

    text: str
    cited: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CitationCounts:
    """Of one answer, or of many added up.

    Args:
        statements: All.
        supported: Whose cited passages together support them.
        citations: All.
        needed: That support their statement alone, or without which it is not supported.
    """

    statements: int = 0
    supported: int = 0
    citations: int = 0
    needed: int = 0

    def __add__(self, other: CitationCounts) -> CitationCounts:
        return CitationCounts(
            statements=self.statements + other.statements,
            supported=self.supported + other.supported,
            citations=self.citations + other.citations,
            needed=self.needed + other.needed,
        )

    @property
    def recall(self) -> float | None:
        """The share of statements that are supported; None without any."""
        return _share(self.supported, self.statements)

    @property
    def precision(self) -> float | None:
        """The share of citations that are needed; None without any."""
        return _share(self.needed, self.citations)


def citation_counts(
    statements: Sequence[Statement],
    *,
    content: Callable[[str], Collection[str]] | None = None,
    covered: float = COVERED,
) -> CitationCounts:
    """How well statements are supported by what they cite.

    Args:
        statements: Of one answer.
        content: The content words of a text, in a form that can be compared (stems); by default
            its tokens of four letters or more.
        covered: The share of them that the cited passages must have.
    """
    proven = partial(supports, content=content, covered=covered)
    counts = CitationCounts()
    for one in statements:
        supported = proven(one.text, one.cited)
        needed = 0
        for at, passage in enumerate(one.cited):
            rest = (*one.cited[:at], *one.cited[at + 1 :])
            if proven(one.text, (passage,)) or (supported and not proven(one.text, rest)):
                needed += 1
        counts += CitationCounts(
            statements=1, supported=int(supported), citations=len(one.cited), needed=needed
        )
    return counts


def supports(
    statement: str,
    passages: Sequence[str],
    *,
    content: Callable[[str], Collection[str]] | None = None,
    covered: float = COVERED,
) -> bool:
    """Whether passages together have a statement's content words and every number of it.

    >>> supports("It has 24 symmetries.", ["There are 24 symmetries of it."])
    True
    >>> supports("It has 25 symmetries.", ["There are 24 symmetries of it."])
    False
    """
    if not passages:
        return False
    words = content or _long_tokens
    numbers = {number for one in passages for number in _NUMBER.findall(_digits(one))}
    if any(number not in numbers for number in _NUMBER.findall(_digits(statement))):
        return False
    wanted = set(words(statement))
    there = {word for one in passages for word in words(one)}
    return not wanted or len(wanted & there) >= covered * len(wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalCounts:
    """Of questions: with an answer or without one, refused or not."""

    answerable: int = 0
    unanswerable: int = 0
    refused_wrongly: int = 0
    refused_rightly: int = 0

    @property
    def precision(self) -> float | None:
        """The share of refusals that were right; None where nothing was refused."""
        return _share(self.refused_rightly, self.refused_rightly + self.refused_wrongly)

    @property
    def recall(self) -> float | None:
        """The share of unanswerable questions that were refused; None without any."""
        return _share(self.refused_rightly, self.unanswerable)

    @property
    def false_refusals(self) -> float | None:
        """The share of answerable questions that were refused; None without any."""
        return _share(self.refused_wrongly, self.answerable)


def refusal_counts(outcomes: Iterable[tuple[bool, bool]]) -> RefusalCounts:
    """Counts of outcomes: whether a question has an answer, and whether it was refused.

    >>> refusal_counts([(True, False), (False, True), (True, True)]).precision
    0.5
    """
    seen = Counter(outcomes)
    return RefusalCounts(
        answerable=seen[True, True] + seen[True, False],
        unanswerable=seen[False, True] + seen[False, False],
        refused_wrongly=seen[True, True],
        refused_rightly=seen[False, True],
    )


def inside(start_ms: int, end_ms: int, gold: tuple[int, int]) -> bool:
    """Whether some of the answer is said within what is cited; both half-open.

    >>> inside(1000, 2000, (1500, 1800)), inside(1000, 2000, (2000, 2100))
    (True, False)
    """
    return start_ms < gold[1] and gold[0] < end_ms


def nearby(link_ms: int, gold: tuple[int, int], *, most_ms: int = NEAR_MS) -> bool:
    """Whether a link starts within so many ms of the answer's start.

    >>> nearby(10_000, (14_000, 15_000)), nearby(10_000, (15_001, 16_000))
    (True, False)
    """
    return abs(link_ms - gold[0]) <= most_ms


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _long_tokens(text: str) -> set[str]:
    return {one for one in answer_tokens(text) if len(one) > 3 or not one.isascii()}


def _digits(text: str) -> str:
    """Numbers in one form: digits of any script as ASCII, no commas within thousands."""
    plain = "".join(
        str(unicodedata.digit(sign)) if sign.isdigit() and not sign.isascii() else sign
        for sign in unicodedata.normalize("NFKC", text)
    )
    return re.sub(r"(?<=\d),(?=\d{3}\b)", "", plain)


def _is_mark(sign: str) -> bool:
    return unicodedata.category(sign)[0] == "P" or (sign.isascii() and sign in "$+<=>^`|~")
