"""What a library keeps and gives back: volumes, passages, what is asked of them, what is found."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Literal

from loquitur.timing import check_span

Kind = Literal["speech", "comments", "chat", "metadata", "descriptions", "labels"]
Mode = Literal["hybrid", "words", "meaning"]
KINDS: tuple[Kind, ...] = ("speech", "comments", "chat", "metadata", "descriptions", "labels")


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """One video, or one file, of a library.

    Args:
        media_id: `youtube:ID` for a video of YouTube; the `sha256:` of a medium; else `file:PATH`.
        title: For people.
        channel: Whose it is; empty where nobody said.
        published: The day it came out, `YYYY-MM-DD`; empty where nobody said.
        language: BCP 47 tag of what is said; `und` where nobody knows.
        duration_ms: Of the medium; None where nobody said.
        origin: Where its moments lead (see `insight.links`): an address or a path; or empty.
    """

    media_id: str
    title: str
    channel: str = ""
    published: str = ""
    language: str = "und"
    duration_ms: int | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What of a volume is replaced as one: its speech in a language, its comments, its chat.

    Args:
        kind: What it is.
        language: BCP 47; parts of one kind in several languages stand side by side.
        digest: sha256 of the source, by which a changed one is told from a known one.
        source: In what form it came: `transcript`, `captions`, `automatic captions` ...
    """

    kind: Kind = "speech"
    language: str = "und"
    digest: str = ""
    source: str = ""

    @property
    def name(self) -> str:
        """What distinguishes the parts of a volume: `speech:en`."""
        return f"{self.kind}:{self.language}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What is found: some sentences of one part, with the times of their words.

    Args:
        id: Given by the index; 0 for one that is in none.
        media_id: The volume's.
        part: The part's name (`Part.name`).
        number: Its place in the part, from 0.
        start_ms: Media time; 0 for what has none (comments, metadata).
        end_ms: Exclusive.
        text: On one line.
        speaker: Who says most of it, or who wrote it; empty where nobody knows.
        speakers: All who speak in it.
        chapter: The chapter's title.
        language: BCP 47.
        emotion: The mood of most of it.
        sentences: Where sentences begin, as offsets of characters in `text`, ascending.
        offsets: Where timed words begin, ascending; empty where no word has a time.
        times_ms: When each of those begins, in media time.
        timed: Whether the times mean anything.
    """

    media_id: str
    part: str
    number: int
    start_ms: int
    end_ms: int
    text: str
    id: int = 0
    speaker: str = ""
    speakers: tuple[str, ...] = ()
    chapter: str = ""
    language: str = "und"
    emotion: str = ""
    sentences: tuple[int, ...] = (0,)
    offsets: tuple[int, ...] = ()
    times_ms: tuple[int, ...] = ()
    timed: bool = True

    def __post_init__(self) -> None:
        check_span(self.start_ms, self.end_ms)
        if len(self.offsets) != len(self.times_ms):
            raise ValueError(f"{len(self.offsets)} offsets, {len(self.times_ms)} times")

    @property
    def kind(self) -> str:
        """The kind of its part: `speech`, `comments` ..."""
        return self.part.partition(":")[0]

    def time_of(self, offset: int) -> int:
        """When the word at an offset of a character begins, in ms."""
        at = bisect_right(self.offsets, offset) - 1
        return self.times_ms[at] if at >= 0 else self.start_ms

    def span_ms(self, first: int, end: int) -> tuple[int, int]:
        """When the characters `[first, end)` are said, in ms, half-open."""
        start_ms = self.time_of(first)
        at = bisect_right(self.offsets, max(first, end - 1))
        end_ms = self.times_ms[at] if at < len(self.times_ms) else self.end_ms
        return start_ms, max(end_ms, start_ms + 1)

    def sentence_spans(self) -> tuple[tuple[int, int], ...]:
        """The half-open ranges of characters that are a sentence each."""
        starts = self.sentences or (0,)
        return tuple(zip(starts, (*starts[1:], len(self.text)), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which passages are looked at; what is empty or None bounds nothing.

    Args:
        speakers: One of these speaks in it (as written, in any case of letters).
        channels: Of volumes of these channels.
        languages: BCP 47 tags; `en` takes `en-GB` too.
        emotions: One of these moods.
        kinds: Of parts of these kinds.
        media_ids: Of these volumes.
        after: Of volumes that came out on this day or later, `YYYY-MM-DD`.
        before: Of volumes that came out before this day.
        shortest_ms: Of volumes at least so long.
        longest_ms: Of volumes at most so long.
    """

    speakers: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    emotions: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    media_ids: tuple[str, ...] = ()
    after: str = ""
    before: str = ""
    shortest_ms: int | None = None
    longest_ms: int | None = None


