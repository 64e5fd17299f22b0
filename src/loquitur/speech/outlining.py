"""Title, summary, chapters and paragraphs of a transcript, as a language model sees them.

They are the model's own words about what was said, so they cannot be held against it word by word.
What can be checked is: that chapters and paragraphs begin at lines that there are, in order; that
the texts are of one line, of bounded length, without addresses and code; and that most of their
longer words were said. A part that fails is left out, and that is said.
"""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loquitur.model.speech import Chapter, EngineStamp, Outline
from loquitur.protocols import Prompt
from loquitur.speech.budget import Refusal, is_strange, loops
from loquitur.speech.prompting import (
    DATA_NOT_ORDERS,
    BrokenAnswerError,
    document_of,
    rows_of,
    token_count,
    windows_of,
)
from loquitur.speech.punctuation import MARKED_END
from loquitur.speech.refining import Account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from loquitur.model.speech import Transcript
    from loquitur.protocols import Answer
    from loquitur.speech.prompting import Ask, Row

_TASK = (
    "You describe an automatic transcript, in its own language. Give `title`: what it is about, in"
    " at most ten words. `summary`: what is said, in two to five plain sentences, nothing that is"
    " not said. `chapters`: where a new subject begins, the first at the first line, each with the"
    " `line` it begins with and a `title` of at most eight words; few of them, minutes apart."
    " `paragraphs`: the numbers of the lines with which a new thought begins."
)
_JOIN = (
    "You are given the titles and summaries of consecutive parts of one recording, in `parts`."
    " Give one `title` of at most ten words and one `summary` of two to six plain sentences for"
    " the whole, in the language of the parts, with nothing that they do not say."
)
_TITLE_SIGNS, _SUMMARY_SIGNS = 120, 1500
_GROUNDED = 0.4
_LEAST_CHAPTER_MS = 30_000
_PARAGRAPH_WORDS = 90
_ANSWER_TOKENS = 3000
_WORD = re.compile(r"\w{5,}")
_STEM = 5  # letters by which a word is known again in another form


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlineOptions:
    """What an outline has.

    Args:
        parts: Which of title, summary, chapters and paragraphs, with commas between; `none` for no
            outline at all.
        part_words: Words that are described in one request.
    """

    parts: str = "title,summary,chapters,paragraphs"
    part_words: int = 4000

    def __post_init__(self) -> None:
        strange = self.wanted - {"title", "summary", "chapters", "paragraphs"}
        if strange and self.wanted != {"none"}:
            raise ValueError(f"no part of an outline is called '{min(strange)}'")
        if not 100 <= self.part_words <= 50_000:
            raise ValueError(f"part_words is not within 100..50000: {self.part_words}")

    @property
    def wanted(self) -> frozenset[str]:
        """The parts by name."""
        return frozenset(part.strip() for part in self.parts.split(",") if part.strip())


