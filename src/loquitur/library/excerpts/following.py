"""A question that leans on the one before it: "And when did he die?" has no name of its own."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur.library.excerpts.questions import UNSPACED, any_of, read_question
from loquitur.library.excerpts.wording import content_terms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.model.library import Reply

_SHORT = 3
"""A question of no more words that count may lean on the one before it without saying so."""


def leans(text: str, *, languages: Sequence[str] = ()) -> bool:
    """Whether a question points back at what was said before: with a pronoun, and no name.

    >>> leans("And when did he die?"), leans("When did Tesla leave his house?")
    (True, False)
    """
    question = read_question(text, languages=languages)
    pattern = _pointers().get(question.language)
    if pattern is None or question.names:
        return False
    return pattern.search(text.lower()) is not None


def may_lean(text: str, *, languages: Sequence[str] = ()) -> bool:
    """Whether a question is so short that it may lean on another one.

    >>> may_lean("And the weights?"), may_lean("How do deep networks learn equivariant filters?")
    (True, False)
    """
    question = read_question(text, languages=languages)
    words = re.findall(r"\w+", question.content)
    terms = content_terms(question, language=question.language)
    return min(len(words), len(terms)) <= _SHORT


def with_history(text: str, history: Sequence[Reply], *, languages: Sequence[str] = ()) -> str:
    """A question together with what the last one was about: its names, else its words that count.

    Args:
        text: The question.
        history: Earlier replies, the latest last; one at least.
        languages: Primary tags of what is asked about.

    >>> from loquitur.model.library import Reply
    >>> before = Reply(question="Where was Nikola Tesla born?", answer=None)
    >>> with_history("When did he die?", [before])
    'When did he die? (Nikola Tesla)'
    """
    last = history[-1].searched or history[-1].question
    about = read_question(last, languages=languages)
    names = [last[start:end] for start, end in about.names]
    words = names or re.findall(r"[\w'\u2019-]+", about.content)
    return f"{text} ({' '.join(dict.fromkeys(words))})"


@lru_cache(maxsize=1)
def _pointers() -> dict[str, re.Pattern[str]]:
    path = Path(__file__).with_suffix(".toml")
    read = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        name: any_of(words.split(), unspaced=name in UNSPACED)
        for name, words in read["pointers"].items()
    }