ALL = Filters()


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word of a query, in whichever form a passage has it.

    However many forms it has, it is one word: what it tells follows from the passages that have any
    of them (one IDF), and of a passage that has several the best one counts.

    Args:
        any_of: Terms of the index: its stems in several languages.
        weight: Multiplies its score, for words that were guessed, not typed.
        misheard: Terms that may be it, as a recogniser spelled it.
        misheard_weight: What one of those counts.
    """

    any_of: tuple[str, ...]
    weight: float = 1.0
    misheard: tuple[str, ...] = ()
    misheard_weight: float = 0.7

    def forms(self) -> dict[str, float]:
        """Each term it may be, with what that counts, 0 to 1."""
        return dict.fromkeys(self.misheard, self.misheard_weight) | dict.fromkeys(self.any_of, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Terms one behind the other."""

    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefix:
    """Any term that begins so."""

    start: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    """Every one of these."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """One of these at least; the more, the better."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Without:
    """What fits `node` and not `unwanted`."""

    node: Node
    unwanted: Node


Node = Term | Phrase | Prefix | AllOf | AnyOf | Without
"""A query of words, as an index takes it; never a string that could be read as syntax."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """Whose vectors an index holds: they mean nothing to another model's.

    Args:
        engine: The engine's name.
        model: The model's; empty where the engine has none.
        version: The engine's version.
        digest: Of the model's files.
        dimension: Numbers of a vector.
        place: The folder of a model that is the user's own, as it was when the vectors were made;
            it is none of what tells encodings apart.
    """

    engine: str
    model: str = ""
    version: str = ""
    digest: str = ""
    dimension: int = 0
    place: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        """As it is asked for: `ENGINE` or `ENGINE:MODEL`."""
        return self.engine + (f":{self.model}" if self.model else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A passage that was found.

    Args:
        rank: From 1.
        score: 0 to 1, only of use beside others of the same query.
        passage: The passage.
        volume: The volume it is of.
        url: The address of the moment.
        snippet: `text` cut to what matters.
        marks: Half-open ranges of characters of `snippet` that fit the query.
        start_ms: When what fits best is said: inside the passage's span.
        end_ms: When the snippet has been said.
        more: Passages of the same volume that were left out for this one.
    """

    rank: int
    score: float
    passage: Passage
    volume: Volume
    url: str
    snippet: str
    marks: tuple[tuple[int, int], ...] = ()
    start_ms: int = 0
    end_ms: int = 0
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search gives.

    Args:
        query: As it was asked.
        hits: The best first.
        mode: How it was really searched: without vectors there is no meaning.
        also: Words that were looked for beside those typed: (typed, taken).
        cursor: Where the next page begins; empty where there is none.
    """

    query: str
    hits: tuple[Hit, ...]
    mode: Mode = "words"
    also: tuple[tuple[str, str], ...] = ()
    cursor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where an answer is from; times and address come from the index alone, never from a model.

    Args:
        n: Its number in the answer, from 1.
        media_id: The volume's.
        passage_id: The passage's.
        start_ms: When the quoted words begin.
        end_ms: When they end.
        text: The words, as they stand in the passage.
        url: The address of the moment.
        title: The volume's.
        speaker: Who says it.
        before: What is said right before.
        after: What is said right after.
        marks: Ranges of characters of `text` that matter most.
        timed: Whether the times mean anything.
        link_ms: Where the address leads, within what is quoted; to its first word where None.
    """

    n: int
    media_id: str
    passage_id: int
    start_ms: int
    end_ms: int
    text: str
    url: str
    title: str = ""
    speaker: str = ""
    before: str = ""
    after: str = ""
    marks: tuple[tuple[int, int], ...] = ()
    timed: bool = True
    link_ms: int | None = None

    @property
    def leads_ms(self) -> int:
        """The moment that its address leads to."""
        return self.start_ms if self.link_ms is None else self.link_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer to a question, or a refusal.

    Args:
        question: As it was asked.
        answer: Sentences with `[n]` behind each; None where it was refused.
        citations: Every `[n]` of the answer, and no other.
        refused: Whether there is no answer.
        reason: Why, in one line, where refused.
        confidence: 0 to 1: how well the passages cover the question.
        engine: `none`, or the language model's name.
        searched: What was looked for, where history changed the question.
        nearest: Passages to look at where it was refused.
        dropped: Sentences of the model that were not shown, and why.
        input_tokens: Read by the model.
        output_tokens: Written by it.
        cost_usd: By the price list; None where nobody knows.
        notices: What a reader should know.
    """

    question: str
    answer: str | None
    citations: tuple[Citation, ...] = ()
    refused: bool = False
    reason: str = ""
    confidence: float = 0.0
    engine: str = "none"
    searched: str = ""
    nearest: tuple[Citation, ...] = ()
    dropped: tuple[tuple[str, str], ...] = ()
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    notices: tuple[str, ...] = ()
