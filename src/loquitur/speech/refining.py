"""A transcript in better spelling, by a language model or by a table of numbers.

The model gets windows of numbered lines, each with some words before and after it, and gives the
lines back. Its text is laid on the words by edit distance (`rewording`), so that times, speakers
and confidences survive; a window whose answer is broken or goes beyond the budget (`budget`) stays
as it was. Time is linear in the words: windows are bounded, and so are their lines.
"""

from __future__ import annotations

import dataclasses
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

from loquitur.model.speech import Finding, SpokenWord, Transcript, Utterance
from loquitur.protocols import Prompt
from loquitur.speech.budget import Budget, Line, Refusal, judge
from loquitur.speech.prompting import (
    DATA_NOT_ORDERS,
    LINES_SHAPE,
    BrokenAnswerError,
    gaps_of,
    material_of,
    read_lines,
    rows_of,
    token_count,
    windows_of,
)
from loquitur.speech.rewording import align, reworded, split_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from loquitur.protocols import Answer, Punctuator
    from loquitur.speech.prompting import Ask, Row

_TASK = (
    "You restore the spelling of an automatic transcript. For every object in `lines` give one"
    " object with the same `id` and the polished `text`, in the same language. Put in punctuation"
    " and capitals. Mend a word only where it is an obvious mishearing and the right one sounds"
    " alike. Do not rephrase, translate, shorten, complete or explain; keep every word, number,"
    " name and negation, fillers too. Lines are cut by length: a sentence may go on in the next"
    " line, and `before` and `after` show what is said around them, for context only."
)
_AGAIN = (
    " An earlier answer to this was refused, for it changed what was said. This time change"
    " punctuation and capitals only: every word stays as it is, letter by letter."
)
_GLOSSARY = " Names that occur are spelt so: {names}."
_SHOWN = 120
_HALF = 0.6  # of a window's words, the least that an answer in words alone has
_MOST_TIMES_LONGER = 3  # tokens of an answer against those of its window
_TOKENS_BESIDE = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class PolishOptions:
    """How a language model polishes; without one only `punctuation` is restored.

    Args:
        window_words: Words that are polished in one request.
        overlap_words: Words before and after them that are shown with it.
        most_changed: Of a window, the largest share of words that may become others.
        most_longer: How far a window's letters may grow or shrink, as a share.
        keep_names: Whether the spelling of names is never touched.
        second_try: Whether a window that was refused is asked for once more, then for punctuation
            and capitals alone.
        glossary: Names and terms that are right, with commas between: the model is told them, and
            may put them in.
    """

    window_words: int = 250
    overlap_words: int = 40
    most_changed: float = 0.2
    most_longer: float = 0.25
    keep_names: bool = True
    second_try: bool = True
    glossary: str = ""

    def __post_init__(self) -> None:
        if not 20 <= self.window_words <= 5000:
            raise ValueError(f"window_words is not within 20..5000: {self.window_words}")
        if not 0 <= self.overlap_words <= 1000:
            raise ValueError(f"overlap_words is not within 0..1000: {self.overlap_words}")
        if not 0.0 <= self.most_changed <= 1.0 or not 0.0 <= self.most_longer <= 1.0:
            raise ValueError("most_changed and most_longer are shares, within 0..1")

    @property
    def names(self) -> tuple[str, ...]:
        """The glossary as a list."""
        return tuple(name.strip() for name in self.glossary.split(",") if name.strip())

    @property
    def budget(self) -> Budget:
        """What an answer may change."""
        words = (word.lower() for name in self.names for word in name.split())
        return Budget(
            most_changed=self.most_changed,
            most_longer=self.most_longer,
            keep_names=self.keep_names,
            glossary=frozenset(words),
        )


