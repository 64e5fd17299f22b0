"""A transcript in another language: the same utterances, their words spread over what they say.

A translated word was never said, so its time is interpolated: over the line that it is part of, by
letters. A window whose answer is broken, far too long or short, or has other figures keeps the
words that were said, and that is told.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.model.speech import SpokenWord, Transcript
from loquitur.protocols import Prompt
from loquitur.speech.budget import Refusal, is_strange, loops
from loquitur.speech.prompting import (
    DATA_NOT_ORDERS,
    LINES_SHAPE,
    BrokenAnswerError,
    material_of,
    read_lines,
    rows_of,
    token_count,
    windows_of,
)
from loquitur.speech.refining import Account, with_words
from loquitur.speech.rewording import spread
from loquitur.speech.spelling import split_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from loquitur.protocols import Answer
    from loquitur.speech.prompting import Ask, Row

_TASK = (
    "You translate a transcript for subtitles into the language `to` (a BCP 47 code). For every"
    " object in `lines` give one object with the same `id` and the translated `text`: natural,"
    " brief, nothing added or left out; keep names and figures. Lines are cut by length: a sentence"
    " may go on in the next line. `before` and `after` show what is said around, for context only."
)
_FIGURES = re.compile(r"\d+")
_LEAST_SIGNS, _MOST_SIGNS = 0.15, 4.0  # Chinese is short, German of Chinese long
_FREE_SIGNS = 40
_UNTRANSLATED = 0.8
_SHOWN_WORDS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslateOptions:
    """What is translated.

    Args:
        to: The language of the translation, BCP 47; `--translate` says it.
        window_words: Words that are translated in one request.
        overlap_words: Words before and after them that are shown with it.
    """

    to: str = ""
    window_words: int = 250
    overlap_words: int = 40

    def __post_init__(self) -> None:
        if not 20 <= self.window_words <= 5000:
            raise ValueError(f"window_words is not within 20..5000: {self.window_words}")
        if not 0 <= self.overlap_words <= 1000:
            raise ValueError(f"overlap_words is not within 0..1000: {self.overlap_words}")


def translate(
    transcript: Transcript,
    ask: Ask,
    options: TranslateOptions,
    *,
    told: Callable[[int, int], None] = lambda _done, _all: None,
) -> tuple[Transcript, Account]:
    """The transcript in another language.

    Args:
        transcript: Polished, where it can be.
        ask: Gives the answer to a prompt; its errors pass.
        options: Into which language.
        told: Told the words done and all of them.

    Returns:
        The same speakers, moods and utterances, with other words; and what was refused.
    """
    rows, account = rows_of(transcript), Account()
    fresh: dict[int, tuple[SpokenWord, ...]] = {}
    done, total = 0, sum(len(row.words) for row in rows)
    for number, (window, prompt) in enumerate(prompts_of(transcript, rows, options)):
        answer = ask(f"translate-{number}", prompt)
        account.add(answer)
        found = _accepted(window, answer)
        if isinstance(found, Refusal):
            account.refuse("translate", window, found)
        else:
            fresh.update(found)
        done += sum(len(row.words) for row in window)
        told(done, total)
    translated = with_words(transcript, rows, fresh)
    return dataclasses.replace(translated, language=options.to), account


def prompts_of(
    transcript: Transcript, rows: Sequence[Row], options: TranslateOptions
) -> Iterable[tuple[tuple[Row, ...], Prompt]]:
    """The windows of a transcript, each with what a model is asked of it."""
    head = {"from": transcript.language, "to": options.to}
    for window in windows_of(rows, window_words=options.window_words):
        material = material_of(rows, window, overlap_words=options.overlap_words, head=head)
        yield (
            window,
            Prompt(
                instructions=f"{DATA_NOT_ORDERS}\n{_TASK}",
                material=material,
                shape=LINES_SHAPE,
                most_tokens=4 * token_count(material) + 400,
            ),
        )


def _accepted(window: Sequence[Row], answer: Answer) -> dict[int, tuple[SpokenWord, ...]] | Refusal:
    try:
        texts = read_lines(answer, window)
    except BrokenAnswerError as exc:
        return Refusal(rule="broken", reason=str(exc))
    for row, text in zip(window, texts, strict=True):
        why = _wrong(row, text)
        if why is not None:
            return why
    same = sum(
        text.split() == row.text.split() and len(row.words) >= _SHOWN_WORDS
        for row, text in zip(window, texts, strict=True)
    )
    long = sum(len(row.words) >= _SHOWN_WORDS for row in window)
    if long and same >= _UNTRANSLATED * long:
        return Refusal(rule="lazy", reason="it is not translated")
    return {row.number: _placed(row, text) for row, text in zip(window, texts, strict=True)}


def _wrong(row: Row, text: str) -> Refusal | None:
    words = text.split()
    if not any(sign.isalnum() for sign in text):
        return Refusal(rule="empty", reason="a line came back empty")
    if any(is_strange(word, row.text.split()) for word in words):
        return Refusal(rule="signs", reason="it holds what nobody said")
    if loops(words) and not loops(row.text.split()):
        return Refusal(rule="loops", reason="it repeats itself")
    length = len(row.text)
    if not _LEAST_SIGNS * length - 8 <= len(text) <= _MOST_SIGNS * length + _FREE_SIGNS:
        return Refusal(rule="length", reason=f"{length} signs have become {len(text)}")
    was, now = (Counter(_FIGURES.findall(_ungrouped(item))) for item in (row.text, text))
    new = [figure for figure in now - was if len(figure) > 2]
    lost = [figure for figure in was - now if len(figure) > 2]
    if new or lost:
        return Refusal(rule="numbers", reason=f"figures differ: {', '.join(new + lost)[:60]}")
    return None


def _ungrouped(text: str) -> str:
    """A text whose figures have no marks between thousands: each language has its own."""
    return re.sub(r"(?<=\d)[.,'\u2019\u00a0\u202f ](?=\d{3}(?!\d))", "", text)


def _placed(row: Row, text: str) -> tuple[SpokenWord, ...]:
    names = tuple(dict.fromkeys(name for word in row.words for name in word.overlap))
    return spread(
        split_text(text),
        min(word.start_ms for word in row.words),
        max(word.end_ms for word in row.words),
        overlap=names,
    )
