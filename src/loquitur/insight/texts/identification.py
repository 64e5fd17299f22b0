"""In which language a text is: by its script where that is enough, else by py3langid, else `und`.

Chat is no prose: an emote, an address or laughter is of no language, and a classifier that must
answer takes `lol` for Sesotho. So what says nothing is taken away first; Hangul and kana decide by
themselves; fewer than three letters, or an answer with a small margin, give `und` or the language
that the caller says is usual there.

Source of the classifier: py3langid (Lui and Baldwin 2012, "langid.py", in Barbaresi's revision),
naive Bayes over byte n-grams. Its languages are restricted to `CANDIDATES`.
"""

from __future__ import annotations

import math
import re
import tomllib
import unicodedata
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.errors import MissingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

UNKNOWN = "und"
LEAST_LETTERS = 3
LEAST_SHARE = 0.55
"""Of the probability over the candidates, for an answer; and `LEAST_LEAD` before the second."""
LEAST_LEAD = 0.25
FEW_LETTERS = 32
"""In texts of fewer letters, all of them ASCII, the classifier is easily wrong: *goated* looks
Romanian to it. There a language other than English needs `SURE_SHARE`, or one of its common words
(and no more of any other language's). Of 33,283 such pieces, of four words each, of the meetings of
QMSum's validation set (Zhong et al. 2021) that it was asked about, 133 were called another language
without this, and 21 with it."""
SURE_SHARE = 0.8
LONGEST = 2000
"""Characters of a text that are looked at: more of it tells no more."""