@dataclass(slots=True)
class Account:
    """What came of some requests: windows, refusals, tokens that were counted by the service."""

    windows: int = 0
    findings: list[Finding] = field(default_factory=list)
    rules: Counter[str] = field(default_factory=Counter)
    read: int = 0
    written: int = 0
    counted: bool = False

    def add(self, answer: Answer, *, again: bool = False) -> None:
        """Count an answer's tokens, and its window where it was not asked for before."""
        self.windows += not again
        self.counted = self.counted or answer.input_tokens is not None
        self.read += answer.input_tokens or 0
        self.written += answer.output_tokens or 0

    def refuse(self, stage: str, rows: Sequence[Row], refusal: Refusal) -> None:
        """Note a window that stays as it was, and why."""
        self.rules[refusal.rule] += 1
        words = [word for row in rows for word in row.words]
        self.findings.append(
            Finding(
                guard=f"{stage}.{refusal.rule}",
                action="flagged",
                start_ms=min(word.start_ms for word in words),
                end_ms=max(word.end_ms for word in words),
                text=refusal.reason[:_SHOWN],
            )
        )

    @property
    def tokens(self) -> tuple[int, int] | None:
        """Tokens read and written, None where the service counted none."""
        return (self.read, self.written) if self.counted else None

    def note(self, what: str) -> tuple[str, ...]:
        """A line for the reader where windows were refused."""
        if not self.rules:
            return ()
        why = ", ".join(f"{rule} {count}" for rule, count in sorted(self.rules.items()))
        return (f"{what} of {self.rules.total()} of {self.windows} windows were refused ({why})",)


def polish(
    transcript: Transcript,
    ask: Ask,
    options: PolishOptions,
    *,
    told: Callable[[int, int], None] = lambda _done, _all: None,
) -> tuple[Transcript, Account]:
    """The transcript as a language model spells it, within the budget.

    Args:
        transcript: As it was woven.
        ask: Gives the answer to a prompt; its errors pass.
        options: Windows and budget.
        told: Told the words done and all of them, after each window.

    Returns:
        A transcript with the same speakers, utterances and moods, kept words at their times; and
        what was refused.
    """
    rows = rows_of(transcript)
    account = Account()
    fresh: dict[int, tuple[SpokenWord, ...]] = {}
    done, total = 0, sum(len(row.words) for row in rows)
    for number, (window, prompt) in enumerate(prompts_of(transcript, rows, options)):
        answer = ask(f"refine-{number}", prompt)
        account.add(answer)
        found = _accepted(window, answer, options.budget, transcript.language)
        if isinstance(found, Refusal) and options.second_try:
            stricter = dataclasses.replace(prompt, instructions=prompt.instructions + _AGAIN)
            answer = ask(f"refine-{number}-again", stricter)
            account.add(answer, again=True)
            second = _accepted(window, answer, options.budget, transcript.language)
            # what the first was refused for says more, where both are
            found = found if isinstance(second, Refusal) else second
        if isinstance(found, Refusal):
            account.refuse("refine", window, found)
        else:
            fresh.update(found)
        done += sum(len(row.words) for row in window)
        told(done, total)
    return with_words(transcript, rows, fresh), account


def prompts_of(
    transcript: Transcript, rows: Sequence[Row], options: PolishOptions
) -> Iterable[tuple[tuple[Row, ...], Prompt]]:
    """The windows of a transcript, each with what a model is asked of it."""
    instructions = f"{DATA_NOT_ORDERS}\n{_TASK}"
    if options.names:
        instructions += _GLOSSARY.format(names=", ".join(options.names))
    for window in windows_of(rows, window_words=options.window_words):
        head = {"language": transcript.language}
        material = material_of(rows, window, overlap_words=options.overlap_words, head=head)
        yield (
            window,
            Prompt(
                instructions=instructions,
                material=material,
                shape=LINES_SHAPE,
                most_tokens=_MOST_TIMES_LONGER * token_count(material) + _TOKENS_BESIDE,
            ),
        )