def _shape(**properties: Any) -> str:
    return json.dumps(
        {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
    )


_TEXT = {"type": "string"}
_NUMBER = {"type": "integer"}
_CHAPTER = json.loads(_shape(line=_NUMBER, title=_TEXT))
SHAPE = _shape(
    title=_TEXT,
    summary=_TEXT,
    chapters={"type": "array", "items": _CHAPTER},
    paragraphs={"type": "array", "items": _NUMBER},
)
JOINED_SHAPE = _shape(title=_TEXT, summary=_TEXT)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What was accepted of one answer."""

    title: str = ""
    summary: str = ""
    chapters: tuple[tuple[int, str], ...] = ()
    paragraphs: tuple[int, ...] = ()


def outline(
    transcript: Transcript,
    ask: Ask,
    options: OutlineOptions,
    engine: EngineStamp,
    *,
    told: Callable[[int, int], None] = lambda _done, _all: None,
) -> tuple[Outline, Account]:
    """What a transcript is about.

    Args:
        transcript: Polished, where it can be.
        ask: Gives the answer to a prompt; its errors pass.
        options: What is wanted.
        engine: Whose words they are.
        told: Told the words done and all of them.
    """
    rows, account = rows_of(transcript), Account()
    done, total = 0, sum(len(row.words) for row in rows)
    parts: list[_Part] = []
    for number, (window, prompt) in enumerate(prompts_of(transcript, rows, options)):
        answer = ask(f"outline-{number}", prompt)
        account.add(answer)
        parts.append(_read(window, answer, account))
        done += sum(len(row.words) for row in window)
        told(done, total)
    whole = parts[0] if len(parts) == 1 else _joined(parts, rows, ask, account)
    wanted = options.wanted
    places = {row.number: row.words[0].start_ms for row in rows}
    return (
        Outline(
            title=whole.title if "title" in wanted else "",
            summary=whole.summary if "summary" in wanted else "",
            chapters=_chapters(parts, places) if "chapters" in wanted else (),
            paragraphs=_paragraphs(parts, rows, places) if "paragraphs" in wanted else (),
            engine=engine,
            findings=tuple(account.findings),
            tokens=account.tokens,
        ),
        account,
    )


def prompts_of(
    transcript: Transcript, rows: Sequence[Row], options: OutlineOptions
) -> Iterable[tuple[tuple[Row, ...], Prompt]]:
    """The parts of a transcript, each with what a model is asked of it."""
    for window in windows_of(rows, window_words=options.part_words):
        lines = [{"id": row.number, "speaker": row.speaker, "text": row.text} for row in window]
        material = {"language": transcript.language, "lines": lines}
        yield (
            window,
            Prompt(
                instructions=f"{DATA_NOT_ORDERS}\n{_TASK}",
                material=json.dumps(material, ensure_ascii=False),
                shape=SHAPE,
                most_tokens=_ANSWER_TOKENS,
            ),
        )


def _joined(parts: Sequence[_Part], rows: Sequence[Row], ask: Ask, account: Account) -> _Part:
    """Title and summary of a whole from those of its parts."""
    told = [{"title": part.title, "summary": part.summary} for part in parts if part.summary]
    if not told:
        return _Part()
    material = json.dumps({"parts": told}, ensure_ascii=False)
    prompt = Prompt(
        instructions=f"{DATA_NOT_ORDERS}\n{_JOIN}",
        material=material,
        shape=JOINED_SHAPE,
        most_tokens=token_count(material) + _ANSWER_TOKENS,
    )
    answer = ask("outline-whole", prompt)
    account.add(answer)
    return _read(rows, answer, account, texts_alone=True)


def _read(
    window: Sequence[Row], answer: Answer, account: Account, *, texts_alone: bool = False
) -> _Part:
    try:
        document = document_of(answer)
    except BrokenAnswerError as exc:
        account.refuse("outline", window, Refusal(rule="broken", reason=str(exc)))
        return _Part()
    said = _stems(row.text for row in window)
    texts = {}
    for name, most in (("title", _TITLE_SIGNS), ("summary", _SUMMARY_SIGNS)):
        text, why = _checked(document.get(name), most, said)
        texts[name] = text
        if why:
            account.refuse("outline", window, Refusal(rule=name, reason=why))
    whole = _Part(title=texts["title"], summary=texts["summary"])
    if texts_alone:
        return whole
    numbers = {row.number for row in window}
    chapters = _listed(document.get("chapters"), numbers, said)
    paragraphs = document.get("paragraphs")
    if chapters is None:
        reason = "chapters begin at no line, or their titles are not of what was said"
        account.refuse("outline", window, Refusal(rule="chapters", reason=reason))
    items = paragraphs if isinstance(paragraphs, list) else []
    starts = {item for item in items if _is_number(item) and item in numbers}
    return dataclasses.replace(
        whole, chapters=tuple(chapters or ()), paragraphs=tuple(sorted(starts))
    )


def _checked(value: Any, most: int, said: frozenset[str]) -> tuple[str, str]:
    """A text of the model's that may be shown, else nothing and why not."""
    if not isinstance(value, str) or not value.strip():
        return "", "it is empty"
    text = " ".join(value.split())
    words = text.split()
    if len(text) > most:
        return "", f"it has {len(text)} signs"
    if any(is_strange(word, ()) for word in words) or loops(words):
        return "", "it holds what nobody says"
    stems = _stems([text])
    if stems and len(stems & said) < _GROUNDED * len(stems):
        return "", f"{len(stems - said)} of its {len(stems)} longer words were not said"
    return text, ""


def _listed(value: Any, numbers: set[int], said: frozenset[str]) -> list[tuple[int, str]] | None:
    """The chapters of an answer, None where one of them is not as it was asked for."""
    if not isinstance(value, list):
        return None
    found = []
    for item in value:
        line = item.get("line") if isinstance(item, dict) else None
        title, why = _checked(item.get("title") if isinstance(item, dict) else "", 120, said)
        if not _is_number(line) or line not in numbers or why:
            return None
        found.append((line, title))
    starts = [line for line, _ in found]
    return found if starts == sorted(set(starts)) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _stems(texts: Iterable[str]) -> frozenset[str]:
    """The longer words of some texts, by their first letters; nothing of scripts without blanks."""
    return frozenset(
        word[:_STEM] for text in texts for word in _WORD.findall(text.lower()) if word.isalpha()
    )


def _chapters(parts: Sequence[_Part], places: dict[int, int]) -> tuple[Chapter, ...]:
    """The chapters of all parts; one too soon after another is left out."""
    found: list[Chapter] = []
    for line, title in (item for part in parts for item in part.chapters):
        start_ms = places[line]
        if not found or start_ms - found[-1].start_ms >= _LEAST_CHAPTER_MS:
            found.append(Chapter(start_ms=start_ms, title=title))
    return tuple(found)


def _paragraphs(
    parts: Sequence[_Part], rows: Sequence[Row], places: dict[int, int]
) -> tuple[int, ...]:
    """The starts of paragraphs: the model's; where it gave none, by speakers and length."""
    starts = [places[line] for part in parts for line in part.paragraphs]
    return tuple(sorted(set(starts or paragraphs_by_length(rows))))


def paragraphs_by_length(rows: Sequence[Row]) -> list[int]:
    """Where paragraphs may begin, in ms: with another speaker, and after enough full sentences."""
    found, count, speaker, ended = [], 0, None, True
    for row in rows:
        if row.speaker != speaker or (count >= _PARAGRAPH_WORDS and ended):
            found.append(row.words[0].start_ms)
            count = 0
        count += len(row.words)
        speaker, ended = row.speaker, MARKED_END.search(row.words[-1].text) is not None
    return found
