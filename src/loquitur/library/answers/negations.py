"""What a text denies: the words under its negations.

In languages that part words a negation bears on the content words right behind it, and a verb of
failing (`fail to`, `lack`) counts as one. Chinese, Japanese and Korean deny inside a word: there a
clause denies or does not. That is a rule of thumb, and a claim that breaks it is dropped.
"""

from __future__ import annotations

import re

_NEGATORS = frozenset(
    (
        *("not", "no", "never", "none", "nobody", "nothing", "neither", "nor", "cannot", "without"),
        *("nowhere", "hardly", "barely", "scarcely", "fail", "fails", "failed", "failing", "lack"),
        *("lacks", "lacked", "lacking", "unable", "refuse", "refuses", "refused", "deny", "denies"),
        *("denied", "nicht", "kein", "keine", "keinen", "keiner", "keinem", "keines", "nie"),
        *("niemals", "nichts", "ohne", "niemand", "weder", "pas", "jamais", "rien", "sans"),
        *("aucun", "aucune", "non", "no", "nunca", "nada", "sin", "ninguno", "ninguna", "ningún"),
        *("tampoco", "jamás", "não", "sem", "nem", "nenhum", "nenhuma", "mai", "senza", "nessuno"),
        *("niet", "geen", "nooit", "zonder", "inte", "ingen", "aldrig", "utan", "ikke", "uden"),
        *("не", "нет", "ни", "никогда", "без", "никто", "ничего", "нельзя", "нету", "немає"),
        *("nie", "bez", "nigdy", "ne", "není", "değil", "yok", "asla", "hiç", "لا", "لم", "لن"),
        *("ليس", "ليست", "ليسوا", "بدون", "دون", "غير", "ما لم", "नहीं", "न", "मत", "बिना", "ना"),
        *("לא", "אין", "בלי", "δεν", "μην", "όχι", "tidak", "bukan", "tanpa", "không", "chưa"),
        *("안", "못"),
        # what frames a sentence as untrue: `it is a myth that`
        *("false", "falsely", "untrue", "incorrect", "myth", "hoax", "falsch", "falso", "falsa"),
        *("fausse", "ложь", "неправда", "onwaar"),
    )
)
_SELF = frozenset(
    ("nobody", "nothing", "none", "nowhere", "niemand", "nichts", "rien", "nada", "никто", "ничего")
)
_DENYING = re.compile(
    "(?<![区區特差])(?:不(?![仅僅但同断斷管论論久少过過])|没|沒|(?<!从)未(?![来來])|"
    "非(?![常洲])|無(?![論料線])|无(?![论線线])|莫|勿)"
    "|ない|なかっ|なく(?!て)|ません|ずに|(?<=[らかさたなまわがばぜべ])ず(?=[、。に])|ぬ(?=[、。])"
    "|않|없|못(?=하|했|해)|아니(?=[다라었며])|아닌"
)


def negates(word: str) -> bool:
    """Whether a word denies what comes behind it.

    >>> negates("Never"), negates("don't"), negates("knot")
    (True, True, False)
    """
    plain = word.lower().replace("\u2019", "'")
    return plain in _NEGATORS or plain.endswith("n't")


def stands_alone(word: str) -> bool:
    """Whether a negation denies a whole clause by itself: `nobody`."""
    return word.lower() in _SELF


def denies(clause: str) -> bool:
    """Whether a clause of Chinese, Japanese or Korean denies something.

    >>> denies("\u4ed6\u4e0d\u662f\u6559\u5e2b"), denies("\u975e\u5e38\u597d")
    (True, False)
    """
    return _DENYING.search(clause) is not None