CANDIDATES = (
    *("ar", "bg", "ca", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi"),
    *("hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "nb", "nl", "pl", "pt", "ro", "ru", "sk"),
    *("sl", "sr", "sv", "th", "tl", "tr", "uk", "ur", "vi", "zh"),
)
"""Those asked for: languages with many videos; rarer ones would only take short texts from them."""

_SCRIPTS = (
    ("ko", "\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff\uffa0-\uffdc"),
    ("ja", "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"),
    ("th", "\u0e01-\u0e4e"),
    ("el", "\u0370-\u03ff\u1f00-\u1fff"),
    ("he", "\u0590-\u05ff\ufb1d-\ufb4f"),
    ("hy", "\u0531-\u058f"),
    ("ka", "\u10a0-\u10ff\u1c90-\u1cbf"),
    ("pa", "\u0a01-\u0a7f"),
    ("gu", "\u0a81-\u0aff"),
    ("or", "\u0b01-\u0b7f"),
    ("ta", "\u0b82-\u0bff"),
    ("te", "\u0c00-\u0c7f"),
    ("kn", "\u0c80-\u0cff"),
    ("ml", "\u0d00-\u0d7f"),
    ("si", "\u0d80-\u0dff"),
    ("lo", "\u0e81-\u0eff"),
    ("bo", "\u0f00-\u0fff"),
    ("my", "\u1000-\u109f"),
    ("am", "\u1200-\u139f"),
    ("km", "\u1780-\u17ff"),
    ("bn", "\u0980-\u09ff"),
)
"""Scripts that one language has, or of which one has nearly all videos (Unicode 16, Blocks.txt)."""
_OWN = re.compile("|".join(f"(?P<{name}>[{ranges}])" for name, ranges in _SCRIPTS))
_ENOUGH = {"ko": 0.2, "ja": 0.05}
"""Of the letters, for a script to decide. Japanese has more Chinese characters than kana."""
_ENOUGH_OTHERS = 0.5

_NOISE = re.compile(
    r"https?://\S+|www\.\S+\.\S+"
    r"|@[\w.-]+"
    r"|:[A-Za-z0-9_+-]+:"
    r"|[\u00af\\_(（\u30fb\uff65ヽヾ]*[(（][^()（）\w]*[ツシﾂωДд益ಠ][^()（）]*[)）][\u00af/_ノﾉ]*"
    r"|\b(?:w{2,}|l[ou]l+(?:[ou]l)*|(?:ha|he|hi|ja|je|ji|ah|xa|ха|хе)(?:ha|he|hi|ja|je|ji|ah|xa"
    r"|ха|хе|[haxх])+|k{3,}|5{3,}|x+d+)\b"
    r"|草+",
    re.IGNORECASE,
)


_MAY_BE_NOISE = re.compile(r"[@#:(（/]|ww|[ahx][aeijx]|ах|ха|xd|kkk|555|lol|lul|草", re.IGNORECASE)
_NO_LETTERS = re.compile(r"[\W\d_]+")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_BATCH = 4096
_VOTES = 2
_LEAST_TOLD = 5
_ALL = "\0all"
_LATIN = re.compile(r"[a-zA-Z\u00c0-\u024f\u1e00-\u1eff]")
_NOT_LATIN = frozenset(name for name, _ in _SCRIPTS) | {
    *("ar", "bg", "fa", "hi", "ru", "sr", "uk", "ur", "zh"),
}


def identify(
    texts: Sequence[str], *, usual: str = "", candidates: Sequence[str] = CANDIDATES
) -> list[str]:
    """The language of each text, BCP 47; equal texts are looked at once.

    Args:
        texts: Messages or longer ones.
        usual: Answered where a text of letters tells too little: the language of its channel or
            author, as `majority` finds it. `und` where empty.
        candidates: What the classifier may answer; scripts decide before it.

    Returns:
        One tag for each text; `und` where it cannot be told.

    Raises:
        MissingError: py3langid is not installed and a text needs it.
    """
    known: dict[str, str] = {}
    wanted: list[str] = []
    kept: list[str] = []
    words = _words(frozenset(candidates))
    for text in dict.fromkeys(texts):
        plain, found = _by_script(text)
        if found is None:
            found = _by_words(plain, words)
        if found is None:
            wanted.append(text)
            kept.append(plain)
        else:
            known[text] = found
    if wanted:
        answers = _classifier(tuple(candidates)).answers(kept)
        for text, plain, (answer, share) in zip(wanted, kept, answers, strict=True):
            is_sure = _is_written_so(plain, answer) and (
                share >= SURE_SHARE or _is_enough(plain, answer, words)
            )
            known[text] = answer if is_sure else usual or UNKNOWN
    return [known[text] for text in texts]


def majority(languages: Iterable[str]) -> str:
    """The language that more than half of those that could be told have; empty where none has.

    Args:
        languages: As `identify` gives them.
    """
    counts = Counter(language for language in languages if language != UNKNOWN)
    if not counts:
        return ""
    name, count = min(counts.items(), key=lambda item: (-item[1], item[0]))
    return name if 2 * count > counts.total() else ""


def settle(
    texts: Sequence[str], languages: Sequence[str], groups: Sequence[str] | None = None
) -> list[str]:
    """Languages with those that could not be told taken from where the texts come from.

    A text of three letters or more takes the majority's language of its group, where at least five
    of the group could be told, else that of all texts, with the same bound; shorter ones stay
    `und`. Texts in Latin letters take languages that are written so, and others those that are not.

    Args:
        texts: As they were identified.
        languages: As `identify` gives them.
        groups: An author, channel or video for each text; None for one group.
    """
    named = ["" for _ in texts] if groups is None else groups
    listed: dict[tuple[str, bool], list[str]] = {}
    for group, language in zip(named, languages, strict=True):
        if language != UNKNOWN:
            listed.setdefault((group, language in _NOT_LATIN), []).append(language)
    told = {place: majority(those) for place, those in listed.items() if len(those) >= _LEAST_TOLD}
    for is_other in (False, True):
        those = [one for place, many in listed.items() if place[1] == is_other for one in many]
        if len(those) >= _LEAST_TOLD:
            told[_ALL, is_other] = majority(those)
    settled = list(languages)
    for at, (text, language, group) in enumerate(zip(texts, languages, named, strict=True)):
        if language == UNKNOWN:
            plain = _NOISE.sub(" ", text[:LONGEST])
            if letters_in(plain) >= LEAST_LETTERS:
                is_other = _LATIN.search(plain) is None
                usual = told.get((group, is_other)) or told.get((_ALL, is_other))
                settled[at] = usual or UNKNOWN
    return settled


def letters_in(text: str) -> int:
    """How many letters a text has."""
    return len(text) if text.isalpha() else len(_NO_LETTERS.sub("", text))


def _by_script(text: str) -> tuple[str, str | None]:
    """What of a text can tell its language, and that language where nothing need be asked."""
    text = text[:LONGEST]
    plain = _NOISE.sub(" ", text) if _MAY_BE_NOISE.search(text) else text
    if not plain.isascii():
        found = _script(unicodedata.normalize("NFC", plain))
        if found:
            return "", found
    if letters_in(plain) < LEAST_LETTERS:
        return "", UNKNOWN
    return plain, None


def _script(text: str) -> str:
    counts = Counter(match.lastgroup for match in _OWN.finditer(text))
    if not counts:
        return ""
    letters = max(1, letters_in(text))
    for name in ("ko", "ja"):
        if counts[name] and (counts[name] >= _ENOUGH[name] * letters):
            return name
    first, count = counts.most_common(1)[0]
    is_enough = count >= max(LEAST_LETTERS, _ENOUGH_OTHERS * letters)
    return first if first and is_enough else ""


@lru_cache(maxsize=4)
def _words(candidates: frozenset[str]) -> Mapping[str, tuple[str, ...]]:
    """Of each common word the languages that have it."""
    path = Path(__file__).with_name("common_words.toml")
    listed = tomllib.loads(path.read_text(encoding="utf-8"))
    found: dict[str, tuple[str, ...]] = {}
    for language, words in listed.items():
        if language in candidates:
            for word in dict.fromkeys(words.split()):
                found[word] = (*found.get(word, ()), language)
    return found


def _by_words(plain: str, words: Mapping[str, tuple[str, ...]]) -> str | None:
    """The language of which a text has two common words, and twice those of any other."""
    votes = _votes(plain, words)
    if not votes:
        return None
    first, *others = sorted(votes.values(), reverse=True)
    if first < _VOTES or (others and first < _VOTES * others[0]):
        return None
    return max(votes, key=lambda language: votes[language])


def _votes(plain: str, words: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    votes: dict[str, int] = {}
    for word in dict.fromkeys(_WORD.findall(plain.lower())):  # "no no no" is one word of Spanish
        for language in words.get(word, ()):
            votes[language] = votes.get(language, 0) + 1
    return votes


def _is_written_so(plain: str, answer: str) -> bool:
    """Whether an answer is a language written in the letters that most of a text has.

    Of *I love you* and a word of Hebrew the classifier sees the Hebrew: that text is of neither.
    """
    if not answer or answer == "sr":  # Serbian has both
        return bool(answer)
    is_latin = 2 * len(_LATIN.findall(plain)) > letters_in(plain)
    return is_latin == (answer not in _NOT_LATIN)


def _is_enough(plain: str, answer: str, words: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a text tells enough for an answer of the classifier that is not quite sure."""
    if answer == "en" or not plain.isascii() or letters_in(plain) >= FEW_LETTERS:
        return True
    votes = _votes(plain, words)
    return votes.pop(answer, 0) > max(votes.values(), default=0)


class _Classifier:
    """py3langid with probabilities over some languages, for many texts at once.

    The figures are those of its `classify` with `norm_probs`; what it does for each text in turn is
    done here for thousands: of the table of features, only the sums are built text by text.
    """

    def __init__(self, candidates: tuple[str, ...]) -> None:
        try:
            from py3langid.langid import MODEL_FILE, LanguageIdentifier
        except ImportError as exc:
            raise MissingError(
                "the language of a text needs py3langid",
                hint='pip install "loquitur[insight]", or say the language (--language)',
                code="LQ-NO-PACKAGE",
            ) from exc
        self._model: Any = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        self._model.set_languages(set(candidates) & set(self._model.labels))
        self._rows = [row << 8 for row in self._model.tk_row]
        self._table = np.asarray(self._model.nb_ptc, dtype=np.float32)
        self._prior = np.asarray(self._model.nb_pc, dtype=np.float32)
        self._names = list(self._model.nb_classes)

    def answers(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        """The language of each text, empty where the margin is small, and its probability."""
        found: list[tuple[str, float]] = []
        for at in range(0, len(texts), _BATCH):
            found += self._batch(texts[at : at + _BATCH])
        return found

    def _batch(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        features: list[int] = []
        counts: list[int] = []
        ends: list[int] = []
        heat: list[float] = []
        for text in texts:
            encoded = _encoded(text)
            visits = self._visits(encoded)
            features += visits
            counts += visits.values()
            ends.append(len(features))
            heat.append(1.0 / math.sqrt(len(encoded) or 1))
        weights = np.log1p(np.asarray(counts, dtype=np.float32))
        scores = np.zeros((len(texts), len(self._names)), dtype=np.float32)
        begin = 0
        index = np.asarray(features, dtype=np.intp)
        for at, end in enumerate(ends):
            if end > begin:
                scores[at] = weights[begin:end] @ self._table[index[begin:end]] + self._prior
            begin = end
        scores *= np.asarray(heat, dtype=np.float32)[:, None]
        np.exp(scores - scores.max(axis=1, keepdims=True), out=scores)
        scores /= scores.sum(axis=1, keepdims=True)
        best = scores.argmax(axis=1)
        rows = np.arange(len(texts))
        shares = scores[rows, best]
        scores[rows, best] = 0.0
        sure = (shares >= LEAST_SHARE) & (shares - scores.max(axis=1) >= LEAST_LEAD)
        return [
            (self._names[at] if is_sure else "", share)
            for at, is_sure, share in zip(best, sure, shares.tolist(), strict=True)
        ]

    def _visits(self, encoded: bytes) -> dict[int, int]:
        moves, rows, out = self._model.tk_nextmove, self._rows, self._model.tk_output
        state = 0
        found: dict[int, int] = {}
        for byte in encoded:
            state = moves[rows[state] + byte]
            feature = out[state]
            if feature >= 0:
                found[feature] = found.get(feature, 0) + 1
        return found


def _encoded(text: str) -> bytes:
    """A text as py3langid's model was trained on it."""
    if text.isupper():
        text = text.lower()
    return unicodedata.normalize("NFC", text).encode("utf-8", errors="surrogatepass")


@lru_cache(maxsize=4)
def _classifier(candidates: tuple[str, ...]) -> _Classifier:
    return _Classifier(candidates)