def _accepted(
    window: Sequence[Row], answer: Answer, budget: Budget, language: str
) -> dict[int, tuple[SpokenWord, ...]] | Refusal:
    """The window's lines in their new words, by the number of the line; or why not."""
    try:
        texts = read_lines(answer, window)
    except BrokenAnswerError as exc:
        plain = _texts_of_plain(answer, window, language)
        if plain is None:
            return Refusal(rule="broken", reason=str(exc))
        texts = plain
    lines = []
    for row, text in zip(window, texts, strict=True):
        old = tuple(word.text for word in row.words)
        if len(text) > 3 * len(row.text) + 40:  # before any work is done on it
            return Refusal(rule="length", reason=f"{len(row.text)} signs have become {len(text)}")
        new = tuple(split_answer(text))
        edits = align(old, new, language=language)
        lines.append(Line(old=old, new=new, edits=tuple(edits)))
    refusal = judge(lines, budget, language=language)
    if refusal is not None:
        return refusal
    return {
        row.number: reworded(row.words, line.new, line.edits)
        for row, line in zip(window, lines, strict=True)
    }


def _texts_of_plain(answer: Answer, window: Sequence[Row], language: str) -> list[str] | None:
    """The lines of an answer in words alone, as small models give it; None where it is no such.

    Its words are laid on those of the whole window, and each goes to the line of what it was.
    """
    text = answer.text.strip()
    old = [word.text for row in window for word in row.words]
    new = split_answer(text)
    is_plain = answer.whole and text[:1] not in ("{", "[", "`", "<")
    if not is_plain or not _HALF * len(old) <= len(new) <= len(old) / _HALF:
        return None
    ends = list(accumulate(len(row.words) for row in window))
    texts: list[list[str]] = [[] for _ in window]
    for edit in align(old, new, language=language):
        row = bisect_right(ends, max(0, edit.old_start - (not edit.old_count)))
        if edit.old_end > ends[row]:  # one word of what two speakers said
            return None
        texts[row].extend(new[edit.new_start : edit.new_end])
    return [" ".join(words) for words in texts]


def with_words(
    transcript: Transcript, rows: Sequence[Row], fresh: dict[int, tuple[SpokenWord, ...]]
) -> Transcript:
    """The transcript with the words of some lines in the place of the old ones."""
    words: dict[int, list[SpokenWord]] = {}
    for row in rows:
        words.setdefault(row.utterance, []).extend(fresh.get(row.number, row.words))
    return dataclasses.replace(
        transcript,
        utterances=tuple(
            _said_anew(utterance, tuple(words[number]))
            for number, utterance in enumerate(transcript.utterances)
        ),
    )


def _said_anew(utterance: Utterance, words: tuple[SpokenWord, ...]) -> Utterance:
    return dataclasses.replace(
        utterance,
        words=words,
        start_ms=min(word.start_ms for word in words),
        end_ms=max(word.end_ms for word in words),
    )


def punctuate(transcript: Transcript, engine: Punctuator) -> Transcript:
    """The transcript with the punctuation and capitals of an engine that changes no letters.

    Raises:
        ValueError: It gave another number of words.
    """
    words = [word for utterance in transcript.utterances for word in utterance.words]
    ends, count = [], 0
    for at, utterance in enumerate(transcript.utterances):
        count += len(utterance.words)
        later = transcript.utterances[at + 1 : at + 2]
        if later and later[0].speaker != utterance.speaker:
            ends.append(count - 1)
    texts = engine.restore(
        [word.text for word in words],
        language=transcript.language,
        gaps_ms=gaps_of(words),
        ends=ends,
    )
    found = [dataclasses.replace(word, text=text) for word, text in zip(words, texts, strict=True)]
    utterances, done = [], 0
    for utterance in transcript.utterances:
        own = tuple(found[done : done + len(utterance.words)])
        done += len(utterance.words)
        utterances.append(dataclasses.replace(utterance, words=own))
    return dataclasses.replace(transcript, utterances=tuple(utterances))
